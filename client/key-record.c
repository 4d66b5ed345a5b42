/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Records of keys outside of the service; see key-record.h. */

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "base/conf.h"
#include "base/utf8.h"
#include "client/home.h"
#include "client/key-record.h"
#include "client/output.h"
#include "crypto/digest.h"

#define RECORDS_MAX 1024U

static const char *const places[] = { [KEY_PLACE_DAEMON] = "daemon", [KEY_PLACE_FILE] = "file", [KEY_PLACE_TOKEN] = "token" };

const char *key_place_to_string(KeyPlace p) {
        return (size_t) p < ELEMENTSOF(places) ? places[p] : NULL;
}

KeyPlace key_place_from_string(const char *s) {
        for (size_t i = 1; s && i < ELEMENTSOF(places); i++)
                if (strcmp(places[i], s) == 0)
                        return (KeyPlace) i;
        return KEY_PLACE_INVALID;
}

const char *key_place_text(const char *place) {
        switch (key_place_from_string(place)) {
        case KEY_PLACE_DAEMON:
                return _("service");
        case KEY_PLACE_FILE:
                return _("file");
        case KEY_PLACE_TOKEN:
                return _("card");
        default:
                return place;
        }
}

void key_record_done(KeyRecord *k) {
        free(k->label);
        free(k->path);
        free(k->uri);
        free(k->profile);
        free(k->algorithm);
        free(k->public_key);
        free(k->subject);
        free(k->terms);
        certificate_list_done(&k->chain);
        *k = (KeyRecord) { 0 };
}

void key_record_list_done(KeyRecordList *l) {
        for (size_t i = 0; i < l->n; i++)
                key_record_done(&l->items[i]);
        free(l->items);
        *l = (KeyRecordList) { 0 };
}

int key_record_id(View public_key, char ret[static KEY_RECORD_ID_SIZE]) {
        _cleanup_free_ char *hex = NULL;
        uint8_t digest[SHA256_SIZE];
        int r;

        r = sha256(public_key, digest);
        if (r < 0)
                return r;
        hex = hex_encode(VIEW(digest, sizeof(digest)));
        if (!hex)
                return -ENOMEM;
        memcpy(ret, hex, KEY_RECORD_ID_SIZE - 1);
        ret[KEY_RECORD_ID_SIZE - 1] = 0;
        return 0;
}

/* --- Where they are ----------------------------------------------------------------------------------------------- */

/* The XDG base directory specification: a relative path is none. */
static char *data_home(void) {
        const char *set = secure_getenv("XDG_DATA_HOME"), *home = home_folder();
        char *path = NULL;

        if (set && *set == '/')
                return strdup(set);
        return asprintf(&path, "%s/.local/share", home ?: "") < 0 ? NULL : path;
}

static char *folder(void) {
        _cleanup_free_ char *home = data_home();
        char *path = NULL;

        return !home || asprintf(&path, "%s/sygnet/keys", home) < 0 ? NULL : path;
}

static char *file_of(const char *id, const char *suffix) {
        _cleanup_free_ char *f = folder();
        char *path = NULL;

        return !f || asprintf(&path, "%s/%s%s", f, id, suffix) < 0 ? NULL : path;
}

/* The folder and those above it; only for their owner, as the specification wants them. */
static int make_folder(void) {
        _cleanup_free_ char *path = folder();

        if (!path)
                return -ENOMEM;
        for (char *p = path + 1;; p++) {
                char c = *p;

                if (c != '/' && c != 0)
                        continue;
                *p = 0;
                if (mkdir(path, 0700) < 0 && errno != EEXIST)
                        return -errno;
                *p = c;
                if (c == 0)
                        return 0;
        }
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static int parse_place(const char *value, void *target) {
        KeyPlace p = key_place_from_string(value);

        if (p != KEY_PLACE_FILE && p != KEY_PLACE_TOKEN)
                return -EINVAL;
        *(KeyPlace *) target = p;
        return 0;
}

static int parse_conf(const char *path, KeyRecord *k, unsigned *ret_line) {
        const ConfKey keys[] = {
                { "Key", "Label", conf_string, &k->label },
                { "Key", "Place", parse_place, &k->place },
                { "Key", "Path", conf_string, &k->path },
                { "Key", "Uri", conf_string, &k->uri },
                { "Key", "Profile", conf_string, &k->profile },
                { "Key", "Algorithm", conf_string, &k->algorithm },
                { "Key", "PublicKey", conf_string, &k->public_key },
                { "Key", "Subject", conf_string, &k->subject },
                { "Key", "Created", conf_seconds, &k->created },
                { "Key", "Imported", conf_bool, &k->imported },
                { "Terms", "Version", conf_string, &k->terms },
                { "Terms", "Accepted", conf_seconds, &k->terms_accepted },
        };

        return conf_read(path, keys, ELEMENTSOF(keys), ret_line);
}

/* A record that is none of ours is not used: the id must be its key's. */
static bool is_sound(const KeyRecord *k) {
        _cleanup_bytes_ Bytes spki = BYTES_NULL;
        char id[KEY_RECORD_ID_SIZE];

        if (!k->label || !k->public_key || (k->place == KEY_PLACE_FILE ? !k->path || k->path[0] != '/' : k->place != KEY_PLACE_TOKEN || !k->uri))
                return false;
        return base64_decode(view_string(k->public_key), &spki) >= 0 && key_record_id(bytes_view(&spki), id) >= 0 && strcmp(id, k->id) == 0;
}

static int load(const char *id, KeyRecord *ret) {
        _cleanup_free_ char *conf = file_of(id, ".conf"), *pem = file_of(id, ".pem");
        _cleanup_key_record_ KeyRecord k = { 0 };
        unsigned line = 0;
        int r;

        if (!conf || !pem)
                return -ENOMEM;
        memcpy(k.id, id, KEY_RECORD_ID_SIZE);
        r = parse_conf(conf, &k, &line);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !is_sound(&k)) {
                _cleanup_free_ char *clean = text_clean(conf);

                complain(_("%s: this record of a key cannot be read (line %u); it is left out."), clean, line);
                return -EBADMSG;
        }
        if (access(pem, F_OK) == 0 && certificates_read_file(pem, &k.chain) > 0)
                return -EBADMSG;
        *ret = k;
        k = (KeyRecord) { 0 };
        return 0;
}

/* NAME.conf with an id as its name. */
static bool is_record(const char *name, char ret[static KEY_RECORD_ID_SIZE]) {
        size_t n = KEY_RECORD_ID_SIZE - 1;

        if (strspn(name, "0123456789abcdef") != n || strcmp(name + n, ".conf") != 0)
                return false;
        memcpy(ret, name, n);
        ret[n] = 0;
        return true;
}

static int add(KeyRecordList *l, const char *id) {
        KeyRecord *grown, k;
        int r;

        if (l->n >= RECORDS_MAX)
                return 0;
        r = load(id, &k);
        if (r < 0)
                return r == -EBADMSG ? 0 : r;
        grown = reallocarray(l->items, l->n + 1, sizeof(*grown));
        if (!grown) {
                key_record_done(&k);
                return -ENOMEM;
        }
        l->items = grown;
        l->items[l->n++] = k;
        return 0;
}

static int compare(const void *a, const void *b) {
        const KeyRecord *x = a, *y = b;
        int r = strcmp(x->label, y->label);

        return r != 0 ? r : strcmp(x->id, y->id);
}

int key_record_list(KeyRecordList *ret) {
        _cleanup_key_records_ KeyRecordList l = { 0 };
        _cleanup_free_ char *path = folder();
        char id[KEY_RECORD_ID_SIZE];
        int r = 0;
        DIR *d;

        if (!path)
                return fail_memory();
        d = opendir(path);
        /* A service's user may have no home, or none that it may look into. */
        if (!d && errno != ENOENT && errno != ENOTDIR && errno != EACCES && errno != EPERM)
                return fail_file(errno, path);
        for (struct dirent *e = d ? readdir(d) : NULL; e && r >= 0; e = readdir(d))
                if (is_record(e->d_name, id))
                        r = add(&l, id);
        if (d)
                closedir(d);
        if (r < 0)
                return fail_memory();
        if (l.n > 0)
                qsort(l.items, l.n, sizeof(*l.items), compare);
        *ret = l;
        l = (KeyRecordList) { 0 };
        return 0;
}

/* --- Finding ------------------------------------------------------------------------------------------------------ */

/* As with the service's: an id beats a label, a label the beginning of an id. */
static size_t count_matches(const KeyRecordList *l, const char *name, size_t *ret_index) {
        size_t labels = 0, prefixes = 0, by_label = 0, by_prefix = 0;

        for (size_t i = 0; i < l->n; i++) {
                if (strcmp(l->items[i].id, name) == 0) {
                        *ret_index = i;
                        return 1;
                }
                if (strcmp(l->items[i].label, name) == 0) {
                        labels++;
                        by_label = i;
                }
                if (strlen(name) >= 4 && strncmp(l->items[i].id, name, strlen(name)) == 0) {
                        prefixes++;
                        by_prefix = i;
                }
        }
        *ret_index = labels > 0 ? by_label : by_prefix;
        return labels > 0 ? labels : prefixes;
}

int key_record_find(const char *name, KeyRecord *ret) {
        _cleanup_key_records_ KeyRecordList l = { 0 };
        size_t i = 0, n;
        int r;

        r = key_record_list(&l);
        if (r > 0)
                return r;
        n = count_matches(&l, name, &i);
        if (n == 0)
                return EXIT_NOT_FOUND;
        if (n > 1) {
                _cleanup_free_ char *clean = text_clean(name);

                return fail(EXIT_USAGE, _("“%s” means several keys: give more of the id. See “sygnet key list”."), clean);
        }
        *ret = l.items[i];
        l.items[i] = (KeyRecord) { 0 };
        return 0;
}

int key_record_check_label(const char *label) {
        _cleanup_key_records_ KeyRecordList l = { 0 };
        int r;

        if (!*label || strlen(label) > 256 || !utf8_is_printable(label) || label[0] == ' ' || label[strlen(label) - 1] == ' ')
                return fail(EXIT_USAGE, "%s", _("A label has 1 to 256 bytes of printable text."));
        r = key_record_list(&l);
        if (r > 0)
                return r;
        for (size_t i = 0; i < l.n; i++)
                if (strcmp(l.items[i].label, label) == 0)
                        return fail(EXIT_FAILED, _("You have a key with the label “%s” already: choose another."), label);
        return 0;
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static int put(Bytes *b, const char *key, const char *value) {
        return value ? bytes_printf(b, "%s=%s\n", key, value) : 0;
}

static int format(const KeyRecord *k, Bytes *b) {
        int r;

        r = bytes_printf(b, "[Key]\n");
        if (r >= 0)
                r = put(b, "Label", k->label);
        if (r >= 0)
                r = put(b, "Place", key_place_to_string(k->place));
        if (r >= 0)
                r = put(b, "Path", k->path);
        if (r >= 0)
                r = put(b, "Uri", k->uri);
        if (r >= 0)
                r = put(b, "Profile", k->profile);
        if (r >= 0)
                r = put(b, "Algorithm", k->algorithm);
        if (r >= 0)
                r = put(b, "PublicKey", k->public_key);
        if (r >= 0)
                r = put(b, "Subject", k->subject);
        if (r >= 0)
                r = bytes_printf(b, "Created=%lld\nImported=%s\n", (long long) k->created, k->imported ? "yes" : "no");
        if (r >= 0 && k->terms)
                r = bytes_printf(b, "[Terms]\nVersion=%s\nAccepted=%lld\n", k->terms, (long long) k->terms_accepted);
        return r;
}

static int write_one(const char *id, const char *suffix, View content) {
        _cleanup_free_ char *path = file_of(id, suffix);
        int r;

        if (!path)
                return fail_memory();
        r = atomic_file_write(path, content, 0600, true);
        return r < 0 ? fail_file(r, path) : 0;
}

int key_record_write(const KeyRecord *k) {
        _cleanup_bytes_ Bytes conf = BYTES_NULL, pem = BYTES_NULL;
        _cleanup_free_ char *path = folder();
        int r;

        if (!path)
                return fail_memory();
        r = make_folder();
        if (r < 0)
                return fail_file(r, path);
        if (format(k, &conf) < 0 || certificates_pem(&k->chain, &pem) < 0)
                return fail_memory();
        r = k->chain.n > 0 ? write_one(k->id, ".pem", bytes_view(&pem)) : 0;
        return r > 0 ? r : write_one(k->id, ".conf", bytes_view(&conf));
}

int key_record_remove(const KeyRecord *k) {
        _cleanup_free_ char *conf = file_of(k->id, ".conf"), *pem = file_of(k->id, ".pem");

        if (!conf || !pem)
                return fail_memory();
        if (unlink(conf) < 0 && errno != ENOENT)
                return fail_file(errno, conf);
        (void) unlink(pem);
        return 0;
}
