/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet key: a person's own keys. Signatures are protected by the account's PIN, all others by a password of their own; nobody can recover either. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/issue.h"
#include "client/key-subject.h"
#include "client/new-password.h"
#include "client/output.h"
#include "client/pin-prompt.h"
#include "client/prompt.h"
#include "client/session-choice.h"
#include "client/verbs.h"

static int append_options(sd_bus_message *m, const Client *c, Profile profile) {
        const char *algorithm = arguments_get(&c->arguments, "algorithm");
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_string_entry(m, "profile", profile_to_string(profile));
        if (r >= 0 && algorithm)
                r = append_string_entry(m, "algorithm", algorithm);
        if (r >= 0 && c->terms)
                r = append_string_entry(m, "terms", c->terms);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* What was asked for. */
typedef struct Wanted {
        const char *session;
        Profile profile;
        Subject *subject;
        bool issue;
} Wanted;

static int generate(Client *c, const Wanted *w, const Secret *password, char **ret_id) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "GenerateCustomsKey", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", w->session, arguments_get(&c->arguments, "label"));
        if (r >= 0)
                r = bus_message_append_secret(m, password);
        if (r >= 0)
                r = key_subject_append(m, w->subject);
        if (r >= 0)
                r = append_options(m, c, w->profile);
        return r < 0 ? fail_message(r) : call_for_string(c, m, NULL, ret_id);
}

static int print_generated(const Client *c, const Wanted *w, const char *id, uint64_t waits, const Secret *password) {
        if (c->json)
                return issue_print_made(id, w->issue, waits, new_password_generated(c) ? password : NULL);
        out(_("Key %s made.\n"), id);
        new_password_show(c, password);
        if (waits > 0)
                return EXIT_OK;
        if (w->issue && profile_key_usage(w->profile) == GNUTLS_KEY_NON_REPUDIATION)
                out(_("It can sign: sygnet sign FILE -c %s\n"), id);
        else if (w->issue)
                out("%s\n", _("It has its certificate."));
        else if (profile_keeps_order(w->profile))
                out(_("Next: sygnet key request %s, and hand what it prints to KSeF\n"), id);
        else
                out(_("Next: sygnet key request %s -o request.pem\n"), id);
        return EXIT_OK;
}

static int generate_with_password(Client *c, const Wanted *w) {
        _cleanup_secret_ Secret *password = NULL;
        _cleanup_free_ char *id = NULL;
        uint64_t waits = 0;
        int r;

        r = new_password(c, "password-file", _("Password of the new key"), &password);
        if (r > 0)
                return r;
        r = generate(c, w, password, &id);
        if (r != 0)
                return r;
        if (w->issue) {
                const IssueFactors factors = { .session = w->session, .password = password };

                agent_start(&c->agent);
                r = issue_all(c, id, profile_to_string(w->profile), &factors, &waits);
                if (r != 0) {
                        /* Whoever had the password generated has to see it all the same. */
                        if (c->json)
                                (void) issue_print_made(id, false, 0, new_password_generated(c) ? password : NULL);
                        new_password_show(c, password);
                        return r;
                }
        }
        return print_generated(c, w, id, waits, password);
}

/* --- Signatures --------------------------------------------------------------------------------------------------- */

static int append_pin_and_code(sd_bus_message *m, const Secret *pin, const Secret *otp) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_secret_entry(m, "pin", pin);
        if (r >= 0 && otp)
                r = append_secret_entry(m, "otp", otp);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int make_signature(Client *c, const Wanted *w, const Secret *pin, const Secret *otp, char **ret_id, Bytes *ret_request) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        const char *id;
        const void *data;
        size_t size;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "GenerateSignatureKey", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", w->session, arguments_get(&c->arguments, "label"));
        if (r >= 0)
                r = key_subject_append(m, w->subject);
        if (r >= 0)
                r = append_pin_and_code(m, pin, otp);
        if (r >= 0)
                r = append_options(m, c, w->profile);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        if (r != 0)
                return r;
        r = sd_bus_message_read(reply, "s", &id);
        if (r >= 0)
                r = sd_bus_message_read_array(reply, 'y', &data, &size);
        if (r < 0)
                return fail_message(r);
        *ret_id = strdup(id);
        return !*ret_id || bytes_append(ret_request, data, size) < 0 ? fail_memory() : 0;
}

static int generate_signature(Client *c, const Wanted *w) {
        const IssueFactors factors = { .session = w->session };
        _cleanup_secret_ Secret *pin = NULL, *otp = NULL;
        _cleanup_bytes_ Bytes request = BYTES_NULL;
        _cleanup_free_ char *id = NULL;
        uint64_t waits = 0;
        int r;

        r = pin_prompt_with_code(c, w->session, &pin, &otp);
        if (r == 0)
                r = make_signature(c, w, pin, otp, &id, &request);
        if (r == 0 && w->issue) {
                agent_start(&c->agent);
                r = issue_for_request(c, id, bytes_view(&request), profile_to_string(w->profile), &factors, &waits);
        }
        return r != 0 ? r : print_generated(c, w, id, waits, NULL);
}

int verb_key_generate(Client *c) {
        static const char *const needed[] = { "label", NULL };
        _cleanup_(subject_freep) Subject *subject = NULL;
        _cleanup_session_ SessionChoice session = { 0 };
        Wanted w;
        int r;

        w = (Wanted) { .profile = key_profile_of_kind(arguments_get(&c->arguments, "kind") ?: "customs") };
        if (w.profile == PROFILE_INVALID)
                return fail(EXIT_USAGE, "%s", _("--kind is one of customs, signature, authentication, ksef-authentication, ksef-offline."));
        r = arguments_need(&c->arguments, needed);
        if (r == 0)
                r = key_subject_read(c, w.profile, &subject);
        if (r == 0)
                r = session_choose(c, NULL, &session);
        if (r > 0)
                return r;
        w.session = session.id;
        w.subject = subject;
        /* KSeF certifies its own. */
        w.issue = !arguments_has(&c->arguments, "no-issue") && !profile_keeps_order(w.profile);
        return w.profile == PROFILE_PERSONAL ? generate_signature(c, &w) : generate_with_password(c, &w);
}

/* --- What is there ------------------------------------------------------------------------------------------------ */

static int find_key(Client *c, Dict *d, SessionChoice *session) {
        int r;

        r = credential_find(c, c->arguments.words[0], false, d);
        if (r > 0)
                return r;
        return session_choose(c, arguments_get(&c->arguments, "login") ?: dict_string(d, "login"), session);
}

int verb_key_request(Client *c) {
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_secret_ Secret *password = NULL, *pin = NULL, *otp = NULL;
        _cleanup_dict_ Dict d = { 0 };
        IssueFactors factors;
        RequestForm form;
        int r;

        r = find_key(c, &d, &session);
        if (r == 0)
                r = issue_request_form(c, dict_string(&d, "profile"), &form);
        if (r > 0)
                return r;
        if (strcmp(dict_string(&d, "kind"), "signature") == 0)
                r = pin_prompt_with_code(c, session.id, &pin, &otp);
        else
                r = prompt_secret(c, "password-file", _("Password of the key"), &password);
        if (r > 0)
                return r;
        factors = (IssueFactors) { session.id, password, pin, otp };
        return issue_write_request(c, dict_string(&d, "id"), form, &factors);
}

int verb_key_import(Client *c) {
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_dict_ Dict d = { 0 };
        IssueFactors factors;
        int r;

        r = find_key(c, &d, &session);
        if (r > 0)
                return r;
        factors = (IssueFactors) { .session = session.id };
        return issue_import_files(c, dict_string(&d, "id"), &factors);
}

int verb_key_retire(Client *c) {
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_dict_ Dict d = { 0 };
        int r;

        r = find_key(c, &d, &session);
        if (r > 0)
                return r;
        if (!arguments_has(&c->arguments, "yes")) {
                r = prompt_confirm("yes", _("Erase the key for good?"));
                if (r > 0)
                        return r;
        }
        r = call(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "Retire", NULL, "sa{sv}", dict_string(&d, "id"), 1, "session", "s", session.id);
        if (r == 0 && !c->json)
                out("%s\n", _("The key is erased; the record stays."));
        return r;
}
