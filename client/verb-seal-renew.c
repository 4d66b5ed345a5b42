/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet seal renew, seal reissue: a new certificate for a seal, or a new seal in its place. */

#include <errno.h>

#include "bus/names.h"
#include "client/administration.h"
#include "client/bus-call.h"
#include "client/issue.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/verbs.h"

static const IssueFactors no_factors = { 0 };

/* The request of the renewal that is under way, which this begins unless it is already. */
static int request(Client *c, const Administration *a, Bytes *ret) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        const void *data;
        size_t size;
        int r;

        r = administration_call(c, "RequestRenewal", a, &m);
        if (r == 0)
                r = administration_send_tolerant(c, m, a, ERROR_EXISTS, &reply);
        if (r == -EAGAIN) {
                const Administration without_code = { .seal = a->seal, .session = a->session };

                hint("%s", _("A renewal is under way already; this is its request."));
                r = administer(c, "GetRenewal", NULL, &without_code, &reply);
        }
        if (r != 0)
                return r;
        r = sd_bus_message_read_array(reply, 'y', &data, &size);
        if (r < 0)
                return fail_message(r);
        return bytes_append(ret, data, size) < 0 ? fail_memory() : 0;
}

static int print_id(const char *id, const char *status) {
        return out_pairs_json((Pair[]) { { "id", id }, { "status", status } }, 2);
}

static int issue_renewed(Client *c, const char *id, View der) {
        _cleanup_certificates_ CertificateList l = { 0 };
        int r;

        r = issue_by_local_ca(c, der, "seal", 0, &l);
        if (r == 0)
                r = issue_import(c, id, &l, &no_factors);
        if (r != 0) {
                hint("%s", _("The new key was made and is kept; the old certificate goes on serving. When the cause is gone, run this again."));
                return r;
        }
        if (c->json)
                return print_id(id, "active");
        out("%s\n", _("The seal has its new certificate."));
        return EXIT_OK;
}

static int write_request(Client *c, const char *id, View der) {
        RequestForm form;
        int r;

        r = issue_request_form(c, "seal", &form);
        if (r == 0)
                r = issue_write_der(c, id, form, der);
        if (r != 0 || c->json)
                return r;
        hint("%s", _("The old certificate goes on serving. When the certification authority has answered, an operator puts the new one in:"));
        hint("  sygnet seal import %s certificate.pem", id);
        return 0;
}

static int cancel(Client *c, const Administration *a) {
        int r;

        r = administer(c, "CancelRenewal", NULL, a, NULL);
        if (r == 0 && !c->json)
                out("%s\n", _("The renewal is cancelled; the new key is erased."));
        return r;
}

int verb_seal_renew(Client *c) {
        _cleanup_(administration_done) Administration a = { 0 };
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        int r;

        r = administration_begin(c, ADMINISTRATION_TAKE, &a);
        if (r > 0)
                return r;
        if (arguments_has(&c->arguments, "cancel"))
                return cancel(c, &a);
        r = request(c, &a, &der);
        if (r != 0)
                return r;
        /* An Administrator asks for it; to issue is the operator's. */
        if (a.session.id || arguments_has(&c->arguments, "no-issue"))
                return write_request(c, dict_string(&a.seal, "id"), bytes_view(&der));
        return issue_renewed(c, dict_string(&a.seal, "id"), bytes_view(&der));
}

static int reissue(Client *c, const char *id, char **ret_id) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "Reissue", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", id, arguments_get(&c->arguments, "administrator"));
        return r < 0 ? fail_message(r) : call_for_string(c, m, NULL, ret_id);
}

int verb_seal_reissue(Client *c) {
        static const char *const needed[] = { "administrator", NULL };
        bool issue = !arguments_has(&c->arguments, "no-issue");
        _cleanup_free_ char *id = NULL;
        _cleanup_dict_ Dict d = { 0 };
        uint64_t waits = 0;
        int r;

        r = arguments_need(&c->arguments, needed);
        if (r == 0)
                r = seal_find(c, true, &d);
        if (r == 0 && !arguments_has(&c->arguments, "yes"))
                r = prompt_confirm("yes", _("Erase the seal's key for good, and make a new seal in its place?"));
        if (r == 0)
                r = reissue(c, dict_string(&d, "id"), &id);
        if (r == 0 && issue)
                r = issue_all(c, id, "seal", &no_factors, &waits);
        if (r != 0)
                return r;
        if (c->json)
                return issue_print_made(id, issue, waits, NULL);
        out(_("Seal %s takes its place; the old one is retired. Users are invited anew.\n"), id);
        if (!issue)
                out(_("Next: sygnet seal request %s -o request.pem\n"), id);
        return EXIT_OK;
}
