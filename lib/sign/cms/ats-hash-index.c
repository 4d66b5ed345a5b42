/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Indexes of archive timestamps; see ats-hash-index.h. */

#include <errno.h>
#include <string.h>

#include "base/der-tag.h"
#include "der/oids.h"
#include "sign/cms/ats-hash-index.h"
#include "sign/cms/cms-algorithms.h"

#define TAG_UNSIGNED_ATTRIBUTES 0xa1

#define PIECE_SIZE 16384U

void ats_hash_index_done(AtsHashIndex *x) {
        bytes_done(&x->signer_info);
}

static int read_signer_info(View token, Bytes *ret) {
        _cleanup_(cms_signed_data_done) CmsSignedData d = { 0 };
        _cleanup_bytes_ Bytes ber = BYTES_NULL;
        BerSource source;
        int r;

        ber_source_init(&source, token);
        r = cms_parse(&source, &d);
        if (r < 0)
                return r;
        if (d.n_signers != 1)
                return -EBADMSG;
        r = ber_source_dup(&source, d.signers[0].at, d.signers[0].end - d.signers[0].at, DER_SIZE_MAX, &ber);
        return r < 0 ? r : ber_to_der(bytes_view(&ber), ret);
}

static int find(View signer_info, View *ret, bool *ret_by_value) {
        static const char *const types[] = { OID_ATS_HASH_INDEX_V3, OID_ATS_HASH_INDEX_V2, OID_ATS_HASH_INDEX };
        _cleanup_attributes_ Attributes *a = NULL;
        View whole, contents;
        size_t start;
        int r;

        r = cms_signer_info_field(signer_info, TAG_UNSIGNED_ATTRIBUTES, &whole, &contents, &start);
        if (r >= 0)
                r = attributes_read(contents, &a);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                r = attributes_single(a, types[i], ret);
                *ret_by_value = i == 0;
                if (r != -ENOENT)
                        return r;
        }
        return -ENOENT;
}

/* hashIndAlgorithm has a default where it may be absent: then the first list stands there, of octet strings. */
static int read_algorithm(View *index, gnutls_digest_algorithm_t *ret) {
        View rest = *index, identifier, oid;
        char dotted[DER_OID_MAX];

        *ret = GNUTLS_DIG_SHA256;
        if (der_expect(&rest, TAG_SEQUENCE, &identifier) < 0)
                return -EBADMSG;
        if (identifier.len == 0 || identifier.data[0] != TAG_OID)
                return 0;
        if (der_next(&identifier, &oid, NULL) < 0 || der_read_oid(oid, dotted) < 0)
                return -EBADMSG;
        *index = rest;
        *ret = cms_digest_of_oid(dotted);
        return *ret == GNUTLS_DIG_UNKNOWN ? -EOPNOTSUPP : 0;
}

static int read_hashes(View *index, View *ret) {
        View list, hash;
        size_t n = 0;

        if (der_expect(index, TAG_SEQUENCE, ret) < 0)
                return -EBADMSG;
        for (list = *ret; list.len > 0; n++)
                if (der_expect(&list, TAG_OCTET_STRING, &hash) < 0)
                        return -EBADMSG;
        return n > ATS_HASHES_MAX ? -E2BIG : 0;
}

int ats_hash_index_read(View token, AtsHashIndex *ret) {
        _cleanup_ats_hash_index_ AtsHashIndex x = { .by_value = false };
        View element, index;
        int r;

        r = read_signer_info(token, &x.signer_info);
        if (r >= 0)
                r = find(bytes_view(&x.signer_info), &x.element, &x.by_value);
        if (r < 0)
                return r;
        element = x.element;
        r = der_expect(&element, TAG_SEQUENCE, &index);
        if (r >= 0)
                r = read_algorithm(&index, &x.algorithm);
        if (r >= 0)
                r = read_hashes(&index, &x.certificates);
        if (r >= 0)
                r = read_hashes(&index, &x.revocations);
        if (r >= 0)
                r = read_hashes(&index, &x.attributes);
        if (r >= 0 && index.len > 0)
                r = -EBADMSG;
        if (r < 0)
                return r;
        *ret = x;
        x.signer_info = BYTES_NULL;
        return 0;
}

/* Hashes may be those of something else that has octets of another length. */
static bool lists(View hashes, const Digest *digest) {
        View hash;

        while (hashes.len > 0 && der_expect(&hashes, TAG_OCTET_STRING, &hash) >= 0)
                if (view_equal(hash, digest_view(digest)))
                        return true;
        return false;
}

static int digest_parts(gnutls_digest_algorithm_t algorithm, View first, View second, Digest *ret) {
        Digest d = { .len = gnutls_hash_get_len(algorithm) };
        gnutls_hash_hd_t hash;

        if (d.len == 0 || d.len > sizeof(d.data) || gnutls_hash_init(&hash, algorithm) < 0)
                return -EOPNOTSUPP;
        gnutls_hash(hash, first.data, first.len);
        if (second.len > 0)
                gnutls_hash(hash, second.data, second.len);
        gnutls_hash_deinit(hash, d.data);
        *ret = d;
        return 0;
}

static int digest_attribute(const AtsHashIndex *x, const Attribute *a, View value, Digest *ret) {
        View contents = a->contents, type;

        if (!x->by_value)
                return digest_parts(x->algorithm, a->element, (View) { 0 }, ret);
        return der_next(&contents, &type, NULL) < 0 ? -EBADMSG : digest_parts(x->algorithm, type, value, ret);
}

bool ats_hash_index_has(const AtsHashIndex *x, const Attribute *a, View value) {
        Digest digest;

        return digest_attribute(x, a, value, &digest) >= 0 && lists(x->attributes, &digest);
}

int ats_hash_octets(gnutls_hash_hd_t hash, BerSource *source, uint64_t from, uint64_t to) {
        uint8_t piece[PIECE_SIZE];
        int r = 0;

        for (size_t n; r >= 0 && from < to; from += n) {
                n = to - from < sizeof(piece) ? (size_t) (to - from) : sizeof(piece);
                r = ber_source_read(source, from, piece, n);
                if (r >= 0 && gnutls_hash(hash, piece, n) < 0)
                        r = -EIO;
        }
        return r;
}

static int digest_element(gnutls_digest_algorithm_t algorithm, BerSource *source, const BerElement *e, Digest *ret) {
        Digest d = { .len = gnutls_hash_get_len(algorithm) };
        gnutls_hash_hd_t hash;
        int r;

        if (d.len == 0 || d.len > sizeof(d.data) || gnutls_hash_init(&hash, algorithm) < 0)
                return -EOPNOTSUPP;
        r = ats_hash_octets(hash, source, e->at, e->end);
        gnutls_hash_deinit(hash, d.data);
        if (r >= 0)
                *ret = d;
        return r;
}

/* The digests of all that is in a set, one after the other. */
static int digest_set(gnutls_digest_algorithm_t algorithm, BerSource *source, const BerElement *set, Bytes *ret) {
        uint64_t at = set->body;
        size_t n = 0;
        BerElement e;
        Digest digest;
        int r = 1;

        while (set->body_end > set->body && (r = ber_next(source, set, &at, &e)) > 0) {
                if (++n > ATS_HASHES_MAX)
                        return -E2BIG;
                r = digest_element(algorithm, source, &e, &digest);
                if (r >= 0)
                        r = bytes_append_view(ret, digest_view(&digest));
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : 0;
}

static bool is_among(const Bytes *digests, View hash) {
        for (size_t i = 0; hash.len > 0 && i + hash.len <= digests->len; i += hash.len)
                if (memcmp(digests->data + i, hash.data, hash.len) == 0)
                        return true;
        return false;
}

/* Whether each of the hashes is one of these digests. */
static bool are_among(View hashes, const Bytes *digests, gnutls_digest_algorithm_t algorithm) {
        View hash;

        while (hashes.len > 0)
                if (der_expect(&hashes, TAG_OCTET_STRING, &hash) < 0 || hash.len != gnutls_hash_get_len(algorithm) || !is_among(digests, hash))
                        return false;
        return true;
}

static int digest_attributes(const AtsHashIndex *x, const Attributes *a, Bytes *ret) {
        size_t n = 0;
        int r = 0;

        for (size_t i = 0; a && i < a->n; i++) {
                View values = a->list[i].values, value;
                Digest digest;

                while (r >= 0 && values.len > 0) {
                        r = ++n > ATS_HASHES_MAX ? -E2BIG : der_next(&values, &value, NULL);
                        if (r >= 0)
                                r = digest_attribute(x, &a->list[i], value, &digest);
                        if (r >= 0)
                                r = bytes_append_view(ret, digest_view(&digest));
                        if (!x->by_value)
                                break;
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

int ats_hash_index_is_complete(const AtsHashIndex *x, BerSource *source, const CmsSignedData *d, const Attributes *unsigned_attributes) {
        _cleanup_bytes_ Bytes certificates = BYTES_NULL, revocations = BYTES_NULL, attributes = BYTES_NULL;
        int r;

        r = digest_set(x->algorithm, source, &d->certificate_set, &certificates);
        if (r >= 0)
                r = digest_set(x->algorithm, source, &d->revocations, &revocations);
        if (r >= 0)
                r = digest_attributes(x, unsigned_attributes, &attributes);
        return r < 0 ? r : are_among(x->certificates, &certificates, x->algorithm) && are_among(x->revocations, &revocations, x->algorithm) &&
                                   are_among(x->attributes, &attributes, x->algorithm);
}

int ats_hash_index_has_revocations(const AtsHashIndex *x, BerSource *source, const CmsSignedData *d) {
        _cleanup_bytes_ Bytes digests = BYTES_NULL;
        size_t len = gnutls_hash_get_len(x->algorithm);
        int r;

        r = digest_set(x->algorithm, source, &d->revocations, &digests);
        if (r < 0)
                return r;
        for (size_t i = 0; i + len <= digests.len; i += len) {
                Digest digest = { .len = len };

                memcpy(digest.data, digests.data + i, len);
                if (!lists(x->revocations, &digest))
                        return 0;
        }
        return 1;
}
