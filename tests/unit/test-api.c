/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/api: the shared library as another program uses it, through its header and its exported symbols alone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <sygnet/sign.h>

#include "base/atomic-file.h"
#include "crypto/key-file.h"
#include "certificate-fixture.h"

#define PASSWORD "a password"

typedef struct World {
        char folder[32];
        char *p12, *pem_path;
        char *pem;
        gnutls_privkey_t key;
} World;

static char *path_of(const World *w, const char *name) {
        char *path;

        assert_true(asprintf(&path, "%s/%s", w->folder, name) > 0);
        return path;
}

static gnutls_x509_crt_t make_certificate(gnutls_privkey_t key) {
        gnutls_x509_crt_t crt = certificate_draft(key, "CN=Anna", VIEW_LITERAL("\x01"), time(NULL) - 3600, time(NULL) + 3600);

        assert_int_equal(gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_NON_REPUDIATION), 0);
        certificate_sign_itself(crt, key);
        return crt;
}

static int setup(void **state) {
        World *w = calloc(1, sizeof(*w));
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        gnutls_datum_t pem;
        gnutls_x509_crt_t crt;

        assert_non_null(w);
        strcpy(w->folder, "/tmp/test-api.XXXXXX");
        assert_non_null(mkdtemp(w->folder));
        w->p12 = path_of(w, "key.p12");
        w->pem_path = path_of(w, "certificate.pem");
        assert_int_equal(key_generate(KEY_P256, &w->key), 0);
        crt = make_certificate(w->key);
        assert_int_equal(key_file_write_pkcs12(w->key, &crt, 1, "Anna", VIEW_LITERAL(PASSWORD), &content), 0);
        assert_int_equal(atomic_file_write(w->p12, bytes_view(&content), 0600, false), 0);
        assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
        w->pem = strndup((char *) pem.data, pem.size);
        assert_int_equal(atomic_file_write(w->pem_path, VIEW(pem.data, pem.size), 0600, false), 0);
        gnutls_free(pem.data);
        gnutls_x509_crt_deinit(crt);
        *state = w;
        return 0;
}

static int teardown(void **state) {
        World *w = *state;

        unlink(w->p12);
        unlink(w->pem_path);
        assert_int_equal(rmdir(w->folder), 0);
        gnutls_privkey_deinit(w->key);
        free(w->p12);
        free(w->pem_path);
        free(w->pem);
        free(w);
        return 0;
}

/* What a caller's own key does; fails once when told so. */
static int sign_value(void *userdata, const void *data, size_t len, void *value, size_t *value_len) {
        World *w = userdata;
        _cleanup_bytes_ Bytes v = BYTES_NULL;
        SignatureScheme scheme;

        if (!w)
                return -EKEYREVOKED;
        assert_int_equal(signature_scheme_of(KEY_P256, &scheme), 0);
        assert_int_equal(key_sign(w->key, &scheme, VIEW(data, len), &v), 0);
        assert_true(v.len <= *value_len);
        memcpy(value, v.data, v.len);
        *value_len = v.len;
        return 0;
}

static int file_with(const char *text) {
        int fd = memfd_create("file", MFD_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(write_all(fd, view_string(text)), 0);
        return fd;
}

static void assert_verdict(int fd, int content, int indication, const char *subindication, const char *format, size_t n) {
        sygnet_verifier *v;
        sygnet_report *r;
        size_t len;

        assert_int_equal(sygnet_verifier_new(&v), 0);
        assert_int_equal(sygnet_verify_fd(v, fd, content, &r), 0);
        assert_int_equal(sygnet_report_indication(r), indication);
        assert_string_equal(sygnet_report_subindication(r), subindication);
        assert_non_null(sygnet_report_reason(r));
        assert_int_equal(sygnet_report_signatures(r), n);
        assert_non_null(strstr(sygnet_report_json(r), subindication));
        for (size_t i = 0; i < n; i++) {
                assert_string_equal(sygnet_signature_format(r, i), format);
                assert_string_equal(sygnet_signature_signer(r, i), "CN=Anna");
                assert_non_null(sygnet_signature_certificate(r, i, &len));
                assert_true(len > 100);
                assert_int_equal(sygnet_signature_proven_time(r, i), -1);
        }
        /* Beyond the last there is nothing good. */
        assert_int_equal(sygnet_signature_indication(r, n), SYGNET_TOTAL_FAILED);
        assert_null(sygnet_signature_signer(r, n));
        assert_null(sygnet_signature_certificate(r, n, &len));
        sygnet_report_free(r);
        sygnet_verifier_free(v);
}

static void test_key_file(void **state) {
        World *w = *state;
        sygnet_signer *s = NULL;

        assert_int_equal(sygnet_signer_open("/nonexistent.p12", PASSWORD, NULL, &s), -ENOENT);
        assert_int_equal(sygnet_signer_open(w->p12, "wrong", NULL, &s), SYGNET_E_PASSWORD);
        assert_non_null(strstr(sygnet_strerror(SYGNET_E_PASSWORD), "password"));
        assert_true(sygnet_signer_open(w->pem_path, PASSWORD, NULL, &s) > 0);
        assert_null(s);
        assert_int_equal(sygnet_signer_open(w->p12, PASSWORD, NULL, &s), 0);
        assert_string_equal(sygnet_signer_scheme(s), "ECDSA-SHA256");
        sygnet_signer_free(s);
        sygnet_signer_free(NULL);
}

static void test_sign_file(void **state) {
        World *w = *state;
        _cleanup_free_ char *in = path_of(w, "letter"), *out = path_of(w, "letter.p7s");
        sygnet_signer *s;
        struct stat st;
        int fd, content, other;

        assert_int_equal(atomic_file_write(in, VIEW_LITERAL("Dear customer"), 0600, false), 0);
        assert_int_equal(sygnet_signer_open(w->p12, PASSWORD, NULL, &s), 0);
        assert_int_equal(sygnet_sign_file(s, NULL, in, out), 0);
        assert_int_equal(stat(out, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600); /* as the document has it */
        assert_int_equal(sygnet_sign_file(s, NULL, in, out), -EEXIST);
        assert_int_equal(sygnet_sign_file(s, NULL, "/nonexistent", out), -ENOENT);
        fd = open(out, O_RDONLY | O_CLOEXEC);
        content = open(in, O_RDONLY | O_CLOEXEC);
        other = file_with("Dear customers");
        assert_verdict(fd, content, SYGNET_INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND", "CAdES", 1);
        assert_verdict(fd, other, SYGNET_TOTAL_FAILED, "HASH_FAILURE", "CAdES", 1);
        assert_verdict(content, -1, SYGNET_TOTAL_FAILED, "FORMAT_FAILURE", "", 0);
        close(fd);
        close(content);
        close(other);
        sygnet_signer_free(s);
        unlink(in);
        unlink(out);
}

static void assert_signed_in_steps(World *w, const char *format, const char *document, const char *expected) {
        int in = file_with(document), out = memfd_create("out", MFD_CLOEXEC);
        const void *tbs, *stamped;
        uint8_t value[256];
        size_t len, stamped_len, value_len = sizeof(value);
        sygnet_options *o;
        sygnet_signer *s;
        sygnet_draft *d;

        assert_int_equal(sygnet_signer_new(w->pem, NULL, NULL, &s), 0);
        assert_int_equal(sygnet_options_new(&o), 0);
        assert_int_equal(sygnet_options_set(o, "format", format), 0);
        assert_int_equal(sygnet_options_set(o, "name", "letter.xml"), 0);
        assert_int_equal(sygnet_draft_new(s, o, in, out, &d), 0);
        sygnet_options_free(o);
        tbs = sygnet_draft_tbs(d, &len);
        assert_int_equal(sign_value(w, tbs, len, value, &value_len), 0);
        assert_int_equal(sygnet_draft_stamped(d, value, value_len, &stamped, &stamped_len), 0);
        assert_true(stamped_len > 0);
        assert_int_equal(sygnet_draft_complete(d, value, value_len, NULL, 0), 0);
        assert_int_equal(sygnet_draft_complete(d, value, value_len, NULL, 0), -EALREADY);
        sygnet_draft_free(d);
        sygnet_signer_free(s);
        assert_verdict(out, -1, SYGNET_INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND", expected, 1);
        close(in);
        close(out);
}

static void test_steps(void **state) {
        assert_signed_in_steps(*state, "cades-enveloping", "Dear customer", "CAdES");
        assert_signed_in_steps(*state, "asic-s", "Dear customer", "CAdES");
}

static void test_container(void **state) {
        World *w = *state;
        static const char *const names[] = { "a.txt", "b.txt" };
        const int fds[] = { file_with("a"), file_with("b") };
        int out = memfd_create("out", MFD_CLOEXEC);
        uint8_t value[256];
        size_t len, value_len = sizeof(value);
        const void *tbs;
        sygnet_options *o;
        sygnet_signer *s;
        sygnet_draft *d;

        assert_int_equal(sygnet_signer_new(w->pem, sign_value, w, &s), 0);
        assert_int_equal(sygnet_options_new(&o), 0);
        assert_int_equal(sygnet_options_set(o, "format", "asic-e"), 0);
        assert_int_equal(sygnet_draft_new_container(s, o, fds, names, 0, out, &d), -EINVAL);
        assert_int_equal(sygnet_draft_new_container(s, o, fds, names, 2, out, &d), 0);
        tbs = sygnet_draft_tbs(d, &len);
        assert_int_equal(sign_value(w, tbs, len, value, &value_len), 0);
        assert_int_equal(sygnet_draft_complete(d, value, value_len, NULL, 0), 0);
        sygnet_draft_free(d);
        assert_verdict(out, -1, SYGNET_INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND", "CAdES", 1);
        sygnet_options_free(o);
        sygnet_signer_free(s);
        close(fds[0]);
        close(fds[1]);
        close(out);
}

/* What the caller's function says is handed up, and nothing is written in its name. */
static void test_function_fails(void **state) {
        World *w = *state;
        int in = file_with("Dear customer"), out = memfd_create("out", MFD_CLOEXEC);
        sygnet_signer *s;

        assert_int_equal(sygnet_signer_new(w->pem, sign_value, NULL, &s), 0);
        assert_int_equal(sygnet_sign_fd(s, NULL, in, out), -EKEYREVOKED);
        sygnet_signer_free(s);
        assert_int_equal(sygnet_signer_new(w->pem, NULL, NULL, &s), 0);
        assert_int_equal(sygnet_sign_fd(s, NULL, in, out), -ENOKEY);
        sygnet_signer_free(s);
        assert_int_equal(sygnet_signer_new("no certificate", NULL, NULL, &s), -EBADMSG);
        close(in);
        close(out);
}

/* An authority that is down; but it was asked as it has to be. */
static int no_stamp(void *userdata, const char *algorithm, const void *digest, size_t digest_len, void *token, size_t *token_len) {
        assert_string_equal(algorithm, "SHA256");
        assert_int_equal(digest_len, 32);
        assert_non_null(token);
        assert_true(*token_len >= 16384);
        ++*(unsigned *) userdata;
        return -ECONNREFUSED;
}

static void test_extend(void **state) {
        World *w = *state;
        int in = file_with("Dear customer"), out = memfd_create("out", MFD_CLOEXEC), extended = memfd_create("extended", MFD_CLOEXEC);
        unsigned asked = 0;
        sygnet_options *o;
        sygnet_signer *s;
        int r;

        assert_int_equal(sygnet_signer_open(w->p12, PASSWORD, NULL, &s), 0);
        assert_int_equal(sygnet_options_new(&o), 0);
        assert_int_equal(sygnet_options_set(o, "format", "cades-enveloping"), 0);
        assert_int_equal(sygnet_sign_fd(s, o, in, out), 0);
        assert_int_equal(sygnet_extend_fd(out, extended, NULL, no_stamp, &asked), -ECONNREFUSED);
        assert_int_equal(asked, 1);
        r = sygnet_extend_fd(in, extended, NULL, no_stamp, &asked);
        assert_true(r > 0 && strlen(sygnet_strerror(r)) > 10);
        assert_int_equal(asked, 1);
        sygnet_options_free(o);
        sygnet_signer_free(s);
        close(in);
        close(out);
        close(extended);
}

static void test_pss(void **state) {
        World *w = *state, rsa = { 0 };
        gnutls_x509_crt_t crt;
        gnutls_datum_t pem;
        sygnet_signer *s;

        assert_int_equal(sygnet_signer_new(w->pem, NULL, NULL, &s), 0);
        assert_int_equal(sygnet_signer_use_pss(s), -EINVAL);
        sygnet_signer_free(s);
        assert_int_equal(key_generate(KEY_RSA2048, &rsa.key), 0);
        crt = make_certificate(rsa.key);
        assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
        assert_int_equal(sygnet_signer_new((const char *) pem.data, NULL, NULL, &s), 0);
        assert_string_equal(sygnet_signer_scheme(s), "RSA-SHA256");
        assert_int_equal(sygnet_signer_use_pss(s), 0);
        assert_string_equal(sygnet_signer_scheme(s), "RSA-PSS-SHA256");
        sygnet_signer_free(s);
        gnutls_free(pem.data);
        gnutls_x509_crt_deinit(crt);
        gnutls_privkey_deinit(rsa.key);
}

static void test_options(void **state) {
        static const struct {
                const char *name, *value;
                int result;
        } cases[] = {
                { "format", "pades", 0 }, { "format", "pdf", -EINVAL }, { "formats", "pades", -ENOENT }, { "reason", "\xff", -EINVAL }, { "reason", NULL, 0 },
                { "certify", "3", 0 }, { "certify", "4", -EINVAL }, { "signing-time", "1774000000", 0 }, { "signing-time", "-1", -EINVAL }, { "signing-time", "", -EINVAL },
                { "timestamped", "no", 0 }, { "timestamped", "maybe", -EINVAL }, { "visible-text", "{name}", 0 }, { "visible-text", "{nam}", -EINVAL },
                { "visible-page", "last", 0 }, { "visible-page", "0", -EINVAL }, { "visible-place", "top", 0 }, { "visible-place", "up", -EINVAL },
                { "visible-rectangle", "1,2,3cm,4mm", 0 }, { "visible-rectangle", "1,2,3", -EINVAL }, { "xml-profile", "ksef", 0 }, { "xml-profile", "x", -EINVAL },
        };
        sygnet_options *o;

        assert_int_equal(sygnet_options_new(&o), 0);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_int_equal(sygnet_options_set(o, cases[i].name, cases[i].value), cases[i].result);
        sygnet_options_free(o);
        sygnet_options_free(NULL);
}

static void test_sentences(void **state) {
        for (int i = -200; i < 3000; i++)
                assert_true(strlen(sygnet_strerror(i)) > 3);
        assert_string_equal(sygnet_strerror(-ENOENT), "No such file or directory");
        assert_non_null(strchr(sygnet_version(), '.'));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_key_file),       cmocka_unit_test(test_sign_file), cmocka_unit_test(test_steps),     cmocka_unit_test(test_container),
                cmocka_unit_test(test_function_fails), cmocka_unit_test(test_options),   cmocka_unit_test(test_sentences), cmocka_unit_test(test_extend),
                cmocka_unit_test(test_pss),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
