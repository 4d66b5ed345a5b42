/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The SQLite connection as every store opens it, its errors as errno, and what stands in the database beside the records: application id,
 * schema version, and one row that ties it to the slots file and counts generations. */

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "store/slots.h"

struct StoreSchema;

DEFINE_CLEANUP(sqlite3 *, sqlite3_close);
DEFINE_CLEANUP(sqlite3_stmt *, sqlite3_finalize);

/* Opens an existing file; WAL, synchronous=FULL, foreign keys enforced, erased content overwritten, nothing that the schema in the file
 * names is trusted, no memory mapping, one process only. */
int database_open(const char *path, sqlite3 **ret);

/* -EEXIST for UNIQUE and PRIMARY KEY, -EINVAL for other constraints and for wrong SQL, -ENOSPC for a full disk, quota or file size limit,
 * -EBADMSG for a damaged file, -ENOMEM, -EBUSY, -EROFS, else -EIO. */
int database_error(sqlite3 *db, int rc);

int database_int(sqlite3 *db, const char *sql, int64_t *ret);

/* What the one row says. Its MAC covers all of it. */
typedef struct DatabaseIdentity {
        uint8_t store_id[STORE_ID_SIZE];
        uint64_t generation;
        bool rolled_back;
        uint8_t mac[32];
} DatabaseIdentity;

/* Makes the row's table, and sets the application id. */
int database_format(sqlite3 *db, uint32_t application_id);

/* -EBADMSG when there is none. The MAC is the caller's to compute and check. */
int database_identity_read(sqlite3 *db, DatabaseIdentity *ret);
int database_identity_write(sqlite3 *db, const DatabaseIdentity *identity);

/* The identity of a database that belongs to `slots`, which have application id and store id: -EBADMSG when it does not. Without the store
 * key its MAC is not checked. */
int database_check(sqlite3 *db, const Slots *slots, DatabaseIdentity *ret);

/* SQLite's own check of the whole file: 0 or -EBADMSG. Takes as long as reading it. */
int database_check_pages(sqlite3 *db);

/* A whole, compact copy of the database as a new file `name` in the directory, synced; an old one of that name is replaced. */
int database_copy(sqlite3 *db, const char *directory, int directory_fd, const char *name);

/* Runs what migrations are missing, each in a transaction of its own, after a copy of a database that has records was put beside
 * (store.db.vN, N its version). -EPROTONOSUPPORT when the database is newer than `schema`. */
int database_migrate(sqlite3 *db, const struct StoreSchema *schema, const char *directory, int directory_fd);
