/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Seed values; see pdf-seed.h. */

#include <errno.h>
#include <string.h>

#include "sign/pdf/pdf-seed.h"

/* Ff of the seed value dictionary: which entries are conditions. */
enum {
        SEED_FILTER = 1 << 0,
        SEED_SUB_FILTER = 1 << 1,
        SEED_V = 1 << 2,
        SEED_REASONS = 1 << 3,
        SEED_LEGAL_ATTESTATION = 1 << 4,
        SEED_REVOCATION = 1 << 5,
        SEED_DIGEST = 1 << 6,
        SEED_LOCK_DOCUMENT = 1 << 7,
        SEED_APPEARANCE = 1 << 8,
};

/* Ff of the certificate seed value dictionary. */
enum {
        CERT_SUBJECT = 1 << 0,
        CERT_ISSUER = 1 << 1,
        CERT_KEY_USAGE = 1 << 5,
        CERT_URL = 1 << 6, /* where to get one; no condition of the certificate */
};

/* The version of the dictionary that all of this is. */
#define SEED_VERSION 3

static qpdf_oh item_of(PdfDocument *d, qpdf_oh array, int i) {
        return qpdf_oh_get_array_item(d->q, array, i);
}

static bool names_value(PdfDocument *d, qpdf_oh seed, const char *key, const char *name) {
        qpdf_oh array = pdf_get(d, seed, key);
        int n = pdf_count(d, array);
        bool found = false;

        for (int i = 0; i < n && !found; i++) {
                qpdf_oh item = item_of(d, array, i);

                found = qpdf_oh_is_name(d->q, item) && qpdf_oh_is_name_and_equals(d->q, item, name);
                qpdf_oh_release(d->q, item);
        }
        qpdf_oh_release(d->q, array);
        return found;
}

static View binary_value(PdfDocument *d, qpdf_oh oh) {
        size_t len;
        const char *data;

        if (!qpdf_oh_is_string(d->q, oh))
                return (View) { 0 };
        data = qpdf_oh_get_binary_string_value(d->q, oh, &len);
        return VIEW(data, len);
}

/* The digests' names as the standard writes them, SHA384 and the like. */
static bool lists_digest(PdfDocument *d, qpdf_oh seed, const Signer *signer) {
        qpdf_oh array = pdf_get(d, seed, "/DigestMethod");
        const char *ours = gnutls_digest_get_name(signer->scheme.message_digest);
        int n = pdf_count(d, array);
        bool found = false;

        for (int i = 0; i < n && !found; i++) {
                qpdf_oh item = item_of(d, array, i);

                found = ours && qpdf_oh_is_string(d->q, item) && strcasecmp(qpdf_oh_get_utf8_value(d->q, item), ours) == 0;
                qpdf_oh_release(d->q, item);
        }
        qpdf_oh_release(d->q, array);
        return found;
}

static bool is_true(PdfDocument *d, qpdf_oh seed, const char *key) {
        qpdf_oh value = pdf_get(d, seed, key);
        bool is = (qpdf_oh_is_bool(d->q, value) && qpdf_oh_get_bool_value(d->q, value)) ||
                (qpdf_oh_is_name(d->q, value) && qpdf_oh_is_name_and_equals(d->q, value, "/true"));

        qpdf_oh_release(d->q, value);
        return is;
}

static bool suits_format(PdfDocument *d, qpdf_oh seed, long long flags, const Signer *signer) {
        if ((flags & SEED_FILTER) && !pdf_name_is(d, seed, "/Filter", "/Adobe.PPKLite"))
                return false;
        if ((flags & SEED_SUB_FILTER) && !names_value(d, seed, "/SubFilter", "/ETSI.CAdES.detached"))
                return false;
        if ((flags & SEED_V) && pdf_get_int(d, seed, "/V", 1) > SEED_VERSION)
                return false;
        if ((flags & SEED_DIGEST) && !lists_digest(d, seed, signer))
                return false;
        if ((flags & SEED_LEGAL_ATTESTATION) && pdf_count(d, pdf_get(d, seed, "/LegalAttestation")) > 0)
                return false;
        if ((flags & SEED_REVOCATION) && is_true(d, seed, "/AddRevInfo"))
                return false;
        if ((flags & SEED_LOCK_DOCUMENT) && is_true(d, seed, "/LockDocument"))
                return false;
        return !(flags & SEED_APPEARANCE);
}

/* No list, an empty one, or one of a single period: no reason may be given. */
static bool suits_reason(PdfDocument *d, qpdf_oh seed, const char *reason) {
        qpdf_oh array = pdf_get(d, seed, "/Reasons");
        int n = pdf_count(d, array);
        bool none = n == 0, found = false;

        for (int i = 0; i < n; i++) {
                qpdf_oh item = item_of(d, array, i);
                const char *text = qpdf_oh_is_string(d->q, item) ? qpdf_oh_get_utf8_value(d->q, item) : "";

                none = none || (n == 1 && strcmp(text, ".") == 0);
                found = found || (reason && strcmp(text, reason) == 0);
                qpdf_oh_release(d->q, item);
        }
        qpdf_oh_release(d->q, array);
        return none ? !reason : found;
}

static bool is_certificate(gnutls_x509_crt_t crt, View der) {
        gnutls_datum_t own = { 0 };
        bool is = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &own) >= 0 && view_equal(VIEW(own.data, own.size), der);

        gnutls_free(own.data);
        return is;
}

static bool is_issued_by(const Signer *signer, View der) {
        gnutls_datum_t datum = { .data = (unsigned char *) der.data, .size = (unsigned) der.len };
        gnutls_x509_crt_t issuer;
        bool is = false;

        if (gnutls_x509_crt_init(&issuer) < 0)
                return false;
        if (gnutls_x509_crt_import(issuer, &datum, GNUTLS_X509_FMT_DER) >= 0)
                for (size_t i = 0; i < signer->n_chain && !is; i++)
                        is = gnutls_x509_crt_check_issuer(signer->chain[i], issuer) > 0;
        gnutls_x509_crt_deinit(issuer);
        return is;
}

/* A text of 0, 1 and X, one for each bit of the extension. */
static bool suits_usage(const Signer *signer, View pattern) {
        static const unsigned bits[] = { GNUTLS_KEY_DIGITAL_SIGNATURE, GNUTLS_KEY_NON_REPUDIATION, GNUTLS_KEY_KEY_ENCIPHERMENT,
                                         GNUTLS_KEY_DATA_ENCIPHERMENT, GNUTLS_KEY_KEY_AGREEMENT, GNUTLS_KEY_KEY_CERT_SIGN, GNUTLS_KEY_CRL_SIGN,
                                         GNUTLS_KEY_ENCIPHER_ONLY, GNUTLS_KEY_DECIPHER_ONLY };
        unsigned usage = 0;

        (void) gnutls_x509_crt_get_key_usage(signer->chain[0], &usage, NULL);
        for (size_t i = 0; i < pattern.len && i < ELEMENTSOF(bits); i++)
                if ((pattern.data[i] == '1' && !(usage & bits[i])) || (pattern.data[i] == '0' && (usage & bits[i])))
                        return false;
        return true;
}

static bool suits_one(const Signer *signer, int flag, View value) {
        switch (flag) {
        case CERT_SUBJECT:
                return is_certificate(signer->chain[0], value);
        case CERT_ISSUER:
                return is_issued_by(signer, value);
        default:
                return suits_usage(signer, value);
        }
}

/* One of the array's strings must suit. */
static bool suits_any(PdfDocument *d, qpdf_oh cert, const char *key, const Signer *signer, int flag) {
        qpdf_oh array = pdf_get(d, cert, key);
        int n = pdf_count(d, array);
        bool found = false;

        for (int i = 0; i < n && i < 256 && !found; i++) {
                qpdf_oh item = item_of(d, array, i);

                found = qpdf_oh_is_string(d->q, item) && suits_one(signer, flag, binary_value(d, item));
                qpdf_oh_release(d->q, item);
        }
        qpdf_oh_release(d->q, array);
        return found;
}

static bool suits_certificate(PdfDocument *d, qpdf_oh seed, const Signer *signer) {
        static const struct {
                int flag;
                const char *key;
        } conditions[] = { { CERT_SUBJECT, "/Subject" }, { CERT_ISSUER, "/Issuer" }, { CERT_KEY_USAGE, "/KeyUsage" } };
        qpdf_oh cert = pdf_get(d, seed, "/Cert");
        long long flags = pdf_get_int(d, cert, "/Ff", 0);
        bool suits = (flags & ~(long long) (CERT_SUBJECT | CERT_ISSUER | CERT_KEY_USAGE | CERT_URL)) == 0;

        for (size_t i = 0; i < ELEMENTSOF(conditions) && suits; i++)
                if (flags & conditions[i].flag)
                        suits = suits_any(d, cert, conditions[i].key, signer, conditions[i].flag);
        qpdf_oh_release(d->q, cert);
        return suits;
}

/* MDP: 0 asks for a signature that is no certification, 1 to 3 for one. */
static bool suits_level(PdfDocument *d, qpdf_oh seed, int asked, int *ret) {
        qpdf_oh mdp = pdf_get(d, seed, "/MDP");
        long long level = pdf_get_int(d, mdp, "/P", -1);

        qpdf_oh_release(d->q, mdp);
        *ret = asked;
        if (level < 0)
                return true;
        if (level > 3 || (asked != 0 && asked != level))
                return false;
        *ret = (int) level;
        return true;
}

static bool wants_timestamp(PdfDocument *d, qpdf_oh seed) {
        qpdf_oh timestamp = pdf_get(d, seed, "/TimeStamp");
        bool wants = pdf_get_int(d, timestamp, "/Ff", 0) & 1;

        qpdf_oh_release(d->q, timestamp);
        return wants;
}

int pdf_seed_check(PdfDocument *d, qpdf_oh field, const PdfSeedFacts *facts, int *ret_certify) {
        qpdf_oh seed = pdf_get(d, field, "/SV");
        long long flags = pdf_get_int(d, seed, "/Ff", 0);
        int level = facts->certify, r = 0;

        if (!suits_format(d, seed, flags, facts->signer))
                r = PDF_SEED_E_FORMAT;
        else if (!suits_certificate(d, seed, facts->signer))
                r = PDF_SEED_E_CERTIFICATE;
        else if ((flags & SEED_REASONS) && !suits_reason(d, seed, facts->reason))
                r = PDF_SEED_E_REASON;
        else if (!suits_level(d, seed, facts->certify, &level))
                r = PDF_SEED_E_CERTIFY;
        else if (wants_timestamp(d, seed) && !facts->timestamped)
                r = PDF_SEED_E_TIMESTAMP;
        qpdf_oh_release(d->q, seed);
        if (r == 0)
                *ret_certify = level;
        return r;
}
