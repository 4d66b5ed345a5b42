/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet key renew: a new certificate for a person's own key, by a new key beside the old one (requirement E11). */

#include <errno.h>
#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/issue.h"
#include "client/output.h"
#include "client/pin-prompt.h"
#include "client/prompt.h"
#include "client/session-choice.h"
#include "client/verbs.h"

static int ask_secrets(Client *c, const Dict *d, const char *session, Secret **ret_password, Secret **ret_pin, Secret **ret_otp) {
        if (strcmp(dict_string(d, "kind"), "signature") == 0)
                return pin_prompt_with_code(c, session, ret_pin, ret_otp);
        return prompt_secret(c, "password-file", _("Password of the key"), ret_password);
}

static int read_request(sd_bus_message *reply, Bytes *ret) {
        const void *data;
        size_t size;
        int r;

        r = sd_bus_message_read_array(reply, 'y', &data, &size);
        if (r < 0)
                return fail_message(r);
        return bytes_append(ret, data, size) < 0 ? fail_memory() : 0;
}

/* The request of the renewal that is under way, which needs no secret. */
static int get(Client *c, const char *id, const char *session, Bytes *ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        int r;

        r = call(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "GetRenewal", &reply, "sa{sv}", id, 1, "session", "s", session);
        return r != 0 ? r : read_request(reply, ret);
}

static int begin(Client *c, const Dict *d, const char *session, Bytes *ret) {
        _cleanup_secret_ Secret *password = NULL, *pin = NULL, *otp = NULL;
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        int r;

        if (dict_has(d, "renewal")) {
                hint("%s", _("A renewal is under way already; this is its request."));
                return get(c, dict_string(d, "id"), session, ret);
        }
        r = ask_secrets(c, d, session, &password, &pin, &otp);
        if (r == 0)
                r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "RequestRenewal", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", dict_string(d, "id"));
        if (r >= 0)
                r = issue_append_factors(m, &(IssueFactors) { session, password, pin, otp });
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        return r != 0 ? r : read_request(reply, ret);
}

static int issue(Client *c, const Dict *d, const char *session, View der) {
        const IssueFactors factors = { .session = session };
        _cleanup_certificates_ CertificateList l = { 0 };
        int r;

        agent_start(&c->agent);
        r = issue_by_local_ca(c, der, dict_string(d, "profile"), 0, &l);
        if (r == 0)
                r = issue_import(c, dict_string(d, "id"), &l, &factors);
        if (r != 0) {
                hint("%s", _("The new key was made and is kept; the old certificate goes on serving. When the cause is gone, run this again."));
                return r;
        }
        if (!c->json) {
                out("%s\n", _("The key has its new certificate."));
                return EXIT_OK;
        }
        return out_pairs_json((Pair[]) { { "id", dict_string(d, "id") }, { "status", "active" } }, 2);
}

static int cancel(Client *c, const char *id, const char *session) {
        int r;

        r = call(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "CancelRenewal", NULL, "sa{sv}", id, 1, "session", "s", session);
        if (r == 0 && !c->json)
                out("%s\n", _("The renewal is cancelled; the new key is erased."));
        return r;
}

int verb_key_renew(Client *c) {
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        _cleanup_dict_ Dict d = { 0 };
        RequestForm form;
        int r;

        r = credential_find(c, c->arguments.words[0], false, &d);
        if (r > 0)
                return r;
        if (strcmp(dict_string(&d, "kind"), "seal") == 0)
                return fail(EXIT_USAGE, "%s", _("This is a seal: sygnet seal renew"));
        r = issue_request_form(c, dict_string(&d, "profile"), &form);
        if (r == 0)
                r = session_choose(c, arguments_get(&c->arguments, "login") ?: dict_string(&d, "login"), &session);
        if (r > 0)
                return r;
        if (arguments_has(&c->arguments, "cancel"))
                return cancel(c, dict_string(&d, "id"), session.id);
        r = begin(c, &d, session.id, &der);
        if (r != 0)
                return r;
        if (arguments_has(&c->arguments, "issue"))
                return issue(c, &d, session.id, bytes_view(&der));
        r = issue_write_der(c, dict_string(&d, "id"), form, bytes_view(&der));
        if (r != 0 || c->json)
                return r;
        hint("%s", _("The old certificate goes on serving. When the certification authority has answered, put the new one in:"));
        hint("  sygnet key import %s certificate.pem", dict_string(&d, "id"));
        return EXIT_OK;
}
