/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Containers behind lib/sign/document.h. */

#include <errno.h>

#include "sign/document-format.h"

#define FILES_MAX 65536U

static int draft(const Signer *signer, const DocumentParams *params, const DocumentFile *files, size_t n_files, int out_fd, void **ret) {
        const AsicParams asic = {
                .simple = params->format == FORMAT_ASIC_S_CADES || params->format == FORMAT_ASIC_S_XADES,
                .xades = params->format == FORMAT_ASIC_S_XADES || params->format == FORMAT_ASIC_E_XADES,
                .signing_time = params->signing_time,
                .nonce = params->nonce,
                .add = params->add,
        };
        _cleanup_free_ AsicSource *sources = calloc(n_files, sizeof(*sources));
        AsicDraft *d;
        int r;

        if (!sources)
                return -ENOMEM;
        for (size_t i = 0; i < n_files; i++)
                sources[i] = (AsicSource) { .fd = files[i].fd, .name = files[i].name, .media_type = files[i].media_type };
        r = asic_draft_new(signer, &asic, sources, n_files, out_fd, &d);
        if (r == 0)
                *ret = d;
        return r;
}

static void item(const void *d, SignerItem *ret) {
        asic_draft_item(d, ret);
}

static int stamped(void *d, View signature, Bytes *ret) {
        return asic_draft_stamped(d, signature, ret);
}

static int complete(void *d, View signature, View timestamp_token) {
        return asic_draft_complete(d, signature, timestamp_token);
}

static void draft_free(void *d) {
        asic_draft_free(d);
}

#define ASIC_FORMAT(n, e, max) { .name = (n), .ending = (e), .files_max = (max), .draft = draft, .item = item, .stamped = stamped, .complete = complete, .free = draft_free }

const DocumentFormat document_asic_s = ASIC_FORMAT("asic-s", ".asics", 1);
const DocumentFormat document_asic_s_xades = ASIC_FORMAT("asic-s-xades", ".asics", 1);
const DocumentFormat document_asic_e = ASIC_FORMAT("asic-e", ".asice", FILES_MAX);
const DocumentFormat document_asic_e_xades = ASIC_FORMAT("asic-e-xades", ".asice", FILES_MAX);
