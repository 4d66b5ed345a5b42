/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Audit: reading the history and walking the chain. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/audit.h"
#include "daemon/call.h"
#include "daemon/session-bus.h"
#include "daemon/session.h"

#define LIMIT_DEFAULT 100U

/* Entries that one job of a walk looks at: about a millisecond. */
#define WALK_ROWS 256U

typedef struct AuditCall {
        Call call;
        char account[17]; /* empty: everybody's */
        uint64_t before;
        uint32_t limit;
        AuditRows rows;
        AuditWalk walk;
} AuditCall;

static void destroy(Call *call) {
        audit_rows_done(&((AuditCall *) call)->rows);
}

/* --- Listing ------------------------------------------------------------------------------------------------------ */

static int append_entry(sd_bus_message *reply, const AuditRow *a, bool own) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = bus_append_u64(reply, "seq", a->seq);
        if (r >= 0)
                r = bus_append_i64(reply, "time", a->time);
        if (r >= 0)
                r = bus_append_string(reply, "event", a->event);
        if (r >= 0)
                r = bus_append_string(reply, "credential", a->credential);
        if (r >= 0 && own && a->payload)
                r = bus_append_string(reply, "payload", a->payload);
        if (r >= 0 && !own)
                r = bus_append_string(reply, "login", a->login);
        if (r >= 0 && !own)
                r = bus_append_u32(reply, "uid", (uint32_t) a->uid);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int run_list(Txn *t, void *userdata) {
        AuditCall *c = userdata;

        return audit_list(t, c->account[0] ? c->account : NULL, c->before, c->limit, &c->rows);
}

static int then_listed(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        AuditCall *c = (AuditCall *) call;
        int r;

        if (result < 0)
                return bus_error_set_errno(error, result);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < c->rows.n; i++)
                r = append_entry(reply, &c->rows.rows[i], c->account[0]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int read_options(AuditCall *c, sd_bus_error *error) {
        BusOption options[] = {
                { "limit", bus_option_u32, &c->limit, false },
                { "before", bus_option_u64, &c->before, false },
        };
        int r;

        c->limit = LIMIT_DEFAULT;
        r = bus_message_read_options(c->call.message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        if (c->limit < 1 || c->limit > AUDIT_LIMIT_MAX)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The limit is 1 to %u.", AUDIT_LIMIT_MAX);
        return 0;
}

static int method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AuditCall *c = NULL;
        Manager *m = userdata;
        const char *session;
        Session *s;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_list, userdata, error);
        if (r != 0)
                return r;
        r = call_new(m, message, sizeof(*c), destroy, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "s", &session);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = read_options(c, error);
        if (r < 0)
                return r;
        r = session_find(m, session, c->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        strcpy(c->account, s->account);
        return call_started(call_store(&c->call, run_list, then_listed, error), &c);
}

static int method_list_all(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AuditCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_READ_AUDIT, method_list_all, userdata, error);
        if (r != 0)
                return r;
        r = call_new(m, message, sizeof(*c), destroy, &c, error);
        if (r >= 0)
                r = read_options(c, error);
        return r < 0 ? r : call_started(call_store(&c->call, run_list, then_listed, error), &c);
}

/* --- The chain ---------------------------------------------------------------------------------------------------- */

static int run_walk(Txn *t, void *userdata) {
        return audit_walk(t, &((AuditCall *) userdata)->walk, WALK_ROWS);
}

static int then_walked(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        AuditCall *c = (AuditCall *) call;
        int r;

        if (result < 0)
                return bus_error_set_errno(error, result);
        if (watch_gone(call->watch))
                return -ECANCELED;
        if (result > 0) {
                r = call_store(call, run_walk, then_walked, error);
                return r < 0 ? r : CALL_CONTINUES;
        }
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "bt", c->walk.broken_at == 0, c->walk.count);
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', c->walk.head, sizeof(c->walk.head));
        if (r >= 0)
                r = sd_bus_message_append(reply, "t", c->walk.broken_at);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_verify(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ AuditCall *c = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_READ_AUDIT, method_verify, userdata, error);
        if (r != 0)
                return r;
        r = call_new(m, message, sizeof(*c), destroy, &c, error);
        return r < 0 ? r : call_started(call_store(&c->call, run_walk, then_walked, error), &c);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("s", session, "a{sv}", options), SD_BUS_RESULT("aa{sv}", entries), method_list,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListAll", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("aa{sv}", entries), method_list_all,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Verify", SD_BUS_NO_ARGS, SD_BUS_RESULT("b", intact, "t", count, "ay", head, "t", broken_at), method_verify,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int audit_bus_register(Manager *m) {
        return sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_AUDIT, vtable, m);
}
