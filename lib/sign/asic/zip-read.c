/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The contents of an archive's entries, piece by piece; see zip.h. What an entry says of its size holds it: nothing is unpacked beyond. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <zlib.h>

#include "sign/asic/zip.h"

#define PIECE (128U * 1024U)

/* Reads on in the packed data. The length, 0 at its end, or a negative errno. */
static ssize_t read_packed(const ZipArchive *a, const ZipEntry *e, uint64_t done, uint8_t *buffer) {
        size_t len = e->packed - done < PIECE ? (size_t) (e->packed - done) : PIECE;
        ssize_t n;

        if (len == 0)
                return 0;
        do
                n = pread(a->fd, buffer, len, (off_t) (e->data_at + done));
        while (n < 0 && errno == EINTR);
        return n > 0 ? n : n < 0 ? -errno : -EIO;
}

static int read_stored(const ZipArchive *a, const ZipEntry *e, ZipPiece f, void *userdata) {
        _cleanup_free_ uint8_t *buffer = malloc(PIECE);
        uint64_t done = 0;

        if (!buffer)
                return -ENOMEM;
        while (done < e->packed) {
                ssize_t n = read_packed(a, e, done, buffer);
                int r = n < 0 ? (int) n : f(userdata, VIEW(buffer, n));

                if (r < 0)
                        return r;
                done += (uint64_t) n;
        }
        return 0;
}

static void inflate_done(z_stream *z) {
        (void) inflateEnd(z);
}

/* Hands on what the input at hand gives. 1 at the end of the stream, 0 when it wants more, or as zip_read(). */
static int inflate_piece(z_stream *z, uint64_t size, uint64_t *total, uint8_t *out, ZipPiece f, void *userdata) {
        for (;;) {
                size_t n;
                int q, r = 0;

                z->next_out = out;
                z->avail_out = PIECE;
                q = inflate(z, Z_NO_FLUSH);
                if (q == Z_MEM_ERROR)
                        return -ENOMEM;
                if (q != Z_OK && q != Z_STREAM_END && q != Z_BUF_ERROR)
                        return ZIP_E_DAMAGED;
                n = PIECE - z->avail_out;
                if (n > size - *total)
                        return ZIP_E_DAMAGED;
                *total += n;
                if (n > 0)
                        r = f(userdata, VIEW(out, n));
                if (r < 0 || q == Z_STREAM_END)
                        return r < 0 ? r : 1;
                if (z->avail_out > 0)
                        return 0;
        }
}

static int read_deflated(const ZipArchive *a, const ZipEntry *e, ZipPiece f, void *userdata) {
        _cleanup_free_ uint8_t *buffer = malloc(PIECE), *out = malloc(PIECE);
        _cleanup_(inflate_done) z_stream z = { 0 };
        uint64_t done = 0, total = 0;
        int r = 0;

        if (!buffer || !out || inflateInit2(&z, -MAX_WBITS) != Z_OK)
                return -ENOMEM;
        while (r == 0) {
                ssize_t n = read_packed(a, e, done, buffer);

                if (n <= 0)
                        return n < 0 ? (int) n : ZIP_E_DAMAGED;
                done += (uint64_t) n;
                z.next_in = buffer;
                z.avail_in = (uInt) n;
                r = inflate_piece(&z, e->size, &total, out, f, userdata);
        }
        if (r == 1)
                return done == e->packed && z.avail_in == 0 && total == e->size ? 0 : ZIP_E_DAMAGED;
        return r;
}

static int read_contents(const ZipArchive *a, const ZipEntry *e, ZipPiece f, void *userdata) {
        return e->method == ZIP_STORED ? read_stored(a, e, f, userdata) : read_deflated(a, e, f, userdata);
}

typedef struct Checked {
        ZipPiece f;
        void *userdata;
        uLong crc;
} Checked;

static int check_piece(void *userdata, View piece) {
        Checked *c = userdata;

        c->crc = crc32_z(c->crc, piece.data, piece.len);
        return c->f(c->userdata, piece);
}

int zip_read(const ZipArchive *a, const ZipEntry *e, ZipPiece f, void *userdata) {
        Checked c = { .f = f, .userdata = userdata, .crc = crc32_z(0, NULL, 0) };
        int r;

        r = read_contents(a, e, check_piece, &c);
        return r == 0 && c.crc != e->crc ? ZIP_E_DAMAGED : r;
}

static int collect(void *userdata, View piece) {
        return bytes_append_view(userdata, piece);
}

int zip_read_all(const ZipArchive *a, const ZipEntry *e, size_t max, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        if (e->size > max)
                return ZIP_E_TOO_LARGE;
        r = zip_read(a, e, collect, &b);
        if (r == 0)
                *ret = bytes_take(&b);
        return r;
}

static int feed(void *userdata, View piece) {
        return gnutls_hash(*(gnutls_hash_hd_t *) userdata, piece.data, piece.len) < 0 ? -EIO : 0;
}

int zip_digest(const ZipArchive *a, const ZipEntry *e, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        Digest d = { .len = gnutls_hash_get_len(algorithm) };
        gnutls_hash_hd_t hash;
        int r;

        if (d.len == 0 || d.len > sizeof(d.data))
                return -EOPNOTSUPP;
        if (gnutls_hash_init(&hash, algorithm) < 0)
                return -EIO;
        r = read_contents(a, e, feed, &hash);
        gnutls_hash_deinit(hash, d.data);
        if (r == 0)
                *ret = d;
        return r;
}
