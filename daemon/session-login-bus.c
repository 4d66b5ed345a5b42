/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Login sessions; see session-login-bus.h. A signal of logind only makes us ask: what is believed is the answer to our own call. It lists all
 * sessions; of those of users who matter the class is asked for, since a cron job has one as well and is nobody's login. One round
 * of questions runs at a time; what happens meanwhile makes another follow. */

#include <errno.h>
#include <string.h>

#include "bus/names.h"
#include "daemon/session-login-bus.h"

#define LOGIND_NAME "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"
#define LOGIND_MANAGER "org.freedesktop.login1.Manager"
#define LOGIND_SESSION "org.freedesktop.login1.Session"

#define ANSWER_USEC (25 * UINT64_C(1000000))
#define SESSIONS_LOOKED_AT 4096U

typedef struct User {
        uid_t uid;
        bool known;     /* all about this user was answered */
        bool logged_in;
} User;

typedef struct Question {
        LoginWatch *watch;
        sd_bus_slot *slot;
        size_t user;
        struct Question *next;
} Question;

struct LoginWatch {
        Manager *manager;
        sd_bus_slot *match, *list;
        bool again;         /* something happened while a round is under way */
        User *users;        /* of this round */
        size_t n_users;
        Question *questions;
};

static void begin(LoginWatch *w);

/* --- The users of a round ----------------------------------------------------------------------------------------- */

static int add_user(const Session *s, void *userdata) {
        LoginWatch *w = userdata;
        User *p;

        for (size_t i = 0; i < w->n_users; i++)
                if (w->users[i].uid == s->uid)
                        return 0;
        p = reallocarray(w->users, w->n_users + 1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        w->users = p;
        w->users[w->n_users++] = (User) { .uid = s->uid, .known = true };
        return 0;
}

static void end_round(LoginWatch *w) {
        User *users = TAKE_PTR(w->users);
        size_t n = w->n_users;

        w->n_users = 0;
        w->list = sd_bus_slot_unref(w->list);
        for (size_t i = 0; i < n; i++)
                if (users[i].known)
                        session_set_login(w->manager, users[i].uid, users[i].logged_in);
        free(users);
        if (w->again)
                begin(w);
}

/* --- Their classes ------------------------------------------------------------------------------------------------ */

static void question_free(Question *q) {
        for (Question **i = &q->watch->questions; *i; i = &(*i)->next) {
                if (*i != q)
                        continue;
                *i = q->next;
                break;
        }
        sd_bus_slot_unref(q->slot);
        free(q);
}

/* One that ended since it was listed answers with an error: logind has signalled that, and another round follows. */
static int on_class(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Question *q = userdata;
        LoginWatch *w = q->watch;
        User *user = &w->users[q->user];
        const char *class;

        if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "v", "s", &class) < 0)
                user->known = false;
        else if (strncmp(class, "user", 4) == 0)
                user->logged_in = true;
        question_free(q);
        if (!w->questions)
                end_round(w);
        return 0;
}

static int ask_class(LoginWatch *w, size_t user, const char *path) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        Question *q;
        int r;

        r = sd_bus_message_new_method_call(w->manager->bus, &m, LOGIND_NAME, path, "org.freedesktop.DBus.Properties", "Get");
        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, false);
        if (r >= 0)
                r = sd_bus_message_append(m, "ss", LOGIND_SESSION, "Class");
        if (r < 0)
                return r;
        q = calloc(1, sizeof(*q));
        if (!q)
                return -ENOMEM;
        *q = (Question) { .watch = w, .user = user, .next = w->questions };
        w->questions = q;
        r = sd_bus_call_async(w->manager->bus, &q->slot, m, on_class, q, ANSWER_USEC);
        if (r < 0)
                question_free(q);
        return r;
}

static void look_at(LoginWatch *w, uid_t uid, const char *path) {
        for (size_t i = 0; i < w->n_users; i++)
                if (w->users[i].uid == uid && w->users[i].known && ask_class(w, i, path) < 0)
                        w->users[i].known = false;
}

/* --- The list ----------------------------------------------------------------------------------------------------- */

static int read_list(LoginWatch *w, sd_bus_message *reply) {
        const char *id, *name, *seat, *path;
        unsigned n = 0;
        uint32_t uid;
        int r;

        r = sd_bus_message_enter_container(reply, 'a', "(susso)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(susso)", &id, &uid, &name, &seat, &path)) > 0) {
                if (++n > SESSIONS_LOOKED_AT)
                        return -E2BIG;
                look_at(w, uid, path);
        }
        return r;
}

/* No logind, or none that answers: nothing is known of anybody. */
static int on_list(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        LoginWatch *w = userdata;

        if (sd_bus_message_is_method_error(reply, NULL) || read_list(w, reply) < 0)
                for (size_t i = 0; i < w->n_users; i++)
                        w->users[i].known = false;
        if (!w->questions)
                end_round(w);
        return 0;
}

static int ask_list(LoginWatch *w) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(w->manager->bus, &m, LOGIND_NAME, LOGIND_PATH, LOGIND_MANAGER, "ListSessions");
        if (r >= 0)
                r = sd_bus_message_set_auto_start(m, false);
        return r < 0 ? r : sd_bus_call_async(w->manager->bus, &w->list, m, on_list, w, ANSWER_USEC);
}

static void begin(LoginWatch *w) {
        if (w->list) {
                w->again = true;
                return;
        }
        w->again = false;
        if (session_each_user(w->manager, add_user, w) < 0 || w->n_users == 0 || ask_list(w) < 0) {
                free(TAKE_PTR(w->users));
                w->n_users = 0;
        }
}

static int on_signal(sd_bus_message *signal, void *userdata, sd_bus_error *error) {
        if (sd_bus_message_is_signal(signal, LOGIND_MANAGER, "SessionNew") || sd_bus_message_is_signal(signal, LOGIND_MANAGER, "SessionRemoved"))
                begin(userdata);
        return 0;
}

void session_login_opened(Manager *m, const Session *s) {
        if (m->logins)
                begin(m->logins);
}

int session_login_bus_register(Manager *m) {
        LoginWatch *w;

        w = calloc(1, sizeof(*w));
        if (!w)
                return -ENOMEM;
        w->manager = m;
        m->logins = w;
        return sd_bus_match_signal_async(m->bus, &w->match, LOGIND_NAME, LOGIND_PATH, LOGIND_MANAGER, NULL, on_signal, NULL, w);
}

LoginWatch *login_watch_free(LoginWatch *w) {
        if (!w)
                return NULL;
        while (w->questions)
                question_free(w->questions);
        sd_bus_slot_unref(w->list);
        sd_bus_slot_unref(w->match);
        free(w->users);
        free(w);
        return NULL;
}
