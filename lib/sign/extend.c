/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Timestamps added later; see extend.h. One function for each form of documents. */

#include <errno.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <stdlib.h>

#include "base/atomic-file.h"
#include "der/oids.h"
#include "sign/cms/armor.h"
#include "sign/asic/asic-extend.h"
#include "sign/cms/cms-edit.h"
#include "sign/document.h"
#include "sign/extend.h"
#include "sign/verify-report.h"
#include "sign/asic/zip.h"
#include "sign/xml/xades-extend.h"
#include "sign/xml/xades-verify.h"

#define SIGNATURE_MAX (32U * 1024U * 1024U) /* in a container, extended */

#define ROOM_SLACK 512U /* by which one token of an authority may be longer than another */

typedef struct Extension {
        int in_fd, out_fd;
        ExtendStamp stamp;
        void *userdata;
        View password;
        size_t n;    /* added */
        size_t seen; /* signatures in a container */
} Extension;

static int stamp_signer(Extension *x, CmsEdit *e, size_t i) {
        _cleanup_bytes_ Bytes token = BYTES_NULL;
        Digest digest;
        View value;
        int r;

        r = cms_edit_signature(e, i, &value);
        if (r >= 0)
                r = digest_of(GNUTLS_DIG_SHA256, value, &digest);
        if (r >= 0)
                r = x->stamp(x->userdata, GNUTLS_DIG_SHA256, digest_view(&digest), &token);
        if (r >= 0)
                r = cms_edit_add_unsigned(e, i, OID_SIGNATURE_TIME_STAMP, bytes_view(&token));
        x->n += r >= 0;
        return r;
}

static int outcome_of_cms(int r) {
        switch (r) {
        case -EBADMSG:
        case -ELOOP:
        case -E2BIG:
                return EXTEND_E_NOT_SIGNED;
        case -EOPNOTSUPP:
                return EXTEND_E_CONTENT;
        default:
                return r;
        }
}

static int extend_signers(Extension *x, CmsEdit *e) {
        size_t n = cms_edit_count_signers(e);
        int r = 0;

        if (n == 0)
                return EXTEND_E_NOT_SIGNED;
        if (cms_edit_is_archived(e))
                return EXTEND_E_COVERED;
        for (size_t i = 0; r >= 0 && i < n; i++)
                if (!cms_edit_has_unsigned(e, i, OID_SIGNATURE_TIME_STAMP))
                        r = stamp_signer(x, e, i);
        if (r < 0)
                return r;
        return x->n == 0 ? EXTEND_E_HAS_ALL : cms_edit_write(e, x->out_fd);
}

/* What came as text leaves as DER. */
static int extend_cms(Extension *x) {
        _cleanup_(cms_edit_freep) CmsEdit *e = NULL;
        _cleanup_close_ int decoded = -1;
        int r;

        r = armor_open(x->in_fd, &decoded);
        if (r >= 0)
                r = cms_edit_open(decoded >= 0 ? decoded : x->in_fd, &e);
        if (r >= 0)
                r = extend_signers(x, e);
        return outcome_of_cms(r);
}

/* -EMSGSIZE with what would have been room enough. */
static int stamp_pdf(Extension *x, size_t *room) {
        _cleanup_(pades_draft_freep) PadesDraft *d = NULL;
        _cleanup_bytes_ Bytes token = BYTES_NULL;
        int r;

        r = pades_timestamp_draft_new(x->password, *room, x->in_fd, x->out_fd, &d);
        if (r == 0)
                r = x->stamp(x->userdata, GNUTLS_DIG_SHA256, pades_timestamp_draft_digest(d), &token);
        if (r == 0)
                r = pades_timestamp_draft_complete(d, bytes_view(&token));
        *room = token.len + ROOM_SLACK;
        return r;
}

/* The next token of the same authority is about as long. */
static int extend_pdf(Extension *x) {
        size_t room = 0;
        int r;

        r = stamp_pdf(x, &room);
        if (r == -EMSGSIZE)
                r = ftruncate(x->out_fd, 0) < 0 ? -errno : stamp_pdf(x, &room);
        x->n = r == 0;
        return r;
}

static int stamp_signature(Extension *x, const XadesExtension *e, size_t i, Bytes *ret) {
        _cleanup_bytes_ Bytes stamped = BYTES_NULL;
        Digest digest;
        int r;

        r = xades_extension_stamped(e, i, &stamped);
        if (r >= 0)
                r = digest_of(GNUTLS_DIG_SHA256, bytes_view(&stamped), &digest);
        if (r >= 0)
                r = x->stamp(x->userdata, GNUTLS_DIG_SHA256, digest_view(&digest), ret);
        x->n += r >= 0;
        return r;
}

static int stamp_signatures(Extension *x, const XadesExtension *e, Bytes *tokens, View *views, Bytes *ret) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < xades_extension_count(e); i++) {
                r = stamp_signature(x, e, i, &tokens[i]);
                views[i] = bytes_view(&tokens[i]);
        }
        return r < 0 ? r : xades_extension_complete(e, views, ret);
}

static int extend_signatures(Extension *x, const XadesExtension *e, Bytes *ret) {
        size_t n = xades_extension_count(e);
        _cleanup_free_ Bytes *tokens = calloc(n, sizeof(*tokens));
        _cleanup_free_ View *views = calloc(n, sizeof(*views));
        int r;

        r = tokens && views ? stamp_signatures(x, e, tokens, views, ret) : -ENOMEM;
        for (size_t i = 0; tokens && i < n; i++)
                bytes_done(&tokens[i]);
        return r;
}

static int extend_xml(Extension *x) {
        _cleanup_(xades_extension_freep) XadesExtension *e = NULL;
        _cleanup_bytes_ Bytes document = BYTES_NULL;
        int r;

        r = xades_extension_open(x->in_fd, &e);
        if (r == 0)
                r = extend_signatures(x, e, &document);
        if (r == 0)
                r = write_all(x->out_fd, bytes_view(&document));
        return r == XADES_E_SIGNED ? EXTEND_E_NOT_SIGNED : r == XADES_E_STAMPED ? EXTEND_E_HAS_ALL : r;
}

static int change_xml(Extension *x, View signature, Bytes *ret) {
        _cleanup_(xades_extension_freep) XadesExtension *e = NULL;
        int r;

        r = xades_extension_new(signature, &e);
        if (r == 0)
                r = extend_signatures(x, e, ret);
        return r > 0 ? 1 : r;
}

/* The way of a file, in memory. */
static int change_cms(Extension *x, View signature, Bytes *ret) {
        _cleanup_close_ int in = memfd_create("sygnet-cms", MFD_CLOEXEC), out = memfd_create("sygnet-cms", MFD_CLOEXEC);
        Extension inner = *x;
        int r;

        if (in < 0 || out < 0)
                return -errno;
        r = write_all(in, signature);
        if (r < 0)
                return r;
        inner.in_fd = in;
        inner.out_fd = out;
        inner.n = 0;
        r = extend_cms(&inner);
        x->n += inner.n;
        if (r == 0 && lseek(out, 0, SEEK_SET) < 0)
                r = -errno;
        if (r == 0)
                r = read_fd(out, SIGNATURE_MAX, ret);
        return r > 0 ? 1 : r;
}

/* What cannot be extended stays as it is. */
static int change(void *userdata, View signature, bool xades, Bytes *ret) {
        Extension *x = userdata;

        x->seen++;
        return xades ? change_xml(x, signature, ret) : change_cms(x, signature, ret);
}

static int extend_container(Extension *x) {
        int r = asic_extend(x->in_fd, x->out_fd, time(NULL), change, x);

        if (r == ASIC_EXTEND_NONE)
                return x->seen > 0 ? EXTEND_E_HAS_ALL : EXTEND_E_NOT_SIGNED;
        return r == ASIC_EXTEND_COVERED ? EXTEND_E_COVERED : r;
}

static int extend_any(Extension *x) {
        if (document_format_recognize(x->in_fd) == FORMAT_PADES)
                return extend_pdf(x);
        if (zip_recognize(x->in_fd))
                return extend_container(x);
        return xades_recognize(x->in_fd) ? extend_xml(x) : extend_cms(x);
}

int document_extend(int in_fd, int out_fd, View document_password, ExtendStamp stamp, void *userdata, size_t *ret_n) {
        Extension x = { .in_fd = in_fd, .out_fd = out_fd, .stamp = stamp, .userdata = userdata, .password = document_password };
        int r;

        r = extend_any(&x);
        if (r == 0)
                *ret_n = x.n;
        return r;
}

const char *extend_strerror(int outcome) {
        switch (outcome) {
        case EXTEND_E_NOT_SIGNED:
                return N_("There is no signature in it to which a timestamp could be added.");
        case EXTEND_E_HAS_ALL:
                return N_("Each of its signatures has a timestamp already.");
        case EXTEND_E_CONTENT:
                return N_("It is of an old form that is not written.");
        case EXTEND_E_COVERED:
                return N_("An archive timestamp is over its signatures, and would not be of them any more.");
        default:
                return document_strerror(outcome);
        }
}
