/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for the list of certificates' states. The input is the file without its digest, which is added: it guards against accidents, and what
 * is behind it must stand by itself. Whatever is taken is written again to the same octets, and each of its records is found. */

#include <stdlib.h>
#include <string.h>

#include "crypto/status-list.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_found(const StatusList *l, const StatusRecord *record) {
        StatusRecord found;

        require(status_list_find(l, VIEW(record->serial, sizeof(record->serial)), &found) == record->state);
        require(memcmp(found.serial, record->serial, sizeof(found.serial)) == 0 && found.time == record->time && found.reason == record->reason);
}

static void write_again(const StatusList *l, View file) {
        size_t n = status_list_count(l);
        _cleanup_free_ StatusRecord *records = calloc(n + 1, sizeof(*records));
        _cleanup_bytes_ Bytes again = BYTES_NULL;

        require(records);
        for (size_t i = 0; i < n; i++) {
                status_list_get(l, i, &records[i]);
                require_found(l, &records[i]);
        }
        require(status_list_build(status_list_root(l), status_list_this_update(l), status_list_next_update(l), records, n, &again) == 0);
        require(view_equal(bytes_view(&again), file));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(status_list_freep) StatusList *l = NULL;
        _cleanup_bytes_ Bytes file = BYTES_NULL;
        uint8_t digest[SHA256_SIZE];

        require(sha256(VIEW(data, size), digest) == 0, 0);
        require(bytes_append(&file, data, size) == 0 && bytes_append(&file, digest, sizeof(digest)) == 0, 0);
        if (status_list_parse(bytes_view(&file), &l) == 0)
                write_again(l, bytes_view(&file));
        return 0;
}
