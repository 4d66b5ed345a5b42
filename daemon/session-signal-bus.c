/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Session: its signals and who gets them; see session-signal-bus.h. Subscribers that left the bus are found by their
 * watch whenever the table is walked; a unique name is never given out again, so what is sent to one that left reaches nobody. */

#include <errno.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/clock.h"
#include "daemon/reminder.h"
#include "daemon/session-login-bus.h"
#include "daemon/session-signal-bus.h"

typedef struct Subscriber {
        uid_t uid;
        char *name; /* unique, on the bus */
        Watch *watch;
        struct Subscriber *next;
} Subscriber;

struct SubscriberTable {
        Subscriber *first;
        sd_event_source *exit;
};

static Subscriber *subscriber_free(Subscriber *s) {
        if (!s)
                return NULL;
        watch_free(s->watch);
        free(s->name);
        free(s);
        return NULL;
}

DEFINE_CLEANUP(Subscriber *, subscriber_free);

SubscriberTable *subscriber_table_free(SubscriberTable *t) {
        if (!t)
                return NULL;
        for (Subscriber *s; (s = t->first);) {
                t->first = s->next;
                subscriber_free(s);
        }
        sd_event_source_disable_unref(t->exit);
        free(t);
        return NULL;
}

/* Takes out who has left, and who is called `name` (NULL: nobody). Whether there was one of that name. */
static bool sweep(SubscriberTable *t, const char *name) {
        bool found = false;

        for (Subscriber **i = &t->first; *i;) {
                Subscriber *s = *i;
                bool named = name && strcmp(s->name, name) == 0;

                if (!named && !watch_gone(s->watch)) {
                        i = &s->next;
                        continue;
                }
                found |= named;
                *i = s->next;
                subscriber_free(s);
        }
        return found;
}

/* --- Sending ------------------------------------------------------------------------------------------------------ */

typedef int (*AppendInfo)(sd_bus_message *m, const Session *s, const void *userdata);

static int send_one(Manager *m, const Subscriber *to, const char *member, const Session *s, AppendInfo append, const void *userdata) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *signal = NULL;
        int r;

        r = sd_bus_message_new_signal(m->bus, &signal, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_SESSION, member);
        if (r >= 0)
                r = sd_bus_message_set_destination(signal, to->name);
        if (r >= 0)
                r = sd_bus_message_sensitive(signal);
        if (r >= 0)
                r = sd_bus_message_append(signal, "s", s->id);
        if (r >= 0)
                r = sd_bus_message_open_container(signal, 'a', "{sv}");
        if (r >= 0)
                r = bus_append_string(signal, "login", s->login);
        if (r >= 0)
                r = append(signal, s, userdata);
        if (r >= 0)
                r = sd_bus_message_close_container(signal);
        return r < 0 ? r : sd_bus_send(m->bus, signal, NULL);
}

/* Who does not hear of it can still ask: that a signal could not be sent changes nothing. */
static void tell(Manager *m, const char *member, const Session *s, AppendInfo append, const void *userdata) {
        if (!m->subscribers)
                return;
        sweep(m->subscribers, NULL);
        for (const Subscriber *i = m->subscribers->first; i; i = i->next) {
                int r = i->uid == s->uid ? send_one(m, i, member, s, append, userdata) : 0;

                if (r < 0)
                        sd_journal_print(LOG_WARNING, "A signal about a session could not be sent: %s", strerror(-r));
        }
}

static int append_ending(sd_bus_message *m, const Session *s, const void *userdata) {
        const int64_t *left = userdata;

        return bus_append_i64(m, "ends", clock_now() + *left);
}

static void on_ending(Manager *m, const Session *s, int64_t left) {
        tell(m, "SessionEnding", s, append_ending, &left);
}

static int append_ended(sd_bus_message *m, const Session *s, const void *userdata) {
        const SessionReason *reason = userdata;

        return bus_append_string(m, "reason", session_reason_to_string(*reason));
}

static void on_ended(Manager *m, const Session *s, SessionReason reason) {
        tell(m, "SessionEnded", s, append_ended, &reason);
}

typedef struct Use {
        const char *credential;
        unsigned n;
        int64_t now;
} Use;

static int append_use(sd_bus_message *m, const Session *s, const void *userdata) {
        const Use *use = userdata;
        int r;

        r = bus_append_string(m, "credential", use->credential);
        if (r >= 0)
                r = bus_append_u32(m, "count", use->n);
        if (r >= 0)
                r = bus_append_u32(m, "signatures", s->signatures);
        return r < 0 ? r : bus_append_i64(m, "time", use->now);
}

void session_signal_used(Manager *m, const Session *s, const char *credential, unsigned n, int64_t now) {
        const Use use = { .credential = credential, .n = n, .now = now };

        if (s->remembered)
                tell(m, "SessionUsed", s, append_use, &use);
}

typedef struct Expiring {
        const char *credential, *label;
        int64_t not_after;
} Expiring;

static int append_expiring(sd_bus_message *m, const Session *s, const void *userdata) {
        const Expiring *e = userdata;
        int r;

        r = bus_append_string(m, "credential", e->credential);
        if (r >= 0)
                r = bus_append_string(m, "label", e->label);
        return r < 0 ? r : bus_append_i64(m, "not_after", e->not_after);
}

void session_signal_expiring(Manager *m, const Session *s, const char *credential, const char *label, int64_t not_after) {
        const Expiring e = { .credential = credential, .label = label, .not_after = not_after };

        tell(m, "CertificateExpiring", s, append_expiring, &e);
}

static void on_opened(Manager *m, const Session *s) {
        session_login_opened(m, s);
        reminder_poke(m);
}

/* --- Subscribing -------------------------------------------------------------------------------------------------- */

static int check_room(const SubscriberTable *t, uid_t uid) {
        unsigned of_uid = 0, all = 0;

        for (const Subscriber *i = t->first; i; i = i->next) {
                all++;
                if (i->uid == uid)
                        of_uid++;
        }
        return of_uid >= SUBSCRIBERS_PER_UID || all >= SUBSCRIBERS_MAX ? -EDQUOT : 0;
}

static int subscribe(Manager *m, sd_bus_message *message) {
        _cleanup_(subscriber_freep) Subscriber *s = NULL;
        int r;

        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        r = gate_sender_uid(m->gate, message, &s->uid);
        if (r < 0)
                return r;
        s->name = strdup(sd_bus_message_get_sender(message));
        if (!s->name)
                return -ENOMEM;
        sweep(m->subscribers, s->name);
        r = check_room(m->subscribers, s->uid);
        if (r >= 0)
                r = gate_watch(m->gate, message, &s->watch);
        if (r < 0)
                return r;
        s->next = m->subscribers->first;
        m->subscribers->first = TAKE_PTR(s);
        return 0;
}

static int method_subscribe(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_subscribe, userdata, error);
        if (r != 0)
                return r;
        r = subscribe(m, message);
        if (r == -EDQUOT)
                return bus_error_set(error, ERROR_LIMIT, "%u programs of this Unix user are told of its sessions already.", SUBSCRIBERS_PER_UID);
        return r < 0 ? bus_error_set_errno(error, r) : sd_bus_reply_method_return(message, NULL);
}

static int method_unsubscribe(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_unsubscribe, userdata, error);
        if (r != 0)
                return r;
        if (!sweep(m->subscribers, sd_bus_message_get_sender(message)))
                return bus_error_set(error, ERROR_NOT_FOUND, "This program has not subscribed.");
        return sd_bus_reply_method_return(message, NULL);
}

/* A second table of the interface: session-bus.c has the first. */
static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Subscribe", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Unsubscribe", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_unsubscribe, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("SessionEnding", SD_BUS_ARGS("s", session, "a{sv}", info), 0),
        SD_BUS_SIGNAL_WITH_ARGS("SessionEnded", SD_BUS_ARGS("s", session, "a{sv}", info), 0),
        SD_BUS_SIGNAL_WITH_ARGS("SessionUsed", SD_BUS_ARGS("s", session, "a{sv}", info), 0),
        SD_BUS_SIGNAL_WITH_ARGS("CertificateExpiring", SD_BUS_ARGS("s", session, "a{sv}", info), 0),
        SD_BUS_VTABLE_END,
};

static int on_loop_end(sd_event_source *source, void *userdata) {
        session_end_all(userdata);
        return 0;
}

/* The bus closes when the loop ends: what is to be told at the end is told before. */
static int end_before_bus(Manager *m) {
        int r;

        r = sd_event_add_exit(m->event, &m->subscribers->exit, on_loop_end, m);
        return r < 0 ? r : sd_event_source_set_priority(m->subscribers->exit, SD_EVENT_PRIORITY_IMPORTANT);
}

int session_signal_bus_register(Manager *m) {
        static const SessionEvents events = { .opened = on_opened, .ending = on_ending, .ended = on_ended };
        int r;

        m->subscribers = calloc(1, sizeof(*m->subscribers));
        if (!m->subscribers)
                return -ENOMEM;
        r = end_before_bus(m);
        if (r < 0)
                return r;
        session_on_events(m, &events);
        return sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_SESSION, vtable, m);
}
