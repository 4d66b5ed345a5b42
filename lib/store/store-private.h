/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of lib/store share of a Store. No other folder includes this; the store's own tests do. */

#include <pthread.h>

#include "store/database.h"
#include "store/keys.h"
#include "store/store.h"

#define STATEMENTS_MAX 256U

typedef struct Job Job;

typedef struct JobList {
        Job *first, *last;
} JobList;

/* Prepared statements by their text; the store thread's alone. */
typedef struct Statement {
        char *sql;
        sqlite3_stmt *stmt;
} Statement;

struct Store {
        char *directory;
        int directory_fd; /* holds the lock */
        sqlite3 *db;
        StoreKeys keys;
        uint64_t generation;

        Statement statements[STATEMENTS_MAX];
        unsigned wal_pages; /* since the last checkpoint */
        bool wal_used;      /* since it was last truncated */

        pthread_t thread;
        bool running;
        int event_fd;

        pthread_mutex_t lock; /* of what follows */
        pthread_cond_t wake, finished;
        JobList queue, done;
        unsigned waiting;
        bool urgent; /* something in the queue does not wait for others */
        bool closing, rolled_back;
        uint64_t commits; /* that wrote something: what cost an fsync */
        int failed;       /* negative errno after an fsync failed: what is on disk is unknown, nothing more is accepted */
};

struct Row {
        sqlite3_stmt *stmt; /* NULL: no query under way */
};

struct Txn {
        Store *store;
        Row row;
        int error; /* of a statement, other than a constraint: the job cannot succeed any more */
        bool accepts_rollback;
};

/* txn.c */
void txn_end_query(Txn *t);
int statement_run(Store *s, const char *sql); /* without parameters */
void statements_done(Store *s);

/* jobs.c */
int jobs_start(Store *s);
void jobs_stop(Store *s); /* runs and reports what waits; not called within a job or a `done` */
