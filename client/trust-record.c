/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Records of what setup did; see trust-record.h. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "base/conf.h"
#include "client/certificates.h"
#include "client/home.h"
#include "client/output.h"
#include "client/trust-record.h"
#include "crypto/digest.h"

#define RECORDS_MAX 4096U

/* --- In memory ------------------------------------------------------------------------------------------------------ */

static void record_done(TrustRecord *r) {
        bytes_done(&r->certificate);
        free(r->trust);
        for (size_t i = 0; i < r->n_databases; i++) {
                free(r->databases[i].path);
                free(r->databases[i].before);
        }
        free(r->databases);
        *r = (TrustRecord) { 0 };
}

void trust_records_done(TrustRecords *l) {
        for (size_t i = 0; i < l->n; i++)
                record_done(&l->items[i]);
        free(l->items);
        *l = (TrustRecords) { 0 };
}

TrustRecord *trust_records_find(const TrustRecords *l, const char *fingerprint) {
        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->items[i].fingerprint, fingerprint) == 0)
                        return &l->items[i];
        return NULL;
}

static TrustRecord *append(TrustRecords *l) {
        TrustRecord *grown = l->n < RECORDS_MAX ? reallocarray(l->items, l->n + 1, sizeof(*grown)) : NULL;

        if (!grown)
                return NULL;
        l->items = grown;
        grown[l->n] = (TrustRecord) { 0 };
        return &grown[l->n++];
}

/* Fills in the certificate and what follows from it. */
static int set_certificate(TrustRecord *r, View certificate) {
        _cleanup_free_ char *hex = NULL;

        if (sha256(certificate, r->digest) < 0 || !(hex = hex_encode(VIEW(r->digest, sizeof(r->digest)))))
                return -ENOMEM;
        snprintf(r->fingerprint, sizeof(r->fingerprint), "%s", hex);
        return bytes_append_view(&r->certificate, certificate);
}

TrustRecord *trust_records_add(TrustRecords *l, View certificate, const char *trust) {
        TrustRecord new = { 0 }, *r;

        if (set_certificate(&new, certificate) < 0 || !(new.trust = strdup(trust))) {
                record_done(&new);
                return NULL;
        }
        r = trust_records_find(l, new.fingerprint);
        if (r || !(r = append(l))) {
                record_done(&new);
                return r;
        }
        *r = new;
        return r;
}

RecordedDatabase *trust_record_database(const TrustRecord *r, const char *path) {
        for (size_t i = 0; i < r->n_databases; i++)
                if (strcmp(r->databases[i].path, path) == 0)
                        return &r->databases[i];
        return NULL;
}

int trust_record_note(TrustRecord *r, const char *path, const char *before) {
        RecordedDatabase new = { 0 }, *grown;

        if (trust_record_database(r, path))
                return 0;
        grown = reallocarray(r->databases, r->n_databases + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        r->databases = grown;
        new.path = strdup(path);
        new.before = strdup(before);
        if (!new.path || !new.before) {
                free(new.path);
                free(new.before);
                return -ENOMEM;
        }
        grown[r->n_databases++] = new;
        return 0;
}

/* --- On disk -------------------------------------------------------------------------------------------------------- */

/* The folder of records, or a file in it. */
static int record_path(char *buffer, size_t size, const char *fingerprint, const char *ending) {
        const char *state = getenv("XDG_STATE_HOME"), *home = home_folder();
        int n;

        if (state && *state == '/')
                n = snprintf(buffer, size, "%s/sygnet/trust/%s%s", state, fingerprint, ending);
        else if (home)
                n = snprintf(buffer, size, "%s/.local/state/sygnet/trust/%s%s", home, fingerprint, ending);
        else
                return fail(EXIT_FAILED, "%s", _("You have no home folder: set HOME."));
        return n < 0 || (size_t) n >= size ? fail_errno(-ENAMETOOLONG, "%s", buffer) : 0;
}

/* All folders of a path that ends with a slash. */
static int make_folders(char *path) {
        for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = 0;
                if (mkdir(path, 0700) < 0 && errno != EEXIST)
                        return fail_file(-errno, path);
                *slash = '/';
        }
        return 0;
}

int trust_records_lock(int *ret_fd) {
        _cleanup_close_ int fd = -1;
        char path[PATH_MAX];
        int r;

        r = record_path(path, sizeof(path), "", "");
        if (r == 0)
                r = make_folders(path);
        if (r > 0)
                return r;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return fail_file(-errno, path);
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                if (errno != EWOULDBLOCK)
                        return fail_file(-errno, path);
                (void) fail(EXIT_FAILED, "%s", _("Another “sygnet setup” of yours is at work."));
                hint("%s", _("Wait until it has ended, and try again."));
                return EXIT_FAILED;
        }
        *ret_fd = TAKE_FD(fd);
        return 0;
}

/* Before=WHAT PATH, with what would not survive a line of text as %XX. */
static int append_database(const RecordedDatabase *d, Bytes *text) {
        int r = bytes_printf(text, "Before=%s ", d->before);

        for (const unsigned char *p = (const unsigned char *) d->path; r >= 0 && *p; p++)
                r = *p <= ' ' || *p == '%' || *p == 127 ? bytes_printf(text, "%%%02x", *p) : bytes_append_byte(text, *p);
        return r < 0 ? r : bytes_append_byte(text, '\n');
}

static int parse_before(const char *value, void *target) {
        TrustRecord *record = target;
        const char *blank = strchr(value, ' ');
        _cleanup_bytes_ Bytes path = BYTES_NULL;
        _cleanup_free_ char *before = NULL;
        int r = 0;

        if (!blank || blank[1] != '/')
                return -EINVAL;
        for (const char *p = blank + 1; r >= 0 && *p; p++) {
                _cleanup_bytes_ Bytes byte = BYTES_NULL;
                char digits[3] = "";

                if (*p != '%') {
                        r = bytes_append_byte(&path, (uint8_t) *p);
                        continue;
                }
                memcpy(digits, p + 1, strnlen(p + 1, 2));
                r = strlen(digits) == 2 ? hex_decode(digits, &byte) : -EINVAL;
                if (r >= 0)
                        r = byte.data[0] != 0 ? bytes_append_byte(&path, byte.data[0]) : -EINVAL;
                p += 2;
        }
        before = strndup(value, (size_t) (blank - value));
        if (r < 0 || !before || bytes_append_byte(&path, 0) < 0)
                return r < 0 ? r : -ENOMEM;
        return trust_record_note(record, (const char *) path.data, before);
}

int trust_record_write(const TrustRecord *record) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        char path[PATH_MAX];
        int r;

        r = bytes_printf(&text, "[Certificate]\nTrust=%s\nSystem=%s\n\n[Databases]\n", record->trust, record->system ? "yes" : "no");
        for (size_t i = 0; r >= 0 && i < record->n_databases; i++)
                r = append_database(&record->databases[i], &text);
        if (r < 0)
                return fail_memory();
        r = record_path(path, sizeof(path), record->fingerprint, ".der");
        if (r > 0)
                return r;
        r = atomic_file_write(path, bytes_view(&record->certificate), 0600, true);
        if (r < 0)
                return fail_file(r, path);
        r = record_path(path, sizeof(path), record->fingerprint, ".conf");
        if (r > 0)
                return r;
        r = atomic_file_write(path, bytes_view(&text), 0600, true);
        return r < 0 ? fail_file(r, path) : 0;
}

/* What says that there is a record goes first. */
int trust_record_delete(const TrustRecord *record) {
        static const char *const endings[] = { ".conf", ".der" };
        char path[PATH_MAX];

        for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
                int r = record_path(path, sizeof(path), record->fingerprint, endings[i]);

                if (r > 0)
                        return r;
                if (unlink(path) < 0 && errno != ENOENT)
                        return fail_file(-errno, path);
        }
        return 0;
}

static int read_record(const char *fingerprint, TrustRecord *ret) {
        const ConfKey keys[] = {
                { "Certificate", "Trust", conf_string, &ret->trust },
                { "Certificate", "System", conf_bool, &ret->system },
                { "Databases", "Before", parse_before, ret },
        };
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        char path[PATH_MAX];
        unsigned line;
        int r;

        r = record_path(path, sizeof(path), fingerprint, ".der");
        if (r > 0)
                return r;
        r = read_file(path, CERTIFICATE_FILE_MAX, &der);
        if (r < 0)
                return fail_file(r, path);
        if (set_certificate(ret, bytes_view(&der)) < 0)
                return fail_memory();
        r = record_path(path, sizeof(path), fingerprint, ".conf");
        if (r > 0)
                return r;
        r = conf_read(path, keys, ELEMENTSOF(keys), &line);
        if (r >= 0 && (!ret->trust || strcmp(ret->fingerprint, fingerprint) != 0))
                r = -EINVAL;
        if (r == -EINVAL)
                return fail(EXIT_FAILED, _("%s is not what “sygnet setup” wrote there."), path);
        return r < 0 ? fail_file(r, path) : 0;
}

static int is_record(const struct dirent *e) {
        size_t n = strlen(e->d_name);

        return n == 2 * NSS_FINGERPRINT + 5 && strcmp(e->d_name + n - 5, ".conf") == 0;
}

int trust_records_read(TrustRecords *ret) {
        _cleanup_trust_records_ TrustRecords l = { 0 };
        struct dirent **names = NULL;
        char path[PATH_MAX];
        int n, r;

        r = record_path(path, sizeof(path), "", "");
        if (r > 0)
                return r;
        n = scandir(path, &names, is_record, alphasort);
        if (n < 0 && errno != ENOENT)
                return fail_file(-errno, path);
        for (int i = 0; i < n; i++) {
                TrustRecord *record = r == 0 ? append(&l) : NULL;

                names[i]->d_name[2 * NSS_FINGERPRINT] = 0;
                if (r == 0)
                        r = record ? read_record(names[i]->d_name, record) : fail_memory();
                free(names[i]);
        }
        free(names);
        if (r > 0)
                return r;
        *ret = l;
        l = (TrustRecords) { 0 };
        return 0;
}
