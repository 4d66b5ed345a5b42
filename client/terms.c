/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Terms and statements; see terms.h. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/utf8.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/terms.h"
#include "config.h"

#define FALLBACK "customs.en.txt"

void terms_done(Terms *t) {
        bytes_done(&t->file);
        free(t->path);
        *t = (Terms) { 0 };
}

/* The next line of a text that is cut apart; NULL at its end. */
static char *take_line(char **text) {
        char *line = *text, *end;

        if (!*line)
                return NULL;
        end = strchrnul(line, '\n');
        *text = *end ? end + 1 : end;
        *end = 0;
        return line;
}

static bool is_statement(const char *line) {
        return strncmp(line, "[ ] ", 4) == 0 && line[4];
}

static int take_statements(Terms *t, char *rest) {
        char *line;

        while ((line = take_line(&rest))) {
                if (!*line)
                        continue;
                if (!is_statement(line) || t->n_statements >= TERMS_STATEMENTS_MAX || !utf8_is_printable(line))
                        return -EBADMSG;
                t->statements[t->n_statements++] = line + 4;
        }
        return t->n_statements > 0 ? 0 : -EBADMSG;
}

/* Where the first statement begins; NULL when there is none. */
static char *find_statements(char *text) {
        char *p = strncmp(text, "[ ] ", 4) == 0 ? text : strstr(text, "\n[ ] ");

        return !p || p == text ? p : p + 1;
}

static bool text_is_printable(char *text) {
        for (char *line = text, *end;; line = end + 1) {
                bool good, last;

                end = strchrnul(line, '\n');
                last = !*end;
                *end = 0;
                good = utf8_is_printable(line);
                if (!last)
                        *end = '\n';
                if (!good || last)
                        return good;
        }
}

/* As the service takes it into its records. */
static bool version_is_sound(const char *s) {
        size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");

        return n > 0 && n <= TERMS_VERSION_MAX && s[n] == 0;
}

static int parse(Terms *t) {
        char *rest = (char *) t->file.data, *line = take_line(&rest), *statements;

        if (!line || strncmp(line, "Version: ", 9) != 0 || !version_is_sound(line + 9))
                return -EBADMSG;
        t->version = line + 9;
        statements = find_statements(rest);
        if (!statements)
                return -EBADMSG;
        t->text = rest;
        /* The newline before the statements ends the text. */
        if (statements > rest)
                statements[-1] = 0;
        else
                t->text = line + strlen(line);
        return text_is_printable(t->text) ? take_statements(t, statements) : -EBADMSG;
}

static int load(const char *folder, const char *name, Terms *ret) {
        Terms t = { 0 };
        int r;

        if (asprintf(&t.path, "%s/%s", folder, name) < 0)
                return -ENOMEM;
        r = read_file(t.path, TERMS_SIZE_MAX, &t.file);
        if (r >= 0 && memchr(t.file.data, 0, t.file.len))
                r = -EBADMSG;
        if (r >= 0)
                r = bytes_append_byte(&t.file, 0);
        if (r >= 0)
                r = parse(&t);
        if (r == -EBADMSG) {
                _cleanup_free_ char *clean = text_clean(t.path);

                complain(_("%s: these are no terms: a line “Version: …”, a text, and lines that begin with “[ ] ”."), clean);
        }
        if (r < 0)
                terms_done(&t);
        else
                *ret = t;
        return r;
}

int terms_load(Terms *ret) {
        const char *own = secure_getenv("SYGNET_TERMS"), *folders[] = { own ?: SYGNET_SYSCONFDIR "/terms", own ?: SYGNET_DATADIR "/terms" };
        /* Translators: the file that holds the terms in your language. */
        const char *names[] = { _("customs.en.txt"), FALLBACK };
        int r;

        /* What an administrator has put there counts in whatever language it is. */
        for (size_t i = 0; i < ELEMENTSOF(folders); i++)
                for (size_t k = 0; k < ELEMENTSOF(names); k++) {
                        r = load(folders[i], names[k], ret);
                        if (r != -ENOENT)
                                return r >= 0 ? 0 : r == -EBADMSG ? EXIT_FAILED : r == -ENOMEM ? fail_memory() : fail_errno(r, "%s", folders[i]);
                }
        return fail(EXIT_FAILED, _("The terms of customs keys are not installed (%s/%s)."), folders[1], FALLBACK);
}

static int accept_by_option(const Client *c, const Terms *t) {
        const char *version = arguments_get(&c->arguments, "accept-terms");

        if (strcmp(version, t->version) == 0)
                return 0;
        complain(_("The terms that are in force have the version %s."), t->version);
        hint("%s", _("Read them: sygnet key terms"));
        return EXIT_USAGE;
}

int terms_accept(Client *c, const Terms *t) {
        if (arguments_has(&c->arguments, "accept-terms"))
                return accept_by_option(c, t);
        if (!prompt_possible()) {
                complain("%s", _("There is no terminal to show the terms at: read them with “sygnet key terms”."));
                hint(_("Then accept them: --accept-terms %s"), t->version);
                return EXIT_USAGE;
        }
        hint("%s\n", t->text);
        for (size_t i = 0; i < t->n_statements; i++) {
                bool yes = false;
                int r = prompt_yes(t->statements[i], &yes);

                if (r > 0)
                        return r;
                if (!yes)
                        return fail(EXIT_FAILED, "%s", _("Without this statement no key is made."));
        }
        return 0;
}
