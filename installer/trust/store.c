/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the stores have in common; see store.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "installer/trust/store.h"

#define FILE_SIZE_MAX (256U * 1024U)

static const Store *const stores[STORE_MAX] = {
        [STORE_CA_CERTIFICATES] = &store_ca_certificates, [STORE_CA_TRUST] = &store_ca_trust,
        [STORE_SUSE] = &store_suse,                       [STORE_P11_KIT] = &store_p11_kit,
        [STORE_FIREFOX_POLICY] = &store_firefox_policy,   [STORE_JAVA] = &store_java,
};

const Store *store_by_id(StoreId id) {
        return id < STORE_MAX ? stores[id] : NULL;
}

int stores_init(Stores *s, const char *root) {
        *s = (Stores) { .root = strdup(root) };
        s->records = s->root ? stores_path(s, "/var/lib/sygnet-trust") : NULL;
        if (!s->records)
                return -ENOMEM;
        return mkdir(s->records, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

void stores_done(Stores *s) {
        free(s->root);
        free(s->records);
        *s = (Stores) { 0 };
}

int stores_open_lock(const Stores *s) {
        _cleanup_free_ char *path = NULL;
        int fd;

        if (asprintf(&path, "%s/lock", s->records) < 0)
                return -ENOMEM;
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        return fd < 0 ? -errno : fd;
}

char *stores_path(const Stores *s, const char *format, ...) {
        _cleanup_free_ char *path = NULL;
        char *whole;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&path, format, ap);
        va_end(ap);
        if (r < 0) {
                path = NULL;
                return NULL;
        }
        return asprintf(&whole, "%s%s", s->root, path) < 0 ? NULL : whole;
}

bool stores_has(const Stores *s, const char *path) {
        _cleanup_free_ char *whole = stores_path(s, "%s", path);

        return whole && access(whole, F_OK) >= 0;
}

/* --- Commands ----------------------------------------------------------------------------------------------------- */

static void command_done(Command *c) {
        for (char **word = c->argv; *word; word++)
                free(*word);
        *c = (Command) { 0 };
}

void command_list_done(CommandList *l) {
        for (size_t i = 0; i < l->n; i++)
                command_done(&l->items[i]);
        free(l->items);
        *l = (CommandList) { 0 };
}

int command_add(CommandList *l, const char *const *argv) {
        Command command = { 0 }, *grown;

        for (size_t i = 0; argv[i]; i++) {
                if (i < COMMAND_WORDS_MAX)
                        command.argv[i] = strdup(argv[i]);
                if (i >= COMMAND_WORDS_MAX || !command.argv[i]) {
                        command_done(&command);
                        return i >= COMMAND_WORDS_MAX ? -E2BIG : -ENOMEM;
                }
        }
        grown = reallocarray(l->items, l->n + 1, sizeof(*grown));
        if (!grown) {
                command_done(&command);
                return -ENOMEM;
        }
        l->items = grown;
        l->items[l->n++] = command;
        return 0;
}

/* --- Files -------------------------------------------------------------------------------------------------------- */

int certificate_to_pem(View der, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r = pem_append(&b, "CERTIFICATE", der);

        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}

int content_put(const char *path, View content) {
        return atomic_file_write(path, content, 0644, false);
}

int content_is(const char *path, View content) {
        _cleanup_bytes_ Bytes file = BYTES_NULL;
        int r = read_file(path, FILE_SIZE_MAX, &file);

        if (r == -ENOENT || r == -EFBIG || r == -EISDIR)
                return 0;
        return r < 0 ? r : view_equal(content, bytes_view(&file));
}

int content_drop(const char *path, View content) {
        int r = content_is(path, content);

        return r <= 0 ? r : delete_file(path);
}

const char *directory_problem(const Stores *s, const char *path) {
        _cleanup_free_ char *whole = stores_path(s, "%s", path);

        return whole ? path_problem(whole) : N_("There is not enough memory to look at it.");
}

const char *path_problem(const char *path) {
        if (access(path, W_OK) >= 0)
                return NULL;
        return errno == EROFS ? N_("It is on a file system that is mounted read-only.") :
               errno == ENOENT ? N_("Its directory does not exist.") : N_("Its directory cannot be written to.");
}
