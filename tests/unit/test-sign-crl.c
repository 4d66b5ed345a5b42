/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/trust/crl.c: lists that openssl made, and lists made by hand that nobody would make. Their times are those of the fixtures. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/key.h"
#include "der/der.h"
#include "sign/trust/crl.h"
#include "revocation-fixture.h"

static int find(const Crl *c, gnutls_x509_crt_t crt, CrlEntry *ret) {
        uint8_t serial[64];
        size_t len = sizeof(serial);

        assert_int_equal(gnutls_x509_crt_get_serial(crt, serial, &len), 0);
        return crl_find(c, VIEW(serial, len), ret);
}

static void test_openssl(void **state) {
        static const struct {
                const char *name;
                int listed;
                CertificateReason reason;
                int64_t since;
        } lists[] = {
                { "good.crl", 0, 0, 0 },
                { "hold.crl", CRL_LISTED, REASON_CERTIFICATE_HOLD, MADE - 3600 },
                { "revoked.crl", CRL_LISTED, REASON_KEY_COMPROMISE, MADE - DAY }, /* invalidityDate, before revocationDate */
        };
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t leaf = certificate("leaf.der"), issuing = certificate("issuing.der"), root = certificate("root.der");

        for (size_t i = 0; i < ELEMENTSOF(lists); i++) {
                _cleanup_bytes_ Bytes der = fixture(lists[i].name);
                CrlEntry entry = { 0 };
                Crl c;

                assert_int_equal(crl_read(bytes_view(&der), &c), 0);
                assert_int_equal(c.this_update, MADE);
                assert_int_equal(c.next_update, MADE + 7 * DAY);
                assert_int_equal(find(&c, leaf, &entry), lists[i].listed);
                assert_int_equal(entry.reason, lists[i].reason);
                assert_int_equal(entry.since, lists[i].since);
                assert_int_equal(crl_covers(&c, leaf), 1);
                assert_int_equal(crl_covers(&c, issuing), 0);
                assert_int_equal(crl_verify(&c, issuing, MADE), 0);
                assert_int_equal(crl_verify(&c, root, MADE), -EKEYREJECTED);
                assert_int_equal(crl_verify(&c, leaf, MADE), -EKEYREJECTED);
        }
}

static void test_kinds(void **state) {
        static const char *const unsupported[] = { "delta.crl", "indirect.crl", "reasons.crl", "unknown.crl" }, *const of_others[] = { "authorities.crl", "elsewhere.crl" };
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t leaf = certificate("leaf.der");
        _cleanup_bytes_ Bytes users = fixture("users.crl");
        Crl c;

        for (size_t i = 0; i < ELEMENTSOF(unsupported); i++) {
                _cleanup_bytes_ Bytes der = fixture(unsupported[i]);

                assert_int_equal(crl_read(bytes_view(&der), &c), CRL_E_UNSUPPORTED);
        }
        for (size_t i = 0; i < ELEMENTSOF(of_others); i++) {
                _cleanup_bytes_ Bytes der = fixture(of_others[i]);

                assert_int_equal(crl_read(bytes_view(&der), &c), 0);
                assert_int_equal(crl_covers(&c, leaf), 0);
        }
        assert_int_equal(crl_read(bytes_view(&users), &c), 0);
        assert_int_equal(crl_covers(&c, leaf), 1);
}

/* Each bit of what is signed and of the value counts. */
static void test_every_octet(void **state) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t issuing = certificate("issuing.der");
        _cleanup_bytes_ Bytes der = fixture("revoked.crl");
        Crl c;

        for (size_t i = 0; i < der.len; i++) {
                assert_int_equal(crl_read(VIEW(der.data, i), &c), -EBADMSG);
                for (unsigned bit = 0; bit < 8; bit++) {
                        der.data[i] ^= (uint8_t) (1U << bit);
                        assert_true(crl_read(bytes_view(&der), &c) != 0 || crl_verify(&c, issuing, MADE) == -EKEYREJECTED);
                        der.data[i] ^= (uint8_t) (1U << bit);
                }
        }
        assert_int_equal(bytes_append_byte(&der, 0), 0);
        assert_int_equal(crl_read(bytes_view(&der), &c), -EBADMSG);
        assert_int_equal(crl_read(VIEW(der.data, CRL_SIZE_MAX + 1), &c), -E2BIG);
}

/* --- By hand ------------------------------------------------------------------------------------------------------- */

#define ALGORITHM "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define UTC(year) "\x17\x0d" year "0101000000Z"

/* A list of the entries, unsigned. */
static Bytes list(const char *algorithm, View next_update, View entries, View extensions) {
        _cleanup_bytes_ Bytes tbs = BYTES_NULL, contents = BYTES_NULL;
        Bytes out = BYTES_NULL;

        assert_int_equal(bytes_append(&contents, "\x02\x01\x01", 3), 0);
        assert_int_equal(bytes_append(&contents, algorithm, 12), 0);
        assert_int_equal(bytes_append(&contents, "\x30\x00" UTC("26"), 17), 0);
        assert_int_equal(bytes_append_view(&contents, next_update), 0);
        assert_int_equal(entries.len > 0 ? der_append_element(&contents, 0x30, entries) : 0, 0);
        assert_int_equal(bytes_append_view(&contents, extensions), 0);
        assert_int_equal(der_append_element(&tbs, 0x30, bytes_view(&contents)), 0);
        assert_int_equal(bytes_append(&tbs, ALGORITHM "\x03\x02\x00\x00", 16), 0);
        assert_int_equal(der_append_element(&out, 0x30, bytes_view(&tbs)), 0);
        return out;
}

static int look_up(View entries, uint8_t serial, CrlEntry *ret) {
        _cleanup_bytes_ Bytes der = list(ALGORITHM, VIEW_LITERAL(UTC("27")), entries, (View) { 0 });
        Crl c;

        assert_int_equal(crl_read(bytes_view(&der), &c), 0);
        return crl_find(&c, VIEW(&serial, 1), ret);
}

#define ENTRY(serial) "\x30\x12\x02\x01" serial UTC("25")
#define EXTENDED(serial, extension) "\x30\x20\x02\x01" serial UTC("25") "\x30\x0c" extension
#define REASON(code) "\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01" code

static void test_entries(void **state) {
        CrlEntry entry;

        assert_int_equal(look_up(VIEW_LITERAL(ENTRY("\1") ENTRY("\2")), 2, &entry), CRL_LISTED);
        assert_int_equal(entry.reason, REASON_UNSPECIFIED);
        assert_int_equal(look_up(VIEW_LITERAL(ENTRY("\1") ENTRY("\2")), 3, &entry), 0);
        assert_int_equal(look_up((View) { 0 }, 1, &entry), 0);
        /* A number written with a zero too many is the same number. */
        assert_int_equal(look_up(VIEW_LITERAL("\x30\x13\x02\x02\0\5" UTC("25")), 5, &entry), CRL_LISTED);
        /* Twice: the worse. */
        assert_int_equal(look_up(VIEW_LITERAL(EXTENDED("\1", REASON("\6")) ENTRY("\1")), 1, &entry), CRL_LISTED);
        assert_int_equal(entry.reason, REASON_UNSPECIFIED);
        assert_int_equal(look_up(VIEW_LITERAL(ENTRY("\1") EXTENDED("\1", REASON("\6"))), 1, &entry), CRL_LISTED);
        assert_int_equal(entry.reason, REASON_UNSPECIFIED);
        /* removeFromCRL and a code that there is not make the list one that contradicts itself, whoever is looked for. */
        assert_int_equal(look_up(VIEW_LITERAL(EXTENDED("\1", REASON("\10"))), 1, &entry), -EBADMSG);
        assert_int_equal(look_up(VIEW_LITERAL(ENTRY("\1") EXTENDED("\2", REASON("\7"))), 1, &entry), -EBADMSG);
        /* An extension that must be understood, in any entry: certificateIssuer of an indirect list is one. */
        assert_int_equal(look_up(VIEW_LITERAL(ENTRY("\1") "\x30\x21\x02\x01\2" UTC("25") "\x30\x0d\x30\x0b\x06\x03\x55\x1d\x1d\x01\x01\xff\x04\x01\0"), 1, &entry),
                         CRL_E_UNSUPPORTED);
        /* What cannot be read may be the entry. */
        assert_int_equal(look_up(VIEW_LITERAL(ENTRY("\1") "\x30\x03\x02\x01\2"), 1, &entry), -EBADMSG);
        assert_int_equal(look_up(VIEW_LITERAL(ENTRY("\1") "\x30\x7f"), 1, &entry), -EBADMSG);
        assert_int_equal(look_up(VIEW_LITERAL("\x30\x12\x02\x01\1\x17\x0d" "251301000000Z"), 1, &entry), -EBADMSG);
}

static void test_lists(void **state) {
        _cleanup_bytes_ Bytes open = list(ALGORITHM, (View) { 0 }, (View) { 0 }, (View) { 0 });
        _cleanup_bytes_ Bytes mixed = list("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03", VIEW_LITERAL(UTC("27")), (View) { 0 }, (View) { 0 });
        _cleanup_bytes_ Bytes late = list(ALGORITHM, VIEW_LITERAL("\x18\x0f" "20270101000000Z"), (View) { 0 }, (View) { 0 });
        _cleanup_bytes_ Bytes keeps = list(ALGORITHM, VIEW_LITERAL(UTC("27")), (View) { 0 },
                                           VIEW_LITERAL("\xa0\x1c\x30\x1a\x30\x18\x06\x03\x55\x1d\x3c\x04\x11\x18\x0f" "20200101000000Z"));
        Crl c;

        assert_int_equal(crl_read(bytes_view(&open), &c), 0);
        assert_int_equal(c.next_update, -1);
        assert_int_equal(c.expired_from, INT64_MAX);
        assert_int_equal(crl_read(bytes_view(&mixed), &c), -EBADMSG);
        assert_int_equal(crl_read(bytes_view(&late), &c), 0);
        assert_int_equal(c.next_update, 1798761600);
        assert_int_equal(crl_read(bytes_view(&keeps), &c), 0);
        assert_int_equal(c.expired_from, 1577836800);
}

/* A hundred thousand. */
static void test_many(void **state) {
        _cleanup_bytes_ Bytes entries = BYTES_NULL, der = BYTES_NULL;
        CrlEntry entry;
        Crl c;

        for (uint32_t i = 0; i < 100000; i++) {
                uint8_t e[] = { 0x30, 0x15, 0x02, 0x04, 0x40, (uint8_t) (i >> 16), (uint8_t) (i >> 8), (uint8_t) i };

                assert_int_equal(bytes_append(&entries, e, sizeof(e)), 0);
                assert_int_equal(bytes_append(&entries, UTC("25"), 15), 0);
        }
        der = list(ALGORITHM, VIEW_LITERAL(UTC("27")), bytes_view(&entries), (View) { 0 });
        assert_int_equal(crl_read(bytes_view(&der), &c), 0);
        assert_int_equal(crl_find(&c, VIEW("\x40\x01\x86\x9f", 4), &entry), CRL_LISTED);
        assert_int_equal(crl_find(&c, VIEW("\x40\x01\x86\xa0", 4), &entry), 0);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_openssl),
                cmocka_unit_test(test_kinds),
                cmocka_unit_test(test_every_octet),
                cmocka_unit_test(test_entries),
                cmocka_unit_test(test_lists),
                cmocka_unit_test(test_many),
        };

        folder = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
