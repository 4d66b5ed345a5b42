/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for ZIP archives: what is taken has sound names, different from each other, and entries that follow each other; contents have the size that
 * they are said to have; and the archive can be written on. */

#include <sys/mman.h>

#include "base/atomic-file.h"
#include "sign/asic/zip-write.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file_of(const uint8_t *data, size_t size) {
        int fd = memfd_create("fuzz-zip", MFD_CLOEXEC);

        require(fd >= 0 && write_all(fd, VIEW(data, size)) == 0, -1);
        return fd;
}

static int count(void *userdata, View piece) {
        *(uint64_t *) userdata += piece.len;
        return 0;
}

static void run_entry(const ZipArchive *a, const ZipEntry *e) {
        _cleanup_bytes_ Bytes whole = BYTES_NULL;
        uint64_t total = 0;
        Digest d;
        int r;

        require(zip_name_is_sound(e->name) && zip_find(a, e->name) == e);
        require(e->data_at > e->at && e->data_at + e->packed <= a->directory_at);
        r = zip_read(a, e, count, &total);
        require(r == 0 ? total == e->size : r == ZIP_E_DAMAGED && total <= e->size);
        require(zip_read_all(a, e, 1024, &whole) == (e->size > 1024 ? ZIP_E_TOO_LARGE : r) && (r != 0 || e->size > 1024 || whole.len == total));
        require(r != 0 || zip_digest(a, e, GNUTLS_DIG_SHA256, &d) == 0);
}

/* With an entry more it is still one that we take. */
static void run_writer(const ZipArchive *a) {
        _cleanup_close_ int fd = file_of(NULL, 0);
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;
        _cleanup_zip_ ZipArchive b = { .fd = -1 };

        require(zip_writer_new_from(fd, 0, a, &w) == 0 && zip_writer_add(w, "META-INF/another", VIEW_LITERAL("text")) == 0 && zip_writer_finish(w) == 0);
        require(zip_find(a, "META-INF/another") || (zip_open(fd, &b) == 0 && b.n == a->n + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_close_ int fd = file_of(data, size);
        _cleanup_zip_ ZipArchive a = { .fd = -1 };
        int r;

        (void) zip_recognize(fd);
        r = zip_open(fd, &a);
        require(r == 0 || zip_strerror(r), 0);
        if (r != 0)
                return 0;
        for (size_t i = 0; i < a.n; i++)
                run_entry(&a, &a.entries[i]);
        run_writer(&a);
        return 0;
}
