/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet setup asks programs that are not ours whether they trust a certificate now: OpenSSL, GnuTLS, NSS, each in its own way and without the network. Our
 * own reading of a store tells what stands in it, theirs what they make of it. */

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "client/certificates.h"
#include "client/output.h"
#include "client/program.h"
#include "client/setup.h"
#include "client/trust-table.h"

#define SECONDS 60U

typedef struct Checker {
        const char *name;
        const char *argv[6];
        bool constrained; /* it can be asked about a CA with name constraints */
} Checker;

/* Both read the certificate from standard input and take the system's store for the anchors. With a partial chain an intermediate CA is one, too. GnuTLS
 * holds a CA's own name against its constraints, as if it were a server's. */
static const Checker checkers[] = {
        { "OpenSSL", { "openssl", "verify", "-partial_chain", NULL }, true },
        { "GnuTLS", { "certtool", "--verify", "--infile", "/dev/stdin", NULL }, false },
};

/* Tells what a program said; `trusted` is its verdict. */
static void note(Setup *s, const Candidate *candidate, const char *name, const char *path, bool trusted) {
        const char *fingerprint = dict_string(&candidate->info, "fingerprint");

        if (!trusted)
                setup_note(s, fingerprint, name, path, RESULT_FAILED, _("does not trust it"));
        else if (!s->c->json)
                out(_("  %s: trusts it\n"), name);
}

/* The stores of the system as these two read them are those of the distribution; limited to mail or code they are not asked. */
static int check_system(Setup *s, const Candidate *candidate) {
        const Field *constraints = dict_field(&candidate->info, "constraints");
        _cleanup_bytes_ Bytes pem = BYTES_NULL;

        if (pem_append(&pem, "CERTIFICATE", bytes_view(&candidate->der)) < 0)
                return fail_memory();
        for (size_t i = 0; i < ELEMENTSOF(checkers); i++) {
                const Program p = { .argv = checkers[i].argv, .input = bytes_view(&pem), .seconds = SECONDS };

                if ((checkers[i].constrained || !constraints || constraints->n_list == 0) && program_exists(checkers[i].argv[0]))
                        note(s, candidate, checkers[i].name, NULL, program_run(&p, NULL) == 0);
        }
        return 0;
}

static void check_databases(Setup *s, const Candidate *candidate) {
        const TrustRecord *record = trust_records_find(&s->records, dict_string(&candidate->info, "fingerprint"));

        for (size_t i = 0; record && record->trust[0] == 'C' && i < s->databases.n; i++) {
                const NssDatabase *d = &s->databases.items[i];
                _cleanup_free_ char *name = nss_database_name(d), *title = NULL;
                NssEntry e;
                int r;

                if (d->form != NSS_SQL || !trust_record_database(record, d->path))
                        continue;
                if (nss_read(d->path, record->digest, &e) < 0 || !e.present || asprintf(&title, "NSS, %s", name ?: d->program) < 0)
                        continue; /* told already */
                r = nss_verifies(d->path, record->digest);
                if (r >= 0)
                        note(s, candidate, title, d->path, r > 0);
        }
}

int setup_check(Setup *s) {
        bool limited = arguments_has(&s->c->arguments, "purpose");
        int r = 0;

        if (!s->c->json)
                out_styled(STYLE_BOLD, "\n%s\n", _("What other programs say:"));
        for (size_t i = 0; r == 0 && i < s->n_candidates; i++) {
                if (!s->c->json && s->n_candidates > 1)
                        out(" %s\n", dict_string(&s->candidates[i].info, "subject"));
                r = s->system && !limited ? check_system(s, &s->candidates[i]) : 0;
                if (r == 0)
                        check_databases(s, &s->candidates[i]);
        }
        return r;
}
