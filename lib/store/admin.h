/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is done to a store from outside while no process has it open: its slots, its state, its backup. Everything here takes the lock for as
 * long as it works: -EBUSY while the service runs. Other errors as store_open() has them. */

#include <stdbool.h>

#include "store/slots.h"

typedef struct StoreStatus {
        bool busy;       /* a process has it open: then only the slots were read, and what follows them is zero */
        Slots slots;
        int64_t version; /* of the schema */
        uint64_t generation;
        bool rolled_back;       /* marked, or what the next opening will mark */
        uint64_t size;          /* of the database, bytes */
} StoreStatus;

/* Reads all, checks every page of the database, needs no key. */
int store_status(const char *directory, uint32_t application_id, StoreStatus *ret);

/* Wraps the store key for a further host key. `key` opens a slot of the kind `by`: the present host key, or the recovery key. -ENOSPC when
 * there is no room for another slot. */
int store_add_host(const char *directory, uint32_t application_id, SlotKind by, View key, View new_host_key);

/* Removes all host slots but the newest, which must be that of `host_key` (-ENOKEY). */
int store_drop_other_hosts(const char *directory, uint32_t application_id, View host_key);

/* Makes a new recovery key in the place of the old one, as text, to be shown once. */
int store_replace_recovery(const char *directory, uint32_t application_id, View host_key, Secret **ret_recovery_key);

/* --- Backup: one file, for which see archive.c. It opens with what the store opens with: a host key or the recovery key, of that time. --- */

/* Writes the backup to `fd`, an empty regular file open for reading and writing; syncing it is the caller's. */
int store_backup(const char *directory, uint32_t application_id, int fd);

/* Makes the store of a backup anew in a directory that has none (-EEXIST). It counts as rolled back. -EBADMSG when the backup is none, is
 * damaged or of another application; -EPROTONOSUPPORT when a newer version made it. */
int store_restore(const char *directory, uint32_t application_id, int fd);
