/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Revocation lists; see crl.h. */

#include <errno.h>
#include <time.h>

#include "base/der-tag.h"
#include "ca/crl.h"
#include "crypto/signed.h"
#include "der/der.h"

enum {
        TAG_KEY_ID = 0x80,     /* [0] IMPLICIT */
        TAG_EXTENSIONS = 0xa0, /* [0] EXPLICIT */
};

#define OID_REASON_CODE "2.5.29.21"
#define OID_INVALIDITY_DATE "2.5.29.24"
#define OID_CRL_NUMBER "2.5.29.20"
#define OID_AUTHORITY_KEY_ID "2.5.29.35"
#define OID_EXPIRED_CERTS_ON_CRL "2.5.29.60"

#define VERSION_2 1U
#define KEY_ID_MAX 64U
#define TIME_MAX 32U

/* --- Elements ----------------------------------------------------------------------------------------------------- */

/* An unsigned number of any length, without leading zeros but one that keeps it positive (X.690 §8.3). */
static int append_integer(Bytes *b, View number) {
        bool pad;
        int r;

        while (number.len > 1 && number.data[0] == 0)
                number = VIEW(number.data + 1, number.len - 1);
        pad = number.data[0] & 0x80;
        r = der_append_header(b, TAG_INTEGER, number.len + pad);
        if (r >= 0 && pad)
                r = bytes_append_byte(b, 0);
        return r < 0 ? r : bytes_append_view(b, number);
}

static int append_number(Bytes *b, uint64_t number) {
        uint8_t data[8];

        for (unsigned i = 0; i < sizeof(data); i++)
                data[i] = (uint8_t) (number >> (8 * (sizeof(data) - 1 - i)));
        return append_integer(b, VIEW(data, sizeof(data)));
}

static int split_time(int64_t seconds, struct tm *ret) {
        time_t t = seconds;

        return gmtime_r(&t, ret) && ret->tm_year >= 50 && ret->tm_year <= 9999 - 1900 ? 0 : -EINVAL;
}

/* YYYYMMDDHHMMSSZ, or without the century. */
static int append_time_as(Bytes *b, uint8_t tag, unsigned skip, const struct tm *tm) {
        char text[TIME_MAX];
        size_t n = strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", tm);

        return n <= skip ? -EINVAL : der_append_element(b, tag, VIEW(text + skip, n - skip));
}

/* UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 §5.1.2.4). */
static int append_time(Bytes *b, int64_t seconds) {
        struct tm tm;
        int r = split_time(seconds, &tm);

        if (r < 0)
                return r;
        return tm.tm_year < 150 ? append_time_as(b, TAG_UTC_TIME, 2, &tm) : append_time_as(b, TAG_GENERALIZED_TIME, 0, &tm);
}

static int append_generalized_time(Bytes *b, int64_t seconds) {
        struct tm tm;
        int r = split_time(seconds, &tm);

        return r < 0 ? r : append_time_as(b, TAG_GENERALIZED_TIME, 0, &tm);
}

/* Extension, not critical: its value is the DER in `value`. */
static int append_extension(Bytes *b, const char *oid, const Bytes *value) {
        _cleanup_bytes_ Bytes inner = BYTES_NULL;
        int r;

        r = der_append_oid(&inner, oid);
        if (r >= 0)
                r = der_append_element(&inner, TAG_OCTET_STRING, bytes_view(value));
        return r < 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(&inner));
}

/* --- An entry ----------------------------------------------------------------------------------------------------- */

/* The reason is left out where it says nothing (RFC 5280 §5.3.1). */
static int append_entry_extensions(Bytes *b, const CrlEntry *e) {
        _cleanup_bytes_ Bytes value = BYTES_NULL, list = BYTES_NULL;
        uint8_t reason = (uint8_t) e->reason;
        int r = 0;

        if (e->reason != REASON_UNSPECIFIED) {
                r = der_append_element(&value, TAG_ENUMERATED, VIEW(&reason, 1));
                if (r >= 0)
                        r = append_extension(&list, OID_REASON_CODE, &value);
                value.len = 0;
        }
        if (r >= 0 && e->invalid_since != 0) {
                r = append_generalized_time(&value, e->invalid_since);
                if (r >= 0)
                        r = append_extension(&list, OID_INVALIDITY_DATE, &value);
        }
        return r < 0 || list.len == 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(&list));
}

/* `scratch` is emptied and used, so that 100,000 entries do not cost as many allocations. */
static int append_entry(Bytes *b, const CrlEntry *e, Bytes *scratch) {
        int r;

        scratch->len = 0;
        r = append_integer(scratch, VIEW(e->serial, sizeof(e->serial)));
        if (r >= 0)
                r = append_time(scratch, e->date);
        if (r >= 0)
                r = append_entry_extensions(scratch, e);
        return r < 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(scratch));
}

/* revokedCertificates must be absent where there are none (RFC 5280 §5.1.2.6). */
static int append_entries(Bytes *b, const CrlEntry *entries, size_t n) {
        _cleanup_bytes_ Bytes list = BYTES_NULL, scratch = BYTES_NULL;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_entry(&list, &entries[i], &scratch);
        return r < 0 || n == 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(&list));
}

/* --- The list ----------------------------------------------------------------------------------------------------- */

static int append_authority_key_id(Bytes *b, gnutls_x509_crt_t issuer) {
        _cleanup_bytes_ Bytes inner = BYTES_NULL, value = BYTES_NULL;
        uint8_t id[KEY_ID_MAX];
        size_t size = sizeof(id);
        int r;

        if (gnutls_x509_crt_get_subject_key_id(issuer, id, &size, NULL) < 0)
                return -EINVAL;
        r = der_append_element(&inner, TAG_KEY_ID, VIEW(id, size));
        if (r >= 0)
                r = der_append_element(&value, TAG_SEQUENCE, bytes_view(&inner));
        return r < 0 ? r : append_extension(b, OID_AUTHORITY_KEY_ID, &value);
}

static int append_extensions(Bytes *b, gnutls_x509_crt_t issuer, uint64_t number) {
        _cleanup_bytes_ Bytes list = BYTES_NULL, value = BYTES_NULL, sequence = BYTES_NULL;
        int r;

        r = append_authority_key_id(&list, issuer);
        if (r >= 0)
                r = append_number(&value, number);
        if (r >= 0)
                r = append_extension(&list, OID_CRL_NUMBER, &value);
        value.len = 0;
        if (r >= 0)
                r = append_generalized_time(&value, gnutls_x509_crt_get_activation_time(issuer));
        if (r >= 0)
                r = append_extension(&list, OID_EXPIRED_CERTS_ON_CRL, &value);
        if (r >= 0)
                r = der_append_element(&sequence, TAG_SEQUENCE, bytes_view(&list));
        return r < 0 ? r : der_append_element(b, TAG_EXTENSIONS, bytes_view(&sequence));
}

static int append_issuer(Bytes *b, gnutls_x509_crt_t issuer) {
        gnutls_datum_t dn = { 0 };
        int r;

        if (gnutls_x509_crt_get_raw_dn(issuer, &dn) < 0)
                return -EINVAL;
        r = bytes_append(b, dn.data, dn.size);
        gnutls_free(dn.data);
        return r;
}

static int finish(CrlSign sign, void *userdata, Bytes *contents, View algorithm, Bytes *ret) {
        _cleanup_bytes_ Bytes value = BYTES_NULL, tbs = BYTES_NULL;
        int r;

        r = der_append_element(&tbs, TAG_SEQUENCE, bytes_view(contents));
        if (r < 0)
                return r;
        bytes_done(contents);
        r = sign(bytes_view(&tbs), userdata, &value);
        return r < 0 ? r : signed_assemble(bytes_view(&tbs), algorithm, bytes_view(&value), ret);
}

static int issuer_algorithm(gnutls_x509_crt_t issuer, View *ret) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;

        if (gnutls_pubkey_init(&key) < 0)
                return -ENOMEM;
        return gnutls_pubkey_import_x509(key, issuer, 0) < 0 ? -EOPNOTSUPP : signed_algorithm(key, ret);
}

int crl_create(gnutls_x509_crt_t issuer, CrlSign sign, void *userdata, const CrlEntry *entries, size_t n, uint64_t number, int64_t this_update,
               int64_t next_update, Bytes *ret) {
        _cleanup_bytes_ Bytes tbs = BYTES_NULL;
        View algorithm;
        int r;

        r = issuer_algorithm(issuer, &algorithm);
        if (r >= 0)
                r = append_number(&tbs, VERSION_2);
        if (r >= 0)
                r = bytes_append_view(&tbs, algorithm);
        if (r >= 0)
                r = append_issuer(&tbs, issuer);
        if (r >= 0)
                r = append_time(&tbs, this_update);
        if (r >= 0)
                r = append_time(&tbs, next_update);
        if (r >= 0)
                r = append_entries(&tbs, entries, n);
        if (r >= 0)
                r = append_extensions(&tbs, issuer, number);
        return r < 0 ? r : finish(sign, userdata, &tbs, algorithm, ret);
}
