/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Java's key stores: lib/security/cacerts of each JVM below /usr/lib/jvm, unless it is a link to what the distribution extracts for all programs.
 * keytool works on a copy, which takes the store's place when it was read back; a killed keytool leaves a torn copy and nothing else. Beside the
 * records lie the store as it was before the first certificate of ours (.orig) and the digests of what we left there (.left): a store that nobody
 * else changed since is put back byte for byte. */

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "crypto/digest.h"
#include "installer/trust/store.h"

#define KEY_STORES_MAX 32U
#define KEY_STORE_SIZE_MAX (32U * 1024U * 1024U)
#define JKS_MAGIC "\xfe\xed\xfe\xed"
#define DIGEST_TEXT_SIZE (2 * SHA256_SIZE)

/* What all of them are delivered with: it keeps nothing secret, it is there because the format wants one. */
#define PASSWORD "changeit"

typedef struct KeyStore {
        char *path;    /* where the file itself is */
        char *keytool;
        char name[17]; /* of its files beside the records */
} KeyStore;

typedef struct KeyStores {
        KeyStore items[KEY_STORES_MAX];
        size_t n;
} KeyStores;

static void key_stores_done(KeyStores *l) {
        for (size_t i = 0; i < l->n; i++) {
                free(l->items[i].path);
                free(l->items[i].keytool);
        }
}
#define _cleanup_key_stores_ _cleanup_(key_stores_done)

/* --- Finding them ------------------------------------------------------------------------------------------------- */

static bool is_distributions(const Stores *s, const char *path) {
        static const char *const folders[] = { "/etc/pki/ca-trust/", "/var/lib/ca-certificates/", "/etc/ca-certificates/extracted/" };

        size_t root = strlen(s->root);

        for (size_t i = 0; i < ELEMENTSOF(folders); i++)
                if (strncmp(path, s->root, root) == 0 && strncmp(path + root, folders[i], strlen(folders[i])) == 0)
                        return true;
        return false;
}

/* The JVM's program: `path` is …/lib/security/cacerts, or …/jre/lib/security/cacerts. */
static char *keytool_of(const char *path) {
        static const char *const tails[] = { "/jre/lib/security/cacerts", "/lib/security/cacerts" };

        for (size_t i = 0; i < ELEMENTSOF(tails); i++) {
                size_t n = strlen(path) - strlen(tails[i]);
                char *program;

                if (strcmp(path + n, tails[i]) != 0)
                        continue;
                if (asprintf(&program, "%.*s/bin/keytool", (int) n, path) < 0)
                        return NULL;
                if (access(program, X_OK) >= 0)
                        return program;
                free(program);
        }
        return NULL;
}

static int take_name(KeyStore *k) {
        _cleanup_free_ char *text = NULL;
        uint8_t digest[SHA256_SIZE];
        int r = sha256(view_string(k->path), digest);

        text = r < 0 ? NULL : hex_encode(VIEW(digest, (sizeof(k->name) - 1) / 2));
        if (!text)
                return r < 0 ? r : -ENOMEM;
        memcpy(k->name, text, sizeof(k->name));
        return 0;
}

static int add_key_store(const Stores *s, const char *link, KeyStores *l) {
        _cleanup_free_ char *path = realpath(link, NULL), *keytool = keytool_of(link);
        KeyStore *k = &l->items[l->n];
        int r;

        if (!path || !keytool || is_distributions(s, path))
                return 0;
        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->items[i].path, path) == 0)
                        return 0;
        if (l->n >= KEY_STORES_MAX)
                return -ENOBUFS;
        *k = (KeyStore) { .path = path };
        r = take_name(k);
        if (r < 0)
                return r;
        k->path = TAKE_PTR(path);
        k->keytool = TAKE_PTR(keytool);
        l->n++;
        return 0;
}

static int find_key_stores(const Stores *s, KeyStores *ret) {
        static const char *const patterns[] = { "/usr/lib/jvm/*/lib/security/cacerts", "/usr/lib/jvm/*/jre/lib/security/cacerts" };
        _cleanup_key_stores_ KeyStores l = { 0 };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(patterns); i++) {
                _cleanup_free_ char *pattern = stores_path(s, "%s", patterns[i]);
                glob_t found = { 0 };

                if (!pattern)
                        return -ENOMEM;
                if (glob(pattern, 0, NULL, &found) == 0)
                        for (size_t k = 0; r >= 0 && k < found.gl_pathc; k++)
                                r = add_key_store(s, found.gl_pathv[k], &l);
                globfree(&found);
        }
        if (r < 0)
                return r;
        *ret = l;
        l = (KeyStores) { 0 };
        return 0;
}

static bool is_present(const Stores *s) {
        _cleanup_key_stores_ KeyStores l = { 0 };

        return find_key_stores(s, &l) >= 0 && l.n > 0;
}

static char *place(const Stores *s) {
        _cleanup_key_stores_ KeyStores l = { 0 };
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r = find_key_stores(s, &l);

        for (size_t i = 0; r >= 0 && i < l.n; i++)
                r = bytes_printf(&text, "%s%s", i > 0 ? ", " : "", l.items[i].path);
        if (r < 0 || bytes_append_byte(&text, 0) < 0)
                return NULL;
        return (char *) bytes_take(&text).data;
}

static char *path(const Stores *s, const Record *r) {
        return place(s);
}

static int survey_one(const char *path, Survey *ret) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        int r = read_file(path, KEY_STORE_SIZE_MAX, &content);

        return r < 0 ? r : survey_add_binary(ret, bytes_view(&content), PURPOSE_ALL);
}

/* JKS and the PKCS #12 of today's JVMs let everybody read what they hold; a store that somebody encrypted could not be read back. */
static const char *content_problem(const char *path) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        _cleanup_survey_ Survey survey = { 0 };

        if (read_file(path, KEY_STORE_SIZE_MAX, &content) < 0)
                return N_("Its key store cannot be read.");
        if (content.len >= sizeof(JKS_MAGIC) - 1 && memcmp(content.data, JKS_MAGIC, sizeof(JKS_MAGIC) - 1) == 0)
                return NULL;
        if (survey_add_binary(&survey, bytes_view(&content), PURPOSE_ALL) < 0 || survey.n == 0)
                return N_("Its key store is empty or encrypted: what is put there could not be read back.");
        return NULL;
}

static const char *problem(const Stores *s) {
        _cleanup_key_stores_ KeyStores l = { 0 };

        if (find_key_stores(s, &l) < 0)
                return N_("Its key stores cannot be listed.");
        for (size_t i = 0; i < l.n; i++) {
                const char *reason = content_problem(l.items[i].path);

                if (reason)
                        return reason;
                *strrchr(l.items[i].path, '/') = 0;
                reason = path_problem(l.items[i].path);
                if (reason)
                        return reason;
        }
        return NULL;
}

/* --- What is in them ---------------------------------------------------------------------------------------------- */

/* A certificate is trusted that all of them have. */
static int survey(const Stores *s, Survey *ret) {
        _cleanup_key_stores_ KeyStores l = { 0 };
        int r = find_key_stores(s, &l);

        for (size_t i = 0; r >= 0 && i < l.n; i++) {
                _cleanup_survey_ Survey one = { 0 };

                r = survey_one(l.items[i].path, i == 0 ? ret : &one);
                if (r >= 0 && i > 0)
                        survey_intersect(ret, &one);
        }
        return r;
}

/* Debian's own package names so what it finds in /etc/ssl/certs. */
#define ALIASES 2U

static int alias_of(const Record *r, size_t i, char ret[static 64]) {
        return i == 0 ? snprintf(ret, 64, "sygnet-%.16s", r->fingerprint) : snprintf(ret, 64, "debian:sygnet-%.16s.pem", r->fingerprint);
}

/* As JKS writes it, or as PKCS #12 does: BMPString. */
static bool has_alias(View content, const char *alias) {
        uint8_t wide[128];
        size_t n = strlen(alias);

        for (size_t i = 0; i < n; i++) {
                wide[2 * i] = 0;
                wide[2 * i + 1] = (uint8_t) alias[i];
        }
        return content.data && content.len > 0 && (memmem(content.data, content.len, alias, n) || memmem(content.data, content.len, wide, 2 * n));
}

static bool has_any_of_ours(View content) {
        return has_alias(content, "sygnet-");
}

/* --- keytool ------------------------------------------------------------------------------------------------------ */

static char *own_file(const Stores *s, const KeyStore *k, const char *suffix) {
        char *file;

        return asprintf(&file, "%s/java-%s.%s", s->records, k->name, suffix) < 0 ? NULL : file;
}

static char *certificate_file(const Stores *s, const Record *r) {
        char *file;

        return asprintf(&file, "%s/java-%.16s.pem", s->records, r->fingerprint) < 0 ? NULL : file;
}

#define KEYTOOL_BEGIN(k) (k)->keytool, "-J-Xmx128m", "-J-XX:+UseSerialGC", "-J-XX:TieredStopAtLevel=1", "-J-Duser.language=en"

static int add_import(const Stores *s, const KeyStore *k, const char *work, const Record *r, CommandList *ret) {
        _cleanup_free_ char *file = certificate_file(s, r);
        _cleanup_bytes_ Bytes pem = BYTES_NULL;
        char alias[64];
        int n = file ? certificate_to_pem(bytes_view(&r->der), &pem) : -ENOMEM;

        if (n >= 0)
                n = atomic_file_write(file, bytes_view(&pem), 0600, true);
        if (n < 0)
                return n;
        (void) alias_of(r, 0, alias);
        return command_add(ret, (const char *const[]) { KEYTOOL_BEGIN(k), "-importcert", "-noprompt", "-trustcacerts", "-alias", alias, "-file", file, "-keystore",
                                                        work, "-storepass", PASSWORD, NULL });
}

static int add_deletes(const KeyStore *k, const char *work, View content, const Record *r, CommandList *ret) {
        int n = 0;

        for (size_t i = 0; n >= 0 && i < ALIASES; i++) {
                char alias[64];

                (void) alias_of(r, i, alias);
                if (has_alias(content, alias))
                        n = command_add(ret, (const char *const[]) { KEYTOOL_BEGIN(k), "-delete", "-alias", alias, "-keystore", work, "-storepass", PASSWORD, NULL });
        }
        return n;
}

/* Whether the store is as we left it. */
static bool is_as_left(const Stores *s, const KeyStore *k, View content) {
        _cleanup_free_ char *file = own_file(s, k, "left"), *text = NULL;
        _cleanup_bytes_ Bytes left = BYTES_NULL;
        uint8_t digest[SHA256_SIZE];

        if (!file || read_file(file, 4096, &left) < 0 || left.len == 0 || sha256(content, digest) < 0)
                return false;
        text = hex_encode(VIEW(digest, sizeof(digest)));
        return text && left.data && memmem(left.data, left.len, text, DIGEST_TEXT_SIZE);
}

/* Whether others of ours stay when those of the list have left. */
static bool others_stay(const Stores *s, const RecordList *leaving) {
        _cleanup_(record_list_done) RecordList all = { 0 };
        size_t damaged;

        if (record_list(s->records, &all, &damaged) < 0)
                return true;
        for (size_t i = 0; i < all.n; i++) {
                const Record *r = record_list_find(leaving, all.records[i].fingerprint);

                if ((all.records[i].stores & store_bit(STORE_JAVA)) && !(r && record_is_pending(r, STORE_JAVA)))
                        return true;
        }
        return damaged > 0;
}

/* A copy to work on: of the store as it was before us, where that is what it is to become. */
static int begin_work(const Stores *s, const KeyStore *k, const RecordList *l, bool leaving, View content, bool *ret_done) {
        _cleanup_free_ char *work = own_file(s, k, "work"), *original = own_file(s, k, "orig");
        _cleanup_bytes_ Bytes before = BYTES_NULL;

        if (!work || !original)
                return -ENOMEM;
        *ret_done = leaving && is_as_left(s, k, content) && !others_stay(s, l) && read_file(original, KEY_STORE_SIZE_MAX, &before) >= 0;
        return atomic_file_write(work, *ret_done ? bytes_view(&before) : content, 0600, true);
}

static int commands(const Stores *s, const RecordList *l, bool leaving, bool torn, CommandList *ret) {
        _cleanup_key_stores_ KeyStores stores = { 0 };
        int r = find_key_stores(s, &stores);

        for (size_t i = 0; r >= 0 && i < stores.n; i++) {
                const KeyStore *k = &stores.items[i];
                _cleanup_free_ char *work = own_file(s, k, "work");
                _cleanup_bytes_ Bytes content = BYTES_NULL;
                bool done = false;

                r = work ? read_file(k->path, KEY_STORE_SIZE_MAX, &content) : -ENOMEM;
                if (r >= 0)
                        r = begin_work(s, k, l, leaving, bytes_view(&content), &done);
                for (size_t n = 0; r >= 0 && !done && n < l->n; n++)
                        if (record_is_pending(&l->records[n], STORE_JAVA))
                                r = leaving ? add_deletes(k, work, bytes_view(&content), &l->records[n], ret) : add_import(s, k, work, &l->records[n], ret);
        }
        return r;
}

/* --- The result --------------------------------------------------------------------------------------------------- */

/* Whether the copy became what it was to become. */
static int is_done(View work, const RecordList *l, bool leaving) {
        _cleanup_survey_ Survey survey = { 0 };
        int r = survey_add_binary(&survey, work, PURPOSE_ALL);

        for (size_t i = 0; r >= 0 && i < l->n; i++) {
                char alias[64];

                if (!record_is_pending(&l->records[i], STORE_JAVA))
                        continue;
                (void) alias_of(&l->records[i], 0, alias);
                if (leaving ? has_alias(work, alias) : survey_find(&survey, l->records[i].fingerprint) == 0)
                        r = -EIO;
        }
        return r;
}

static int append_digest(Bytes *text, View content) {
        _cleanup_free_ char *hex = NULL;
        uint8_t digest[SHA256_SIZE];
        int r = sha256(content, digest);

        if (r < 0)
                return r;
        hex = hex_encode(VIEW(digest, sizeof(digest)));
        return hex ? bytes_printf(text, "%s\n", hex) : -ENOMEM;
}

/* What is needed to put the store back. Both digests, since a crash may fall before the store is replaced or after. Of a store that somebody else
 * changed while it has ours there is nothing to go back to. */
static int remember(const Stores *s, const KeyStore *k, View content, View work) {
        _cleanup_free_ char *original = own_file(s, k, "orig"), *left = own_file(s, k, "left");
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r = original && left ? 0 : -ENOMEM;

        if (r >= 0 && !has_any_of_ours(content))
                r = atomic_file_write(original, content, 0600, true);
        else if (r >= 0 && !is_as_left(s, k, content))
                r = delete_file(original);
        if (r >= 0)
                r = append_digest(&text, content);
        if (r >= 0)
                r = append_digest(&text, work);
        return r < 0 ? r : atomic_file_write(left, bytes_view(&text), 0600, true);
}

static int forget(const Stores *s, const KeyStore *k) {
        static const char *const suffixes[] = { "left", "orig" };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(suffixes); i++) {
                _cleanup_free_ char *file = own_file(s, k, suffixes[i]);

                r = file ? delete_file(file) : -ENOMEM;
        }
        return r;
}

static int settle_one(const Stores *s, const KeyStore *k, const RecordList *l, bool leaving) {
        _cleanup_free_ char *file = own_file(s, k, "work");
        _cleanup_bytes_ Bytes content = BYTES_NULL, work = BYTES_NULL;
        struct stat st;
        int r;

        if (!file || stat(k->path, &st) < 0)
                return file ? -errno : -ENOMEM;
        r = read_file(k->path, KEY_STORE_SIZE_MAX, &content);
        if (r >= 0)
                r = read_file(file, KEY_STORE_SIZE_MAX, &work);
        if (r >= 0)
                r = is_done(bytes_view(&work), l, leaving);
        if (r >= 0 && !view_equal(bytes_view(&content), bytes_view(&work))) {
                r = remember(s, k, bytes_view(&content), bytes_view(&work));
                if (r >= 0)
                        r = atomic_file_write(k->path, bytes_view(&work), st.st_mode & 07777, true);
        }
        if (r >= 0 && leaving && !has_any_of_ours(bytes_view(&work)))
                r = forget(s, k);
        (void) delete_file(file);
        return r;
}

static int settle(const Stores *s, const RecordList *l, bool leaving) {
        _cleanup_key_stores_ KeyStores stores = { 0 };
        int r = find_key_stores(s, &stores);

        for (size_t i = 0; i < stores.n; i++) {
                int k = settle_one(s, &stores.items[i], l, leaving);

                r = r < 0 ? r : k;
        }
        for (size_t i = 0; i < l->n; i++) {
                _cleanup_free_ char *file = certificate_file(s, &l->records[i]);

                if (file)
                        (void) delete_file(file);
        }
        return r;
}

static int put_nothing(const Stores *s, const Record *r) {
        return 0;
}

static bool is_gone(const Stores *s, const Record *r) {
        _cleanup_key_stores_ KeyStores l = { 0 };
        char alias[64];

        if (find_key_stores(s, &l) < 0)
                return false;
        (void) alias_of(r, 0, alias);
        for (size_t i = 0; i < l.n; i++) {
                _cleanup_bytes_ Bytes content = BYTES_NULL;

                if (read_file(l.items[i].path, KEY_STORE_SIZE_MAX, &content) < 0 || has_alias(bytes_view(&content), alias))
                        return false;
        }
        return true;
}

const Store store_java = {
        .id = STORE_JAVA,
        .name = N_("Java"),
        .is_present = is_present,
        .place = place,
        .path = path,
        .problem = problem,
        .survey = survey,
        .put = put_nothing,
        .drop = put_nothing,
        .commands = commands,
        .settle = settle,
        .is_gone = is_gone,
};
