/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The document security store; see pdf-dss.h. qpdf hands streams out whole: what is deflated must be small, so that a few kilobytes cannot become
 * gigabytes. */

#include <errno.h>
#include <limits.h>

#include "sign/pdf/pdf-dss.h"

#define PLAIN_MAX (16 * 1024 * 1024)
#define DEFLATED_MAX (64 * 1024)
#define STREAMS_MAX 256

/* The largest stream that is read, by its filters; 0 for those that are not. */
static long long length_max(PdfDocument *d, qpdf_oh stream) {
        qpdf_oh filter = pdf_get(d, stream, "/Filter");
        long long max = qpdf_oh_is_null(d->q, filter)                                                                            ? PLAIN_MAX
                        : qpdf_oh_is_name(d->q, filter) && qpdf_oh_is_name_and_equals(d->q, filter, "/FlateDecode") ? DEFLATED_MAX
                                                                                                                                 : 0;

        qpdf_oh_release(d->q, filter);
        return max;
}

static int add_stream(PdfDocument *d, RevocationPool *p, RevocationKind kind, qpdf_oh stream) {
        _cleanup_free_ unsigned char *data = NULL;
        size_t len = 0;

        if (!qpdf_oh_is_stream(d->q, stream) || pdf_get_int(d, stream, "/Length", LLONG_MAX) > length_max(d, stream))
                return 0;
        if (qpdf_oh_get_stream_data(d->q, stream, qpdf_dl_generalized, NULL, &data, &len) & QPDF_ERRORS)
                return 0;
        return revocation_pool_add(p, kind, REVOCATION_FROM_SIGNATURE, VIEW(data, len)) == -ENOMEM ? -ENOMEM : 0;
}

static int add_array(PdfDocument *d, RevocationPool *p, qpdf_oh dss, const char *key, RevocationKind kind) {
        qpdf_oh array = pdf_get(d, dss, key);
        int n = pdf_count(d, array), r = 0;

        for (int i = 0; r >= 0 && i < n && i < STREAMS_MAX; i++) {
                qpdf_oh stream = qpdf_oh_get_array_item(d->q, array, i);

                r = add_stream(d, p, kind, stream);
                qpdf_oh_release(d->q, stream);
        }
        qpdf_oh_release(d->q, array);
        return r;
}

static int count(PdfDocument *d, qpdf_oh dss, const char *key) {
        qpdf_oh array = pdf_get(d, dss, key);
        int n = pdf_count(d, array);

        qpdf_oh_release(d->q, array);
        return n;
}

bool pdf_dss_is_there(PdfDocument *d) {
        qpdf_oh root = qpdf_get_root(d->q), dss = pdf_get(d, root, "/DSS");
        bool is_there = count(d, dss, "/OCSPs") > 0 || count(d, dss, "/CRLs") > 0;

        qpdf_oh_release(d->q, dss);
        qpdf_oh_release(d->q, root);
        return is_there;
}

int pdf_dss_collect(PdfDocument *d, RevocationPool *p) {
        qpdf_oh root = qpdf_get_root(d->q), dss = pdf_get(d, root, "/DSS");
        int r;

        r = add_array(d, p, dss, "/OCSPs", REVOCATION_OCSP);
        if (r >= 0)
                r = add_array(d, p, dss, "/CRLs", REVOCATION_CRL);
        qpdf_oh_release(d->q, dss);
        qpdf_oh_release(d->q, root);
        /* What was wrong with these is no word against the document. */
        pdf_document_failed(d);
        return r;
}
