/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Backup and restore; see admin.h. A backup is one file:
 *
 *   "SYGSTORE" ‖ u8 format (1) ‖ u64be length of slots ‖ slots file ‖ u64be length of database ‖ database
 *   u8[32] SHA-256 of all before it (against damage; nothing in it is believed without the store key)
 *
 * The database is a compact copy by SQLite itself, with no erased content. The generation outside is left out: it is what notices that a
 * backup was restored. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic-file.h"
#include "crypto/digest.h"
#include "store/admin.h"
#include "store/database.h"
#include "store/directory.h"
#include "store/generation.h"

#define MAGIC "SYGSTORE"
#define MAGIC_SIZE 8U
#define FORMAT 1U
#define SLOTS_SIZE_MAX 16384U
#define COPY_NAME ".sygnet-backup"

static int copy_bytes(int from, uint64_t offset, uint64_t length, int to) {
        enum { CHUNK = 128 * 1024 };
        _cleanup_free_ uint8_t *buffer = malloc(CHUNK);
        int r;

        if (!buffer)
                return -ENOMEM;
        while (length > 0) {
                ssize_t n = pread(from, buffer, length < CHUNK ? (size_t) length : CHUNK, (off_t) offset);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -EBADMSG;
                r = write_all(to, VIEW(buffer, n));
                if (r < 0)
                        return r;
                offset += (uint64_t) n;
                length -= (uint64_t) n;
        }
        return 0;
}

/* An unnamed compact copy of the database, open for reading. */
static int copy_database(const char *directory, int directory_fd, const Slots *slots, int *ret_fd) {
        _cleanup_free_ char *path = directory_path(directory, STORE_DATABASE);
        _cleanup_(sqlite3_closep) sqlite3 *db = NULL;
        DatabaseIdentity identity;
        int r, fd;

        if (!path)
                return -ENOMEM;
        r = database_open(path, &db);
        if (r < 0)
                return r;
        r = database_check(db, slots, &identity);
        if (r < 0)
                return r;
        r = database_check_pages(db);
        if (r < 0)
                return r;
        r = database_copy(db, directory, directory_fd, COPY_NAME);
        if (r < 0)
                return r;
        fd = openat(directory_fd, COPY_NAME, O_RDONLY | O_CLOEXEC);
        r = fd < 0 ? -errno : 0;
        unlinkat(directory_fd, COPY_NAME, 0);
        if (r < 0)
                return r;
        *ret_fd = fd;
        return 0;
}

static int write_archive(int fd, const Slots *slots, int database) {
        _cleanup_bytes_ Bytes head = BYTES_NULL, file = BYTES_NULL;
        struct stat st;
        Digest digest;
        int r;

        if (fstat(database, &st) < 0)
                return -errno;
        r = slots_format(slots, &file);
        if (r < 0)
                return r;
        r = bytes_reserve(&head, MAGIC_SIZE + 1 + 8 + file.len + 8);
        if (r < 0)
                return r;
        bytes_append(&head, MAGIC, MAGIC_SIZE);
        bytes_append_byte(&head, FORMAT);
        bytes_append_u64be(&head, file.len);
        bytes_append_view(&head, bytes_view(&file));
        bytes_append_u64be(&head, (uint64_t) st.st_size);
        r = write_all(fd, bytes_view(&head));
        if (r < 0)
                return r;
        r = copy_bytes(database, 0, (uint64_t) st.st_size, fd);
        if (r < 0)
                return r;
        r = digest_of_fd(GNUTLS_DIG_SHA256, fd, 0, head.len + (uint64_t) st.st_size, &digest);
        return r < 0 ? r : write_all(fd, digest_view(&digest));
}

int store_backup(const char *directory, uint32_t application_id, int fd) {
        _cleanup_free_ char *path = directory_path(directory, STORE_SLOTS);
        _cleanup_close_ int lock = -1, database = -1;
        Slots slots;
        int r;

        if (!path)
                return -ENOMEM;
        r = directory_open(directory, &lock);
        if (r < 0)
                return r;
        r = directory_check(lock);
        if (r < 0)
                return r;
        r = slots_read(path, &slots);
        if (r < 0)
                return r;
        if (slots.application_id != application_id)
                return -EBADMSG;
        r = copy_database(directory, lock, &slots, &database);
        return r < 0 ? r : write_archive(fd, &slots, database);
}

typedef struct Archive {
        Slots slots;
        uint64_t database, length; /* where the database is */
} Archive;

static int pread_all(int fd, uint64_t offset, void *ret, size_t n) {
        uint8_t *p = ret;

        while (n > 0) {
                ssize_t k = pread(fd, p, n, (off_t) offset);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        return -EBADMSG;
                p += k;
                offset += (uint64_t) k;
                n -= (size_t) k;
        }
        return 0;
}

static int read_u64be(int fd, uint64_t offset, uint64_t *ret) {
        uint8_t p[8];
        uint64_t v = 0;
        int r;

        r = pread_all(fd, offset, p, sizeof(p));
        if (r < 0)
                return r;
        for (size_t i = 0; i < sizeof(p); i++)
                v = v << 8 | p[i];
        *ret = v;
        return 0;
}

static int check_digest(int fd, uint64_t size) {
        uint8_t stored[SHA256_SIZE];
        Digest digest;
        int r;

        r = digest_of_fd(GNUTLS_DIG_SHA256, fd, 0, size - SHA256_SIZE, &digest);
        if (r < 0)
                return r;
        r = pread_all(fd, size - SHA256_SIZE, stored, sizeof(stored));
        if (r < 0)
                return r;
        return memcmp(stored, digest.data, sizeof(stored)) == 0 ? 0 : -EBADMSG;
}

static int read_archive(int fd, uint32_t application_id, Archive *ret) {
        uint8_t head[MAGIC_SIZE + 1], slots[SLOTS_SIZE_MAX];
        uint64_t n, size, at = sizeof(head);
        Archive a = { 0 };
        struct stat st;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || st.st_size < (off_t) (sizeof(head) + 16 + SHA256_SIZE))
                return -EBADMSG;
        size = (uint64_t) st.st_size;
        r = pread_all(fd, 0, head, sizeof(head));
        if (r < 0)
                return r;
        if (memcmp(head, MAGIC, MAGIC_SIZE) != 0)
                return -EBADMSG;
        if (head[MAGIC_SIZE] != FORMAT)
                return -EPROTONOSUPPORT;
        r = check_digest(fd, size);
        if (r < 0)
                return r;
        r = read_u64be(fd, at, &n);
        if (r < 0)
                return r;
        if (n > sizeof(slots) || n > size - at - 8)
                return -EBADMSG;
        r = pread_all(fd, at + 8, slots, (size_t) n);
        if (r < 0)
                return r;
        r = slots_parse(VIEW(slots, n), &a.slots);
        if (r < 0)
                return r;
        at += 8 + n;
        r = read_u64be(fd, at, &a.length);
        if (r < 0)
                return r;
        a.database = at + 8;
        if (a.database + SHA256_SIZE > size || a.length != size - a.database - SHA256_SIZE || a.slots.application_id != application_id)
                return -EBADMSG;
        *ret = a;
        return 0;
}

static int write_database(int directory_fd, int fd, const Archive *a) {
        _cleanup_close_ int to = -1;
        int r;

        r = directory_touch(directory_fd, STORE_DATABASE);
        if (r < 0)
                return r;
        to = openat(directory_fd, STORE_DATABASE, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        if (to < 0)
                return -errno;
        r = copy_bytes(fd, a->database, a->length, to);
        if (r < 0)
                return r;
        return fsync(to) < 0 ? -errno : 0;
}

/* A generation beyond the database's own: the next opening finds an older copy, which this is. */
static int finish_restore(const char *directory, const Archive *a) {
        _cleanup_free_ char *path = directory_path(directory, STORE_DATABASE), *slots = directory_path(directory, STORE_SLOTS);
        _cleanup_(sqlite3_closep) sqlite3 *db = NULL;
        DatabaseIdentity identity;
        int r;

        if (!path || !slots)
                return -ENOMEM;
        r = database_open(path, &db);
        if (r < 0)
                return r;
        r = database_check(db, &a->slots, &identity);
        if (r < 0)
                return r;
        r = database_check_pages(db);
        if (r < 0)
                return r;
        r = generation_write(directory, identity.generation + 1);
        return r < 0 ? r : slots_write(slots, &a->slots);
}

int store_restore(const char *directory, uint32_t application_id, int fd) {
        _cleanup_close_ int lock = -1;
        Archive a;
        int r;

        r = read_archive(fd, application_id, &a);
        if (r < 0)
                return r;
        r = directory_open(directory, &lock);
        if (r < 0)
                return r;
        r = directory_begin_creation(lock);
        if (r < 0)
                return r;
        r = write_database(lock, fd, &a);
        if (r < 0)
                return r;
        r = finish_restore(directory, &a);
        return r < 0 ? r : directory_end_creation(lock);
}
