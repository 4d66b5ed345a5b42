/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Audit: reading the history and walking the chain. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/audit.h"
#include "daemon/call.h"
#include "daemon/credential.h"
#include "daemon/grant.h"
#include "daemon/id.h"
#include "daemon/session-bus.h"
#include "daemon/session.h"

#define LIMIT_DEFAULT 100U

/* Entries that one job of a walk looks at: about a millisecond. */
#define WALK_ROWS 256U

/* What the entries show beside number, time, event and credential. */
typedef enum Shows {
        SHOWS_PAYLOAD, /* to the account itself */
        SHOWS_ITEMS,   /* to a seal's Administrator: who signed how many, not what */
        SHOWS_CALLER,  /* to who may read everybody's */
} Shows;

typedef struct AuditCall {
        Call call;
        Shows shows;
        char account[17];                     /* of the session */
        char credential[CREDENTIAL_ID_SIZE];
        AuditQuery query;
        AuditRows rows;
        AuditWalk walk;
} AuditCall;

static void destroy(Call *call) {
        audit_rows_done(&((AuditCall *) call)->rows);
}

/* --- Listing ------------------------------------------------------------------------------------------------------ */

static int append_shown(sd_bus_message *reply, const AuditRow *a, Shows shows) {
        int r;

        switch (shows) {
        case SHOWS_PAYLOAD:
                return a->payload ? bus_append_string(reply, "payload", a->payload) : 0;
        case SHOWS_ITEMS:
                r = bus_append_string(reply, "login", a->login);
                return r < 0 || a->items < 0 ? r : bus_append_u32(reply, "items", (uint32_t) a->items);
        case SHOWS_CALLER:
                r = bus_append_string(reply, "login", a->login);
                return r < 0 || a->uid < 0 ? r : bus_append_u32(reply, "uid", (uint32_t) a->uid);
        }
        return -EINVAL;
}

static int append_entry(sd_bus_message *reply, const AuditRow *a, Shows shows) {
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
        if (r >= 0)
                r = append_shown(reply, a, shows);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int run_list(Txn *t, void *userdata) {
        AuditCall *c = userdata;
        Role role;
        int r;

        if (c->shows == SHOWS_ITEMS) {
                r = grant_find(t, c->account, c->credential, &role);
                if (r < 0 || role != ROLE_ADMINISTRATOR)
                        return r < 0 ? r : -ENOENT;
        }
        return audit_list(t, &c->query, &c->rows);
}

static int then_listed(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        AuditCall *c = (AuditCall *) call;
        int r;

        if (result == -ENOENT)
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no seal of this id whose Administrator you are.");
        if (result < 0)
                return bus_error_set_errno(error, result);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < c->rows.n; i++)
                r = append_entry(reply, &c->rows.rows[i], c->shows);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int read_options(AuditCall *c, sd_bus_error *error) {
        uint64_t before = 0, after = 0;
        uint32_t limit = LIMIT_DEFAULT;
        BusOption options[] = {
                { "limit", bus_option_u32, &limit, false },
                { "before", bus_option_u64, &before, false },
                { "after", bus_option_u64, &after, false },
        };
        int r;

        r = bus_message_read_options(c->call.message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        if (limit < 1 || limit > AUDIT_LIMIT_MAX)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The limit is 1 to %u.", AUDIT_LIMIT_MAX);
        if (options[1].given && options[2].given)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "“before” and “after” exclude each other.");
        c->query.limit = limit;
        c->query.forward = options[2].given;
        c->query.from = c->query.forward ? after : before;
        return 0;
}

static int read_session(AuditCall *c, sd_bus_error *error) {
        const char *session;
        Session *s;
        int r;

        r = sd_bus_message_read(c->call.message, "s", &session);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = session_find(c->call.manager, session, c->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        strcpy(c->account, s->account);
        return 0;
}

static int read_credential(AuditCall *c, sd_bus_error *error) {
        return call_read_id(&c->call, NULL, c->credential, error);
}

static int list(sd_bus_message *message, Manager *m, Shows shows, sd_bus_error *error) {
        _cleanup_call_ AuditCall *c = NULL;
        int r;

        r = call_new(m, message, sizeof(*c), destroy, &c, error);
        if (r < 0)
                return r;
        c->shows = shows;
        if (shows != SHOWS_CALLER)
                r = read_session(c, error);
        if (r >= 0 && shows == SHOWS_ITEMS)
                r = read_credential(c, error);
        if (r >= 0)
                r = read_options(c, error);
        if (r < 0)
                return r;
        c->query.account = shows == SHOWS_PAYLOAD ? c->account : NULL;
        c->query.credential = shows == SHOWS_ITEMS ? c->credential : NULL;
        return call_started(call_store(&c->call, run_list, then_listed, error), &c);
}

static int method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_list, userdata, error);
        return r != 0 ? r : list(message, m, SHOWS_PAYLOAD, error);
}

static int method_list_seal(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_list_seal, userdata, error);
        return r != 0 ? r : list(message, m, SHOWS_ITEMS, error);
}

static int method_list_all(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_READ_AUDIT, method_list_all, userdata, error);
        return r != 0 ? r : list(message, m, SHOWS_CALLER, error);
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
        SD_BUS_METHOD_WITH_ARGS("ListSeal", SD_BUS_ARGS("s", session, "s", credential, "a{sv}", options), SD_BUS_RESULT("aa{sv}", entries),
                                method_list_seal, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListAll", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("aa{sv}", entries), method_list_all,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Verify", SD_BUS_NO_ARGS, SD_BUS_RESULT("b", intact, "t", count, "ay", head, "t", broken_at), method_verify,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int audit_bus_register(Manager *m) {
        return sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_AUDIT, vtable, m);
}
