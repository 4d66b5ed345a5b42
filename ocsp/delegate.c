/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The responder's key and certificate; see delegate.h. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/atomic-file.h"
#include "ocsp/delegate.h"

#define KEY_FILE "responder.key"
#define CERTIFICATE_FILE "responder.crt"
#define FILE_SIZE_MAX 16384U
#define PURPOSES_MAX 16U
#define OID_SIZE 128U

/* --- A key and its certificate ------------------------------------------------------------------------------------ */

static int check_pair(gnutls_privkey_t key, gnutls_x509_crt_t crt, Delegate *d) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        _cleanup_bytes_ Bytes spki = BYTES_NULL;
        int r;

        r = key_public(key, &spki);
        if (r >= 0)
                r = key_matches_certificate(bytes_view(&spki), crt);
        if (r < 0)
                return r;
        if (gnutls_pubkey_init(&pubkey) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_import_x509(pubkey, crt, 0) < 0 || key_algorithm_of_pubkey(pubkey) != KEY_P256)
                return -EOPNOTSUPP;
        return signature_scheme_of(KEY_P256, &d->scheme);
}

static int set_key_hash(gnutls_x509_crt_t crt, Delegate *d) {
        _cleanup_bytes_ Bytes octets = BYTES_NULL;
        Digest digest;
        int r;

        r = certificate_key_octets(crt, &octets);
        if (r >= 0)
                r = digest_of(GNUTLS_DIG_SHA1, bytes_view(&octets), &digest);
        if (r >= 0)
                memcpy(d->key_hash, digest.data, sizeof(d->key_hash));
        return r;
}

int delegate_new(gnutls_privkey_t key, View certificate, Delegate **ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_(delegate_freep) Delegate *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        r = certificate_import(certificate, &crt);
        if (r >= 0)
                r = check_pair(key, crt, d);
        if (r >= 0)
                r = set_key_hash(crt, d);
        if (r >= 0)
                r = bytes_dup(certificate, &d->certificate);
        if (r < 0)
                return r;
        d->serial_len = sizeof(d->serial);
        if (gnutls_x509_crt_get_serial(crt, d->serial, &d->serial_len) < 0)
                return -EBADMSG;
        d->not_before = gnutls_x509_crt_get_activation_time(crt);
        d->not_after = gnutls_x509_crt_get_expiration_time(crt);
        d->key = key;
        *ret = TAKE_PTR(d);
        return 0;
}

Delegate *delegate_free(Delegate *d) {
        if (!d)
                return NULL;
        gnutls_privkey_deinit(d->key);
        bytes_done(&d->certificate);
        free(d);
        return NULL;
}

/* GnuTLS's own question is answered with yes where no purpose is named at all. */
static bool is_for_ocsp(gnutls_x509_crt_t crt) {
        char oid[OID_SIZE];

        for (unsigned i = 0; i < PURPOSES_MAX; i++) {
                size_t size = sizeof(oid);
                int r = gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size, NULL);

                if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                        return false;
                if (r >= 0 && strcmp(oid, GNUTLS_KP_OCSP_SIGNING) == 0)
                        return true;
        }
        return false;
}

int delegate_check(const Delegate *d, const Issuer *issuer) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL, root = NULL;
        unsigned status = 0;
        int r;

        r = certificate_import(bytes_view(&d->certificate), &crt);
        if (r >= 0)
                r = certificate_import(bytes_view(&issuer->certificate), &root);
        if (r < 0)
                return r;
        if (gnutls_x509_crt_verify(crt, &root, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS, &status) < 0 || status != 0)
                return -EKEYREJECTED;
        return is_for_ocsp(crt) ? 0 : -EKEYREJECTED;
}

View delegate_algorithm(void) {
        /* ecdsa-with-SHA256, without parameters (RFC 5758 §3.2). */
        static const uint8_t algorithm[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };

        return VIEW(algorithm, sizeof(algorithm));
}

int delegate_sign(View data, const void *delegate, Bytes *ret) {
        const Delegate *d = delegate;

        return key_sign(d->key, &d->scheme, data, ret);
}

/* --- Files -------------------------------------------------------------------------------------------------------- */

static char *path_of(const char *folder, const char *name) {
        char *path;

        return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int read_key(const char *path, gnutls_privkey_t *ret) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        _cleanup_secret_ Secret *pkcs8 = NULL;
        int r;

        if (fd < 0)
                return -errno;
        r = secret_read_fd(fd, SECRET_MAX, false, &pkcs8);
        return r < 0 ? r : key_import(secret_view(pkcs8), ret);
}

int delegate_load(const char *folder, Delegate **ret) {
        _cleanup_free_ char *key_path = path_of(folder, KEY_FILE), *certificate_path = path_of(folder, CERTIFICATE_FILE);
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_bytes_ Bytes certificate = BYTES_NULL;
        int r;

        if (!key_path || !certificate_path)
                return -ENOMEM;
        r = read_key(key_path, &key);
        if (r >= 0)
                r = read_file(certificate_path, FILE_SIZE_MAX, &certificate);
        if (r >= 0)
                r = delegate_new(key, bytes_view(&certificate), ret);
        if (r >= 0)
                TAKE_PTR(key);
        return r;
}

int delegate_save(const Delegate *d, const char *folder) {
        _cleanup_free_ char *key_path = path_of(folder, KEY_FILE), *certificate_path = path_of(folder, CERTIFICATE_FILE);
        _cleanup_secret_ Secret *pkcs8 = NULL;
        int r;

        if (!key_path || !certificate_path)
                return -ENOMEM;
        r = key_export(d->key, &pkcs8);
        if (r >= 0)
                r = atomic_file_write(key_path, secret_view(pkcs8), 0600, true);
        return r < 0 ? r : atomic_file_write(certificate_path, bytes_view(&d->certificate), 0644, true);
}
