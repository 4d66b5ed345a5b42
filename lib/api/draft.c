/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signing, in steps and in one. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "api/api.h"
#include "base/atomic-file.h"

#define PERMISSIONS 0666 /* that a signed document takes over */

struct sygnet_draft {
        const sygnet_signer *signer;
        DocumentDraft *draft;
        PdfAppearance *appearance;
        SignerItem item;
        Bytes stamped;
        bool completed;
};

static int make(const sygnet_signer *s, const sygnet_options *options, const DocumentFile *files, size_t n, int out_fd, sygnet_draft *d) {
        DocumentParams params;
        int r;

        d->signer = s;
        r = api_options_read(options, files[0].fd, &params, &d->appearance);
        if (r == 0)
                r = document_draft_new(&s->signer, &params, files, n, out_fd, &d->draft);
        if (r == 0)
                document_draft_item(d->draft, &d->item);
        return r;
}

static int draft_new(const sygnet_signer *s, const sygnet_options *options, const DocumentFile *files, size_t n, int out_fd, sygnet_draft **ret) {
        sygnet_draft *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        r = make(s, options, files, n, out_fd, d);
        if (r != 0) {
                sygnet_draft_free(d);
                return r;
        }
        *ret = d;
        return 0;
}

PUBLIC int sygnet_draft_new(const sygnet_signer *s, const sygnet_options *options, int in_fd, int out_fd, sygnet_draft **ret) {
        const DocumentFile file = { .fd = in_fd, .name = api_option(options, API_NAME), .media_type = api_option(options, API_MEDIA_TYPE) };

        return draft_new(s, options, &file, 1, out_fd, ret);
}

PUBLIC int sygnet_draft_new_container(const sygnet_signer *s, const sygnet_options *options, const int *fds, const char *const *names, size_t n, int out_fd,
                                      sygnet_draft **ret) {
        _cleanup_free_ DocumentFile *files = NULL;

        if (n == 0)
                return -EINVAL;
        files = calloc(n, sizeof(*files));
        if (!files)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                files[i] = (DocumentFile) { .fd = fds[i], .name = names[i] };
        return draft_new(s, options, files, n, out_fd, ret);
}

PUBLIC const void *sygnet_draft_tbs(const sygnet_draft *d, size_t *ret_len) {
        *ret_len = d->item.tbs.len;
        return d->item.tbs.data;
}

/* A value as CMS has it, as the format of the draft wants it. */
static int value_for(const sygnet_draft *d, View value, Bytes *ret) {
        return d->item.type == SIGNER_ITEM_XML_SIGNEDINFO ? signature_value_to_xml(&d->signer->signer.scheme, value, ret) : bytes_dup(value, ret);
}

PUBLIC int sygnet_draft_stamped(sygnet_draft *d, const void *value, size_t value_len, const void **ret, size_t *ret_len) {
        _cleanup_bytes_ Bytes fitting = BYTES_NULL, stamped = BYTES_NULL;
        int r;

        r = value_for(d, VIEW(value, value_len), &fitting);
        if (r == 0)
                r = document_draft_stamped(d->draft, bytes_view(&fitting), &stamped);
        if (r != 0)
                return r;
        bytes_done(&d->stamped);
        d->stamped = bytes_take(&stamped);
        *ret = d->stamped.data;
        *ret_len = d->stamped.len;
        return 0;
}

PUBLIC int sygnet_draft_complete(sygnet_draft *d, const void *value, size_t value_len, const void *token, size_t token_len) {
        _cleanup_bytes_ Bytes fitting = BYTES_NULL;
        int r;

        if (d->completed)
                return -EALREADY;
        r = value_for(d, VIEW(value, value_len), &fitting);
        if (r != 0)
                return r;
        d->completed = true;
        return document_draft_complete(d->draft, bytes_view(&fitting), VIEW(token, token_len));
}

PUBLIC void sygnet_draft_free(sygnet_draft *d) {
        if (!d)
                return;
        document_draft_free(d->draft);
        pdf_appearance_free(d->appearance);
        bytes_done(&d->stamped);
        free(d);
}

PUBLIC int sygnet_sign_fd(const sygnet_signer *s, const sygnet_options *options, int in_fd, int out_fd) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        sygnet_draft *d;
        int r;

        r = sygnet_draft_new(s, options, in_fd, out_fd, &d);
        if (r != 0)
                return r;
        r = api_sign(s, &d->item, &value);
        if (r == 0)
                r = sygnet_draft_complete(d, value.data, value.len, NULL, 0);
        sygnet_draft_free(d);
        return r;
}

PUBLIC int sygnet_sign_file(const sygnet_signer *s, const sygnet_options *options, const char *in, const char *out) {
        _cleanup_close_ int in_fd = open(in, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        _cleanup_(atomic_file_freep) AtomicFile *file = NULL;
        struct stat st;
        int r;

        if (in_fd < 0 || fstat(in_fd, &st) < 0)
                return -errno;
        r = atomic_file_open(out, st.st_mode & PERMISSIONS, &file);
        if (r == 0)
                r = sygnet_sign_fd(s, options, in_fd, atomic_file_fd(file));
        return r == 0 ? atomic_file_commit(file, false) : r;
}
