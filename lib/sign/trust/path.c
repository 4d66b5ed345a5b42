/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Paths with keys that GnuTLS does not know; see path.h. */

#include <string.h>

#include "base/der-tag.h"
#include "crypto/key.h"
#include "sign/cms/cms-brainpool.h"
#include "sign/trust/path.h"

#define EXTENSIONS_MAX 64U

DEFINE_CLEANUP(gnutls_x509_name_constraints_t, gnutls_x509_name_constraints_deinit);

bool path_has_other_key(gnutls_x509_crt_t crt) {
        BrainpoolKey key;

        return cms_brainpool_key(crt, &key) > 0;
}

bool path_is_signed_by(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer) {
        _cleanup_(datum_done) gnutls_datum_t der = { 0 };
        View certificate, whole, tbs, algorithm, value;
        CmsAlgorithms a;

        if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
                return false;
        certificate = VIEW(der.data, der.size);
        if (der_expect(&certificate, TAG_SEQUENCE, &whole) < 0 || der_next(&whole, &tbs, NULL) < 0 || der_next(&whole, &algorithm, NULL) < 0 ||
            der_expect(&whole, TAG_BIT_STRING, &value) < 0 || value.len < 2 || value.data[0] != 0)
                return false;
        return cms_algorithms_read_identifier(algorithm, &a) == 0 &&
               cms_signature_verify(&a, issuer, &tbs, (View) { 0 }, VIEW(value.data + 1, value.len - 1)) == 0;
}

/* Of an authority with so many others below it. */
static unsigned authority_status(gnutls_x509_crt_t issuer, size_t below) {
        unsigned is_authority = 0, usage = 0;
        int length = -1, r;

        if (gnutls_x509_crt_get_version(issuer) < 3 || gnutls_x509_crt_get_basic_constraints(issuer, NULL, &is_authority, &length) < 0 || !is_authority)
                return GNUTLS_CERT_SIGNER_NOT_CA;
        if (length >= 0 && below > (size_t) length)
                return GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE;
        r = gnutls_x509_crt_get_key_usage(issuer, &usage, NULL);
        if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                return 0;
        return r < 0 || !(usage & GNUTLS_KEY_KEY_CERT_SIGN) ? GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE : 0;
}

/* What is looked at, here or where the signer's certificate is judged; of certificatePolicies all are accepted. */
static bool is_known(const char *oid) {
        static const char *const known[] = {
                "2.5.29.15", /* keyUsage */
                "2.5.29.17", /* subjectAltName */
                "2.5.29.19", /* basicConstraints */
                "2.5.29.30", /* nameConstraints */
                "2.5.29.32", /* certificatePolicies */
                "2.5.29.37", /* extKeyUsage */
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (strcmp(known[i], oid) == 0)
                        return true;
        return false;
}

static unsigned extensions_status(gnutls_x509_crt_t crt) {
        for (unsigned i = 0; i < EXTENSIONS_MAX; i++) {
                char oid[128];
                size_t size = sizeof(oid);
                unsigned critical = 0;
                int r = gnutls_x509_crt_get_extension_info(crt, i, oid, &size, &critical);

                if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                        return 0;
                if (r < 0 || (critical && !is_known(oid)))
                        return GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS;
        }
        return GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS;
}

/* Adds the issuer's constraints to those from above, and holds the names against them all. */
static unsigned names_status(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer, gnutls_x509_name_constraints_t constraints) {
        static const gnutls_x509_subject_alt_name_t kinds[] = { GNUTLS_SAN_DNSNAME, GNUTLS_SAN_RFC822NAME, GNUTLS_SAN_URI, GNUTLS_SAN_IPADDRESS, GNUTLS_SAN_DN };
        int r = gnutls_x509_crt_get_name_constraints(issuer, constraints, GNUTLS_NAME_CONSTRAINTS_FLAG_APPEND, NULL);

        if (r < 0 && r != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                return GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE;
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (!gnutls_x509_name_constraints_check_crt(constraints, kinds[i], crt))
                        return GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE;
        return 0;
}

static unsigned link_status(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer, size_t below, gnutls_x509_name_constraints_t constraints) {
        unsigned status;

        if (!gnutls_x509_crt_check_issuer(crt, issuer))
                return GNUTLS_CERT_SIGNER_NOT_FOUND;
        status = authority_status(issuer, below);
        if (status == 0)
                status = extensions_status(crt);
        if (status == 0)
                status = names_status(crt, issuer, constraints);
        if (status == 0 && !path_is_signed_by(crt, issuer))
                status = GNUTLS_CERT_SIGNATURE_FAILURE;
        return status;
}

unsigned path_status(const gnutls_x509_crt_t *path, size_t n, gnutls_x509_crt_t anchor) {
        _cleanup_(gnutls_x509_name_constraints_deinitp) gnutls_x509_name_constraints_t constraints = NULL;
        unsigned status = 0;

        if (gnutls_x509_name_constraints_init(&constraints) < 0)
                return GNUTLS_CERT_INVALID;
        for (size_t i = n; i-- > 0 && status == 0;)
                status = link_status(path[i], i + 1 < n ? path[i + 1] : anchor, i, constraints);
        return status == 0 ? 0 : status | GNUTLS_CERT_INVALID;
}
