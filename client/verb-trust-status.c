/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet trust status: store by store, whether a CA certificate is trusted there, and why. Without an argument all that were installed through Sygnet. */

#include <errno.h>
#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/certificates.h"
#include "client/home.h"
#include "client/output.h"
#include "client/trust-record.h"
#include "client/trust-table.h"
#include "client/verbs.h"
#include "crypto/name.h"

#define ASKED_MAX 1024U

/* The certificates that are asked about. */
typedef struct Asked {
        char *fingerprints[ASKED_MAX];
        char *subjects[ASKED_MAX]; /* NULL where it is not known */
        size_t n;
} Asked;

static void asked_done(Asked *a) {
        for (size_t i = 0; i < a->n; i++) {
                free(a->fingerprints[i]);
                free(a->subjects[i]);
        }
}

static void add(Asked *a, const char *fingerprint, char *subject) {
        for (size_t i = 0; i < a->n; i++)
                if (strcmp(a->fingerprints[i], fingerprint) == 0) {
                        if (a->subjects[i])
                                free(subject);
                        else
                                a->subjects[i] = subject;
                        return;
                }
        if (a->n >= ASKED_MAX) {
                free(subject);
                return;
        }
        a->fingerprints[a->n] = text_clean(fingerprint);
        a->subjects[a->n++] = subject;
}

static char *subject_of(View der) {
        const gnutls_datum_t datum = { (unsigned char *) (uintptr_t) der.data, (unsigned) der.len };
        gnutls_x509_crt_t crt;
        char *subject = NULL;

        if (gnutls_x509_crt_init(&crt) < 0)
                return NULL;
        if (gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER) >= 0)
                subject = certificate_subject(crt);
        gnutls_x509_crt_deinit(crt);
        return subject;
}

/* What the service installed for anybody, and what we noted. */
static int add_all(Client *c, const TrustRecords *records, Asked *a) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = call_new(c, &service_trust, TRUST_INTERFACE, "List", &m);
        if (r == 0)
                r = call_send(c, m, ERROR_DENIED " " SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, &reply);
        if (r > 0)
                return r;
        if (r == 0 && (r = dict_list_read(reply, &l)) < 0)
                return fail_message(r);
        for (size_t i = 0; i < l.n_items; i++)
                add(a, dict_string(&l.items[i], "fingerprint"), text_clean(dict_string(&l.items[i], "subject")));
        for (size_t i = 0; i < records->n; i++)
                add(a, records->items[i].fingerprint, subject_of(bytes_view(&records->items[i].certificate)));
        return 0;
}

static int add_file(const char *path, Asked *a) {
        _cleanup_certificates_ CertificateList l = { 0 };
        int r;

        r = certificates_read_file(path, &l);
        for (unsigned i = 0; r == 0 && i < l.n; i++) {
                _cleanup_free_ char *fingerprint = certificate_fingerprint(l.items[i]);

                if (!fingerprint)
                        return fail_memory();
                add(a, fingerprint, certificate_subject(l.items[i]));
        }
        return r;
}

static int print(Client *c, const Asked *a, const TrustRecords *records) {
        _cleanup_nss_databases_ NssDatabases databases = { 0 };
        _cleanup_dict_list_ DictList states = { 0 };
        TrustTable *tables = NULL;
        int r;

        r = trust_system_states(c, (const char *const *) a->fingerprints, a->n, &states);
        if (r > 0)
                return r;
        r = home_folder() ? nss_places_find(home_folder(), &databases) : 0;
        if (r < 0)
                return fail_errno(r, "%s", _("The databases of your programs could not be looked for"));
        tables = calloc(a->n + 1, sizeof(*tables));
        for (size_t i = 0; tables && r >= 0 && i < a->n; i++)
                r = trust_table_build(&states, &databases, records, a->fingerprints[i], &tables[i]);
        if (!tables || r < 0)
                r = fail_memory();
        else
                r = trust_tables_print(c, tables, (const char *const *) a->fingerprints, (const char *const *) a->subjects, a->n);
        for (size_t i = 0; tables && i < a->n; i++)
                trust_table_done(&tables[i]);
        free(tables);
        return r;
}

int verb_trust_status(Client *c) {
        const char *word = c->arguments.n_words > 0 ? c->arguments.words[0] : NULL;
        _cleanup_free_ char *tidy = word ? fingerprint_tidy(word) : NULL;
        _cleanup_trust_records_ TrustRecords records = { 0 };
        _cleanup_(asked_done) Asked a = { 0 };
        int r;

        r = trust_records_read(&records);
        if (r > 0)
                return r;
        agent_start(&c->agent);
        if (tidy && fingerprint_is(tidy)) {
                const TrustRecord *record = trust_records_find(&records, tidy);

                add(&a, tidy, record ? subject_of(bytes_view(&record->certificate)) : NULL);
        } else
                r = word ? add_file(word, &a) : add_all(c, &records, &a);
        if (r > 0)
                return r;
        if (a.n == 0 && !c->json) {
                out("%s\n", _("Sygnet has installed no CA certificate. To ask about another: sygnet trust status FILE"));
                return EXIT_OK;
        }
        return print(c, &a, &records);
}
