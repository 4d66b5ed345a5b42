/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Containers whose signatures change; see asic-extend.h. */

#include <errno.h>
#include <string.h>

#include "sign/asic/asic-extend.h"
#include "sign/asic/asic-manifest.h"
#include "sign/asic/asic.h"
#include "sign/asic/zip-format.h"
#include "sign/asic/zip-write.h"

typedef struct Change {
        AsicContainer container;
        Bytes *changed; /* by entry; empty: as it is */
        size_t first;   /* the first entry that is changed */
} Change;

static void change_done(Change *c) {
        for (size_t i = 0; c->changed && i < c->container.zip.n; i++)
                bytes_done(&c->changed[i]);
        free(c->changed);
        asic_done(&c->container);
}

static bool is_signature(const AsicContainer *c, size_t i) {
        return c->roles[i] == ASIC_ROLE_CADES || c->roles[i] == ASIC_ROLE_XADES;
}

/* Whether this manifest is over a signature. */
static int names_signature(const AsicContainer *c, const ZipEntry *e, bool *ret) {
        _cleanup_bytes_ Bytes xml = BYTES_NULL;
        AsicManifest m;
        int r;

        r = asic_read(c, e, &xml);
        if (r != 0)
                return r;
        r = asic_manifest_read(bytes_view(&xml), &m);
        if (r < 0)
                return r == -EBADMSG ? 0 : r;
        for (size_t i = 0; i < m.n && !*ret; i++) {
                const ZipEntry *named = asic_find_uri(c, m.references[i].uri);

                *ret = named && is_signature(c, asic_index(c, named));
        }
        asic_manifest_done(&m);
        return 0;
}

static int check_manifests(const AsicContainer *c) {
        bool covered = c->n[ASIC_ROLE_ARCHIVE_MANIFEST] > 0 || c->n[ASIC_ROLE_EVIDENCE] > 0;
        int r = 0;

        for (size_t i = 0; i < c->zip.n && r == 0 && !covered; i++)
                if (c->roles[i] == ASIC_ROLE_MANIFEST)
                        r = names_signature(c, &c->zip.entries[i], &covered);
        return r != 0 ? r : covered ? ASIC_EXTEND_COVERED : 0;
}

static int change_all(Change *c, AsicChange change, void *userdata) {
        const AsicContainer *container = &c->container;
        int r = 0;

        for (size_t i = 0; i < container->zip.n && r == 0; i++) {
                _cleanup_bytes_ Bytes old = BYTES_NULL;

                if (!is_signature(container, i))
                        continue;
                r = asic_read(container, &container->zip.entries[i], &old);
                if (r == 0)
                        r = change(userdata, bytes_view(&old), container->roles[i] == ASIC_ROLE_XADES, &c->changed[i]);
                if (r == 0 && i < c->first)
                        c->first = i;
                if (r == 1)
                        r = 0;
        }
        return r != 0 ? r : c->first == container->zip.n ? ASIC_EXTEND_NONE : 0;
}

/* As zip_open() read its name; NULL where it did not take it as it is. */
static const ZipEntry *entry_of(const ZipArchive *a, View name) {
        char text[ZIP_NAME_MAX + 1];

        if (name.len > ZIP_NAME_MAX)
                return NULL;
        memcpy(text, name.data, name.len);
        text[name.len] = '\0';
        return zip_find(a, text);
}

/* The central headers of the entries before the first that changes; zip_open() has looked at all of them. */
static int filter_directory(const Change *c, Bytes *ret) {
        View rest = bytes_view(&c->container.zip.directory);
        int r = 0;

        while (r >= 0 && rest.len >= ZIP_CENTRAL_SIZE) {
                size_t name = zip_u16(rest.data + 28), len = ZIP_CENTRAL_SIZE + name + zip_u16(rest.data + 30) + zip_u16(rest.data + 32);
                const ZipEntry *e = len <= rest.len ? entry_of(&c->container.zip, VIEW(rest.data + ZIP_CENTRAL_SIZE, name)) : NULL;

                if (!e)
                        return ZIP_E_UNSUPPORTED;
                if (asic_index(&c->container, e) < c->first)
                        r = bytes_append_view(ret, VIEW(rest.data, len));
                rest = VIEW(rest.data + len, rest.len - len);
        }
        return r;
}

/* What stands before the first one is copied as it is. */
static int begin(const Change *c, int out_fd, int64_t now, ZipWriter **ret) {
        ZipArchive front = c->container.zip;
        _cleanup_bytes_ Bytes directory = BYTES_NULL;
        int r;

        r = filter_directory(c, &directory);
        if (r != 0)
                return r;
        front.n = c->first;
        front.directory_at = c->container.zip.entries[c->first].at;
        front.directory = directory;
        return zip_writer_new_from(out_fd, now, &front, ret);
}

static int ignore_piece(void *userdata, View piece) {
        return 0;
}

static int copy_entry(const Change *c, const ZipEntry *e, ZipWriter *w) {
        _cleanup_close_ int fd = -1;
        int r;

        r = asic_pour(&c->container, e, &fd);
        return r != 0 ? r : zip_writer_add_fd(w, e->name, fd, e->size, ignore_piece, NULL);
}

static int write_container(const Change *c, int out_fd, int64_t now) {
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;
        const ZipArchive *a = &c->container.zip;
        int r;

        r = begin(c, out_fd, now, &w);
        for (size_t i = c->first; i < a->n && r == 0; i++) {
                if (zip_is_folder(&a->entries[i]))
                        continue; /* the names of its files say that it is there */
                r = c->changed[i].len > 0 ? zip_writer_add(w, a->entries[i].name, bytes_view(&c->changed[i])) : copy_entry(c, &a->entries[i], w);
        }
        return r != 0 ? r : zip_writer_finish(w);
}

int asic_extend(int in_fd, int out_fd, int64_t now, AsicChange change, void *userdata) {
        _cleanup_(change_done) Change c = { 0 };
        int r;

        r = asic_open(in_fd, &c.container);
        if (r != 0)
                return r;
        c.first = c.container.zip.n;
        c.changed = calloc(c.container.zip.n + 1, sizeof(*c.changed));
        if (!c.changed)
                return -ENOMEM;
        r = check_manifests(&c.container);
        if (r == 0)
                r = change_all(&c, change, userdata);
        return r != 0 ? r : write_container(&c, out_fd, now);
}
