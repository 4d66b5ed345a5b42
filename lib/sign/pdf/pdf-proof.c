/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Proofs of existence in a PDF; see pdf-proof.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sign/cms/cms-algorithms.h"
#include "sign/cms/cms-parse.h"
#include "sign/pdf/pdf-document.h"
#include "sign/pdf/pdf-dss.h"
#include "sign/pdf/pdf-proof.h"
#include "sign/cms/timestamp.h"

/* Each costs a digest of the file, and a chain. */
#define TIMESTAMPS_MAX 32U

typedef struct Collection {
        int fd;
        uint64_t size;
        const PdfSignature *signatures;
        size_t n;
        const VerifyParams *params;
        PdfProof *proofs;
} Collection;

static bool is_timestamp(const PdfSignature *s) {
        return s->sub_filter == PDF_SUB_FILTER_RFC3161 && !s->defect;
}

/* The last timestamp that ends before `limit`; the number of signatures where there is none. */
static size_t find_last(const Collection *c, uint64_t limit) {
        size_t found = c->n;

        for (size_t i = 0; i < c->n; i++)
                if (is_timestamp(&c->signatures[i]) && c->signatures[i].range.end < limit &&
                    (found == c->n || c->signatures[i].range.end > c->signatures[found].range.end))
                        found = i;
        return found;
}

/* The token without what pads it. It may be BER, whose end is found by reading it. */
static View token_of(const PdfSignature *s) {
        _cleanup_(cms_signed_data_done) CmsSignedData d = { 0 };
        View all = bytes_view(&s->contents);
        BerSource source;

        ber_source_init(&source, all);
        return cms_parse(&source, &d) < 0 || d.size > all.len ? all : VIEW(all.data, d.size);
}

static int check_imprint(const Collection *c, size_t i, int64_t *ret_time) {
        const PdfSignature *s = &c->signatures[i];
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        TimestampInfo info;
        Digest digest;
        int r;

        r = timestamp_token_read(token_of(s), &content, &info);
        if (r >= 0)
                r = pdf_byte_range_digest(c->fd, &s->range, info.algorithm, &digest);
        if (r == -EBADMSG || r == -EOPNOTSUPP || r == -ELOOP || r == -E2BIG)
                return TIMESTAMP_E_MALFORMED;
        if (r < 0)
                return r;
        if (!view_equal(info.imprint, digest_view(&digest)) || info.time <= 0 || info.time > c->params->now + REVOCATION_SKEW_S ||
            !cms_digest_is_secure(info.algorithm, c->proofs[i].time > 0 ? c->proofs[i].time : c->params->now))
                return TIMESTAMP_E_DIFFERENT;
        *ret_time = info.time;
        return 0;
}

static int check_timestamp(const Collection *c, size_t i, int64_t *ret_time, char **ret_authority) {
        VerifyParams params = *c->params;
        int r;

        params.proven_time = c->proofs[i].time;
        params.proven_by = c->proofs[i].authority;
        r = check_imprint(c, i, ret_time);
        return r != 0 ? r : timestamp_verify_signature(token_of(&c->signatures[i]), &params, ret_authority);
}

/* Whatever ended before the timestamp's own revision began. */
static int prove(Collection *c, size_t i, int64_t time, const char *authority) {
        for (size_t k = 0; k < c->n; k++) {
                PdfProof *p = &c->proofs[k];
                char *copy;

                if (c->signatures[k].defect || c->signatures[k].range.end > c->signatures[i].range.gap_start || (p->time > 0 && p->time < time))
                        continue;
                copy = strdup(authority);
                if (!copy)
                        return -ENOMEM;
                free(p->authority);
                *p = (PdfProof) { .time = time, .authority = copy };
        }
        return 0;
}

/* The document security store as it was in the revision that the timestamp is of. */
static int prove_revocation(const Collection *c, size_t i, int64_t time) {
        _cleanup_revocation_pool_ RevocationPool before = { 0 };
        _cleanup_(pdf_document_freep) PdfDocument *former = NULL;
        int r;

        if (!c->params->revocation || c->params->revocation->n == 0)
                return 0;
        r = pdf_document_open_by_password(c->fd, c->signatures[i].range.end, c->size, false, c->params->document_password, &former);
        if (r != 0)
                return r == -ENOMEM ? r : 0;
        r = pdf_dss_collect(former, &before);
        if (r == 0)
                revocation_pool_prove(c->params->revocation, &before, time);
        return r;
}

int pdf_proofs_collect(int fd, uint64_t size, const PdfSignature *signatures, size_t n, const VerifyParams *params, PdfProof **ret) {
        Collection c = { .fd = fd, .size = size, .signatures = signatures, .n = n, .params = params, .proofs = calloc(n + 1, sizeof(PdfProof)) };
        uint64_t limit = UINT64_MAX;
        int r = c.proofs ? 0 : -ENOMEM;

        for (size_t tried = 0; r == 0 && tried < TIMESTAMPS_MAX; tried++) {
                _cleanup_free_ char *authority = NULL;
                size_t i = find_last(&c, limit);
                int64_t time = 0;

                if (i == n)
                        break;
                limit = signatures[i].range.end;
                r = check_timestamp(&c, i, &time, &authority);
                if (r == 0)
                        r = prove(&c, i, time, authority);
                else if (r > 0)
                        r = time = 0;
                if (r == 0 && time > 0)
                        r = prove_revocation(&c, i, time);
        }
        if (r < 0) {
                pdf_proofs_free(c.proofs, n);
                return r;
        }
        *ret = c.proofs;
        return 0;
}

void pdf_proofs_free(PdfProof *proofs, size_t n) {
        for (size_t i = 0; proofs && i < n; i++)
                free(proofs[i].authority);
        free(proofs);
}
