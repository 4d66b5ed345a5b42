/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet register, account forgot, email, phone: what a person does with codes that come by mail and SMS. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/dict.h"
#include "client/output.h"
#include "client/person.h"
#include "client/prompt.h"
#include "client/sent-code.h"
#include "client/session-choice.h"
#include "client/verbs.h"

/* --- A forgotten password ------------------------------------------------------------------------------------------- */

static int request_mail(Client *c, const char *login) {
        int r;

        r = call(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "RequestReset", NULL, "s", login);
        if (r != 0)
                return r;
        if (!c->json)
                hint(_("If there is an account %s that your Unix user is bound to, a code is on its way to its e-mail address."), login);
        return 0;
}

/* Where a phone is known the service sends a second code there: *ret_sent. */
static int request_sms(Client *c, const char *login, const Secret *mail, Dict *ret_sent) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "RequestResetSms", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", login);
        if (r >= 0)
                r = bus_message_append_secret(m, mail);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        if (r == EXIT_DENIED)
                hint("%s", _("It may also be that there is no such account, or that it is not bound to your Unix user: nobody is told which."));
        if (r != 0)
                return r;
        r = dict_read(reply, ret_sent);
        return r < 0 ? fail_message(r) : 0;
}

/* The code by SMS, if one is needed; without a terminal it is asked for in a run of its own, and *ret_only_sent tells that this was all. */
static int get_sms(Client *c, const char *login, const Secret *mail, Secret **ret, bool *ret_only_sent) {
        _cleanup_dict_ Dict sent = { 0 };
        int r;

        *ret_only_sent = false;
        if (arguments_has(&c->arguments, "sms-file"))
                return prompt_secret(c, "sms-file", _("Code from the SMS"), ret);
        r = request_sms(c, login, mail, &sent);
        if (r != 0 || sent.n_fields == 0)
                return r;
        sent_code_tell(&sent);
        if (prompt_possible())
                return prompt_ask_secret(_("Code from the SMS"), ret);
        hint("%s", _("Give it with --sms-file FILE, together with --code-file FILE."));
        *ret_only_sent = true;
        return 0;
}

static int reset(Client *c, const char *login, const Secret *mail, const Secret *sms, const Secret *password) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "Reset", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", login);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_secret_entry(m, "mail", mail);
        if (r >= 0 && sms)
                r = append_secret_entry(m, "sms", sms);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = bus_message_append_secret(m, password);
        return r < 0 ? fail_message(r) : call_send(c, m, NULL, NULL);
}

int verb_account_forgot(Client *c) {
        bool has_code = arguments_has(&c->arguments, "code-file"), only_sent;
        const char *login = c->arguments.words[0];
        _cleanup_secret_ Secret *mail = NULL, *sms = NULL, *password = NULL;
        int r = 0;

        if (!has_code)
                r = request_mail(c, login);
        if (r != 0)
                return r;
        if (!has_code && (arguments_has(&c->arguments, "send-code") || !prompt_possible())) {
                if (!c->json)
                        hint(_("Then set a new password: sygnet account forgot %s --code-file FILE"), login);
                return EXIT_OK;
        }
        r = prompt_secret(c, "code-file", _("Code from the mail"), &mail);
        if (r > 0)
                return r;
        r = get_sms(c, login, mail, &sms, &only_sent);
        if (r != 0 || only_sent)
                return r;
        r = prompt_new_secret(c, "new-password-file", _("New password"), NULL, &password);
        if (r > 0)
                return r;
        r = reset(c, login, mail, sms, password);
        if (r == 0 && !c->json)
                out("%s\n", _("The new password is set; all sessions of the account are closed. Your authenticators stay as they are."));
        return r;
}

/* --- E-mail and phone ----------------------------------------------------------------------------------------------- */

static int request_change(Client *c, const char *session, const char *kind, const char *value, const Secret *otp, sd_bus_message **ret) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "RequestChange", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "sss", session, kind, value);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && otp)
                r = append_secret_entry(m, "otp", otp);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? fail_message(r) : call_send(c, m, otp ? NULL : ERROR_CODE_REQUIRED, ret);
}

/* Asks for the change, with a one-time code where the service wants one; *ret_sent: where the codes went. */
static int ask_change(Client *c, const char *session, const char *kind, const char *value, DictList *ret_sent) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        _cleanup_secret_ Secret *otp = NULL;
        int r;

        r = arguments_has(&c->arguments, "otp-file") ? prompt_code(c, "otp-file", _("One-time code"), &otp) : 0;
        if (r == 0)
                r = request_change(c, session, kind, value, otp, &reply);
        if (r == -EAGAIN) {
                r = prompt_code(c, "otp-file", _("One-time code"), &otp);
                if (r == 0)
                        r = request_change(c, session, kind, value, otp, &reply);
        }
        if (r != 0)
                return r;
        r = dict_list_read(reply, ret_sent);
        return r < 0 ? fail_message(r) : 0;
}

static int confirm_change(Client *c, const char *session, const char *kind, const Secret *new, const Secret *old) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "ConfirmChange", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", session, kind);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_secret_entry(m, "new", new);
        if (r >= 0 && old)
                r = append_secret_entry(m, "old", old);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? fail_message(r) : call_send(c, m, NULL, NULL);
}

/* The codes that confirm it, having them sent first unless they were given. */
static int change(Client *c, const char *kind, const char *new_question, const char *old_question) {
        bool given = arguments_has(&c->arguments, "code-file"), old_needed = arguments_has(&c->arguments, "old-code-file");
        _cleanup_secret_ Secret *new = NULL, *old = NULL;
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_dict_list_ DictList sent = { 0 };
        int r;

        r = session_choose(c, NULL, &session);
        if (r == 0 && !given)
                r = ask_change(c, session.id, kind, c->arguments.words[0], &sent);
        if (r != 0)
                return r;
        for (size_t i = 0; i < sent.n_items; i++)
                sent_code_tell(&sent.items[i]);
        if (!given && (arguments_has(&c->arguments, "send-code") || !prompt_possible())) {
                hint("%s", _("Give the codes with --code-file FILE (from the new one) and --old-code-file FILE (from the old one)."));
                return EXIT_OK;
        }
        r = prompt_secret(c, "code-file", new_question, &new);
        if (r == 0 && (old_needed || sent.n_items > 1))
                r = prompt_secret(c, "old-code-file", old_question, &old);
        if (r == 0)
                r = confirm_change(c, session.id, kind, new, old);
        if (r == 0 && !c->json)
                out("%s\n", _("It is changed."));
        return r;
}

int verb_account_email(Client *c) {
        return change(c, "email", _("Code from the mail to the new address"), _("Code from the mail to the old address"));
}

int verb_account_phone(Client *c) {
        return change(c, "phone", _("Code from the SMS to the new number"), _("Code from the SMS to the old number"));
}

/* --- Registration --------------------------------------------------------------------------------------------------- */

static int send_register(Client *c, const Secret *code, const Secret *password, char **ret_id) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "Register", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", c->arguments.words[0]);
        if (r >= 0)
                r = bus_message_append_secret(m, code);
        if (r >= 0)
                r = sd_bus_message_append(m, "s", c->arguments.words[1]);
        if (r >= 0)
                r = person_append(c, m);
        if (r >= 0)
                r = bus_message_append_secret(m, password);
        return r < 0 ? fail_message(r) : call_for_string(c, m, NULL, ret_id);
}

int verb_register(Client *c) {
        const char *login = c->arguments.words[1];
        _cleanup_secret_ Secret *code = NULL, *password = NULL;
        _cleanup_free_ char *id = NULL;
        int r;

        r = person_need_name(c);
        if (r == 0)
                r = prompt_secret(c, "code-file", _("Code from the mail"), &code);
        if (r == 0)
                r = prompt_new_secret(c, "password-file", _("New password"), NULL, &password);
        if (r == 0)
                r = send_register(c, code, password, &id);
        if (r != 0)
                return r;
        if (c->json)
                return out_pairs_json((Pair[]) { { "id", id }, { "login", login } }, 2);
        out(_("Account %s created.\n"), login);
        out(_("Ask an operator to let you log in: sygnet account bind %s USER. Then: sygnet login %s, sygnet seal activate\n"), login, login);
        return EXIT_OK;
}
