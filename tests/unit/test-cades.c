/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/cms/cades.c: the signed attributes byte for byte (EN 319 122-1 §6.3, RFC 5652 §11, RFC 5035 §3), and that the CMS is the
 * same whether the content is in it or not. What others say of the signatures is tests/interop/cms.py's. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "crypto/digest.h"
#include "der/ber.h"
#include "der/der.h"
#include "sign/cms/cades.h"
#include "certificate-fixture.h"

#define WHEN 1769860800 /* 2026-01-31T12:00:00Z */

typedef struct Fixture {
        gnutls_privkey_t key;
        gnutls_x509_crt_t crt;
        Signer signer;
        uint8_t hash[SHA256_SIZE]; /* of the certificate */
} Fixture;

static int setup(void **state) {
        static Fixture f;
        SignatureScheme scheme;
        gnutls_datum_t der;

        assert_int_equal(key_generate(KEY_P256, &f.key), 0);
        f.crt = certificate_draft(f.key, "CN=Example", VIEW_LITERAL("\x00\xf0\x01"), WHEN, WHEN + 3600);
        certificate_sign_itself(f.crt, f.key);
        assert_int_equal(gnutls_x509_crt_export2(f.crt, GNUTLS_X509_FMT_DER, &der), 0);
        assert_int_equal(sha256(VIEW(der.data, der.size), f.hash), 0);
        gnutls_free(der.data);
        assert_int_equal(signature_scheme_of(KEY_P256, &scheme), 0);
        signer_init_privkey(&f.signer, &f.key, &scheme, &f.crt, 1);
        *state = &f;
        return 0;
}

static int teardown(void **state) {
        Fixture *f = *state;

        gnutls_privkey_deinit(f->key);
        gnutls_x509_crt_deinit(f->crt);
        return 0;
}

static CadesDraft *draft(Fixture *f, bool pades, View content) {
        CadesParams params = { .pades = pades, .signing_time = WHEN };
        CadesDraft *d = NULL;
        Digest digest;

        assert_int_equal(digest_of(f->signer.scheme.message_digest, content, &digest), 0);
        assert_int_equal(cades_draft_new(&f->signer, &params, digest_view(&digest), &d), 0);
        return d;
}

/* SHA-256 of "abc" is FIPS 180-4's example. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define CONTENT_TYPE "301806092a864886f70d010903310b06092a864886f70d010701"
#define SIGNING_TIME "301c06092a864886f70d010905310f170d3236303133313132303030305a"
#define MESSAGE_DIGEST "302f06092a864886f70d01090431220420" ABC

static void assert_tbs(View tbs, const char *header, const char *attributes, const Fixture *f) {
        _cleanup_free_ char *hash = hex_encode(VIEW(f->hash, sizeof(f->hash))), *text = hex_encode(tbs);
        _cleanup_bytes_ Bytes expected = BYTES_NULL;

        /* SigningCertificateV2 { certs { ESSCertIDv2 { certHash, issuerSerial { issuer { [4] Name }, 00f001 } } } }, where the Name is
         * SEQUENCE { SET { SEQUENCE { commonName, PrintableString "Example" } } }. */
        assert_int_equal(bytes_printf(&expected,
                                      "%s%s3056060b2a864886f70d010910022f3147" "304530433041" "0420%s" "301d" "3016" "a414"
                                      "3012" "3110300e06035504031307" "4578616d706c65" "020300f001",
                                      header, attributes, hash),
                         0);
        assert_string_equal(text, (char *) expected.data);
}

static void test_attributes(void **state) {
        _cleanup_(cades_draft_freep) CadesDraft *cades = draft(*state, false, VIEW_LITERAL("abc"));
        _cleanup_(cades_draft_freep) CadesDraft *pades = draft(*state, true, VIEW_LITERAL("abc"));

        assert_tbs(cades_draft_tbs(cades), "3181c1", CONTENT_TYPE SIGNING_TIME MESSAGE_DIGEST, *state);
        assert_tbs(cades_draft_tbs(pades), "3181a3", CONTENT_TYPE MESSAGE_DIGEST, *state);
}

static Bytes sign(Fixture *f, CadesDraft *d) {
        Bytes value = BYTES_NULL;

        assert_int_equal(f->signer.sign(&f->signer, &(SignerItem) { SIGNER_ITEM_CMS_ATTRIBUTES, cades_draft_tbs(d), NULL }, 1, &value), 0);
        return value;
}

/* Whole contents of a descriptor. */
static Bytes slurp(int fd) {
        Bytes b = BYTES_NULL;
        struct stat st;

        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(bytes_reserve(&b, (size_t) st.st_size), 0);
        assert_int_equal(pread(fd, b.data, (size_t) st.st_size, 0), st.st_size);
        b.len = (size_t) st.st_size;
        return b;
}

static void test_enveloping(void **state) {
        static const size_t sizes[] = { 0, 3, 127, 128, 255, 256, 65535, 65536, 1000000 };

        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                _cleanup_free_ uint8_t *content = malloc(sizes[i] + 1);
                _cleanup_close_ int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
                _cleanup_(cades_draft_freep) CadesDraft *d = NULL;
                _cleanup_bytes_ Bytes value = BYTES_NULL, detached = BYTES_NULL, whole = BYTES_NULL, der = BYTES_NULL;
                View rest, element;
                size_t diff;

                memset(content, 'x', sizes[i]);
                d = draft(*state, false, VIEW(content, sizes[i]));
                value = sign(*state, d);
                assert_int_equal(write_all(in, VIEW(content, sizes[i])), 0);
                assert_int_equal(cades_draft_complete(d, bytes_view(&value), (View) { 0 }, &detached), 0);
                assert_int_equal(cades_draft_complete_enveloping(d, bytes_view(&value), (View) { 0 }, in, sizes[i], out), 0);
                whole = slurp(out);
                /* DER, one element, and the end is that of the detached one. */
                rest = bytes_view(&whole);
                assert_int_equal(der_next(&rest, &element, NULL), 0);
                assert_int_equal(rest.len, 0);
                assert_int_equal(ber_to_der(bytes_view(&whole), &der), 0);
                assert_true(view_equal(bytes_view(&der), bytes_view(&whole)));
                diff = whole.len - detached.len;
                assert_true(diff >= sizes[i]);
                assert_memory_equal(whole.data + whole.len - value.len, detached.data + detached.len - value.len, value.len);
                assert_non_null(memmem(whole.data, whole.len, content, sizes[i]));
        }
}

static void test_vanishing_content(void **state) {
        _cleanup_close_ int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
        _cleanup_(cades_draft_freep) CadesDraft *d = draft(*state, false, VIEW_LITERAL("abc"));
        _cleanup_bytes_ Bytes value = sign(*state, d);

        assert_int_equal(write_all(in, VIEW_LITERAL("ab")), 0);
        assert_int_equal(cades_draft_complete_enveloping(d, bytes_view(&value), (View) { 0 }, in, 3, out), -EIO);
}

static void test_wrong_digest(void **state) {
        Fixture *f = *state;
        CadesParams params = { .signing_time = WHEN };
        CadesDraft *d = NULL;

        assert_int_equal(cades_draft_new(&f->signer, &params, VIEW_LITERAL("short"), &d), -EINVAL);
        assert_null(d);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_attributes),
                cmocka_unit_test(test_enveloping),
                cmocka_unit_test(test_vanishing_content),
                cmocka_unit_test(test_wrong_digest),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
