/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls of the courier; see courier-call.h. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "bus/arguments.h"
#include "bus/names.h"
#include "daemon/courier-call.h"

/* The courier answers within 45 s; before that it may have to be started. */
#define TIMEOUT_USEC (75 * UINT64_C(1000000))

/* Below that, a text may hold a field's value by chance. */
#define TELLING_LEN 4U

/* --- The fields as JSON ------------------------------------------------------------------------------------------------ */

static void write_field(Json *j, View name, View value) {
        char key[OUTBOX_FIELD_NAME_MAX + 1], text[OUTBOX_PAYLOAD_MAX + 1];

        memcpy(key, name.data, name.len);
        key[name.len] = 0;
        memcpy(text, value.data, value.len);
        text[value.len] = 0;
        json_string(j, key, text);
        secret_wipe(text, value.len);
}

/* Into memory that does not move, and past no buffer: the text holds a code. -E2BIG when it is longer than the courier takes. */
static int write_fields(View payload, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        _cleanup_fclose_ FILE *f = NULL;
        View name, value;
        size_t offset = 0;
        Json j;
        int r;

        r = secret_new(SECRET_MAX + 1, &s);
        if (r < 0)
                return r;
        f = fmemopen(secret_data(s), SECRET_MAX + 1, "w");
        if (!f || setvbuf(f, NULL, _IONBF, 0) != 0)
                return -ENOMEM;
        j = JSON_INIT(f);
        j.compact = true;
        json_object_begin(&j, NULL);
        while ((r = outbox_field_next(payload, &offset, &name, &value)) > 0) {
                if (value.len > OUTBOX_PAYLOAD_MAX)
                        return -E2BIG;
                write_field(&j, name, value);
        }
        json_object_end(&j);
        if (r < 0)
                return r;
        if (ferror(f) || ftell(f) > (long) SECRET_MAX)
                return -E2BIG;
        secret_truncate(s, (size_t) ftell(f));
        *ret = TAKE_PTR(s);
        return 0;
}

int courier_deliver(sd_bus *bus, const OutboxClaim *c, sd_bus_message_handler_t then, void *userdata, sd_bus_slot **ret_slot) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_secret_ Secret *fields = NULL;
        int r;

        r = write_fields(secret_view(c->payload), &fields);
        if (r < 0)
                return r;
        r = sd_bus_message_new_method_call(bus, &m, COURIER_BUS_NAME, COURIER_OBJECT_PATH, COURIER_INTERFACE, "Deliver");
        if (r >= 0)
                r = sd_bus_message_append(m, "sssss", c->id, channel_to_string(c->channel), c->recipient, c->kind, c->language);
        if (r >= 0)
                r = bus_message_append_memfd(m, fields);
        if (r < 0)
                return r;
        r = sd_bus_call_async(bus, ret_slot, m, then, userdata, TIMEOUT_USEC);
        return r < 0 ? r : 0;
}

/* --- Its answer -------------------------------------------------------------------------------------------------------- */

static bool holds(const char *text, View v) {
        return v.len >= TELLING_LEN && memmem(text, strlen(text), v.data, v.len);
}

static bool is_telling(const char *text, const OutboxClaim *c) {
        size_t offset = 0;
        View name, value;

        if (holds(text, view_string(c->recipient)))
                return true;
        while (outbox_field_next(secret_view(c->payload), &offset, &name, &value) > 0)
                if (holds(text, value))
                        return true;
        return false;
}

static void set_reason(const char *text, const OutboxClaim *c, char ret[static OUTBOX_REASON_MAX + 1]) {
        _cleanup_free_ char *clean = text ? utf8_sanitize(view_string(text)) : NULL;
        size_t n = 0, length;

        ret[0] = 0;
        if (!clean)
                return;
        if (is_telling(text, c) || is_telling(clean, c)) {
                strcpy(ret, "not shown, because it repeats what was sent");
                return;
        }
        while (clean[n] && (length = utf8_char_length(clean + n)) > 0 && n + length <= OUTBOX_REASON_MAX)
                n += length;
        memcpy(ret, clean, n);
        ret[n] = 0;
}

/* Nobody answers to the name, and the bus could start nobody, or does not let us through: the courier never saw it. */
static bool is_absent(const sd_bus_error *e) {
        return sd_bus_error_has_names(e, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER, SD_BUS_ERROR_ACCESS_DENIED, ERROR_DENIED) ||
               strncmp(e->name, "org.freedesktop.DBus.Error.Spawn.", 33) == 0 || strncmp(e->name, "org.freedesktop.systemd1.", 25) == 0;
}

OutboxResult courier_result(sd_bus_message *reply, const OutboxClaim *c, char ret_reason[static OUTBOX_REASON_MAX + 1]) {
        const sd_bus_error *e = sd_bus_message_get_error(reply);

        if (!e) {
                ret_reason[0] = 0;
                return OUTBOX_DELIVERED;
        }
        if (is_absent(e)) {
                strcpy(ret_reason, "sygnet-courier is not running and could not be started");
                return OUTBOX_NOT_CONFIGURED;
        }
        if (sd_bus_error_has_names(e, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT, SD_BUS_ERROR_DISCONNECTED)) {
                strcpy(ret_reason, "sygnet-courier did not answer");
                return OUTBOX_TEMPORARY;
        }
        set_reason(e->message, c, ret_reason);
        if (sd_bus_error_has_name(e, ERROR_DELIVERY_REFUSED))
                return OUTBOX_REFUSED;
        return sd_bus_error_has_name(e, ERROR_DELIVERY_NOT_CONFIGURED) ? OUTBOX_NOT_CONFIGURED : OUTBOX_TEMPORARY;
}
