/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ByteRange and the gap in it; see pdf-byte-range.h. */

#include <errno.h>
#include <gnutls/crypto.h>

#include "sign/pdf/pdf-byte-range.h"
#include "sign/pdf/pdf-tail.h"

#define CHUNK (256U * 1024U)

static int check_numbers(uint64_t size, const long long n[static 4], PdfByteRange *ret) {
        uint64_t gap_start, gap_end;

        if (n[0] != 0 || n[1] <= 0 || n[2] <= 0 || n[3] <= 0)
                return PDF_BYTE_RANGE_MALFORMED;
        gap_start = (uint64_t) n[1];
        gap_end = (uint64_t) n[2];
        if (gap_end < gap_start + 2)
                return PDF_BYTE_RANGE_MALFORMED;
        if (gap_end > size || (uint64_t) n[3] > size - gap_end)
                return PDF_BYTE_RANGE_OUTSIDE;
        *ret = (PdfByteRange) { .gap_start = gap_start, .gap_end = gap_end, .end = gap_end + (uint64_t) n[3] };
        return 0;
}

static int hex_value(uint8_t c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

static bool is_space(uint8_t c) {
        return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

/* A hexadecimal string, §7.3.4.3: white space is ignored, a missing last digit is 0. Decoded in place. */
static int decode_gap(Bytes *b) {
        size_t n = 0;

        if (b->len < 2 || b->data[0] != '<' || b->data[b->len - 1] != '>')
                return PDF_BYTE_RANGE_GAP;
        for (size_t i = 1; i < b->len - 1; i++) {
                int v = hex_value(b->data[i]);

                if (v < 0 && is_space(b->data[i]))
                        continue;
                if (v < 0)
                        return PDF_BYTE_RANGE_GAP;
                /* The write stays behind the read: one byte for two digits. */
                if (n % 2 == 0)
                        b->data[n / 2] = (uint8_t) (v << 4);
                else
                        b->data[n / 2] |= (uint8_t) v;
                n++;
        }
        b->len = (n + 1) / 2;
        return 0;
}

int pdf_byte_range_read(int fd, uint64_t size, const long long numbers[static 4], PdfByteRange *ret, Bytes *ret_contents) {
        _cleanup_bytes_ Bytes gap = BYTES_NULL;
        PdfByteRange range;
        int r;

        r = check_numbers(size, numbers, &range);
        if (r != 0)
                return r;
        if (range.gap_end - range.gap_start > PDF_GAP_MAX)
                return PDF_BYTE_RANGE_GAP;
        r = bytes_reserve(&gap, range.gap_end - range.gap_start);
        if (r < 0)
                return r;
        gap.len = range.gap_end - range.gap_start;
        r = pdf_read_at(fd, range.gap_start, gap.data, gap.len);
        if (r < 0)
                return r;
        r = decode_gap(&gap);
        if (r != 0)
                return r;
        *ret = range;
        *ret_contents = bytes_take(&gap);
        return 0;
}

static int hash_range(int fd, uint64_t from, uint64_t to, uint8_t *chunk, gnutls_hash_hd_t h) {
        int r;

        while (from < to) {
                size_t n = to - from < CHUNK ? (size_t) (to - from) : CHUNK;

                r = pdf_read_at(fd, from, chunk, n);
                if (r < 0)
                        return r;
                if (gnutls_hash(h, chunk, n) < 0)
                        return -EIO;
                from += n;
        }
        return 0;
}

int pdf_byte_range_digest(int fd, const PdfByteRange *range, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        _cleanup_free_ uint8_t *chunk = malloc(CHUNK);
        Digest digest = { .len = gnutls_hash_get_len(algorithm) };
        gnutls_hash_hd_t h;
        int r;

        if (!chunk)
                return -ENOMEM;
        if (digest.len == 0 || digest.len > sizeof(digest.data))
                return -EOPNOTSUPP;
        if (gnutls_hash_init(&h, algorithm) < 0)
                return -EOPNOTSUPP;
        r = hash_range(fd, 0, range->gap_start, chunk, h);
        if (r == 0)
                r = hash_range(fd, range->gap_end, range->end, chunk, h);
        gnutls_hash_deinit(h, digest.data);
        if (r < 0)
                return r;
        *ret = digest;
        return 0;
}
