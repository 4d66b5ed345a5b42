/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The choice of a session; see session-choice.h. */

#include <string.h>

#include "bus/arguments.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/session-choice.h"

int session_list(Client *c, DictList *ret) {
        return call_for_dicts(c, &service_sygnet, SYGNET_INTERFACE_SESSION, "List", ret, NULL);
}

static int append_login(sd_bus_message *m, const char *login, const LoginFactors *f) {
        int r;

        r = sd_bus_message_append(m, "s", login);
        if (r < 0)
                return r;
        r = bus_message_append_secret(m, f->password);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        if (f->otp) {
                r = sd_bus_message_append(m, "{sv}", "remember", "b", 1);
                if (r < 0)
                        return r;
                r = append_secret_entry(m, "otp", f->otp);
                if (r >= 0 && f->pin)
                        r = append_secret_entry(m, "pin", f->pin);
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(m);
}

int session_change_password(Client *c, const char *id, const Secret *old, const Secret *new) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "ChangePassword", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", id);
        if (r >= 0)
                r = bus_message_append_secret(m, old);
        if (r >= 0)
                r = bus_message_append_secret(m, new);
        return r < 0 ? fail_message(r) : call_send(c, m, NULL, NULL);
}

int session_login(Client *c, const char *login, const LoginFactors *factors, char **ret_id, Dict *ret_info) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_free_ char *copy = NULL;
        const char *id;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_SESSION, "Login", &m);
        if (r > 0)
                return r;
        r = append_login(m, login, factors);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        if (r != 0)
                return r;
        r = sd_bus_message_read(reply, "s", &id);
        if (r < 0)
                return fail_message(r);
        copy = strdup(id);
        if (!copy)
                return fail_memory();
        r = dict_read(reply, ret_info);
        if (r < 0)
                return fail_message(r);
        *ret_id = TAKE_PTR(copy);
        return 0;
}

static int fail_no_session(const char *login) {
        complain("%s", _("You are not logged in."));
        hint(_("Log in first: sygnet login %s"), login ?: "LOGIN");
        return EXIT_DENIED;
}

/* A session that lasts as long as the service keeps it, opened on the way. */
static int login_on_the_way(Client *c, const char *login, SessionChoice *ret) {
        _cleanup_(session_choice_done) SessionChoice s = { 0 };
        _cleanup_secret_ Secret *password = NULL;
        _cleanup_free_ char *question = NULL;
        _cleanup_dict_ Dict info = { 0 };
        int r;

        if (!prompt_possible())
                return fail_no_session(login);
        if (login)
                s.login = strdup(login);
        else {
                r = prompt_line(_("Login"), &s.login);
                if (r > 0)
                        return r;
        }
        if (!s.login || asprintf(&question, _("Password of %s"), s.login) < 0)
                return fail_memory();
        r = prompt_ask_secret(question, &password);
        if (r > 0)
                return r;
        r = session_login(c, s.login, &(LoginFactors) { .password = password }, &s.id, &info);
        if (r > 0)
                return r;
        *ret = s;
        s = (SessionChoice) { 0 };
        return 0;
}

int session_renew(Client *c, SessionChoice *s) {
        _cleanup_session_ SessionChoice old = *s;

        *s = (SessionChoice) { 0 };
        return login_on_the_way(c, old.login, s);
}

static int take(const Dict *d, SessionChoice *ret) {
        _cleanup_session_ SessionChoice s = {
                .id = strdup(dict_string(d, "session")),
                .login = strdup(dict_string(d, "login")),
                .remembered = dict_number(d, "remembered", 0) != 0,
                .pin = dict_number(d, "pin", 0) != 0,
        };

        if (!s.id || !s.login)
                return fail_memory();
        *ret = s;
        s = (SessionChoice) { 0 };
        return 0;
}

int session_choose(Client *c, const char *login, SessionChoice *ret) {
        _cleanup_dict_list_ DictList sessions = { 0 };
        const char *wanted = login ?: arguments_get(&c->arguments, "login");
        const Dict *found = NULL;
        int r;

        r = session_list(c, &sessions);
        if (r > 0)
                return r;
        for (size_t i = 0; i < sessions.n_items; i++) {
                const Dict *d = &sessions.items[i];

                if (wanted && strcmp(dict_string(d, "login"), wanted) != 0)
                        continue;
                if (!wanted && found && strcmp(dict_string(d, "login"), dict_string(found, "login")) != 0)
                        return fail(EXIT_USAGE, "%s", _("You are logged in to several accounts: choose one with --login LOGIN."));
                /* Of several sessions of one account a remembered one serves best. */
                if (!found || dict_number(d, "remembered", 0))
                        found = d;
        }
        return found ? take(found, ret) : login_on_the_way(c, wanted, ret);
}

void session_choice_done(SessionChoice *s) {
        free(s->id);
        free(s->login);
        *s = (SessionChoice) { 0 };
}
