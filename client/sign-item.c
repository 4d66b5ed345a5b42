/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file that is being signed; see sign-item.h. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "client/output.h"
#include "client/sign-item.h"
#include "crypto/digest.h"

#define OUTPUT_MODE 0644
#define PDF_HEADER_WITHIN 1024 /* bytes; what readers of PDF look through (ISO 32000-1 annex H, note 13) */

static int fail_write(const SignItem *item, int error) {
        _cleanup_free_ char *shown = text_clean(item->output);

        if (error == -EEXIST)
                return fail(EXIT_FAILED, _("%s exists already; use --force to replace it, or -o for another name."), shown);
        if (error == -ENOSPC || error == -EDQUOT)
                return fail(EXIT_FAILED, _("%s: the disk is full; nothing was written. Make room, or use -o for another place."), shown);
        return fail_file(error, item->output);
}

/* The mode that the user's umask gives a new file. */
static mode_t new_mode(void) {
        mode_t mask = umask(0);

        umask(mask);
        return OUTPUT_MODE & ~mask;
}

static bool looks_like_pdf(int fd) {
        char head[PDF_HEADER_WITHIN];
        ssize_t n = pread(fd, head, sizeof(head), 0);

        return n > 0 && memmem(head, (size_t) n, "%PDF-", 5);
}

static int open_document(SignItem *item) {
        struct stat st;

        item->fd = open(item->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (item->fd < 0 || fstat(item->fd, &st) < 0)
                return errno == EMFILE ? fail(EXIT_FAILED, "%s", _("Too many files at once: sign fewer in one go.")) : fail_file(errno, item->path);
        if (S_ISDIR(st.st_mode))
                return fail(EXIT_FAILED, _("%s is a directory: name the files in it."), item->shown);
        if (!S_ISREG(st.st_mode))
                return fail(EXIT_FAILED, _("%s is no regular file."), item->shown);
        item->size = st.st_size;
        item->modified = st.st_mtim;
        return 0;
}

static bool ends_with_pdf(const char *s) {
        size_t len = strlen(s);

        return len > 4 && strcasecmp(s + len - 4, ".pdf") == 0;
}

/* invoice.pdf becomes invoice-sealed.pdf; anything else gets an ending more. NULL when memory ran out. */
static char *default_name(const SignItem *item, const SignOptions *options) {
        const char *slash = strrchr(item->path, '/'), *base = slash ? slash + 1 : item->path;
        size_t directory_len = (size_t) (base - item->path), stem = strlen(base) - (ends_with_pdf(base) ? 4 : 0);
        _cleanup_free_ char *name = NULL;
        char *full = NULL;
        int r;

        if (item->format == SIGN_PADES)
                r = asprintf(&name, "%.*s-%s%s", (int) stem, base, options->seal ? "sealed" : "signed", ends_with_pdf(base) ? base + stem : ".pdf");
        else
                r = asprintf(&name, "%s%s", base, item->format == SIGN_CADES ? ".p7s" : ".p7m");
        if (r < 0)
                return NULL;
        if (options->output)
                r = asprintf(&full, "%s/%s", options->output, name);
        else
                r = asprintf(&full, "%.*s%s", (int) directory_len, item->path, name);
        return r < 0 ? NULL : full;
}

int sign_item_name(SignItem *item, const SignOptions *options) {
        struct stat document, st;

        item->output = options->output && !options->output_is_directory ? strdup(options->output) : default_name(item, options);
        if (!item->output)
                return fail_memory();
        if (lstat(item->output, &st) < 0)
                return 0;
        if (S_ISDIR(st.st_mode))
                return fail(EXIT_FAILED, _("%s is a directory."), item->output);
        if (!options->replace)
                return fail_write(item, -EEXIST);
        if (fstat(item->fd, &document) == 0 && stat(item->output, &st) == 0 && st.st_dev == document.st_dev && st.st_ino == document.st_ino)
                return fail(EXIT_USAGE, _("%s would be replaced by its own signed form: use -o for another name."), item->shown);
        return 0;
}

int sign_item_open(SignItem *item, const char *path, const SignOptions *options) {
        _cleanup_free_ char *name = text_from_locale(path);
        int r;

        *item = (SignItem) { .path = path, .fd = -1, .shown = text_clean(name ?: ""), .format = options->format };
        r = open_document(item);
        if (r > 0)
                return r;
        if (item->format == SIGN_AUTOMATIC)
                item->format = looks_like_pdf(item->fd) ? SIGN_PADES : SIGN_CADES;
        else if (item->format == SIGN_PADES && !looks_like_pdf(item->fd))
                return fail(EXIT_FAILED, _("%s is no PDF: use --format cades, which signs any file."), item->shown);
        return 0;
}

static int draft_pades(SignItem *item, const Signer *signer, const SignOptions *options) {
        const PadesParams params = { .signing_time = options->now, .reason = options->reason, .location = options->location };
        int r;

        r = atomic_file_open(item->output, new_mode(), &item->file);
        if (r < 0)
                return fail_write(item, r);
        r = pades_draft_new(signer, &params, item->fd, atomic_file_fd(item->file), &item->pades);
        if (r > 0)
                return fail(EXIT_FAILED, "%s: %s", item->shown, _(pades_strerror(r)));
        return r < 0 ? fail_write(item, r) : 0;
}

static int draft_cades(SignItem *item, const Signer *signer, const SignOptions *options) {
        const CadesParams params = { .signing_time = options->now };
        Digest digest;
        int r;

        r = digest_of_fd(signer->scheme.message_digest, item->fd, 0, (uint64_t) item->size, &digest);
        if (r < 0)
                return fail_file(r, item->path);
        r = cades_draft_new(signer, &params, digest_view(&digest), &item->cades);
        if (r < 0)
                return fail_file(r, item->path);
        if (item->format == SIGN_CADES)
                close(TAKE_FD(item->fd));
        return 0;
}

int sign_item_draft(SignItem *item, const Signer *signer, const SignOptions *options) {
        return item->format == SIGN_PADES ? draft_pades(item, signer, options) : draft_cades(item, signer, options);
}

View sign_item_tbs(const SignItem *item) {
        return item->pades ? pades_draft_tbs(item->pades) : cades_draft_tbs(item->cades);
}

static int complete_detached(SignItem *item, View signature) {
        _cleanup_bytes_ Bytes cms = BYTES_NULL;
        int r;

        r = cades_draft_complete(item->cades, signature, &cms);
        return r < 0 ? r : write_all(atomic_file_fd(item->file), bytes_view(&cms));
}

/* A document that changed meanwhile is not the one that was digested; a detached signature is of no use where it is gone. */
static bool is_unchanged(const SignItem *item) {
        struct stat st;

        return (item->fd >= 0 ? fstat(item->fd, &st) : stat(item->path, &st)) == 0 && st.st_size == item->size &&
               st.st_mtim.tv_sec == item->modified.tv_sec &&
               st.st_mtim.tv_nsec == item->modified.tv_nsec;
}

static int write_signed(SignItem *item, View signature) {
        int r;

        if (!item->file) {
                r = atomic_file_open(item->output, new_mode(), &item->file);
                if (r < 0)
                        return r;
        }
        if (item->pades)
                return pades_draft_complete(item->pades, signature);
        if (item->format == SIGN_CADES)
                return complete_detached(item, signature);
        return cades_draft_complete_enveloping(item->cades, signature, item->fd, (uint64_t) item->size, atomic_file_fd(item->file));
}

int sign_item_complete(SignItem *item, View signature, const SignOptions *options) {
        int r;

        r = write_signed(item, signature);
        if (r >= 0 && !is_unchanged(item))
                return fail(EXIT_FAILED, _("%s was changed or removed while it was being signed; nothing was written. Sign it again."), item->shown);
        if (r >= 0)
                r = atomic_file_commit(item->file, options->replace);
        return r < 0 ? fail_write(item, r) : 0;
}

void sign_item_done(SignItem *item) {
        item->cades = cades_draft_free(item->cades);
        item->pades = pades_draft_free(item->pades);
        item->file = atomic_file_free(item->file);
        if (item->fd >= 0)
                close(TAKE_FD(item->fd));
        free(TAKE_PTR(item->shown));
        free(TAKE_PTR(item->output));
}
