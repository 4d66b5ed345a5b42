/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The system's trust store and our records; see system-store.h. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "base/conf.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "installer/trust/system-store.h"

#define BUNDLE_SIZE_MAX (32U * 1024U * 1024U)
#define CONF_SIZE_MAX (1024U * 1024U)
#define FILE_SIZE_MAX (256U * 1024U)
#define RECORDS_MAX 1024U
#define RECORD_SUFFIX ".conf"
#define RECORD_FORMAT 1U

static int join(char **ret, const char *root, const char *path) {
        if (asprintf(ret, "%s%s", root, path) >= 0)
                return 0;
        *ret = NULL;
        return -ENOMEM;
}

int system_store_init(SystemStore *s, const char *root) {
        int r;

        *s = (SystemStore) { 0 };
        r = join(&s->local, root, "/usr/local/share/ca-certificates");
        if (r >= 0)
                r = join(&s->links, root, "/etc/ssl/certs");
        if (r >= 0)
                r = join(&s->bundle, root, "/etc/ssl/certs/ca-certificates.crt");
        if (r >= 0)
                r = join(&s->conf, root, "/etc/ca-certificates.conf");
        if (r >= 0)
                r = join(&s->records, root, "/var/lib/sygnet-trust");
        if (r < 0)
                return r;
        return mkdir(s->records, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

void system_store_done(SystemStore *s) {
        free(s->local);
        free(s->links);
        free(s->bundle);
        free(s->conf);
        free(s->records);
        *s = (SystemStore) { 0 };
}

/* --- Records ------------------------------------------------------------------------------------------------------ */

static const char *const states[] = {
        [RECORD_INSTALLING] = "installing",
        [RECORD_INSTALLED] = "installed",
        [RECORD_REMOVING] = "removing",
};

void record_done(Record *r) {
        free(r->subject);
        free(r->path);
        bytes_done(&r->der);
        *r = (Record) { 0 };
}

void record_list_done(RecordList *l) {
        for (size_t i = 0; i < l->n; i++)
                record_done(&l->records[i]);
        free(l->records);
        *l = (RecordList) { 0 };
}

bool fingerprint_is_valid(const char *s) {
        return strlen(s) == FINGERPRINT_TEXT_SIZE - 1 && strspn(s, "0123456789abcdef") == FINGERPRINT_TEXT_SIZE - 1;
}

int record_set_path(const SystemStore *s, Record *r) {
        char *path;

        if (asprintf(&path, "%s/sygnet-%.16s.crt", s->local, r->fingerprint) < 0)
                return -ENOMEM;
        free(r->path);
        r->path = path;
        return 0;
}

static char *record_path(const SystemStore *s, const char *fingerprint) {
        char *path;

        return asprintf(&path, "%s/%s" RECORD_SUFFIX, s->records, fingerprint) < 0 ? NULL : path;
}

int record_write(const SystemStore *s, const Record *r) {
        _cleanup_free_ char *path = record_path(s, r->fingerprint), *der = base64_encode(bytes_view(&r->der));
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int k;

        if (!path || !der)
                return -ENOMEM;
        k = bytes_printf(&text,
                         "# Written by sygnet-trustd; it says how to undo what was installed.\n[Certificate]\nFormat=%u\nState=%s\nFingerprint=%s\n"
                         "Subject=%s\nNotAfter=%llds\nInstalled=%llds\nUser=%u\nCertificate=%s\n",
                         RECORD_FORMAT, states[r->state], r->fingerprint, r->subject, (long long) r->not_after, (long long) r->installed,
                         (unsigned) r->uid, der);
        return k < 0 ? k : atomic_file_write(path, bytes_view(&text), 0600, true);
}

static int conf_state(const char *value, void *target) {
        for (size_t i = 0; i < ELEMENTSOF(states); i++) {
                if (strcmp(states[i], value) != 0)
                        continue;
                *(RecordState *) target = (RecordState) i;
                return 0;
        }
        return -EINVAL;
}

static int conf_fingerprint(const char *value, void *target) {
        if (!fingerprint_is_valid(value))
                return -EINVAL;
        memcpy(target, value, FINGERPRINT_TEXT_SIZE);
        return 0;
}

static int conf_der(const char *value, void *target) {
        bytes_done(target);
        return base64_decode(view_string(value), target);
}

/* SHA-256 of the certificate must be what the record is called. */
static int check_fingerprint(const Record *r, const char *fingerprint) {
        _cleanup_free_ char *text = NULL;
        uint8_t digest[SHA256_SIZE];
        int k;

        k = sha256(bytes_view(&r->der), digest);
        if (k < 0)
                return k;
        text = hex_encode(VIEW(digest, sizeof(digest)));
        if (!text)
                return -ENOMEM;
        return strcmp(text, r->fingerprint) == 0 && strcmp(text, fingerprint) == 0 ? 0 : -EBADMSG;
}

int record_read(const SystemStore *s, const char *fingerprint, Record *ret) {
        _cleanup_free_ char *path = record_path(s, fingerprint);
        _cleanup_(record_done) Record record = { 0 };
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        unsigned format = 0, uid = 0, line;
        const ConfKey keys[] = {
                { "Certificate", "Format", conf_unsigned, &format },         { "Certificate", "State", conf_state, &record.state },
                { "Certificate", "Fingerprint", conf_fingerprint, record.fingerprint }, { "Certificate", "Subject", conf_string, &record.subject },
                { "Certificate", "NotAfter", conf_seconds, &record.not_after }, { "Certificate", "Installed", conf_seconds, &record.installed },
                { "Certificate", "User", conf_unsigned, &uid },              { "Certificate", "Certificate", conf_der, &record.der },
        };
        int r;

        if (!path)
                return -ENOMEM;
        r = read_file(path, FILE_SIZE_MAX, &text);
        if (r < 0)
                return r;
        r = conf_parse(bytes_view(&text), keys, ELEMENTSOF(keys), &line);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || format != RECORD_FORMAT || !record.subject || !utf8_is_printable(record.subject))
                return -EBADMSG;
        r = check_fingerprint(&record, fingerprint);
        if (r >= 0)
                r = record_set_path(s, &record);
        if (r < 0)
                return r;
        record.uid = uid;
        *ret = record;
        record = (Record) { 0 };
        return 0;
}

/* Gone for good, directory and all: what is told after this must be true after a crash. */
static int delete_file(const char *path, const char *directory) {
        _cleanup_close_ int fd = -1;

        if (unlink(path) < 0)
                return errno == ENOENT ? 0 : -errno;
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int record_delete(const SystemStore *s, const Record *r) {
        _cleanup_free_ char *path = record_path(s, r->fingerprint);

        return path ? delete_file(path, s->records) : -ENOMEM;
}

static int by_age(const void *a, const void *b) {
        const Record *x = a, *y = b;

        return x->installed < y->installed ? -1 : x->installed > y->installed ? 1 : strcmp(x->fingerprint, y->fingerprint);
}

static int list_one(const SystemStore *s, const char *name, RecordList *list, size_t *damaged) {
        char fingerprint[FINGERPRINT_TEXT_SIZE];
        int r;

        if (strlen(name) != sizeof(fingerprint) - 1 + strlen(RECORD_SUFFIX) || strcmp(name + sizeof(fingerprint) - 1, RECORD_SUFFIX) != 0)
                return 0;
        memcpy(fingerprint, name, sizeof(fingerprint) - 1);
        fingerprint[sizeof(fingerprint) - 1] = 0;
        if (!fingerprint_is_valid(fingerprint) || list->n >= RECORDS_MAX)
                return 0;
        r = record_read(s, fingerprint, &list->records[list->n]);
        if (r >= 0)
                list->n++;
        else if (r != -ENOMEM)
                (*damaged)++;
        return r == -ENOMEM ? r : 0;
}

static void closedirp(DIR **d) {
        if (*d)
                closedir(*d);
}

int record_list(const SystemStore *s, RecordList *ret, size_t *ret_damaged) {
        _cleanup_(closedirp) DIR *d = opendir(s->records);
        _cleanup_(record_list_done) RecordList list = { 0 };
        size_t damaged = 0;
        struct dirent *e;

        if (!d)
                return -errno;
        list.records = calloc(RECORDS_MAX, sizeof(*list.records));
        if (!list.records)
                return -ENOMEM;
        while ((e = readdir(d))) {
                int r = list_one(s, e->d_name, &list, &damaged);

                if (r < 0)
                        return r;
        }
        qsort(list.records, list.n, sizeof(*list.records), by_age);
        *ret_damaged = damaged;
        *ret = list;
        list = (RecordList) { 0 };
        return 0;
}

/* --- The store's files -------------------------------------------------------------------------------------------- */

static int to_pem(View der, Bytes *ret) {
        _cleanup_free_ char *text = base64_encode(der);
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        if (!text)
                return -ENOMEM;
        r = bytes_printf(&b, "-----BEGIN CERTIFICATE-----\n");
        for (size_t i = 0, n = strlen(text); r >= 0 && i < n; i += 64)
                r = bytes_printf(&b, "%.64s\n", text + i);
        if (r >= 0)
                r = bytes_printf(&b, "-----END CERTIFICATE-----\n");
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}

int certificate_file_write(const Record *r) {
        _cleanup_bytes_ Bytes pem = BYTES_NULL;
        int k = to_pem(bytes_view(&r->der), &pem);

        return k < 0 ? k : atomic_file_write(r->path, bytes_view(&pem), 0644, false);
}

int certificate_file_exists(const Record *r) {
        _cleanup_bytes_ Bytes pem = BYTES_NULL, file = BYTES_NULL;
        int k;

        k = to_pem(bytes_view(&r->der), &pem);
        if (k < 0)
                return k;
        k = read_file(r->path, FILE_SIZE_MAX, &file);
        if (k == -ENOENT || k == -EFBIG || k == -EISDIR)
                return 0;
        return k < 0 ? k : view_equal(bytes_view(&pem), bytes_view(&file));
}

int certificate_file_delete(const Record *r) {
        _cleanup_free_ char *directory = NULL;
        int k = certificate_file_exists(r);

        if (k <= 0)
                return k;
        directory = strndup(r->path, (size_t) (strrchr(r->path, '/') - r->path));
        return directory ? delete_file(r->path, directory) : -ENOMEM;
}

static void strip_blanks(Bytes *b) {
        size_t n = 0;

        for (size_t i = 0; i < b->len; i++)
                if (b->data[i] != '\n' && b->data[i] != '\r' && b->data[i] != ' ' && b->data[i] != '\t')
                        b->data[n++] = b->data[i];
        b->len = n;
}

int bundle_contains(const SystemStore *s, View der) {
        _cleanup_bytes_ Bytes bundle = BYTES_NULL, pem = BYTES_NULL;
        int r;

        r = to_pem(der, &pem);
        if (r < 0)
                return r;
        r = read_file(s->bundle, BUNDLE_SIZE_MAX, &bundle);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        strip_blanks(&pem);
        strip_blanks(&bundle);
        return bundle.len > 0 && memmem(bundle.data, bundle.len, pem.data, pem.len) != NULL;
}

/* Whether a link by hash, HASH.N -> sygnet-….pem, names the certificate's own link. */
static bool has_link_by_hash(const SystemStore *s, const char *name) {
        _cleanup_(closedirp) DIR *d = opendir(s->links);
        struct dirent *e;

        while (d && (e = readdir(d))) {
                char target[64];
                ssize_t n = readlinkat(dirfd(d), e->d_name, target, sizeof(target));

                if (n > 0 && view_equal(VIEW(target, n), view_string(name)))
                        return true;
        }
        return false;
}

int link_restore(const SystemStore *s, const Record *r) {
        _cleanup_free_ char *path = NULL;
        const char *name;

        if (asprintf(&path, "%s/sygnet-%.16s.pem", s->links, r->fingerprint) < 0)
                return -ENOMEM;
        name = path + strlen(s->links) + 1;
        if (!has_link_by_hash(s, name))
                return 0;
        return symlink(r->path, path) < 0 && errno != EEXIST ? -errno : 0;
}

bool link_exists(const SystemStore *s, const Record *r) {
        _cleanup_free_ char *path = NULL;
        struct stat st;

        return asprintf(&path, "%s/sygnet-%.16s.pem", s->links, r->fingerprint) < 0 || lstat(path, &st) >= 0;
}

int system_store_open_lock(const SystemStore *s) {
        _cleanup_free_ char *path = NULL;
        int fd;

        if (asprintf(&path, "%s/lock", s->records) < 0)
                return -ENOMEM;
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        return fd < 0 ? -errno : fd;
}

int unfinished_bundle_delete(const SystemStore *s) {
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s.new", s->bundle) < 0)
                return -ENOMEM;
        return delete_file(path, s->links);
}

int removal_conf_write(const SystemStore *s, const RecordList *list, char **ret) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        _cleanup_free_ char *path = NULL;
        int r;

        r = read_file(s->conf, CONF_SIZE_MAX, &text);
        if (r < 0 && r != -ENOENT)
                return r;
        r = bytes_append_byte(&text, '\n');
        for (size_t i = 0; r >= 0 && i < list->n; i++)
                if (list->records[i].state != RECORD_INSTALLED)
                        r = bytes_printf(&text, "!sygnet-%.16s.crt\n", list->records[i].fingerprint);
        if (r < 0)
                return r;
        if (asprintf(&path, "%s/removal.conf", s->records) < 0)
                return -ENOMEM;
        r = atomic_file_write(path, bytes_view(&text), 0600, true);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(path);
        return 0;
}
