/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verbs that change something: init, recover, rekey, recovery-key, backup, restore; see tool.h. Files outside the state directory are
 * opened and named as the caller, the store is touched as the directory's owner. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic-file.h"
#include "store/admin.h"
#include "store/store.h"
#include "store-tool/tool.h"

static int tell_host_key(const Options *o, int error) {
        if (error == -ENOENT)
                return tell(EXIT_NOT_FOUND, "There is no host key in %s. Name its file with --host-key; if it is a systemd credential, decrypt it "
                            "to a file first (systemd-creds decrypt --name=host-key). If it is lost: 'sygnet-store recover'.", o->host_key);
        if (error == -EBADMSG)
                return tell(EXIT_FAILED, "%s is no host key: that is a file of exactly 32 bytes.", o->host_key);
        if (error == -EPERM)
                return tell(EXIT_DENIED, "%s may be read by others: its mode must be 0600.", o->host_key);
        return tell_file(o->host_key, error);
}

static int create(const Options *o, View key, Secret **ret_recovery) {
        StoreSchema schema = { .application_id = o->service->application_id };
        int r;

        r = owner_enter(o, true);
        if (r == 0)
                r = store_create(o->state, &schema, key, ret_recovery);
        owner_leave();
        return r;
}

/* The key is on disk before the store that needs it. */
int verb_init(const Options *o) {
        _cleanup_secret_ Secret *key = NULL, *recovery = NULL;
        bool made;
        int r;

        r = owner_enter(o, true);
        owner_leave();
        if (r < 0)
                return tell_store(o, r);
        r = host_key_read_or_make(o, &key, &made);
        if (r < 0)
                return tell_host_key(o, r);
        r = create(o, secret_view(key), &recovery);
        if (r < 0) {
                if (made)
                        unlink(o->host_key);
                return tell_store(o, r);
        }
        fprintf(stderr, "Made a store for %s in %s; its host key is %s.\n", o->service->name, o->state, o->host_key);
        return recovery_key_show(recovery);
}

int verb_recover(const Options *o) {
        _cleanup_secret_ Secret *recovery = NULL, *key = NULL;
        bool made;
        int r;

        r = recovery_key_get(o, &recovery);
        if (r > 0)
                return r;
        r = host_key_read_or_make(o, &key, &made);
        if (r < 0)
                return tell_host_key(o, r);
        r = owner_enter(o, false);
        if (r == 0)
                r = store_add_host(o->state, o->service->application_id, SLOT_RECOVERY, secret_view(recovery), secret_view(key));
        owner_leave();
        if (r < 0 && made)
                unlink(o->host_key);
        if (r == -ENOKEY)
                return tell(EXIT_DENIED, "This is not the recovery key of the store in %s. Nothing was changed.", o->state);
        if (r < 0)
                return tell_store(o, r);
        fprintf(stderr, "The store in %s now opens with the host key in %s. Slots of former hosts stay until 'sygnet-store rekey'.\n", o->state,
                o->host_key);
        return EXIT_OK;
}

static int replace_recovery(const Options *o, const Secret *key) {
        _cleanup_secret_ Secret *recovery = NULL;
        int r;

        r = owner_enter(o, false);
        if (r == 0)
                r = store_replace_recovery(o->state, o->service->application_id, secret_view(key), &recovery);
        owner_leave();
        if (r < 0)
                return tell_store(o, r);
        fputs("The former recovery key no longer opens this store. It still opens backups made until now.\n", stderr);
        return recovery_key_show(recovery);
}

int verb_recovery_key(const Options *o) {
        _cleanup_secret_ Secret *key = NULL;
        int r;

        r = host_key_read(o->host_key, &key);
        return r < 0 ? tell_host_key(o, r) : replace_recovery(o, key);
}

static int add_host(const Options *o, const Secret *old, const Secret *key) {
        int r;

        r = owner_enter(o, false);
        if (r == 0)
                r = store_add_host(o->state, o->service->application_id, SLOT_HOST, secret_view(old), secret_view(key));
        owner_leave();
        return r;
}

static int drop_other_hosts(const Options *o, const Secret *key) {
        int r;

        r = owner_enter(o, false);
        if (r == 0)
                r = store_drop_other_hosts(o->state, o->service->application_id, secret_view(key));
        owner_leave();
        return r;
}

/* Three steps, after each of which the host key's file opens the store: a slot for the new key beside the old; the new key in the place of
 * the old; the old slots removed. What a killed run leaves over, the next one removes. */
int verb_rekey(const Options *o) {
        _cleanup_secret_ Secret *old = NULL, *key = NULL;
        int r;

        r = host_key_read(o->host_key, &old);
        if (r < 0)
                return tell_host_key(o, r);
        r = secret_random(secret_len(old), &key);
        if (r < 0)
                return tell(EXIT_FAILED, "%s.", strerror(-r));
        r = add_host(o, old, key);
        if (r < 0)
                return tell_store(o, r);
        r = host_key_write(o->host_key, key, o->host_key, true);
        if (r < 0)
                return tell_file(o->host_key, r);
        r = drop_other_hosts(o, key);
        if (r < 0)
                return tell_store(o, r);
        fprintf(stderr,
                "The host key in %s is new, and no other host key opens the store. The store key itself stays the same: whoever had it, or has a\n"
                "former key and an old copy of the slots, still reads what it sealed. If it was stolen, retire the credentials and make new ones.\n",
                o->host_key);
        return o->recovery ? replace_recovery(o, key) : EXIT_OK;
}

int verb_backup(const Options *o) {
        _cleanup_(atomic_file_freep) AtomicFile *f = NULL;
        int r;

        if (access(o->file, F_OK) == 0)
                return tell_file(o->file, -EEXIST);
        r = atomic_file_open(o->file, 0600, &f);
        if (r < 0)
                return tell_file(o->file, r);
        r = owner_enter(o, false);
        if (r == 0)
                r = store_backup(o->state, o->service->application_id, atomic_file_fd(f));
        owner_leave();
        if (r < 0)
                return tell_store(o, r);
        r = atomic_file_commit(f, false);
        if (r < 0)
                return tell_file(o->file, r);
        fprintf(stderr, "The store in %s is backed up in %s. It opens with the recovery key, or with the host key of now.\n", o->state, o->file);
        return EXIT_OK;
}

int verb_restore(const Options *o) {
        _cleanup_close_ int fd = open(o->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        int r;

        if (fd < 0)
                return tell_file(o->file, -errno);
        r = owner_enter(o, true);
        if (r == 0)
                r = store_restore(o->state, o->service->application_id, fd);
        owner_leave();
        if (r == -EBADMSG)
                return tell(EXIT_FAILED, "%s is no backup of a store of %s, or is damaged. Nothing was restored.", o->file, o->service->name);
        if (r == -EPROTONOSUPPORT)
                return tell(EXIT_FAILED, "%s was made by a newer version of Sygnet. Install that version.", o->file);
        if (r < 0)
                return tell_store(o, r);
        fprintf(stderr,
                "The store is back in %s. It is marked as an older copy. %s, then run\n'%s --accept-rollback' as sygnetd(8) says. If this host has another key "
                "now, run 'recover' first.\n",
                o->state, o->service->older, o->service->name);
        return EXIT_OK;
}
