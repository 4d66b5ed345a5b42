/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The directory of a ZIP archive, held against everything else that the archive says of itself; see zip.h. */

#include <errno.h>
#include <sys/stat.h>

#include "base/utf8.h"
#include "sign/verify-report.h"
#include "sign/asic/zip-format.h"
#include "sign/asic/zip.h"

#define COMMENT_MAX 65535U
#define DEFLATE_RATIO_MAX 1032U /* what deflate can reach */
#define MADE_BY_UNIX 3U
#define MADE_BY_DARWIN 19U

void zip_done(ZipArchive *a) {
        for (size_t i = 0; i < a->n; i++)
                free(a->entries[i].name);
        free(a->entries);
        free(a->by_name);
        bytes_done(&a->directory);
        *a = (ZipArchive) { .fd = -1 };
}

/* 0, ZIP_E_DAMAGED when the file ends before, or a negative errno. */
static int read_at(const ZipArchive *a, uint64_t at, void *p, size_t len) {
        uint8_t *to = p;

        if (at > a->size || len > a->size - at)
                return ZIP_E_DAMAGED;
        while (len > 0) {
                ssize_t n = pread(a->fd, to, len, (off_t) at);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EIO;
                to += n;
                at += (uint64_t) n;
                len -= (size_t) n;
        }
        return 0;
}

bool zip_recognize(int fd) {
        uint8_t head[4];

        return pread(fd, head, sizeof(head), 0) == sizeof(head) && (zip_u32(head) == ZIP_LOCAL || zip_u32(head) == ZIP_END);
}

static bool component_is_sound(const char *c, size_t len) {
        return len > 0 && len <= 255 && !(len == 1 && c[0] == '.') && !(len == 2 && c[0] == '.' && c[1] == '.');
}

bool zip_name_is_sound(const char *name) {
        size_t len = strlen(name);

        if (len == 0 || len > ZIP_NAME_MAX || !utf8_is_printable(name) || strchr(name, '\\'))
                return false;
        for (const char *c = name; *c;) {
                size_t n = strcspn(c, "/");

                if (!component_is_sound(c, n))
                        return false;
                c += n + (c[n] == '/');
        }
        return true;
}

typedef struct End {
        uint64_t n, directory_at, directory_len;
        uint64_t at; /* of the first end record: where the directory ends */
} End;

/* The value of 16 or 32 bits is the one of 64 bits, or gives way to it. */
static bool agrees(uint64_t small, uint64_t full, uint64_t saturated) {
        return small == saturated || small == full;
}

/* §4.3.14 and §4.3.15: in front of the end record, where there is one. */
static int read_end64(const ZipArchive *a, const uint8_t *end, uint64_t end_at, End *ret) {
        uint8_t locator[ZIP_LOCATOR_SIZE], p[ZIP_END64_SIZE];
        uint64_t at;
        int r;

        if (end_at < ZIP_LOCATOR_SIZE || read_at(a, end_at - ZIP_LOCATOR_SIZE, locator, sizeof(locator)) != 0 || zip_u32(locator) != ZIP_LOCATOR)
                return 0;
        at = zip_u64(locator + 8);
        if (zip_u32(locator + 4) != 0 || zip_u32(locator + 16) > 1)
                return ZIP_E_UNSUPPORTED;
        r = read_at(a, at, p, sizeof(p));
        if (r != 0)
                return r;
        if (zip_u32(p) != ZIP_END64 || zip_u64(p + 4) != end_at - ZIP_LOCATOR_SIZE - at - 12)
                return ZIP_E_DAMAGED;
        if (zip_u32(p + 16) != 0 || zip_u32(p + 20) != 0 || zip_u64(p + 24) != zip_u64(p + 32))
                return ZIP_E_UNSUPPORTED;
        *ret = (End) { .n = zip_u64(p + 32), .directory_len = zip_u64(p + 40), .directory_at = zip_u64(p + 48), .at = at };
        return agrees(zip_u16(end + 10), ret->n, UINT16_MAX) && agrees(zip_u32(end + 12), ret->directory_len, UINT32_MAX) &&
               agrees(zip_u32(end + 16), ret->directory_at, UINT32_MAX) ? 0 : ZIP_E_AMBIGUOUS;
}

static int read_end_at(const ZipArchive *a, const uint8_t *end, uint64_t end_at, End *ret) {
        End e = { .n = zip_u16(end + 10), .directory_len = zip_u32(end + 12), .directory_at = zip_u32(end + 16), .at = end_at };
        int r;

        if (zip_u16(end + 4) != 0 || zip_u16(end + 6) != 0 || zip_u16(end + 8) != zip_u16(end + 10))
                return ZIP_E_UNSUPPORTED;
        r = read_end64(a, end, end_at, &e);
        if (r != 0)
                return r;
        if (e.directory_at > e.at || e.at - e.directory_at != e.directory_len)
                return ZIP_E_AMBIGUOUS;
        *ret = e;
        return 0;
}

/* The end record (§4.3.16), whose comment reaches the file's last byte. A second one in the comment is there for another reader. */
static int find_end(const ZipArchive *a, End *ret) {
        size_t len = a->size < ZIP_END_SIZE + COMMENT_MAX ? (size_t) a->size : ZIP_END_SIZE + COMMENT_MAX;
        _cleanup_free_ uint8_t *tail = NULL;
        bool other = false;
        int r;

        if (len < ZIP_END_SIZE)
                return ZIP_E_NOT_ZIP;
        tail = malloc(len);
        if (!tail)
                return -ENOMEM;
        r = read_at(a, a->size - len, tail, len);
        if (r != 0)
                return r;
        for (size_t i = len - ZIP_END_SIZE + 1; i-- > 0;) {
                if (zip_u32(tail + i) != ZIP_END)
                        continue;
                if (zip_u16(tail + i + 20) == len - ZIP_END_SIZE - i)
                        return other ? ZIP_E_AMBIGUOUS : read_end_at(a, tail + i, a->size - len + i, ret);
                other = true;
        }
        return other ? ZIP_E_DAMAGED : ZIP_E_NOT_ZIP;
}

/* A header, central or local, with the numbers that both have. */
typedef struct Header {
        uint16_t flags, method;
        uint32_t crc;
        uint64_t packed, size, at;
        View name, extra;
} Header;

/* §4.5.3: of those that did not fit into 32 bits, in this order. */
static int read_zip64(View field, Header *h) {
        uint64_t *const values[] = { &h->size, &h->packed, &h->at };

        for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                if (*values[i] != UINT32_MAX)
                        continue;
                if (field.len < 8)
                        return ZIP_E_DAMAGED;
                *values[i] = zip_u64(field.data);
                field = VIEW(field.data + 8, field.len - 8);
        }
        return 0;
}

static int read_extra(Header *h) {
        View extra = h->extra;
        bool zip64 = false;
        int r;

        /* What is shorter than a field is padding, as aligning tools write it. */
        while (extra.len >= 4) {
                uint16_t id = zip_u16(extra.data);
                View field = VIEW(extra.data + 4, zip_u16(extra.data + 2));

                if (field.len > extra.len - 4)
                        return ZIP_E_DAMAGED;
                extra = VIEW(field.data + field.len, extra.len - 4 - field.len);
                if (id == ZIP_EXTRA_UNICODE_PATH && (field.len < 5 || !view_equal(VIEW(field.data + 5, field.len - 5), h->name)))
                        return ZIP_E_AMBIGUOUS;
                if (id != ZIP_EXTRA_ZIP64)
                        continue;
                if (zip64)
                        return ZIP_E_AMBIGUOUS;
                zip64 = true;
                r = read_zip64(field, h);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int check_supported(const Header *h) {
        if (h->flags & (ZIP_FLAG_ENCRYPTED | ZIP_FLAG_STRONG | ZIP_FLAG_MASKED | ZIP_FLAG_PATCH))
                return ZIP_E_UNSUPPORTED;
        if (h->method != ZIP_STORED && h->method != ZIP_DEFLATED)
                return ZIP_E_UNSUPPORTED;
        if (h->method == ZIP_STORED ? h->packed != h->size : h->packed == 0 || h->size / DEFLATE_RATIO_MAX > h->packed)
                return ZIP_E_DAMAGED;
        return 0;
}

/* Of Unix: regular files and folders. A link's contents would be a document to one reader and a place to another. */
static bool type_is_sound(const uint8_t *p, bool folder) {
        unsigned system = p[5];
        mode_t type = (mode_t) (zip_u32(p + 38) >> 16) & S_IFMT;

        return (system != MADE_BY_UNIX && system != MADE_BY_DARWIN) || type == 0 || type == (folder ? S_IFDIR : S_IFREG);
}

static int name_entry(View name, ZipEntry *e) {
        if (memchr(name.data, '\0', name.len))
                return ZIP_E_NAME;
        e->name = strndup((const char *) name.data, name.len);
        if (!e->name)
                return -ENOMEM;
        return zip_name_is_sound(e->name) ? 0 : ZIP_E_NAME;
}

/* The central header at the front of `*v` (§4.3.12), which is moved behind it. */
static int read_central(View *v, uint16_t *ret_flags, ZipEntry *e) {
        const uint8_t *p = v->data;
        size_t name_len, extra_len, len;
        Header h;
        int r;

        if (v->len < ZIP_CENTRAL_SIZE || zip_u32(p) != ZIP_CENTRAL)
                return ZIP_E_DAMAGED;
        name_len = zip_u16(p + 28);
        extra_len = zip_u16(p + 30);
        len = ZIP_CENTRAL_SIZE + name_len + extra_len + zip_u16(p + 32);
        if (len > v->len)
                return ZIP_E_DAMAGED;
        h = (Header) {
                .flags = zip_u16(p + 8), .method = zip_u16(p + 10), .crc = zip_u32(p + 16), .packed = zip_u32(p + 20), .size = zip_u32(p + 24),
                .at = zip_u32(p + 42), .name = VIEW(p + ZIP_CENTRAL_SIZE, name_len), .extra = VIEW(p + ZIP_CENTRAL_SIZE + name_len, extra_len),
        };
        r = read_extra(&h);
        if (r == 0)
                r = zip_u16(p + 34) != 0 ? ZIP_E_UNSUPPORTED : check_supported(&h);
        if (r == 0)
                r = name_entry(h.name, e);
        if (r != 0)
                return r;
        e->method = h.method;
        e->size = h.size;
        e->packed = h.packed;
        e->crc = h.crc;
        e->at = h.at;
        e->described = h.flags & ZIP_FLAG_DESCRIPTOR;
        *ret_flags = h.flags;
        *v = VIEW(p + len, v->len - len);
        if (!type_is_sound(p, zip_is_folder(e)))
                return ZIP_E_UNSUPPORTED;
        return zip_is_folder(e) && e->size > 0 ? ZIP_E_AMBIGUOUS : 0;
}

/* Where the numbers follow in a descriptor, they may be zero here (§4.4.4). */
static bool fits(uint64_t local, uint64_t central, bool described) {
        return local == central || (described && local == 0);
}

/* The local header (§4.3.7) says the same. `room` takes name and extra field. */
static int read_local(const ZipArchive *a, uint16_t flags, uint8_t *room, ZipEntry *e) {
        uint8_t p[ZIP_LOCAL_SIZE];
        size_t name_len, extra_len;
        Header h;
        int r;

        r = read_at(a, e->at, p, sizeof(p));
        if (r != 0)
                return r;
        if (zip_u32(p) != ZIP_LOCAL)
                return ZIP_E_DAMAGED;
        name_len = zip_u16(p + 26);
        extra_len = zip_u16(p + 28);
        r = read_at(a, e->at + ZIP_LOCAL_SIZE, room, name_len + extra_len);
        if (r != 0)
                return r;
        h = (Header) {
                .flags = zip_u16(p + 6), .method = zip_u16(p + 8), .crc = zip_u32(p + 14), .packed = zip_u32(p + 18), .size = zip_u32(p + 22),
                .name = VIEW(room, name_len), .extra = VIEW(room + name_len, extra_len),
        };
        r = read_extra(&h);
        if (r != 0)
                return r;
        if (!view_equal(h.name, view_string(e->name)) || h.method != e->method ||
            ((h.flags ^ flags) & (ZIP_FLAG_ENCRYPTED | ZIP_FLAG_DESCRIPTOR | ZIP_FLAG_STRONG | ZIP_FLAG_MASKED | ZIP_FLAG_UTF8)) ||
            !fits(h.crc, e->crc, e->described) || !fits(h.packed, e->packed, e->described) || !fits(h.size, e->size, e->described))
                return ZIP_E_AMBIGUOUS;
        e->data_at = e->at + ZIP_LOCAL_SIZE + name_len + extra_len;
        e->bare = extra_len == 0 && !e->described;
        return 0;
}

/* What stands between the data and the next header: nothing, or a descriptor (§4.3.9) in one of its four forms. */
static int check_between(const ZipArchive *a, const ZipEntry *e, uint64_t next) {
        uint8_t p[24];
        uint64_t len;
        size_t skip;
        bool wide;
        int r;

        if (e->data_at > next || e->packed > next - e->data_at)
                return ZIP_E_AMBIGUOUS;
        len = next - e->data_at - e->packed;
        if (!e->described)
                return len == 0 ? 0 : ZIP_E_AMBIGUOUS;
        if (len != 12 && len != 16 && len != 20 && len != 24)
                return ZIP_E_AMBIGUOUS;
        r = read_at(a, next - len, p, (size_t) len);
        if (r != 0)
                return r;
        wide = len >= 20;
        skip = len == 16 || len == 24 ? 4 : 0;
        if ((skip && zip_u32(p) != ZIP_DESCRIPTOR) || zip_u32(p + skip) != e->crc)
                return ZIP_E_AMBIGUOUS;
        return (wide ? zip_u64(p + skip + 4) : zip_u32(p + skip + 4)) == e->packed &&
               (wide ? zip_u64(p + skip + 12) : zip_u32(p + skip + 8)) == e->size ? 0 : ZIP_E_AMBIGUOUS;
}

static int compare_places(const void *a, const void *b) {
        const ZipEntry *x = a, *y = b;

        return x->at < y->at ? -1 : x->at > y->at;
}

static int compare_names(const void *a, const void *b) {
        const ZipEntry *const *x = a, *const *y = b;

        return strcmp((*x)->name, (*y)->name);
}

/* Headers and contents follow each other from the first byte on. */
static int check_places(ZipArchive *a) {
        uint64_t total = 0;
        int r;

        qsort(a->entries, a->n, sizeof(*a->entries), compare_places);
        if ((a->n > 0 ? a->entries[0].at : a->directory_at) != 0)
                return ZIP_E_AMBIGUOUS;
        for (size_t i = 0; i < a->n; i++) {
                r = check_between(a, &a->entries[i], i + 1 < a->n ? a->entries[i + 1].at : a->directory_at);
                if (r != 0)
                        return r;
                if (__builtin_add_overflow(total, a->entries[i].size, &total))
                        return ZIP_E_TOO_LARGE;
        }
        return total > ZIP_INFLATE_FREE && (total - ZIP_INFLATE_FREE) / ZIP_INFLATE_RATIO > a->size ? ZIP_E_TOO_LARGE : 0;
}

static int sort_names(ZipArchive *a) {
        a->by_name = calloc(a->n + 1, sizeof(*a->by_name));
        if (!a->by_name)
                return -ENOMEM;
        for (size_t i = 0; i < a->n; i++)
                a->by_name[i] = &a->entries[i];
        qsort(a->by_name, a->n, sizeof(*a->by_name), compare_names);
        for (size_t i = 1; i < a->n; i++)
                if (strcmp(a->by_name[i - 1]->name, a->by_name[i]->name) == 0)
                        return ZIP_E_AMBIGUOUS;
        return 0;
}

static int read_entries(ZipArchive *a, uint64_t n) {
        _cleanup_free_ uint8_t *room = malloc(2 * UINT16_MAX);
        View v = bytes_view(&a->directory);

        a->entries = calloc(n ?: 1, sizeof(*a->entries));
        if (!room || !a->entries)
                return -ENOMEM;
        for (uint64_t i = 0; i < n; i++) {
                uint16_t flags = 0;
                int r;

                a->n = i + 1;
                r = read_central(&v, &flags, &a->entries[i]);
                if (r == 0)
                        r = read_local(a, flags, room, &a->entries[i]);
                if (r != 0)
                        return r;
        }
        return v.len > 0 ? ZIP_E_AMBIGUOUS : 0;
}

static int read_directory(ZipArchive *a, const End *end) {
        int r;

        if (end->n > ZIP_ENTRIES_MAX || end->directory_len > ZIP_DIRECTORY_MAX)
                return ZIP_E_TOO_LARGE;
        if (end->n > end->directory_len / ZIP_CENTRAL_SIZE)
                return ZIP_E_DAMAGED;
        r = bytes_reserve(&a->directory, (size_t) end->directory_len + 1);
        if (r == 0)
                r = read_at(a, end->directory_at, a->directory.data, (size_t) end->directory_len);
        if (r != 0)
                return r;
        a->directory.len = (size_t) end->directory_len;
        a->directory_at = end->directory_at;
        return read_entries(a, end->n);
}

int zip_open(int fd, ZipArchive *ret) {
        _cleanup_zip_ ZipArchive a = { .fd = fd };
        struct stat st;
        End end;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;
        a.size = (uint64_t) st.st_size;
        r = find_end(&a, &end);
        if (r == 0)
                r = read_directory(&a, &end);
        if (r == 0)
                r = check_places(&a);
        if (r == 0)
                r = sort_names(&a);
        if (r != 0)
                return r;
        *ret = a;
        a = (ZipArchive) { .fd = -1 };
        return 0;
}

const ZipEntry *zip_find(const ZipArchive *a, const char *name) {
        const ZipEntry key = { .name = (char *) name }, *wanted = &key;
        const ZipEntry **found = a->n > 0 ? bsearch(&wanted, a->by_name, a->n, sizeof(*a->by_name), compare_names) : NULL;

        return found ? *found : NULL;
}

const char *zip_strerror(int outcome) {
        static const char *const sentences[] = {
                [ZIP_E_NOT_ZIP - ZIP_E_NOT_ZIP] = N_("This is no ZIP file, or its end is missing."),
                [ZIP_E_DAMAGED - ZIP_E_NOT_ZIP] = N_("The container is damaged: its ZIP file does not hold together."),
                [ZIP_E_AMBIGUOUS - ZIP_E_NOT_ZIP] = N_("The container's ZIP file contradicts itself, so that different programs would see different files in it."),
                [ZIP_E_NAME - ZIP_E_NOT_ZIP] = N_("A file in the container has a name that leads out of its folder or is no text."),
                [ZIP_E_UNSUPPORTED - ZIP_E_NOT_ZIP] = N_("The container's ZIP file is encrypted, in several parts, or of a kind that containers must not be."),
                [ZIP_E_TOO_LARGE - ZIP_E_NOT_ZIP] = N_("The container unpacks to far more than it is, or has too many files."),
        };

        return outcome >= ZIP_E_NOT_ZIP && outcome <= ZIP_E_TOO_LARGE ? sentences[outcome - ZIP_E_NOT_ZIP] : NULL;
}
