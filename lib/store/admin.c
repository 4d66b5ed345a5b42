/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A store from outside; see admin.h. Each change of the slots is one replacement of the file: before it the old keys open the store, after
 * it the new ones, and never none. */

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/admin.h"
#include "store/database.h"
#include "store/directory.h"
#include "store/generation.h"
#include "store/recovery-key.h"

/* Locks the directory of a finished store and reads its slots. */
static int lock_and_read(const char *directory, uint32_t application_id, int *ret_fd, Slots *ret) {
        _cleanup_free_ char *path = directory_path(directory, STORE_SLOTS);
        _cleanup_close_ int fd = -1;
        int r;

        if (!path)
                return -ENOMEM;
        r = directory_open(directory, &fd);
        if (r < 0)
                return r;
        r = directory_check(fd);
        if (r < 0)
                return r;
        directory_sweep(fd);
        r = slots_read(path, ret);
        if (r < 0)
                return r;
        if (ret->application_id != application_id)
                return -EBADMSG;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

static int write_slots(const char *directory, const Slots *slots) {
        _cleanup_free_ char *path = directory_path(directory, STORE_SLOTS);

        return path ? slots_write(path, slots) : -ENOMEM;
}

/* The slots file is replaced whole, so that it may be read while the service runs. */
static int status_of_busy(const char *directory, uint32_t application_id, StoreStatus *ret) {
        _cleanup_free_ char *path = directory_path(directory, STORE_SLOTS);
        StoreStatus status = { .busy = true };
        int r;

        if (!path)
                return -ENOMEM;
        r = slots_read(path, &status.slots);
        if (r < 0)
                return r;
        if (status.slots.application_id != application_id)
                return -EBADMSG;
        *ret = status;
        return 0;
}

static int status_of_database(const char *directory, StoreStatus *status) {
        _cleanup_free_ char *path = directory_path(directory, STORE_DATABASE);
        _cleanup_(sqlite3_closep) sqlite3 *db = NULL;
        DatabaseIdentity identity;
        uint64_t outside = 0;
        struct stat st;
        int r;

        if (!path)
                return -ENOMEM;
        r = database_open(path, &db);
        if (r < 0)
                return r;
        r = database_check(db, &status->slots, &identity);
        if (r < 0)
                return r;
        r = database_check_pages(db);
        if (r < 0)
                return r;
        r = database_int(db, "PRAGMA user_version", &status->version);
        if (r < 0)
                return r;
        if (stat(path, &st) < 0)
                return -errno;
        r = generation_read(directory, &outside);
        status->generation = identity.generation;
        status->rolled_back = identity.rolled_back || r < 0 || outside > identity.generation;
        status->size = (uint64_t) st.st_size;
        return 0;
}

int store_status(const char *directory, uint32_t application_id, StoreStatus *ret) {
        StoreStatus status = { 0 };
        _cleanup_close_ int fd = -1;
        int r;

        r = lock_and_read(directory, application_id, &fd, &status.slots);
        if (r == -EBUSY)
                return status_of_busy(directory, application_id, ret);
        if (r < 0)
                return r;
        r = status_of_database(directory, &status);
        if (r < 0)
                return r;
        *ret = status;
        return 0;
}

int store_add_host(const char *directory, uint32_t application_id, SlotKind by, View key, View new_host_key) {
        _cleanup_secret_ Secret *store_key = NULL;
        char host[SLOT_LABEL_MAX + 1] = "";
        _cleanup_close_ int fd = -1;
        Slots slots;
        int r;

        r = lock_and_read(directory, application_id, &fd, &slots);
        if (r < 0)
                return r;
        r = slots_unwrap(&slots, by, key, &store_key);
        if (r < 0)
                return r;
        (void) gethostname(host, sizeof(host) - 1);
        r = slots_add(&slots, SLOT_HOST, new_host_key, secret_view(store_key), host);
        return r < 0 ? r : write_slots(directory, &slots);
}

int store_drop_other_hosts(const char *directory, uint32_t application_id, View host_key) {
        _cleanup_secret_ Secret *store_key = NULL;
        _cleanup_close_ int fd = -1;
        Slots slots;
        int r;

        r = lock_and_read(directory, application_id, &fd, &slots);
        if (r < 0)
                return r;
        slots_remove(&slots, SLOT_HOST, 1);
        /* What stays must open, or nobody gets in any more. */
        r = slots_unwrap(&slots, SLOT_HOST, host_key, &store_key);
        return r < 0 ? r : write_slots(directory, &slots);
}

int store_replace_recovery(const char *directory, uint32_t application_id, View host_key, Secret **ret_recovery_key) {
        _cleanup_secret_ Secret *store_key = NULL, *recovery = NULL, *text = NULL;
        _cleanup_close_ int fd = -1;
        Slots slots;
        int r;

        r = lock_and_read(directory, application_id, &fd, &slots);
        if (r < 0)
                return r;
        r = slots_unwrap(&slots, SLOT_HOST, host_key, &store_key);
        if (r < 0)
                return r;
        r = secret_random(RECOVERY_KEY_SIZE, &recovery);
        if (r < 0)
                return r;
        r = recovery_key_format(secret_view(recovery), &text);
        if (r < 0)
                return r;
        slots_remove(&slots, SLOT_RECOVERY, 0);
        r = slots_add(&slots, SLOT_RECOVERY, secret_view(recovery), secret_view(store_key), "");
        if (r < 0)
                return r;
        r = write_slots(directory, &slots);
        if (r < 0)
                return r;
        *ret_recovery_key = TAKE_PTR(text);
        return 0;
}
