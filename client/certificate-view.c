/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Certificates shown; see certificate-view.h. What a certificate says was written by strangers: all of it is made fit to be shown. */

#include <gnutls/abstract.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "client/certificate-view.h"
#include "client/certificates.h"
#include "client/credential-choice.h"
#include "client/output.h"
#include "crypto/key.h"
#include "crypto/name.h"
#include "sign/cms/cms-brainpool.h"

#define ITEMS_MAX 32U /* of a list within a certificate that are shown */
#define TEXT_MAX 1024U

#define OID_QC_STATEMENTS "1.3.6.1.5.5.7.1.3"

typedef struct Bit {
        unsigned bit;
        const char *name;
} Bit;

/* RFC 5280 §4.2.1.3. */
static const Bit usages[] = {
        { GNUTLS_KEY_DIGITAL_SIGNATURE, "digitalSignature" }, { GNUTLS_KEY_NON_REPUDIATION, "nonRepudiation" },
        { GNUTLS_KEY_KEY_ENCIPHERMENT, "keyEncipherment" },   { GNUTLS_KEY_DATA_ENCIPHERMENT, "dataEncipherment" },
        { GNUTLS_KEY_KEY_AGREEMENT, "keyAgreement" },         { GNUTLS_KEY_KEY_CERT_SIGN, "keyCertSign" },
        { GNUTLS_KEY_CRL_SIGN, "cRLSign" },                   { GNUTLS_KEY_ENCIPHER_ONLY, "encipherOnly" },
        { GNUTLS_KEY_DECIPHER_ONLY, "decipherOnly" },
};

static const struct {
        const char *oid, *name;
} purposes[] = {
        { GNUTLS_KP_TLS_WWW_SERVER, "serverAuth" },  { GNUTLS_KP_TLS_WWW_CLIENT, "clientAuth" }, { GNUTLS_KP_CODE_SIGNING, "codeSigning" },
        { GNUTLS_KP_EMAIL_PROTECTION, "emailProtection" }, { GNUTLS_KP_TIME_STAMPING, "timeStamping" }, { GNUTLS_KP_OCSP_SIGNING, "OCSPSigning" },
        { GNUTLS_KP_ANY, "anyExtendedKeyUsage" },    { "1.3.6.1.5.5.7.3.36", "documentSigning" },
};

/* EN 319 412-5 §4 and §5: DER of the statements' and types' object identifiers. */
static const struct {
        const char *der, *name, *text;
} statements[] = {
        { "\x06\x06\x04\x00\x8e\x46\x01\x01", "QcCompliance", N_("qualified, by its own word") },
        { "\x06\x06\x04\x00\x8e\x46\x01\x04", "QcSSCD", N_("the key is in a qualified device, by its own word") },
        { "\x06\x07\x04\x00\x8e\x46\x01\x06\x01", "QcType esign", N_("for signatures of persons") },
        { "\x06\x07\x04\x00\x8e\x46\x01\x06\x02", "QcType eseal", N_("for seals of organisations") },
        { "\x06\x07\x04\x00\x8e\x46\x01\x06\x03", "QcType web", N_("for web sites") },
};

/* One thing that a certificate has several of: the i-th into `text`; false when there are no more. */
typedef bool (*NextFunc)(gnutls_x509_crt_t crt, unsigned i, char *text, size_t size);

static bool next_usage(gnutls_x509_crt_t crt, unsigned i, char *text, size_t size) {
        unsigned usage, critical;

        if (gnutls_x509_crt_get_key_usage(crt, &usage, &critical) < 0)
                return false;
        for (size_t k = 0; k < ELEMENTSOF(usages); k++)
                if ((usage & usages[k].bit) && i-- == 0) {
                        snprintf(text, size, "%s", usages[k].name);
                        return true;
                }
        return false;
}

static bool next_purpose(gnutls_x509_crt_t crt, unsigned i, char *text, size_t size) {
        unsigned critical;
        size_t n = size;

        if (gnutls_x509_crt_get_key_purpose_oid(crt, i, text, &n, &critical) < 0)
                return false;
        for (size_t k = 0; k < ELEMENTSOF(purposes); k++)
                if (strcmp(text, purposes[k].oid) == 0)
                        snprintf(text, size, "%s", purposes[k].name);
        return true;
}

static bool next_policy(gnutls_x509_crt_t crt, unsigned i, char *text, size_t size) {
        gnutls_x509_policy_st policy;
        unsigned critical;

        if (gnutls_x509_crt_get_policy(crt, i, &policy, &critical) < 0)
                return false;
        snprintf(text, size, "%s", policy.oid);
        gnutls_x509_policy_release(&policy);
        return true;
}

static bool next_name(gnutls_x509_crt_t crt, unsigned i, char *text, size_t size) {
        size_t n = size - 1;
        int r = gnutls_x509_crt_get_subject_alt_name(crt, i, text, &n, NULL);

        if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                return false;
        if (r != GNUTLS_SAN_DNSNAME && r != GNUTLS_SAN_RFC822NAME && r != GNUTLS_SAN_URI)
                n = 0;
        text[n] = '\0';
        return true;
}

static bool next_crl(gnutls_x509_crt_t crt, unsigned i, char *text, size_t size) {
        size_t n = size - 1;
        int r = gnutls_x509_crt_get_crl_dist_points(crt, i, text, &n, NULL, NULL);

        if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                return false;
        text[r < 0 ? 0 : n] = '\0';
        return true;
}

static bool next_access(gnutls_x509_crt_t crt, unsigned i, int what, char *text, size_t size) {
        gnutls_datum_t uri = { 0 };
        int r = gnutls_x509_crt_get_authority_info_access(crt, i, what, &uri, NULL);

        text[0] = '\0';
        if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                return false;
        if (r >= 0) {
                snprintf(text, size, "%.*s", (int) uri.size, (const char *) uri.data);
                gnutls_free(uri.data);
        }
        return true;
}

static bool next_ocsp(gnutls_x509_crt_t crt, unsigned i, char *text, size_t size) {
        return next_access(crt, i, GNUTLS_IA_OCSP_URI, text, size);
}

static bool next_issuer(gnutls_x509_crt_t crt, unsigned i, char *text, size_t size) {
        return next_access(crt, i, GNUTLS_IA_CAISSUERS_URI, text, size);
}

/* The statements that stand in the extension, found by the bytes of their identifiers. */
static bool next_statement(gnutls_x509_crt_t crt, unsigned i, char *text, size_t size) {
        uint8_t data[TEXT_MAX];
        size_t n = sizeof(data);
        unsigned critical;

        if (gnutls_x509_crt_get_extension_by_oid(crt, OID_QC_STATEMENTS, 0, data, &n, &critical) < 0)
                return false;
        for (size_t k = 0; k < ELEMENTSOF(statements); k++)
                if (memmem(data, n, statements[k].der, 2 + (size_t) statements[k].der[1]) && i-- == 0) {
                        snprintf(text, size, "%s", statements[k].name);
                        return true;
                }
        return false;
}

static const char *statement_text(const char *name) {
        for (size_t k = 0; k < ELEMENTSOF(statements); k++)
                if (strcmp(name, statements[k].name) == 0)
                        return _(statements[k].text);
        return name;
}

/* All of them behind commas; the caller frees; NULL where there is none. */
static char *joined(gnutls_x509_crt_t crt, NextFunc next) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        char text[TEXT_MAX];
        int r = 0;

        for (unsigned i = 0; r == 0 && i < ITEMS_MAX && next(crt, i, text, sizeof(text)); i++)
                if (*text)
                        r = bytes_printf(&b, "%s%s", b.len > 0 ? ", " : "", next == next_statement ? statement_text(text) : text);
        if (r < 0 || b.len == 0 || bytes_append_byte(&b, 0) < 0)
                return NULL;
        return text_clean((const char *) b.data);
}

/* "RSA, 3072 bits", "EC/ECDSA, SECP256R1"; the caller frees. */
static char *key_text(gnutls_x509_crt_t crt) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
        BrainpoolKey brainpool;
        const char *name;
        unsigned bits = 0;
        char *text = NULL;
        int algorithm, r;

        if (cms_brainpool_key(crt, &brainpool) > 0)
                return asprintf(&text, "%s, %s", gnutls_pk_get_name(GNUTLS_PK_ECDSA), brainpool_name(brainpool.curve)) < 0 ? NULL : text;
        if (gnutls_pubkey_init(&key) < 0 || gnutls_pubkey_import_x509(key, crt, 0) < 0)
                return NULL;
        algorithm = gnutls_pubkey_get_pk_algorithm(key, &bits);
        name = algorithm < 0 ? NULL : gnutls_pk_get_name((gnutls_pk_algorithm_t) algorithm);
        if (gnutls_pubkey_export_ecc_raw2(key, &curve, NULL, NULL, 0) >= 0 && curve != GNUTLS_ECC_CURVE_INVALID)
                r = asprintf(&text, "%s, %s", name ?: "?", gnutls_ecc_curve_get_name(curve) ?: "?");
        else
                r = asprintf(&text, ngettext("%s, %u bit", "%s, %u bits", bits), name ?: "?", bits);
        return r < 0 ? NULL : text;
}

static char *hex_of(gnutls_x509_crt_t crt, int (*get)(gnutls_x509_crt_t, void *, size_t *)) {
        uint8_t data[128];
        size_t n = sizeof(data);

        return get(crt, data, &n) < 0 ? NULL : hex_encode(VIEW(data, n));
}

static int get_key_id(gnutls_x509_crt_t crt, void *data, size_t *n) {
        return gnutls_x509_crt_get_subject_key_id(crt, data, n, NULL);
}

static const char *signature_name(gnutls_x509_crt_t crt) {
        int algorithm = gnutls_x509_crt_get_signature_algorithm(crt);

        return algorithm < 0 ? NULL : gnutls_sign_get_name((gnutls_sign_algorithm_t) algorithm);
}

/* "2027-01-31 12:00:00 (in 20 days)"; the caller frees. */
static char *until_text(gnutls_x509_crt_t crt) {
        int64_t until = gnutls_x509_crt_get_expiration_time(crt);
        const char *left = until < time(NULL) ? _("expired") : expiry_text_at(until);
        char *text = NULL;

        return asprintf(&text, left ? "%s (%s)" : "%s%s", text_time(until), left ?: "") < 0 ? NULL : text;
}

void certificate_print(gnutls_x509_crt_t crt) {
        _cleanup_free_ char *subject = certificate_subject(crt), *issuer = certificate_issuer(crt), *fingerprint = certificate_fingerprint(crt);
        _cleanup_free_ char *name = certificate_subject_attribute(crt, GNUTLS_OID_X520_COMMON_NAME);
        _cleanup_free_ char *organization = certificate_subject_attribute(crt, GNUTLS_OID_X520_ORGANIZATION_NAME);
        _cleanup_free_ char *serial = hex_of(crt, gnutls_x509_crt_get_serial), *key_id = hex_of(crt, get_key_id), *until = until_text(crt), *key = key_text(crt);
        _cleanup_free_ char *usage = joined(crt, next_usage), *purpose = joined(crt, next_purpose), *policy = joined(crt, next_policy);
        _cleanup_free_ char *names = joined(crt, next_name), *crl = joined(crt, next_crl), *ocsp = joined(crt, next_ocsp), *issuers = joined(crt, next_issuer);
        _cleanup_free_ char *statement = joined(crt, next_statement);
        const Pair pairs[] = {
                { _("Name"), name },
                { _("Organisation"), organization },
                { _("Subject"), subject },
                { _("Other names"), names },
                { _("Issued by"), issuer },
                { _("Serial number"), serial },
                { _("Valid from"), text_time(gnutls_x509_crt_get_activation_time(crt)) },
                { _("Valid until"), until },
                { _("Key"), key },
                { _("Signed with"), signature_name(crt) },
                { _("CA"), gnutls_x509_crt_get_ca_status(crt, NULL) > 0 ? _("yes") : _("no") },
                { _("Key usage"), usage },
                { _("Purposes"), purpose },
                { _("Policies"), policy },
                { _("Statements"), statement },
                { _("CRL"), crl },
                { _("OCSP"), ocsp },
                { _("Issuer's certificate"), issuers },
                { _("Key identifier"), key_id },
                { _("SHA-256"), fingerprint },
        };

        out_pairs(pairs, ELEMENTSOF(pairs));
}

static void write_list(Json *j, const char *name, gnutls_x509_crt_t crt, NextFunc next) {
        char text[TEXT_MAX];

        json_array_begin(j, name);
        for (unsigned i = 0; i < ITEMS_MAX && next(crt, i, text, sizeof(text)); i++)
                if (*text)
                        json_string(j, NULL, text);
        json_array_end(j);
}

void certificate_write_json(Json *j, gnutls_x509_crt_t crt) {
        _cleanup_free_ char *subject = certificate_subject(crt), *issuer = certificate_issuer(crt), *fingerprint = certificate_fingerprint(crt);
        _cleanup_free_ char *name = certificate_subject_attribute(crt, GNUTLS_OID_X520_COMMON_NAME);
        _cleanup_free_ char *organization = certificate_subject_attribute(crt, GNUTLS_OID_X520_ORGANIZATION_NAME);
        _cleanup_free_ char *serial = hex_of(crt, gnutls_x509_crt_get_serial), *key_id = hex_of(crt, get_key_id), *key = key_text(crt);

        json_object_begin(j, NULL);
        json_string(j, "name", name);
        json_string(j, "organization", organization);
        json_string(j, "subject", subject);
        json_string(j, "issuer", issuer);
        json_string(j, "serial", serial);
        json_time(j, "not_before", gnutls_x509_crt_get_activation_time(crt));
        json_time(j, "not_after", gnutls_x509_crt_get_expiration_time(crt));
        json_string(j, "key", key);
        json_string(j, "signature", signature_name(crt));
        json_bool(j, "ca", gnutls_x509_crt_get_ca_status(crt, NULL) > 0);
        write_list(j, "names", crt, next_name);
        write_list(j, "key_usage", crt, next_usage);
        write_list(j, "purposes", crt, next_purpose);
        write_list(j, "policies", crt, next_policy);
        write_list(j, "statements", crt, next_statement);
        write_list(j, "crl", crt, next_crl);
        write_list(j, "ocsp", crt, next_ocsp);
        write_list(j, "issuer_certificate", crt, next_issuer);
        json_string(j, "key_id", key_id);
        json_string(j, "fingerprint", fingerprint);
        json_object_end(j);
}
