/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet ca status without a certificate: how the authority itself is. */

#include <errno.h>
#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/dict.h"
#include "client/output.h"
#include "client/verb-ca.h"

typedef struct Lines {
        char *certificates, *requests, *list;
} Lines;

static void lines_done(Lines *l) {
        free(l->certificates);
        free(l->requests);
        free(l->list);
}

static long long count(const Dict *d, const char *key) {
        return dict_number(d, key, 0);
}

static int write_lines(const Dict *d, Lines *ret) {
        _cleanup_(lines_done) Lines l = { 0 };
        long long pending = count(d, "pending");

        if (asprintf(&l.certificates, _("%lld good, %lld suspended, %lld revoked, %lld expired"), count(d, "good"),
                     count(d, "suspended"), count(d, "revoked"), count(d, "expired")) < 0)
                return -ENOMEM;
        /* Translators: requests for certificates that wait. The command is as it is typed. */
        if (asprintf(&l.requests, pending > 0 ? _("%lld (see: sygnet ca requests --all --pending)") : "%lld", pending) < 0)
                return -ENOMEM;
        if (dict_has(d, "crl_number") &&
            asprintf(&l.list, _("number %lld of %s"), count(d, "crl_number"), text_time(dict_number(d, "crl_made", -1))) < 0)
                return -ENOMEM;
        *ret = l;
        l = (Lines) { 0 };
        return 0;
}

/* The times of the list are close to each other and told to the second; the rest is of years. */
static int print(const Dict *d) {
        bool token = strcmp(dict_string(d, "key"), "token") == 0, published = dict_has(d, "crl_next");
        _cleanup_(lines_done) Lines l = { 0 };

        if (write_lines(d, &l) < 0)
                return fail_memory();
        const Pair pairs[] = {
                { _("Subject"), dict_string(d, "subject") },
                { _("SHA-256"), dict_string(d, "fingerprint") },
                { _("Valid until"), text_time(dict_number(d, "not_after", -1)) },
                { _("Key"), token ? _("in a token, reached by sygnet-ca-keyd") : _("in the authority's store") },
                { _("Certificates"), l.certificates },
                { _("Waiting requests"), l.requests },
                { _("List of revocations"), l.list ?: _("none that this service published since it started") },
                { _("List valid until"), published ? text_time(dict_number(d, "crl_next", -1)) : NULL },
                { _("Published in"), dict_string(d, "directory") },
                { _("List's address"), dict_string(d, "crl_url") },
                { _("OCSP address"), dict_string(d, "ocsp_url") },
                { _("Root's address"), dict_string(d, "ca_url") },
                { _("Cannot publish"), dict_string(d, "problem") },
        };

        out_pairs(pairs, ELEMENTSOF(pairs));
        return EXIT_OK;
}

int ca_print_summary(Client *c) {
        _cleanup_dict_ Dict d = { 0 };
        int r;

        agent_start(&c->agent);
        r = call_for_dict(c, &service_ca, CA_INTERFACE, "GetSummary", &d, NULL);
        if (r != 0)
                return r;
        if (c->json) {
                Json j = JSON_INIT(stdout);

                dict_json(&j, NULL, &d);
                return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
        }
        return print(&d);
}
