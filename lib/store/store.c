/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Making, opening and closing a store; see store.h.
 *
 * Everything fails closed: a database without its slots, slots without their database, or a database that is not the one the slots belong to
 * is damage, and no key is ever made beside records. An interrupted creation counts as no store (directory.c).
 *
 * Generations: each opening and each orderly closing raises a counter in the database, then in a file beside it. A database that is behind
 * the file is an older copy: it is marked as rolled back, durably, until txn_accept_rollback(). A missing file is taken for the same. What
 * cannot be noticed is a copy put back together with its file, and one taken and put back between the same opening and closing. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/admin.h"
#include "store/directory.h"
#include "store/generation.h"
#include "store/recovery-key.h"
#include "store/store-private.h"

static int identity_mac(Store *s, const DatabaseIdentity *identity, uint8_t ret[static 32]) {
        return store_mac(s, ret, "store_identity", "bii", VIEW(identity->store_id, STORE_ID_SIZE), (int64_t) identity->generation,
                         (int64_t) identity->rolled_back);
}

static int write_identity(Store *s, DatabaseIdentity *identity) {
        int r;

        r = identity_mac(s, identity, identity->mac);
        return r < 0 ? r : database_identity_write(s->db, identity);
}

/* The database first: a database ahead of the file is what a crash between the two leaves, and no rollback. */
static int raise_generation(Store *s) {
        DatabaseIdentity identity;
        uint64_t outside = 0;
        int r;

        r = database_identity_read(s->db, &identity);
        if (r < 0)
                return r;
        r = generation_read(s->directory, &outside);
        if (r == -ENOENT || r == -EBADMSG || (r == 0 && outside > identity.generation))
                identity.rolled_back = true;
        else if (r < 0)
                return r;
        if (outside > identity.generation)
                identity.generation = outside;
        identity.generation++;
        r = write_identity(s, &identity);
        if (r < 0)
                return r;
        r = generation_write(s->directory, identity.generation);
        if (r < 0)
                return r;
        s->generation = identity.generation;
        s->rolled_back = identity.rolled_back;
        return 0;
}

/* Whether this database is the one that the slots were made for, and by the holder of the store key. */
static int check_identity(Store *s, const Slots *slots) {
        DatabaseIdentity identity;
        uint8_t mac[32];
        int r;

        r = database_check(s->db, slots, &identity);
        if (r < 0)
                return r;
        r = identity_mac(s, &identity, mac);
        if (r < 0)
                return r;
        return secret_equal(VIEW(mac, sizeof(mac)), VIEW(identity.mac, sizeof(identity.mac))) ? 0 : -EBADMSG;
}

static int open_keys(Store *s, const StoreSchema *schema, View host_key, Slots *ret_slots) {
        _cleanup_free_ char *path = directory_path(s->directory, STORE_SLOTS);
        _cleanup_secret_ Secret *store_key = NULL;
        int r;

        if (!path)
                return -ENOMEM;
        r = slots_read(path, ret_slots);
        if (r < 0)
                return r;
        if (ret_slots->application_id != schema->application_id)
                return -EBADMSG;
        r = slots_unwrap(ret_slots, SLOT_HOST, host_key, &store_key);
        return r < 0 ? r : store_keys_init(&s->keys, TAKE_PTR(store_key));
}

static int open_database(Store *s) {
        _cleanup_free_ char *path = directory_path(s->directory, STORE_DATABASE);

        return path ? database_open(path, &s->db) : -ENOMEM;
}

static int store_new(const char *directory, Store **ret) {
        _cleanup_(store_closep) Store *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->directory_fd = s->event_fd = -1;
        s->directory = strdup(directory);
        if (!s->directory)
                return -ENOMEM;
        *ret = TAKE_PTR(s);
        return 0;
}

/* Locked, with its keys and its database, which belong together; not migrated, and no thread runs. */
static int open_closed(const char *directory, const StoreSchema *schema, View host_key, Store **ret) {
        _cleanup_(store_closep) Store *s = NULL;
        Slots slots;
        int r;

        r = store_new(directory, &s);
        if (r < 0)
                return r;
        r = directory_open(directory, &s->directory_fd);
        if (r < 0)
                return r;
        r = directory_check(s->directory_fd);
        if (r < 0)
                return r;
        directory_sweep(s->directory_fd);
        r = open_keys(s, schema, host_key, &slots);
        if (r < 0)
                return r;
        r = open_database(s);
        if (r < 0)
                return r;
        r = check_identity(s, &slots);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

int store_open(const char *directory, const StoreSchema *schema, View host_key, Store **ret) {
        _cleanup_(store_closep) Store *s = NULL;
        int r;

        r = open_closed(directory, schema, host_key, &s);
        if (r < 0)
                return r;
        r = database_migrate(s->db, schema, directory, s->directory_fd);
        if (r < 0)
                return r;
        r = raise_generation(s);
        if (r < 0)
                return r;
        r = jobs_start(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

/* A raised generation at the end makes a copy that was taken while the store was open older than the store. If it fails (a full disk),
 * that is all that is lost. Closing the last connection truncates and removes the WAL. */
Store *store_close(Store *s) {
        bool ran;

        if (!s)
                return NULL;
        ran = s->running;
        jobs_stop(s);
        statements_done(s);
        if (ran && s->failed == 0)
                (void) raise_generation(s);
        sqlite3_close(s->db);
        store_keys_done(&s->keys);
        if (s->directory_fd >= 0)
                close(s->directory_fd);
        free(s->directory);
        free(s);
        return NULL;
}

uint64_t store_generation(const Store *s) {
        return s->generation;
}

bool store_is_rolled_back(Store *s) {
        bool rolled_back;

        pthread_mutex_lock(&s->lock);
        rolled_back = s->rolled_back;
        pthread_mutex_unlock(&s->lock);
        return rolled_back;
}

int txn_accept_rollback(Txn *t) {
        DatabaseIdentity identity;
        int r;

        r = database_identity_read(t->store->db, &identity);
        if (r == 0) {
                identity.rolled_back = false;
                r = write_identity(t->store, &identity);
        }
        if (r < 0)
                t->error = r;
        else
                t->accepts_rollback = true;
        return r;
}

static int create_slots(const char *directory, const Slots *empty, View host_key, View store_key, Secret **ret_recovery_key) {
        _cleanup_free_ char *path = directory_path(directory, STORE_SLOTS);
        _cleanup_secret_ Secret *recovery = NULL, *text = NULL;
        char host[SLOT_LABEL_MAX + 1] = "";
        Slots slots = *empty;
        int r;

        if (!path)
                return -ENOMEM;
        (void) gethostname(host, sizeof(host) - 1);
        r = secret_random(RECOVERY_KEY_SIZE, &recovery);
        if (r < 0)
                return r;
        r = recovery_key_format(secret_view(recovery), &text);
        if (r < 0)
                return r;
        r = slots_add(&slots, SLOT_HOST, host_key, store_key, host);
        if (r < 0)
                return r;
        r = slots_add(&slots, SLOT_RECOVERY, secret_view(recovery), store_key, "");
        if (r < 0)
                return r;
        r = slots_write(path, &slots);
        if (r < 0)
                return r;
        *ret_recovery_key = TAKE_PTR(text);
        return 0;
}

static int create_database(Store *s, const Slots *slots) {
        DatabaseIdentity identity = { .generation = 1 };
        int r;

        r = directory_touch(s->directory_fd, STORE_DATABASE);
        if (r < 0)
                return r;
        r = open_database(s);
        if (r < 0)
                return r;
        r = database_format(s->db, slots->application_id);
        if (r < 0)
                return r;
        memcpy(identity.store_id, slots->store_id, STORE_ID_SIZE);
        r = write_identity(s, &identity);
        if (r < 0)
                return r;
        return generation_write(s->directory, identity.generation);
}

/* The records' tables come with the first store_open(), as migrations from version 0. */
int store_create(const char *directory, const StoreSchema *schema, View host_key, Secret **ret_recovery_key) {
        _cleanup_(store_closep) Store *s = NULL;
        _cleanup_secret_ Secret *store_key = NULL, *recovery = NULL;
        Slots slots;
        int r;

        r = store_new(directory, &s);
        if (r < 0)
                return r;
        if (mkdir(directory, 0700) < 0 && errno != EEXIST)
                return -errno;
        r = directory_open(directory, &s->directory_fd);
        if (r < 0)
                return r;
        r = slots_new(schema->application_id, &slots);
        if (r < 0)
                return r;
        r = secret_random(STORE_KEY_SIZE, &store_key);
        if (r < 0)
                return r;
        r = directory_begin_creation(s->directory_fd);
        if (r < 0)
                return r;
        r = create_slots(directory, &slots, host_key, secret_view(store_key), &recovery);
        if (r < 0)
                return r;
        r = store_keys_init(&s->keys, TAKE_PTR(store_key));
        if (r < 0)
                return r;
        r = create_database(s, &slots);
        if (r < 0)
                return r;
        /* Everything is in the database file itself before the marker goes. */
        sqlite3_close(TAKE_PTR(s->db));
        r = directory_end_creation(s->directory_fd);
        if (r < 0)
                return r;
        *ret_recovery_key = TAKE_PTR(recovery);
        return 0;
}
