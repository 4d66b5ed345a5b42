/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text around DER; see armor.h. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "sign/cms/armor.h"

/* Read at a time, and what may stand before the first line of dashes. */
#define CHUNK (64U * 1024U)
#define MEMORY_MAX (1024 * 1024)

static ssize_t read_at(int fd, uint8_t *buffer, uint64_t at) {
        ssize_t n;

        do
                n = pread(fd, buffer, CHUNK, (off_t) at);
        while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : n;
}

/* Where the base64 starts; 0 when it is no text of ours. Base64 of a SEQUENCE starts with M. */
static bool find_body(View v, uint64_t *ret_at) {
        const uint8_t *p;
        size_t i = 0;

        while (i < v.len && isspace(v.data[i]))
                i++;
        if (i < v.len && v.data[i] == 'M') {
                *ret_at = i;
                return true;
        }
        for (size_t j = i; j < v.len; j++)
                if (v.data[j] == 0 || v.data[j] >= 0x80)
                        return false;
        p = memmem(v.data, v.len, "-----BEGIN ", 11);
        p = p ? memchr(p, '\n', v.len - (size_t) (p - v.data)) : NULL;
        if (!p)
                return false;
        *ret_at = (uint64_t) (p - v.data) + 1;
        return true;
}

static int open_output(int fd) {
        const char *directory = getenv("TMPDIR");
        struct stat st;
        int out = -1;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_size > MEMORY_MAX)
                out = open(directory && *directory ? directory : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (out < 0)
                out = memfd_create("sygnet-armor", MFD_CLOEXEC);
        return out < 0 ? -errno : out;
}

/* Decodes whole groups of four, at the end all there is. */
static int flush(Bytes *text, bool last, int out) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        size_t n = last ? text->len : text->len / 4 * 4;
        int r;

        r = base64_decode(VIEW(text->data, n), &der);
        if (r == -EINVAL)
                return -EBADMSG;
        if (r >= 0)
                r = write_all(out, bytes_view(&der));
        if (r < 0)
                return r;
        memmove(text->data, text->data + n, text->len - n);
        text->len -= n;
        return 0;
}

static int decode(int fd, uint64_t at, uint8_t *buffer, int out) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        bool ended = false;
        ssize_t n;
        int r;

        r = bytes_reserve(&text, CHUNK + 4);
        if (r < 0)
                return r;
        while (!ended && (n = read_at(fd, buffer, at)) != 0) {
                if (n < 0)
                        return (int) n;
                for (ssize_t i = 0; i < n && !ended; i++) {
                        ended = buffer[i] == '-';
                        if (!ended && !isspace(buffer[i]))
                                text.data[text.len++] = buffer[i];
                }
                at += (uint64_t) n;
                r = flush(&text, false, out);
                if (r < 0)
                        return r;
        }
        return flush(&text, true, out);
}

int armor_open(int fd, int *ret_fd) {
        _cleanup_free_ uint8_t *buffer = malloc(CHUNK);
        _cleanup_close_ int out = -1;
        uint64_t at = 0;
        ssize_t n;
        int r;

        if (!buffer)
                return -ENOMEM;
        n = read_at(fd, buffer, 0);
        if (n < 0)
                return (int) n;
        if (!find_body(VIEW(buffer, n), &at)) {
                *ret_fd = -1;
                return 0;
        }
        out = open_output(fd);
        if (out < 0)
                return out;
        r = decode(fd, at, buffer, out);
        if (r < 0)
                return r;
        *ret_fd = TAKE_FD(out);
        return 0;
}
