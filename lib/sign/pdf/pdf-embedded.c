/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a CMS embeds about a document; see pdf-embedded.h. */

#include <errno.h>
#include <gnutls/pkcs7.h>
#include <string.h>

#include "sign/pdf/pdf-embedded.h"
#include "sign/pdf/pdf-signature.h"
#include "sign/cms/timestamp.h"

static void pkcs7_deinitp(gnutls_pkcs7_t *p) {
        if (*p)
                gnutls_pkcs7_deinit(*p);
}

/* The content octets of eContent. The caller frees with gnutls_free(). */
static int embedded_content(View cms, gnutls_datum_t *ret) {
        _cleanup_(pkcs7_deinitp) gnutls_pkcs7_t p = NULL;
        gnutls_datum_t der = { .data = (unsigned char *) cms.data, .size = (unsigned) cms.len };

        if (cms.len > PDF_GAP_MAX)
                return PDF_EMBEDDED_MALFORMED;
        if (gnutls_pkcs7_init(&p) < 0)
                return -ENOMEM;
        if (gnutls_pkcs7_import(p, &der, GNUTLS_X509_FMT_DER) < 0 || gnutls_pkcs7_get_embedded_data(p, 0, ret) < 0)
                return PDF_EMBEDDED_MALFORMED;
        return 0;
}

static int check_imprint(int fd, const PdfByteRange *range, View tst, int64_t *ret_time) {
        TimestampInfo info;
        Digest digest;
        int r;

        r = timestamp_info_read(tst, &info);
        if (r == -EBADMSG)
                return PDF_EMBEDDED_MALFORMED;
        if (r >= 0)
                r = pdf_byte_range_digest(fd, range, info.algorithm, &digest);
        if (r < 0)
                return r;
        *ret_time = info.time;
        return view_equal(digest_view(&digest), info.imprint) ? 0 : PDF_EMBEDDED_DIFFERENT;
}

int pdf_embedded_check_timestamp(int fd, const PdfByteRange *range, View cms, int64_t *ret_time) {
        gnutls_datum_t tst = { 0 };
        int r;

        r = embedded_content(cms, &tst);
        if (r != 0)
                return r;
        r = check_imprint(fd, range, VIEW(tst.data, tst.size), ret_time);
        gnutls_free(tst.data);
        return r;
}

int pdf_embedded_check_sha1(int fd, const PdfByteRange *range, View cms) {
        gnutls_datum_t content = { 0 };
        Digest digest;
        int r;

        r = embedded_content(cms, &content);
        if (r != 0)
                return r;
        r = pdf_byte_range_digest(fd, range, GNUTLS_DIG_SHA1, &digest);
        if (r == 0)
                r = view_equal(digest_view(&digest), VIEW(content.data, content.size)) ? 0 : PDF_EMBEDDED_DIFFERENT;
        gnutls_free(content.data);
        return r;
}
