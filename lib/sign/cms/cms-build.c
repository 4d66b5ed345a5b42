/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes SignedData; see cms-build.h. By hand and inside out, since the content in its middle is streamed and every length around
 * it has to be known before. */

#include <errno.h>

#include "base/der-tag.h"
#include "der/der.h"
#include "der/oids.h"
#include "sign/cms/cms-build.h"

int cms_append_digest_algorithm(Bytes *b, gnutls_digest_algorithm_t algorithm) {
        _cleanup_bytes_ Bytes oid = BYTES_NULL;
        const char *name = gnutls_digest_get_oid(algorithm);
        int r;

        if (!name)
                return -EOPNOTSUPP;
        r = der_append_oid(&oid, name);
        return r < 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(&oid));
}

/* An AlgorithmIdentifier within those of RSASSA-PSS: a digest has NULL as its parameters there (RFC 4055 §2.1). */
static int append_pss_algorithm(Bytes *b, const char *oid, View parameters) {
        _cleanup_bytes_ Bytes inner = BYTES_NULL;
        int r;

        r = der_append_oid(&inner, oid);
        if (r >= 0)
                r = bytes_append_view(&inner, parameters);
        return r < 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(&inner));
}

/* RSASSA-PSS-params (RFC 4055 §3.1): digest, MGF1 with the same, length of the salt; the trailer field has its default. */
static int append_pss_parameters(Bytes *b, const SignatureScheme *scheme) {
        _cleanup_bytes_ Bytes digest = BYTES_NULL, mask = BYTES_NULL, salt = BYTES_NULL, inner = BYTES_NULL;
        const uint8_t length = (uint8_t) scheme->salt;
        int r;

        /* A positive INTEGER of one octet. */
        if (scheme->salt > 127)
                return -EOPNOTSUPP;
        r = append_pss_algorithm(&digest, gnutls_digest_get_oid(scheme->message_digest), VIEW_LITERAL("\x05\x00"));
        if (r >= 0)
                r = append_pss_algorithm(&mask, OID_MGF1, bytes_view(&digest));
        if (r >= 0)
                r = der_append_element(&salt, TAG_INTEGER, VIEW(&length, 1));
        if (r >= 0)
                r = der_append_element(&inner, TAG_CONTEXT_0, bytes_view(&digest));
        if (r >= 0)
                r = der_append_element(&inner, TAG_CONTEXT_1, bytes_view(&mask));
        if (r >= 0)
                r = der_append_element(&inner, TAG_CONTEXT_2, bytes_view(&salt));
        return r < 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(&inner));
}

/* The parameters are NULL for RSA (RFC 5754 §3.2), left out for ECDSA (§3.3) and EdDSA (RFC 8419 §2). */
static int append_signature_algorithm(Bytes *b, const SignatureScheme *scheme) {
        bool pss = gnutls_sign_get_pk_algorithm(scheme->sign) == GNUTLS_PK_RSA_PSS || scheme->salt > 0;
        const char *name = pss ? OID_RSASSA_PSS : gnutls_sign_get_oid(scheme->sign);
        _cleanup_bytes_ Bytes inner = BYTES_NULL;
        int r;

        if (!name)
                return -EOPNOTSUPP;
        r = der_append_oid(&inner, name);
        if (r >= 0 && pss)
                r = append_pss_parameters(&inner, scheme);
        else if (r >= 0 && gnutls_sign_get_pk_algorithm(scheme->sign) == GNUTLS_PK_RSA)
                r = der_append_header(&inner, TAG_NULL, 0);
        return r < 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(&inner));
}

int cms_append_attribute(Bytes *b, const char *type, View value) {
        _cleanup_bytes_ Bytes inner = BYTES_NULL;
        int r;

        r = der_append_oid(&inner, type);
        if (r >= 0)
                r = der_append_element(&inner, TAG_SET, value);
        return r < 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(&inner));
}

static int append_signer_identifier(Bytes *b, const CmsParts *p) {
        _cleanup_bytes_ Bytes inner = BYTES_NULL;
        int r;

        r = bytes_append_view(&inner, p->issuer);
        if (r >= 0)
                r = der_append_element(&inner, TAG_INTEGER, p->serial);
        return r < 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(&inner));
}

/* signedAttrs is [0] IMPLICIT: the SET with another identifier octet. */
static int append_signed_attributes(Bytes *b, const CmsParts *p) {
        size_t at = b->len;
        int r;

        r = bytes_append_view(b, p->signed_attributes);
        if (r >= 0)
                b->data[at] = TAG_CONTEXT_0;
        return r;
}

/* unsignedAttrs, [1] IMPLICIT: signature-time-stamp (EN 319 122-1 §5.3), where there is one. */
static int append_unsigned_attributes(Bytes *b, const CmsParts *p) {
        _cleanup_bytes_ Bytes inner = BYTES_NULL;
        int r;

        if (p->timestamp.len == 0)
                return 0;
        r = cms_append_attribute(&inner, OID_SIGNATURE_TIME_STAMP, p->timestamp);
        return r < 0 ? r : der_append_element(b, TAG_CONTEXT_1, bytes_view(&inner));
}

int cms_append_signer_info(Bytes *b, const CmsParts *p) {
        _cleanup_bytes_ Bytes inner = BYTES_NULL;
        int r;

        r = der_append_element(&inner, TAG_INTEGER, VIEW_LITERAL("\x01"));
        if (r >= 0)
                r = append_signer_identifier(&inner, p);
        if (r >= 0)
                r = cms_append_digest_algorithm(&inner, p->scheme->message_digest);
        if (r >= 0)
                r = append_signed_attributes(&inner, p);
        if (r >= 0)
                r = append_signature_algorithm(&inner, p->scheme);
        if (r >= 0)
                r = der_append_element(&inner, TAG_OCTET_STRING, p->signature);
        if (r >= 0)
                r = append_unsigned_attributes(&inner, p);
        return r < 0 ? r : der_append_element(b, TAG_SEQUENCE, bytes_view(&inner));
}

/* Certificates and signerInfos: what follows the content. */
static int build_tail(const CmsParts *p, Bytes *ret) {
        _cleanup_bytes_ Bytes tail = BYTES_NULL, inner = BYTES_NULL;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->n_certificates; i++)
                r = bytes_append_view(&inner, bytes_view(&p->certificates[i]));
        if (r >= 0)
                r = der_append_set_of(&tail, TAG_CONTEXT_0, bytes_view(&inner));
        bytes_done(&inner);
        if (r >= 0)
                r = cms_append_signer_info(&inner, p);
        if (r >= 0)
                r = der_append_element(&tail, TAG_SET, bytes_view(&inner));
        if (r < 0)
                return r;
        *ret = bytes_take(&tail);
        return 0;
}

/* What stands in SignedData before encapContentInfo: version 1 (§5.1: id-data, issuerAndSerialNumber) and digestAlgorithms. */
static int build_start(const CmsParts *p, Bytes *b) {
        _cleanup_bytes_ Bytes inner = BYTES_NULL;
        int r;

        r = der_append_element(b, TAG_INTEGER, VIEW_LITERAL("\x01"));
        if (r >= 0)
                r = cms_append_digest_algorithm(&inner, p->scheme->message_digest);
        return r < 0 ? r : der_append_element(b, TAG_SET, bytes_view(&inner));
}

/* The octets of a header for contents of this length. */
static uint64_t header_size(uint64_t length) {
        uint64_t n = 2;

        if (length >= 0x80)
                for (; length > 0; length >>= 8)
                        n++;
        return n;
}

int cms_append_encapsulation(Bytes *b, const char *content_type, bool detached, uint64_t content_len) {
        _cleanup_bytes_ Bytes oid = BYTES_NULL;
        uint64_t octets = header_size(content_len) + content_len;
        int r;

        r = der_append_oid(&oid, content_type);
        if (r < 0)
                return r;
        if (detached)
                return der_append_element(b, TAG_SEQUENCE, bytes_view(&oid));
        r = der_append_header(b, TAG_SEQUENCE, oid.len + header_size(octets) + octets);
        if (r >= 0)
                r = bytes_append_view(b, bytes_view(&oid));
        if (r >= 0)
                r = der_append_header(b, TAG_CONTEXT_0, octets);
        return r < 0 ? r : der_append_header(b, TAG_OCTET_STRING, content_len);
}

int cms_append_content_info(Bytes *b, uint64_t inside) {
        _cleanup_bytes_ Bytes oid = BYTES_NULL;
        uint64_t signed_data = header_size(inside) + inside;
        int r;

        r = der_append_oid(&oid, OID_SIGNED_DATA);
        if (r >= 0)
                r = der_append_header(b, TAG_SEQUENCE, oid.len + header_size(signed_data) + signed_data);
        if (r >= 0)
                r = bytes_append_view(b, bytes_view(&oid));
        if (r >= 0)
                r = der_append_header(b, TAG_CONTEXT_0, signed_data);
        return r < 0 ? r : der_append_header(b, TAG_SEQUENCE, inside);
}

int cms_build(const CmsParts *parts, bool detached, uint64_t content_len, Bytes *ret_head, Bytes *ret_tail) {
        _cleanup_bytes_ Bytes start = BYTES_NULL, tail = BYTES_NULL, head = BYTES_NULL;
        int r;

        if (content_len > INT64_MAX)
                return -EFBIG;
        r = build_start(parts, &start);
        if (r >= 0)
                r = cms_append_encapsulation(&start, OID_DATA, detached, content_len);
        if (r >= 0)
                r = build_tail(parts, &tail);
        if (r >= 0)
                r = cms_append_content_info(&head, start.len + (detached ? 0 : content_len) + tail.len);
        if (r >= 0)
                r = bytes_append_view(&head, bytes_view(&start));
        if (r < 0)
                return r;
        *ret_head = bytes_take(&head);
        *ret_tail = bytes_take(&tail);
        return 0;
}
