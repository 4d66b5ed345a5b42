/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet ca: the local certification authority. */

#include <errno.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/issue.h"
#include "client/output.h"
#include "client/verb-ca.h"
#include "client/verbs.h"
#include "crypto/name.h"

#define DAYS_MAX 36500U

static int append_subject(sd_bus_message *m, const Arguments *a) {
        static const struct {
                const char *option, *name;
        } parts[] = { { "organization", "organizationName" }, { "name", "commonName" }, { "country", "countryName" } };
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(parts); i++)
                if (arguments_has(a, parts[i].option))
                        r = append_string_entry(m, parts[i].name, arguments_get(a, parts[i].option));
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_options(sd_bus_message *m, const Arguments *a, unsigned days) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && arguments_get(a, "algorithm"))
                r = append_string_entry(m, "algorithm", arguments_get(a, "algorithm"));
        if (r >= 0 && days > 0)
                r = sd_bus_message_append(m, "{sv}", "days", "u", days);
        if (r >= 0 && arguments_has(a, "key-host"))
                r = sd_bus_message_append(m, "{sv}", "key_host", "b", true);
        if (r >= 0 && arguments_has(a, "adopt"))
                r = sd_bus_message_append(m, "{sv}", "adopt", "b", true);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* A reply of one certificate, ay. */
static int read_certificate(sd_bus_message *reply, gnutls_x509_crt_t *ret) {
        gnutls_datum_t datum;
        const void *data;
        size_t size;
        int r;

        r = sd_bus_message_read_array(reply, 'y', &data, &size);
        if (r < 0)
                return fail_message(r);
        if (gnutls_x509_crt_init(ret) < 0)
                return fail_memory();
        datum = (gnutls_datum_t) { (unsigned char *) (uintptr_t) data, (unsigned) size };
        return gnutls_x509_crt_import(*ret, &datum, GNUTLS_X509_FMT_DER) < 0 ? fail_message(-EBADMSG) : 0;
}

static int print_root_json(const CertificateList *l, const char *subject, const char *fingerprint) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        Json j = JSON_INIT(stdout);

        if (certificates_pem(l, &text) < 0 || bytes_append_byte(&text, 0) < 0)
                return fail_memory();
        json_object_begin(&j, NULL);
        json_string(&j, "subject", subject);
        json_string(&j, "fingerprint", fingerprint);
        json_time(&j, "not_before", gnutls_x509_crt_get_activation_time(l->items[0]));
        json_time(&j, "not_after", gnutls_x509_crt_get_expiration_time(l->items[0]));
        json_string(&j, "pem", (const char *) text.data);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

static int print_root(const Client *c, const CertificateList *l) {
        _cleanup_free_ char *fingerprint = certificate_fingerprint(l->items[0]);
        _cleanup_free_ char *subject = certificate_subject(l->items[0]);
        int r = EXIT_OK;

        if (!subject)
                return fail_memory();
        if (c->json)
                r = print_root_json(l, subject, fingerprint);
        else {
                const Pair pairs[] = {
                        { _("Subject"), subject },
                        { _("Valid from"), text_time(gnutls_x509_crt_get_activation_time(l->items[0])) },
                        { _("Valid until"), text_time(gnutls_x509_crt_get_expiration_time(l->items[0])) },
                        { _("SHA-256"), fingerprint },
                };

                out_pairs(pairs, ELEMENTSOF(pairs));
        }
        return r;
}

static int take_root(sd_bus_message *reply, CertificateList *ret) {
        ret->items = calloc(1, sizeof(*ret->items));
        if (!ret->items)
                return fail_memory();
        ret->n = 1;
        return read_certificate(reply, &ret->items[0]);
}

int verb_ca_init(Client *c) {
        static const char *const needed[] = { "organization", "name", "country", NULL };
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_certificates_ CertificateList l = { 0 };
        unsigned days;
        int r;

        /* A root that is adopted has its subject. */
        r = arguments_has(&c->arguments, "adopt") ? 0 : arguments_need(&c->arguments, needed);
        if (r == 0)
                r = arguments_number(&c->arguments, "days", 1, DAYS_MAX, 0, &days);
        if (r > 0)
                return r;
        agent_start(&c->agent);
        r = call_new(c, &service_ca, CA_INTERFACE, "Initialize", &m);
        if (r > 0)
                return r;
        r = append_subject(m, &c->arguments);
        if (r >= 0)
                r = append_options(m, &c->arguments, days);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        if (r != 0)
                return r;
        r = take_root(reply, &l);
        if (r > 0)
                return r;
        if (!c->json)
                out("%s\n\n", _("The local certification authority has its root:"));
        r = print_root(c, &l);
        if (!c->json)
                out("\n%s\n", _("To have this machine trust it: sygnet ca show -o ca.pem && sygnet trust install ca.pem"));
        return r;
}

int verb_ca_show(Client *c) {
        bool pem = arguments_has(&c->arguments, "pem") || arguments_has(&c->arguments, "output");
        _cleanup_message_ sd_bus_message *reply = NULL;
        _cleanup_certificates_ CertificateList l = { 0 };
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r;

        r = call(c, &service_ca, CA_INTERFACE, "GetCertificate", &reply, NULL);
        if (r != 0)
                return r;
        r = take_root(reply, &l);
        if (r > 0)
                return r;
        if (!pem)
                return print_root(c, &l);
        if (certificates_pem(&l, &text) < 0)
                return fail_memory();
        return write_output(c, bytes_view(&text));
}

int ca_print_chain(Client *c, const CertificateList *l) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;

        if (certificates_pem(l, &text) < 0 || bytes_append_byte(&text, 0) < 0)
                return fail_memory();
        if (c->json)
                return out_pairs_json((Pair[]) { { "pem", (const char *) text.data } }, 1);
        return write_output(c, VIEW(text.data, text.len - 1));
}

int verb_ca_issue(Client *c) {
        const char *profile = arguments_get(&c->arguments, "profile");
        static const char *const needed[] = { "profile", NULL };
        _cleanup_bytes_ Bytes request = BYTES_NULL;
        _cleanup_certificates_ CertificateList l = { 0 };
        unsigned days;
        int r;

        r = arguments_need(&c->arguments, needed);
        if (r == 0)
                r = arguments_number(&c->arguments, "days", 1, DAYS_MAX, 0, &days);
        if (r == 0)
                r = request_read_file(c->arguments.words[0], &request);
        if (r > 0)
                return r;
        agent_start(&c->agent);
        r = issue_by_local_ca(c, bytes_view(&request), profile, days, &l);
        return r != 0 ? r : ca_print_chain(c, &l);
}

int verb_ca_list(Client *c) {
        const char *titles[] = { _("Number"), _("Subject"), _("Profile"), _("Valid until"), _("State"), _("Serial number") };
        _cleanup_(table_freep) Table *t = NULL;
        _cleanup_dict_list_ DictList l = { 0 };
        unsigned limit;
        int r;

        r = arguments_number(&c->arguments, "limit", 1, 1000, 100, &limit);
        if (r > 0)
                return r;
        agent_start(&c->agent);
        r = call_for_dicts(c, &service_ca, CA_INTERFACE, "List", &l, "a{sv}", 1, "limit", "u", limit);
        if (r != 0)
                return r;
        if (c->json)
                return dict_list_print_json("certificates", &l);
        t = table_new(ELEMENTSOF(titles), titles);
        table_keep(t, 0);
        table_keep(t, 3);
        table_keep(t, 5);
        for (size_t i = 0; i < l.n_items; i++) {
                const Dict *d = &l.items[i];
                char number[24];

                snprintf(number, sizeof(number), "%lld", (long long) dict_number(d, "number", 0));
                table_cell(t, number);
                table_cell(t, dict_string(d, "subject"));
                table_cell(t, dict_string(d, "profile"));
                table_cell(t, text_date(dict_number(d, "not_after", -1)));
                table_cell(t, certificate_state_text(dict_string(d, "state")));
                table_cell(t, dict_string(d, "serial"));
        }
        table_print(t);
        return EXIT_OK;
}
