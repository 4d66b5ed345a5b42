/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* CAdES behind lib/sign/document.h, detached and enveloping; or a further signature in a CMS, which keeps its form whatever the format's name. */

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "crypto/digest.h"
#include "sign/document-format.h"

typedef struct Draft {
        CadesDraft *cades;
        CadesAddition *addition; /* instead of it */
        int content_fd;
        uint64_t content_len;
        int out_fd;
} Draft;

static void draft_free(void *state) {
        Draft *d = state;

        cades_draft_free(d->cades);
        cades_addition_free(d->addition);
        free(d);
}

static int add(Draft *d, const Signer *signer, const DocumentParams *params) {
        const CadesAdditionParams addition = { .signing_time = params->signing_time, .options = params->cades };

        return cades_addition_new(signer, &addition, d->content_fd, &d->addition);
}

static int make(Draft *d, const Signer *signer, const DocumentParams *params) {
        const CadesParams cades = { .signing_time = params->signing_time };
        Digest digest;
        struct stat st;
        int r;

        if (fstat(d->content_fd, &st) < 0)
                return -errno;
        d->content_len = (uint64_t) st.st_size;
        r = digest_of_fd(signer->scheme.message_digest, d->content_fd, 0, d->content_len, &digest);
        return r < 0 ? r : cades_draft_new(signer, &cades, digest_view(&digest), &d->cades);
}

static int draft(const Signer *signer, const DocumentParams *params, const DocumentFile *files, size_t n_files, int out_fd, void **ret) {
        Draft *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->content_fd = files[0].fd;
        d->out_fd = out_fd;
        r = params->add || params->cades.countersign ? add(d, signer, params) : make(d, signer, params);
        if (r != 0)
                draft_free(d);
        else
                *ret = d;
        return r;
}

static void item(const void *state, SignerItem *ret) {
        const Draft *d = state;

        *ret = (SignerItem) { .type = SIGNER_ITEM_CMS_ATTRIBUTES, .tbs = d->addition ? cades_addition_tbs(d->addition) : cades_draft_tbs(d->cades) };
}

static int complete_detached(void *state, View signature, View timestamp_token) {
        _cleanup_bytes_ Bytes cms = BYTES_NULL;
        Draft *d = state;
        int r;

        if (d->addition)
                return cades_addition_complete(d->addition, signature, timestamp_token, d->out_fd);
        r = cades_draft_complete(d->cades, signature, timestamp_token, &cms);
        return r < 0 ? r : write_all(d->out_fd, bytes_view(&cms));
}

static int complete_enveloping(void *state, View signature, View timestamp_token) {
        Draft *d = state;

        if (d->addition)
                return cades_addition_complete(d->addition, signature, timestamp_token, d->out_fd);
        return cades_draft_complete_enveloping(d->cades, signature, timestamp_token, d->content_fd, d->content_len, d->out_fd);
}

const DocumentFormat document_cades = {
        .name = "cades",
        .ending = ".p7s",
        .needs_document = true,
        .files_max = 1,
        .draft = draft,
        .item = item,
        .complete = complete_detached,
        .free = draft_free,
};

const DocumentFormat document_cades_enveloping = {
        .name = "cades-enveloping",
        .ending = ".p7m",
        .files_max = 1,
        .draft = draft,
        .item = item,
        .complete = complete_enveloping,
        .free = draft_free,
};
