/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/trust/path.c and lib/sign/cms/cms-brainpool.c, over certificates that openssl made: root (brainpoolP256r1), authority (brainpoolP384r1, no authority below it),
 * signer (brainpoolP512r1); and below (P-256, an authority under the second all the same) with its signer. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "crypto/init.h"
#include "crypto/key.h"
#include "sign/cms/cms-brainpool.h"
#include "sign/trust/anchors.h"
#include "sign/trust/chain.h"
#include "sign/trust/path.h"

#define MADE INT64_C(1795309500) /* soon after the fixtures were made */

static const char *folder;
static gnutls_x509_crt_t root, authority, signer, below, below_signer;

static Bytes fixture(const char *name) {
        _cleanup_free_ char *path = NULL;
        Bytes b;

        assert_true(asprintf(&path, "%s/%s.der", folder, name) > 0);
        assert_int_equal(read_file(path, 65536, &b), 0);
        return b;
}

static int import(View der, gnutls_x509_crt_t *ret) {
        assert_int_equal(gnutls_x509_crt_init(ret), 0);
        return gnutls_x509_crt_import(*ret, &(gnutls_datum_t) { (unsigned char *) der.data, (unsigned) der.len }, GNUTLS_X509_FMT_DER);
}

static gnutls_x509_crt_t load(const char *name) {
        _cleanup_bytes_ Bytes der = fixture(name);
        gnutls_x509_crt_t crt;

        assert_int_equal(import(bytes_view(&der), &crt), 0);
        return crt;
}

static void test_keys(void **state) {
        const struct {
                gnutls_x509_crt_t crt;
                BrainpoolCurve curve;
        } all[] = { { root, BRAINPOOL_P256R1 }, { authority, BRAINPOOL_P384R1 }, { signer, BRAINPOOL_P512R1 }, { below, BRAINPOOL_NONE } };
        BrainpoolKey key;

        for (size_t i = 0; i < ELEMENTSOF(all); i++) {
                assert_int_equal(cms_brainpool_key(all[i].crt, &key), all[i].curve != BRAINPOOL_NONE);
                assert_int_equal(path_has_other_key(all[i].crt), all[i].curve != BRAINPOOL_NONE);
                if (all[i].curve != BRAINPOOL_NONE)
                        assert_int_equal(key.curve, all[i].curve);
        }
}

/* The point's first octet says that it is compressed. */
static void test_damaged_key(void **state) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_bytes_ Bytes der = fixture("signer");
        static const uint8_t before[] = { 0x03, 0x81, 0x82, 0x00, 0x04 }; /* BIT STRING of 130 octets, the point */
        uint8_t *point = memmem(der.data, der.len, before, sizeof(before));
        BrainpoolKey key;

        assert_non_null(point);
        point[4] = 2;
        assert_int_equal(import(bytes_view(&der), &crt), 0);
        assert_int_equal(cms_brainpool_key(crt, &key), -EBADMSG);
        assert_false(path_has_other_key(crt));
}

static void test_status(void **state) {
        const gnutls_x509_crt_t fine[] = { signer, authority }, wrong[] = { signer, root }, too_long[] = { below_signer, below, authority };

        assert_int_equal(path_status(fine, 2, root), 0);
        assert_int_equal(path_status(fine, 1, authority), 0);
        assert_int_equal(path_status(too_long, 1, below), 0);
        assert_int_equal(path_status(too_long, 2, authority), GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE);
        assert_int_equal(path_status(too_long, 3, root), GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE);
        assert_int_equal(path_status(wrong, 2, root), GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_FOUND);
        assert_int_equal(path_status(fine, 2, authority), GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_FOUND);
}

/* Each octet of the signature, and some of what it is over. */
static void test_signature(void **state) {
        _cleanup_bytes_ Bytes der = fixture("signer");

        assert_true(path_is_signed_by(signer, authority));
        assert_false(path_is_signed_by(signer, root));
        assert_false(path_is_signed_by(below, below));
        for (size_t at = der.len - 90; at < der.len; at += 5) {
                _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;

                der.data[at] ^= 1;
                if (import(bytes_view(&der), &crt) == 0)
                        assert_false(path_is_signed_by(crt, authority));
                der.data[at] ^= 1;
        }
}

static SubIndication validate(gnutls_x509_crt_t of, const gnutls_x509_crt_t *others, size_t n, const char *anchor) {
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t anchors = NULL;
        _cleanup_(chain_path_done) ChainPath path = { 0 };
        _cleanup_bytes_ Bytes der = fixture(anchor);
        VerifyParams params = { .now = MADE, .content_fd = -1 };
        const char *reason;
        SubIndication sub;

        assert_int_equal(verify_anchors_new(&anchors), 0);
        assert_int_equal(verify_anchors_load(anchors, bytes_view(&der), NULL), 0);
        params.anchors = anchors;
        sub = chain_validate(of, others, n, &params, &path, &reason);
        assert_int_equal(sub == SUB_NONE, reason == NULL);
        return sub;
}

static void test_chain(void **state) {
        const gnutls_x509_crt_t others[] = { below, root, authority };

        assert_int_equal(validate(signer, others, 3, "root"), SUB_NONE);
        assert_int_equal(validate(signer, others, 3, "authority"), SUB_NONE);
        assert_int_equal(validate(signer, NULL, 0, "authority"), SUB_NONE);
        assert_int_equal(validate(signer, NULL, 0, "root"), SUB_NO_CERTIFICATE_CHAIN_FOUND);
        assert_int_equal(validate(signer, others, 3, "below"), SUB_NO_CERTIFICATE_CHAIN_FOUND);
        assert_int_equal(validate(below_signer, others, 3, "below"), SUB_NONE);
        assert_int_equal(validate(below_signer, others, 3, "authority"), SUB_CHAIN_CONSTRAINTS_FAILURE);
        assert_int_equal(validate(below_signer, others, 3, "root"), SUB_CHAIN_CONSTRAINTS_FAILURE);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_keys), cmocka_unit_test(test_damaged_key), cmocka_unit_test(test_status), cmocka_unit_test(test_signature), cmocka_unit_test(test_chain),
        };
        gnutls_x509_crt_t *const all[] = { &root, &authority, &signer, &below, &below_signer };
        static const char *const names[] = { "root", "authority", "signer", "below", "below-signer" };
        int r;

        if (argc != 2 || crypto_init() < 0)
                return 2;
        folder = argv[1];
        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                *all[i] = load(names[i]);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                gnutls_x509_crt_deinit(*all[i]);
        return r;
}
