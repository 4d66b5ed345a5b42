/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Chains of certificates; see certificate-chain.h. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "crypto/name.h"
#include "daemon/certificate-chain.h"
#include "daemon/der-reader.h"

#define OID_ORGANIZATION_IDENTIFIER "2.5.4.97" /* X.520 */

static int import(View der, gnutls_x509_crt_t *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        const gnutls_datum_t data = { (unsigned char *) der.data, (unsigned) der.len };
        View rest = der, content;

        /* GnuTLS would not mind bytes that follow. */
        if (der.len > CHAIN_CERTIFICATE_MAX || der_expect(&rest, DER_SEQUENCE, &content) < 0 || rest.len > 0)
                return -EBADMSG;
        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_DER) < 0)
                return -EBADMSG;
        *ret = TAKE_PTR(crt);
        return 0;
}

bool certificate_allows_commitment(View certificate) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        unsigned usage = 0, critical;

        return import(certificate, &crt) >= 0 && gnutls_x509_crt_get_key_usage(crt, &usage, &critical) >= 0 && (usage & GNUTLS_KEY_NON_REPUDIATION);
}

static const char *check_own(gnutls_x509_crt_t crt, View public_key) {
        unsigned usage = 0, critical;

        if (key_matches_certificate(public_key, crt) < 0)
                return "The first certificate is not for this key.";
        if (gnutls_x509_crt_get_key_usage(crt, &usage, &critical) < 0 || !(usage & (GNUTLS_KEY_NON_REPUDIATION | GNUTLS_KEY_DIGITAL_SIGNATURE)))
                return "The certificate's key usage allows neither nonRepudiation nor digitalSignature.";
        return NULL;
}

/* Checks names, signature, and that the issuer may be one; times are checked apart, revocation is not known here. */
static const char *check_link(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer) {
        unsigned status = 0;

        if (!gnutls_x509_crt_check_issuer(crt, issuer))
                return "The certificates are not a chain: each has to be followed by its issuer's.";
        if (gnutls_x509_crt_verify(crt, &issuer, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) < 0 || status != 0)
                return "A certificate is not signed by the one that follows it.";
        return NULL;
}

static const char *check_all(gnutls_x509_crt_t *crts, size_t n, View public_key, int64_t now) {
        const char *problem;

        problem = check_own(crts[0], public_key);
        for (size_t i = 0; !problem && i < n; i++) {
                if (now > gnutls_x509_crt_get_expiration_time(crts[i]))
                        return "A certificate has expired.";
                if (i + 1 < n)
                        problem = check_link(crts[i], crts[i + 1]);
        }
        return problem;
}

int chain_check(const View *certificates, size_t n, View public_key, int64_t now, const char **ret_problem) {
        gnutls_x509_crt_t crts[CHAIN_MAX] = { NULL };
        const char *problem = NULL;
        int r = 0;

        if (n < 1 || n > CHAIN_MAX) {
                *ret_problem = "A chain has 1 to 10 certificates.";
                return -EINVAL;
        }
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = import(certificates[i], &crts[i]);
        if (r >= 0)
                problem = check_all(crts, n, public_key, now);
        else if (r == -EBADMSG)
                problem = "What was given is no certificate in DER, or larger than 16 KiB.";
        for (size_t i = 0; i < n; i++)
                if (crts[i])
                        gnutls_x509_crt_deinit(crts[i]);
        if (!problem)
                return r;
        *ret_problem = problem;
        return -EINVAL;
}

int chain_join(const View *certificates, size_t n, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        for (size_t i = 0; i < n; i++) {
                r = bytes_append_u32be(&b, (uint32_t) certificates[i].len);
                if (r >= 0)
                        r = bytes_append_view(&b, certificates[i]);
                if (r < 0)
                        return r;
        }
        *ret = bytes_take(&b);
        return 0;
}

/* --- Fields ------------------------------------------------------------------------------------------------------- */

void certificate_fields_done(CertificateFields *f) {
        free(f->subject);
        free(f->issuer);
        free(f->organization);
        free(f->organization_identifier);
        free(f->serial);
        *f = (CertificateFields) { 0 };
}

/* The content of the string type that a CA chose. GnuTLS prints an attribute that it has no name for in hexadecimal, so the DER is asked for. */
static char *attribute(gnutls_x509_crt_t crt, const char *oid) {
        uint8_t der[1024];
        size_t n = sizeof(der);
        DerElement e;
        View v;

        if (gnutls_x509_crt_get_dn_by_oid(crt, oid, 0, 1, der, &n) < 0)
                return NULL;
        v = VIEW(der, n);
        return der_next(&v, &e) < 0 ? NULL : utf8_sanitize(e.content);
}

int certificate_fields_read(View certificate, CertificateFields *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        uint8_t serial[64];
        size_t n = sizeof(serial);
        int r;

        r = import(certificate, &crt);
        if (r < 0)
                return r;
        if (gnutls_x509_crt_get_serial(crt, serial, &n) < 0)
                return -EBADMSG;
        *ret = (CertificateFields) {
                .subject = certificate_subject(crt),
                .issuer = certificate_issuer(crt),
                .organization = attribute(crt, GNUTLS_OID_X520_ORGANIZATION_NAME),
                .organization_identifier = attribute(crt, OID_ORGANIZATION_IDENTIFIER),
                .serial = hex_encode(VIEW(serial, n)),
                .not_before = gnutls_x509_crt_get_activation_time(crt),
                .not_after = gnutls_x509_crt_get_expiration_time(crt),
        };
        return 0;
}
