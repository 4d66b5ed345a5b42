/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Certificates in files and messages; see certificates.h. */

#include <errno.h>
#include <gnutls/pkcs7.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "client/certificates.h"
#include "client/output.h"
#include "crypto/key.h"

#define OID_QC_STATEMENTS "1.3.6.1.5.5.7.1.3"
#define DER_QC_COMPLIANCE "\x06\x06\x04\x00\x8e\x46\x01\x01" /* the OID 0.4.0.1862.1.1, EN 319 412-5 §4.2.1 */

void certificate_list_done(CertificateList *l) {
        for (unsigned i = 0; i < l->n; i++)
                gnutls_x509_crt_deinit(l->items[i]);
        free(l->items);
        *l = (CertificateList) { 0 };
}

static int list_add(CertificateList *l, gnutls_x509_crt_t crt) {
        gnutls_x509_crt_t *grown;

        if (l->n >= CERTIFICATES_MAX) {
                gnutls_x509_crt_deinit(crt);
                return -E2BIG;
        }
        grown = reallocarray(l->items, l->n + 1, sizeof(*grown));
        if (!grown) {
                gnutls_x509_crt_deinit(crt);
                return -ENOMEM;
        }
        l->items = grown;
        l->items[l->n++] = crt;
        return 0;
}

static int list_add_der(CertificateList *l, const void *data, size_t len, gnutls_x509_crt_fmt_t format) {
        const gnutls_datum_t datum = { (unsigned char *) (uintptr_t) data, (unsigned) len };
        gnutls_x509_crt_t crt;

        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_import(crt, &datum, format) < 0) {
                gnutls_x509_crt_deinit(crt);
                return -EBADMSG;
        }
        return list_add(l, crt);
}

int certificate_list_add(CertificateList *l, View der) {
        return list_add_der(l, der.data, der.len, GNUTLS_X509_FMT_DER);
}

static int add_pem(CertificateList *l, const gnutls_datum_t *datum) {
        gnutls_x509_crt_t *items;
        unsigned n;
        int r = 0;

        if (gnutls_x509_crt_list_import2(&items, &n, datum, GNUTLS_X509_FMT_PEM, 0) < 0)
                return -EBADMSG;
        for (unsigned i = 0; i < n; i++)
                if (r == 0)
                        r = list_add(l, items[i]);
                else
                        gnutls_x509_crt_deinit(items[i]);
        gnutls_free(items);
        return r;
}

static int add_pkcs7(CertificateList *l, const gnutls_datum_t *datum, gnutls_x509_crt_fmt_t format) {
        gnutls_pkcs7_t p7;
        int r = -EBADMSG, n;

        if (gnutls_pkcs7_init(&p7) < 0)
                return -ENOMEM;
        if (gnutls_pkcs7_import(p7, datum, format) >= 0) {
                n = gnutls_pkcs7_get_crt_count(p7);
                r = n > 0 ? 0 : -EBADMSG;
                for (int i = 0; r == 0 && i < n; i++) {
                        gnutls_datum_t der;

                        if (gnutls_pkcs7_get_crt_raw2(p7, (unsigned) i, &der) < 0) {
                                r = -EBADMSG;
                                break;
                        }
                        r = list_add_der(l, der.data, der.size, GNUTLS_X509_FMT_DER);
                        gnutls_free(der.data);
                }
        }
        gnutls_pkcs7_deinit(p7);
        return r;
}

static int add_der(CertificateList *l, View der) {
        const gnutls_datum_t datum = { (unsigned char *) (uintptr_t) der.data, (unsigned) der.len };
        int r;

        r = list_add_der(l, der.data, der.len, GNUTLS_X509_FMT_DER);
        return r == -EBADMSG ? add_pkcs7(l, &datum, GNUTLS_X509_FMT_DER) : r;
}

/* Services that hand DER out in JSON hand out its base64. */
static int add_binary(CertificateList *l, View v) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        int r;

        r = add_der(l, v);
        return r == -EBADMSG && base64_decode(v, &der) >= 0 ? add_der(l, bytes_view(&der)) : r;
}

int certificates_read(View v, CertificateList *l) {
        const gnutls_datum_t datum = { (unsigned char *) (uintptr_t) v.data, (unsigned) v.len };

        if (view_find(v, "-----BEGIN PKCS7-----"))
                return add_pkcs7(l, &datum, GNUTLS_X509_FMT_PEM);
        return view_find(v, "-----BEGIN ") ? add_pem(l, &datum) : add_binary(l, v);
}

int certificates_read_file(const char *path, CertificateList *l) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = read_file(path, CERTIFICATE_FILE_MAX, &b);
        if (r < 0)
                return fail_file(r, path);
        r = certificates_read(bytes_view(&b), l);
        if (r == -E2BIG)
                return fail(EXIT_FAILED, _("%s: too many certificates (at most %u)."), path, CERTIFICATES_MAX);
        if (r == -EBADMSG)
                return fail(EXIT_FAILED, _("%s: no certificate in it. PEM, DER and PKCS#7 (p7b) are understood, and base64 of these."), path);
        return r < 0 ? fail_file(r, path) : 0;
}

static bool issued_by(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer) {
        return crt != issuer && gnutls_x509_crt_check_issuer(crt, issuer) != 0;
}

static void swap(CertificateList *l, unsigned a, unsigned b) {
        gnutls_x509_crt_t t = l->items[a];

        l->items[a] = l->items[b];
        l->items[b] = t;
}

void certificates_sort(CertificateList *l) {
        for (unsigned i = 0; i < l->n; i++) {
                bool issues = false;

                for (unsigned k = 0; k < l->n; k++)
                        issues |= issued_by(l->items[k], l->items[i]);
                if (!issues) {
                        swap(l, 0, i);
                        break;
                }
        }
        for (unsigned i = 1; i < l->n; i++)
                for (unsigned k = i; k < l->n; k++)
                        if (issued_by(l->items[i - 1], l->items[k])) {
                                swap(l, i, k);
                                break;
                        }
}

int certificates_put_first(CertificateList *l, View public_key) {
        for (unsigned i = 0; i < l->n; i++) {
                gnutls_x509_crt_t own = l->items[i];

                if (key_matches_certificate(public_key, own) < 0)
                        continue;
                memmove(l->items + 1, l->items, i * sizeof(own));
                l->items[0] = own;
                return 0;
        }
        return -ENOENT;
}

void certificates_cut_to_chain(CertificateList *l) {
        unsigned n = 1;

        for (; n < l->n && gnutls_x509_crt_check_issuer(l->items[n - 1], l->items[n - 1]) == 0; n++) {
                unsigned k = n;

                while (k < l->n && !issued_by(l->items[n - 1], l->items[k]))
                        k++;
                if (k == l->n)
                        break;
                swap(l, n, k);
        }
        for (unsigned i = n; i < l->n; i++)
                gnutls_x509_crt_deinit(l->items[i]);
        if (l->n > n)
                l->n = n;
}

int certificates_read_message(sd_bus_message *m, CertificateList *ret) {
        _cleanup_certificates_ CertificateList l = { 0 };
        const void *data;
        size_t size;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "ay");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read_array(m, 'y', &data, &size)) > 0) {
                r = list_add_der(&l, data, size, GNUTLS_X509_FMT_DER);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        *ret = l;
        l = (CertificateList) { 0 };
        return sd_bus_message_exit_container(m);
}

int certificates_append_message(sd_bus_message *m, const CertificateList *l) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "ay");
        for (unsigned i = 0; r >= 0 && i < l->n; i++) {
                gnutls_datum_t der;

                if (gnutls_x509_crt_export2(l->items[i], GNUTLS_X509_FMT_DER, &der) < 0)
                        return -ENOMEM;
                r = sd_bus_message_append_array(m, 'y', der.data, der.size);
                gnutls_free(der.data);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int certificates_pem(const CertificateList *l, Bytes *text) {
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < l->n; i++) {
                gnutls_datum_t der;

                if (gnutls_x509_crt_export2(l->items[i], GNUTLS_X509_FMT_DER, &der) < 0)
                        return -ENOMEM;
                r = pem_append(text, "CERTIFICATE", VIEW(der.data, der.size));
                gnutls_free(der.data);
        }
        return r;
}

/* Decodes the first PEM object of one of two names; DER is taken as it is. */
static int read_one(const char *path, const char *what, const char *other, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        gnutls_datum_t in, der;
        int r;

        r = read_file(path, CERTIFICATE_FILE_MAX, &b);
        if (r < 0)
                return fail_file(r, path);
        if (!view_find(bytes_view(&b), "-----BEGIN ")) {
                *ret = bytes_take(&b);
                return 0;
        }
        in = (gnutls_datum_t) { b.data, (unsigned) b.len };
        if (gnutls_pem_base64_decode2(what, &in, &der) < 0 && gnutls_pem_base64_decode2(other, &in, &der) < 0)
                return fail(EXIT_FAILED, _("%s: there is no “%s” in it."), path, what);
        r = bytes_append(ret, der.data, der.size);
        gnutls_free(der.data);
        return r < 0 ? fail_memory() : 0;
}

int request_read_file(const char *path, Bytes *ret) {
        return read_one(path, "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", ret);
}

int certificate_read_file(const char *path, Bytes *ret) {
        return read_one(path, "CERTIFICATE", "X509 CERTIFICATE", ret);
}

int write_output(Client *c, View text) {
        const char *path = arguments_get(&c->arguments, "output");
        int r;

        if (!path) {
                fwrite(text.data, 1, text.len, stdout);
                return 0;
        }
        r = atomic_file_write(path, text, 0644, arguments_has(&c->arguments, "force"));
        if (r == -EEXIST)
                return fail(EXIT_FAILED, _("%s exists already; use --force to replace it."), path);
        return r < 0 ? fail_file(r, path) : 0;
}

char *certificate_fingerprint(gnutls_x509_crt_t crt) {
        uint8_t digest[32];
        size_t size = sizeof(digest);

        if (gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, digest, &size) < 0)
                return NULL;
        return hex_encode(VIEW(digest, size));
}

static bool says_qualified(gnutls_x509_crt_t crt) {
        for (unsigned i = 0;; i++) {
                _cleanup_free_ uint8_t *data = NULL;
                char oid[64];
                size_t oid_size = sizeof(oid), size = 0;

                if (gnutls_x509_crt_get_extension_info(crt, i, oid, &oid_size, NULL) < 0)
                        return false;
                if (strcmp(oid, OID_QC_STATEMENTS) != 0)
                        continue;
                if (gnutls_x509_crt_get_extension_data(crt, i, NULL, &size) < 0 || !(data = malloc(size + 1)))
                        return false;
                return gnutls_x509_crt_get_extension_data(crt, i, data, &size) >= 0 && memmem(data, size, DER_QC_COMPLIANCE, 8);
        }
}

/* The mark of a CA such as sygnet-cad's: self-signed, and constrained in names. No public CA's root is. */
static bool is_own_ca(gnutls_x509_crt_t issuer) {
        gnutls_x509_name_constraints_t nc;
        unsigned critical;
        bool constrained;

        if (!issuer || gnutls_x509_crt_check_issuer(issuer, issuer) == 0 || gnutls_x509_name_constraints_init(&nc) < 0)
                return false;
        constrained = gnutls_x509_crt_get_name_constraints(issuer, nc, 0, &critical) >= 0;
        gnutls_x509_name_constraints_deinit(nc);
        return constrained;
}

const char *certificate_standing(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer) {
        if (says_qualified(crt))
                return N_("The certificate says that it is qualified; whether its issuer is on the EU trusted lists was not checked.");
        if (is_own_ca(issuer))
                return N_("Advanced electronic signature or seal by a certificate of an own certification authority: not qualified.");
        return N_("Advanced electronic signature or seal at most: the certificate does not say that it is qualified.");
}
