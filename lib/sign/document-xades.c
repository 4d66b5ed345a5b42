/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* XAdES behind lib/sign/document.h: inside of the document, around it, and beside it. */

#include <string.h>

#include "sign/document-format.h"
#include "sign/media-type.h"
#include "sign/xml/xml-library.h"

static int draft(const Signer *signer, const DocumentParams *params, const DocumentFile *files, XadesPacking packing, int out_fd, void **ret) {
        const char *slash = files[0].name ? strrchr(files[0].name, '/') : NULL;
        const char *by_name = packing != XADES_ENVELOPED && files[0].name ? media_type_of_name(files[0].name) : NULL;
        const XadesParams xades = {
                .packing = packing,
                .signing_time = params->signing_time,
                .nonce = params->nonce,
                .name = slash ? slash + 1 : files[0].name, /* beside the signature */
                .media_type = files[0].media_type ?: by_name,
                .options = params->xades,
        };
        XadesDraft *d;
        int r;

        r = xades_draft_new(signer, &xades, files[0].fd, out_fd, &d);
        if (r == 0)
                *ret = d;
        return r;
}

static int draft_enveloped(const Signer *signer, const DocumentParams *params, const DocumentFile *files, size_t n_files, int out_fd, void **ret) {
        return draft(signer, params, files, XADES_ENVELOPED, out_fd, ret);
}

static int draft_enveloping(const Signer *signer, const DocumentParams *params, const DocumentFile *files, size_t n_files, int out_fd, void **ret) {
        return draft(signer, params, files, XADES_ENVELOPING, out_fd, ret);
}

static int draft_detached(const Signer *signer, const DocumentParams *params, const DocumentFile *files, size_t n_files, int out_fd, void **ret) {
        return draft(signer, params, files, XADES_DETACHED, out_fd, ret);
}

static void item(const void *d, SignerItem *ret) {
        *ret = (SignerItem) { .type = SIGNER_ITEM_XML_SIGNEDINFO, .tbs = xades_draft_tbs(d) };
}

static int stamped(void *d, View signature, Bytes *ret) {
        return xades_draft_stamped(d, signature, ret);
}

static int complete(void *d, View signature, View timestamp_token) {
        return xades_draft_complete(d, signature, timestamp_token);
}

static void draft_free(void *d) {
        xades_draft_free(d);
}

const DocumentFormat document_xades = {
        .name = "xades",
        .ending = ".xml",
        .inside = true,
        .files_max = 1,
        .load = xml_library_load,
        .draft = draft_enveloped,
        .item = item,
        .stamped = stamped,
        .complete = complete,
        .free = draft_free,
};

const DocumentFormat document_xades_enveloping = {
        .name = "xades-enveloping",
        .ending = ".xades",
        .files_max = 1,
        .load = xml_library_load,
        .draft = draft_enveloping,
        .item = item,
        .stamped = stamped,
        .complete = complete,
        .free = draft_free,
};

const DocumentFormat document_xades_detached = {
        .name = "xades-detached",
        .ending = ".xades",
        .files_max = 1,
        .load = xml_library_load,
        .draft = draft_detached,
        .item = item,
        .stamped = stamped,
        .complete = complete,
        .free = draft_free,
};
