/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* OCSP; see ocsp.h. */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <gnutls/ocsp.h>

#include "base/der-tag.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "der/attributes.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/trust/name-constraints.h"
#include "sign/trust/ocsp.h"
#include "sign/trust/path.h"

#define OID_BASIC VIEW_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")
#define OID_NONCE VIEW_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x01\x02")
#define OID_ARCHIVE_CUTOFF VIEW_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x01\x06")
#define NOCHECK "1.3.6.1.5.5.7.48.1.5"

/* A responder sends its own certificate and perhaps a few above it. */
#define CERTIFICATES_MAX 8U
#define RESPONSES_MAX 1024U

static int read_time(View *v, int64_t *ret) {
        View element;

        if (v->len == 0 || v->data[0] != TAG_GENERALIZED_TIME || der_next(v, &element, NULL) < 0)
                return -EBADMSG;
        return attribute_time_read(element, ret);
}

/* Extensions, whose [N] EXPLICIT header is off; of an answer they have a cutoff, of all of it a nonce. A critical one beyond the nonce is one that is not understood. */
static int read_extensions(View explicit, int64_t *archive_cutoff, View *nonce) {
        View extensions, contents, oid, critical, value;
        int r, outcome = 0;

        if (der_expect(&explicit, TAG_SEQUENCE, &extensions) < 0 || explicit.len > 0)
                return -EBADMSG;
        while (extensions.len > 0) {
                if (der_expect(&extensions, TAG_SEQUENCE, &contents) < 0 || der_expect(&contents, TAG_OID, &oid) < 0)
                        return -EBADMSG;
                r = der_optional(&contents, TAG_BOOLEAN, &critical);
                if (r < 0 || der_expect(&contents, TAG_OCTET_STRING, &value) < 0 || contents.len > 0)
                        return -EBADMSG;
                if (archive_cutoff && view_equal(oid, OID_ARCHIVE_CUTOFF)) {
                        if (read_time(&value, archive_cutoff) < 0)
                                return -EBADMSG;
                } else if (view_equal(oid, OID_NONCE)) {
                        if (nonce)
                                *nonce = value;
                } else if (r > 0 && (critical.len != 1 || critical.data[0] != 0))
                        outcome = OCSP_E_UNSUPPORTED;
        }
        return outcome;
}

static int read_responder(View *tbs, OcspResponse *o) {
        View contents;
        int r;

        r = der_optional(tbs, TAG_CONTEXT_1, &contents);
        if (r > 0)
                return der_next(&contents, &o->responder_name, NULL) < 0 || contents.len > 0 ? -EBADMSG : 0;
        r = der_expect(tbs, TAG_CONTEXT_2, &contents);
        if (r < 0 || der_expect(&contents, TAG_OCTET_STRING, &o->responder_key_hash) < 0 || contents.len > 0)
                return -EBADMSG;
        return o->responder_key_hash.len == 20 ? 0 : -EBADMSG;
}

static int read_tbs(View tbs, OcspResponse *o) {
        View version, number, explicit;
        int r;

        r = der_optional(&tbs, TAG_CONTEXT_0, &version);
        if (r > 0 && (der_expect(&version, TAG_INTEGER, &number) < 0 || number.len != 1 || number.data[0] != 0))
                return -EBADMSG;
        if (r < 0 || read_responder(&tbs, o) < 0 || read_time(&tbs, &o->produced_at) < 0 || der_expect(&tbs, TAG_SEQUENCE, &o->responses) < 0)
                return -EBADMSG;
        r = der_optional(&tbs, TAG_CONTEXT_1, &explicit);
        if (r < 0 || tbs.len > 0)
                return -EBADMSG;
        return r > 0 ? read_extensions(explicit, NULL, &o->nonce) : 0;
}

static int read_basic(View contents, OcspResponse *ret) {
        OcspResponse o = { 0 };
        View tbs, explicit;
        int r;

        if (der_next(&contents, &o.tbs, &tbs) < 0 || o.tbs.data[0] != TAG_SEQUENCE || der_next(&contents, &o.algorithm, NULL) < 0 ||
            o.algorithm.data[0] != TAG_SEQUENCE || der_expect(&contents, TAG_BIT_STRING, &o.signature) < 0)
                return -EBADMSG;
        r = der_optional(&contents, TAG_CONTEXT_0, &explicit);
        if (r < 0 || contents.len > 0)
                return -EBADMSG;
        if (r > 0 && (der_expect(&explicit, TAG_SEQUENCE, &o.certificates) < 0 || explicit.len > 0))
                return -EBADMSG;
        r = read_tbs(tbs, &o);
        if (r == 0)
                *ret = o;
        return r;
}

/* The contents of OCSPResponse behind responseStatus. */
static int read_bytes(View contents, OcspResponse *ret) {
        View explicit, bytes, oid, octets, basic;

        if (der_expect(&contents, TAG_CONTEXT_0, &explicit) < 0 || contents.len > 0 || der_expect(&explicit, TAG_SEQUENCE, &bytes) < 0 || explicit.len > 0 ||
            der_expect(&bytes, TAG_OID, &oid) < 0 || der_expect(&bytes, TAG_OCTET_STRING, &octets) < 0 || bytes.len > 0)
                return -EBADMSG;
        if (!view_equal(oid, OID_BASIC))
                return OCSP_E_UNSUPPORTED;
        if (der_expect(&octets, TAG_SEQUENCE, &basic) < 0 || octets.len > 0)
                return -EBADMSG;
        return read_basic(basic, ret);
}

int ocsp_read(View der, OcspResponse *ret) {
        View contents, status;
        int r;

        if (der.len > OCSP_SIZE_MAX)
                return -E2BIG;
        if (der_expect(&der, TAG_SEQUENCE, &contents) < 0 || der.len > 0)
                return -EBADMSG;
        r = der_optional(&contents, TAG_ENUMERATED, &status);
        if (r < 0 || (r > 0 && status.len != 1))
                return -EBADMSG;
        if (r == 0)
                return read_basic(contents, ret);
        return status.data[0] == 0 ? read_bytes(contents, ret) : OCSP_E_UNSUCCESSFUL;
}

/* --- Answers ------------------------------------------------------------------------------------------------------ */

/* The bits of the subjectPublicKey, which is what OCSP hashes; in the certificate's DER. */
static int key_bits(View certificate, View *ret) {
        View contents, tbs, version, element, spki, bits;

        if (der_expect(&certificate, TAG_SEQUENCE, &contents) < 0 || der_expect(&contents, TAG_SEQUENCE, &tbs) < 0 ||
            der_optional(&tbs, TAG_CONTEXT_0, &version) < 0)
                return -EBADMSG;
        /* serialNumber, signature, issuer, validity, subject */
        for (unsigned i = 0; i < 5; i++)
                if (der_next(&tbs, &element, NULL) < 0)
                        return -EBADMSG;
        if (der_expect(&tbs, TAG_SEQUENCE, &spki) < 0 || der_next(&spki, &element, NULL) < 0 || der_expect(&spki, TAG_BIT_STRING, &bits) < 0 || bits.len < 2)
                return -EBADMSG;
        *ret = VIEW(bits.data + 1, bits.len - 1);
        return 0;
}

static int hash_key(gnutls_digest_algorithm_t algorithm, gnutls_x509_crt_t certificate, Digest *ret) {
        _cleanup_(datum_done) gnutls_datum_t der = { 0 };
        View bits;

        if (gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der) < 0)
                return -ENOMEM;
        return key_bits(VIEW(der.data, der.size), &bits) < 0 ? -EBADMSG : digest_of(algorithm, bits, ret);
}

static int hash_name(gnutls_digest_algorithm_t algorithm, gnutls_x509_crt_t certificate, Digest *ret) {
        _cleanup_(datum_done) gnutls_datum_t name = { 0 };

        if (gnutls_x509_crt_get_raw_dn(certificate, &name) < 0)
                return -ENOMEM;
        return digest_of(algorithm, VIEW(name.data, name.size), ret);
}

/* Whether a CertID's contents name the certificate (§4.1.1): 1, 0, or a negative errno. */
static int id_fits(View id, gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer) {
        View algorithm, oid, name_hash, key_hash, serial;
        gnutls_digest_algorithm_t digest;
        char dotted[DER_OID_MAX];
        uint8_t own[128];
        size_t len = sizeof(own);
        Digest name, key;

        if (der_expect(&id, TAG_SEQUENCE, &algorithm) < 0 || der_next(&algorithm, &oid, NULL) < 0 || der_read_oid(oid, dotted) < 0 ||
            der_expect(&id, TAG_OCTET_STRING, &name_hash) < 0 || der_expect(&id, TAG_OCTET_STRING, &key_hash) < 0 ||
            der_expect(&id, TAG_INTEGER, &serial) < 0 || id.len > 0)
                return -EBADMSG;
        if (gnutls_x509_crt_get_serial(certificate, own, &len) < 0 || !view_equal(serial, VIEW(own, len)))
                return 0;
        digest = cms_digest_of_oid(dotted);
        if (digest == GNUTLS_DIG_UNKNOWN || hash_name(digest, issuer, &name) < 0 || hash_key(digest, issuer, &key) < 0)
                return 0;
        return view_equal(name_hash, digest_view(&name)) && view_equal(key_hash, digest_view(&key));
}

/* certStatus: [0] NULL, [1] RevokedInfo, [2] NULL; its tags are IMPLICIT. */
static int read_status(View *single, OcspAnswer *a) {
        View element, contents, explicit, code;
        int r;

        if (der_next(single, &element, &contents) < 0)
                return -EBADMSG;
        switch (element.data[0]) {
        case 0x80:
                a->state = CERTIFICATE_GOOD;
                return contents.len > 0 ? -EBADMSG : 0;
        case 0x82:
                a->state = CERTIFICATE_UNKNOWN;
                return contents.len > 0 ? -EBADMSG : 0;
        case 0xa1:
                break;
        default:
                return -EBADMSG;
        }
        if (read_time(&contents, &a->since) < 0)
                return -EBADMSG;
        r = der_optional(&contents, TAG_CONTEXT_0, &explicit);
        if (r > 0) {
                if (der_expect(&explicit, TAG_ENUMERATED, &code) < 0 || code.len != 1 || explicit.len > 0 || !certificate_reason_to_string(code.data[0]))
                        return -EBADMSG;
                a->reason = code.data[0];
        }
        a->state = a->reason == REASON_CERTIFICATE_HOLD ? CERTIFICATE_SUSPENDED : CERTIFICATE_REVOKED;
        return r < 0 || contents.len > 0 ? -EBADMSG : 0;
}

static int read_single(View single, OcspAnswer *ret) {
        OcspAnswer a = { .since = -1, .next_update = -1, .archive_cutoff = INT64_MAX };
        View explicit;
        int r;

        if (read_status(&single, &a) < 0 || read_time(&single, &a.this_update) < 0)
                return -EBADMSG;
        r = der_optional(&single, TAG_CONTEXT_0, &explicit);
        if (r < 0 || (r > 0 && (read_time(&explicit, &a.next_update) < 0 || explicit.len > 0)))
                return -EBADMSG;
        r = der_optional(&single, TAG_CONTEXT_1, &explicit);
        if (r < 0 || single.len > 0)
                return -EBADMSG;
        if (r > 0) {
                r = read_extensions(explicit, &a.archive_cutoff, NULL);
                if (r != 0)
                        return r;
        }
        *ret = a;
        return 0;
}

/* A revocation is worse than a hold, a hold than no answer, that than a good one. */
static unsigned badness(CertificateState s) {
        return s == CERTIFICATE_REVOKED ? 3 : s == CERTIFICATE_SUSPENDED ? 2 : s == CERTIFICATE_UNKNOWN ? 1 : 0;
}

int ocsp_find(const OcspResponse *o, gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, OcspAnswer *ret) {
        View responses = o->responses, single, id;
        OcspAnswer a, found = { 0 };
        int r, outcome = 0;

        for (unsigned i = 0; responses.len > 0; i++) {
                if (i >= RESPONSES_MAX || der_expect(&responses, TAG_SEQUENCE, &single) < 0 || der_expect(&single, TAG_SEQUENCE, &id) < 0)
                        return -EBADMSG;
                r = id_fits(id, certificate, issuer);
                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                r = read_single(single, &a);
                if (r != 0)
                        return r;
                if (outcome == 0 || badness(a.state) > badness(found.state))
                        found = a;
                outcome = OCSP_FOUND;
        }
        if (outcome == OCSP_FOUND)
                *ret = found;
        return outcome;
}

/* --- Who answered ------------------------------------------------------------------------------------------------- */

/* Whether responderID names this certificate. */
static bool is_responder(const OcspResponse *o, gnutls_x509_crt_t crt) {
        _cleanup_(datum_done) gnutls_datum_t name = { 0 };
        Digest digest;

        if (o->responder_name.len > 0)
                return gnutls_x509_crt_get_raw_dn(crt, &name) >= 0 && view_equal(o->responder_name, VIEW(name.data, name.size));
        return hash_key(GNUTLS_DIG_SHA1, crt, &digest) >= 0 && view_equal(o->responder_key_hash, digest_view(&digest));
}

static bool has_purpose(gnutls_x509_crt_t crt) {
        char oid[128];

        for (unsigned i = 0; i < 32; i++) {
                size_t size = sizeof(oid);

                if (gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size, NULL) < 0)
                        return false;
                if (strcmp(oid, GNUTLS_KP_OCSP_SIGNING) == 0)
                        return true;
        }
        return false;
}

/* For this purpose, and valid then. anyExtendedKeyUsage is not enough (§4.2.2.2). */
static bool is_responders_certificate(gnutls_x509_crt_t crt, int64_t at) {
        unsigned usage = 0;

        if (!has_purpose(crt))
                return false;
        if (gnutls_x509_crt_get_key_usage(crt, &usage, NULL) >= 0 && !(usage & (GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_NON_REPUDIATION)))
                return false;
        return at >= (int64_t) gnutls_x509_crt_get_activation_time(crt) && at <= (int64_t) gnutls_x509_crt_get_expiration_time(crt);
}

/* By what GnuTLS takes for good today. */
static bool is_signed_well(gnutls_x509_crt_t crt) {
        int sign = gnutls_x509_crt_get_signature_algorithm(crt);

        return sign > 0 && gnutls_sign_is_secure2((gnutls_sign_algorithm_t) sign, GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS);
}

/* Directly under the issuer's own key. */
static bool is_delegate(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer) {
        const gnutls_x509_crt_t both[] = { crt, issuer };
        unsigned status = 0;

        if (gnutls_x509_crt_check_issuer(crt, issuer) == 0 || !name_constraints_are_affordable(both, ELEMENTSOF(both)))
                return false;
        if (path_has_other_key(issuer))
                return path_status(&crt, 1, issuer) == 0 && is_signed_well(crt);
        return gnutls_x509_crt_verify(crt, &issuer, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS, &status) >= 0 && status == 0;
}

/* 0 with the certificate when this one signed and may; -EKEYREJECTED when not. */
static int try_delegate(const OcspResponse *o, View der, gnutls_x509_crt_t issuer, int64_t at, int64_t now, gnutls_x509_crt_t *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        int r;

        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_import(crt, &(gnutls_datum_t) { (unsigned char *) der.data, (unsigned) der.len }, GNUTLS_X509_FMT_DER) < 0 ||
            !is_responder(o, crt) || !is_responders_certificate(crt, at) || !is_delegate(crt, issuer))
                return -EKEYREJECTED;
        r = cms_bit_string_verify(o->algorithm, crt, o->tbs, o->signature, now);
        if (r >= 0)
                *ret = TAKE_PTR(crt);
        return r;
}

int ocsp_verify_local(const OcspResponse *o, gnutls_x509_trust_list_t local, int64_t at, int64_t now) {
        gnutls_x509_trust_list_iter_t iter = NULL;
        gnutls_x509_crt_t anchor;
        int r = -EKEYREJECTED;

        /* To the end, which frees the iterator. */
        while (local && gnutls_x509_trust_list_iter_get_ca(local, &iter, &anchor) >= 0) {
                if (r == -EKEYREJECTED && is_responder(o, anchor) && is_responders_certificate(anchor, at))
                        r = cms_bit_string_verify(o->algorithm, anchor, o->tbs, o->signature, now);
                gnutls_x509_crt_deinit(anchor);
        }
        return r;
}

bool ocsp_has_nocheck(gnutls_x509_crt_t responder) {
        uint8_t value[16];
        size_t size = sizeof(value);

        return gnutls_x509_crt_get_extension_by_oid(responder, NOCHECK, 0, value, &size, NULL) >= 0;
}

int ocsp_verify_under(const OcspResponse *o, gnutls_x509_crt_t issuer, int64_t at, int64_t now, gnutls_x509_crt_t *ret_responder) {
        gnutls_x509_crt_t responder = NULL;
        View certificates = o->certificates, element;
        int r = -EKEYREJECTED;

        if (is_responder(o, issuer))
                r = cms_bit_string_verify(o->algorithm, issuer, o->tbs, o->signature, now);
        for (unsigned i = 0; r == -EKEYREJECTED && certificates.len > 0 && i < CERTIFICATES_MAX; i++) {
                if (der_next(&certificates, &element, NULL) < 0)
                        return -EBADMSG;
                r = try_delegate(o, element, issuer, at, now, &responder);
        }
        if (r >= 0)
                *ret_responder = responder;
        return r;
}

int ocsp_verify(const OcspResponse *o, gnutls_x509_crt_t issuer, gnutls_x509_trust_list_t local, int64_t at, int64_t now, gnutls_x509_crt_t *ret_responder) {
        gnutls_x509_crt_t responder = NULL;
        int r;

        r = ocsp_verify_under(o, issuer, at, now, &responder);
        if (r == -EKEYREJECTED)
                r = ocsp_verify_local(o, local, at, now);
        if (r < 0)
                return r;
        if (responder && ocsp_has_nocheck(responder)) {
                gnutls_x509_crt_deinit(responder);
                responder = NULL;
        }
        *ret_responder = responder;
        return 0;
}

int ocsp_request(gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, Bytes *ret) {
        _cleanup_(datum_done) gnutls_datum_t der = { 0 };
        gnutls_ocsp_req_t request;
        int r;

        if (gnutls_ocsp_req_init(&request) < 0)
                return -ENOMEM;
        /* SHA-1 names the certificate only, and is what every responder understands (RFC 5019 §2.1.1). */
        r = gnutls_ocsp_req_add_cert(request, GNUTLS_DIG_SHA1, issuer, certificate);
        if (r >= 0)
                r = gnutls_ocsp_req_export(request, &der);
        gnutls_ocsp_req_deinit(request);
        if (r < 0)
                return r == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EIO;
        return bytes_dup(VIEW(der.data, der.size), ret);
}
