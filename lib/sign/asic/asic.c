/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The anatomy of containers; see asic.h. */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/atomic-file.h"
#include "sign/asic/asic.h"

#define MIMETYPE_MAX 128U
#define IN_MEMORY (1024U * 1024U)
#define READ_FREE (2U * 1024U * 1024U)   /* signatures and manifests may be so large, and beyond that */
#define READ_RATIO 4U                   /* so many times the container's own size, */
#define READ_MAX (32U * 1024U * 1024U)   /* up to this */

void asic_done(AsicContainer *c) {
        for (size_t i = 0; i < c->n_digests; i++)
                free(c->digests[i].of);
        free(c->roles);
        zip_done(&c->zip);
        *c = (AsicContainer) { .zip.fd = -1 };
}

const char *asic_kind_to_string(AsicKind kind) {
        static const char *const names[] = { [ASIC_S] = "ASiC-S", [ASIC_E] = "ASiC-E", [ASIC_ODF] = "ODF" };

        return names[kind];
}

static bool ends_with(const char *s, const char *end) {
        size_t len = strlen(s), end_len = strlen(end);

        return len >= end_len && strcmp(s + len - end_len, end) == 0;
}

static bool starts_with(const char *s, const char *start) {
        return strncmp(s, start, strlen(start)) == 0;
}

/* §4.3.3.2, §4.4.3.2, §4.4.4.2 and annex A: by their names. */
static AsicRole role_of(const ZipEntry *e) {
        const char *name = e->name;

        if (zip_is_folder(e))
                return ASIC_ROLE_FOLDER;
        if (strcmp(name, "mimetype") == 0)
                return ASIC_ROLE_MIMETYPE;
        if (!starts_with(name, "META-INF/"))
                return ASIC_ROLE_DATA;
        name += strlen("META-INF/");
        if (strcmp(name, "manifest.xml") == 0)
                return ASIC_ROLE_PACKAGE_MANIFEST;
        if (starts_with(name, "ASiCManifest") && ends_with(name, ".xml"))
                return ASIC_ROLE_MANIFEST;
        if (starts_with(name, "ASiCArchiveManifest") && ends_with(name, ".xml"))
                return ASIC_ROLE_ARCHIVE_MANIFEST;
        if (strstr(name, "videncerecord") || starts_with(name, "ASiCEvidenceRecordManifest"))
                return ASIC_ROLE_EVIDENCE;
        if (strstr(name, "signature") && ends_with(name, ".p7s"))
                return ASIC_ROLE_CADES;
        if (strstr(name, "signatures") && ends_with(name, ".xml"))
                return ASIC_ROLE_XADES;
        return strstr(name, "timestamp") && ends_with(name, ".tst") ? ASIC_ROLE_TIMESTAMP : ASIC_ROLE_OTHER;
}

/* What the container says of itself (annex A.1); where it says nothing, what can be seen. */
static int find_kind(AsicContainer *c) {
        const ZipEntry *e = zip_find(&c->zip, "mimetype");
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        const char *type;
        int r;

        if (c->n[ASIC_ROLE_CADES] + c->n[ASIC_ROLE_XADES] + c->n[ASIC_ROLE_TIMESTAMP] + c->n[ASIC_ROLE_EVIDENCE] > 0)
                c->kind = c->n[ASIC_ROLE_MANIFEST] > 0 || c->n[ASIC_ROLE_DATA] != 1 ? ASIC_E : ASIC_S;
        if (!e)
                return 0;
        r = zip_read_all(&c->zip, e, MIMETYPE_MAX, &b);
        if (r == ZIP_E_TOO_LARGE)
                return 0;
        if (r != 0)
                return r;
        r = bytes_append_byte(&b, '\0');
        if (r < 0)
                return r;
        type = (const char *) b.data;
        if (starts_with(type, "application/vnd.etsi.asic-s+zip"))
                c->kind = ASIC_S;
        else if (starts_with(type, "application/vnd.etsi.asic-e+zip"))
                c->kind = ASIC_E;
        else if (starts_with(type, "application/vnd.oasis.opendocument."))
                c->kind = ASIC_ODF;
        return 0;
}

int asic_open(int fd, AsicContainer *ret) {
        _cleanup_asic_ AsicContainer c = { .zip.fd = -1 };
        int r;

        r = zip_open(fd, &c.zip);
        if (r != 0)
                return r;
        c.roles = calloc(c.zip.n + 1, sizeof(*c.roles));
        if (!c.roles)
                return -ENOMEM;
        for (size_t i = 0; i < c.zip.n; i++) {
                c.roles[i] = role_of(&c.zip.entries[i]);
                c.n[c.roles[i]]++;
        }
        r = find_kind(&c);
        if (r != 0)
                return r;
        *ret = c;
        c = (AsicContainer) { .zip.fd = -1 };
        return 0;
}

static int hex_value(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 3986 §2.1. NULL for what is not escaped right, and when memory ran out. */
static char *unescape(const char *uri) {
        _cleanup_free_ char *name = malloc(strlen(uri) + 1);
        char *to = name;

        if (!name)
                return NULL;
        for (; *uri; uri++) {
                int high, low;

                if (*uri != '%') {
                        *to++ = *uri;
                        continue;
                }
                high = hex_value(uri[1]);
                low = high < 0 ? -1 : hex_value(uri[2]);
                if (low < 0 || (high == 0 && low == 0))
                        return NULL;
                *to++ = (char) (high << 4 | low);
                uri += 2;
        }
        *to = '\0';
        return TAKE_PTR(name);
}

const ZipEntry *asic_find_uri(const AsicContainer *c, const char *uri) {
        _cleanup_free_ char *name = unescape(uri);
        const ZipEntry *e = name ? zip_find(&c->zip, name) : NULL;

        return e ?: zip_find(&c->zip, uri);
}

const ZipEntry *asic_single(const AsicContainer *c) {
        for (size_t i = 0; c->n[ASIC_ROLE_DATA] == 1 && i < c->zip.n; i++)
                if (c->roles[i] == ASIC_ROLE_DATA)
                        return &c->zip.entries[i];
        return NULL;
}

int asic_digest(AsicContainer *c, const ZipEntry *e, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        Digest *d;
        size_t i;
        int r;

        for (i = 0; i < c->n_digests && c->digests[i].algorithm != algorithm; i++)
                ;
        if (i == c->n_digests) {
                /* There are no more algorithms than that which anybody should use. */
                if (i == ASIC_DIGESTS_MAX)
                        return -EOPNOTSUPP;
                c->digests[i].of = calloc(c->zip.n, sizeof(*c->digests[i].of));
                if (!c->digests[i].of)
                        return -ENOMEM;
                c->digests[i].algorithm = algorithm;
                c->n_digests++;
        }
        d = &c->digests[i].of[asic_index(c, e)];
        if (d->len == 0) {
                r = zip_digest(&c->zip, e, algorithm, d);
                if (r != 0)
                        return r;
        }
        *ret = *d;
        return 0;
}

static int write_piece(void *userdata, View piece) {
        return write_all(*(int *) userdata, piece);
}

int asic_pour(const AsicContainer *c, const ZipEntry *e, int *ret) {
        const char *folder = getenv("TMPDIR");
        _cleanup_close_ int fd = -1;
        int r;

        fd = e->size <= IN_MEMORY ? memfd_create("sygnet-asic", MFD_CLOEXEC) : open(folder && *folder ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        r = zip_read(&c->zip, e, write_piece, &fd);
        if (r == 0)
                *ret = TAKE_FD(fd);
        return r;
}

int asic_read(const AsicContainer *c, const ZipEntry *e, Bytes *ret) {
        uint64_t max = READ_FREE + READ_RATIO * (c->zip.size < READ_MAX ? c->zip.size : READ_MAX);

        return zip_read_all(&c->zip, e, max < READ_MAX ? (size_t) max : READ_MAX, ret);
}
