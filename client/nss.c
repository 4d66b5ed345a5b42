/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* NSS databases; see nss.h. */

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "client/nss.h"
#include "client/program.h"
#include "crypto/digest.h"

#define CERTUTIL "certutil"
#define SECONDS 60U
#define BUSY_MS 10000

/* Columns are named by the attribute's number: CKA_CLASS, CKA_VALUE, CKA_ISSUER and CKA_SERIAL_NUMBER; then those for trust, NSS's own, and since 2025 also
 * those of PKCS #11 3.2, which Firefox writes. Numbers are stored in four bytes, the highest first. */
#define IS_CERTIFICATE "a0 = x'00000001'"
#define IS_TRUST "a0 IN (x'ce534353', x'0000000b')"

/* CK_TRUST of nssckt.h, and of PKCS #11 3.2 §4.17. */
enum {
        TRUSTED = 0xce534351,
        TRUSTED_DELEGATOR = 0xce534352,
        NOT_TRUSTED = 0xce53435a,
        VALID_DELEGATOR = 0xce53435b,
        P11_TRUSTED = 1,
        P11_TRUST_ANCHOR = 2,
        P11_NOT_TRUSTED = 3,
};

static inline void sqlite_closep(sqlite3 **db) {
        sqlite3_close(*db);
}
#define _cleanup_sqlite_ _cleanup_(sqlite_closep)

static inline void statement_finalizep(sqlite3_stmt **s) {
        sqlite3_finalize(*s);
}
#define _cleanup_statement_ _cleanup_(statement_finalizep)

/* --- Reading -------------------------------------------------------------------------------------------------------- */

static int sqlite_error(int r) {
        switch (r & 0xff) {
        case SQLITE_OK:
        case SQLITE_ROW:
        case SQLITE_DONE:
                return 0;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                return -EBUSY;
        case SQLITE_NOMEM:
                return -ENOMEM;
        case SQLITE_CANTOPEN:
                return -ENOENT;
        case SQLITE_READONLY:
        case SQLITE_PERM:
                return -EROFS;
        default:
                return -EBADMSG;
        }
}

/* For writing where that may be: a program that was killed may have left a journal that the next one has to roll back. */
static int open_database(const char *folder, sqlite3 **ret) {
        _cleanup_sqlite_ sqlite3 *db = NULL;
        char path[PATH_MAX];
        int r;

        if ((size_t) snprintf(path, sizeof(path), "%s/cert9.db", folder) >= sizeof(path))
                return -ENAMETOOLONG;
        if (access(path, F_OK) < 0)
                return -errno;
        r = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
        if (r == SQLITE_OK)
                r = sqlite3_busy_timeout(db, BUSY_MS);
        if (r != SQLITE_OK)
                return sqlite_error(r);
        *ret = TAKE_PTR(db);
        return 0;
}

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret) {
        return sqlite_error(sqlite3_prepare_v2(db, sql, -1, ret, NULL));
}

static uint32_t number(sqlite3_stmt *s, int column) {
        const uint8_t *p = sqlite3_column_blob(s, column);

        return p && sqlite3_column_bytes(s, column) == 4 ? (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3] : 0;
}

/* As certutil shows it. */
static const char *letter(uint32_t trust) {
        switch (trust) {
        case TRUSTED:
        case P11_TRUSTED:
                return "P";
        case TRUSTED_DELEGATOR:
        case P11_TRUST_ANCHOR:
                return "C";
        case NOT_TRUSTED:
        case P11_NOT_TRUSTED:
                return "p";
        case VALID_DELEGATOR:
                return "c";
        default:
                return "";
        }
}

/* Steps to the certificate: 1, or 0 when it is not there. */
static int find(sqlite3_stmt *s, const uint8_t *fingerprint) {
        int r;

        while ((r = sqlite3_step(s)) == SQLITE_ROW) {
                View v = VIEW(sqlite3_column_blob(s, 0), (size_t) sqlite3_column_bytes(s, 0));
                uint8_t digest[NSS_FINGERPRINT];

                if (sha256(v, digest) < 0)
                        return -EIO;
                if (memcmp(digest, fingerprint, sizeof(digest)) == 0)
                        return 1;
        }
        return sqlite_error(r);
}

#define SELECT_CERTIFICATES "SELECT a11, a81, a82, id, a3 FROM nssPublic WHERE " IS_CERTIFICATE " AND a11 IS NOT NULL"
#define SELECT_TRUST "SELECT ace536358, ace536359, ace53635b, ace53635a FROM nssPublic WHERE a0 = x'ce534353' AND a81 = ? AND a82 = ?"
#define SELECT_P11_TRUST "SELECT a62c, a62d, a62f, a62e FROM nssPublic WHERE a0 = x'0000000b' AND a81 = ? AND a82 = ?"

static bool is_anchor(uint32_t trust) {
        return trust == TRUSTED_DELEGATOR || trust == P11_TRUST_ANCHOR;
}

/* The trust that belongs to the certificate where `s` stands: TLS servers, TLS clients, e-mail, code. 1, or 0 when there is none of this kind. */
static int read_trust(sqlite3 *db, const char *select, sqlite3_stmt *s, char *ret) {
        _cleanup_statement_ sqlite3_stmt *t = NULL;
        int r;

        r = prepare(db, select, &t);
        if (r < 0)
                return r;
        if (sqlite3_bind_value(t, 1, sqlite3_column_value(s, 1)) != SQLITE_OK || sqlite3_bind_value(t, 2, sqlite3_column_value(s, 2)) != SQLITE_OK)
                return -ENOMEM;
        r = sqlite3_step(t);
        if (r != SQLITE_ROW)
                return sqlite_error(r);
        snprintf(ret, NSS_TRUST_MAX, "%s%s,%s,%s", letter(number(t, 0)), is_anchor(number(t, 1)) ? "T" : "", letter(number(t, 2)), letter(number(t, 3)));
        return 1;
}

/* Databases of before 2025 have no columns for the second kind. */
static int read_both(sqlite3 *db, sqlite3_stmt *s, NssEntry *e) {
        int r = read_trust(db, SELECT_TRUST, s, e->trust);

        if (r < 0 || read_trust(db, SELECT_P11_TRUST, s, e->newer) <= 0)
                return r < 0 ? r : 0;
        if (r == 0)
                memcpy(e->trust, e->newer, sizeof(e->trust));
        return 0;
}

int nss_read(const char *folder, const uint8_t fingerprint[static NSS_FINGERPRINT], NssEntry *ret) {
        _cleanup_sqlite_ sqlite3 *db = NULL;
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        NssEntry e = { .trust = ",," };
        int r;

        r = open_database(folder, &db);
        if (r >= 0)
                r = prepare(db, SELECT_CERTIFICATES, &s);
        if (r >= 0)
                r = find(s, fingerprint);
        if (r > 0) {
                e.present = true;
                r = read_both(db, s, &e);
        }
        if (r < 0)
                return r;
        *ret = e;
        return 0;
}

/* How many certificates it holds. */
static int count_certificates(const char *folder, size_t *ret) {
        _cleanup_sqlite_ sqlite3 *db = NULL;
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        int r;

        r = open_database(folder, &db);
        if (r >= 0)
                r = prepare(db, "SELECT count(*) FROM nssPublic WHERE " IS_CERTIFICATE, &s);
        if (r < 0)
                return r;
        if (sqlite3_step(s) != SQLITE_ROW)
                return -EBADMSG;
        *ret = (size_t) sqlite3_column_int64(s, 0);
        return 0;
}

/* --- Changing ------------------------------------------------------------------------------------------------------- */

static char *directory_argument(const char *folder) {
        char *s;

        return asprintf(&s, "sql:%s", folder) < 0 ? NULL : s;
}

/* The nickname of what we put in: certutil takes a colon for the end of a token's name, and no other certificate has this one. */
static void nickname_of(const uint8_t *fingerprint, char *buffer, size_t size) {
        _cleanup_free_ char *hex = hex_encode(VIEW(fingerprint, 8));

        snprintf(buffer, size, "Sygnet %s", hex ?: "");
}

int nss_needs_password(const char *folder) {
        _cleanup_free_ char *directory = directory_argument(folder);
        const char *argv[] = { CERTUTIL, "-K", "-d", directory, "-f", "/dev/null", NULL };
        _cleanup_bytes_ Bytes output = BYTES_NULL;
        int r;

        if (!directory)
                return -ENOMEM;
        r = program_run(&(Program) { .argv = argv, .seconds = SECONDS }, &output);
        return r < 0 ? r : view_find(bytes_view(&output), "SEC_ERROR_BAD_PASSWORD") != NULL;
}

/* The last line that a program said, which is the one that tells; NULL when there is none. */
static char *last_line(const Bytes *output) {
        size_t end = output->len, start;

        while (end > 0 && (output->data[end - 1] == '\n' || output->data[end - 1] == ' '))
                end--;
        for (start = end; start > 0 && output->data[start - 1] != '\n'; start--)
                ;
        return end > start ? strndup((const char *) output->data + start, end - start) : NULL;
}

/* Runs certutil -A. The certificate goes in before its trust: what a wrong password leaves has to be taken out again. */
static int add(const char *folder, View certificate, const char *nickname, const char *trust, const Secret *password, Bytes *output) {
        _cleanup_free_ char *directory = directory_argument(folder);
        const char *argv[] = { CERTUTIL, "-A", "-d", directory, "-n", nickname, "-t", trust, "-f", password ? PROGRAM_SECRET_PATH : "/dev/null", NULL };

        if (!directory)
                return -ENOMEM;
        return program_run(&(Program) { .argv = argv, .input = certificate, .secret = password, .seconds = SECONDS }, output);
}

int nss_put(const char *folder, View certificate, const char *trust, const Secret *password, char **ret_problem) {
        _cleanup_bytes_ Bytes output = BYTES_NULL;
        uint8_t fingerprint[NSS_FINGERPRINT];
        NssEntry before, after;
        char nickname[32];
        int r;

        r = sha256(certificate, fingerprint);
        if (r >= 0)
                r = nss_read(folder, fingerprint, &before);
        if (r < 0)
                return r;
        nickname_of(fingerprint, nickname, sizeof(nickname));
        r = add(folder, certificate, nickname, trust, password, &output);
        if (r < 0)
                return r;
        if (nss_read(folder, fingerprint, &after) >= 0 && after.present && (strcmp(after.trust, trust) == 0 || strcmp(after.newer, trust) == 0))
                return 0;
        if (!before.present)
                (void) nss_take_out(folder, fingerprint);
        *ret_problem = last_line(&output);
        return view_find(bytes_view(&output), "SEC_ERROR_BAD_PASSWORD") ? -EACCES : -EIO;
}

static int delete_rows(sqlite3 *db, sqlite3_stmt *found) {
        _cleanup_statement_ sqlite3_stmt *trust = NULL, *certificate = NULL;
        int r;

        r = prepare(db, "DELETE FROM nssPublic WHERE " IS_TRUST " AND a81 = ? AND a82 = ?", &trust);
        if (r >= 0)
                r = prepare(db, "DELETE FROM nssPublic WHERE id = ?", &certificate);
        if (r < 0)
                return r;
        if (sqlite3_bind_value(trust, 1, sqlite3_column_value(found, 1)) != SQLITE_OK || sqlite3_bind_value(trust, 2, sqlite3_column_value(found, 2)) != SQLITE_OK ||
            sqlite3_bind_int64(certificate, 1, sqlite3_column_int64(found, 3)) != SQLITE_OK)
                return -ENOMEM;
        r = sqlite3_step(trust);
        if (r == SQLITE_DONE)
                r = sqlite3_step(certificate);
        return sqlite_error(r);
}

int nss_take_out(const char *folder, const uint8_t fingerprint[static NSS_FINGERPRINT]) {
        _cleanup_sqlite_ sqlite3 *db = NULL;
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        int r;

        r = open_database(folder, &db);
        if (r < 0)
                return r;
        r = sqlite_error(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
        if (r >= 0)
                r = prepare(db, SELECT_CERTIFICATES, &s);
        if (r >= 0)
                r = find(s, fingerprint);
        if (r > 0)
                r = delete_rows(db, s);
        if (r < 0)
                return r; /* closing rolls back */
        (void) sqlite3_reset(s);
        return sqlite_error(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
}

/* --- Making --------------------------------------------------------------------------------------------------------- */

/* The folder and the one that it is in: ~/.pki/nssdb. */
static int make_folders(const char *folder) {
        _cleanup_free_ char *copy = strdup(folder);

        if (!copy)
                return -ENOMEM;
        if (mkdir(dirname(copy), 0700) < 0 && errno != EEXIST)
                return -errno;
        return mkdir(folder, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int nss_create(const char *folder) {
        _cleanup_free_ char *directory = directory_argument(folder);
        const char *argv[] = { CERTUTIL, "-N", "-d", directory, "--empty-password", NULL };
        size_t n;
        int r;

        if (!directory)
                return -ENOMEM;
        r = make_folders(folder);
        if (r < 0)
                return r;
        r = program_run(&(Program) { .argv = argv, .seconds = SECONDS }, NULL);
        if (r < 0)
                return r;
        return count_certificates(folder, &n) < 0 ? -EIO : 0;
}

int nss_discard(const char *folder) {
        static const char *const files[] = { "cert9.db", "key4.db", "pkcs11.txt" };
        _cleanup_free_ char *copy = strdup(folder);
        size_t n;
        int r;

        if (!copy)
                return -ENOMEM;
        r = count_certificates(folder, &n);
        if (r == -ENOENT)
                return 0;
        if (r < 0 || n > 0)
                return r < 0 ? r : -ENOTEMPTY;
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                char path[PATH_MAX];

                if ((size_t) snprintf(path, sizeof(path), "%s/%s", folder, files[i]) < sizeof(path))
                        (void) unlink(path);
        }
        if (rmdir(folder) == 0)
                (void) rmdir(dirname(copy));
        return 0;
}

/* Whether the certificate has the name that we give, by which certutil finds no other. */
static int has_our_name(const char *folder, const uint8_t *fingerprint, const char *nickname) {
        _cleanup_sqlite_ sqlite3 *db = NULL;
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        int r;

        r = open_database(folder, &db);
        if (r >= 0)
                r = prepare(db, SELECT_CERTIFICATES, &s);
        if (r >= 0)
                r = find(s, fingerprint);
        if (r <= 0)
                return r;
        return view_equal(VIEW(sqlite3_column_blob(s, 4), (size_t) sqlite3_column_bytes(s, 4)), view_string(nickname));
}

int nss_verifies(const char *folder, const uint8_t fingerprint[static NSS_FINGERPRINT]) {
        _cleanup_free_ char *directory = directory_argument(folder);
        char nickname[32];
        const char *argv[] = { CERTUTIL, "-V", "-d", directory, "-n", nickname, "-u", "L", NULL };
        int r;

        nickname_of(fingerprint, nickname, sizeof(nickname));
        r = directory ? has_our_name(folder, fingerprint, nickname) : -ENOMEM;
        if (r <= 0)
                return r < 0 ? r : -ENOTSUP;
        r = program_run(&(Program) { .argv = argv, .seconds = SECONDS }, NULL);
        return r < 0 ? r : r == 0;
}
