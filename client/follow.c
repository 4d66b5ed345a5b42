/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Following sessions; see follow.h. Nothing tells that a signature has put an end off, so that the sessions are listed anew every few seconds while
 * their time is shown. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/follow.h"
#include "client/output.h"
#include "client/session-choice.h"

#define TICK_USEC UINT64_C(1000000)
#define LIST_SECONDS 5

typedef struct Follow {
        Client *client;
        bool live;          /* a line is kept up to date */
        bool line;          /* it stands there now */
        DictList sessions;
        time_t listed;
        int status;
} Follow;

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
        interrupted = 1;
}

/* --- What happened -------------------------------------------------------------------------------------------------- */

static const char *reason_text(const char *reason) {
        static const struct {
                const char *word, *text;
        } words[] = {
                { "logout", N_("logged out") },
                { "idle", N_("nothing was signed") },
                { "age", N_("its time was up") },
                { "account", N_("the account was changed") },
                { "user-left", N_("you left the machine") },
                { "stopped", N_("the service stopped") },
        };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strcmp(words[i].word, reason) == 0)
                        return _(words[i].text);
        return reason;
}

static void clear_line(Follow *f) {
        if (f->line)
                out("\r\033[K");
        f->line = false;
}

static void print_event(const char *member, const Dict *d) {
        _cleanup_free_ char *login = text_clean(dict_string(d, "login")), *credential = text_clean(dict_string(d, "credential"));
        unsigned count = (unsigned) dict_number(d, "count", 0);

        out("%s  ", text_time(time(NULL)));
        if (strcmp(member, "SessionEnding") == 0)
                out(_("The session of %s ends in %s, unless something is signed."), login, text_duration(dict_number(d, "ends", 0) - time(NULL)));
        else if (strcmp(member, "SessionEnded") == 0)
                out(_("The session of %s has ended: %s. Log in again: sygnet login %s"), login, reason_text(dict_string(d, "reason")), login);
        else if (strcmp(member, "CertificateExpiring") == 0) {
                _cleanup_free_ char *label = text_clean(dict_string(d, "label"));

                out(_("The certificate of “%s” (%s) is valid until %s. Renew it in time."), label, credential, text_date(dict_number(d, "not_after", 0)));
        } else
                out(ngettext("The remembered session of %s made %u signature with %s.", "The remembered session of %s made %u signatures with %s.", count),
                    login, count, credential);
        out("\n");
}

/* One line; `d` may be NULL. The session's id stays within: output gets pasted. */
static void print_json(const char *event, const Dict *d) {
        Json j = JSON_INIT(stdout);

        j.compact = true;
        json_object_begin(&j, NULL);
        json_string(&j, "event", event);
        json_time(&j, "at", time(NULL));
        if (d)
                dict_json(&j, "info", d);
        json_object_end(&j);
        (void) json_finish(&j);
        (void) fflush(stdout);
}

static const char *event_name(const char *member) {
        static const struct {
                const char *member, *name;
        } names[] = { { "SessionEnding", "ending" }, { "SessionEnded", "ended" }, { "SessionUsed", "used" }, { "CertificateExpiring", "certificate-expiring" } };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcmp(names[i].member, member) == 0)
                        return names[i].name;
        return member;
}

static int on_signal(sd_bus_message *signal, void *userdata, sd_bus_error *error) {
        const char *member = sd_bus_message_get_member(signal);
        _cleanup_dict_ Dict d = { 0 };
        Follow *f = userdata;

        if (sd_bus_message_skip(signal, "s") < 0 || dict_read(signal, &d) < 0)
                return 0;
        clear_line(f);
        if (f->client->json)
                print_json(event_name(member), &d);
        else
                print_event(member, &d);
        (void) fflush(stdout);
        f->listed = 0;
        return 0;
}

/* --- The time that is left ------------------------------------------------------------------------------------------ */

static int list_anew(Follow *f) {
        DictList l = { 0 };
        int r;

        if (time(NULL) - f->listed < LIST_SECONDS)
                return 0;
        r = session_list(f->client, &l);
        if (r > 0)
                return r;
        dict_list_done(&f->sessions);
        f->sessions = l;
        f->listed = time(NULL);
        return 0;
}

/* As many as fit into a line. */
static void show_line(Follow *f) {
        unsigned width = output_width(), at = 0;
        int64_t now = time(NULL);

        clear_line(f);
        for (size_t i = 0; i < f->sessions.n_items; i++) {
                const Dict *d = &f->sessions.items[i];
                int64_t ends = dict_number(d, "ends", now), idle = dict_number(d, "idle_until", ends), left = (idle < ends ? idle : ends) - now;
                _cleanup_free_ char *login = text_clean(dict_string(d, "login")), *text = NULL;

                if (asprintf(&text, "%s%s: %s", i > 0 ? ", " : "", login, text_duration(left > 0 ? left : 0)) < 0) {
                        text = NULL;
                        break;
                }
                at += text_width(text);
                if (at >= width)
                        break;
                out("%s", text);
        }
        f->line = true;
        (void) fflush(stdout);
}

static int tick(Follow *f) {
        int r;

        if (!f->live)
                return 0;
        r = list_anew(f);
        if (r == 0)
                show_line(f);
        return r;
}

/* --- The loop ------------------------------------------------------------------------------------------------------- */

/* A program is told from when on nothing is missed. */
static int subscribe(Follow *f) {
        int r;

        r = call(f->client, &service_sygnet, SYGNET_INTERFACE_SESSION, "Subscribe", NULL, NULL);
        if (r == 0 && f->client->json)
                print_json("following", NULL);
        return r;
}

/* A service that started anew knows nothing of us. */
static int on_owner(sd_bus_message *signal, void *userdata, sd_bus_error *error) {
        const char *name, *before, *after;
        Follow *f = userdata;

        if (sd_bus_message_read(signal, "sss", &name, &before, &after) >= 0 && *after)
                f->status = subscribe(f);
        return 0;
}

static int run(Follow *f) {
        int r;

        while (!interrupted && f->status == 0) {
                do
                        r = sd_bus_process(f->client->bus, NULL);
                while (r > 0 && !interrupted && f->status == 0);
                if (r >= 0 && !interrupted && f->status == 0) {
                        f->status = tick(f);
                        r = sd_bus_wait(f->client->bus, f->live ? TICK_USEC : UINT64_MAX);
                }
                if (r < 0 && r != -EINTR)
                        return fail_errno(r, "%s", _("The connection to the message bus was lost"));
        }
        return f->status;
}

static int hear(Follow *f) {
        int r;

        /* The first call makes the connection. Listening comes before being told. */
        r = list_anew(f);
        if (r != 0)
                return r;
        r = sd_bus_match_signal(f->client->bus, NULL, SYGNET_BUS_NAME, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_SESSION, NULL, on_signal, f);
        if (r >= 0)
                r = sd_bus_add_match(f->client->bus, NULL, "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" SYGNET_BUS_NAME "'",
                                     on_owner, f);
        if (r < 0)
                return fail_message(r);
        r = subscribe(f);
        return r != 0 ? r : run(f);
}

int follow_sessions(Client *c) {
        const struct sigaction action = { .sa_handler = on_interrupt };
        Follow f = { .client = c, .live = !c->json && output_is_terminal() };
        int r;

        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        r = hear(&f);
        clear_line(&f);
        dict_list_done(&f.sessions);
        return r;
}
