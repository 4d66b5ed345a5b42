/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Outbox: what waits to be sent, for operators. A message's contents are given out only after the commit that marks its codes as
 * seen and says so in the audit. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/audit.h"
#include "daemon/call.h"
#include "daemon/clock.h"
#include "daemon/code.h"
#include "daemon/delivery.h"
#include "daemon/id.h"
#include "daemon/outbox.h"

#define LIMIT_DEFAULT 100U

typedef struct OutboxCall {
        Call call;
        char id[17];
        bool all;
        uint32_t limit;
        OutboxEnvelopes envelopes;
        OutboxEnvelope envelope;
        Secret *payload;
} OutboxCall;

static void destroy(Call *call) {
        OutboxCall *c = (OutboxCall *) call;

        outbox_envelopes_done(&c->envelopes);
        outbox_envelope_done(&c->envelope);
        secret_free(c->payload);
}

static int append_times(sd_bus_message *reply, const OutboxEnvelope *e) {
        int r;

        r = bus_append_i64(reply, "created", e->created);
        if (r >= 0)
                r = bus_append_i64(reply, "expires", e->expires);
        if (r >= 0 && e->ended > 0)
                r = bus_append_i64(reply, "ended", e->ended);
        if (r >= 0 && strcmp(e->state, "waiting") == 0)
                r = bus_append_i64(reply, "next_attempt", e->next_attempt);
        return r;
}

static int append_envelope(sd_bus_message *reply, const OutboxEnvelope *e) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = bus_append_string(reply, "id", e->id);
        if (r >= 0)
                r = bus_append_string(reply, "channel", channel_to_string(e->channel));
        if (r >= 0)
                r = bus_append_string(reply, "recipient", e->recipient);
        if (r >= 0)
                r = bus_append_string(reply, "kind", e->kind);
        if (r >= 0)
                r = bus_append_string(reply, "language", e->language);
        if (r >= 0)
                r = bus_append_string(reply, "login", e->login);
        if (r >= 0 && e->uid >= 0)
                r = bus_append_u32(reply, "uid", (uint32_t) e->uid);
        if (r >= 0)
                r = bus_append_string(reply, "state", e->state);
        if (r >= 0)
                r = bus_append_u32(reply, "attempts", e->attempts);
        if (r >= 0)
                r = bus_append_string(reply, "reason", e->reason);
        if (r >= 0)
                r = append_times(reply, e);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* --- List -------------------------------------------------------------------------------------------------------------- */

static int run_list(Txn *t, void *userdata) {
        OutboxCall *c = userdata;

        return outbox_list(t, !c->all, c->limit, &c->envelopes);
}

static int then_listed(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        OutboxCall *c = (OutboxCall *) call;
        int r;

        if (result < 0)
                return bus_error_set_errno(error, result);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < c->envelopes.n; i++)
                r = append_envelope(reply, &c->envelopes.envelopes[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int read_options(OutboxCall *c, sd_bus_error *error) {
        BusOption options[] = {
                { "limit", bus_option_u32, &c->limit, false },
                { "all", bus_option_bool, &c->all, false },
        };
        int r;

        c->limit = LIMIT_DEFAULT;
        r = bus_message_read_options(c->call.message, options, ELEMENTSOF(options), error);
        return r < 0 ? r : bus_check_limit(c->limit, OUTBOX_LIST_MAX, error);
}

static int method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ OutboxCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_READ_OUTBOX, method_list, userdata, error);
        if (r != 0)
                return r;
        r = call_new(m, message, sizeof(*c), destroy, &c, error);
        if (r >= 0)
                r = read_options(c, error);
        if (r < 0)
                return r;
        delivery_wake(m); /* who looks on wants to see what is due now: the clock may have been set */
        return call_started(call_store(&c->call, run_list, then_listed, error), &c);
}

/* --- Read -------------------------------------------------------------------------------------------------------------- */

static int read_id(OutboxCall *c, sd_bus_error *error) {
        return call_read_id(&c->call, "There is no such message.", c->id, error);
}

/* Of id, kind and login no character needs an escape. */
static int note(Txn *t, const OutboxCall *c, const char *event, int64_t now) {
        _cleanup_bytes_ Bytes payload = BYTES_NULL;
        AuditEntry e = { .event = event, .uid = c->call.uid, .now = now };
        int r;

        r = bytes_printf(&payload, "{\"message\":\"%s\",\"kind\":\"%s\"", c->id, c->envelope.kind);
        if (r >= 0 && c->envelope.login)
                r = bytes_printf(&payload, ",\"login\":\"%s\"", c->envelope.login);
        if (r >= 0)
                r = bytes_append_byte(&payload, '}');
        if (r < 0)
                return r;
        e.payload = bytes_view(&payload);
        return audit_append(t, &e);
}

static int run_read(Txn *t, void *userdata) {
        OutboxCall *c = userdata;
        int64_t now = clock_now();
        int r;

        r = outbox_read(t, c->id, now, &c->envelope, &c->payload);
        if (r >= 0)
                r = code_mark_seen(t, c->id);
        return r < 0 ? r : note(t, c, "outbox-read", now);
}

/* The bus wants strings that end; these copies are wiped, and the message is marked. */
static int append_field(sd_bus_message *reply, View name, View value) {
        char key[OUTBOX_FIELD_NAME_MAX + 1], text[OUTBOX_PAYLOAD_MAX + 1];
        int r;

        if (value.len > OUTBOX_PAYLOAD_MAX)
                return -EBADMSG;
        memcpy(key, name.data, name.len);
        key[name.len] = 0;
        memcpy(text, value.data, value.len);
        text[value.len] = 0;
        r = sd_bus_message_append(reply, "{ss}", key, text);
        secret_wipe(text, value.len);
        return r;
}

static int append_fields(sd_bus_message *reply, View payload) {
        size_t offset = 0;
        View name, value;
        int r, q;

        r = sd_bus_message_open_container(reply, 'a', "{ss}");
        while (r >= 0 && (q = outbox_field_next(payload, &offset, &name, &value)) != 0)
                r = q < 0 ? q : append_field(reply, name, value);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int then_read(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        OutboxCall *c = (OutboxCall *) call;
        int r;

        if (result == -ENOENT)
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no such message.");
        if (result == -ENODATA)
                return bus_error_set(error, ERROR_NOT_FOUND, "The message was delivered, refused, cancelled or has expired, and its contents were erased.");
        if (result < 0)
                return bus_error_set_errno(error, result);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_sensitive(reply);
        if (r >= 0)
                r = append_envelope(reply, &c->envelope);
        if (r >= 0)
                r = append_fields(reply, secret_view(c->payload));
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_read(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ OutboxCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_READ_OUTBOX, method_read, userdata, error);
        if (r != 0)
                return r;
        r = call_new(m, message, sizeof(*c), destroy, &c, error);
        if (r >= 0)
                r = read_id(c, error);
        return r < 0 ? r : call_started(call_store(&c->call, run_read, then_read, error), &c);
}

/* --- Cancel ------------------------------------------------------------------------------------------------------------ */

static int run_cancel(Txn *t, void *userdata) {
        OutboxCall *c = userdata;
        int64_t now = clock_now();
        int r;

        r = outbox_find(t, c->id, &c->envelope);
        if (r < 0)
                return r;
        if (c->envelope.ended > 0)
                return -EALREADY;
        r = outbox_cancel(t, c->id, now);
        if (r >= 0)
                r = code_void_message(t, c->id);
        return r < 0 ? r : note(t, c, "outbox-cancel", now);
}

static int then_cancelled(Call *call, int result, sd_bus_error *error) {
        if (result == -ENOENT)
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no such message.");
        if (result == -EALREADY)
                return bus_error_set(error, ERROR_OPERATION_STATE, "The message is over already.");
        if (result == -EBUSY)
                return bus_error_set(error, ERROR_OPERATION_STATE, "The message is just being handed over. Try again in a minute.");
        return result < 0 ? bus_error_set_errno(error, result) : sd_bus_reply_method_return(call->message, NULL);
}

static int method_cancel(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ OutboxCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_READ_OUTBOX, method_cancel, userdata, error);
        if (r != 0)
                return r;
        r = call_new(m, message, sizeof(*c), destroy, &c, error);
        if (r >= 0)
                r = read_id(c, error);
        return r < 0 ? r : call_started(call_store(&c->call, run_cancel, then_cancelled, error), &c);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("aa{sv}", messages), method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Read", SD_BUS_ARGS("s", id), SD_BUS_RESULT("a{sv}", envelope, "a{ss}", fields), method_read,
                                SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("Cancel", SD_BUS_ARGS("s", id), SD_BUS_NO_RESULT, method_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int outbox_bus_register(Manager *m) {
        return sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_OUTBOX, vtable, m);
}
