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

/* Migration i (from 0) takes a database from version i to i + 1; each is SQL run in one transaction with the version's
 * increase. `application_id` tells a store of sygnetd from one of sygnet-cad. */
typedef struct StoreSchema {
        uint32_t application_id;
        const char *const *migrations;
        unsigned version;
} StoreSchema;

/* --- Opening ------------------------------------------------------------------------------------------------------ */

/* Files in `directory` (0700, files 0600): `store.db` with its WAL, `slots` (see slots.h), `generation`.
 * Makes a new store with a fresh store key, one host slot under `host_key` and one recovery slot whose key is returned, to
 * be shown once. -EEXIST when there is any sign of a store already. */
int store_create(const char *directory, const StoreSchema *schema, View host_key, Secret **ret_recovery_key);

/* -ENOENT no store; -ENOKEY no slot opens with this key; -EBADMSG slots or database are damaged; -EPROTONOSUPPORT it was
 * written by a newer version; -EBUSY another process has it open. Migrates what is older, with a copy kept beside. */
int store_open(const char *directory, const StoreSchema *schema, View host_key, Store **ret);

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

/* -ENOBUFS when too many jobs wait. On error nothing is called and `userdata` stays the caller's. */
int store_submit(Store *s, StoreRun run, StoreDone done, void *userdata);

/* Runs one job and waits for its commit; for start-up, tools and tests, never on a loop. */
int store_run(Store *s, StoreRun run, void *userdata);

/* Becomes readable when `done`s are due; then call store_dispatch(). */
int store_fd(Store *s);
void store_dispatch(Store *s);

/* --- Within a job ------------------------------------------------------------------------------------------------- */

/* SQL with ?1, ?2 …, bound by `types`, one letter each: s const char * (NULL is null), i int64_t, b View (NULL data is
 * null). Statements are prepared once and kept. Returns the number of rows changed, or -EEXIST for a violated UNIQUE or
 * PRIMARY KEY, -EIO, -ENOSPC when the disk is full. */
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

/* Purpose keys are HKDF(store key, info = "sygnet v1 " purpose); names are constants of the code.
 * These work in a job and outside, from any thread. `place` names table, record and column: it is the associated data. */
int store_seal(Store *s, const char *purpose, const char *place, View plain, Bytes *ret);
int store_unseal(Store *s, const char *purpose, const char *place, View blob, Secret **ret);

/* The same under store key and a second secret (Argon2id's output of a PIN or password): HKDF with it as salt. */
int store_seal_with(Store *s, const char *purpose, const char *place, View second, View plain, Bytes *ret);
int store_unseal_with(Store *s, const char *purpose, const char *place, View second, View blob, Secret **ret);

/* A row's MAC: HMAC-SHA-256 under a purpose key over the table's name and the fields, each with its length, in the order
 * given; `types` as for txn_exec. Rows that give power carry it and are believed only if it fits. */
int store_mac(Store *s, uint8_t ret[static 32], const char *table, const char *types, ...);
/* 0, or -EBADMSG. Constant-time. */
int store_mac_check(Store *s, View mac, const char *table, const char *types, ...);

Store *txn_store(Txn *t);
