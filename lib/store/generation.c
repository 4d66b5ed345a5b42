/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The generation counter outside the database; see generation.h. */

#include <errno.h>
#include <inttypes.h>

#include "base/atomic-file.h"
#include "store/directory.h"
#include "store/generation.h"

int generation_read(const char *directory, uint64_t *ret) {
        _cleanup_free_ char *path = directory_path(directory, STORE_GENERATION);
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        uint64_t value = 0;
        int r;

        if (!path)
                return -ENOMEM;
        r = read_file(path, 32, &b);
        if (r < 0)
                return r;
        if (b.len < 2 || b.len > 19 || b.data[b.len - 1] != '\n')
                return -EBADMSG;
        for (size_t i = 0; i + 1 < b.len; i++) {
                if (b.data[i] < '0' || b.data[i] > '9')
                        return -EBADMSG;
                value = value * 10 + (uint64_t) (b.data[i] - '0');
        }
        *ret = value;
        return 0;
}

int generation_write(const char *directory, uint64_t generation) {
        _cleanup_free_ char *path = directory_path(directory, STORE_GENERATION);
        char text[32];

        if (!path)
                return -ENOMEM;
        snprintf(text, sizeof(text), "%" PRIu64 "\n", generation);
        return atomic_file_write(path, view_string(text), 0600, true);
}
