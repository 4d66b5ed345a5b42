/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The SQLite connection and the database's own row; see database.h. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "store/database.h"
#include "store/directory.h"
#include "store/store.h"

static bool is_no_room(int error) {
        return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* SQLite itself tells a full disk but not a quota or a limit on file sizes. sqlite3_system_errno() is what errno was when SQLite was done with
 * the failure, often another; what failed first stands in the file, the database or its WAL. */
static bool no_room(sqlite3 *db) {
        sqlite3_file *journal = NULL;
        int error = 0;

        if (is_no_room(sqlite3_system_errno(db)))
                return true;
        if (sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &error) == SQLITE_OK && is_no_room(error))
                return true;
        if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal) != SQLITE_OK || !journal || !journal->pMethods)
                return false;
        return journal->pMethods->xFileControl(journal, SQLITE_FCNTL_LAST_ERRNO, &error) == SQLITE_OK && is_no_room(error);
}

int database_error(sqlite3 *db, int rc) {
        switch (rc & 0xff) {
        case SQLITE_OK:
        case SQLITE_ROW:
        case SQLITE_DONE:
                return 0;
        case SQLITE_CONSTRAINT:
                return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID ? -EEXIST
                                                                                                                             : -EINVAL;
        case SQLITE_FULL:
                return -ENOSPC;
        case SQLITE_IOERR:
                if ((rc & 0xff00) == (SQLITE_IOERR_NOMEM & 0xff00))
                        return -ENOMEM;
                return no_room(db) ? -ENOSPC : -EIO;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
                return -EBADMSG;
        case SQLITE_NOMEM:
                return -ENOMEM;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                return -EBUSY;
        case SQLITE_READONLY:
                return -EROFS;
        case SQLITE_ERROR:
        case SQLITE_MISUSE:
        case SQLITE_RANGE:
        case SQLITE_TOOBIG:
        case SQLITE_MISMATCH:
                return -EINVAL;
        default:
                return -EIO;
        }
}

static int exec(sqlite3 *db, const char *sql) {
        return database_error(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int database_int(sqlite3 *db, const char *sql, int64_t *ret) {
        _cleanup_(sqlite3_finalizep) sqlite3_stmt *stmt = NULL;
        int rc;

        rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
        if (rc == SQLITE_OK)
                rc = sqlite3_step(stmt);
        if (rc == SQLITE_DONE)
                return -EBADMSG;
        if (rc != SQLITE_ROW)
                return database_error(db, rc);
        *ret = sqlite3_column_int64(stmt, 0);
        return 0;
}

/* EXCLUSIVE before the first access, so that the WAL's index lives in memory and no -shm file is made. An automatic checkpoint that fails
 * (on a full disk) would make the statement fail that was committed before it: jobs.c makes checkpoints, and closing does. */
static const char pragmas[] = "PRAGMA locking_mode=EXCLUSIVE;"
                              "PRAGMA mmap_size=0;"
                              "PRAGMA temp_store=MEMORY;"
                              "PRAGMA cell_size_check=ON;"
                              "PRAGMA secure_delete=ON;"
                              "PRAGMA journal_mode=WAL;"
                              "PRAGMA synchronous=FULL;"
                              "PRAGMA wal_autocheckpoint=0;"
                              "PRAGMA foreign_keys=ON;";

static int configure(sqlite3 *db) {
        static const struct {
                int option, value;
        } options[] = {
                { SQLITE_DBCONFIG_DEFENSIVE, 1 },
                { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
                { SQLITE_DBCONFIG_DQS_DDL, 0 },
                { SQLITE_DBCONFIG_DQS_DML, 0 },
        };
        int64_t synchronous = 0;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (sqlite3_db_config(db, options[i].option, options[i].value, NULL) != SQLITE_OK)
                        return -EIO;
        r = exec(db, pragmas);
        if (r < 0)
                return r;
        /* A pragma that is not obeyed says nothing. */
        r = database_int(db, "PRAGMA synchronous", &synchronous);
        if (r < 0)
                return r;
        return synchronous == 2 ? 0 : -EIO;
}

/* For the whole process, before SQLite is first used; later calls change nothing. What a savepoint keeps of pages stays in memory, since
 * temp_store does not speak for it: it would go to a file beyond 64 KiB, and be allocated in pieces of that size up to there. Nobody asks
 * how much memory SQLite has, and counting takes a lock at each allocation. */
static void configure_library(void) {
        (void) sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
        (void) sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int database_open(const char *path, sqlite3 **ret) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        _cleanup_(sqlite3_closep) sqlite3 *db = NULL;
        int r, rc;

        (void) pthread_once(&once, configure_library);
        rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
        if (!db)
                return -ENOMEM;
        if (rc != SQLITE_OK)
                return database_error(db, rc);
        r = configure(db);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(db);
        return 0;
}

int database_format(sqlite3 *db, uint32_t application_id) {
        char sql[64];
        int r;

        snprintf(sql, sizeof(sql), "PRAGMA application_id=%d", (int32_t) application_id);
        r = exec(db, sql);
        if (r < 0)
                return r;
        return exec(db, "CREATE TABLE store_identity ("
                                 "  id INTEGER PRIMARY KEY CHECK (id = 1),"
                                 "  store BLOB NOT NULL,"
                                 "  generation INTEGER NOT NULL,"
                                 "  rolled_back INTEGER NOT NULL,"
                                 "  mac BLOB NOT NULL"
                                 ") STRICT");
}

static int read_blob(sqlite3_stmt *stmt, int column, uint8_t *ret, size_t len) {
        const void *p = sqlite3_column_blob(stmt, column);

        if (!p || (size_t) sqlite3_column_bytes(stmt, column) != len)
                return -EBADMSG;
        memcpy(ret, p, len);
        return 0;
}

int database_identity_read(sqlite3 *db, DatabaseIdentity *ret) {
        _cleanup_(sqlite3_finalizep) sqlite3_stmt *stmt = NULL;
        DatabaseIdentity identity;
        int rc;

        rc = sqlite3_prepare_v2(db, "SELECT store, generation, rolled_back, mac FROM store_identity", -1, &stmt, NULL);
        if (rc == SQLITE_ERROR)
                return -EBADMSG;
        if (rc == SQLITE_OK)
                rc = sqlite3_step(stmt);
        if (rc == SQLITE_DONE)
                return -EBADMSG;
        if (rc != SQLITE_ROW)
                return database_error(db, rc);
        if (read_blob(stmt, 0, identity.store_id, sizeof(identity.store_id)) < 0 || read_blob(stmt, 3, identity.mac, sizeof(identity.mac)) < 0)
                return -EBADMSG;
        identity.generation = (uint64_t) sqlite3_column_int64(stmt, 1);
        identity.rolled_back = sqlite3_column_int64(stmt, 2) != 0;
        *ret = identity;
        return 0;
}

int database_identity_write(sqlite3 *db, const DatabaseIdentity *identity) {
        _cleanup_(sqlite3_finalizep) sqlite3_stmt *stmt = NULL;
        int rc;

        rc = sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO store_identity VALUES (1, ?1, ?2, ?3, ?4)", -1, &stmt, NULL);
        if (rc != SQLITE_OK)
                return database_error(db, rc);
        sqlite3_bind_blob(stmt, 1, identity->store_id, sizeof(identity->store_id), SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 2, (int64_t) identity->generation);
        sqlite3_bind_int(stmt, 3, identity->rolled_back);
        sqlite3_bind_blob(stmt, 4, identity->mac, sizeof(identity->mac), SQLITE_STATIC);
        return database_error(db, sqlite3_step(stmt));
}

int database_check(sqlite3 *db, const Slots *slots, DatabaseIdentity *ret) {
        DatabaseIdentity identity;
        int64_t application_id = 0;
        int r;

        r = database_int(db, "PRAGMA application_id", &application_id);
        if (r < 0)
                return r;
        r = database_identity_read(db, &identity);
        if (r < 0)
                return r;
        if ((uint32_t) application_id != slots->application_id || memcmp(identity.store_id, slots->store_id, STORE_ID_SIZE) != 0)
                return -EBADMSG;
        *ret = identity;
        return 0;
}

int database_check_pages(sqlite3 *db) {
        _cleanup_(sqlite3_finalizep) sqlite3_stmt *stmt = NULL;
        int rc;

        rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
        if (rc == SQLITE_OK)
                rc = sqlite3_step(stmt);
        if (rc != SQLITE_ROW)
                return rc == SQLITE_DONE ? -EBADMSG : database_error(db, rc);
        return strcmp((const char *) sqlite3_column_text(stmt, 0), "ok") == 0 ? 0 : -EBADMSG;
}

static int vacuum_into(sqlite3 *db, const char *path) {
        _cleanup_(sqlite3_finalizep) sqlite3_stmt *stmt = NULL;
        _cleanup_close_ int fd = -1;
        int rc;

        rc = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &stmt, NULL);
        if (rc == SQLITE_OK) {
                sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
                rc = sqlite3_step(stmt);
        }
        if (rc != SQLITE_DONE)
                return database_error(db, rc);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        return fsync(fd) < 0 ? -errno : 0;
}

int database_copy(sqlite3 *db, const char *directory, int directory_fd, const char *name) {
        static const char temporary[] = ".sygnet-copy";
        _cleanup_free_ char *path = directory_path(directory, temporary);
        int r;

        if (!path)
                return -ENOMEM;
        if (unlinkat(directory_fd, temporary, 0) < 0 && errno != ENOENT)
                return -errno;
        r = directory_touch(directory_fd, temporary);
        if (r < 0)
                return r;
        r = vacuum_into(db, path);
        if (r == 0 && renameat(directory_fd, temporary, directory_fd, name) < 0)
                r = -errno;
        if (r < 0) {
                unlinkat(directory_fd, temporary, 0);
                return r;
        }
        return fsync(directory_fd) < 0 && errno != EINVAL ? -errno : 0;
}

/* Foreign keys are not enforced while tables are rebuilt (see database_migrate()); what is left dangling is found before the commit. */
static int migrate_step(sqlite3 *db, const char *sql, unsigned to) {
        _cleanup_(sqlite3_finalizep) sqlite3_stmt *stmt = NULL;
        char version[48];
        int r, rc;

        r = exec(db, sql);
        if (r < 0)
                return r;
        rc = sqlite3_prepare_v2(db, "PRAGMA foreign_key_check", -1, &stmt, NULL);
        if (rc == SQLITE_OK)
                rc = sqlite3_step(stmt);
        if (rc != SQLITE_DONE)
                return rc == SQLITE_ROW ? -EBADMSG : database_error(db, rc);
        snprintf(version, sizeof(version), "PRAGMA user_version=%u", to);
        return exec(db, version);
}

static int migrate_all(sqlite3 *db, const StoreSchema *schema, unsigned from) {
        int r;

        for (unsigned i = from; i < schema->version; i++) {
                r = exec(db, "BEGIN IMMEDIATE");
                if (r < 0)
                        return r;
                r = migrate_step(db, schema->migrations[i], i + 1);
                if (r == 0)
                        r = exec(db, "COMMIT");
                if (r < 0) {
                        (void) exec(db, "ROLLBACK");
                        return r;
                }
        }
        return 0;
}

int database_migrate(sqlite3 *db, const StoreSchema *schema, const char *directory, int directory_fd) {
        char copy[32];
        int64_t version = 0;
        int r, restored;

        r = database_int(db, "PRAGMA user_version", &version);
        if (r < 0)
                return r;
        if (version < 0 || version > schema->version)
                return -EPROTONOSUPPORT;
        if (version == schema->version)
                return 0;
        if (version > 0) {
                snprintf(copy, sizeof(copy), STORE_DATABASE ".v%u", (unsigned) version);
                r = database_copy(db, directory, directory_fd, copy);
                if (r < 0)
                        return r;
        }
        r = exec(db, "PRAGMA foreign_keys=OFF");
        if (r < 0)
                return r;
        r = migrate_all(db, schema, (unsigned) version);
        restored = exec(db, "PRAGMA foreign_keys=ON");
        return r < 0 ? r : restored;
}
