/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Records on disk; see record.h. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "base/conf.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "installer/trust/record.h"

#define FILE_SIZE_MAX (256U * 1024U)
#define RECORD_SUFFIX ".conf"
#define RECORD_FORMAT 2U
#define GROUP_PREFIX "group-"

/* --- Words -------------------------------------------------------------------------------------------------------- */

static const char *const store_words[STORE_MAX] = {
        [STORE_CA_CERTIFICATES] = "ca-certificates", [STORE_CA_TRUST] = "ca-trust",
        [STORE_SUSE] = "ca-certificates-suse",       [STORE_P11_KIT] = "p11-kit",
        [STORE_FIREFOX_POLICY] = "firefox-policy",   [STORE_JAVA] = "java",
};

static const char *const purpose_words[] = { "tls", "email", "code" }; /* by bit */

const char *store_id_word(StoreId id) {
        return store_words[id];
}

StoreId store_id_from_word(const char *word) {
        StoreId id = 0;

        while (id < STORE_MAX && strcmp(store_words[id], word) != 0)
                id++;
        return id;
}

unsigned purpose_from_word(const char *word) {
        for (size_t i = 0; i < ELEMENTSOF(purpose_words); i++)
                if (strcmp(purpose_words[i], word) == 0)
                        return 1U << i;
        return 0;
}

static const char *purpose_word(unsigned purpose) {
        for (size_t i = 0; i < ELEMENTSOF(purpose_words); i++)
                if (purpose == 1U << i)
                        return purpose_words[i];
        return "";
}

/* --- Records ------------------------------------------------------------------------------------------------------ */

void record_done(Record *r) {
        free(r->subject);
        bytes_done(&r->der);
        *r = (Record) { 0 };
}

void record_list_done(RecordList *l) {
        for (size_t i = 0; i < l->n; i++)
                record_done(&l->records[i]);
        free(l->records);
        *l = (RecordList) { 0 };
}

Record *record_list_find(const RecordList *l, const char *fingerprint) {
        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->records[i].fingerprint, fingerprint) == 0)
                        return &l->records[i];
        return NULL;
}

static bool is_hexadecimal(const char *s, size_t n) {
        return strlen(s) == n && strspn(s, "0123456789abcdef") == n;
}

bool fingerprint_is_valid(const char *s) {
        return is_hexadecimal(s, FINGERPRINT_TEXT_SIZE - 1);
}

int fingerprint_take(View der, char ret[static FINGERPRINT_TEXT_SIZE]) {
        _cleanup_free_ char *text = NULL;
        uint8_t digest[SHA256_SIZE];
        int r = sha256(der, digest);

        if (r < 0)
                return r;
        text = hex_encode(VIEW(digest, sizeof(digest)));
        if (!text)
                return -ENOMEM;
        memcpy(ret, text, FINGERPRINT_TEXT_SIZE);
        return 0;
}

static char *record_path(const char *directory, const char *fingerprint) {
        char *path;

        return asprintf(&path, "%s/%s" RECORD_SUFFIX, directory, fingerprint) < 0 ? NULL : path;
}

static int append_stores(Bytes *text, const char *key, unsigned stores) {
        int r = bytes_printf(text, "%s=", key);

        for (StoreId id = 0; r >= 0 && id < STORE_MAX; id++)
                if (stores & store_bit(id))
                        r = bytes_printf(text, "%s ", store_words[id]);
        return r < 0 ? r : bytes_append_byte(text, '\n');
}

static int append_purposes(Bytes *text, unsigned purposes) {
        int r = bytes_printf(text, "Purposes=");

        for (unsigned bit = 1; r >= 0 && bit <= PURPOSE_CODE; bit <<= 1)
                if (purposes & bit)
                        r = bytes_printf(text, "%s ", purpose_word(bit));
        return r < 0 ? r : bytes_append_byte(text, '\n');
}

int record_write(const char *directory, const Record *r) {
        _cleanup_free_ char *path = record_path(directory, r->fingerprint), *der = base64_encode(bytes_view(&r->der));
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int k;

        if (!path || !der)
                return -ENOMEM;
        k = bytes_printf(&text,
                         "# Written by sygnet-trustd; it says how to undo what was installed.\n[Certificate]\nFormat=%u\nFingerprint=%s\n"
                         "Subject=%s\nNotAfter=%llds\nInstalled=%llds\nUser=%u\n",
                         RECORD_FORMAT, r->fingerprint, r->subject, (long long) r->not_after, (long long) r->installed, (unsigned) r->uid);
        if (k >= 0)
                k = append_purposes(&text, r->purposes);
        if (k >= 0)
                k = append_stores(&text, "Stores", r->stores);
        if (k >= 0)
                k = append_stores(&text, "Pending", r->pending);
        if (k >= 0)
                k = bytes_printf(&text, "Group=%s\nCertificate=%s\n", r->group, der);
        return k < 0 ? k : atomic_file_write(path, bytes_view(&text), 0600, true);
}

/* The first format knew Debian's store only, and named the state that it was in. */
static int conf_state(const char *value, void *target) {
        Record *r = target;

        if (strcmp(value, "installed") == 0)
                r->stores = store_bit(STORE_CA_CERTIFICATES);
        else if (strcmp(value, "installing") == 0 || strcmp(value, "removing") == 0)
                r->pending = store_bit(STORE_CA_CERTIFICATES);
        else
                return -EINVAL;
        r->purposes = PURPOSE_ALL;
        return 0;
}

/* Words, and a bit for each; 0 for an unknown one. */
static int conf_bits(const char *value, unsigned (*bit_of)(const char *word), unsigned *target) {
        _cleanup_free_ char *copy = strdup(value);
        char *rest = copy;
        unsigned bits = 0;

        if (!copy)
                return -ENOMEM;
        for (char *word; (word = strsep(&rest, " "));) {
                unsigned bit;

                if (!*word)
                        continue;
                bit = bit_of(word);
                if (bit == 0)
                        return -EINVAL;
                bits |= bit;
        }
        *target = bits;
        return 0;
}

static unsigned store_bit_of(const char *word) {
        StoreId id = store_id_from_word(word);

        return id == STORE_MAX ? 0 : store_bit(id);
}

static int conf_stores(const char *value, void *target) {
        return conf_bits(value, store_bit_of, target);
}

static int conf_purposes(const char *value, void *target) {
        return conf_bits(value, purpose_from_word, target);
}

static int conf_group(const char *value, void *target) {
        if (*value && !is_hexadecimal(value, GROUP_TEXT_SIZE - 1))
                return -EINVAL;
        memcpy(target, value, strlen(value) + 1);
        return 0;
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

static int parse(View text, Record *record, unsigned *ret_format) {
        unsigned uid = 0, line;
        const ConfKey keys[] = {
                { "Certificate", "Format", conf_unsigned, ret_format },
                { "Certificate", "State", conf_state, record },
                { "Certificate", "Fingerprint", conf_fingerprint, record->fingerprint },
                { "Certificate", "Subject", conf_string, &record->subject },
                { "Certificate", "NotAfter", conf_seconds, &record->not_after },
                { "Certificate", "Installed", conf_seconds, &record->installed },
                { "Certificate", "User", conf_unsigned, &uid },
                { "Certificate", "Purposes", conf_purposes, &record->purposes },
                { "Certificate", "Stores", conf_stores, &record->stores },
                { "Certificate", "Pending", conf_stores, &record->pending },
                { "Certificate", "Group", conf_group, record->group },
                { "Certificate", "Certificate", conf_der, &record->der },
        };
        int r = conf_parse(text, keys, ELEMENTSOF(keys), &line);

        record->uid = uid;
        return r;
}

/* SHA-256 of the certificate must be what the record is called. */
static int check_fingerprint(const Record *r, const char *fingerprint) {
        char text[FINGERPRINT_TEXT_SIZE];
        int k = fingerprint_take(bytes_view(&r->der), text);

        if (k < 0)
                return k;
        return strcmp(text, r->fingerprint) == 0 && strcmp(text, fingerprint) == 0 ? 0 : -EBADMSG;
}

int record_read(const char *directory, const char *fingerprint, Record *ret) {
        _cleanup_free_ char *path = record_path(directory, fingerprint);
        _cleanup_(record_done) Record record = { 0 };
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        unsigned format = 0;
        int r;

        if (!path)
                return -ENOMEM;
        r = read_file(path, FILE_SIZE_MAX, &text);
        if (r < 0)
                return r;
        r = parse(bytes_view(&text), &record, &format);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || format < 1 || format > RECORD_FORMAT || !record.subject || !utf8_is_printable(record.subject))
                return -EBADMSG;
        if (record.purposes == 0 || (record.stores | record.pending) == 0)
                return -EBADMSG;
        r = check_fingerprint(&record, fingerprint);
        if (r < 0)
                return r;
        *ret = record;
        record = (Record) { 0 };
        return 0;
}

int delete_file(const char *path) {
        _cleanup_free_ char *directory = strndup(path, (size_t) (strrchr(path, '/') - path));
        _cleanup_close_ int fd = -1;

        if (!directory)
                return -ENOMEM;
        if (unlink(path) < 0)
                return errno == ENOENT ? 0 : -errno;
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int record_delete(const char *directory, const Record *r) {
        _cleanup_free_ char *path = record_path(directory, r->fingerprint);

        return path ? delete_file(path) : -ENOMEM;
}

/* --- All of them -------------------------------------------------------------------------------------------------- */

static int by_age(const void *a, const void *b) {
        const Record *x = a, *y = b;

        return x->installed < y->installed ? -1 : x->installed > y->installed ? 1 : strcmp(x->fingerprint, y->fingerprint);
}

static int list_one(const char *directory, const char *name, RecordList *list, size_t *damaged) {
        char fingerprint[FINGERPRINT_TEXT_SIZE];
        int r;

        if (strlen(name) != sizeof(fingerprint) - 1 + strlen(RECORD_SUFFIX) || strcmp(name + sizeof(fingerprint) - 1, RECORD_SUFFIX) != 0)
                return 0;
        memcpy(fingerprint, name, sizeof(fingerprint) - 1);
        fingerprint[sizeof(fingerprint) - 1] = 0;
        if (!fingerprint_is_valid(fingerprint) || list->n >= RECORDS_MAX)
                return 0;
        r = record_read(directory, fingerprint, &list->records[list->n]);
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

int record_list(const char *directory, RecordList *ret, size_t *ret_damaged) {
        _cleanup_(closedirp) DIR *d = opendir(directory);
        _cleanup_(record_list_done) RecordList list = { 0 };
        size_t damaged = 0;
        struct dirent *e;

        if (!d)
                return -errno;
        list.records = calloc(RECORDS_MAX, sizeof(*list.records));
        if (!list.records)
                return -ENOMEM;
        while ((e = readdir(d))) {
                int r = list_one(directory, e->d_name, &list, &damaged);

                if (r < 0)
                        return r;
        }
        qsort(list.records, list.n, sizeof(*list.records), by_age);
        *ret_damaged = damaged;
        *ret = list;
        list = (RecordList) { 0 };
        return 0;
}

/* --- Groups ------------------------------------------------------------------------------------------------------- */

int group_new(char ret[static GROUP_TEXT_SIZE]) {
        uint8_t number[(GROUP_TEXT_SIZE - 1) / 2];
        _cleanup_free_ char *text = NULL;

        if (gnutls_rnd(GNUTLS_RND_NONCE, number, sizeof(number)) < 0)
                return -EIO;
        text = hex_encode(VIEW(number, sizeof(number)));
        if (!text)
                return -ENOMEM;
        memcpy(ret, text, GROUP_TEXT_SIZE);
        return 0;
}

static char *group_path(const char *directory, const char *group) {
        char *path;

        return asprintf(&path, "%s/" GROUP_PREFIX "%s", directory, group) < 0 ? NULL : path;
}

int group_commit(const char *directory, const char *group) {
        _cleanup_free_ char *path = group_path(directory, group);

        return path ? atomic_file_write(path, VIEW_LITERAL(""), 0600, false) : -ENOMEM;
}

static int settle_group(const char *directory, RecordList *l, const char *group) {
        for (size_t i = 0; i < l->n; i++) {
                Record *record = &l->records[i];
                int r;

                if (record->pending == 0 || strcmp(record->group, group) != 0)
                        continue;
                record->stores |= record->pending;
                record->pending = 0;
                record->group[0] = 0;
                r = record_write(directory, record);
                if (r < 0)
                        return r;
        }
        return 0;
}

int groups_settle(const char *directory, RecordList *l) {
        _cleanup_(closedirp) DIR *d = opendir(directory);
        struct dirent *e;

        if (!d)
                return -errno;
        while ((e = readdir(d))) {
                const char *group = e->d_name + strlen(GROUP_PREFIX);
                _cleanup_free_ char *path = NULL;
                int r;

                if (strncmp(e->d_name, GROUP_PREFIX, strlen(GROUP_PREFIX)) != 0 || !is_hexadecimal(group, GROUP_TEXT_SIZE - 1))
                        continue;
                r = settle_group(directory, l, group);
                if (r < 0)
                        return r;
                path = group_path(directory, group);
                r = path ? delete_file(path) : -ENOMEM;
                if (r < 0)
                        return r;
        }
        return 0;
}
