/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lists of files; see file-list.h. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/file-list.h"
#include "client/output.h"

#define FILES_MAX (1024U * 1024U)

static int add(FileList *l, const char *path) {
        if (l->n >= FILES_MAX)
                return fail(EXIT_USAGE, _("Too many files: at most %u in one go."), FILES_MAX);
        /* Grown at powers of two. */
        if ((l->n & (l->n - 1)) == 0) {
                char **paths = reallocarray(l->paths, l->n > 0 ? 2 * l->n : 1, sizeof(*paths));

                if (!paths)
                        return fail_memory();
                l->paths = paths;
        }
        l->paths[l->n] = strdup(path);
        return l->paths[l->n++] ? 0 : fail_memory();
}

static int read_list(FILE *f, const char *path, char end, FileList *l) {
        _cleanup_free_ char *line = NULL;
        size_t allocated = 0;
        ssize_t len;
        int r = 0;

        errno = 0;
        while (r == 0 && (len = getdelim(&line, &allocated, end, f)) > 0) {
                if (line[len - 1] == end)
                        line[--len] = '\0';
                if (len >= PATH_MAX || memchr(line, '\0', (size_t) len))
                        return fail(EXIT_USAGE, _("%s is no list of files: write one a line, or ended by NUL with --null."), path);
                if (len > 0)
                        r = add(l, line);
        }
        return r != 0 || !ferror(f) ? r : fail_file(-errno, path);
}

/* Who pipes a list in can still be asked for a code. */
static void ask_at_terminal(void) {
        _cleanup_close_ int fd = isatty(STDERR_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC) : -1;

        if (fd >= 0)
                (void) dup2(fd, STDIN_FILENO);
}

static int read_from(Client *c, const char *path, FileList *l) {
        char end = arguments_has(&c->arguments, "null") ? '\0' : '\n';
        FILE *f;
        int r;

        if (strcmp(path, "-") == 0) {
                if (c->stdin_taken)
                        return fail(EXIT_USAGE, "%s", _("Standard input is wanted twice: name a file for the other."));
                c->stdin_taken = true;
                r = read_list(stdin, _("standard input"), end, l);
                ask_at_terminal();
                return r;
        }
        f = fopen(path, "re");
        if (!f)
                return fail_file(-errno, path);
        r = read_list(f, path, end, l);
        fclose(f);
        return r;
}

int file_list_read(Client *c, FileList *ret) {
        const Arguments *a = &c->arguments;
        const char *path;
        int r = 0;

        *ret = (FileList) { 0 };
        for (size_t i = 0; r == 0 && i < a->n_words; i++)
                r = add(ret, a->words[i]);
        for (size_t i = 0; r == 0 && (path = arguments_nth(a, "files-from", i)); i++)
                r = read_from(c, path, ret);
        if (r == 0 && ret->n == 0)
                r = arguments_has(a, "files-from") ? fail(EXIT_USAGE, "%s", _("The list names no files.")) : arguments_missing(a);
        return r;
}

void file_list_done(FileList *l) {
        for (size_t i = 0; i < l->n; i++)
                free(l->paths[i]);
        free(TAKE_PTR(l->paths));
        l->n = 0;
}
