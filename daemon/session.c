/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of sessions; see session.h. Ends are found in two ways: a timer ends sessions actively, and whoever looks one up
 * ends first what is past, so that no late timer leaves one standing. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "daemon/clock.h"
#include "daemon/id.h"
#include "daemon/session.h"

typedef struct SessionCount {
        char credential[17];
        uint32_t n;
        struct SessionCount *next;
} SessionCount;

struct SessionTable {
        Session *first;
        sd_event_source *timer;
        SessionEnded on_end;
        const SessionEvents *events;
};

const char *session_reason_to_string(SessionReason r) {
        static const char *const reasons[] = {
                [SESSION_LOGGED_OUT] = "logout",
                [SESSION_IDLE] = "idle",
                [SESSION_OLD] = "age",
                [SESSION_ACCOUNT] = "account",
                [SESSION_USER_LEFT] = "user-left",
                [SESSION_STOPPED] = "stopped",
        };

        return reasons[r];
}

static void forget_pin(Session *s) {
        s->pin_key = secret_free(s->pin_key);
        bytes_done(&s->pin_kdf);
}

static Session *session_free(Session *s) {
        if (!s)
                return NULL;
        secret_wipe(s->id, sizeof(s->id));
        forget_pin(s);
        for (SessionCount *c; (c = s->counts);) {
                s->counts = c->next;
                free(c);
        }
        free(s);
        return NULL;
}

DEFINE_CLEANUP(Session *, session_free);

static int64_t end_of(const Session *s) {
        return s->idle_until < s->ends ? s->idle_until : s->ends;
}

/* Takes `s` out of the list. */
static void unlink_session(SessionTable *t, Session *s) {
        for (Session **i = &t->first; *i; i = &(*i)->next) {
                if (*i != s)
                        continue;
                *i = s->next;
                return;
        }
}

static void end(Manager *m, Session *s, SessionReason reason) {
        const SessionEvents *events = m->sessions->events;

        if (!s)
                return;
        unlink_session(m->sessions, s);
        if (s->open && m->sessions->on_end)
                m->sessions->on_end(m, s);
        if (s->open && events && events->ended)
                events->ended(m, s, reason);
        session_free(s);
}

void session_end(Manager *m, Session *s) {
        end(m, s, SESSION_LOGGED_OUT);
}

static int64_t warning(const Manager *m) {
        return m->settings.session_idle / 2 < SESSION_WARNING ? m->settings.session_idle / 2 : SESSION_WARNING;
}

/* Tells once that the end is near; returns the age at which to look again. */
static int64_t warn(Manager *m, Session *s, int64_t age) {
        const SessionEvents *events = m->sessions->events;

        if (s->warned)
                return end_of(s);
        if (age < end_of(s) - warning(m))
                return end_of(s) - warning(m);
        s->warned = true;
        if (events && events->ending)
                events->ending(m, s, end_of(s) - age);
        return end_of(s);
}

/* Ends what is past and warns of what is near; returns the age at which to look again, INT64_MAX for never. */
static int64_t end_past(Manager *m) {
        int64_t age = clock_age(), next = INT64_MAX;

        for (Session *s = m->sessions->first, *following; s; s = following) {
                int64_t then;

                following = s->next;
                if (!s->open)
                        continue;
                if (end_of(s) <= age) {
                        end(m, s, s->ends <= age ? SESSION_OLD : SESSION_IDLE);
                        continue;
                }
                then = warn(m, s, age);
                if (then < next)
                        next = then;
        }
        return next;
}

/* The timer runs on the kernel's clock of the same kind. */
static void arm(Manager *m) {
        int64_t next = end_past(m), age = clock_age();
        uint64_t now;

        if (next == INT64_MAX || sd_event_now(m->event, CLOCK_BOOTTIME, &now) < 0) {
                (void) sd_event_source_set_enabled(m->sessions->timer, SD_EVENT_OFF);
                return;
        }
        (void) sd_event_source_set_time(m->sessions->timer, now + (uint64_t) (next > age ? next - age : 1) * UINT64_C(1000000));
        (void) sd_event_source_set_enabled(m->sessions->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        arm(userdata);
        return 0;
}

int session_table_new(Manager *m, SessionTable **ret) {
        _cleanup_(session_table_freep) SessionTable *t = NULL;
        int r;

        t = calloc(1, sizeof(*t));
        if (!t)
                return -ENOMEM;
        r = sd_event_add_time(m->event, &t->timer, CLOCK_BOOTTIME, UINT64_MAX, 0, on_timer, m);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(t->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(t);
        return 0;
}

SessionTable *session_table_free(SessionTable *t) {
        if (!t)
                return NULL;
        for (Session *s; (s = t->first);) {
                t->first = s->next;
                session_free(s);
        }
        sd_event_source_disable_unref(t->timer);
        free(t);
        return NULL;
}

int session_reserve(Manager *m, const char *account, const char *login, uid_t uid, bool remembered, Session **ret) {
        _cleanup_(session_freep) Session *s = NULL;
        unsigned of_uid = 0, all = 0;
        int r;

        end_past(m);
        for (Session *i = m->sessions->first; i; i = i->next) {
                all++;
                if (i->uid == uid)
                        of_uid++;
        }
        if (of_uid >= SESSIONS_PER_UID || all >= SESSIONS_MAX)
                return -EDQUOT;
        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        r = id_random(ID_SECRET, s->id);
        if (r < 0)
                return r;
        if (strlen(account) >= sizeof(s->account) || strlen(login) >= sizeof(s->login))
                return -EINVAL;
        strcpy(s->account, account);
        strcpy(s->login, login);
        s->uid = uid;
        s->remembered = remembered;
        s->next = m->sessions->first;
        m->sessions->first = s;
        *ret = TAKE_PTR(s);
        return 0;
}

void session_open(Manager *m, Session *s) {
        int64_t age = clock_age();

        s->opened = clock_now();
        s->ends = age + m->settings.session_max_age;
        s->idle_until = s->remembered ? s->ends : age + m->settings.session_idle;
        s->open = true;
        arm(m);
        if (m->sessions->events && m->sessions->events->opened)
                m->sessions->events->opened(m, s);
}

void session_discard(Manager *m, Session *s) {
        session_end(m, s);
}

int session_find_restricted(Manager *m, const char *id, uid_t uid, Session **ret) {
        Session *found = NULL;

        end_past(m);
        for (Session *s = m->sessions->first; s; s = s->next)
                if (s->open && s->uid == uid && secret_equal(view_string(s->id), view_string(id)))
                        found = s;
        if (!found)
                return -ENOENT;
        *ret = found;
        return 0;
}

int session_find(Manager *m, const char *id, uid_t uid, Session **ret) {
        Session *s;
        int r;

        r = session_find_restricted(m, id, uid, &s);
        if (r < 0)
                return r;
        if (s->restricted)
                return -EKEYEXPIRED;
        *ret = s;
        return 0;
}

bool session_allows(const Manager *m, const Session *s, unsigned n) {
        return !s->remembered || (n <= m->settings.session_max_signatures && s->signatures <= m->settings.session_max_signatures - n);
}

int session_use(Manager *m, Session *s, unsigned n) {
        if (!session_allows(m, s, n))
                return -EDQUOT;
        s->signatures += n;
        session_keep(m, s);
        return 0;
}

int64_t session_age(const Manager *m, const Session *s) {
        return clock_age() - (s->ends - m->settings.session_max_age);
}

int session_count(Session *s, const char *credential, int64_t n, uint32_t *ret) {
        SessionCount *c = s->counts;
        int64_t total;

        while (c && strcmp(c->credential, credential) != 0)
                c = c->next;
        if (!c) {
                c = calloc(1, sizeof(*c));
                if (!c)
                        return -ENOMEM;
                snprintf(c->credential, sizeof(c->credential), "%s", credential);
                c->next = s->counts;
                s->counts = c;
        }
        total = (int64_t) c->n + n;
        c->n = total < 0 ? 0 : total > UINT32_MAX ? UINT32_MAX : (uint32_t) total;
        *ret = c->n;
        return 0;
}

void session_keep(Manager *m, Session *s) {
        int64_t before = end_of(s);

        if (s->remembered)
                return;
        s->idle_until = clock_age() + m->settings.session_idle;
        if (end_of(s) > before)
                s->warned = false;
        arm(m);
}

void session_end_others(Manager *m, const char *account, const char *spared, int64_t uid) {
        for (Session *s = m->sessions->first, *following; s; s = following) {
                following = s->next;
                if (s->open && strcmp(s->account, account) == 0 && (uid < 0 || s->uid == (uid_t) uid) &&
                    (!spared || strcmp(s->id, spared) != 0))
                        end(m, s, SESSION_ACCOUNT);
        }
}

void session_end_account(Manager *m, const char *account) {
        session_end_others(m, account, NULL, -1);
}

void session_set_login(Manager *m, uid_t uid, bool logged_in) {
        for (Session *s = m->sessions->first, *following; s; s = following) {
                following = s->next;
                if (!s->open || s->uid != uid)
                        continue;
                if (logged_in)
                        s->has_login = true;
                else if (s->has_login)
                        end(m, s, SESSION_USER_LEFT);
        }
}

void session_forget_pin(Manager *m, const char *account) {
        for (Session *s = m->sessions->first; s; s = s->next)
                if (strcmp(s->account, account) == 0)
                        forget_pin(s);
}

void session_end_all(Manager *m) {
        for (Session *s = m->sessions->first, *following; s; s = following) {
                following = s->next;
                if (s->open)
                        end(m, s, SESSION_STOPPED);
        }
}

static int each(Manager *m, int64_t uid, int (*f)(const Session *s, void *userdata), void *userdata) {
        for (Session *s = m->sessions->first; s; s = s->next) {
                int r;

                if (!s->open || (uid >= 0 && s->uid != (uid_t) uid))
                        continue;
                r = f(s, userdata);
                if (r < 0)
                        return r;
        }
        return 0;
}

int session_each(Manager *m, uid_t uid, int (*f)(const Session *s, void *userdata), void *userdata) {
        end_past(m);
        return each(m, uid, f, userdata);
}

int session_each_user(Manager *m, int (*f)(const Session *s, void *userdata), void *userdata) {
        return each(m, -1, f, userdata);
}

void session_on_end(Manager *m, SessionEnded f) {
        m->sessions->on_end = f;
}

void session_on_events(Manager *m, const SessionEvents *events) {
        m->sessions->events = events;
}
