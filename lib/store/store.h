/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The store: records in SQLite (WAL, synchronous=FULL), keys in slots, and one thread that owns the database.
 *
 * All access is by jobs. A job runs on the store's thread inside a transaction; jobs that wait are run together, each in a
 * savepoint of its own, and committed as one: so N concurrent callers cost one fsync. A job's `done` is called from
 * store_dispatch(), on the caller's loop, only after the commit is on disk. What a job reads and then writes is therefore
 * one atomic step (compare-and-set needs no lock), and nothing may be told to a caller before `done`.
 *
 * The store key never leaves this module: blobs are sealed and rows are MACed through it. */

#include <stdbool.h>

#include "base/bytes.h"
#include "base/secret.h"

typedef struct Store Store;
typedef struct Txn Txn;
typedef struct Row Row;

/* --- Schema ------------------------------------------------------------------------------------------------------- */

/* Application ids: which program's records a store holds. */
#define STORE_APPLICATION_DAEMON 0x53594731U /* "SYG1", sygnetd */
#define STORE_APPLICATION_CA 0x53594341U     /* "SYCA", sygnet-cad */

/* Migration i (from 0) takes a database from version i to i + 1; each is SQL run in one transaction with the version's
 * increase. `application_id` tells a store of sygnetd from one of sygnet-cad. */
typedef struct StoreSchema {
        uint32_t application_id;
        const char *const *migrations;
        unsigned version;
} StoreSchema;

/* --- Opening ------------------------------------------------------------------------------------------------------ */

/* Files in `directory` (0700, files 0600): `store.db` with its WAL, `slots` (see slots.h), `generation`.
 * Makes a new store with a fresh store key, one host slot under `host_key` (32 bytes) and one recovery slot whose key is returned as text
 * (see recovery-key.h), to be shown once. The directory is made when it is missing. -EEXIST when there is any sign of a store already; what
 * a killed creation left is none, and is cleared. -EPERM and -EBUSY as below. */
int store_create(const char *directory, const StoreSchema *schema, View host_key, Secret **ret_recovery_key);

/* -ENOENT no store; -ENOKEY no slot opens with this key; -EBADMSG slots or database are damaged, missing one without the other, or not of one
 * store and application; -EPROTONOSUPPORT it was written by a newer version; -EBUSY another process has it open; -EPERM the directory or a
 * file belongs to another user than the effective one, or group or others may access it. Migrates what is older, with a copy kept beside
 * (store.db.vN). Call crypto_init() before. */
int store_open(const char *directory, const StoreSchema *schema, View host_key, Store **ret);

/* Whether the database was found to be an older copy (a backup or snapshot that was put back): what was used up since may be unused in it.
 * True, over restarts, until a job with txn_accept_rollback() is committed; till then the caller freezes what counts (tokens, mandates). */
bool store_is_rolled_back(Store *s);
int txn_accept_rollback(Txn *t);

/* Raised by each opening. */
uint64_t store_generation(const Store *s);

/* Runs what was submitted, commits, joins the thread, calls the remaining `done`s with the outcome. Takes NULL, returns NULL. */
Store *store_close(Store *s);
DEFINE_CLEANUP(Store *, store_close);

/* --- Jobs --------------------------------------------------------------------------------------------------------- */

/* On the store's thread. Negative errno rolls back this job alone; otherwise the value is handed to `done`. Use only the
 * Txn and what `userdata` owns. */
typedef int (*StoreRun)(Txn *txn, void *userdata);

/* On the loop's thread. `result` is what `run` returned, or -EIO and the like when the commit failed (then nothing was
 * written, whatever `run` returned). `done` owns `userdata` from here. */
typedef void (*StoreDone)(int result, void *userdata);

/* From any thread (it is meant for one loop). -ENOBUFS when too many jobs wait, -ESHUTDOWN while the store closes. On error nothing is called
 * and `userdata` stays the caller's. */
int store_submit(Store *s, StoreRun run, StoreDone done, void *userdata);

/* For what has time: the job goes with the next that was submitted, in order, or begins at store_hurry() at the latest, which the caller promises. So
 * it need not cost a commit of its own. store_hurry() may be called from any thread, and costs nothing where nothing waits. */
int store_submit_later(Store *s, StoreRun run, StoreDone done, void *userdata);
void store_hurry(Store *s);

/* Runs one job and waits for its commit; for start-up, tools and tests, never on a loop. */
int store_run(Store *s, StoreRun run, void *userdata);

/* Becomes readable when `done`s are due; then call store_dispatch(), always on the same thread. A `done` may submit; it must not close the
 * store. */
int store_fd(Store *s);
void store_dispatch(Store *s);

/* --- Within a job ------------------------------------------------------------------------------------------------- */

/* SQL with ?1, ?2 …, bound by `types`, one letter each: s const char * (NULL is null), i int64_t, b View (NULL data is
 * null; what is bound must stay until the next call). Integers must be int64_t: cast them. Statements are prepared once and kept. Returns
 * the number of rows changed, or -EEXIST for a violated UNIQUE or PRIMARY KEY, which the job may act on. Any other error is final for the
 * job, whatever it returns then: -EINVAL for another constraint or wrong SQL, -ENOSPC when the disk is full, -EBADMSG for a damaged
 * database, -ENOMEM, -EIO. */
int txn_exec(Txn *t, const char *sql, const char *types, ...);

/* The first row in *ret, valid until the next txn_query, txn_next or txn_exec of this job; 1 when there is one, 0 when
 * there is none. */
int txn_query(Txn *t, Row **ret, const char *sql, const char *types, ...);

/* The next row of the last txn_query: 1, or 0 at the end. To write while reading, collect first. */
int txn_next(Txn *t, Row **ret);

int64_t row_int(Row *r, unsigned column);
const char *row_text(Row *r, unsigned column); /* NULL for null; borrowed from the row */
View row_blob(Row *r, unsigned column);        /* borrowed from the row */

/* --- Keys --------------------------------------------------------------------------------------------------------- */

/* Purpose keys are HKDF(store key, info = "sygnet v1 seal " purpose); names are constants of the code. Errors of unsealing are those of
 * aead_open(): -ENOKEY when another key sealed it, -EBADMSG when it was altered or is of another place.
 * These work in a job and outside, from any thread. `place` names table, record and column: it is the associated data. */
int store_seal(Store *s, const char *purpose, const char *place, View plain, Bytes *ret);
int store_unseal(Store *s, const char *purpose, const char *place, View blob, Secret **ret);

/* The same under store key and a second secret of 16 bytes or more (Argon2id's output of a PIN or password): HKDF with it as salt. A wrong
 * one is told by -ENOKEY. */
int store_seal_with(Store *s, const char *purpose, const char *place, View second, View plain, Bytes *ret);
int store_unseal_with(Store *s, const char *purpose, const char *place, View second, View blob, Secret **ret);

/* A row's MAC: HMAC-SHA-256 under a purpose key over the table's name and the fields, each with its length, in the order
 * given; `types` as for txn_exec. Rows that give power carry it and are believed only if it fits. */
int store_mac(Store *s, uint8_t ret[static 32], const char *table, const char *types, ...);
/* 0, or -EBADMSG. Constant-time. */
int store_mac_check(Store *s, View mac, const char *table, const char *types, ...);

Store *txn_store(Txn *t);
