/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Requests and certificates; see issue.h. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/issue.h"
#include "client/new-password.h"
#include "client/output.h"
#include "crypto/profile.h"

int issue_append_factors(sd_bus_message *m, const IssueFactors *f) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && f->session)
                r = append_string_entry(m, "session", f->session);
        if (r >= 0 && f->password)
                r = append_secret_entry(m, "password", f->password);
        if (r >= 0 && f->pin)
                r = append_secret_entry(m, "pin", f->pin);
        if (r >= 0 && f->otp)
                r = append_secret_entry(m, "otp", f->otp);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* The certificate request of a credential, DER. */
static int get_request(Client *c, const char *id, const IssueFactors *factors, Bytes *ret) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        const void *data;
        size_t size;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "GetRequest", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", id);
        if (r >= 0)
                r = issue_append_factors(m, factors);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        if (r != 0)
                return r;
        r = sd_bus_message_read_array(reply, 'y', &data, &size);
        if (r < 0)
                return fail_message(r);
        return bytes_append(ret, data, size) < 0 ? fail_memory() : 0;
}

/* Issue and Request take the same arguments. */
static int call_ca(Client *c, const char *method, View request, const char *profile, unsigned days, const char *tolerated, sd_bus_message **ret_reply) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_ca, CA_INTERFACE, method, &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append_array(m, 'y', request.data, request.len);
        if (r >= 0)
                r = sd_bus_message_append(m, "s", profile);
        if (r >= 0)
                r = days > 0 ? sd_bus_message_append(m, "a{sv}", 1, "days", "u", days) : sd_bus_message_append(m, "a{sv}", 0);
        return r < 0 ? fail_message(r) : call_send(c, m, tolerated, ret_reply);
}

static int issue(Client *c, View request, const char *profile, unsigned days, const char *tolerated, CertificateList *ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        int r;

        r = call_ca(c, "Issue", request, profile, days, tolerated, &reply);
        if (r != 0)
                return r;
        r = certificates_read_message(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

int issue_by_local_ca(Client *c, View request, const char *profile, unsigned days, CertificateList *ret) {
        return issue(c, request, profile, days, NULL, ret);
}

int issue_ask(Client *c, View request, const char *profile, unsigned days, uint64_t *ret_number) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        int r;

        r = call_ca(c, "Request", request, profile, days, NULL, &reply);
        if (r != 0)
                return r;
        r = sd_bus_message_read(reply, "t", ret_number);
        return r < 0 ? fail_message(r) : 0;
}

int issue_import(Client *c, const char *id, const CertificateList *l, const IssueFactors *factors) {
        const IssueFactors session_only = { .session = factors->session };
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "ImportCertificates", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", id);
        if (r >= 0)
                r = certificates_append_message(m, l);
        if (r >= 0)
                r = issue_append_factors(m, &session_only);
        return r < 0 ? fail_message(r) : call_send(c, m, NULL, NULL);
}

/* What polkit and sd-bus say to who is no operator. */
#define NOT_AN_OPERATOR ERROR_DENIED " " SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED

int issue_or_ask(Client *c, View request, const char *profile, CertificateList *ret, uint64_t *ret_waits) {
        int r;

        *ret_waits = 0;
        r = issue(c, request, profile, 0, NOT_AN_OPERATOR, ret);
        return r == -EAGAIN ? issue_ask(c, request, profile, 0, ret_waits) : r;
}

static int certify(Client *c, const char *id, View request, const char *profile, const IssueFactors *factors, uint64_t *ret_waits) {
        _cleanup_certificates_ CertificateList l = { 0 };
        int r = issue_or_ask(c, request, profile, &l, ret_waits);

        return r != 0 || *ret_waits > 0 ? r : issue_import(c, id, &l, factors);
}

/* The credentials' verbs go by what they are for: a seal's under “seal”, all others under “key”. */
static const char *group_of(const char *profile) {
        return strcmp(profile, "seal") == 0 ? "seal" : "key";
}

void issue_tell_waits(const char *id, const char *profile, uint64_t number) {
        if (number == 0)
                return;
        hint(_("You may not issue certificates here; so request %llu waits for an operator of the certification authority. When it is approved:"),
             (unsigned long long) number);
        hint("  sygnet ca answer %llu -o certificate.pem\n  sygnet %s import %s certificate.pem", (unsigned long long) number, group_of(profile), id);
}

int issue_tell_failed(int r, const char *id, const char *profile) {
        const char *group = group_of(profile);

        hint(_("The key was made and is kept: %s. It has no certificate yet. When the cause is gone:"), id);
        hint("  sygnet %s request %s -o request.pem\n  sygnet ca issue request.pem --profile %s -o certificate.pem\n"
             "  sygnet %s import %s certificate.pem", group, id, profile, group, id);
        return r;
}

int issue_for_request(Client *c, const char *id, View request, const char *profile, const IssueFactors *factors, uint64_t *ret_waits) {
        int r = certify(c, id, request, profile, factors, ret_waits);

        if (r != 0)
                return issue_tell_failed(r, id, profile);
        issue_tell_waits(id, profile, *ret_waits);
        return 0;
}

int issue_all(Client *c, const char *id, const char *profile, const IssueFactors *factors, uint64_t *ret_waits) {
        _cleanup_bytes_ Bytes request = BYTES_NULL;
        int r;

        r = get_request(c, id, factors, &request);
        return r != 0 ? issue_tell_failed(r, id, profile) : issue_for_request(c, id, bytes_view(&request), profile, factors, ret_waits);
}

int issue_print_made(const char *id, bool issued, uint64_t waits, const Secret *password) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_string(&j, "id", id);
        json_string(&j, "status", waits > 0 ? "waiting" : issued ? "active" : "requested");
        if (waits > 0)
                json_int(&j, "request", (int64_t) waits);
        new_password_json(&j, password);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

int issue_request_form(const Client *c, const char *profile, RequestForm *ret) {
        static const char *const forms[] = { [REQUEST_PEM] = "pem", [REQUEST_DER] = "der", [REQUEST_BASE64] = "base64" };
        const char *form = arguments_get(&c->arguments, "form");

        *ret = profile_keeps_order(profile_from_string(profile)) ? REQUEST_BASE64 : REQUEST_PEM;
        for (size_t i = 0; form && i < ELEMENTSOF(forms); i++)
                if (strcmp(forms[i], form) == 0) {
                        *ret = (RequestForm) i;
                        form = NULL;
                }
        if (form)
                return fail(EXIT_USAGE, "%s", _("--form is one of pem, der, base64."));
        if (*ret == REQUEST_DER && !c->json && !arguments_has(&c->arguments, "output") && output_is_terminal())
                return fail(EXIT_USAGE, "%s", _("DER is not for terminals: write it to a file with --output."));
        return 0;
}

static int write_text(RequestForm form, View request, Bytes *text) {
        _cleanup_free_ char *body = NULL;

        if (form == REQUEST_PEM)
                return pem_append(text, "CERTIFICATE REQUEST", request);
        body = base64_encode(request);
        return body ? bytes_printf(text, "%s\n", body) : -ENOMEM;
}

int issue_write_der(Client *c, const char *id, RequestForm form, View request) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;

        if (form == REQUEST_DER && !c->json)
                return write_output(c, request);
        if (write_text(form, request, &text) < 0 || bytes_append_byte(&text, 0) < 0)
                return fail_memory();
        if (c->json) {
                Json j = JSON_INIT(stdout);

                /* In JSON base64 is a value, not a line. */
                if (form != REQUEST_PEM)
                        text.data[text.len - 2] = 0;
                json_object_begin(&j, NULL);
                json_string(&j, "id", id);
                json_string(&j, "request", (const char *) text.data);
                json_object_end(&j);
                return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
        }
        return write_output(c, VIEW(text.data, text.len - 1));
}

int issue_write_request(Client *c, const char *id, RequestForm form, const IssueFactors *factors) {
        _cleanup_bytes_ Bytes request = BYTES_NULL;
        int r;

        r = get_request(c, id, factors, &request);
        return r != 0 ? r : issue_write_der(c, id, form, bytes_view(&request));
}

int issue_import_files(Client *c, const char *id, const IssueFactors *factors) {
        _cleanup_certificates_ CertificateList l = { 0 };
        int r;

        for (size_t i = 1; i < c->arguments.n_words; i++) {
                r = certificates_read_file(c->arguments.words[i], &l);
                if (r > 0)
                        return r;
        }
        certificates_sort(&l);
        r = issue_import(c, id, &l, factors);
        if (r == 0 && !c->json)
                out("%s\n", _("The certificate is in: the credential can sign."));
        if (r == 0 && l.n == 1)
                hint("%s", _("It came without its issuers' certificates, so signatures will not carry them, and others may not be able to follow the chain. "
                             "To mend this, import it again together with them."));
        return r;
}
