/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Certificates; see certificate.h.
 *
 * There is no certificatePolicies extension, for we have no policy of our own to name, and no qcStatements: what this CA certifies are
 * advanced signatures and seals, not qualified ones. There is no subjectAltName: the root's name constraints would not allow the names that
 * are commonly put there. */

#include <ctype.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "base/codec.h"
#include "base/der-tag.h"
#include "ca/certificate.h"
#include "crypto/name.h"
#include "der/der.h"

#define DAY INT64_C(86400)
#define PURPOSE_DOCUMENT_SIGNING "1.3.6.1.5.5.7.3.36" /* RFC 9336 */
#define OID_OCSP_NOCHECK "1.3.6.1.5.5.7.48.1.5"
#define KEY_ID_SIZE 20U
#define NAME_MAX_LENGTH 256U

DEFINE_CLEANUP(gnutls_x509_name_constraints_t, gnutls_x509_name_constraints_deinit);

void certificate_done(Certificate *c) {
        bytes_done(&c->der);
        free(c->subject);
        c->subject = NULL;
}

/* --- What both kinds have in common ------------------------------------------------------------------------------- */

int pubkey_fingerprint(gnutls_pubkey_t key, uint8_t ret[static 32]) {
        size_t size = 32;

        return gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, ret, &size) < 0 || size != 32 ? -EIO : 0;
}

/* RFC 7093 §2, method 4 with SHA-256, cut to the 160 bits that every implementation has room for. */
static int set_key_id(gnutls_x509_crt_t crt, gnutls_pubkey_t key) {
        uint8_t id[32];
        int r = pubkey_fingerprint(key, id);

        if (r < 0)
                return r;
        return gnutls_x509_crt_set_subject_key_id(crt, id, KEY_ID_SIZE) < 0 ? -EIO : 0;
}

/* 126 bits of randomness, positive, and never of a length that DER would shorten (RFC 5280 §4.1.2.2). */
static int set_serial(gnutls_x509_crt_t crt, char ret[static SERIAL_TEXT_SIZE]) {
        _cleanup_free_ char *text = NULL;
        uint8_t serial[SERIAL_SIZE];

        if (gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial)) < 0)
                return -EIO;
        serial[0] = (serial[0] & 0x7f) | 0x40;
        if (gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)) < 0)
                return -EIO;
        text = hex_encode(VIEW(serial, sizeof(serial)));
        if (!text)
                return -ENOMEM;
        memcpy(ret, text, SERIAL_TEXT_SIZE);
        return 0;
}

static int set_validity(gnutls_x509_crt_t crt, Certificate *c, int64_t from, int64_t to) {
        c->not_before = from;
        c->not_after = to;
        return gnutls_x509_crt_set_activation_time(crt, from) < 0 || gnutls_x509_crt_set_expiration_time(crt, to) < 0 ? -EIO : 0;
}

static int begin(const Subject *subject, gnutls_pubkey_t key, Certificate *c, gnutls_x509_crt_t *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        int r;

        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_set_version(crt, 3) < 0 || gnutls_x509_crt_set_pubkey(crt, key) < 0)
                return -EIO;
        r = set_serial(crt, c->serial);
        if (r >= 0)
                r = subject_to_certificate(subject, crt);
        if (r >= 0)
                r = set_key_id(crt, key);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(crt);
        return 0;
}

/* --- Signing ------------------------------------------------------------------------------------------------------ */

/* GnuTLS writes a to-be-signed structure only when it signs, and gives a key that is elsewhere no more than a digest of it. So it signs with a key that
 * stands in, whose signature is no signature; what is to be signed is taken out, and signed by who has the key. */

static int stand_in_info(gnutls_privkey_t key, unsigned flags, void *userdata) {
        const SignatureScheme *scheme = userdata;

        if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
                return gnutls_sign_get_pk_algorithm(scheme->sign);
        if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
                return GNUTLS_FLAGS_TO_SIGN_ALGO(flags) == scheme->sign;
        return flags & GNUTLS_PRIVKEY_INFO_SIGN_ALGO ? (int) scheme->sign : -1;
}

static int stand_in_sign(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *userdata, unsigned flags, const gnutls_datum_t *data,
                         gnutls_datum_t *signature) {
        signature->data = gnutls_calloc(1, 1);
        signature->size = 1;
        return signature->data ? 0 : GNUTLS_E_MEMORY_ERROR;
}

static int write_tbs(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer, SignatureScheme *scheme, Bytes *ret) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        gnutls_datum_t der = { 0 };
        View rest, contents, tbs;
        int r;

        if (gnutls_privkey_init(&key) < 0)
                return -ENOMEM;
        if (gnutls_privkey_import_ext4(key, scheme, stand_in_sign, stand_in_sign, NULL, NULL, stand_in_info, 0) < 0 ||
            gnutls_x509_crt_privkey_sign(crt, issuer, key, scheme->message_digest, 0) < 0 || gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
                return -EIO;
        rest = VIEW(der.data, der.size);
        r = der_expect(&rest, TAG_SEQUENCE, &contents);
        if (r >= 0)
                r = der_next(&contents, &tbs, NULL);
        if (r >= 0)
                r = bytes_dup(tbs, ret);
        gnutls_free(der.data);
        return r;
}

static int sign_tbs(const Signatory *by, gnutls_pubkey_t key, View tbs, Bytes *ret) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        View algorithm;
        int r;

        r = signed_algorithm(key, &algorithm);
        if (r >= 0)
                r = by->sign(tbs, by->userdata, &value);
        return r < 0 ? r : signed_assemble(tbs, algorithm, bytes_view(&value), ret);
}

/* Signs and fills in what is known only then. */
static int finish(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer, const Signatory *by, Certificate *c) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        _cleanup_bytes_ Bytes tbs = BYTES_NULL;
        SignatureScheme scheme;
        int r;

        if (gnutls_pubkey_init(&key) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_import_x509(key, issuer, 0) < 0 || signature_scheme_of(key_algorithm_of_pubkey(key), &scheme) < 0)
                return -EIO;
        r = write_tbs(crt, issuer, &scheme, &tbs);
        if (r < 0)
                return r;
        c->subject = certificate_subject(crt);
        return c->subject ? sign_tbs(by, key, bytes_view(&tbs), &c->der) : -ENOMEM;
}

/* --- The root ----------------------------------------------------------------------------------------------------- */

int root_subject_check(const Subject *s, const char **ret_problem) {
        static const char *const person[] = { "organizationIdentifier", "givenName", "surname", "serialNumber" };

        *ret_problem = NULL;
        if (!subject_get(s, "countryName"))
                *ret_problem = "The root needs a countryName.";
        else if (!subject_get(s, "organizationName"))
                *ret_problem = "The root needs an organizationName.";
        else if (!subject_get(s, "commonName"))
                *ret_problem = "The root needs a commonName.";
        for (size_t i = 0; i < ELEMENTSOF(person); i++)
                if (subject_get(s, person[i]))
                        *ret_problem = "The root has countryName, organizationName and commonName, nothing else.";
        return *ret_problem ? -EINVAL : 0;
}

/* An empty dNSName excludes all of them, and so does an address under an empty mask, once for each version of IP (RFC 5280 §4.2.1.10).
 * E-mail addresses and URIs have no such form that implementations agree on. */
static int set_name_constraints(gnutls_x509_crt_t crt) {
        _cleanup_(gnutls_x509_name_constraints_deinitp) gnutls_x509_name_constraints_t nc = NULL;
        static uint8_t zero[32];
        gnutls_datum_t dns = { .data = zero, .size = 0 }, ip4 = { .data = zero, .size = 8 }, ip6 = { .data = zero, .size = 32 };

        if (gnutls_x509_name_constraints_init(&nc) < 0)
                return -ENOMEM;
        if (gnutls_x509_name_constraints_add_excluded(nc, GNUTLS_SAN_DNSNAME, &dns) < 0 ||
            gnutls_x509_name_constraints_add_excluded(nc, GNUTLS_SAN_IPADDRESS, &ip4) < 0 ||
            gnutls_x509_name_constraints_add_excluded(nc, GNUTLS_SAN_IPADDRESS, &ip6) < 0)
                return -EIO;
        return gnutls_x509_crt_set_name_constraints(crt, nc, 1) < 0 ? -EIO : 0;
}

int root_create(const Signatory *by, gnutls_pubkey_t key, const Subject *subject, int64_t now, unsigned days, Certificate *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_certificate_ Certificate c = { 0 };
        int r;

        r = begin(subject, key, &c, &crt);
        if (r >= 0)
                r = set_validity(crt, &c, now, now + days * DAY);
        if (r < 0)
                return r;
        if (gnutls_x509_crt_set_basic_constraints(crt, 1, 0) < 0 ||
            gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN) < 0)
                return -EIO;
        r = set_name_constraints(crt);
        if (r >= 0)
                r = finish(crt, crt, by, &c);
        if (r < 0)
                return r;
        *ret = c;
        c = (Certificate) { 0 };
        return 0;
}

/* --- Certificates ------------------------------------------------------------------------------------------------- */

/* Verifiers hold a common name that reads like a DNS name against the DNS constraints, which exclude it: such a certificate would be
 * refused by them, whatever it is for. */
static bool reads_like_dns_name(const char *s) {
        bool dot = false;

        for (; *s; s++) {
                if (*s == '.')
                        dot = true;
                else if (!isalnum((unsigned char) *s) && *s != '-' && *s != '_' && *s != '*')
                        return false;
        }
        return dot;
}

static int copy_attribute(gnutls_x509_crt_t from, const char *oid, Subject *to, const char *name) {
        char value[NAME_MAX_LENGTH];
        size_t size = sizeof(value);

        return gnutls_x509_crt_get_dn_by_oid(from, oid, 0, 0, value, &size) < 0 ? -EIO : subject_set(to, name, value);
}

int responder_subject(gnutls_x509_crt_t root, Subject **ret) {
        _cleanup_(subject_freep) Subject *s = NULL;
        int r;

        r = subject_new(&s);
        if (r >= 0)
                r = copy_attribute(root, GNUTLS_OID_X520_COUNTRY_NAME, s, "countryName");
        if (r >= 0)
                r = copy_attribute(root, GNUTLS_OID_X520_ORGANIZATION_NAME, s, "organizationName");
        if (r >= 0)
                r = subject_set(s, "commonName", "OCSP responder");
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

static bool is_key_of(gnutls_x509_crt_t crt, gnutls_pubkey_t key) {
        uint8_t a[32], b[32];
        size_t size = sizeof(a);

        return gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, a, &size) < 0 || pubkey_fingerprint(key, b) < 0 ||
               memcmp(a, b, sizeof(a)) == 0;
}

int certificate_check(gnutls_x509_crt_t root, const Subject *subject, gnutls_pubkey_t key, Profile profile, const char **ret_problem) {
        if (subject_check(subject, profile, ret_problem) < 0)
                return -EINVAL;
        if (!profile_allows_key(profile, key_algorithm_of_pubkey(key)))
                *ret_problem = profile_keeps_order(profile) ? "KSeF takes keys on P-256, and RSA of 2048 bits; no others." :
                                                              "RSA keys need 3072 bits or more: those of 2048 bits are good until 2028 only (TS 119 312).";
        else if (reads_like_dns_name(subject_get(subject, "commonName")))
                *ret_problem = "The commonName reads like the name of a computer, which this CA must not certify: write it with a space.";
        else if (is_key_of(root, key))
                *ret_problem = "The request is for the CA's own key.";
        else
                return 0;
        return -EINVAL;
}

static int set_authority_key_id(gnutls_x509_crt_t crt, gnutls_x509_crt_t root) {
        uint8_t id[64];
        size_t size = sizeof(id);

        if (gnutls_x509_crt_get_subject_key_id(root, id, &size, NULL) < 0)
                return -EIO;
        return gnutls_x509_crt_set_authority_key_id(crt, id, size) < 0 ? -EIO : 0;
}

/* Purposes are named because GnuTLS takes a certificate without any for a TLS server's and holds its common name against the DNS constraints.
 * Next to signing documents it is protecting e-mail, which OpenSSL and NSS ask of whoever signs a CMS. What authenticates is a client. */
static int set_purposes(gnutls_x509_crt_t crt, Profile profile) {
        if (profile == PROFILE_OCSP_RESPONDER)
                return gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_OCSP_SIGNING, 0) < 0 ? -EIO : 0;
        if (profile_key_usage(profile) == GNUTLS_KEY_DIGITAL_SIGNATURE)
                return gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_CLIENT, 0) < 0 ? -EIO : 0;
        return gnutls_x509_crt_set_key_purpose_oid(crt, PURPOSE_DOCUMENT_SIGNING, 0) < 0 ||
               gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_EMAIL_PROTECTION, 0) < 0 ? -EIO : 0;
}

static int set_uri(gnutls_x509_crt_t crt, gnutls_info_access_what_t what, const char *url) {
        gnutls_datum_t datum = { .data = (unsigned char *) (uintptr_t) url, .size = url ? (unsigned) strlen(url) : 0 };

        return url && gnutls_x509_crt_set_authority_info_access(crt, what, &datum) < 0 ? -EIO : 0;
}

/* A responder's own certificate names no place where its state could be asked: that would be the responder itself. Instead it says that it need not be
 * (RFC 6960 §4.2.2.2.1). */
static int set_revocation(gnutls_x509_crt_t crt, Profile profile, const CertificateUrls *urls) {
        static const uint8_t null[] = { 0x05, 0x00 };
        int r;

        if (profile == PROFILE_OCSP_RESPONDER)
                return gnutls_x509_crt_set_extension_by_oid(crt, OID_OCSP_NOCHECK, null, sizeof(null), 0) < 0 ? -EIO : 0;
        if (!urls)
                return 0;
        if (urls->crl && gnutls_x509_crt_set_crl_dist_points2(crt, GNUTLS_SAN_URI, urls->crl, (unsigned) strlen(urls->crl), 0) < 0)
                return -EIO;
        r = set_uri(crt, GNUTLS_IA_OCSP_URI, urls->ocsp);
        return r < 0 ? r : set_uri(crt, GNUTLS_IA_CAISSUERS_URI, urls->ca);
}

int certificate_issue(const Signatory *by, gnutls_x509_crt_t root, const Subject *subject, gnutls_pubkey_t key, Profile profile,
                      const CertificateUrls *urls, int64_t now, unsigned days, Certificate *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_certificate_ Certificate c = { 0 };
        int64_t end = gnutls_x509_crt_get_expiration_time(root), wanted = now + days * DAY;
        int r;

        if (now < gnutls_x509_crt_get_activation_time(root) || now >= end)
                return -EKEYEXPIRED;
        r = begin(subject, key, &c, &crt);
        if (r >= 0)
                r = set_validity(crt, &c, now, wanted < end ? wanted : end);
        if (r >= 0)
                r = set_authority_key_id(crt, root);
        if (r >= 0)
                r = set_purposes(crt, profile);
        if (r >= 0)
                r = set_revocation(crt, profile, urls);
        if (r < 0)
                return r;
        if (gnutls_x509_crt_set_basic_constraints(crt, 0, -1) < 0 || gnutls_x509_crt_set_key_usage(crt, profile_key_usage(profile)) < 0)
                return -EIO;
        r = finish(crt, root, by, &c);
        if (r < 0)
                return r;
        *ret = c;
        c = (Certificate) { 0 };
        return 0;
}
