/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Requests; see request.h.
 *
 *   OCSPRequest ::= SEQUENCE { tbsRequest TBSRequest, optionalSignature [0] EXPLICIT Signature OPTIONAL }
 *   TBSRequest ::= SEQUENCE { version [0] EXPLICIT Version DEFAULT v1, requestorName [1] EXPLICIT GeneralName OPTIONAL,
 *                             requestList SEQUENCE OF Request, requestExtensions [2] EXPLICIT Extensions OPTIONAL }
 *   Request ::= SEQUENCE { reqCert CertID, singleRequestExtensions [0] EXPLICIT Extensions OPTIONAL }
 *   CertID ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, issuerNameHash OCTET STRING, issuerKeyHash OCTET STRING,
 *                         serialNumber CertificateSerialNumber } */

#include <errno.h>

#include "base/der-tag.h"
#include "der/der.h"
#include "ocsp/request.h"

#define EXTENSIONS_MAX 16U
#define SERIAL_MAX 20U /* octets, RFC 5280 §4.1.2.2; one more for a sign */
#define HASH_MAX 64U

/* --- Elements ----------------------------------------------------------------------------------------------------- */

static bool has(View v, uint8_t tag) {
        return v.len > 0 && v.data[0] == tag;
}

/* Takes an element of that tag off the front. */
static bool take(View *v, uint8_t tag, View *ret_contents) {
        View whole;

        return has(*v, tag) && der_next(v, &whole, ret_contents) >= 0;
}

static bool take_whole(View *v, uint8_t tag, View *ret_whole, View *ret_contents) {
        return has(*v, tag) && der_next(v, ret_whole, ret_contents) >= 0;
}

/* What must be the only element. */
static bool take_all(View v, uint8_t tag, View *ret_contents) {
        return take(&v, tag, ret_contents) && v.len == 0;
}

/* --- CertID ------------------------------------------------------------------------------------------------------- */

static gnutls_digest_algorithm_t digest_of_oid(View oid) {
        static const struct {
                View oid;
                gnutls_digest_algorithm_t digest;
        } known[] = {
                { { (const uint8_t *) "\x2b\x0e\x03\x02\x1a", 5 }, GNUTLS_DIG_SHA1 },
                { { (const uint8_t *) "\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9 }, GNUTLS_DIG_SHA256 },
                { { (const uint8_t *) "\x60\x86\x48\x01\x65\x03\x04\x02\x02", 9 }, GNUTLS_DIG_SHA384 },
                { { (const uint8_t *) "\x60\x86\x48\x01\x65\x03\x04\x02\x03", 9 }, GNUTLS_DIG_SHA512 },
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (view_equal(known[i].oid, oid))
                        return known[i].digest;
        return GNUTLS_DIG_UNKNOWN;
}

/* The parameters of a digest are NULL or absent. */
static bool read_algorithm(View algorithm, gnutls_digest_algorithm_t *ret) {
        View oid, null;

        if (!take(&algorithm, TAG_OID, &oid) || oid.len == 0)
                return false;
        *ret = digest_of_oid(oid);
        return algorithm.len == 0 || *ret == GNUTLS_DIG_UNKNOWN || (take_all(algorithm, TAG_NULL, &null) && null.len == 0);
}

static bool read_id(View contents, OcspCertificateId *id) {
        View algorithm;

        return take(&contents, TAG_SEQUENCE, &algorithm) && read_algorithm(algorithm, &id->digest) &&
               take(&contents, TAG_OCTET_STRING, &id->name_hash) && id->name_hash.len <= HASH_MAX &&
               take(&contents, TAG_OCTET_STRING, &id->key_hash) && id->key_hash.len <= HASH_MAX &&
               take(&contents, TAG_INTEGER, &id->serial) && id->serial.len >= 1 && id->serial.len <= SERIAL_MAX + 1 && contents.len == 0;
}

/* --- Extensions --------------------------------------------------------------------------------------------------- */

/* The nonce is an OCTET STRING within extnValue (RFC 9654 §2.1). */
static bool read_nonce(View value, OcspRequest *request) {
        View octets;

        if (!take_all(value, TAG_OCTET_STRING, &octets) || octets.len == 0 || octets.len > OCSP_NONCE_MAX || request->nonce.len > 0)
                return false;
        request->nonce = value;
        return true;
}

static bool read_extension(View extension, OcspRequest *request) {
        static const uint8_t oid_nonce[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02 };
        View oid, critical = { 0 }, value;

        if (!take(&extension, TAG_OID, &oid) || (has(extension, TAG_BOOLEAN) && !take(&extension, TAG_BOOLEAN, &critical)) ||
            !take_all(extension, TAG_OCTET_STRING, &value) || critical.len > 1)
                return false;
        if (request && view_equal(oid, VIEW(oid_nonce, sizeof(oid_nonce))))
                return read_nonce(value, request);
        return critical.len == 0 || critical.data[0] == 0;
}

/* `request` is NULL for those of a single certificate, where nothing is known. */
static bool read_extensions(View explicit, OcspRequest *request) {
        View list, extension;
        unsigned n = 0;

        if (!take_all(explicit, TAG_SEQUENCE, &list))
                return false;
        for (; list.len > 0; n++)
                if (n == EXTENSIONS_MAX || !take(&list, TAG_SEQUENCE, &extension) || !read_extension(extension, request))
                        return false;
        return n > 0;
}

/* --- The request -------------------------------------------------------------------------------------------------- */

static bool read_single(View single, OcspCertificateId *id) {
        View contents, extensions;

        if (!take_whole(&single, TAG_SEQUENCE, &id->whole, &contents) || !read_id(contents, id))
                return false;
        return single.len == 0 || (take_all(single, TAG_CONTEXT_0, &extensions) && read_extensions(extensions, NULL));
}

static bool read_list(View list, OcspRequest *request) {
        View single;

        for (; list.len > 0; request->n++)
                if (request->n == OCSP_CERTIFICATES_MAX || !take(&list, TAG_SEQUENCE, &single) || !read_single(single, &request->certificates[request->n]))
                        return false;
        return request->n > 0;
}

static bool is_version_1(View explicit) {
        View number;

        return take_all(explicit, TAG_INTEGER, &number) && number.len == 1 && number.data[0] == 0;
}

static bool read_tbs(View tbs, OcspRequest *request) {
        View version, name, list, extensions;

        if (has(tbs, TAG_CONTEXT_0) && (!take(&tbs, TAG_CONTEXT_0, &version) || !is_version_1(version)))
                return false;
        if ((has(tbs, TAG_CONTEXT_1) && !take(&tbs, TAG_CONTEXT_1, &name)) || !take(&tbs, TAG_SEQUENCE, &list))
                return false;
        if (tbs.len > 0 && (!take_all(tbs, TAG_CONTEXT_2, &extensions) || !read_extensions(extensions, request)))
                return false;
        return read_list(list, request);
}

int ocsp_request_read(View der, OcspRequest *ret) {
        View whole, tbs, signature;

        ret->n = 0;
        ret->nonce = VIEW(NULL, 0);
        if (der.len > OCSP_REQUEST_SIZE_MAX || !take_all(der, TAG_SEQUENCE, &whole) || !take(&whole, TAG_SEQUENCE, &tbs) ||
            (whole.len > 0 && !take_all(whole, TAG_CONTEXT_0, &signature)))
                return -EBADMSG;
        return read_tbs(tbs, ret) ? 0 : -EBADMSG;
}
