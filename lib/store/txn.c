/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Statements within a job: prepared once, bound by letters; see store.h. */

#include <errno.h>
#include <string.h>

#include "store/store-private.h"

void statements_done(Store *s) {
        for (size_t i = 0; i < STATEMENTS_MAX; i++) {
                sqlite3_finalize(s->statements[i].stmt);
                free(s->statements[i].sql);
                s->statements[i] = (Statement) { 0 };
        }
}

/* FNV-1a: the texts are the program's own, so nobody can choose colliding ones. */
static size_t slot_of(const char *sql) {
        uint32_t h = 2166136261U;

        for (; *sql; sql++)
                h = (h ^ (uint8_t) *sql) * 16777619U;
        return h % STATEMENTS_MAX;
}

static int prepare(Store *s, const char *sql, sqlite3_stmt **ret) {
        _cleanup_(sqlite3_finalizep) sqlite3_stmt *stmt = NULL;
        const char *tail;
        int rc;

        rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, &tail);
        if (rc != SQLITE_OK)
                return database_error(s->db, rc);
        /* A second statement would be ignored silently. */
        if (!stmt || tail[strspn(tail, " \t\n;")])
                return -EINVAL;
        *ret = TAKE_PTR(stmt);
        return 0;
}

/* The statement, reset and unbound. One place a hash: of two texts that collide, each throws the other out, which costs time only. A query
 * under way is never thrown out: its row is ended before the next statement is looked up. */
static int statement_find(Store *s, const char *sql, sqlite3_stmt **ret) {
        Statement *e = &s->statements[slot_of(sql)];
        _cleanup_free_ char *copy = NULL;
        sqlite3_stmt *stmt = NULL;
        int r;

        if (e->sql && strcmp(e->sql, sql) == 0) {
                *ret = e->stmt;
                return 0;
        }
        copy = strdup(sql);
        if (!copy)
                return -ENOMEM;
        r = prepare(s, sql, &stmt);
        if (r < 0)
                return r;
        sqlite3_finalize(e->stmt);
        free(e->sql);
        *e = (Statement) { .sql = TAKE_PTR(copy), .stmt = stmt };
        *ret = stmt;
        return 0;
}

/* What is bound belongs to the caller and is wiped by it: unbinding leaves no stale pointer behind. */
static void statement_end(sqlite3_stmt *stmt) {
        sqlite3_reset(stmt);
        sqlite3_clear_bindings(stmt);
}

int statement_run(Store *s, const char *sql) {
        sqlite3_stmt *stmt;
        int r;

        r = statement_find(s, sql, &stmt);
        if (r < 0)
                return r;
        r = database_error(s->db, sqlite3_step(stmt));
        statement_end(stmt);
        return r;
}

static int bind_view(sqlite3_stmt *stmt, int i, View v) {
        return v.data ? sqlite3_bind_blob64(stmt, i, v.data, v.len, SQLITE_STATIC) : sqlite3_bind_null(stmt, i);
}

static int bind_text(sqlite3_stmt *stmt, int i, const char *s) {
        return s ? sqlite3_bind_text(stmt, i, s, -1, SQLITE_STATIC) : sqlite3_bind_null(stmt, i);
}

static int bind(Store *s, sqlite3_stmt *stmt, const char *types, va_list ap) {
        if ((size_t) sqlite3_bind_parameter_count(stmt) != strlen(types))
                return -EINVAL;
        for (int i = 1; types[i - 1]; i++) {
                int rc = SQLITE_MISUSE;

                if (types[i - 1] == 's')
                        rc = bind_text(stmt, i, va_arg(ap, const char *));
                else if (types[i - 1] == 'i')
                        rc = sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
                else if (types[i - 1] == 'b')
                        rc = bind_view(stmt, i, va_arg(ap, View));
                if (rc != SQLITE_OK)
                        return database_error(s->db, rc);
        }
        return 0;
}

void txn_end_query(Txn *t) {
        if (t->row.stmt)
                statement_end(t->row.stmt);
        t->row.stmt = NULL;
}

/* A violated constraint undoes its statement only and is an answer the job may act on; anything else leaves the job in doubt, and sticks. */
static int note_error(Txn *t, int r) {
        if (r < 0 && r != -EEXIST && t->error == 0)
                t->error = r;
        return r;
}

static int start(Txn *t, const char *sql, const char *types, va_list ap, sqlite3_stmt **ret) {
        sqlite3_stmt *stmt;
        int r;

        txn_end_query(t);
        if (t->error < 0)
                return t->error;
        r = statement_find(t->store, sql, &stmt);
        if (r < 0)
                return note_error(t, r);
        r = bind(t->store, stmt, types, ap);
        if (r < 0) {
                statement_end(stmt);
                return note_error(t, r);
        }
        *ret = stmt;
        return 0;
}

int txn_exec(Txn *t, const char *sql, const char *types, ...) {
        sqlite3_stmt *stmt;
        int64_t before;
        va_list ap;
        int r, rc;

        va_start(ap, types);
        r = start(t, sql, types, ap, &stmt);
        va_end(ap);
        if (r < 0)
                return r;
        before = sqlite3_total_changes64(t->store->db);
        do
                rc = sqlite3_step(stmt);
        while (rc == SQLITE_ROW);
        r = database_error(t->store->db, rc);
        statement_end(stmt);
        if (r < 0)
                return note_error(t, r);
        /* sqlite3_changes() keeps its value over statements that change nothing. */
        return sqlite3_total_changes64(t->store->db) == before ? 0 : sqlite3_changes(t->store->db);
}

static int step_row(Txn *t, Row **ret) {
        int rc = sqlite3_step(t->row.stmt), r;

        if (rc == SQLITE_ROW) {
                *ret = &t->row;
                return 1;
        }
        r = database_error(t->store->db, rc);
        txn_end_query(t);
        return note_error(t, r);
}

int txn_query(Txn *t, Row **ret, const char *sql, const char *types, ...) {
        sqlite3_stmt *stmt;
        va_list ap;
        int r;

        va_start(ap, types);
        r = start(t, sql, types, ap, &stmt);
        va_end(ap);
        if (r < 0)
                return r;
        t->row.stmt = stmt;
        return step_row(t, ret);
}

int txn_next(Txn *t, Row **ret) {
        return t->row.stmt ? step_row(t, ret) : 0;
}

int64_t row_int(Row *r, unsigned column) {
        return sqlite3_column_int64(r->stmt, (int) column);
}

const char *row_text(Row *r, unsigned column) {
        return (const char *) sqlite3_column_text(r->stmt, (int) column);
}

View row_blob(Row *r, unsigned column) {
        const void *p = sqlite3_column_blob(r->stmt, (int) column);

        return VIEW(p, p ? (size_t) sqlite3_column_bytes(r->stmt, (int) column) : 0);
}

Store *txn_store(Txn *t) {
        return t->store;
}
