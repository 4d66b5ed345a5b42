/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet show: all that a credential is (requirement E3), and what its signatures are in law. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/certificates.h"
#include "client/credential-choice.h"
#include "client/output.h"
#include "client/verbs.h"

#define DAY (24 * 3600)

static int fetch(Client *c, const Dict *d, CertificateList *ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        int r;

        if (!dict_has(d, "not_after"))
                return 0;
        r = call(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "GetCertificates", &reply, "s", dict_string(d, "id"));
        if (r > 0)
                return r;
        r = certificates_read_message(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

static int print_pem(const CertificateList *l) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;

        if (l->n == 0)
                return fail(EXIT_NOT_FOUND, "%s", _("There is no certificate yet."));
        if (certificates_pem(l, &text) < 0)
                return fail_memory();
        fwrite(text.data, 1, text.len, stdout);
        return EXIT_OK;
}

static const char *standing(const CertificateList *l) {
        return l->n == 0 ? NULL : certificate_standing(l->items[0], l->n > 1 ? l->items[l->n - 1] : NULL);
}

static int print_json(const Dict *d, const CertificateList *l, const char *fingerprint) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        Json j = JSON_INIT(stdout);

        if (certificates_pem(l, &text) < 0 || bytes_append_byte(&text, 0) < 0)
                return fail_memory();
        json_object_begin(&j, NULL);
        dict_json(&j, "credential", d);
        json_string(&j, "fingerprint", fingerprint);
        json_string(&j, "standing", standing(l));
        json_string(&j, "pem", l->n > 0 ? (const char *) text.data : NULL);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

static const char *time_or_null(const Dict *d, const char *key) {
        return dict_has(d, key) ? text_time(dict_number(d, key, -1)) : NULL;
}

static const char *factors_text(const char *factors) {
        return strcmp(factors, "otp") == 0 ? _("one-time code") : strcmp(factors, "password") == 0 ? _("password of the key") : factors;
}

/* How long the certificate is valid in all, as it was ordered: "2 years". The caller frees; NULL where there is none. */
static char *validity_text(const Dict *d) {
        unsigned long days;
        char *text;

        if (!dict_has(d, "not_after"))
                return NULL;
        days = (unsigned long) ((dict_number(d, "not_after", 0) - dict_number(d, "not_before", 0) + DAY / 2) / DAY);
        if (days >= 365 && days % 365 <= days / 365 / 4 + 1)
                return asprintf(&text, ngettext("%lu year", "%lu years", days / 365), days / 365) < 0 ? NULL : text;
        return asprintf(&text, ngettext("%lu day", "%lu days", days), days) < 0 ? NULL : text;
}

/* What goes with it, and whom to ask (E12). */
static void print_help(Client *c) {
        static const struct {
                const char *property, *title;
        } lines[] = { { "Software", N_("Software") }, { "SupportContact", N_("Support") } };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                _cleanup_free_ char *value = NULL, *clean = NULL;

                if (get_property(c, &service_sygnet, SYGNET_INTERFACE_MANAGER, lines[i].property, true, &value) > 0 || !*value)
                        continue;
                clean = text_clean(value);
                out("%s: %s\n", _(lines[i].title), clean);
        }
}

static void print_pairs(const Dict *d, const char *fingerprint) {
        _cleanup_free_ char *validity = validity_text(d);
        const Pair pairs[] = {
                { _("Id"), dict_string(d, "id") },
                { _("Label"), dict_string(d, "label") },
                { _("Kind"), kind_text(dict_string(d, "kind")) },
                { _("Profile"), dict_string(d, "profile") },
                { _("Terms accepted"), dict_string(d, "terms") },
                { _("Status"), status_text(dict_string(d, "status")) },
                { _("Your role"), role_text(dict_string(d, "role")) },
                { _("Through account"), dict_string(d, "login") },
                { _("Name"), dict_string(d, "name") },
                { _("E-mail"), dict_string(d, "email") },
                { _("Signing takes"), factors_text(dict_string(d, "factors")) },
                { _("Algorithm"), dict_string(d, "algorithm") },
                { _("Organisation"), dict_string(d, "organization") },
                { _("Identifier"), dict_string(d, "organization_identifier") },
                { _("Subject"), dict_string(d, "subject") },
                { _("Issuer"), dict_string(d, "issuer") },
                { _("Serial number"), dict_string(d, "serial") },
                { _("Valid from"), time_or_null(d, "not_before") },
                { _("Valid until"), time_or_null(d, "not_after") },
                { _("Expires"), expiry_text(d) },
                { _("Validity"), validity },
                { _("Renewal since"), time_or_null(d, "renewal") },
                { _("SHA-256"), fingerprint },
        };

        out_pairs(pairs, ELEMENTSOF(pairs));
}

int verb_show(Client *c) {
        _cleanup_certificates_ CertificateList l = { 0 };
        _cleanup_free_ char *fingerprint = NULL;
        _cleanup_dict_ Dict d = { 0 };
        int r;

        /* Root is an operator who is never asked anything: for others a name that was mistyped must not open a dialog. */
        r = credential_find(c, c->arguments.words[0], arguments_has(&c->arguments, "all") || geteuid() == 0, &d);
        if (r > 0)
                return r;
        r = fetch(c, &d, &l);
        if (r > 0)
                return r;
        if (arguments_has(&c->arguments, "pem"))
                return print_pem(&l);
        if (l.n > 0)
                fingerprint = certificate_fingerprint(l.items[0]);
        if (c->json)
                return print_json(&d, &l, fingerprint);
        print_pairs(&d, fingerprint);
        if (standing(&l)) {
                out("\n");
                out_paragraph(0, _(standing(&l)));
        }
        print_help(c);
        return EXIT_OK;
}
