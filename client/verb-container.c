/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet container list, extract: what is in an ASiC container, and the documents out of it. Needs no service; what the signatures are worth says verify. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "client/output.h"
#include "client/verbs.h"
#include "client/verified.h"
#include "sign/asic/asic-extract.h"

static int open_container(const char *path, int *ret_fd, AsicContainer *ret) {
        int r;

        verified_guard(path);
        r = verified_open(path, ret_fd);
        if (r > 0)
                return r;
        r = asic_open(*ret_fd, ret);
        if (r > 0)
                return fail(EXIT_FAILED, "%s: %s", path, _(zip_strerror(r)));
        return r < 0 ? fail_file(r, path) : 0;
}

static const char *role_id(AsicRole role) {
        static const char *const ids[ASIC_ROLE_MAX] = {
                [ASIC_ROLE_DATA] = "document",
                [ASIC_ROLE_FOLDER] = "folder",
                [ASIC_ROLE_MIMETYPE] = "mimetype",
                [ASIC_ROLE_CADES] = "signature",
                [ASIC_ROLE_XADES] = "signature",
                [ASIC_ROLE_TIMESTAMP] = "timestamp",
                [ASIC_ROLE_MANIFEST] = "manifest",
                [ASIC_ROLE_ARCHIVE_MANIFEST] = "manifest",
                [ASIC_ROLE_PACKAGE_MANIFEST] = "manifest",
                [ASIC_ROLE_EVIDENCE] = "evidence",
                [ASIC_ROLE_OTHER] = "other",
        };

        return ids[role];
}

static const char *role_word(AsicRole role) {
        static const char *const words[ASIC_ROLE_MAX] = {
                [ASIC_ROLE_DATA] = N_("document"),
                [ASIC_ROLE_FOLDER] = N_("folder"),
                [ASIC_ROLE_MIMETYPE] = N_("kind of container"),
                [ASIC_ROLE_CADES] = N_("signature"),
                [ASIC_ROLE_XADES] = N_("signature"),
                [ASIC_ROLE_TIMESTAMP] = N_("timestamp"),
                [ASIC_ROLE_MANIFEST] = N_("what a signature is of"),
                [ASIC_ROLE_ARCHIVE_MANIFEST] = N_("what a timestamp is of"),
                [ASIC_ROLE_PACKAGE_MANIFEST] = N_("list of files"),
                [ASIC_ROLE_EVIDENCE] = N_("evidence record"),
                [ASIC_ROLE_OTHER] = N_("of unknown use"),
        };

        return _(words[role]);
}

static void print_json(const AsicContainer *c) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_string(&j, "container", asic_kind_to_string(c->kind));
        json_array_begin(&j, "entries");
        for (size_t i = 0; i < c->zip.n; i++) {
                json_object_begin(&j, NULL);
                json_string(&j, "name", c->zip.entries[i].name);
                json_string(&j, "role", role_id(c->roles[i]));
                json_int(&j, "size", (int64_t) c->zip.entries[i].size);
                json_object_end(&j);
        }
        json_array_end(&j);
        json_object_end(&j);
        (void) json_finish(&j);
}

static void print_table(const AsicContainer *c) {
        const char *const titles[] = { _("Name"), _("Size"), _("What it is") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);

        for (size_t i = 0; i < c->zip.n; i++) {
                char size[32];

                snprintf(size, sizeof(size), "%llu", (unsigned long long) c->zip.entries[i].size);
                table_cell(t, c->zip.entries[i].name);
                table_cell(t, size);
                table_cell(t, role_word(c->roles[i]));
        }
        table_print(t);
}

int verb_container_list(Client *c) {
        _cleanup_asic_ AsicContainer container = { .zip.fd = -1 };
        _cleanup_close_ int fd = -1;
        int r;

        r = open_container(c->arguments.words[0], &fd, &container);
        if (r > 0)
                return r;
        if (c->json)
                print_json(&container);
        else
                print_table(&container);
        return EXIT_OK;
}

/* contract for contract.asice. */
static char *default_directory(const char *path) {
        const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
        char *name = NULL;

        if (dot && dot > base)
                return strndup(base, (size_t) (dot - base));
        return asprintf(&name, "%s-files", base) < 0 ? NULL : name;
}

static mode_t new_mode(void) {
        mode_t mask = umask(0);

        umask(mask);
        return 0777 & ~mask;
}

static int fail_extract(int r, const char *path, const char *directory) {
        _cleanup_free_ char *shown = text_clean(directory);

        if (r == -EEXIST)
                return fail(EXIT_FAILED, _("%s exists already: choose another folder with -o."), shown);
        if (r == -ENOSPC || r == -EDQUOT)
                return fail(EXIT_FAILED, _("%s: the disk is full; nothing was written. Make room, or use -o for another place."), shown);
        return r > 0 ? fail(EXIT_FAILED, "%s: %s", path, _(zip_strerror(r))) : fail_file(r, directory);
}

static int report_extracted(Client *c, const AsicContainer *container, const char *directory) {
        _cleanup_free_ char *name = text_from_locale(directory), *shown = text_clean(name ?: "");
        size_t n = container->n[ASIC_ROLE_DATA];
        Json j = JSON_INIT(stdout);

        if (!c->json) {
                out(ngettext("%zu document in %s.\n", "%zu documents in %s.\n", n), n, shown);
                hint("%s", _("Nothing was verified: “sygnet verify” tells what the signatures are worth."));
                return EXIT_OK;
        }
        json_object_begin(&j, NULL);
        json_string(&j, "directory", directory);
        json_array_begin(&j, "documents");
        for (size_t i = 0; i < container->zip.n; i++)
                if (container->roles[i] == ASIC_ROLE_DATA)
                        json_string(&j, NULL, container->zip.entries[i].name);
        json_array_end(&j);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

int verb_container_extract(Client *c) {
        _cleanup_asic_ AsicContainer container = { .zip.fd = -1 };
        const char *path = c->arguments.words[0], *output = arguments_get(&c->arguments, "output");
        _cleanup_free_ char *directory = output ? strdup(output) : default_directory(path);
        _cleanup_close_ int fd = -1;
        int r;

        if (!directory)
                return fail_memory();
        r = open_container(path, &fd, &container);
        if (r > 0)
                return r;
        if (container.n[ASIC_ROLE_DATA] == 0)
                return fail(EXIT_NOT_FOUND, _("%s: no document is in it."), path);
        r = asic_extract(&container, directory, new_mode());
        return r != 0 ? fail_extract(r, path, directory) : report_extracted(c, &container, directory);
}
