/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes ZIP archives; see zip-write.h. The checksum of a file is known when it was copied, and is then put into the header in front of it. */

#include <errno.h>
#include <time.h>
#include <zlib.h>

#include "sign/asic/zip-format.h"
#include "sign/asic/zip-write.h"

#define PIECE (256U * 1024U)
#define HOLE_MIN (64U * 1024U) /* shorter ones are copied */
#define VERSION_STORED 10U
#define VERSION_ZIP64 45U
#define MADE_BY (3U << 8 | VERSION_ZIP64)          /* Unix, so that the mode is read */
#define MODE ((uint32_t) 0100644 << 16)
#define ZIP64_FIELD_MAX 28U

struct ZipWriter {
        int fd;
        uint64_t at; /* where the next entry begins */
        uint64_t n;
        uint32_t when; /* DOS's date above its time */
        Bytes directory;
        uint8_t *buffer; /* of PIECE bytes, once a file is copied */
};

ZipWriter *zip_writer_free(ZipWriter *w) {
        if (!w)
                return NULL;
        bytes_done(&w->directory);
        free(w->buffer);
        free(w);
        return NULL;
}

/* §4.4.6: from 1980 on, in steps of two seconds. */
static uint32_t dos_time(int64_t seconds) {
        time_t t = seconds;
        struct tm tm;

        if (!gmtime_r(&t, &tm) || tm.tm_year < 80 || tm.tm_year > 80 + 127)
                return 1U << 21 | 1U << 16;
        return (uint32_t) (tm.tm_year - 80) << 25 | (uint32_t) (tm.tm_mon + 1) << 21 | (uint32_t) tm.tm_mday << 16 | (uint32_t) tm.tm_hour << 11 |
               (uint32_t) tm.tm_min << 5 | (uint32_t) tm.tm_sec / 2;
}

int zip_writer_new(int fd, int64_t time, ZipWriter **ret) {
        _cleanup_(zip_writer_freep) ZipWriter *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;
        w->fd = fd;
        w->when = dos_time(time);
        *ret = TAKE_PTR(w);
        return 0;
}

static int write_at(int fd, uint64_t at, View v) {
        while (v.len > 0) {
                ssize_t n = pwrite(fd, v.data, v.len, (off_t) at);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                v = VIEW(v.data + n, v.len - (size_t) n);
                at += (uint64_t) n;
        }
        return 0;
}

static int append(ZipWriter *w, View v) {
        int r;

        r = write_at(w->fd, w->at, v);
        if (r >= 0)
                w->at += v.len;
        return r;
}

/* Reads at most PIECE bytes; -EIO at the end of the file. */
static ssize_t read_piece(ZipWriter *w, int fd, uint64_t at, uint64_t len) {
        ssize_t n;

        do
                n = pread(fd, w->buffer, len < PIECE ? (size_t) len : PIECE, (off_t) at);
        while (n < 0 && errno == EINTR);
        return n > 0 ? n : n < 0 ? -errno : -EIO;
}

static int need_buffer(ZipWriter *w) {
        if (!w->buffer)
                w->buffer = malloc(PIECE);
        return w->buffer ? 0 : -ENOMEM;
}

static int append_range(ZipWriter *w, int fd, uint64_t at, uint64_t len) {
        if (need_buffer(w) < 0)
                return -ENOMEM;
        while (len > 0) {
                ssize_t n = read_piece(w, fd, at, len);
                int r = n < 0 ? (int) n : append(w, VIEW(w->buffer, n));

                if (r < 0)
                        return r;
                at += (uint64_t) n;
                len -= (uint64_t) n;
        }
        return 0;
}

int zip_writer_new_from(int fd, int64_t time, const ZipArchive *from, ZipWriter **ret) {
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;
        int r;

        r = zip_writer_new(fd, time, &w);
        if (r >= 0)
                r = append_range(w, from->fd, 0, from->directory_at);
        if (r >= 0)
                r = bytes_append_view(&w->directory, bytes_view(&from->directory));
        if (r < 0)
                return r;
        w->n = from->n;
        *ret = TAKE_PTR(w);
        return 0;
}

/* §4.3.7: names beyond ASCII are marked as UTF-8, others are left as any reader takes them. */
static unsigned flags_of(const char *name) {
        for (const char *c = name; *c; c++)
                if ((uint8_t) *c >= 0x80)
                        return ZIP_FLAG_UTF8;
        return 0;
}

static int append_local(ZipWriter *w, const char *name, uint64_t size, uint32_t crc) {
        uint8_t p[ZIP_LOCAL_SIZE + 20] = { 0 };
        bool wide = size >= UINT32_MAX;
        int r;

        zip_put_u32(p, ZIP_LOCAL);
        zip_put_u16(p + 4, wide ? VERSION_ZIP64 : VERSION_STORED);
        zip_put_u16(p + 6, flags_of(name));
        zip_put_u32(p + 10, w->when);
        zip_put_u32(p + 14, crc);
        zip_put_u32(p + 18, wide ? UINT32_MAX : (uint32_t) size);
        zip_put_u32(p + 22, wide ? UINT32_MAX : (uint32_t) size);
        zip_put_u16(p + 26, (unsigned) strlen(name));
        zip_put_u16(p + 28, wide ? 20 : 0);
        zip_put_u16(p + 30, ZIP_EXTRA_ZIP64);
        zip_put_u16(p + 32, 16);
        zip_put_u64(p + 34, size);
        zip_put_u64(p + 42, size);
        r = append(w, VIEW(p, ZIP_LOCAL_SIZE));
        if (r >= 0)
                r = append(w, view_string(name));
        return r < 0 || !wide ? r : append(w, VIEW(p + ZIP_LOCAL_SIZE, 20));
}

static int remember(ZipWriter *w, const char *name, uint64_t size, uint32_t crc, uint64_t at) {
        uint8_t p[ZIP_CENTRAL_SIZE] = { 0 }, extra[ZIP64_FIELD_MAX];
        size_t len = 4;
        int r;

        if (size >= UINT32_MAX) {
                zip_put_u64(extra + len, size);
                zip_put_u64(extra + len + 8, size);
                len += 16;
        }
        if (at >= UINT32_MAX) {
                zip_put_u64(extra + len, at);
                len += 8;
        }
        zip_put_u16(extra, ZIP_EXTRA_ZIP64);
        zip_put_u16(extra + 2, (unsigned) len - 4);
        zip_put_u32(p, ZIP_CENTRAL);
        zip_put_u16(p + 4, MADE_BY);
        zip_put_u16(p + 6, len > 4 ? VERSION_ZIP64 : VERSION_STORED);
        zip_put_u16(p + 8, flags_of(name));
        zip_put_u32(p + 12, w->when);
        zip_put_u32(p + 16, crc);
        zip_put_u32(p + 20, size >= UINT32_MAX ? UINT32_MAX : (uint32_t) size);
        zip_put_u32(p + 24, size >= UINT32_MAX ? UINT32_MAX : (uint32_t) size);
        zip_put_u16(p + 28, (unsigned) strlen(name));
        zip_put_u16(p + 30, len > 4 ? (unsigned) len : 0);
        zip_put_u32(p + 38, MODE);
        zip_put_u32(p + 42, at >= UINT32_MAX ? UINT32_MAX : (uint32_t) at);
        r = bytes_append(&w->directory, p, sizeof(p));
        if (r >= 0)
                r = bytes_append_view(&w->directory, view_string(name));
        if (r >= 0 && len > 4)
                r = bytes_append(&w->directory, extra, len);
        if (r >= 0)
                w->n++;
        return r;
}

int zip_writer_add(ZipWriter *w, const char *name, View contents) {
        uint32_t crc = (uint32_t) crc32_z(0, contents.data, contents.len);
        uint64_t at = w->at;
        int r;

        if (!zip_name_is_sound(name))
                return -EINVAL;
        r = append_local(w, name, contents.len, crc);
        if (r >= 0)
                r = append(w, contents);
        return r < 0 ? r : remember(w, name, contents.len, crc, at);
}

/* The checksum goes on over so many zeros, in as many steps as the number has bits. */
static uLong crc_of_zeros(uLong crc, uint64_t len) {
        uLong run = crc32_z(0, (const uint8_t *) "", 1); /* of 1, 2, 4 … zeros */

        for (uint64_t n = 1; len > 0; n <<= 1, len >>= 1) {
                if (len & 1)
                        crc = crc32_combine(crc, run, (z_off_t) n);
                if (len > 1)
                        run = crc32_combine(run, run, (z_off_t) n);
        }
        return crc;
}

/* How much at `at` is a hole; 0 for data, and where the filesystem does not tell. */
static uint64_t hole_at(int fd, uint64_t at, uint64_t size) {
        off_t data = lseek(fd, (off_t) at, SEEK_DATA);
        uint64_t len;

        if (data < 0)
                return errno == ENXIO ? size - at : 0;
        len = (uint64_t) data < size ? (uint64_t) data - at : size - at;
        return len >= HOLE_MIN ? len : 0;
}

static int pass_hole(ZipWriter *w, uint64_t len, ZipPiece f, void *userdata, uLong *crc) {
        int r = 0;

        memset(w->buffer, 0, PIECE);
        *crc = crc_of_zeros(*crc, len);
        w->at += len;
        for (; len > 0 && r >= 0; len -= len < PIECE ? len : PIECE)
                r = f(userdata, VIEW(w->buffer, len < PIECE ? len : PIECE));
        return r;
}

/* Data up to the next hole. */
static int copy_data(ZipWriter *w, int fd, uint64_t at, uint64_t len, ZipPiece f, void *userdata, uLong *crc) {
        while (len > 0) {
                ssize_t n = read_piece(w, fd, at, len);
                int r = n < 0 ? (int) n : append(w, VIEW(w->buffer, n));

                if (r >= 0)
                        r = f(userdata, VIEW(w->buffer, n));
                if (r < 0)
                        return r;
                *crc = crc32_z(*crc, w->buffer, (size_t) n);
                at += (uint64_t) n;
                len -= (uint64_t) n;
        }
        return 0;
}

static int copy_file(ZipWriter *w, int fd, uint64_t size, ZipPiece f, void *userdata, uLong *crc) {
        uint64_t at = 0;
        int r = need_buffer(w);

        while (at < size && r >= 0) {
                uint64_t hole = hole_at(fd, at, size), end = size;
                off_t next;

                if (hole > 0) {
                        r = pass_hole(w, hole, f, userdata, crc);
                        at += hole;
                        continue;
                }
                next = lseek(fd, (off_t) at, SEEK_HOLE);
                /* At least one piece a turn, so that a file full of small holes costs no more than any other. */
                if (next > 0 && (uint64_t) next < size)
                        end = (uint64_t) next > at + PIECE ? (uint64_t) next : at + PIECE < size ? at + PIECE : size;
                r = copy_data(w, fd, at, end - at, f, userdata, crc);
                at = end;
        }
        return r;
}

int zip_writer_add_fd(ZipWriter *w, const char *name, int fd, uint64_t size, ZipPiece f, void *userdata) {
        uLong crc = crc32_z(0, NULL, 0);
        uint64_t at = w->at;
        uint8_t checksum[4];
        int r;

        if (!zip_name_is_sound(name) || size > INT64_MAX / 2)
                return -EINVAL;
        r = append_local(w, name, size, 0);
        if (r >= 0)
                r = copy_file(w, fd, size, f, userdata, &crc);
        if (r < 0)
                return r;
        zip_put_u32(checksum, (uint32_t) crc);
        r = write_at(w->fd, at + 14, VIEW(checksum, sizeof(checksum)));
        return r < 0 ? r : remember(w, name, size, (uint32_t) crc, at);
}

/* §4.3.14 and §4.3.15: for numbers that the end record has no room for. */
static int append_end64(ZipWriter *w, uint64_t directory_at) {
        uint8_t p[ZIP_END64_SIZE + ZIP_LOCATOR_SIZE] = { 0 };

        zip_put_u32(p, ZIP_END64);
        zip_put_u64(p + 4, ZIP_END64_SIZE - 12);
        zip_put_u16(p + 12, MADE_BY);
        zip_put_u16(p + 14, VERSION_ZIP64);
        zip_put_u64(p + 24, w->n);
        zip_put_u64(p + 32, w->n);
        zip_put_u64(p + 40, w->directory.len);
        zip_put_u64(p + 48, directory_at);
        zip_put_u32(p + ZIP_END64_SIZE, ZIP_LOCATOR);
        zip_put_u64(p + ZIP_END64_SIZE + 8, w->at);
        zip_put_u32(p + ZIP_END64_SIZE + 16, 1);
        return append(w, VIEW(p, sizeof(p)));
}

int zip_writer_finish(ZipWriter *w) {
        uint64_t directory_at = w->at;
        uint8_t p[ZIP_END_SIZE] = { 0 };
        unsigned n = w->n < UINT16_MAX ? (unsigned) w->n : UINT16_MAX;
        int r;

        if (w->n > ZIP_ENTRIES_MAX || w->directory.len > ZIP_DIRECTORY_MAX)
                return -EFBIG;
        r = append(w, bytes_view(&w->directory));
        if (r >= 0 && (w->n >= UINT16_MAX || directory_at >= UINT32_MAX))
                r = append_end64(w, directory_at);
        if (r < 0)
                return r;
        zip_put_u32(p, ZIP_END);
        zip_put_u16(p + 8, n);
        zip_put_u16(p + 10, n);
        zip_put_u32(p + 12, (uint32_t) w->directory.len);
        zip_put_u32(p + 16, directory_at >= UINT32_MAX ? UINT32_MAX : (uint32_t) directory_at);
        return append(w, VIEW(p, sizeof(p)));
}
