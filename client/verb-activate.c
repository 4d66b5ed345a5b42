/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet activate: from the mail that tells of an account to the first seal, in one go. A person at a terminal is led from step to step, each of which is
 * a verb of its own and can be done alone; what is done already is passed over, so that whoever was interrupted begins again. A program sets
 * the first password, and nothing more. */

#include <string.h>

#include "bus/arguments.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/dict.h"
#include "client/output.h"
#include "client/pin-prompt.h"
#include "client/prompt.h"
#include "client/session-choice.h"
#include "client/verbs.h"

#define STEPS 4

/* --- The password --------------------------------------------------------------------------------------------------- */

static int activate(Client *c, const char *login, const Secret *code, const Secret *password) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "Activate", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", login);
        if (r >= 0)
                r = bus_message_append_secret(m, code);
        if (r >= 0)
                r = bus_message_append_secret(m, password);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, NULL);
        if (r == EXIT_DENIED) {
                hint("%s", _("It may also be that there is no such account, or that it is not bound to your Unix user: nobody is told which."));
                hint(_("If the mail is lost or too old, have another sent: sygnet account forgot %s"), login);
        }
        return r;
}

static int activate_for_program(Client *c, const char *login) {
        _cleanup_secret_ Secret *code = NULL, *password = NULL;
        int r;

        r = prompt_secret(c, "code-file", _("Temporary password from the mail"), &code);
        if (r == 0)
                r = prompt_new_secret(c, "new-password-file", _("New password"), NULL, &password);
        if (r == 0)
                r = activate(c, login, code, password);
        if (r == 0 && !c->json)
                out(_("Account %s is active.\n"), login);
        return r;
}

/* --- The steps ------------------------------------------------------------------------------------------------------ */

static void heading(unsigned number, const char *title) {
        out_styled(STYLE_BOLD, _("\nStep %u of %u: %s\n"), number, STEPS, title);
        fflush(stdout);
}

#define RUN(c, ...) verb_run(c, (char *[]) { __VA_ARGS__, NULL })

/* Opens the session that the other steps work in. */
static int step_password(Client *c, char *login) {
        _cleanup_secret_ Secret *code = NULL, *password = NULL;
        _cleanup_free_ char *session = NULL;
        _cleanup_dict_ Dict info = { 0 };
        int r;

        heading(1, _("your password"));
        r = prompt_ask_secret(_("Temporary password from the mail (press Enter if you have a password of your own)"), &code);
        if (r > 0)
                return r;
        if (secret_len(code) == 0)
                return RUN(c, (char *) "login", login);
        r = prompt_ask_new_secret(_("New password"), &password);
        if (r == 0)
                r = activate(c, login, code, password);
        if (r == 0)
                r = session_login(c, login, &(LoginFactors) { .password = password }, &session, &info);
        if (r == 0)
                out(_("Account %s is active.\n"), login);
        return r;
}

static int has_token(Client *c, const char *login, bool *ret) {
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = session_choose(c, login, &session);
        if (r == 0)
                r = call_for_dicts(c, &service_sygnet, SYGNET_INTERFACE_TOKEN, "List", &l, "s", session.id);
        if (r != 0)
                return r;
        *ret = false;
        for (size_t i = 0; i < l.n_items; i++)
                *ret |= strcmp(dict_string(&l.items[i], "status"), "active") == 0;
        return 0;
}

static int step_authenticator(Client *c, char *login) {
        bool enrolled = false;
        int r;

        heading(2, _("an authenticator for one-time codes"));
        r = has_token(c, login, &enrolled);
        if (r != 0)
                return r;
        if (!enrolled)
                return RUN(c, (char *) "otp", (char *) "enroll", (char *) "--login", login);
        out("%s\n", _("You have one already."));
        return 0;
}

static int step_pin(Client *c, char *login) {
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_dict_ Dict status = { 0 };
        bool wanted = false;
        int r;

        heading(3, _("a PIN"));
        r = session_choose(c, login, &session);
        if (r == 0)
                r = pin_status(c, session.id, &status);
        if (r != 0)
                return r;
        if (dict_number(&status, "set", 0)) {
                out("%s\n", _("You have one already."));
                return 0;
        }
        r = prompt_yes(_("Some certificates take a PIN; then the mail names an activation code for it. Set a PIN?"), &wanted);
        return r != 0 || !wanted ? r : RUN(c, (char *) "pin", (char *) "set", (char *) "--login", login);
}

static int step_invitations(Client *c, char *login) {
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        heading(4, _("access to seals"));
        r = session_choose(c, login, &session);
        if (r == 0)
                r = invitation_list(c, session.id, &l);
        if (r == 0 && l.n_items == 0)
                out("%s\n", _("No invitation waits for you."));
        for (size_t i = 0; r == 0 && i < l.n_items; i++) {
                _cleanup_free_ char *question = NULL, *label = text_clean(dict_string(&l.items[i], "label")),
                                    *organization = text_clean(dict_string(&l.items[i], "organization"));
                bool wanted = false;

                if (asprintf(&question, _("You are invited to use the seal “%s” of %s. Activate it?"), label, organization) < 0)
                        return fail_memory();
                r = prompt_yes(question, &wanted);
                if (r == 0 && wanted)
                        r = RUN(c, (char *) "seal", (char *) "activate", (char *) dict_string(&l.items[i], "invitation"), (char *) "--login", login);
        }
        return r;
}

static int lead(Client *c, char *login) {
        static int (*const steps[STEPS])(Client *c, char *login) = { step_password, step_authenticator, step_pin, step_invitations };

        /* The session may end between two of them: each finds its own, or asks for the password again. */
        for (unsigned i = 0; i < STEPS; i++) {
                int r = steps[i](c, login);

                if (r != 0) {
                        hint(_("To go on from here later: sygnet activate %s"), login);
                        return r;
                }
        }
        out("\n%s\n", _("Everything is set. What you can sign with: sygnet list"));
        return EXIT_OK;
}

int verb_activate(Client *c) {
        char *login = c->arguments.words[0];
        bool program = c->json || arguments_has(&c->arguments, "code-file") || arguments_has(&c->arguments, "new-password-file") || !prompt_possible();

        return program ? activate_for_program(c, login) : lead(c, login);
}
