/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prompts; see prompt.h. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/no-core.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/quiet.h"

bool prompt_possible(void) {
        return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* One line, without its newline, of at most SECRET_MAX bytes. -EINTR when a signal came, -ENODATA at the end of input. */
static int quiet_read(const Quiet *q, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        ssize_t n;
        int r;

        r = secret_new(SECRET_MAX, &s);
        if (r < 0)
                return r;
        r = quiet_wait(q);
        if (r < 0)
                return r;
        n = read(STDIN_FILENO, secret_data(s), SECRET_MAX);
        if (n <= 0)
                return n < 0 ? -errno : -ENODATA;
        if (secret_data(s)[n - 1] == '\n')
                n--;
        secret_truncate(s, (size_t) n);
        *ret = TAKE_PTR(s);
        return 0;
}

/* Asks until there is an answer; a stop and continuation of the program asks again. */
static int read_line(const char *question, bool echo, Secret **ret) {
        Quiet q;
        int r;

        do {
                r = quiet_begin(&q, echo ? QUIET_ECHO : QUIET_LINE);
                if (r < 0)
                        return fail_errno(r, "%s", _("The terminal cannot be used"));
                /* Not before: what is typed at a question that stands there already would be thrown away by TCSAFLUSH. */
                ask("%s: ", question);
                r = quiet_read(&q, ret);
                quiet_end(&q);
        } while (r == -EINTR);
        if (r == -ENODATA)
                return fail(EXIT_FAILED, "%s", _("Nothing was entered."));
        return r < 0 ? fail_errno(r, "%s", _("The terminal cannot be read")) : 0;
}

static int read_secret_file(Client *c, const char *option, const char *path, Secret **ret) {
        bool is_stdin = strcmp(path, "-") == 0;
        _cleanup_close_ int opened = -1;
        int r;

        if (is_stdin && c->stdin_taken)
                return fail(EXIT_USAGE, "%s", _("Standard input can hold one secret only: name a file for the other."));
        if (!is_stdin) {
                opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
                if (opened < 0)
                        return fail_errno(errno, "--%s: %s", option, path);
        }
        r = secret_read_fd(is_stdin ? STDIN_FILENO : opened, SECRET_MAX, true, ret);
        if (r == -E2BIG)
                return fail(EXIT_FAILED, _("--%s: the file is too long for a secret."), option);
        if (r < 0)
                return fail_errno(r, "--%s: %s", option, path);
        c->stdin_taken |= is_stdin;
        return 0;
}

/* Passwords are UTF-8 wherever they are typed. */
static int to_utf8(Secret **s) {
        _cleanup_free_ char *raw = NULL, *text = NULL;
        int r;

        if (output_is_utf8())
                return 0;
        raw = strndup((const char *) secret_data(*s), secret_len(*s));
        text = raw ? text_from_locale(raw) : NULL;
        secret_free(*s);
        *s = NULL;
        r = text ? secret_dup(view_string(text), s) : -ENOMEM;
        secret_wipe(raw, raw ? strlen(raw) : 0);
        secret_wipe(text, text ? strlen(text) : 0);
        return r;
}

int prompt_ask_secret(const char *question, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        int r;

        no_core();
        r = read_line(question, false, &s);
        if (r > 0)
                return r;
        if (to_utf8(&s) < 0)
                return fail_memory();
        *ret = TAKE_PTR(s);
        return 0;
}

static int ask_again(const char *question, const Secret *first) {
        _cleanup_secret_ Secret *second = NULL;
        _cleanup_free_ char *again = NULL;
        int r;

        if (asprintf(&again, _("%s (again)"), question) < 0)
                return fail_memory();
        r = prompt_ask_secret(again, &second);
        if (r > 0)
                return r;
        if (!secret_equal(secret_view(first), secret_view(second)))
                return fail(EXIT_FAILED, "%s", _("The two are not the same; nothing was changed."));
        return 0;
}

int prompt_ask_new_secret(const char *question, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        int r;

        r = prompt_ask_secret(question, &s);
        if (r == 0)
                r = ask_again(question, s);
        if (r > 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

/* From the file, if the option was given; `*ret_asked` tells whether a person typed it. */
static int get_secret(Client *c, const char *option, const char *question, bool *ret_asked, Secret **ret) {
        const char *path = arguments_get(&c->arguments, option);

        no_core();
        *ret_asked = !path;
        if (path)
                return read_secret_file(c, option, path, ret);
        if (!prompt_possible())
                return fail(EXIT_USAGE, _("There is no terminal to ask at (%s): use --%s FILE."), question, option);
        return prompt_ask_secret(question, ret);
}

int prompt_secret(Client *c, const char *option, const char *question, Secret **ret) {
        bool asked;

        return get_secret(c, option, question, &asked, ret);
}

int prompt_new_secret(Client *c, const char *option, const char *question, const char *(*problem)(View secret), Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        const char *sentence;
        bool asked;
        int r;

        r = get_secret(c, option, question, &asked, &s);
        if (r > 0)
                return r;
        sentence = problem ? problem(secret_view(s)) : NULL;
        if (sentence)
                return fail(EXIT_FAILED, "%s", _(sentence));
        r = asked ? ask_again(question, s) : 0;
        if (r > 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

/* Drops blanks and dashes, as authenticators show codes in groups. */
static int tidy_code(Secret *s) {
        uint8_t *p = secret_data(s);
        size_t n = 0;

        for (size_t i = 0; i < secret_len(s); i++)
                if (p[i] >= '0' && p[i] <= '9')
                        p[n++] = p[i];
                else if (p[i] != ' ' && p[i] != '-')
                        return -EINVAL;
        secret_truncate(s, n);
        return n >= 6 && n <= 8 ? 0 : -EINVAL;
}

static int take_code(Secret **s, Secret **ret) {
        if (tidy_code(*s) < 0)
                return fail(EXIT_DENIED, "%s", _("A one-time code is 8 digits (6 with some authenticators)."));
        *ret = TAKE_PTR(*s);
        return 0;
}

int prompt_code(Client *c, const char *option, const char *question, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        int r;

        r = prompt_secret(c, option, question, &s);
        return r > 0 ? r : take_code(&s, ret);
}

int prompt_ask_code(const char *question, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        int r;

        r = prompt_ask_secret(question, &s);
        return r > 0 ? r : take_code(&s, ret);
}

int prompt_line(const char *question, char **ret) {
        _cleanup_secret_ Secret *s = NULL;
        _cleanup_free_ char *raw = NULL;
        int r;

        r = read_line(question, true, &s);
        if (r > 0)
                return r;
        raw = strndup((const char *) secret_data(s), secret_len(s));
        *ret = raw ? text_from_locale(raw) : NULL;
        return *ret ? 0 : fail_memory();
}

int prompt_yes(const char *question, bool *ret) {
        _cleanup_free_ char *full = NULL, *answer = NULL;
        int r;

        /* Translators: the letters in brackets are those that the program takes: y for yes, n for no. */
        if (asprintf(&full, "%s %s", question, _("[y/N]")) < 0)
                return fail_memory();
        r = prompt_line(full, &answer);
        if (r > 0)
                return r;
        /* Translators: the letter that means yes, lower case. */
        *ret = answer[0] && (strncasecmp(answer, _("y"), 1) == 0 || strncasecmp(answer, "y", 1) == 0);
        return 0;
}

int prompt_confirm(const char *option, const char *question) {
        bool yes = false;
        int r;

        if (!prompt_possible())
                return fail(EXIT_USAGE, _("There is no terminal to ask at (%s): use --%s."), question, option);
        r = prompt_yes(question, &yes);
        return r > 0 || yes ? r : fail(EXIT_FAILED, "%s", _("Nothing was changed."));
}
