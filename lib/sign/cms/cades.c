/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Drafts of CAdES signatures; see cades.h. The draft keeps copies: certificates as DER, the signed attributes as the SET that is signed. */

#include <errno.h>
#include <time.h>
#include <gnutls/crypto.h>

#include "base/atomic-file.h"
#include "crypto/digest.h"
#include "der/attributes.h"
#include "sign/cms/cades.h"
#include "sign/cms/cms-build.h"

#define COPY_SIZE (256U * 1024U)

struct CadesDraft {
        SignatureScheme scheme;
        Bytes certificates[SIGNER_CHAIN_MAX];
        size_t n_certificates;
        Bytes issuer, serial;
        Bytes tbs;
};

CadesDraft *cades_draft_free(CadesDraft *d) {
        if (!d)
                return NULL;
        for (size_t i = 0; i < SIGNER_CHAIN_MAX; i++)
                bytes_done(&d->certificates[i]);
        bytes_done(&d->issuer);
        bytes_done(&d->serial);
        bytes_done(&d->tbs);
        free(d);
        return NULL;
}

static int copy_chain(CadesDraft *d, const Signer *signer) {
        _cleanup_(datum_done) gnutls_datum_t issuer = { 0 };
        uint8_t serial[64];
        size_t serial_len = sizeof(serial);
        int r;

        r = signer_copy_chain(signer, d->certificates, &d->n_certificates);
        if (r < 0)
                return r;
        if (gnutls_x509_crt_get_raw_issuer_dn(signer->chain[0], &issuer) < 0 ||
            gnutls_x509_crt_get_serial(signer->chain[0], serial, &serial_len) < 0)
                return -EBADMSG;
        r = bytes_dup(VIEW(issuer.data, issuer.size), &d->issuer);
        return r < 0 ? r : bytes_dup(VIEW(serial, serial_len), &d->serial);
}

static int append_plain(Bytes *attributes, const char *type, uint8_t tag, View contents) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        int r;

        r = der_append_element(&value, tag, contents);
        return r < 0 ? r : cms_append_attribute(attributes, type, bytes_view(&value));
}

static int append_content_type(Bytes *attributes) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        int r;

        r = der_append_oid(&value, OID_DATA);
        return r < 0 ? r : cms_append_attribute(attributes, OID_CONTENT_TYPE, bytes_view(&value));
}

/* RFC 5652 §11.3: UTCTime up to 2049, GeneralizedTime from 2050 on. */
static int append_signing_time(Bytes *attributes, int64_t when) {
        char text[32];
        time_t t = when;
        struct tm tm;
        bool utc;

        if (!gmtime_r(&t, &tm) || tm.tm_year < 50 || tm.tm_year > 9999 - 1900 ||
            strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm) == 0)
                return -EINVAL;
        utc = tm.tm_year < 150;
        return append_plain(attributes, OID_SIGNING_TIME, utc ? 0x17 : 0x18, view_string(utc ? text + 2 : text));
}

/* RFC 5035 §3: SHA-256 is the default and therefore not written; issuerSerial has the issuer as one directoryName, [4]. */
static int append_signing_certificate(Bytes *attributes, const CadesDraft *d) {
        _cleanup_der_ Der *ess = NULL;
        _cleanup_bytes_ Bytes name = BYTES_NULL, value = BYTES_NULL;
        uint8_t hash[SHA256_SIZE];
        int r;

        r = sha256(bytes_view(&d->certificates[0]), hash);
        if (r >= 0)
                r = der_append_element(&name, 0xa4, bytes_view(&d->issuer));
        if (r >= 0)
                r = der_new("ESS.SigningCertificateV2", &ess);
        if (r >= 0)
                r = der_append(ess, "certs");
        if (r >= 0)
                r = der_omit(ess, "certs.?LAST.hashAlgorithm");
        if (r >= 0)
                r = der_set(ess, "certs.?LAST.certHash", VIEW(hash, sizeof(hash)));
        if (r >= 0)
                r = der_append(ess, "certs.?LAST.issuerSerial.issuer");
        if (r >= 0)
                r = der_set(ess, "certs.?LAST.issuerSerial.issuer.?LAST", bytes_view(&name));
        if (r >= 0)
                r = der_set(ess, "certs.?LAST.issuerSerial.serialNumber", bytes_view(&d->serial));
        if (r >= 0)
                r = der_omit(ess, "policies");
        if (r >= 0)
                r = der_encode(ess, &value);
        return r < 0 ? r : cms_append_attribute(attributes, OID_SIGNING_CERTIFICATE_V2, bytes_view(&value));
}

int cades_draft_new(const Signer *signer, const CadesParams *params, View message_digest, CadesDraft **ret) {
        _cleanup_(cades_draft_freep) CadesDraft *d = NULL;
        _cleanup_bytes_ Bytes attributes = BYTES_NULL;
        int r;

        if (message_digest.len != (size_t) gnutls_hash_get_len(signer->scheme.message_digest))
                return -EINVAL;
        d = calloc(1, sizeof(*d));
        if (!d)
                return -ENOMEM;
        d->scheme = signer->scheme;
        r = copy_chain(d, signer);
        if (r >= 0)
                r = params->countersignature ? 0 : append_content_type(&attributes);
        if (r >= 0 && !params->pades)
                r = append_signing_time(&attributes, params->signing_time);
        if (r >= 0)
                r = append_plain(&attributes, OID_MESSAGE_DIGEST, 0x04, message_digest);
        if (r >= 0)
                r = append_signing_certificate(&attributes, d);
        if (r >= 0)
                r = der_append_set_of(&d->tbs, 0x31, bytes_view(&attributes));
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

View cades_draft_tbs(const CadesDraft *d) {
        return bytes_view(&d->tbs);
}

static CmsParts parts_of(const CadesDraft *d, View signature, View timestamp) {
        return (CmsParts) {
                .scheme = &d->scheme,
                .certificates = d->certificates,
                .n_certificates = d->n_certificates,
                .issuer = bytes_view(&d->issuer),
                .serial = bytes_view(&d->serial),
                .signed_attributes = bytes_view(&d->tbs),
                .signature = signature,
                .timestamp = timestamp,
        };
}

int cades_draft_complete(CadesDraft *d, View signature, View timestamp, Bytes *ret) {
        _cleanup_bytes_ Bytes head = BYTES_NULL, tail = BYTES_NULL;
        CmsParts parts = parts_of(d, signature, timestamp);
        int r;

        r = cms_build(&parts, true, 0, &head, &tail);
        if (r >= 0)
                r = bytes_append_view(&head, bytes_view(&tail));
        if (r < 0)
                return r;
        *ret = bytes_take(&head);
        return 0;
}

static int build_signer_info(const CadesDraft *d, View signature, View timestamp, Bytes *ret) {
        CmsParts parts = parts_of(d, signature, timestamp);

        return cms_append_signer_info(ret, &parts);
}

int cades_draft_add(CadesDraft *d, View signature, View timestamp, CmsEdit *e) {
        _cleanup_bytes_ Bytes info = BYTES_NULL;
        int r;

        r = build_signer_info(d, signature, timestamp, &info);
        return r < 0 ? r : cms_edit_add_signer(e, d->scheme.message_digest, bytes_view(&info), d->certificates, d->n_certificates);
}

int cades_draft_countersign(CadesDraft *d, View signature, View timestamp, CmsEdit *e, size_t i) {
        _cleanup_bytes_ Bytes info = BYTES_NULL;
        int r;

        r = build_signer_info(d, signature, timestamp, &info);
        if (r >= 0)
                r = cms_edit_add_certificates(e, d->certificates, d->n_certificates);
        return r < 0 ? r : cms_edit_add_unsigned(e, i, OID_COUNTERSIGNATURE, bytes_view(&info));
}

/* By making one; what the digest and the signature value are does not change its size. */
int cades_size(const Signer *signer, const CadesParams *params, size_t *ret) {
        _cleanup_(cades_draft_freep) CadesDraft *d = NULL;
        _cleanup_free_ uint8_t *value = calloc(1, signer->scheme.signature_max);
        const Digest digest = { .len = (size_t) gnutls_hash_get_len(signer->scheme.message_digest) };
        _cleanup_bytes_ Bytes cms = BYTES_NULL;
        int r;

        if (!value)
                return -ENOMEM;
        r = cades_draft_new(signer, params, digest_view(&digest), &d);
        if (r >= 0)
                r = cades_draft_complete(d, VIEW(value, signer->scheme.signature_max), (View) { 0 }, &cms);
        if (r >= 0)
                *ret = cms.len;
        return r;
}

static int copy(int from, uint64_t len, int to) {
        _cleanup_free_ uint8_t *buffer = malloc(COPY_SIZE);
        uint64_t at = 0;

        if (!buffer)
                return -ENOMEM;
        while (at < len) {
                ssize_t n = pread(from, buffer, len - at < COPY_SIZE ? (size_t) (len - at) : COPY_SIZE, (off_t) at);
                int r;

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -EIO;
                r = write_all(to, VIEW(buffer, n));
                if (r < 0)
                        return r;
                at += (uint64_t) n;
        }
        return 0;
}

int cades_draft_complete_enveloping(CadesDraft *d, View signature, View timestamp, int content_fd, uint64_t content_len, int out_fd) {
        _cleanup_bytes_ Bytes head = BYTES_NULL, tail = BYTES_NULL;
        CmsParts parts = parts_of(d, signature, timestamp);
        int r;

        r = cms_build(&parts, false, content_len, &head, &tail);
        if (r >= 0)
                r = write_all(out_fd, bytes_view(&head));
        if (r >= 0)
                r = copy(content_fd, content_len, out_fd);
        return r < 0 ? r : write_all(out_fd, bytes_view(&tail));
}
