/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Session: logout, and the list of sessions; session-open-bus.c has the login. */

#include <errno.h>
#include <string.h>

#include "bus/error.h"
#include "bus/names.h"
#include "daemon/audit.h"
#include "daemon/call.h"
#include "daemon/clock.h"
#include "daemon/session-bus.h"
#include "daemon/session-open-bus.h"
#include "daemon/session.h"

int session_bus_error(sd_bus_error *e, int r) {
        return bus_error_set(e, r == -EKEYEXPIRED ? ERROR_PASSWORD_CHANGE_REQUIRED : ERROR_NO_SESSION, NULL);
}

typedef struct Logout {
        Call call;
        char account[17];
} Logout;

static int run_logout(Txn *t, void *userdata) {
        Logout *l = userdata;
        const AuditEntry e = { .event = "logout", .account = l->account, .uid = l->call.uid, .now = clock_now() };

        return audit_append(t, &e);
}

static int then_logged_out(Call *c, int result, sd_bus_error *error) {
        return result < 0 ? result : sd_bus_reply_method_return(c->message, NULL);
}

/* The session ends at once; the record follows. */
static int method_logout(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ Logout *l = NULL;
        Manager *m = userdata;
        const char *id;
        Session *s;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_logout, userdata, error);
        if (r != 0)
                return r;
        r = call_new(m, message, sizeof(Logout), NULL, &l, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "s", &id);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = session_find_restricted(m, id, l->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        strcpy(l->account, s->account);
        session_end(m, s);
        return call_started(call_store(&l->call, run_logout, then_logged_out, error), &l);
}

static int append_session(const Session *s, void *userdata) {
        int64_t difference = clock_now() - clock_age();

        return sd_bus_message_append(userdata, "a{sv}", 9,
                                     "session", "s", s->id,
                                     "login", "s", s->login,
                                     "remembered", "b", (int) s->remembered,
                                     "pin", "b", (int) (s->pin_key != NULL),
                                     "restricted", "b", (int) s->restricted,
                                     "opened", "x", s->opened,
                                     "idle_until", "x", s->idle_until + difference,
                                     "ends", "x", s->ends + difference,
                                     "signatures", "u", s->signatures);
}

static int method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        Manager *m = userdata;
        uid_t uid;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_list, userdata, error);
        if (r != 0)
                return r;
        r = gate_sender_uid(m->gate, message, &uid);
        if (r < 0)
                return bus_error_set_errno(error, r);
        r = sd_bus_message_new_method_return(message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_sensitive(reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        if (r < 0)
                return r;
        r = session_each(m, uid, append_session, reply);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Login",
                                SD_BUS_ARGS("s", login, "v", password, "a{sv}", options),
                                SD_BUS_RESULT("s", session, "a{sv}", info),
                                method_login, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("Logout", SD_BUS_ARGS("s", session), SD_BUS_NO_RESULT, method_logout,
                                SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", sessions), method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int session_bus_register(Manager *m) {
        return sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_SESSION, vtable, m);
}
