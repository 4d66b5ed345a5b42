/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Digests and MACs over memory and over files. */

#include <gnutls/gnutls.h>

#include "base/bytes.h"

#define SHA256_SIZE 32U
#define DIGEST_SIZE_MAX 64U

typedef struct Digest {
        uint8_t data[DIGEST_SIZE_MAX];
        size_t len;
} Digest;

static inline View digest_view(const Digest *d) {
        return VIEW(d->data, d->len);
}

int digest_of(gnutls_digest_algorithm_t algorithm, View data, Digest *ret);
int sha256(View data, uint8_t ret[static SHA256_SIZE]);
int hmac_sha256(View key, View data, uint8_t ret[static SHA256_SIZE]);

/* Digests `length` bytes of `fd` from `offset`, by pread(2), so the position stays; `length` of UINT64_MAX means to the
 * end. Memory does not grow with the file. -EIO when the file ends before `length`. */
int digest_of_fd(gnutls_digest_algorithm_t algorithm, int fd, uint64_t offset, uint64_t length, Digest *ret);
