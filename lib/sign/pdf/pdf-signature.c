/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signature dictionaries; see pdf-signature.h. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "sign/pdf/pdf-signature.h"
#include "sign/pdf/pdf-tail.h"
#include "sign/verify-report.h"

/* Two digits at *p, or `otherwise` where the string ends; -1 for anything else. */
static int two_digits(const char **p, int otherwise) {
        const char *s = *p;

        if (s[0] < '0' || s[0] > '9')
                return otherwise;
        if (s[1] < '0' || s[1] > '9')
                return -1;
        *p += 2;
        return (s[0] - '0') * 10 + s[1] - '0';
}

/* O HH ' mm, seconds east of UTC; nothing is taken for UTC. */
static bool parse_zone(const char *p, int64_t *ret) {
        int hours, minutes, sign;

        *ret = 0;
        if (*p == 0 || *p == 'Z')
                return true;
        if (*p != '+' && *p != '-')
                return false;
        sign = *p++ == '-' ? -1 : 1;
        hours = two_digits(&p, -1);
        if (*p == '\'')
                p++;
        minutes = two_digits(&p, 0);
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
                return false;
        *ret = sign * (hours * 3600 + minutes * 60);
        return true;
}

int64_t pdf_date_parse(const char *text) {
        const char *p = strncmp(text, "D:", 2) == 0 ? text + 2 : text;
        int century = two_digits(&p, -1), year = two_digits(&p, -1), month = two_digits(&p, 1), day = two_digits(&p, 1);
        int hour = two_digits(&p, 0), minute = two_digits(&p, 0), second = two_digits(&p, 0);
        struct tm tm = {
                .tm_year = century * 100 + year - 1900, .tm_mon = month - 1, .tm_mday = day,
                .tm_hour = hour, .tm_min = minute, .tm_sec = second,
        };
        int64_t zone, seconds;

        if (century < 0 || year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
            minute < 0 || minute > 59 || second < 0 || second > 60 || !parse_zone(p, &zone))
                return -1;
        seconds = (int64_t) timegm(&tm) - zone;
        return seconds < 0 ? -1 : seconds;
}

static PdfSubFilter read_sub_filter(PdfDocument *d, qpdf_oh signature) {
        static const struct {
                const char *name;
                PdfSubFilter sub_filter;
        } names[] = {
                { "/ETSI.CAdES.detached", PDF_SUB_FILTER_CADES },
                { "/adbe.pkcs7.detached", PDF_SUB_FILTER_PKCS7_DETACHED },
                { "/adbe.pkcs7.sha1", PDF_SUB_FILTER_PKCS7_SHA1 },
                { "/ETSI.RFC3161", PDF_SUB_FILTER_RFC3161 },
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (pdf_name_is(d, signature, "/SubFilter", names[i].name))
                        return names[i].sub_filter;
        return PDF_SUB_FILTER_UNKNOWN;
}

/* Exactly four integers. */
static bool read_numbers(PdfDocument *d, qpdf_oh signature, long long ret[static 4]) {
        qpdf_oh array = pdf_get(d, signature, "/ByteRange");

        if (pdf_count(d, array) != 4)
                return false;
        for (int i = 0; i < 4; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(d->q, array, i);

                if (!qpdf_oh_is_integer(d->q, item))
                        return false;
                ret[i] = qpdf_oh_get_int_value(d->q, item);
        }
        return true;
}

static const char *describe(int outcome) {
        switch (outcome) {
        case PDF_BYTE_RANGE_OUTSIDE:
                return N_("The signature's ByteRange reaches beyond the end of the file.");
        case PDF_BYTE_RANGE_GAP:
                return N_("The signature's ByteRange leaves out more than the signature itself.");
        default:
                return N_("The signature's ByteRange is not two ranges from the start of the file.");
        }
}

/* Whether the gap is preceded by the key. */
static int follows_key(int fd, const PdfByteRange *range, bool *ret) {
        static const char key[] = "/Contents";
        char before[32];
        size_t len = range->gap_start < sizeof(before) ? (size_t) range->gap_start : sizeof(before);
        int r;

        r = pdf_read_at(fd, range->gap_start - len, before, len);
        if (r < 0)
                return r;
        while (len > 0 && strchr(" \t\r\n", before[len - 1]) && before[len - 1] != 0)
                len--;
        *ret = len >= strlen(key) && memcmp(before + len - strlen(key), key, strlen(key)) == 0;
        return 0;
}

/* The gap must be this dictionary's /Contents, not another's. In an encrypted document qpdf deciphers a /Contents that it does not
 * recognise as a signature's, which is never enciphered (§7.6.1): the key before the gap must do there. */
static int is_contents(PdfDocument *d, int fd, qpdf_oh signature, const PdfSignature *s, bool *ret) {
        qpdf_oh contents = pdf_get(d, signature, "/Contents");
        const char *data;
        size_t len;

        *ret = false;
        if (!qpdf_oh_is_string(d->q, contents))
                return 0;
        data = qpdf_oh_get_binary_string_value(d->q, contents, &len);
        *ret = view_equal(bytes_view(&s->contents), VIEW(data, len));
        return *ret || !qpdf_is_encrypted(d->q) ? 0 : follows_key(fd, &s->range, ret);
}

static int read_range(PdfDocument *d, int fd, uint64_t size, qpdf_oh value, PdfSignature *s) {
        long long numbers[4];
        bool is_right;
        int r;

        if (!read_numbers(d, value, numbers)) {
                s->defect = describe(PDF_BYTE_RANGE_MALFORMED);
                return 0;
        }
        r = pdf_byte_range_read(fd, size, numbers, &s->range, &s->contents);
        if (r != 0) {
                s->defect = r > 0 ? describe(r) : NULL;
                return r < 0 ? r : 0;
        }
        r = is_contents(d, fd, value, s, &is_right);
        if (r < 0)
                return r;
        if (!is_right) {
                s->defect = describe(PDF_BYTE_RANGE_GAP);
                return 0;
        }
        r = pdf_tail_is_end(fd, s->range.end, &is_right);
        if (r == 0 && !is_right)
                s->defect = N_("The signature's ByteRange does not end where a revision of the document ends.");
        return r;
}

int pdf_signature_read(PdfDocument *d, int fd, uint64_t size, const PdfField *f, PdfSignature *ret) {
        _cleanup_(pdf_signature_done) PdfSignature s = { .sub_filter = read_sub_filter(d, f->value), .time = -1 };
        _cleanup_free_ char *date = pdf_get_text(d, f->value, "/M");
        int r;

        s.name = strdup(f->name);
        if (!s.name)
                return -ENOMEM;
        s.field_id = qpdf_oh_get_object_id(d->q, f->field);
        if (date)
                s.time = pdf_date_parse(date);
        s.has_cert = !qpdf_oh_is_null(d->q, pdf_get(d, f->value, "/Cert"));
        r = pdf_unparse(d, f->value, true, &s.dictionary);
        if (r == 0)
                r = read_range(d, fd, size, f->value, &s);
        if (r < 0)
                return r;
        if (!s.defect && s.sub_filter == PDF_SUB_FILTER_UNKNOWN)
                s.defect = N_("The signature's SubFilter is not known.");
        *ret = s;
        s = (PdfSignature) { 0 };
        return 0;
}

void pdf_signature_done(PdfSignature *s) {
        free(s->name);
        bytes_done(&s->contents);
        bytes_done(&s->dictionary);
        *s = (PdfSignature) { 0 };
}
