/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* PAdES behind lib/sign/document.h. */

#include <errno.h>

#include "sign/document-format.h"
#include "sign/pdf/qpdf-library.h"

static int draft(const Signer *signer, const DocumentParams *params, const DocumentFile *files, size_t n_files, int out_fd, void **ret) {
        const PadesParams pades = { .signing_time = params->signing_time, .timestamped = params->timestamped, .options = params->pades };
        PadesDraft *d;
        int r;

        r = pades_draft_new(signer, &pades, files[0].fd, out_fd, &d);
        if (r == 0)
                *ret = d;
        return r;
}

static void item(const void *d, SignerItem *ret) {
        *ret = (SignerItem) { .type = SIGNER_ITEM_CMS_ATTRIBUTES, .tbs = pades_draft_tbs(d) };
}

static int complete(void *d, View signature, View timestamp_token) {
        return pades_draft_complete(d, signature, timestamp_token);
}

static bool is_repaired(const void *d) {
        return pades_draft_is_repaired(d);
}

static void draft_free(void *d) {
        pades_draft_free(d);
}

const DocumentFormat document_pades = {
        .name = "pades",
        .ending = ".pdf",
        .inside = true,
        .files_max = 1,
        .load = qpdf_library_load,
        .draft = draft,
        .item = item,
        .complete = complete,
        .is_repaired = is_repaired,
        .free = draft_free,
};
