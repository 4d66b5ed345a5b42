/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet login, logout. */

#include <string.h>
#include <time.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/output.h"
#include "client/pin-prompt.h"
#include "client/prompt.h"
#include "client/session-choice.h"
#include "client/verbs.h"

static int print_session_json(const char *login, bool remembered, const Dict *info) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_string(&j, "login", login);
        json_bool(&j, "remembered", remembered);
        json_time(&j, "idle_until", dict_number(info, "idle_until", 0));
        json_bool(&j, "restricted", dict_number(info, "restricted", 0) > 0);
        json_time(&j, "ends", dict_number(info, "ends", 0));
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

static int ask_login(const Client *c, char **ret) {
        if (c->arguments.n_words > 0) {
                *ret = strdup(c->arguments.words[0]);
                return *ret ? 0 : fail_memory();
        }
        if (!prompt_possible())
                return fail(EXIT_USAGE, "%s", _("Say which account: sygnet login LOGIN"));
        return prompt_line(_("Login"), ret);
}

/* Whether a credential of the account takes the PIN. */
static int needs_pin(Client *c, const char *login, bool *ret) {
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        *ret = false;
        r = credential_list(c, false, &l);
        for (size_t i = 0; r == 0 && i < l.n_items; i++)
                *ret |= strcmp(dict_string(&l.items[i], "login"), login) == 0 && strcmp(dict_string(&l.items[i], "status"), "active") == 0 &&
                        strcmp(dict_string(&l.items[i], "factors"), "pin+otp") == 0;
        return r;
}

/* Whoever does not give it here is asked with each signature. */
static int ask_pin(Client *c, const char *login, Secret **ret) {
        bool needed;
        int r;

        if (arguments_has(&c->arguments, "pin-file"))
                return pin_prompt(c, ret);
        if (!prompt_possible())
                return 0;
        r = needs_pin(c, login, &needed);
        return r > 0 || !needed ? r : pin_prompt_optional(_("PIN (press Enter to be asked with each signature instead)"), ret);
}

/* M1: at once, where somebody sits at the terminal. */
static int set_own_password(Client *c, const char *id, const Secret *given) {
        _cleanup_secret_ Secret *new = NULL;
        int r;

        hint("%s", _("Somebody else gave you your password. Choose your own now."));
        r = prompt_ask_new_secret(_("New password"), &new);
        if (r == 0)
                r = session_change_password(c, id, given, new);
        if (r > 0)
                hint("%s", _("Try again: sygnet account password"));
        return r;
}

int verb_login(Client *c) {
        bool remember = arguments_has(&c->arguments, "remember");
        _cleanup_free_ char *login = NULL, *question = NULL, *id = NULL;
        _cleanup_secret_ Secret *password = NULL, *otp = NULL, *pin = NULL;
        _cleanup_dict_ Dict info = { 0 };
        int64_t until;
        int r;

        r = ask_login(c, &login);
        if (r > 0)
                return r;
        if (asprintf(&question, _("Password of %s"), login) < 0)
                return fail_memory();
        r = prompt_secret(c, "password-file", question, &password);
        if (r > 0)
                return r;
        if (remember) {
                r = prompt_code(c, "otp-file", _("One-time code"), &otp);
                if (r == 0)
                        r = ask_pin(c, login, &pin);
                if (r > 0)
                        return r;
        }
        r = session_login(c, login, &(LoginFactors) { password, otp, pin }, &id, &info);
        if (r > 0)
                return r;
        if (dict_number(&info, "restricted", 0) > 0 && prompt_possible() && !c->json) {
                r = set_own_password(c, id, password);
                if (r > 0)
                        return r;
        }
        if (c->json)
                return print_session_json(login, remember, &info);
        until = dict_number(&info, remember ? "ends" : "idle_until", time(NULL));
        out(_("Logged in as %s until %s"), login, text_time(until));
        out(remember ? ".\n" : _(", or for as long as you keep signing.\n"));
        return EXIT_OK;
}

int verb_logout(Client *c) {
        const char *login = arguments_get(&c->arguments, "login");
        _cleanup_dict_list_ DictList sessions = { 0 };
        unsigned closed = 0;
        int r;

        r = session_list(c, &sessions);
        if (r > 0)
                return r;
        for (size_t i = 0; i < sessions.n_items; i++) {
                if (login && strcmp(dict_string(&sessions.items[i], "login"), login) != 0)
                        continue;
                r = call(c, &service_sygnet, SYGNET_INTERFACE_SESSION, "Logout", NULL, "s", dict_string(&sessions.items[i], "session"));
                if (r > 0)
                        return r;
                closed++;
        }
        if (c->json)
                return EXIT_OK;
        if (closed == 0)
                out("%s\n", _("You were not logged in."));
        else
                out(ngettext("%u session closed.\n", "%u sessions closed.\n", closed), closed);
        return EXIT_OK;
}
