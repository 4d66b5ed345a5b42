/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Digests and MACs; see digest.h. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <unistd.h>

#include "crypto/digest.h"

/* Large enough that the system calls do not show beside SHA-256, small enough for the cache. */
#define CHUNK (128U * 1024U)

int digest_of(gnutls_digest_algorithm_t algorithm, View data, Digest *ret) {
        Digest d = { .len = gnutls_hash_get_len(algorithm) };

        if (d.len == 0 || d.len > sizeof(d.data))
                return -EOPNOTSUPP;
        if (gnutls_hash_fast(algorithm, data.data, data.len, d.data) < 0)
                return -EIO;
        *ret = d;
        return 0;
}

int sha256(View data, uint8_t ret[static SHA256_SIZE]) {
        return gnutls_hash_fast(GNUTLS_DIG_SHA256, data.data, data.len, ret) < 0 ? -EIO : 0;
}

int hmac_sha256(View key, View data, uint8_t ret[static SHA256_SIZE]) {
        return gnutls_hmac_fast(GNUTLS_MAC_SHA256, key.data, key.len, data.data, data.len, ret) < 0 ? -EIO : 0;
}

/* -EIO when the file ends before `length`, unless that was "to the end". */
static int feed(gnutls_hash_hd_t hash, int fd, uint64_t offset, uint64_t length, uint8_t *buffer) {
        bool to_end = length == UINT64_MAX;

        while (length > 0) {
                ssize_t n;

                if (offset > INT64_MAX)
                        return -EOVERFLOW;
                n = pread(fd, buffer, length < CHUNK ? (size_t) length : CHUNK, (off_t) offset);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return to_end ? 0 : -EIO;
                if (gnutls_hash(hash, buffer, (size_t) n) < 0)
                        return -EIO;
                offset += (uint64_t) n;
                if (!to_end)
                        length -= (uint64_t) n;
        }
        return 0;
}

int digest_of_fd(gnutls_digest_algorithm_t algorithm, int fd, uint64_t offset, uint64_t length, Digest *ret) {
        _cleanup_free_ uint8_t *buffer = NULL;
        Digest d = { .len = gnutls_hash_get_len(algorithm) };
        gnutls_hash_hd_t hash;
        int r;

        if (d.len == 0 || d.len > sizeof(d.data))
                return -EOPNOTSUPP;
        buffer = malloc(CHUNK);
        if (!buffer)
                return -ENOMEM;
        if (gnutls_hash_init(&hash, algorithm) < 0)
                return -EIO;
        r = feed(hash, fd, offset, length, buffer);
        gnutls_hash_deinit(hash, d.data);
        if (r < 0)
                return r;
        *ret = d;
        return 0;
}
