/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Operation: reads the arguments of its methods and starts them on their way; operation-call.c has the steps. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/items-bus.h"
#include "daemon/operation-call.h"

static int read_hash(sd_bus_message *m, uint8_t ret[static SHA256_SIZE], sd_bus_error *error) {
        const void *data;
        size_t n;
        int r;

        r = sd_bus_message_read_array(m, 'y', &data, &n);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (n != SHA256_SIZE)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A hash of a list has 32 bytes.");
        memcpy(ret, data, n);
        return 0;
}

/* otp, pin, password; which of them fit the credential is not known yet. A password never goes with the others. */
static int read_factors(sd_bus_message *m, OperationCall *c, sd_bus_error *error) {
        BusOption options[] = {
                { "otp", bus_option_secret, &c->job.otp, false },
                { "pin", bus_option_secret, &c->job.pin, false },
                { "password", bus_option_secret, &c->job.password, false },
        };
        int r;

        r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        if (c->job.password && (c->job.otp || c->job.pin))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The factor `password` does not go together with `otp` or `pin`.");
        if (c->job.pin && !pin_is_well_formed(secret_view(c->job.pin)))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A PIN is %u digits.", PIN_DIGITS);
        return 0;
}

static int method_prepare(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ OperationCall *c = NULL;
        const char *session, *credential;
        uint8_t list[SHA256_SIZE];
        Manager *m = userdata;
        uint32_t count;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_prepare, userdata, error);
        if (r != 0)
                return r;
        r = operation_call_new(m, message, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "ssu", &session, &credential, &count);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = read_hash(message, list, error);
        if (r >= 0)
                r = bus_message_read_options(message, NULL, 0, error);
        if (r < 0)
                return r;
        if (count < 1 || count > OPERATION_COUNT_MAX)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "An operation has 1 to %u items.", OPERATION_COUNT_MAX);
        r = operation_call_open(c, session, credential, count, error);
        if (r < 0)
                return r;
        memcpy(c->operation->expected, list, sizeof(list));
        return call_started(operation_call_prepare(c, error), &c);
}

static int method_authorize(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ OperationCall *c = NULL;
        Manager *m = userdata;
        const char *id;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_authorize, userdata, error);
        if (r != 0)
                return r;
        r = operation_call_new(m, message, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "s", &id);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = read_factors(message, c, error);
        if (r >= 0)
                r = operation_call_take(c, id, OPERATION_PREPARED, OPERATION_AUTHORIZING, error);
        return r < 0 ? r : call_started(operation_call_authorize(c, error), &c);
}

static int method_sign(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ OperationCall *c = NULL;
        Manager *m = userdata;
        const char *id;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_sign, userdata, error);
        if (r != 0)
                return r;
        r = operation_call_new(m, message, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "s", &id);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = items_read(message, m, OPERATION_CALL_ITEMS_MAX, &c->batch, &c->parked, error);
        if (r >= 0)
                r = read_hash(message, c->rest, error);
        if (r >= 0)
                r = operation_call_take(c, id, OPERATION_AUTHORIZED, OPERATION_SIGNING, error);
        return r < 0 ? r : call_started(operation_call_sign(c, error), &c);
}

static int method_cancel(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(operation_unrefp) Operation *o = NULL;
        Manager *m = userdata;
        const char *id;
        uid_t uid;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_cancel, userdata, error);
        if (r != 0)
                return r;
        r = sd_bus_message_read(message, "s", &id);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = gate_sender_uid(m->gate, message, &uid);
        if (r < 0)
                return bus_error_set_errno(error, r);
        if (operation_find(m, id, uid, &o) < 0)
                return bus_error_set(error, ERROR_OPERATION_STATE, NULL);
        operation_end(m, o);
        return sd_bus_reply_method_return(message, "");
}

static int method_sign_once(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ OperationCall *c = NULL;
        const char *session, *credential;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_sign_once, userdata, error);
        if (r != 0)
                return r;
        r = operation_call_new(m, message, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "ss", &session, &credential);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = items_read(message, m, OPERATION_ONCE_ITEMS_MAX, &c->batch, &c->parked, error);
        if (r >= 0)
                r = read_factors(message, c, error);
        if (r >= 0)
                r = bus_message_read_options(message, NULL, 0, error);
        if (r >= 0)
                r = operation_call_open(c, session, credential, (uint32_t) c->batch.n, error);
        if (r < 0)
                return r;
        c->once = true;
        return call_started(operation_call_prepare(c, error), &c);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Prepare",
                                SD_BUS_ARGS("s", session, "s", credential, "u", count, "ay", list_hash, "a{sv}", options),
                                SD_BUS_RESULT("s", operation), method_prepare, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Authorize", SD_BUS_ARGS("s", operation, "a{sv}", factors), SD_BUS_NO_RESULT, method_authorize,
                                SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("Sign", SD_BUS_ARGS("s", operation, "a(saya{sv})", items, "ay", rest),
                                SD_BUS_RESULT("aay", signatures), method_sign, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Cancel", SD_BUS_ARGS("s", operation), SD_BUS_NO_RESULT, method_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SignOnce",
                                SD_BUS_ARGS("s", session, "s", credential, "a(saya{sv})", items, "a{sv}", factors, "a{sv}", options),
                                SD_BUS_RESULT("aay", signatures), method_sign_once, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
        SD_BUS_VTABLE_END,
};

/* --- With the daemon and with sessions ---------------------------------------------------------------------------- */

static int run_clear_leases(Txn *t, void *userdata) {
        return lease_clear(t);
}

static int run_release(Txn *t, void *userdata) {
        return lease_release_session(t, userdata);
}

static void on_released(int result, void *userdata) {
        free(userdata);
}

/* The lease goes with the session that used it last. Where that cannot be written it lapses by itself. */
static void on_session_end(Manager *m, const Session *s) {
        char *id;

        operation_end_session(m, s->id);
        key_cache_end_session(m->keys, s->id);
        id = strdup(s->id);
        if (id && store_submit(m->store, run_release, on_released, id) < 0)
                free(id);
}

int operation_bus_register(Manager *m) {
        int r;

        r = store_run(m->store, run_clear_leases, NULL);
        if (r < 0)
                return r;
        r = operation_table_new(m, &m->operations);
        if (r < 0)
                return r;
        r = key_cache_new(&m->keys);
        if (r < 0)
                return r;
        session_on_end(m, on_session_end);
        return sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_OPERATION, vtable, m);
}
