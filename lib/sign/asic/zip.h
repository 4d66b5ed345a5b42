/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads ZIP archives (PKWARE's APPNOTE.TXT, ISO/IEC 21320-1) that may be hostile, by pread(2), in constant memory beside the directory. An archive is taken
 * only if every reader sees the same in it: the headers before the contents say the same as the directory, the entries follow each other
 * from the first byte to the directory without gap or overlap, no name is there twice, and nothing stands before or behind. Stored and deflated
 * entries, ZIP64; nothing encrypted, no links, no archive in several parts. */

#include <stdbool.h>
#include <string.h>

#include "crypto/digest.h"

#define ZIP_NAME_MAX 4095U                          /* bytes */
#define ZIP_ENTRIES_MAX 131072U
#define ZIP_DIRECTORY_MAX (32U * 1024U * 1024U)
#define ZIP_INFLATE_FREE (64ULL * 1024U * 1024U)    /* contents may grow to so much, and beyond that to */
#define ZIP_INFLATE_RATIO 128U                      /* so many times the archive's size, all entries together */

/* Outcomes that are not errno: why an archive is not taken. zip_strerror() has the sentence. */
enum {
        ZIP_E_NOT_ZIP = 401,
        ZIP_E_DAMAGED,     /* cut short, or a checksum or a structure does not fit */
        ZIP_E_AMBIGUOUS,   /* two readers could see two archives */
        ZIP_E_NAME,        /* leads out of the folder, or is no text */
        ZIP_E_UNSUPPORTED, /* encrypted, in several parts, a link, another compression */
        ZIP_E_TOO_LARGE,   /* a limit */
};

typedef enum ZipMethod {
        ZIP_STORED = 0,
        ZIP_DEFLATED = 8,
} ZipMethod;

typedef struct ZipEntry {
        char *name;         /* zip_name_is_sound(); that of a folder ends with '/' */
        ZipMethod method;
        uint64_t size;      /* of the contents */
        uint64_t packed;    /* of what stands for them */
        uint32_t crc;
        uint64_t at;        /* of the local header */
        uint64_t data_at;
        bool bare;          /* no extra field in the local header, no data descriptor: so EN 319 162-1 annex A.1 wants `mimetype` */
        bool described;     /* a data descriptor follows the data */
} ZipEntry;

typedef struct ZipArchive {
        int fd;                 /* borrowed */
        uint64_t size;
        ZipEntry *entries;      /* in the order of their contents */
        size_t n;
        const ZipEntry **by_name;
        uint64_t directory_at;  /* where the entries end */
        Bytes directory;        /* the central headers as they are */
} ZipArchive;

/* Whether the file begins as an archive does, or is an empty one. */
bool zip_recognize(int fd);

/* Reads and checks the directory and all local headers; no contents. 0, an outcome, or a negative errno. `fd` must stay open. */
int zip_open(int fd, ZipArchive *ret);
void zip_done(ZipArchive *a);
#define _cleanup_zip_ _cleanup_(zip_done)

/* By its exact name, borrowed; NULL when there is none. */
const ZipEntry *zip_find(const ZipArchive *a, const char *name);

static inline bool zip_is_folder(const ZipEntry *e) {
        return e->name[0] != '\0' && e->name[strlen(e->name) - 1] == '/';
}

/* Relative, without empty, "." or ".." components and backslashes, well-formed UTF-8 fit to be shown, at most ZIP_NAME_MAX bytes, components of at most 255. */
bool zip_name_is_sound(const char *name);

/* Hands the contents on in pieces; size and checksum are compared. The callback's negative return ends it. 0, ZIP_E_DAMAGED, or a
 * negative errno. What was handed on before an error is worth nothing. */
typedef int (*ZipPiece)(void *userdata, View piece);
int zip_read(const ZipArchive *a, const ZipEntry *e, ZipPiece f, void *userdata);

/* The whole contents; ZIP_E_TOO_LARGE beyond `max` bytes. */
int zip_read_all(const ZipArchive *a, const ZipEntry *e, size_t max, Bytes *ret);

/* The digest of the contents. The checksum is not compared: whether the digest is the expected one tells more. */
int zip_digest(const ZipArchive *a, const ZipEntry *e, gnutls_digest_algorithm_t algorithm, Digest *ret);

/* Untranslated, marked for gettext. */
const char *zip_strerror(int outcome);
