/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* qpdf, started and watched; see pdf-document.h. */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "sign/pdf/pdf-cipher.h"
#include "sign/pdf/pdf-document.h"
#include "sign/pdf/pdf-guard.h"
#include "sign/pdf/pdf-tail.h"

/* No revision looks at more. */
#define PASSWORD_MAX 127U

#define SMALL (1024U * 1024U) /* bytes; what is read into memory */

static int clamp(long long n) {
        return n < 0 ? 0 : n > INT_MAX ? INT_MAX : (int) n;
}

/* A /Size that is not the highest object number plus one. Takes both numbers, so that new objects get numbers that are free by either. */
static bool note_wrong_size(PdfDocument *d, const char *message) {
        int reported, highest;

        if (sscanf(message, "reported number of objects (%d) is not one plus the highest object number (%d)", &reported, &highest) != 2)
                return false;
        if (highest >= d->next_id)
                d->next_id = clamp(highest + 1LL);
        return true;
}

/* Warnings of what all readers read alike: white space before the section that startxref names, which pdf-tail.h steps over, and a reference
 * to an object that there is not, which is null (§7.3.10). */
static bool is_harmless(PdfDocument *d, const char *message) {
        return message && (note_wrong_size(d, message) || strcmp(message, "extraneous whitespace seen before xref") == 0 ||
                           strstr(message, "attempted on object of type null:"));
}

bool pdf_document_failed(PdfDocument *d) {
        bool failed = qpdf_has_error(d->q);

        if (failed)
                qpdf_get_error(d->q);
        while (qpdf_more_warnings(d->q)) {
                qpdf_error e = qpdf_next_warning(d->q);

                if (!is_harmless(d, qpdf_get_error_message_detail(d->q, e)))
                        failed = true;
        }
        return failed;
}

static QPDF_ERROR_CODE read_document(PdfDocument *d, int fd, uint64_t length, uint64_t size, const char *password) {
        char path[32];

        if (!d->map && !d->small) {
                snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
                return qpdf_read(d->q, path, password);
        }
        return qpdf_read_memory(d->q, "document", d->map ?: d->small, length, password);
}

/* After qpdf_read() failed. A file that could not be opened or read is the caller's error, not the document's. */
static int read_outcome(PdfDocument *d) {
        qpdf_error e = qpdf_get_error(d->q);
        const char *message = qpdf_get_error_message_detail(d->q, e);

        switch (qpdf_get_error_code(d->q, e)) {
        case qpdf_e_password:
                return PDF_DOCUMENT_ENCRYPTED;
        case qpdf_e_unsupported:
                /* Handlers and revisions that qpdf does not know; it knows compressions that are too new as well. */
                return message && strcasestr(message, "encrypt") ? PDF_DOCUMENT_UNKNOWN_CIPHER : PDF_DOCUMENT_DAMAGED;
        default:
                return PDF_DOCUMENT_DAMAGED;
        }
}

static int map_revision(PdfDocument *d, int fd, uint64_t length) {
        d->map = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
        if (d->map == MAP_FAILED) {
                d->map = NULL;
                return -errno;
        }
        d->map_len = length;
        return 0;
}

/* qpdf seeks and reads a few bytes at a time, a call of the kernel each. A file that ends early by now is damaged, which qpdf will find. */
static int read_small(PdfDocument *d, int fd, uint64_t length) {
        int r;

        d->small = calloc(1, length > 0 ? length : 1);
        if (!d->small)
                return -ENOMEM;
        r = pdf_read_at(fd, 0, d->small, length);
        return r == -EIO ? 0 : r;
}

/* A stream of an encrypted document as qpdf deciphers it, without inflating it. */
static int raw_stream(void *userdata, uint32_t number, uint8_t **ret, size_t *ret_len) {
        PdfDocument *d = userdata;
        qpdf_oh stream = qpdf_get_object_by_id(d->q, (int) number, 0);
        unsigned char *data = NULL;
        int r = 0;

        if (!qpdf_oh_is_stream(d->q, stream) || (qpdf_oh_get_stream_data(d->q, stream, qpdf_dl_none, NULL, &data, ret_len) & QPDF_ERRORS))
                r = PDF_SCAN_BROKEN;
        else
                *ret = data;
        qpdf_oh_release(d->q, stream);
        return r;
}

static int guard_outcome(int r) {
        return r == PDF_GUARD_EXCESSIVE ? PDF_DOCUMENT_EXCESSIVE : r == PDF_GUARD_DAMAGED ? PDF_DOCUMENT_DAMAGED : r;
}

/* A file that somebody writes to is no longer what was looked at, nor what is hashed; qpdf takes as much of it as there is. */
static int check_unchanged(PdfDocument *d, int fd, uint64_t length, const struct stat *before) {
        struct stat now;

        if (d->map || d->small)
                return 0;
        if (fstat(fd, &now) < 0)
                return -errno;
        return (uint64_t) now.st_size == length && now.st_mtim.tv_sec == before->st_mtim.tv_sec && now.st_mtim.tv_nsec == before->st_mtim.tv_nsec ? 0 : -EBUSY;
}

/* What the file says of itself is looked at before qpdf believes it. */
static int read_guarded(PdfDocument *d, int fd, uint64_t length, uint64_t size, bool repair, const char *password) {
        _cleanup_(pdf_guard_done) PdfGuard guard = { 0 };
        struct stat before;
        int r, read;

        if (fstat(fd, &before) < 0)
                return -errno;
        r = pdf_guard_check(&guard, fd, d->map ?: d->small, length, repair);
        if (r != 0)
                return guard_outcome(r);
        read = read_document(d, fd, length, size, password) & QPDF_ERRORS;
        r = check_unchanged(d, fd, length, &before);
        if (r < 0)
                return r;
        if (read)
                return read_outcome(d);
        r = guard.is_encrypted ? guard_outcome(pdf_guard_check_objects(&guard, raw_stream, d)) : 0;
        d->cost = PDF_COST_ALL_MAX(length) - guard.cost.left - guard.compressed_left;
        return r;
}

static int open_document(int fd, uint64_t length, uint64_t size, bool repair, const char *password, PdfDocument **ret) {
        _cleanup_(pdf_document_freep) PdfDocument *d = NULL;
        int r;

        r = qpdf_library_load();
        if (r < 0)
                return r;
        d = calloc(1, sizeof(*d));
        if (!d)
                return -ENOMEM;
        r = length != size ? map_revision(d, fd, length) : length <= SMALL ? read_small(d, fd, length) : 0;
        if (r < 0)
                return r;
        d->q = qpdf_init();
        if (!d->q)
                return -ENOMEM;
        qpdf_silence_errors(d->q);
        qpdf_set_suppress_warnings(d->q, QPDF_TRUE);
        qpdf_set_attempt_recovery(d->q, repair ? QPDF_TRUE : QPDF_FALSE);
        r = read_guarded(d, fd, length, size, repair, password);
        if (r != 0)
                return r;
        if (!qpdf_oh_is_dictionary(d->q, qpdf_get_root(d->q)))
                return PDF_DOCUMENT_DAMAGED;
        d->next_id = clamp(pdf_get_int(d, qpdf_get_trailer(d->q), "/Size", 0));
        d->repaired = pdf_document_failed(d);
        *ret = TAKE_PTR(d);
        return 0;
}

int pdf_document_open(int fd, uint64_t length, uint64_t size, bool repair, PdfDocument **ret) {
        return open_document(fd, length, size, repair, NULL, ret);
}

/* A document that is not encrypted for its readers has a user's password that is empty, whatever was given. */
int pdf_document_open_by_password(int fd, uint64_t length, uint64_t size, bool repair, View password, PdfDocument **ret) {
        char text[PASSWORD_MAX + 1];
        int r;

        if (password.len == 0 || password.len > PASSWORD_MAX)
                return pdf_document_open(fd, length, size, repair, ret);
        memcpy(text, password.data, password.len);
        text[password.len] = 0;
        r = open_document(fd, length, size, repair, text, ret);
        secret_wipe(text, sizeof(text));
        return r == PDF_DOCUMENT_ENCRYPTED ? pdf_document_open(fd, length, size, repair, ret) : r;
}

int pdf_document_open_cipher(PdfDocument *d, View password) {
        int r;

        if (!qpdf_is_encrypted(d->q) && !qpdf_oh_has_key(d->q, qpdf_get_trailer(d->q), "/Encrypt"))
                return 0;
        r = pdf_cipher_open(d, password, &d->cipher);
        if (r == PDF_CIPHER_PASSWORD)
                r = pdf_cipher_open(d, VIEW(NULL, 0), &d->cipher);
        return r == PDF_CIPHER_PASSWORD ? PDF_DOCUMENT_ENCRYPTED : r == PDF_CIPHER_UNKNOWN ? PDF_DOCUMENT_UNKNOWN_CIPHER : r;
}

PdfDocument *pdf_document_free(PdfDocument *d) {
        if (!d)
                return NULL;
        if (d->q) {
                /* qpdf would print an error that nobody asked for. */
                pdf_document_failed(d);
                qpdf_cleanup(&d->q);
        }
        if (d->map)
                munmap(d->map, d->map_len);
        free(d->small);
        pdf_cipher_free(d->cipher);
        free(d);
        return NULL;
}

qpdf_oh pdf_get(PdfDocument *d, qpdf_oh dictionary, const char *key) {
        qpdf_oh dict, value;

        if (!qpdf_oh_is_stream(d->q, dictionary))
                return qpdf_oh_get_key_if_dict(d->q, dictionary, key);
        dict = qpdf_oh_get_dict(d->q, dictionary);
        value = qpdf_oh_get_key_if_dict(d->q, dict, key);
        qpdf_oh_release(d->q, dict);
        return value;
}

bool pdf_name_is(PdfDocument *d, qpdf_oh dictionary, const char *key, const char *name) {
        qpdf_oh value = pdf_get(d, dictionary, key);
        bool is = qpdf_oh_is_name(d->q, value) && qpdf_oh_is_name_and_equals(d->q, value, name);

        qpdf_oh_release(d->q, value);
        return is;
}

int pdf_count(PdfDocument *d, qpdf_oh array) {
        return qpdf_oh_is_array(d->q, array) ? qpdf_oh_get_array_n_items(d->q, array) : 0;
}

long long pdf_get_int(PdfDocument *d, qpdf_oh dictionary, const char *key, long long otherwise) {
        qpdf_oh value = pdf_get(d, dictionary, key);
        long long n = qpdf_oh_is_integer(d->q, value) ? qpdf_oh_get_int_value(d->q, value) : otherwise;

        qpdf_oh_release(d->q, value);
        return n;
}

char *pdf_get_text(PdfDocument *d, qpdf_oh dictionary, const char *key) {
        qpdf_oh value = pdf_get(d, dictionary, key);
        char *text = qpdf_oh_is_string(d->q, value) ? strdup(qpdf_oh_get_utf8_value(d->q, value)) : NULL;

        qpdf_oh_release(d->q, value);
        return text;
}

int pdf_unparse(PdfDocument *d, qpdf_oh oh, bool resolved, Bytes *b) {
        const char *text = resolved ? qpdf_oh_unparse_resolved(d->q, oh) : qpdf_oh_unparse(d->q, oh);

        return bytes_append(b, text, qpdf_get_last_string_length(d->q));
}

bool pdf_key_is_listed(const char *const *list, const char *key) {
        for (; list && *list; list++)
                if (strcmp(*list, key) == 0)
                        return true;
        return false;
}

/* The keys are taken out first: qpdf has one iterator a document, and comparing the values needs it again. */
int pdf_list_keys(PdfDocument *d, qpdf_oh dictionary, const char *const *except, char ***ret, size_t *ret_n) {
        size_t n = 0, allocated = 0;
        char **keys = NULL;
        int r = 0;

        qpdf_oh_begin_dict_key_iter(d->q, dictionary);
        while (qpdf_oh_dict_more_keys(d->q)) {
                const char *key = qpdf_oh_dict_next_key(d->q);

                if (r < 0 || pdf_key_is_listed(except, key))
                        continue;
                if (n == allocated) {
                        char **more = reallocarray(keys, allocated + 16, sizeof(*keys));

                        if (!more) {
                                r = -ENOMEM;
                                continue;
                        }
                        keys = more;
                        allocated += 16;
                }
                keys[n] = strdup(key);
                if (!keys[n])
                        r = -ENOMEM;
                else
                        n++;
        }
        *ret = keys;
        *ret_n = n;
        return r;
}

void pdf_free_keys(char **keys, size_t n) {
        for (size_t i = 0; i < n; i++)
                free(keys[i]);
        free(keys);
}

/* qpdf hands out key names decoded; a name object writes them again as §7.3.5 wants. */
static int unparse_entry(PdfDocument *d, qpdf_oh dictionary, const char *key, Bytes *b) {
        qpdf_oh name = qpdf_oh_new_name(d->q, key), value = qpdf_oh_get_key(d->q, dictionary, key);
        int r;

        r = pdf_unparse(d, name, false, b);
        if (r == 0)
                r = bytes_append_byte(b, ' ');
        if (r == 0)
                r = pdf_unparse(d, value, false, b);
        if (r == 0)
                r = bytes_append_byte(b, '\n');
        qpdf_oh_release(d->q, name);
        qpdf_oh_release(d->q, value);
        return r;
}

int pdf_unparse_entries(PdfDocument *d, qpdf_oh dictionary, const char *const *except, Bytes *b) {
        int r = 0;

        qpdf_oh_begin_dict_key_iter(d->q, dictionary);
        while (r == 0 && qpdf_oh_dict_more_keys(d->q)) {
                const char *key = qpdf_oh_dict_next_key(d->q);

                if (!pdf_key_is_listed(except, key))
                        r = unparse_entry(d, dictionary, key, b);
        }
        return r;
}
