/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet key compromise, sygnet key release: a key that may be in other hands. The service blocks it and has the local CA suspend the certificate in one
 * call; what is left for a person to do is said. */

#include <errno.h>
#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/session-choice.h"
#include "client/verbs.h"

#define REASON "keyCompromise"

static int report(Client *c, const char *id, const SessionChoice *session, Dict *ret) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "ReportCompromise", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", id);
        if (r >= 0)
                r = session->id ? sd_bus_message_append(m, "a{sv}", 1, "session", "s", session->id) : sd_bus_message_append(m, "a{sv}", 0);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        if (r != 0)
                return r;
        r = dict_read(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

/* What the issuer has to do, where the local CA could not. */
static void print_outside(const Dict *credential) {
        char *issuer = text_clean(dict_string(credential, "issuer"));

        out("\n%s\n", _("Its certificate is of another CA, which must be told now: until it is revoked there, others believe what is signed with the key."));
        out(_("Issuer:         %s\n"), issuer);
        out(_("Serial number:  %s\n"), dict_string(credential, "serial"));
        out("%s\n", _("Reason:         the key was revealed (keyCompromise)"));
        free(issuer);
}

static int print_certificate(const Dict *credential, const Dict *result) {
        const char *state = dict_string(result, "certificate"), *serial = dict_string(credential, "serial");

        if (strcmp(state, "suspended") == 0) {
                out("%s\n", _("Its certificate is suspended, and others can see that."));
                hint(_("When it is sure, an operator revokes it for good: sygnet ca revoke %s --reason %s"), serial, REASON);
        } else if (strcmp(state, "revoked") == 0)
                out("%s\n", _("Its certificate is revoked."));
        else if (strcmp(state, "outside") == 0)
                print_outside(credential);
        else if (strcmp(state, "failed") == 0) {
                char *problem = text_clean(dict_string(result, "problem"));

                complain(_("The certificate could not be suspended: %s"), problem);
                hint(_("An operator suspends it: sygnet ca suspend %s"), serial);
                free(problem);
                return EXIT_FAILED;
        }
        return EXIT_OK;
}

static void print_next(const Dict *credential) {
        const char *kind = dict_string(credential, "kind"), *id = dict_string(credential, "id");

        if (strcmp(kind, "seal") == 0)
                hint(_("A new key in its place: sygnet seal renew %s"), id);
        else
                hint("%s", _("A new key: sygnet key generate"));
        hint("%s", _("What was signed with it: sygnet log"));
}

static int print_report(const Client *c, const Dict *credential, const Dict *result) {
        unsigned told = (unsigned) dict_number(result, "told", 0);
        int r;

        if (c->json) {
                Json j = JSON_INIT(stdout);

                json_object_begin(&j, NULL);
                json_string(&j, "id", dict_string(credential, "id"));
                json_string(&j, "status", "blocked");
                json_string(&j, "certificate", dict_string(result, "certificate"));
                json_string(&j, "problem", dict_has(result, "problem") ? dict_string(result, "problem") : NULL);
                json_string(&j, "issuer", dict_string(credential, "issuer"));
                json_string(&j, "serial", dict_string(credential, "serial"));
                json_int(&j, "told", told);
                json_object_end(&j);
                if (json_finish(&j) < 0)
                        return EXIT_FAILED;
                return strcmp(dict_string(result, "certificate"), "failed") == 0 ? EXIT_FAILED : EXIT_OK;
        }
        out("%s\n", _("The key is blocked: nothing is signed with it any more. The sessions of all who may use it have ended."));
        if (told > 0)
                out(ngettext("%u person is told by mail.\n", "%u persons are told by mail.\n", told), told);
        r = print_certificate(credential, result);
        print_next(credential);
        return r;
}

/* For good, and `result` says so. */
static int revoke_certificate(Client *c, const Dict *credential, Dict *result) {
        int r = call(c, &service_ca, CA_INTERFACE, "Revoke", NULL, "ssa{sv}", dict_string(credential, "serial"), REASON, 0);

        if (r != 0)
                return r;
        dict_remove(result, "certificate");
        return dict_set_string(result, "certificate", "revoked") < 0 ? fail_memory() : 0;
}

static int confirm(const Client *c, const Dict *credential) {
        char *label, *question;
        int r;

        if (arguments_has(&c->arguments, "yes"))
                return 0;
        label = text_clean(dict_string(credential, "label"));
        r = asprintf(&question, _("Block the key of “%s”, end the sessions of all who may use it, and have its certificate suspended?"), label);
        free(label);
        if (r < 0)
                return fail_memory();
        r = prompt_confirm("yes", question);
        free(question);
        return r;
}

int verb_key_compromise(Client *c) {
        bool operator = arguments_has(&c->arguments, "operator");
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_dict_ Dict credential = { 0 }, result = { 0 };
        int r, s;

        agent_start(&c->agent);
        r = credential_find(c, c->arguments.words[0], operator, &credential);
        if (r == 0 && !operator)
                r = session_choose(c, arguments_get(&c->arguments, "login") ?: dict_string(&credential, "login"), &session);
        if (r == 0)
                r = confirm(c, &credential);
        if (r == 0)
                r = report(c, dict_string(&credential, "id"), &session, &result);
        if (r != 0)
                return r;
        if (arguments_has(&c->arguments, "revoke") && strcmp(dict_string(&result, "certificate"), "suspended") == 0)
                r = revoke_certificate(c, &credential, &result);
        s = print_report(c, &credential, &result);
        return r != 0 ? r : s;
}

int verb_key_release(Client *c) {
        _cleanup_dict_ Dict credential = { 0 };
        int r;

        agent_start(&c->agent);
        r = credential_find(c, c->arguments.words[0], true, &credential);
        if (r == 0)
                r = call(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "Release", NULL, "s", dict_string(&credential, "id"));
        if (r != 0 || c->json)
                return r;
        out("%s\n", _("The key is not blocked any more."));
        hint(_("Its certificate, if it was suspended: sygnet ca resume %s"), dict_string(&credential, "serial"));
        return EXIT_OK;
}
