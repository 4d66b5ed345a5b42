/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/trust/revocation.c, revocation-pool.c, revocation-values.c: what is made of lists and answers at hand, in which order others are asked, and what a signature
 * brings. Lists and answers are openssl's, and their times those of the fixtures. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/key.h"
#include "der/ber.h"
#include "der/der.h"
#include "sign/trust/revocation-values.h"
#include "sign/trust/revocation.h"
#include "certificate-fixture.h"
#include "revocation-fixture.h"

static void add(RevocationPool *p, const char *name, RevocationSource source) {
        _cleanup_bytes_ Bytes der = fixture(name);

        assert_int_equal(revocation_pool_add(p, strstr(name, ".ocsp") ? REVOCATION_OCSP : REVOCATION_CRL, source, bytes_view(&der)), 0);
}

static CertificateStatus check(RevocationPool *p, const char *issuer_name, int64_t now, int64_t proven) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t leaf = certificate("leaf.der"), issuer = certificate(issuer_name);
        CertificateStatus s;

        assert_int_equal(revocation_check(p, leaf, issuer, now, proven, &s), 0);
        return s;
}

/* What one or two items say together, in either order. */
static CertificateStatus told(const char *first, const char *second, int64_t now, int64_t proven) {
        CertificateStatus s[2];

        for (unsigned k = 0; k < 2; k++) {
                _cleanup_revocation_pool_ RevocationPool p = { 0 };

                if (k == 1 && second)
                        add(&p, second, REVOCATION_FROM_SIGNATURE);
                add(&p, first, REVOCATION_FROM_SIGNATURE);
                if (k == 0 && second)
                        add(&p, second, REVOCATION_FROM_SIGNATURE);
                s[k] = check(&p, "issuing.der", now, proven);
        }
        assert_int_equal(s[0].checked, s[1].checked);
        assert_int_equal(s[0].state, s[1].state);
        assert_int_equal(s[0].since, s[1].since);
        return s[0];
}

static void test_states(void **state) {
        static const struct {
                const char *first, *second;
                CertificateState state;
                CertificateReason reason;
                int64_t since;
                RevocationKind kind;
        } cases[] = {
                { "good.crl", NULL, CERTIFICATE_GOOD, REASON_UNSPECIFIED, -1, REVOCATION_CRL },
                { "good.ocsp", NULL, CERTIFICATE_GOOD, REASON_UNSPECIFIED, -1, REVOCATION_OCSP },
                { "hold.crl", NULL, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD, MADE - 3600, REVOCATION_CRL },
                { "hold.ocsp", NULL, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD, MADE - 3600, REVOCATION_OCSP },
                { "revoked.crl", NULL, CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE, MADE - DAY, REVOCATION_CRL },
                { "revoked.ocsp", NULL, CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE, MADE - 3600, REVOCATION_OCSP },
                /* Revoked stays revoked, whatever is said elsewhere, and since the earlier time. */
                { "revoked.crl", "good.crl", CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE, MADE - DAY, REVOCATION_CRL },
                { "revoked.ocsp", "good.crl", CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE, MADE - 3600, REVOCATION_OCSP },
                { "revoked.ocsp", "revoked.crl", CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE, MADE - DAY, REVOCATION_CRL },
                { "hold.crl", "revoked.ocsp", CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE, MADE - 3600, REVOCATION_OCSP },
                /* Of two that are equally new the hold. */
                { "good.crl", "hold.crl", CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD, MADE - 3600, REVOCATION_CRL },
                /* What is of others, or not understood, takes nothing away. */
                { "good.crl", "elsewhere.crl", CERTIFICATE_GOOD, REASON_UNSPECIFIED, -1, REVOCATION_CRL },
                { "good.crl", "delta.crl", CERTIFICATE_GOOD, REASON_UNSPECIFIED, -1, REVOCATION_CRL },
                { "good.crl", "unknown.ocsp", CERTIFICATE_GOOD, REASON_UNSPECIFIED, -1, REVOCATION_CRL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                CertificateStatus s = told(cases[i].first, cases[i].second, MADE + 300, -1);

                assert_true(s.checked);
                assert_null(s.problem);
                assert_int_equal(s.state, cases[i].state);
                assert_int_equal(s.reason, cases[i].reason);
                assert_int_equal(s.since, cases[i].since);
                assert_int_equal(s.kind, cases[i].kind);
                assert_int_equal(s.source, REVOCATION_FROM_SIGNATURE);
        }
}

static void assert_open(const CertificateStatus *s, const char *problem, bool required) {
        assert_false(s->checked);
        assert_int_equal(s->state, CERTIFICATE_UNKNOWN);
        assert_int_equal(s->required, required);
        assert_non_null(strstr(s->problem, problem));
}

static void test_open(void **state) {
        _cleanup_revocation_pool_ RevocationPool none = { 0 }, given = { 0 }, other = { 0 };
        CertificateStatus s;

        s = check(&none, "issuing.der", MADE, -1);
        assert_open(&s, "names no place", false);
        s = told("unknown.ocsp", NULL, MADE + 300, -1);
        assert_open(&s, "does not know", false);
        s = told("good.crl", NULL, MADE - 301, -1);
        assert_open(&s, "in the future", false);
        s = told("good.crl", NULL, MADE + 8 * DAY, -1);
        assert_open(&s, "out of date", false);
        s = told("good.ocsp", NULL, MADE + 2 * DAY, -1);
        assert_open(&s, "out of date", false);
        /* Out of date, and younger than the signature. */
        s = told("good.crl", NULL, MADE + 8 * DAY, MADE - 1);
        assert_int_equal(s.state, CERTIFICATE_GOOD);
        s = told("good.crl", NULL, MADE + 8 * DAY, MADE + 1);
        assert_open(&s, "out of date", false);
        /* A revocation is never out of date. */
        s = told("revoked.crl", NULL, MADE + 8 * DAY, -1);
        assert_int_equal(s.state, CERTIFICATE_REVOKED);
        /* Signed by somebody else than who issued the certificate. */
        add(&other, "good.crl", REVOCATION_FROM_SIGNATURE);
        s = check(&other, "root.der", MADE, -1);
        assert_open(&s, "not signed by who issued", false);
        /* Whoever gives a list wants it to count. */
        add(&given, "delta.crl", REVOCATION_FROM_FILE);
        s = check(&given, "issuing.der", MADE, -1);
        assert_open(&s, "not understood", true);
}

/* --- Asking -------------------------------------------------------------------------------------------------------- */

typedef struct Asked {
        unsigned n_ocsp, n_crl;
        const char *list; /* what the list's address has; NULL: it cannot be reached */
        bool out_of_memory;
} Asked;

static int answer(void *userdata, RevocationKind kind, const char *url, View request, Bytes *ret) {
        Asked *a = userdata;

        assert_string_equal(url, kind == REVOCATION_OCSP ? "http://ocsp.example/" : "HTTP://crl.example/list");
        assert_int_equal(request.len > 0, kind == REVOCATION_OCSP);
        assert_true(kind == REVOCATION_OCSP || a->n_ocsp > 0); /* first who knows it best */
        a->n_ocsp += kind == REVOCATION_OCSP;
        a->n_crl += kind == REVOCATION_CRL;
        if (a->out_of_memory)
                return -ENOMEM;
        if (kind == REVOCATION_OCSP || !a->list)
                return -EHOSTUNREACH;
        *ret = fixture(a->list);
        return 0;
}

/* The leaf with places where its state can be asked for, two of them none that we ask. Its signature does not matter here. */
static gnutls_x509_crt_t leaf_with_places(void) {
        static const gnutls_datum_t ocsp = { (unsigned char *) "http://ocsp.example/", 20 };
        gnutls_x509_crt_t crt = certificate("leaf.der");
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t issuing = certificate("issuing.der");
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;

        assert_int_equal(gnutls_x509_crt_set_crl_dist_points(crt, GNUTLS_SAN_URI, "ldap://crl.example/list", 0), 0);
        assert_int_equal(gnutls_x509_crt_set_crl_dist_points(crt, GNUTLS_SAN_URI, "HTTP://crl.example/list", 0), 0);
        assert_int_equal(gnutls_x509_crt_set_authority_info_access(crt, GNUTLS_IA_OCSP_URI, (gnutls_datum_t *) &ocsp), 0);
        assert_int_equal(key_generate(KEY_P256, &key), 0);
        assert_int_equal(gnutls_x509_crt_privkey_sign(crt, issuing, key, GNUTLS_DIG_SHA256, 0), 0);
        return crt;
}

static CertificateStatus ask(RevocationPool *p, gnutls_x509_crt_t leaf) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t issuing = certificate("issuing.der");
        CertificateStatus s;

        assert_int_equal(revocation_check(p, leaf, issuing, MADE + 60, -1, &s), 0);
        return s;
}

static void test_network(void **state) {
        Asked good = { .list = "good.crl" }, unreachable = { 0 }, useless = { .list = "leaf.der" }, memory = { .out_of_memory = true };
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t leaf = leaf_with_places(), plain = certificate("leaf.der");
        _cleanup_revocation_pool_ RevocationPool offline = { 0 }, found = { .fetch = answer, .userdata = &good }, lost = { .fetch = answer, .userdata = &unreachable },
                                                 wrong = { .fetch = answer, .userdata = &useless }, out = { .fetch = answer, .userdata = &memory };
        CertificateStatus s;

        assert_true(revocation_is_offered(leaf));
        assert_false(revocation_is_offered(plain));
        s = ask(&offline, leaf);
        assert_open(&s, "network was not used", false);
        s = ask(&found, leaf);
        assert_int_equal(s.state, CERTIFICATE_GOOD);
        assert_int_equal(s.source, REVOCATION_FROM_NETWORK);
        /* What is known is asked for no more, and neither is what could not be reached. */
        s = ask(&found, leaf);
        assert_int_equal(good.n_ocsp + good.n_crl, 2);
        s = ask(&lost, leaf);
        assert_open(&s, "cannot be reached", true);
        s = ask(&lost, leaf);
        assert_open(&s, "cannot be reached", true);
        assert_int_equal(unreachable.n_ocsp + unreachable.n_crl, 2);
        s = ask(&wrong, leaf);
        assert_open(&s, "cannot be reached", true);
        assert_int_equal(revocation_check(&out, leaf, leaf, MADE, -1, &s), -ENOMEM);
        /* Whoever has the revoked key may have put an old answer into the signature. */
        revocation_pool_rewind(&found, 0);
        add(&found, "good.ocsp", REVOCATION_FROM_SIGNATURE);
        good.list = "revoked.crl";
        s = ask(&found, leaf);
        assert_int_equal(s.state, CERTIFICATE_REVOKED);
        assert_int_equal(s.source, REVOCATION_FROM_NETWORK);
}

static int nothing(void *userdata, RevocationKind kind, const char *url, View request, Bytes *ret) {
        (*(unsigned *) userdata)++;
        return -EHOSTUNREACH;
}

static void test_limits(void **state) {
        unsigned n = 0;
        _cleanup_revocation_pool_ RevocationPool p = { 0 }, before = { 0 };
        uint8_t request = 0;

        assert_int_equal(revocation_pool_fetch(&p, REVOCATION_CRL, "http://a/", (View) { 0 }), -ENOTCONN);
        p.fetch = nothing;
        p.userdata = &n;
        assert_int_equal(revocation_pool_fetch(&p, REVOCATION_CRL, "file:///etc/passwd", (View) { 0 }), -EPROTONOSUPPORT);
        assert_int_equal(n, 0);
        for (; request < REVOCATION_FETCHES_MAX; request++) {
                assert_int_equal(revocation_pool_fetch(&p, REVOCATION_OCSP, "https://a/", VIEW(&request, 1)), -EHOSTUNREACH);
                assert_int_equal(revocation_pool_fetch(&p, REVOCATION_OCSP, "https://a/", VIEW(&request, 1)), -EALREADY);
        }
        assert_int_equal(revocation_pool_fetch(&p, REVOCATION_OCSP, "https://a/", VIEW(&request, 1)), -EDQUOT);
        assert_int_equal(n, REVOCATION_FETCHES_MAX);
        assert_int_equal(revocation_pool_add(&p, REVOCATION_CRL, REVOCATION_FROM_FILE, VIEW_LITERAL("list")), -EBADMSG);
        assert_int_equal(revocation_pool_add(&p, REVOCATION_OCSP, REVOCATION_FROM_FILE, VIEW_LITERAL("")), -EBADMSG);
        assert_int_equal(p.n, 0);
        /* What existed at a time is proven by what existed then, the earlier the better. */
        add(&p, "good.crl", REVOCATION_FROM_SIGNATURE);
        add(&p, "good.ocsp", REVOCATION_FROM_SIGNATURE);
        add(&before, "good.crl", REVOCATION_FROM_SIGNATURE);
        revocation_pool_prove(&p, &before, MADE + 10);
        revocation_pool_prove(&p, &before, MADE + 20);
        assert_int_equal(p.items[0].proven, MADE + 10);
        assert_int_equal(p.items[1].proven, 0);
        revocation_pool_rewind(&p, 1);
        assert_int_equal(p.n, 1);
        assert_int_equal(p.size, p.items[0].der.len);
        for (unsigned i = 0; i < REVOCATION_ITEMS_MAX; i++)
                add(&p, "good.crl", REVOCATION_FROM_SIGNATURE);
        assert_int_equal(p.n, REVOCATION_ITEMS_MAX);
}

static void test_names(void **state) {
        assert_string_equal(revocation_source_to_string(REVOCATION_FROM_SIGNATURE), "signature");
        assert_string_equal(revocation_source_to_string(REVOCATION_FROM_FILE), "file");
        assert_string_equal(revocation_source_to_string(REVOCATION_FROM_LOCAL_CA), "local-ca");
        assert_string_equal(revocation_source_to_string(REVOCATION_FROM_NETWORK), "network");
        assert_string_equal(revocation_kind_to_string(REVOCATION_CRL), "CRL");
        assert_string_equal(revocation_kind_to_string(REVOCATION_OCSP), "OCSP");
}

/* --- In signatures --------------------------------------------------------------------------------------------------- */

/* A tag around what is put together. */
static Bytes wrap(uint8_t tag, View a, View b) {
        _cleanup_bytes_ Bytes contents = BYTES_NULL;
        Bytes out = BYTES_NULL;

        assert_int_equal(bytes_append_view(&contents, a), 0);
        assert_int_equal(bytes_append_view(&contents, b), 0);
        assert_int_equal(der_append_element(&out, tag, bytes_view(&contents)), 0);
        return out;
}

static void test_values(void **state) {
        _cleanup_bytes_ Bytes crl = fixture("good.crl"), ocsp = fixture("good.ocsp"), crls = wrap(0x30, bytes_view(&crl), VIEW_LITERAL("\x30\x00")),
                              answers = wrap(0x30, bytes_view(&ocsp), (View) { 0 }), first = wrap(0xa0, bytes_view(&crls), (View) { 0 }),
                              second = wrap(0xa1, bytes_view(&answers), (View) { 0 }), value = wrap(0x30, bytes_view(&first), bytes_view(&second)),
                              swapped = wrap(0x30, bytes_view(&second), bytes_view(&first));
        _cleanup_revocation_pool_ RevocationPool p = { 0 }, none = { 0 };

        assert_int_equal(revocation_collect_values(&p, bytes_view(&value)), 0);
        assert_int_equal(p.n, 2);
        assert_int_equal(p.items[0].kind, REVOCATION_CRL);
        assert_int_equal(p.items[1].kind, REVOCATION_OCSP);
        assert_int_equal(p.items[1].source, REVOCATION_FROM_SIGNATURE);
        /* Anything else is passed over. */
        assert_int_equal(revocation_collect_values(&none, VIEW_LITERAL("")), 0);
        assert_int_equal(revocation_collect_values(&none, VIEW_LITERAL("\x31\x00")), 0);
        assert_int_equal(revocation_collect_values(&none, VIEW_LITERAL("\x30\x04\xa0\x02\x31\x00")), 0);
        assert_int_equal(revocation_collect_values(&none, bytes_view(&crls)), 0);
        assert_int_equal(none.n, 0);
        assert_int_equal(revocation_collect_values(&none, bytes_view(&swapped)), 0);
        assert_int_equal(none.n, 1);
}

#define OCSP_RESPONSE "\x06\x08\x2b\x06\x01\x05\x05\x07\x10\x02"
#define OCSP_BASIC    "\x06\x08\x2b\x06\x01\x05\x05\x07\x10\x03" /* another number */

static void test_crls(void **state) {
        _cleanup_bytes_ Bytes crl = fixture("good.crl"), ocsp = fixture("good.ocsp"), known = wrap(0xa1, VIEW_LITERAL(OCSP_RESPONSE), bytes_view(&ocsp)),
                              unknown = wrap(0xa1, VIEW_LITERAL(OCSP_BASIC), bytes_view(&ocsp)), set = BYTES_NULL;
        _cleanup_revocation_pool_ RevocationPool p = { 0 };
        _cleanup_ber_source_ BerSource source;
        BerElement e;

        assert_int_equal(bytes_append_view(&unknown, bytes_view(&known)), 0);
        set = wrap(0x31, bytes_view(&crl), bytes_view(&unknown));
        ber_source_init(&source, bytes_view(&set));
        assert_int_equal(ber_element_read(&source, 0, set.len, &e), 0);
        assert_int_equal(revocation_collect_crls(&p, &source, &e), 0);
        assert_int_equal(p.n, 2);
        assert_int_equal(p.items[0].kind, REVOCATION_CRL);
        assert_int_equal(p.items[1].kind, REVOCATION_OCSP);
}

/* --- Of old -------------------------------------------------------------------------------------------------------- */

#define OLD INT64_C(1451606400) /* 2016-01-01, when authorities still signed with SHA-1 */

/* An empty list of the issuer's, by SHA-1. */
static Bytes old_list(gnutls_x509_crt_t issuer, gnutls_privkey_t key) {
        _cleanup_(datum_done) gnutls_datum_t der = { 0 };
        gnutls_x509_crl_t crl;
        Bytes b;

        assert_int_equal(gnutls_x509_crl_init(&crl), 0);
        assert_int_equal(gnutls_x509_crl_set_version(crl, 2), 0);
        assert_int_equal(gnutls_x509_crl_set_this_update(crl, OLD), 0);
        assert_int_equal(gnutls_x509_crl_set_next_update(crl, MADE + DAY), 0);
        assert_int_equal(gnutls_x509_crl_privkey_sign(crl, issuer, key, GNUTLS_DIG_SHA1, 0), 0);
        assert_int_equal(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_DER, &der), 0);
        assert_int_equal(bytes_dup(VIEW(der.data, der.size), &b), 0);
        gnutls_x509_crl_deinit(crl);
        return b;
}

/* Of several signatures that one list is held against, each has its own time: none decides for the others, whichever is first. */
static void test_old_list(void **state) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        gnutls_x509_crt_t issuer;

        assert_int_equal(key_generate(KEY_P256, &key), 0);
        issuer = certificate_draft(key, "CN=Example", VIEW_LITERAL("\x01"), OLD - DAY, MADE + DAY);
        certificate_sign_itself(issuer, key);
        for (unsigned first = 0; first < 2; first++) {
                _cleanup_bytes_ Bytes der = old_list(issuer, key);
                _cleanup_revocation_pool_ RevocationPool p = { 0 };

                assert_int_equal(revocation_pool_add(&p, REVOCATION_CRL, REVOCATION_FROM_SIGNATURE, bytes_view(&der)), 0);
                revocation_pool_prove(&p, &p, OLD + 60);
                for (unsigned i = 0; i < 4; i++) {
                        bool proven = i % 2 == first;
                        CertificateStatus s;

                        assert_int_equal(revocation_check(&p, issuer, issuer, MADE, proven ? OLD - 60 : -1, &s), 0);
                        assert_int_equal(s.checked, proven);
                }
        }
        gnutls_x509_crt_deinit(issuer);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_states), cmocka_unit_test(test_open),   cmocka_unit_test(test_network), cmocka_unit_test(test_limits),
                cmocka_unit_test(test_names),  cmocka_unit_test(test_values), cmocka_unit_test(test_crls),
                cmocka_unit_test(test_old_list),
        };

        if (argc != 2)
                return 2;
        folder = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
