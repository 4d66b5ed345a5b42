/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Responses; see response.h.
 *
 *   OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] EXPLICIT SEQUENCE { responseType OID, response OCTET STRING } OPTIONAL }
 *   BasicOCSPResponse ::= SEQUENCE { tbsResponseData ResponseData, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING,
 *                                    certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
 *   ResponseData ::= SEQUENCE { responderID CHOICE { byKey [2] EXPLICIT OCTET STRING, … }, producedAt GeneralizedTime,
 *                               responses SEQUENCE OF SingleResponse, responseExtensions [1] EXPLICIT Extensions OPTIONAL }
 *   SingleResponse ::= SEQUENCE { certID CertID, certStatus CHOICE { good [0] IMPLICIT NULL, revoked [1] IMPLICIT RevokedInfo, unknown [2] IMPLICIT NULL },
 *                                 thisUpdate GeneralizedTime, nextUpdate [0] EXPLICIT GeneralizedTime OPTIONAL, … }
 *   RevokedInfo ::= SEQUENCE { revocationTime GeneralizedTime, revocationReason [0] EXPLICIT CRLReason OPTIONAL }
 *
 * What is inside is written first; its header is put before it when its length is known. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/der-tag.h"
#include "der/der.h"
#include "ocsp/response.h"

enum {
        TAG_GOOD = 0x80,
        TAG_UNKNOWN = 0x82,
};

#define HEADER_MAX 16U
#define TIME_SIZE 32U

static const uint8_t oid_basic[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01 };
static const uint8_t oid_nonce[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02 };

void ocsp_response_error(OcspError error, uint8_t ret[static OCSP_ERROR_SIZE]) {
        const uint8_t response[OCSP_ERROR_SIZE] = { TAG_SEQUENCE, 3, TAG_ENUMERATED, 1, (uint8_t) error };

        memcpy(ret, response, sizeof(response));
}

/* --- Elements ----------------------------------------------------------------------------------------------------- */

/* Makes what was written since `start` the contents of an element. */
static int enclose(Bytes *b, size_t start, uint8_t tag) {
        size_t contents = b->len - start, size;
        uint8_t header[HEADER_MAX];
        int r;

        r = der_append_header(b, tag, contents);
        if (r < 0)
                return r;
        size = b->len - start - contents;
        memcpy(header, b->data + start + contents, size);
        memmove(b->data + start + size, b->data + start, contents);
        memcpy(b->data + start, header, size);
        return 0;
}

static int append_time(Bytes *b, int64_t seconds) {
        char text[TIME_SIZE];
        time_t t = seconds;
        struct tm tm;
        size_t n;

        if (!gmtime_r(&t, &tm) || tm.tm_year < 70 || tm.tm_year > 9999 - 1900)
                return -EINVAL;
        n = strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
        return der_append_element(b, TAG_GENERALIZED_TIME, VIEW(text, n));
}

static int append_explicit_time(Bytes *b, uint8_t tag, int64_t seconds) {
        size_t start = b->len;
        int r = append_time(b, seconds);

        return r < 0 ? r : enclose(b, start, tag);
}

/* --- ResponseData ------------------------------------------------------------------------------------------------- */

/* As in a CRL, a reason that says nothing is left out (RFC 5280 §5.3.1). */
static int append_revoked(Bytes *b, const OcspSingle *s) {
        const uint8_t reason[] = { TAG_ENUMERATED, 1, (uint8_t) s->reason };
        size_t start = b->len;
        int r = append_time(b, s->time);

        if (r >= 0 && s->reason != REASON_UNSPECIFIED)
                r = der_append_element(b, TAG_CONTEXT_0, VIEW(reason, sizeof(reason)));
        return r < 0 ? r : enclose(b, start, TAG_CONTEXT_1);
}

static int append_state(Bytes *b, const OcspSingle *s) {
        switch (s->state) {
        case CERTIFICATE_GOOD:
                return der_append_header(b, TAG_GOOD, 0);
        case CERTIFICATE_SUSPENDED:
        case CERTIFICATE_REVOKED:
                return append_revoked(b, s);
        case CERTIFICATE_UNKNOWN:
                return der_append_header(b, TAG_UNKNOWN, 0);
        case _CERTIFICATE_STATE_MAX:
                break;
        }
        return -EINVAL;
}

static int append_single(Bytes *b, const OcspAnswer *a, const OcspSingle *s) {
        size_t start = b->len;
        int r = bytes_append_view(b, s->certificate_id);

        if (r >= 0)
                r = append_state(b, s);
        if (r >= 0)
                r = append_time(b, a->this_update);
        if (r >= 0)
                r = append_explicit_time(b, TAG_CONTEXT_0, a->next_update);
        return r < 0 ? r : enclose(b, start, TAG_SEQUENCE);
}

static int append_singles(Bytes *b, const OcspAnswer *a) {
        size_t start = b->len;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < a->n; i++)
                r = append_single(b, a, &a->singles[i]);
        return r < 0 ? r : enclose(b, start, TAG_SEQUENCE);
}

static int append_nonce(Bytes *b, View nonce) {
        size_t start = b->len;
        int r = bytes_append(b, oid_nonce, sizeof(oid_nonce));

        if (r >= 0)
                r = der_append_element(b, TAG_OCTET_STRING, nonce);
        if (r >= 0)
                r = enclose(b, start, TAG_SEQUENCE); /* Extension */
        if (r >= 0)
                r = enclose(b, start, TAG_SEQUENCE); /* Extensions */
        return r < 0 ? r : enclose(b, start, TAG_CONTEXT_1);
}

static int append_responder(Bytes *b, View key_hash) {
        size_t start = b->len;
        int r = der_append_element(b, TAG_OCTET_STRING, key_hash);

        return r < 0 ? r : enclose(b, start, TAG_CONTEXT_2);
}

static int append_data(Bytes *b, const OcspAnswer *a) {
        size_t start = b->len;
        int r = append_responder(b, a->key_hash);

        if (r >= 0)
                r = append_time(b, a->produced_at);
        if (r >= 0)
                r = append_singles(b, a);
        if (r >= 0 && a->nonce.len > 0)
                r = append_nonce(b, a->nonce);
        return r < 0 ? r : enclose(b, start, TAG_SEQUENCE);
}

/* --- The response ------------------------------------------------------------------------------------------------- */

static int append_signature(Bytes *b, const OcspAnswer *a, OcspSign sign, const void *userdata, size_t data_start) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        int r = sign(VIEW(b->data + data_start, b->len - data_start), userdata, &value);

        if (r >= 0)
                r = bytes_append_view(b, a->algorithm);
        if (r >= 0)
                r = der_append_header(b, TAG_BIT_STRING, value.len + 1);
        if (r >= 0)
                r = bytes_append_byte(b, 0); /* bits unused */
        return r < 0 ? r : bytes_append_view(b, bytes_view(&value));
}

static int append_certificate(Bytes *b, View certificate) {
        size_t start = b->len;
        int r = der_append_element(b, TAG_SEQUENCE, certificate);

        return r < 0 ? r : enclose(b, start, TAG_CONTEXT_0);
}

static int append_basic(Bytes *b, const OcspAnswer *a, OcspSign sign, const void *userdata) {
        size_t start = b->len;
        int r = append_data(b, a);

        if (r >= 0)
                r = append_signature(b, a, sign, userdata, start);
        if (r >= 0)
                r = append_certificate(b, a->certificate);
        return r < 0 ? r : enclose(b, start, TAG_SEQUENCE);
}

int ocsp_response_create(const OcspAnswer *answer, OcspSign sign, const void *userdata, Bytes *ret) {
        static const uint8_t successful[] = { TAG_ENUMERATED, 1, 0 };
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        size_t bytes_start, basic_start;
        int r;

        r = bytes_append(&b, successful, sizeof(successful));
        bytes_start = b.len;
        if (r >= 0)
                r = bytes_append(&b, oid_basic, sizeof(oid_basic));
        basic_start = b.len;
        if (r >= 0)
                r = append_basic(&b, answer, sign, userdata);
        if (r >= 0)
                r = enclose(&b, basic_start, TAG_OCTET_STRING);
        if (r >= 0)
                r = enclose(&b, bytes_start, TAG_SEQUENCE);
        if (r >= 0)
                r = enclose(&b, bytes_start, TAG_CONTEXT_0);
        if (r >= 0)
                r = enclose(&b, 0, TAG_SEQUENCE);
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}
