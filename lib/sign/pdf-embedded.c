/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a CMS embeds about a document; see pdf-embedded.h. */

#include <errno.h>
#include <gnutls/pkcs7.h>
#include <string.h>

#include "der/der.h"
#include "sign/pdf-embedded.h"
#include "sign/pdf-signature.h"

#define TAG_INTEGER 0x02
#define TAG_OCTET_STRING 0x04
#define TAG_OID 0x06
#define TAG_GENERALIZED_TIME 0x18
#define TAG_SEQUENCE 0x30

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

/* The next element's contents, which must bear this tag. */
static bool next(View *v, uint8_t tag, View *ret) {
        View element, contents;

        if (v->len == 0 || v->data[0] != tag || der_next(v, &element, &contents) < 0)
                return false;
        *ret = contents;
        return true;
}

typedef struct Imprint {
        gnutls_digest_algorithm_t algorithm;
        View digest;
        View time;
} Imprint;

static gnutls_digest_algorithm_t algorithm_of_oid(View oid) {
        static const struct {
                View oid;
                gnutls_digest_algorithm_t algorithm;
        } known[] = {
                { VIEW_LITERAL("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), GNUTLS_DIG_SHA256 },
                { VIEW_LITERAL("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), GNUTLS_DIG_SHA384 },
                { VIEW_LITERAL("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), GNUTLS_DIG_SHA512 },
                { VIEW_LITERAL("\x60\x86\x48\x01\x65\x03\x04\x02\x08"), GNUTLS_DIG_SHA3_256 },
                { VIEW_LITERAL("\x60\x86\x48\x01\x65\x03\x04\x02\x0a"), GNUTLS_DIG_SHA3_512 },
                { VIEW_LITERAL("\x2b\x0e\x03\x02\x1a"), GNUTLS_DIG_SHA1 },
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (view_equal(oid, known[i].oid))
                        return known[i].algorithm;
        return GNUTLS_DIG_UNKNOWN;
}

/* TSTInfo: version, policy, messageImprint { hashAlgorithm, hashedMessage }, serialNumber, genTime, and more that is not ours. */
static int read_imprint(View tst, Imprint *ret) {
        View info, version, policy, imprint, algorithm, oid, serial;

        if (!next(&tst, TAG_SEQUENCE, &info) || !next(&info, TAG_INTEGER, &version) || !next(&info, TAG_OID, &policy) ||
            !next(&info, TAG_SEQUENCE, &imprint) || !next(&imprint, TAG_SEQUENCE, &algorithm) || !next(&algorithm, TAG_OID, &oid) ||
            !next(&imprint, TAG_OCTET_STRING, &ret->digest) || !next(&info, TAG_INTEGER, &serial) ||
            !next(&info, TAG_GENERALIZED_TIME, &ret->time))
                return PDF_EMBEDDED_MALFORMED;
        ret->algorithm = algorithm_of_oid(oid);
        return ret->algorithm == GNUTLS_DIG_UNKNOWN ? -EOPNOTSUPP : 0;
}

/* YYYYMMDDhhmmss[.fraction]Z (RFC 3161 §2.4.2); the fraction is dropped. */
static int64_t read_time(View v) {
        char text[16] = { 0 };

        if (v.len < 15 || v.data[v.len - 1] != 'Z')
                return -1;
        memcpy(text, v.data, 14);
        return pdf_date_parse(text);
}

static int check_imprint(int fd, const PdfByteRange *range, View tst, int64_t *ret_time) {
        Imprint imprint;
        Digest digest;
        int r;

        r = read_imprint(tst, &imprint);
        if (r != 0)
                return r;
        r = pdf_byte_range_digest(fd, range, imprint.algorithm, &digest);
        if (r < 0)
                return r;
        *ret_time = read_time(imprint.time);
        return view_equal(digest_view(&digest), imprint.digest) ? 0 : PDF_EMBEDDED_DIFFERENT;
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
