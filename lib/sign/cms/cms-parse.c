/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Walks SignedData; see cms-parse.h. */

#include <errno.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "base/der-tag.h"
#include "der/oids.h"
#include "sign/cms/cms-parse.h"

void cms_signed_data_done(CmsSignedData *s) {
        for (size_t i = 0; i < s->n_certificates; i++)
                gnutls_x509_crt_deinit(s->certificates[i]);
        free(s->certificates);
        free(s->signers);
        *s = (CmsSignedData) { 0 };
}

/* The next child, which must have this tag. */
static int expect(BerSource *s, const BerElement *parent, uint64_t *at, uint8_t tag, BerElement *ret) {
        int r;

        r = ber_next(s, parent, at, ret);
        if (r < 0)
                return r;
        return r == 0 || ret->tag != tag ? -EBADMSG : 0;
}

static int expect_oid(BerSource *s, const BerElement *parent, uint64_t *at, char ret[static DER_OID_MAX]) {
        uint8_t der[DER_OID_MAX];
        BerElement e;
        int r;

        r = expect(s, parent, at, TAG_OID, &e);
        if (r < 0)
                return r;
        if (e.end - e.at > sizeof(der))
                return -EBADMSG;
        r = ber_source_read(s, e.at, der, (size_t) (e.end - e.at));
        return r < 0 ? r : der_read_oid(VIEW(der, e.end - e.at), ret);
}

/* §10.2.5: there are the versions 0 to 5, and SignedData has four of them. Which one says nothing about what follows that is not
 * seen there. */
static int check_version(BerSource *s, const BerElement *e) {
        uint8_t version;
        int r;

        if (e->body_end - e->body != 1)
                return -EBADMSG;
        r = ber_source_read(s, e->body, &version, 1);
        if (r < 0)
                return r;
        return version == 1 || (version >= 3 && version <= 5) ? 0 : -EBADMSG;
}

/* Those we do not know are passed over. */
static int read_digest_algorithms(BerSource *s, const BerElement *set, CmsSignedData *d) {
        char oid[DER_OID_MAX];
        uint64_t at = set->body;
        BerElement e;
        int r;

        while ((r = ber_next(s, set, &at, &e)) > 0) {
                uint64_t inner = e.body;

                if (e.tag != TAG_SEQUENCE)
                        return -EBADMSG;
                r = expect_oid(s, &e, &inner, oid);
                if (r < 0)
                        return r;
                if (d->n_digest_algorithms >= CMS_DIGEST_ALGORITHMS_MAX)
                        return -E2BIG;
                d->digest_algorithms[d->n_digest_algorithms++] = gnutls_oid_to_digest(oid);
        }
        return r;
}

/* encapContentInfo, of which only the place of the content is kept. */
static int read_encapsulation(BerSource *s, const BerElement *signed_data, uint64_t *at, CmsSignedData *d) {
        BerElement encap, explicit;
        uint64_t inner, content;
        int r;

        r = expect(s, signed_data, at, TAG_SEQUENCE, &encap);
        if (r < 0)
                return r;
        d->encapsulation = encap;
        inner = encap.body;
        r = expect_oid(s, &encap, &inner, d->content_type);
        if (r < 0)
                return r;
        r = ber_next(s, &encap, &inner, &explicit);
        if (r <= 0)
                return r;
        if (explicit.tag != TAG_CONTEXT_0)
                return -EBADMSG;
        content = explicit.body;
        r = ber_next(s, &explicit, &content, &d->content);
        if (r < 0 || r == 0 || content != explicit.body_end || inner != encap.body_end)
                return r < 0 ? r : -EBADMSG;
        /* §4: data is an OCTET STRING; PKCS #7 1.5 has others of other types. */
        if (strcmp(d->content_type, OID_DATA) == 0 && (d->content.tag & ~BER_CONSTRUCTED) != TAG_OCTET_STRING)
                return -EBADMSG;
        d->has_content = true;
        return 0;
}

/* The octets as they are in the file, which for a certificate have to be DER. */
static int add_certificate(BerSource *s, const BerElement *e, CmsSignedData *d) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        int r;

        if (e->tag != TAG_SEQUENCE) /* an attribute certificate or another format */
                return 0;
        r = ber_source_dup(s, e->at, e->end - e->at, CMS_CERTIFICATE_SIZE_MAX, &der);
        if (r < 0)
                return r;
        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        r = gnutls_x509_crt_import(crt, &(gnutls_datum_t) { der.data, (unsigned) der.len }, GNUTLS_X509_FMT_DER);
        if (r == GNUTLS_E_MEMORY_ERROR)
                return -ENOMEM;
        if (r >= 0)
                d->certificates[d->n_certificates++] = TAKE_PTR(crt);
        return 0;
}

static int read_certificates(BerSource *s, const BerElement *set, CmsSignedData *d) {
        uint64_t at = set->body;
        size_t n = 0;
        BerElement e;
        int r;

        d->certificates = calloc(CMS_CERTIFICATES_MAX, sizeof(*d->certificates));
        if (!d->certificates)
                return -ENOMEM;
        while ((r = ber_next(s, set, &at, &e)) > 0) {
                if (++n > CMS_CERTIFICATES_MAX)
                        return -E2BIG;
                r = add_certificate(s, &e, d);
                if (r < 0)
                        return r;
        }
        return r;
}

static int read_signers(BerSource *s, const BerElement *set, CmsSignedData *d) {
        uint64_t at = set->body;
        BerElement e;
        int r;

        d->signers = calloc(CMS_SIGNERS_MAX, sizeof(*d->signers));
        if (!d->signers)
                return -ENOMEM;
        while ((r = ber_next(s, set, &at, &e)) > 0) {
                if (e.tag != TAG_SEQUENCE)
                        return -EBADMSG;
                if (d->n_signers >= CMS_SIGNERS_MAX)
                        return -E2BIG;
                d->signers[d->n_signers++] = e;
        }
        return r;
}

static int read_signed_data(BerSource *s, const BerElement *signed_data, CmsSignedData *d) {
        uint64_t at = signed_data->body;
        BerElement e;
        int r;

        r = expect(s, signed_data, &at, TAG_INTEGER, &d->version);
        if (r >= 0)
                r = check_version(s, &d->version);
        if (r >= 0)
                r = expect(s, signed_data, &at, TAG_SET, &d->digest_set);
        if (r >= 0)
                r = read_digest_algorithms(s, &d->digest_set, d);
        if (r >= 0)
                r = read_encapsulation(s, signed_data, &at, d);
        if (r < 0)
                return r;
        r = ber_next(s, signed_data, &at, &e);
        if (r > 0 && e.tag == TAG_CONTEXT_0) {
                d->certificate_set = e;
                r = read_certificates(s, &e, d);
                if (r >= 0)
                        r = ber_next(s, signed_data, &at, &e);
        }
        if (r > 0 && e.tag == TAG_CONTEXT_1) {
                d->has_revocation_values = e.body_end > e.body;
                d->revocations = e;
                r = ber_next(s, signed_data, &at, &e);
        }
        if (r < 0)
                return r;
        if (r == 0 || e.tag != TAG_SET || at != signed_data->body_end)
                return -EBADMSG;
        return read_signers(s, &e, d);
}

int cms_parse(BerSource *source, CmsSignedData *ret) {
        _cleanup_(cms_signed_data_done) CmsSignedData d = { 0 };
        char type[DER_OID_MAX];
        BerElement info, explicit, signed_data;
        uint64_t at, inner;
        int r;

        r = ber_element_read(source, 0, source->size, &info);
        if (r < 0)
                return r;
        if (info.tag != TAG_SEQUENCE)
                return -EBADMSG;
        at = info.body;
        r = expect_oid(source, &info, &at, type);
        if (r < 0)
                return r;
        if (strcmp(type, OID_SIGNED_DATA) != 0)
                return -EBADMSG;
        r = expect(source, &info, &at, TAG_CONTEXT_0, &explicit);
        if (r < 0)
                return r;
        inner = explicit.body;
        r = expect(source, &explicit, &inner, TAG_SEQUENCE, &signed_data);
        if (r >= 0)
                r = read_signed_data(source, &signed_data, &d);
        if (r < 0)
                return r;
        d.size = info.end;
        *ret = d;
        d = (CmsSignedData) { 0 };
        return 0;
}

int cms_signer_info_field(View signer_info, uint8_t tag, View *ret_whole, View *ret_contents, size_t *ret_start) {
        View fields, element, contents;
        int r;

        r = der_expect(&signer_info, TAG_SEQUENCE, &fields);
        if (r < 0)
                return r;
        *ret_whole = fields;
        for (View rest = fields; rest.len > 0;) {
                r = der_next(&rest, &element, &contents);
                if (r < 0)
                        return r;
                if (element.data[0] == tag) {
                        *ret_contents = contents;
                        *ret_start = (size_t) (element.data - fields.data);
                        return 0;
                }
        }
        return -ENOENT;
}

/* The octets: an OCTET STRING's value, or for PKCS #7 1.5 the contents of whatever stands there (RFC 5652 §5.2.1). */
static int walk_content(BerSource *source, const CmsSignedData *s, BerPiece f, void *userdata) {
        BerElement raw = s->content;

        if ((raw.tag & ~BER_CONSTRUCTED) == TAG_OCTET_STRING)
                return ber_octets(source, &raw, f, userdata);
        if (raw.indefinite)
                return -EBADMSG;
        raw.tag = TAG_OCTET_STRING;
        return ber_octets(source, &raw, f, userdata);
}

static int hash_piece(void *userdata, View piece) {
        return gnutls_hash(userdata, piece.data, piece.len) < 0 ? -EIO : 0;
}

int cms_digest_content(BerSource *source, const CmsSignedData *s, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        gnutls_hash_hd_t hash;
        Digest d = { .len = gnutls_hash_get_len(algorithm) };
        int r;

        if (d.len == 0 || d.len > sizeof(d.data) || gnutls_hash_init(&hash, algorithm) < 0)
                return -EOPNOTSUPP;
        r = walk_content(source, s, hash_piece, hash);
        gnutls_hash_deinit(hash, d.data);
        if (r >= 0)
                *ret = d;
        return r;
}

typedef struct Collected {
        Bytes bytes;
        size_t max;
} Collected;

static int collect_piece(void *userdata, View piece) {
        Collected *c = userdata;

        if (piece.len > c->max - c->bytes.len)
                return -E2BIG;
        return bytes_append_view(&c->bytes, piece);
}

int cms_read_content(BerSource *source, const CmsSignedData *s, size_t max, Bytes *ret) {
        Collected c = { .max = max };
        int r;

        r = walk_content(source, s, collect_piece, &c);
        if (r < 0) {
                bytes_done(&c.bytes);
                return r;
        }
        *ret = c.bytes;
        return 0;
}
