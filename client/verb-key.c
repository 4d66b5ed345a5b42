/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet key: a person's own keys. Customs keys are protected by a password, signatures by the account's PIN; nobody can recover either. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/issue.h"
#include "client/new-password.h"
#include "client/output.h"
#include "client/pin-prompt.h"
#include "client/prompt.h"
#include "client/session-choice.h"
#include "client/verbs.h"

static int append_subject(sd_bus_message *m, const Client *c) {
        const char *given = arguments_get(&c->arguments, "given-name"), *surname = arguments_get(&c->arguments, "surname");
        _cleanup_free_ char *full = NULL;
        int r;

        if (asprintf(&full, "%s %s", given, surname) < 0)
                return -ENOMEM;
        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_string_entry(m, "givenName", given);
        if (r >= 0)
                r = append_string_entry(m, "surname", surname);
        if (r >= 0)
                r = append_string_entry(m, "commonName", arguments_get(&c->arguments, "name") ?: full);
        if (r >= 0)
                r = append_string_entry(m, "countryName", arguments_get(&c->arguments, "country"));
        if (r >= 0)
                r = append_string_entry(m, "serialNumber", arguments_get(&c->arguments, "serial-number"));
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_options(sd_bus_message *m, const Client *c) {
        const char *algorithm = arguments_get(&c->arguments, "algorithm");

        return algorithm ? sd_bus_message_append(m, "a{sv}", 1, "algorithm", "s", algorithm) : sd_bus_message_append(m, "a{sv}", 0);
}

static int generate(Client *c, const char *session, const Secret *password, char **ret_id) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "GenerateCustomsKey", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", session, arguments_get(&c->arguments, "label"));
        if (r >= 0)
                r = bus_message_append_secret(m, password);
        if (r >= 0)
                r = append_subject(m, c);
        if (r >= 0)
                r = append_options(m, c);
        return r < 0 ? fail_message(r) : call_for_string(c, m, NULL, ret_id);
}

static int print_generated(const Client *c, const char *id, bool issued, uint64_t waits, const Secret *password) {
        if (c->json)
                return issue_print_made(id, issued, waits, new_password_generated(c) ? password : NULL);
        out(_("Key %s made.\n"), id);
        new_password_show(c, password);
        if (waits > 0)
                return EXIT_OK;
        if (issued)
                out(_("It can sign: sygnet sign FILE -c %s\n"), id);
        else
                out(_("Next: sygnet key request %s -o request.pem\n"), id);
        return EXIT_OK;
}

static int generate_customs(Client *c, const char *session, bool issue) {
        _cleanup_secret_ Secret *password = NULL;
        _cleanup_free_ char *id = NULL;
        uint64_t waits = 0;
        int r;

        r = new_password(c, "password-file", _("Password of the new key"), &password);
        if (r > 0)
                return r;
        r = generate(c, session, password, &id);
        if (r != 0)
                return r;
        if (issue) {
                const IssueFactors factors = { .session = session, .password = password };

                agent_start(&c->agent);
                r = issue_all(c, id, "customs", &factors, &waits);
                if (r != 0) {
                        /* Whoever had the password generated has to see it all the same. */
                        new_password_show(c, password);
                        return r;
                }
        }
        return print_generated(c, id, issue, waits, password);
}

/* --- Signatures --------------------------------------------------------------------------------------------------- */

static int ask_pin_and_code(Client *c, const char *session, Secret **ret_pin, Secret **ret_otp) {
        _cleanup_dict_ Dict status = { 0 };
        int r;

        r = pin_status(c, session, &status);
        if (r > 0)
                return r;
        if (!dict_number(&status, "set", 0)) {
                complain("%s", _("The account has no PIN yet."));
                hint("%s", _("Set one: sygnet pin set"));
                return EXIT_FAILED;
        }
        r = pin_prompt(c, ret_pin);
        return r > 0 ? r : pin_prompt_code(c, &status, ret_otp);
}

static int append_pin_and_code(sd_bus_message *m, const Secret *pin, const Secret *otp) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_secret_entry(m, "pin", pin);
        if (r >= 0 && otp)
                r = append_secret_entry(m, "otp", otp);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int make_signature(Client *c, const char *session, const Secret *pin, const Secret *otp, char **ret_id, Bytes *ret_request) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        const char *id;
        const void *data;
        size_t size;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "GenerateSignatureKey", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", session, arguments_get(&c->arguments, "label"));
        if (r >= 0)
                r = append_subject(m, c);
        if (r >= 0)
                r = append_pin_and_code(m, pin, otp);
        if (r >= 0)
                r = append_options(m, c);
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

static int generate_signature(Client *c, const char *session, bool issue) {
        const IssueFactors factors = { .session = session };
        _cleanup_secret_ Secret *pin = NULL, *otp = NULL;
        _cleanup_bytes_ Bytes request = BYTES_NULL;
        _cleanup_free_ char *id = NULL;
        uint64_t waits = 0;
        int r;

        r = ask_pin_and_code(c, session, &pin, &otp);
        if (r == 0)
                r = make_signature(c, session, pin, otp, &id, &request);
        if (r == 0 && issue) {
                agent_start(&c->agent);
                r = issue_for_request(c, id, bytes_view(&request), "personal", &factors, &waits);
        }
        return r != 0 ? r : print_generated(c, id, issue, waits, NULL);
}

int verb_key_generate(Client *c) {
        static const char *const needed[] = { "label", "given-name", "surname", "serial-number", "country", NULL };
        const char *kind = arguments_get(&c->arguments, "kind") ?: "customs";
        bool issue = !arguments_has(&c->arguments, "no-issue"), signature = strcmp(kind, "signature") == 0;
        _cleanup_session_ SessionChoice session = { 0 };
        int r;

        r = arguments_need(&c->arguments, needed);
        if (r > 0)
                return r;
        if (!signature && strcmp(kind, "customs") != 0)
                return fail(EXIT_USAGE, "%s", _("--kind is one of customs, signature."));
        r = session_choose(c, NULL, &session);
        if (r > 0)
                return r;
        return signature ? generate_signature(c, session.id, issue) : generate_customs(c, session.id, issue);
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
        int r;

        r = find_key(c, &d, &session);
        if (r > 0)
                return r;
        if (strcmp(dict_string(&d, "kind"), "signature") == 0)
                r = ask_pin_and_code(c, session.id, &pin, &otp);
        else
                r = prompt_secret(c, "password-file", _("Password of the key"), &password);
        if (r > 0)
                return r;
        factors = (IssueFactors) { session.id, password, pin, otp };
        return issue_write_request(c, dict_string(&d, "id"), &factors);
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
