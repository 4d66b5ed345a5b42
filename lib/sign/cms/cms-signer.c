/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One SignerInfo; see cms-signer.h. The order is that of EN 319 102-1 §5.3: format, signing certificate, cryptography, chain,
 * constraints. Cryptography comes before the chain here, since a broken signature fails whoever made it. */

#include <errno.h>
#include <string.h>

#include "crypto/key.h"
#include "der/attributes.h"
#include "sign/cms/cades-timestamps.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/cms/cms-signer.h"
#include "sign/trust/revocation-values.h"
#include "sign/trust/signer-trust.h"

/* The largest content that is looked at for being attributes in disguise. */
#define DISGUISE_MAX (64U * 1024U)

/* The largest content of a signature that is over the content itself. */
#define EDDSA_CONTENT_MAX (64U * 1024U * 1024U)

/* The largest SignerInfo, unsigned attributes aside. */
#define CORE_MAX (1024U * 1024U)

typedef struct SignerState {
        Bytes core; /* the SignerInfo without unsigned attributes; `info` has views into it */
        Der *info;
        Attributes *signed_attributes; /* NULL when there are none */
        Attributes *unsigned_attributes;
        Bytes tbs;
        CmsAlgorithms algorithms;
        gnutls_x509_crt_t certificate; /* borrowed, or `owned` */
        gnutls_x509_crt_t owned;
        bool certificate_enclosed;
        bool ess;                      /* a signing-certificate attribute that fits */
        bool signing_time;
        CadesStamped stamped;
        CadesTimestamps timestamps;
} SignerState;

static void signer_state_done(SignerState *s) {
        der_free(s->info);
        bytes_done(&s->core);
        attributes_free(s->signed_attributes);
        attributes_free(s->unsigned_attributes);
        bytes_done(&s->tbs);
        if (s->owned)
                gnutls_x509_crt_deinit(s->owned);
}

static int malformed(SignatureReport *report, const char *reason) {
        int r;

        r = signature_report_note(report, SUB_FORMAT_FAILURE, reason);
        return r < 0 ? r : 1;
}

/* Cuts the unsigned attributes off, which may be large and prove nothing here, and looks at the number of the signed ones before
 * libtasn1 makes a tree of them. 0, -EBADMSG, -E2BIG, -ENOMEM. */
static int split(View signer_info, SignerState *s, View *ret_signed) {
        View rest, element, contents, child, inner;
        Bytes core = BYTES_NULL;
        int r;

        *ret_signed = (View) { 0 };
        r = der_next(&signer_info, &element, &contents);
        for (rest = contents; r >= 0 && rest.len > 0;) {
                r = der_next(&rest, &child, &inner);
                if (r >= 0 && child.data[0] == 0xa0)
                        *ret_signed = inner;
                if (r >= 0 && child.data[0] == 0xa1) {
                        contents.len = (size_t) (child.data - contents.data);
                        r = rest.len > 0 ? -EBADMSG : attributes_read(inner, &s->unsigned_attributes);
                        /* Where they can't be read, no level is named. */
                        r = r == -ENOMEM || rest.len > 0 ? r : 0;
                }
        }
        if (r >= 0 && contents.len > CORE_MAX)
                r = -E2BIG;
        if (r >= 0)
                r = der_append_element(&core, 0x30, contents);
        s->core = core;
        return r;
}

/* RFC 5652 §5.3: 1 with issuerAndSerialNumber, 3 with subjectKeyIdentifier. */
static bool has_right_version(const Der *info) {
        View v;

        return der_value(info, "version", &v) >= 0 && v.len == 1 && v.data[0] == (der_has(info, "sid.subjectKeyIdentifier") ? 3 : 1);
}

/* RFC 5652 §11.1 to §11.3: these must not be unsigned attributes. */
static bool has_misplaced(const Attributes *u) {
        return u && (attributes_has(u, OID_CONTENT_TYPE) || attributes_has(u, OID_MESSAGE_DIGEST) || attributes_has(u, OID_SIGNING_TIME));
}

/* Takes the SignerInfo apart. 0, or 1 when it is malformed and reported. */
static int parse(View signer_info, SignerState *s, SignatureReport *report) {
        View signed_attributes;
        int r;

        r = split(signer_info, s, &signed_attributes);
        if (r >= 0 && signed_attributes.data)
                r = attributes_read(signed_attributes, &s->signed_attributes);
        if (r >= 0 && signed_attributes.data)
                r = der_append_set_of(&s->tbs, 0x31, signed_attributes);
        if (r >= 0)
                r = der_decode("CMS.SignerInfo", bytes_view(&s->core), &s->info);
        if (r == -EBADMSG || r == -E2BIG)
                return malformed(report, N_("The signature is damaged: its structure is not that of a signer's information."));
        if (r >= 0 && !has_right_version(s->info))
                return malformed(report, N_("The signature is malformed: its version is not that of its form."));
        if (r >= 0 && has_misplaced(s->unsigned_attributes))
                return malformed(report, N_("The signature is malformed: an attribute that must be signed stands among the unsigned ones."));
        return r;
}

static bool fits_issuer_serial(const SignerState *s, gnutls_x509_crt_t crt) {
        _cleanup_(datum_done) gnutls_datum_t issuer = { 0 };
        uint8_t serial[128];
        size_t len = sizeof(serial);
        View v;

        if (der_value(s->info, "sid.issuerAndSerialNumber.serialNumber", &v) < 0 || gnutls_x509_crt_get_serial(crt, serial, &len) < 0 ||
            !view_equal(v, VIEW(serial, len)))
                return false;
        return der_element(s->info, "sid.issuerAndSerialNumber.issuer", &v) >= 0 && gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer) >= 0 &&
               view_equal(v, VIEW(issuer.data, issuer.size));
}

static bool fits_key_id(const SignerState *s, gnutls_x509_crt_t crt) {
        uint8_t id[128];
        size_t len = sizeof(id);
        View v;

        return der_value(s->info, "sid.subjectKeyIdentifier", &v) >= 0 && gnutls_x509_crt_get_subject_key_id(crt, id, &len, NULL) >= 0 &&
               view_equal(v, VIEW(id, len));
}

/* §5.3, sid. What did not come along may be among the anchors. */
static void find_certificate(const CmsContext *c, SignerState *s) {
        gnutls_x509_trust_list_iter_t iter = NULL;
        gnutls_x509_crt_t crt;

        for (size_t i = 0; i < c->signed_data->n_certificates; i++) {
                crt = c->signed_data->certificates[i];
                if (fits_issuer_serial(s, crt) || fits_key_id(s, crt)) {
                        s->certificate = crt;
                        s->certificate_enclosed = true;
                        return;
                }
        }
        while (c->params->anchors && gnutls_x509_trust_list_iter_get_ca(c->params->anchors, &iter, &crt) >= 0) {
                if (!s->certificate && (fits_issuer_serial(s, crt) || fits_key_id(s, crt)))
                        s->certificate = s->owned = crt;
                else
                        gnutls_x509_crt_deinit(crt);
        }
}

/* RFC 5652 §11: content-type and message-digest must be there, those and signing-time once with one value; content-type is that
 * of the content. 0, or 1 when they break a rule and it is reported. */
static int check_attributes(const CmsContext *c, SignerState *s, SignatureReport *report, View *ret_message_digest) {
        char type[DER_OID_MAX];
        View v, octets;
        int r;

        r = attributes_single(s->signed_attributes, OID_SIGNING_TIME, &v);
        s->signing_time = r != -ENOENT;
        if (r == -EBADMSG || (r >= 0 && attribute_time_read(v, &report->signing_time) < 0))
                return malformed(report, N_("The signature is malformed: its signing time can not be read or is there twice."));
        r = attributes_single(s->signed_attributes, OID_CONTENT_TYPE, &v);
        if (c->countersignature) {
                if (r != -ENOENT)
                        return malformed(report, N_("The countersignature is malformed: it names a type of content, and has none."));
        } else if (r < 0 || der_read_oid(v, type) < 0)
                return malformed(report, N_("The signature is malformed: the type of the signed content is missing or there twice."));
        else if (strcmp(type, c->signed_data->content_type) != 0)
                return malformed(report, N_("The signature is malformed: it names another type of content than it stands with."));
        r = attributes_single(s->signed_attributes, OID_ALGORITHM_PROTECTION, &v);
        if (r >= 0)
                r = cms_algorithms_compare_protection(s->info, v);
        if (r == CMS_ALGORITHM_E_MISMATCH) {
                r = signature_report_note(report, SUB_SIG_CRYPTO_FAILURE, N_("The signature was made with other algorithms than it names."));
                return r < 0 ? r : 1;
        }
        if (r < 0 && r != -ENOENT)
                return malformed(report, N_("The signature is malformed: the algorithms that it protects cannot be read."));
        r = attributes_single(s->signed_attributes, OID_MESSAGE_DIGEST, &v);
        if (r < 0 || v.data[0] != 0x04 || der_next(&v, &(View) { 0 }, &octets) < 0)
                return malformed(report, N_("The signature is malformed: the digest of the document is missing or there twice."));
        *ret_message_digest = octets;
        return 0;
}

/* The content itself, where it has at most `max` bytes; -ENODATA where it is known by digest only, as the value that a countersignature is over is. */
static int read_content(const CmsContext *c, size_t max, Bytes *ret) {
        BerSource external;
        int r;

        if (c->countersignature)
                return -ENODATA;
        if (c->signed_data->has_content)
                return cms_read_content(c->source, c->signed_data, max, ret);
        if (c->params->content_fd < 0)
                return -ENODATA;
        r = ber_source_init_fd(&external, c->params->content_fd);
        if (r < 0)
                return r;
        r = ber_source_dup(&external, 0, external.size, max, ret);
        ber_source_done(&external);
        return r;
}

/* A signature without attributes over what is a set of attributes: those were signed for another document, and their set is put
 * forward as the document. Nobody signs such a set as a document on purpose. */
static bool is_disguise(const CmsContext *c) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        _cleanup_attributes_ Attributes *a = NULL;
        View v, element, contents;
        int r = read_content(c, DISGUISE_MAX, &content);

        v = bytes_view(&content);
        if (r < 0 || der_next(&v, &element, &contents) < 0 || v.len > 0 || element.data[0] != 0x31)
                return false;
        return attributes_read(contents, &a) >= 0 && attributes_has(a, OID_MESSAGE_DIGEST);
}

/* Whether the content's digests are the one that was signed. 1 when all there is fits, 0 when not and reported. */
static int compare_digests(const CmsContext *c, View signed_digest, const Digest *embedded, const Digest *external, SignatureReport *report) {
        int r;

        if (embedded->len == 0 && external->len == 0) {
                r = signature_report_note(report, SUB_SIGNED_DATA_NOT_FOUND, N_("The document that was signed is not in this file and was not given."));
                return r < 0 ? r : 0;
        }
        if (embedded->len > 0 && !view_equal(signed_digest, digest_view(embedded))) {
                r = signature_report_note(report, SUB_HASH_FAILURE, N_("The document was changed after it was signed."));
                return r < 0 ? r : 0;
        }
        if (external->len > 0 && !view_equal(signed_digest, digest_view(external))) {
                r = signature_report_note(report, SUB_HASH_FAILURE,
                                          c->countersignature ? N_("The countersignature is of another signature.")
                                          : embedded->len > 0 ? N_("The signature is of the document inside it, which is not the one that was given.")
                                          : c->content->pdf ? N_("The document was changed after it was signed.")
                                                            : N_("The document was changed after it was signed, or is not the one that was signed."));
                return r < 0 ? r : 0;
        }
        return 1;
}

static int check_value(const SignerState *s, const View *data, View digest, SignatureReport *report) {
        View value;
        int r;

        if (der_value(s->info, "signature", &value) < 0)
                value = (View) { 0 };
        r = cms_signature_verify(&s->algorithms, s->certificate, data, digest, value);
        if (r == -EKEYREJECTED)
                r = signature_report_note(report, SUB_SIG_CRYPTO_FAILURE, N_("The signature value does not fit: the signature was altered or made with another key."));
        else if (r == -EOPNOTSUPP)
                r = signature_report_note(report, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The signature uses an algorithm that is not supported."));
        else if (r >= 0)
                return 1;
        return r < 0 ? r : 0;
}

/* §5.4 and §5.6 with signed attributes. */
static int verify_attributes(CmsContext *c, SignerState *s, const Digest *embedded, const Digest *external, SignatureReport *report) {
        View message_digest, tbs = bytes_view(&s->tbs);
        int digests, value;

        digests = check_attributes(c, s, report, &message_digest);
        if (digests != 0)
                return digests < 0 ? digests : 0;
        report->digest_algorithm = s->algorithms.digest;
        digests = bytes_dup(message_digest, &report->digest);
        if (digests >= 0)
                digests = compare_digests(c, message_digest, embedded, external, report);
        if (digests < 0 || !s->certificate)
                return digests < 0 ? digests : 0;
        value = check_value(s, &tbs, (View) { 0 }, report);
        if (value < 0)
                return value;
        report->integrity = digests > 0 && value > 0;
        return 0;
}

/* RFC 8419 §3.1: EdDSA is over the content, which it goes through twice, and not over a digest of it. */
static int check_eddsa(const CmsContext *c, const SignerState *s, SignatureReport *report) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        View data;
        int r = read_content(c, EDDSA_CONTENT_MAX, &content);

        if (r == -ENOMEM)
                return r;
        data = bytes_view(&content);
        return check_value(s, r < 0 ? NULL : &data, (View) { 0 }, report);
}

static bool is_eddsa(const CmsAlgorithms *a) {
        return a->sign == GNUTLS_SIGN_EDDSA_ED25519 || a->sign == GNUTLS_SIGN_EDDSA_ED448;
}

/* Without: the value is over the content itself, which must then be plain data (§5.3). */
static int verify_plain(CmsContext *c, SignerState *s, const Digest *embedded, const Digest *external, SignatureReport *report) {
        const Digest *digest = embedded->len > 0 ? embedded : external;
        int digests, value;

        if (!c->countersignature && strcmp(c->signed_data->content_type, OID_DATA) != 0)
                return malformed(report, N_("The signature is malformed: it has no signed attributes, which this type of content requires."));
        if (!c->countersignature && is_disguise(c))
                return malformed(report, N_("What is put forward as the document are the attributes of a signature of another one."));
        report->digest_algorithm = s->algorithms.digest;
        digests = bytes_dup(digest_view(digest), &report->digest);
        if (digests >= 0)
                digests = compare_digests(c, digest_view(digest), embedded, external, report);
        if (digests <= 0 || !s->certificate)
                return digests < 0 ? digests : 0;
        value = is_eddsa(&s->algorithms) ? check_eddsa(c, s, report) : check_value(s, NULL, digest_view(digest), report);
        if (value < 0)
                return value;
        report->integrity = value > 0;
        return 0;
}

/* RFC 5652 §5.1: one may fail a signature whose digest algorithm is not in digestAlgorithms. */
static bool announced(const CmsSignedData *d, gnutls_digest_algorithm_t algorithm) {
        for (size_t i = 0; i < d->n_digest_algorithms; i++)
                if (d->digest_algorithms[i] == algorithm)
                        return true;
        return false;
}

static int verify_cryptography(CmsContext *c, SignerState *s, SignatureReport *report) {
        Digest embedded = { .len = 0 }, external = { .len = 0 };
        int r;

        r = cms_algorithms_read(s->info, &s->algorithms);
        if (r == -EBADMSG)
                return malformed(report, N_("The signature is damaged: its algorithms can not be read."));
        if (r == CMS_ALGORITHM_E_MISMATCH)
                return signature_report_note(report, SUB_SIG_CRYPTO_FAILURE,
                                             N_("The digest algorithm of the signature is not the one that its signature algorithm goes with."));
        if (r == 0 && !c->countersignature && !announced(c->signed_data, s->algorithms.digest))
                return malformed(report, N_("The signature is malformed: its digest algorithm is not among those that it announces."));
        if (r == 0)
                r = c->digest(c, s->algorithms.digest, &embedded, &external);
        if (r == CMS_ALGORITHM_E_UNSUPPORTED || r == -EOPNOTSUPP)
                return signature_report_note(report, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The signature uses an algorithm that is not supported."));
        if (r < 0)
                return r;
        r = s->signed_attributes ? verify_attributes(c, s, &embedded, &external, report)
                                 : verify_plain(c, s, &embedded, &external, report);
        return r < 0 ? r : 0;
}

/* RFC 5035 §5.4: the hash must be the certificate's; the issuer and serial, where given, too. */
static bool ess_fits(const SignerState *s, const SignatureReport *report, View value, bool v2) {
        _cleanup_(datum_done) gnutls_datum_t issuer = { 0 };
        gnutls_digest_algorithm_t algorithm;
        uint8_t serial[128];
        size_t len = sizeof(serial);
        EssCertId id;
        Digest digest;

        if (attribute_ess_cert_id_read(value, v2, &id) < 0)
                return false;
        algorithm = cms_digest_of_oid(id.hash_algorithm);
        if (algorithm == GNUTLS_DIG_UNKNOWN || digest_of(algorithm, bytes_view(&report->certificate), &digest) < 0 ||
            !view_equal(id.hash, digest_view(&digest)))
                return false;
        if (id.serial.len == 0)
                return true;
        if (gnutls_x509_crt_get_serial(s->certificate, serial, &len) < 0 || !view_equal(id.serial, VIEW(serial, len)))
                return false;
        return id.issuer.len == 0 || (gnutls_x509_crt_get_raw_issuer_dn(s->certificate, &issuer) >= 0 &&
                                      view_equal(id.issuer, VIEW(issuer.data, issuer.size)));
}

/* EN 319 102-1 §5.2.3.4: a reference that names another certificate leaves the signing certificate unknown. Two references of one
 * kind are against RFC 5035 §5.4, but each that is there must fit. */
static int check_ess(SignerState *s, SignatureReport *report) {
        size_t n = 0;

        for (size_t i = 0; s->signed_attributes && i < s->signed_attributes->n; i++) {
                const Attribute *a = &s->signed_attributes->list[i];
                bool v2 = strcmp(a->type, OID_SIGNING_CERTIFICATE_V2) == 0;
                View values = a->values, value;

                if (!v2 && strcmp(a->type, OID_SIGNING_CERTIFICATE) != 0)
                        continue;
                n++;
                if (der_next(&values, &value, NULL) < 0 || values.len > 0 || !ess_fits(s, report, value, v2))
                        return signature_report_note(report, SUB_NO_SIGNING_CERTIFICATE_FOUND,
                                                     N_("The signature names another certificate as the signer's than the one it came with."));
        }
        s->ess = n > 0;
        return 0;
}

/* EN 319 122-1 §6.3, table 1, by what is there; whether it proves anything is told elsewhere. */
static const char *level_of(const CmsContext *c, const SignerState *s) {
        const Attributes *u = s->unsigned_attributes;
        size_t references;

        if (!s->ess || !s->certificate_enclosed)
                return NULL;
        references = attributes_count(s->signed_attributes, OID_SIGNING_CERTIFICATE) +
                     attributes_count(s->signed_attributes, OID_SIGNING_CERTIFICATE_V2);
        if (references != 1)
                return NULL;
        /* EN 319 142-1 §6.3: in a PDF the signature dictionary has the time. */
        if (s->signing_time == c->content->pdf)
                return NULL;
        if (!u || !cades_timestamps_have(&s->timestamps, TIMESTAMP_SIGNATURE))
                return "B-B";
        /* What is above stands in the document. */
        if (c->content->pdf)
                return "B-T";
        if (cades_timestamps_have(&s->timestamps, TIMESTAMP_ARCHIVE))
                return "B-LTA";
        return c->signed_data->has_revocation_values || attributes_has(u, OID_REVOCATION_VALUES) ? "B-LT" : "B-T";
}

/* What came along about the state of certificates. */
static int collect_revocation(const CmsContext *c, const SignerState *s) {
        RevocationPool *pool = c->params->revocation;
        View value;
        int r = 0;

        if (!pool)
                return 0;
        if (s->unsigned_attributes && attributes_single(s->unsigned_attributes, OID_REVOCATION_VALUES, &value) >= 0)
                r = revocation_collect_values(pool, value);
        if (r >= 0 && s->signed_attributes && attributes_single(s->signed_attributes, OID_ADBE_REVOCATION_INFO, &value) >= 0)
                r = revocation_collect_values(pool, value);
        return r;
}

/* A timestamp's own are none of ours. */
static int read_timestamps(CmsContext *c, SignerState *s) {
        View core = bytes_view(&s->core);
        int r;

        s->stamped = (CadesStamped) { .context = c, .signed_attributes = s->signed_attributes, .unsigned_attributes = s->unsigned_attributes };
        if (c->params->no_timestamps)
                return 0;
        r = der_expect(&core, 0x30, &s->stamped.core);
        if (r >= 0 && der_value(s->info, "signature", &s->stamped.value) < 0)
                r = -EBADMSG;
        return r < 0 ? r : cades_timestamps_read(&s->stamped, &s->timestamps);
}

static int collect_covered(void *userdata, size_t i, RevocationPool *ret) {
        const SignerState *s = userdata;

        return cades_timestamps_covered(&s->stamped, &s->timestamps, i, ret);
}

/* Who signed, and whether one may rely on it; integrity holds. */
static int verify_signer(const CmsContext *c, SignerState *s, SignatureReport *report) {
        SignerEvidence evidence = { .certificate = s->certificate, .others = c->signed_data->certificates, .n_others = c->signed_data->n_certificates,
                                    .algorithms = &s->algorithms, .timestamps = s->timestamps.list, .n_timestamps = s->timestamps.n,
                                    .covered = collect_covered, .userdata = s };
        int r;

        r = collect_revocation(c, s);
        if (r >= 0 && der_value(s->info, "signature", &evidence.value) < 0)
                r = -EBADMSG;
        return r < 0 ? r : signer_trust_judge(&evidence, c->params, report);
}

int cms_signer_verify(CmsContext *c, View signer_info, SignatureReport *report, bool *ret_signing_time) {
        _cleanup_(signer_state_done) SignerState s = { 0 };
        int r;

        report->format = c->content->pdf ? "PDF-CMS" : "CMS";
        r = parse(signer_info, &s, report);
        if (r != 0)
                return r < 0 ? r : 0;
        find_certificate(c, &s);
        r = s.certificate ? signature_report_describe(report, s.certificate)
                          : signature_report_note(report, SUB_NO_SIGNING_CERTIFICATE_FOUND, N_("The signer's certificate is not in the signature."));
        if (r >= 0)
                r = verify_cryptography(c, &s, report);
        if (r >= 0 && s.certificate)
                r = check_ess(&s, report);
        if (r >= 0)
                r = read_timestamps(c, &s);
        if (r < 0)
                return r;
        if (s.ess) {
                report->format = c->content->pdf ? "PAdES" : "CAdES";
                report->level = level_of(c, &s);
        }
        *ret_signing_time = s.signing_time;
        report->covers_whole_document = report->integrity && !c->countersignature;
        return report->integrity ? verify_signer(c, &s, report) : 0;
}
