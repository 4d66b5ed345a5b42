/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Adding to SignedData; see cms-edit.h. All but the content is held in memory, as DER. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/der-tag.h"
#include "der/attributes.h"
#include "sign/cms/cms-build.h"
#include "sign/cms/cms-edit.h"
#include "sign/cms/cms-parse.h"

struct CmsEdit {
        BerSource source;
        CmsSignedData parsed;
        uint64_t content_len;
        Bytes version, digests, certificates, revocations; /* whole elements; empty where absent */
        Bytes *signers;
        size_t n_signers;
};

CmsEdit *cms_edit_free(CmsEdit *e) {
        if (!e)
                return NULL;
        for (size_t i = 0; i < e->n_signers; i++)
                bytes_done(&e->signers[i]);
        free(e->signers);
        bytes_done(&e->version);
        bytes_done(&e->digests);
        bytes_done(&e->certificates);
        bytes_done(&e->revocations);
        cms_signed_data_done(&e->parsed);
        ber_source_done(&e->source);
        free(e);
        return NULL;
}

/* What is DER stays as it is. Nothing for an element that is absent. */
static int read_element(BerSource *source, const BerElement *element, Bytes *ret) {
        _cleanup_bytes_ Bytes ber = BYTES_NULL;
        int r;

        if (element->end == element->at)
                return 0;
        r = ber_source_dup(source, element->at, element->end - element->at, DER_SIZE_MAX, &ber);
        return r < 0 ? r : ber_to_der(bytes_view(&ber), ret);
}

static int count_piece(void *userdata, View piece) {
        *(uint64_t *) userdata += piece.len;
        return 0;
}

static int measure_content(CmsEdit *e) {
        if (!e->parsed.has_content)
                return 0;
        if ((e->parsed.content.tag & ~BER_CONSTRUCTED) != TAG_OCTET_STRING)
                return -EOPNOTSUPP;
        if (e->parsed.content.tag == TAG_OCTET_STRING) {
                e->content_len = e->parsed.content.body_end - e->parsed.content.body;
                return 0;
        }
        return ber_octets(&e->source, &e->parsed.content, count_piece, &e->content_len);
}

static int read_all(CmsEdit *e) {
        int r;

        r = cms_parse(&e->source, &e->parsed);
        if (r >= 0)
                r = measure_content(e);
        if (r >= 0)
                r = read_element(&e->source, &e->parsed.version, &e->version);
        if (r >= 0)
                r = read_element(&e->source, &e->parsed.digest_set, &e->digests);
        if (r >= 0)
                r = read_element(&e->source, &e->parsed.certificate_set, &e->certificates);
        if (r >= 0)
                r = read_element(&e->source, &e->parsed.revocations, &e->revocations);
        if (r < 0)
                return r;
        e->signers = calloc(e->parsed.n_signers + 1, sizeof(*e->signers));
        if (!e->signers)
                return -ENOMEM;
        for (; r >= 0 && e->n_signers < e->parsed.n_signers; e->n_signers += r >= 0)
                r = read_element(&e->source, &e->parsed.signers[e->n_signers], &e->signers[e->n_signers]);
        return r;
}

int cms_edit_open(int fd, CmsEdit **ret) {
        _cleanup_(cms_edit_freep) CmsEdit *e = calloc(1, sizeof(*e));
        int r;

        if (!e)
                return -ENOMEM;
        e->source.fd = -1;
        r = ber_source_init_fd(&e->source, fd);
        if (r >= 0)
                r = read_all(e);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(e);
        return 0;
}

size_t cms_edit_count_signers(const CmsEdit *e) {
        return e->n_signers;
}

int cms_edit_signature(const CmsEdit *e, size_t i, View *ret) {
        View whole;
        size_t start;
        int r;

        r = cms_signer_info_field(bytes_view(&e->signers[i]), TAG_OCTET_STRING, &whole, ret, &start);
        return r == -ENOENT ? -EBADMSG : r;
}

bool cms_edit_has_unsigned(const CmsEdit *e, size_t i, const char *type) {
        _cleanup_attributes_ Attributes *a = NULL;
        View whole, contents;
        size_t start;

        return cms_signer_info_field(bytes_view(&e->signers[i]), TAG_CONTEXT_1, &whole, &contents, &start) >= 0 && attributes_read(contents, &a) >= 0 && attributes_has(a, type);
}

bool cms_edit_is_archived(const CmsEdit *e) {
        for (size_t i = 0; i < e->n_signers; i++)
                if (cms_edit_has_unsigned(e, i, OID_ARCHIVE_TIME_STAMP_V2) || cms_edit_has_unsigned(e, i, OID_ARCHIVE_TIME_STAMP))
                        return true;
        return false;
}

/* Behind those that are there, whose order may be what an archive timestamp is over. */
int cms_edit_add_unsigned(CmsEdit *e, size_t i, const char *type, View value) {
        _cleanup_bytes_ Bytes fields = BYTES_NULL, attributes = BYTES_NULL, info = BYTES_NULL;
        View whole, contents = { 0 };
        size_t start;
        int r;

        r = cms_signer_info_field(bytes_view(&e->signers[i]), TAG_CONTEXT_1, &whole, &contents, &start);
        if (r == -ENOENT) {
                start = whole.len;
                r = 0;
        } else if (r >= 0 && contents.data + contents.len != whole.data + whole.len)
                r = -EBADMSG; /* they are the last field (RFC 5652 §5.3) */
        if (r >= 0)
                r = bytes_append_view(&attributes, contents);
        if (r >= 0)
                r = cms_append_attribute(&attributes, type, value);
        if (r >= 0)
                r = bytes_append_view(&fields, VIEW(whole.data, start));
        if (r >= 0)
                r = der_append_element(&fields, TAG_CONTEXT_1, bytes_view(&attributes));
        if (r >= 0)
                r = der_append_element(&info, TAG_SEQUENCE, bytes_view(&fields));
        if (r < 0)
                return r;
        bytes_done(&e->signers[i]);
        e->signers[i] = bytes_take(&info);
        return 0;
}

/* Adds an element to a SET OF, unless it is there. */
static int add_to_set(Bytes *set, uint8_t tag, View element) {
        _cleanup_bytes_ Bytes contents = BYTES_NULL, longer = BYTES_NULL;
        View v = bytes_view(set), old = { 0 }, one;
        int r = 0;

        if (v.len > 0)
                r = der_expect(&v, tag, &old);
        for (View rest = old; r >= 0 && rest.len > 0;) {
                r = der_next(&rest, &one, NULL);
                if (r >= 0 && view_equal(one, element))
                        return 0;
        }
        if (r >= 0)
                r = bytes_append_view(&contents, old);
        if (r >= 0)
                r = bytes_append_view(&contents, element);
        if (r >= 0)
                r = der_append_set_of(&longer, tag, bytes_view(&contents));
        if (r < 0)
                return r;
        bytes_done(set);
        *set = bytes_take(&longer);
        return 0;
}

/* Whether it is announced, with or without parameters (RFC 5754 §2). */
static bool announces(const CmsEdit *e, gnutls_digest_algorithm_t digest) {
        for (size_t i = 0; i < e->parsed.n_digest_algorithms; i++)
                if (e->parsed.digest_algorithms[i] == digest)
                        return true;
        return false;
}

int cms_edit_add_certificates(CmsEdit *e, const Bytes *certificates, size_t n_certificates) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n_certificates; i++)
                r = add_to_set(&e->certificates, TAG_CONTEXT_0, bytes_view(&certificates[i]));
        return r;
}

int cms_edit_add_signer(CmsEdit *e, gnutls_digest_algorithm_t digest, View signer_info, const Bytes *certificates, size_t n_certificates) {
        _cleanup_bytes_ Bytes algorithm = BYTES_NULL, info = BYTES_NULL;
        Bytes *longer;
        int r;

        if (e->n_signers >= CMS_SIGNERS_MAX)
                return -E2BIG;
        r = cms_append_digest_algorithm(&algorithm, digest);
        if (r >= 0 && !announces(e, digest))
                r = add_to_set(&e->digests, TAG_SET, bytes_view(&algorithm));
        if (r >= 0)
                r = cms_edit_add_certificates(e, certificates, n_certificates);
        if (r >= 0)
                r = bytes_dup(signer_info, &info);
        if (r < 0)
                return r;
        longer = reallocarray(e->signers, e->n_signers + 1, sizeof(*longer));
        if (!longer)
                return -ENOMEM;
        e->signers = longer;
        e->signers[e->n_signers++] = bytes_take(&info);
        return 0;
}

int cms_edit_digest_content(CmsEdit *e, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        return e->parsed.has_content ? cms_digest_content(&e->source, &e->parsed, algorithm, ret) : -ENODATA;
}

const char *cms_edit_content_type(const CmsEdit *e) {
        return e->parsed.content_type;
}

static int build_tail(const CmsEdit *e, Bytes *b) {
        _cleanup_bytes_ Bytes signers = BYTES_NULL;
        int r;

        r = bytes_append_view(b, bytes_view(&e->certificates));
        if (r >= 0)
                r = bytes_append_view(b, bytes_view(&e->revocations));
        for (size_t i = 0; r >= 0 && i < e->n_signers; i++)
                r = bytes_append_view(&signers, bytes_view(&e->signers[i]));
        return r < 0 ? r : der_append_element(b, TAG_SET, bytes_view(&signers));
}

static int write_piece(void *userdata, View piece) {
        return write_all(*(int *) userdata, piece);
}

int cms_edit_write(CmsEdit *e, int out_fd) {
        _cleanup_bytes_ Bytes start = BYTES_NULL, tail = BYTES_NULL, head = BYTES_NULL;
        int r;

        r = bytes_append_view(&start, bytes_view(&e->version));
        if (r >= 0)
                r = bytes_append_view(&start, bytes_view(&e->digests));
        if (r >= 0)
                r = cms_append_encapsulation(&start, e->parsed.content_type, !e->parsed.has_content, e->content_len);
        if (r >= 0)
                r = build_tail(e, &tail);
        if (r >= 0)
                r = cms_append_content_info(&head, start.len + e->content_len + tail.len);
        if (r >= 0)
                r = bytes_append_view(&head, bytes_view(&start));
        if (r >= 0)
                r = write_all(out_fd, bytes_view(&head));
        if (r >= 0 && e->parsed.has_content)
                r = ber_octets(&e->source, &e->parsed.content, write_piece, &out_fd);
        return r < 0 ? r : write_all(out_fd, bytes_view(&tail));
}
