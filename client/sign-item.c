/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file that is being signed; see sign-item.h. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "client/output.h"
#include "client/sign-item.h"
#include "client/signed-already.h"
#include "client/verified.h"
#include "crypto/digest.h"

#define OUTPUT_MODE 0644

static int fail_write(const SignItem *item, int error) {
        _cleanup_free_ char *shown = text_clean(item->output);

        if (error == -EEXIST)
                return fail(EXIT_FAILED, _("%s exists already; use --force to replace it, or -o for another name."), shown);
        if (error == -ENOSPC || error == -EDQUOT)
                return fail(EXIT_FAILED, _("%s: the disk is full; nothing was written. Make room, or use -o for another place."), shown);
        return fail_file(error, item->output);
}

mode_t sign_item_mode(void) {
        mode_t mask = umask(0);

        umask(mask);
        return OUTPUT_MODE & ~mask;
}

static int open_file(const char *path, const char *shown, int *ret, struct stat *st) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

        if (fd < 0 || fstat(fd, st) < 0)
                return errno == EMFILE ? fail(EXIT_FAILED, "%s", _("Too many files at once: sign fewer in one go.")) : fail_file(errno, path);
        if (S_ISDIR(st->st_mode))
                return fail(EXIT_FAILED, _("%s is a directory: name the files in it."), shown);
        if (!S_ISREG(st->st_mode))
                return fail(EXIT_FAILED, _("%s is no regular file."), shown);
        *ret = TAKE_FD(fd);
        return 0;
}

static void close_parts(SignItem *item) {
        for (size_t i = 0; i < item->n_parts; i++)
                if (item->parts[i].fd >= 0)
                        close(TAKE_FD(item->parts[i].fd));
}

static int open_document(SignItem *item) {
        struct stat st;
        int r;

        r = open_file(item->path, item->shown, &item->fd, &st);
        if (r > 0)
                return r;
        item->size = st.st_size;
        item->mode = st.st_mode & 0777;
        item->modified = st.st_mtim;
        for (size_t i = 0; i < item->n_parts && r == 0; i++)
                r = open_file(item->parts[i].path, item->parts[i].shown, &item->parts[i].fd, &item->parts[i].examined);
        return r;
}

/* invoice.pdf becomes invoice-sealed.pdf where the signature is inside; anything else gets an ending more. NULL when memory ran out. */
static char *default_name(const SignItem *item, const SignOptions *options) {
        const char *slash = strrchr(item->path, '/'), *base = slash ? slash + 1 : item->path;
        const char *dot = strrchr(base, '.');
        bool inside;
        const char *ending = document_format_ending(item->format, &inside);
        size_t directory_len = (size_t) (base - item->path), len = strlen(base), stem = len, ending_len = strlen(ending);
        _cleanup_free_ char *name = NULL;
        char *full = NULL;
        int r;

        /* What gets a further signature keeps its ending, whichever that is. */
        if (options->document.add) {
                inside = true;
                ending = dot && dot > base ? dot : "";
                ending_len = strlen(ending);
        }
        if (inside && len > ending_len && strcasecmp(base + len - ending_len, ending) == 0) {
                stem -= ending_len;
                ending = base + stem;
        }
        r = asprintf(&name, "%.*s%s%s", (int) stem, base, !inside ? "" : options->seal ? "-sealed" : "-signed", ending);
        if (r < 0)
                return NULL;
        if (options->output)
                r = asprintf(&full, "%s/%s", options->output, name);
        else
                r = asprintf(&full, "%.*s%s", (int) directory_len, item->path, name);
        return r < 0 ? NULL : full;
}

static bool is_in_place(const SignItem *item, const SignOptions *options) {
        return sign_options_is_addition(options) && !options->output && (item->format == FORMAT_CADES || item->format == FORMAT_CADES_ENVELOPING);
}

int sign_item_name(SignItem *item, const SignOptions *options) {
        struct stat document, st;

        if (is_in_place(item, options)) {
                item->output = realpath(item->path, NULL);
                return item->output ? 0 : fail_file(errno, item->path);
        }
        item->output = options->output && !options->output_is_directory ? strdup(options->output) : default_name(item, options);
        if (!item->output)
                return fail_memory();
        if (lstat(item->output, &st) < 0)
                return 0;
        if (S_ISDIR(st.st_mode))
                return fail(EXIT_FAILED, _("%s is a directory."), item->output);
        item->exists = true;
        if (!options->replace)
                return options->skip_signed ? 0 : fail_write(item, -EEXIST);
        if (stat(item->path, &document) == 0 && stat(item->output, &st) == 0 && st.st_dev == document.st_dev && st.st_ino == document.st_ino)
                return fail(EXIT_USAGE, _("%s would be replaced by its own signed form: use -o for another name."), item->shown);
        return 0;
}

static char *show(const char *path) {
        _cleanup_free_ char *name = text_from_locale(path);

        return text_clean(name ?: "");
}

static int add_parts(SignItem *item, char *const *paths, size_t n) {
        item->parts = calloc(n + 1, sizeof(*item->parts));
        if (!item->parts)
                return fail_memory();
        for (size_t i = 0; i < n; i++)
                item->parts[i] = (SignPart) { .path = paths[i], .shown = show(paths[i]), .fd = -1 };
        item->n_parts = n;
        return 0;
}

int sign_item_examine(SignItem *item, char *const *paths, size_t n, const SignOptions *options) {
        SignatureFormat suits;
        int r;

        *item = (SignItem) { .path = paths[0], .fd = -1, .shown = show(paths[0]), .format = options->document.format };
        if (getrandom(item->nonce, sizeof(item->nonce), 0) != sizeof(item->nonce))
                return fail_errno(errno, "getrandom");
        r = add_parts(item, paths + 1, n - 1);
        if (r == 0)
                r = open_document(item);
        close_parts(item);
        if (r > 0)
                return r;
        suits = sign_options_is_addition(options) ? document_format_of_signed(item->fd) : document_format_recognize(item->fd);
        close(TAKE_FD(item->fd));
        if (options->document.cades.countersign && suits != FORMAT_CADES && suits != FORMAT_CADES_ENVELOPING)
                return fail(EXIT_FAILED, _("%s is no .p7s or .p7m, in which --countersign signs a signature."), item->shown);
        if (options->document.add && suits == FORMAT_AUTOMATIC)
                return fail(EXIT_FAILED, _("%s is neither a container nor a .p7s or .p7m: --add puts a further signature into one."), item->shown);
        if (item->format == FORMAT_AUTOMATIC)
                item->format = suits;
        else if (item->format == FORMAT_PADES && suits != FORMAT_PADES)
                return fail(EXIT_FAILED, _("%s is no PDF: use --format cades, which signs any file."), item->shown);
        return 0;
}

int sign_item_compare(SignItem *item, const Signer *signer, const SignOptions *options) {
        int r = 0;

        if (!options->skip_signed)
                return 0;
        r = signed_already(item->path, item->format, item->exists ? item->output : NULL, signer, &item->signed_already);
        if (r < 0)
                return fail_file(r, item->path);
        return item->exists && !item->signed_already && !options->replace ? fail_write(item, -EEXIST) : 0;
}

/* Why the format does not take the document. */
static int fail_outcome(const SignItem *item, int outcome) {
        (void) fail(EXIT_FAILED, "%s: %s", item->shown, _(document_strerror(outcome)));
        if (outcome == PADES_E_NO_FIELD)
                hint(_("Its empty fields are listed by: sygnet show-signatures %s. Without --field a new one is made."), item->shown);
        return EXIT_FAILED;
}

/* Of the two files an errno is about: the disk that is full is the one that is written to. */
static int fail_draft(const SignItem *item, int error) {
        return error == -ENOSPC || error == -EDQUOT || error == -EROFS ? fail_write(item, error) : fail_file(error, item->path);
}

static void drop_draft(SignItem *item) {
        item->draft = document_draft_free(item->draft);
        item->file = atomic_file_free(item->file);
        if (item->fd >= 0)
                close(TAKE_FD(item->fd));
        close_parts(item);
}

static const char *base_name(const char *shown) {
        const char *slash = strrchr(shown, '/');

        return slash ? slash + 1 : shown;
}

/* The document of a detached signature to which one is added. Where there is none, who makes the draft says so, if it needs one. */
static int open_content(const SignItem *item, const SignOptions *options, int *ret) {
        if (!sign_options_is_addition(options))
                return 0;
        if (options->content)
                return verified_open(options->content, ret);
        *ret = verified_open_beside(item->path);
        return 0;
}

static int draft_files(SignItem *item, const Signer *signer, const DocumentParams *params) {
        _cleanup_free_ DocumentFile *files = calloc(item->n_parts + 1, sizeof(*files));

        if (!files)
                return -ENOMEM;
        files[0] = (DocumentFile) { .fd = item->fd, .name = base_name(item->shown) };
        for (size_t i = 0; i < item->n_parts; i++)
                files[i + 1] = (DocumentFile) { .fd = item->parts[i].fd, .name = base_name(item->parts[i].shown) };
        return document_draft_new(signer, params, files, item->n_parts + 1, atomic_file_fd(item->file), &item->draft);
}

static int make_draft(SignItem *item, const Signer *signer, const SignOptions *options) {
        DocumentParams params = options->document;
        _cleanup_close_ int content = -1;
        int r;

        params.nonce = VIEW(item->nonce, sizeof(item->nonce));
        r = open_document(item);
        if (r == 0)
                r = open_content(item, options, &content);
        if (r > 0)
                return r;
        params.cades.content_fd = content;
        r = atomic_file_open(item->output, is_in_place(item, options) ? item->mode : options->mode, &item->file);
        if (r < 0)
                return fail_write(item, r);
        params.format = item->format;
        params.timestamped = options->timestamps != NULL;
        r = draft_files(item, signer, &params);
        close_parts(item);
        if (r > 0)
                return fail_outcome(item, r);
        if (r < 0)
                return fail_draft(item, r);
        document_draft_item(item->draft, &item->item);
        item->item.name = base_name(item->shown);
        return 0;
}

int sign_item_draft(SignItem *item, const Signer *signer, const SignOptions *options) {
        int r = make_draft(item, signer, options);

        if (r > 0)
                drop_draft(item);
        return r;
}

int sign_item_let_go(SignItem *item) {
        int r = bytes_dup(item->item.tbs, &item->tbs);

        drop_draft(item);
        if (r < 0)
                return fail_memory();
        item->item.tbs = bytes_view(&item->tbs);
        return 0;
}

/* A document that changed meanwhile is not the one that was digested; a detached signature is of no use where it is gone. */
static bool is_unchanged(const SignItem *item) {
        struct stat st;

        for (size_t i = 0; i < item->n_parts; i++) {
                const struct stat *was = &item->parts[i].examined;

                if (stat(item->parts[i].path, &st) < 0 || st.st_size != was->st_size || st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
                    st.st_mtim.tv_nsec != was->st_mtim.tv_nsec)
                        return false;
        }

        return (document_format_needs_document(item->format) || item->fd < 0 ? stat(item->path, &st) : fstat(item->fd, &st)) == 0 && st.st_size == item->size &&
               st.st_mtim.tv_sec == item->modified.tv_sec &&
               st.st_mtim.tv_nsec == item->modified.tv_nsec;
}

static int fail_changed(const SignItem *item) {
        return fail(EXIT_FAILED, _("%s was changed or removed while it was being signed; nothing was written. Sign it again."), item->shown);
}

/* The signature is over what was there first. */
static int draft_again(SignItem *item, const Signer *signer, const SignOptions *options) {
        int r = is_unchanged(item) ? make_draft(item, signer, options) : fail_changed(item);

        return r > 0 || view_equal(item->item.tbs, bytes_view(&item->tbs)) ? r : fail_changed(item);
}

/* An authority that is of no use now costs a level, never the signature. Nothing in `ret` then. */
static int get_timestamp(SignItem *item, View signature, const SignOptions *options, Bytes *ret) {
        _cleanup_bytes_ Bytes stamped = BYTES_NULL;
        int r;

        if (!options->timestamps)
                return 0;
        r = document_draft_stamped(item->draft, signature, &stamped);
        if (r == 0)
                r = timestamp_service_stamp(options->timestamps, bytes_view(&stamped), ret);
        return r == -ENODATA ? 0 : r;
}

static int complete_draft(SignItem *item, View signature, const SignOptions *options) {
        _cleanup_bytes_ Bytes token = BYTES_NULL;
        int r;

        r = get_timestamp(item, signature, options, &token);
        if (r != 0)
                return r;
        r = document_draft_complete(item->draft, signature, bytes_view(&token));
        if (r == -EMSGSIZE && token.len > 0) {
                complain(_("%s: the timestamp is larger than the place that was left for it."), item->shown);
                bytes_done(&token);
                r = document_draft_complete(item->draft, signature, VIEW(NULL, 0));
        }
        item->timestamped = r == 0 && token.len > 0;
        return r;
}

static int complete(SignItem *item, View signature, const SignOptions *options) {
        int r;

        r = complete_draft(item, signature, options);
        if (r > 0)
                return fail_outcome(item, r);
        if (r == 0 && !is_unchanged(item))
                return fail_changed(item);
        return r < 0 ? fail_write(item, r) : 0;
}

int sign_item_complete(SignItem *item, const Signer *signer, View signature, const SignOptions *options) {
        int r = item->draft ? 0 : draft_again(item, signer, options);

        if (r == 0)
                r = complete(item, signature, options);
        if (r > 0)
                drop_draft(item);
        return r;
}

int sign_item_commit(SignItem *item, const SignOptions *options) {
        int r = atomic_file_name(item->file, options->replace || is_in_place(item, options));

        item->is_signed = r == 0;
        if (item->is_signed && document_draft_is_repaired(item->draft))
                complain(_("%s was damaged and was repaired before it was signed: look at what was signed."), item->shown);
        drop_draft(item);
        return r < 0 ? fail_write(item, r) : 0;
}

void sign_item_done(SignItem *item) {
        drop_draft(item);
        bytes_done(&item->tbs);
        for (size_t i = 0; i < item->n_parts; i++)
                free(item->parts[i].shown);
        free(TAKE_PTR(item->parts));
        item->n_parts = 0;
        free(TAKE_PTR(item->shown));
        free(TAKE_PTR(item->output));
}
