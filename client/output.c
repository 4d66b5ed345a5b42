/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text for people; see output.h. */

#include <errno.h>
#include <iconv.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <wchar.h>

#include "base/json.h"
#include "base/utf8.h"
#include "client/output.h"

#define PROGRAM "sygnet"

bool output_is_utf8(void) {
        return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool output_is_terminal(void) {
        return isatty(STDOUT_FILENO) > 0;
}

unsigned output_width(void) {
        struct winsize size;

        if (!output_is_terminal())
                return 0;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
                return 80;
        return size.ws_col;
}

/* Converts all of `s`; what `to` cannot say, and what was not well-formed, becomes '?'. */
static char *convert(const char *to, const char *from, const char *s) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        size_t left = strlen(s);
        char *in = (char *) (uintptr_t) s;
        iconv_t cd = iconv_open(to, from);

        if (cd == (iconv_t) -1)
                return strdup(s);
        while (left > 0) {
                char buffer[256], *o = buffer;
                size_t room = sizeof(buffer);
                size_t n = iconv(cd, &in, &left, &o, &room);

                if (bytes_append(&b, buffer, sizeof(buffer) - room) < 0)
                        break;
                if (n != (size_t) -1 || errno == E2BIG)
                        continue;
                if (bytes_append_byte(&b, '?') < 0)
                        break;
                in++;
                left--;
        }
        iconv_close(cd);
        return bytes_append_byte(&b, 0) < 0 ? NULL : (char *) bytes_take(&b).data;
}

static char *text_to_locale(const char *s) {
        char target[64];

        if (output_is_utf8())
                return strdup(s);
        snprintf(target, sizeof(target), "%s//TRANSLIT", nl_langinfo(CODESET));
        return convert(target, "UTF-8", s);
}

char *text_from_locale(const char *s) {
        return output_is_utf8() ? strdup(s) : convert("UTF-8", nl_langinfo(CODESET), s);
}

char *text_clean(const char *s) {
        char *clean = utf8_sanitize(view_string(s));

        if (!clean)
                abort();
        return clean;
}

static void put(FILE *f, const char *s) {
        _cleanup_free_ char *converted = text_to_locale(s);

        fputs(converted ?: "?", f);
}

static void __attribute__((format(printf, 2, 0))) put_formatted(FILE *f, const char *format, va_list ap) {
        _cleanup_free_ char *s = NULL;

        if (vasprintf(&s, format, ap) >= 0)
                put(f, s);
}

static bool use_colour(void) {
        const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

        return output_is_terminal() && (!no || !*no) && term && strcmp(term, "dumb") != 0;
}

void out(const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        put_formatted(stdout, format, ap);
        va_end(ap);
}

void out_styled(Style style, const char *format, ...) {
        static const char *const codes[] = { "0", "1", "2", "1;32", "1;31", "1;33", "97;40" };
        bool colour = style != STYLE_PLAIN && use_colour();
        va_list ap;

        if (colour)
                printf("\033[%sm", codes[style]);
        va_start(ap, format);
        put_formatted(stdout, format, ap);
        va_end(ap);
        if (colour)
                printf("\033[0m");
}

/* Whether out_status() has left a line; guarded by the stream's lock, which also keeps the messages of several threads apart. */
static bool has_status;

static void begin_message(void) {
        fflush(stdout);
        flockfile(stderr);
        if (has_status)
                fputs("\r\033[K", stderr);
        has_status = false;
}

static void end_message(void) {
        fflush(stderr);
        funlockfile(stderr);
}

void out_status(const char *format, ...) {
        va_list ap;

        begin_message();
        va_start(ap, format);
        put_formatted(stderr, format, ap);
        va_end(ap);
        has_status = true;
        end_message();
}

void out_status_end(void) {
        begin_message();
        end_message();
}

static void __attribute__((format(printf, 1, 0))) complain_v(const char *format, va_list ap) {
        begin_message();
        fputs(PROGRAM ": ", stderr);
        put_formatted(stderr, format, ap);
        fputc('\n', stderr);
        end_message();
}

void complain(const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        complain_v(format, ap);
        va_end(ap);
}

void hint(const char *format, ...) {
        va_list ap;

        begin_message();
        va_start(ap, format);
        put_formatted(stderr, format, ap);
        va_end(ap);
        fputc('\n', stderr);
        end_message();
}

void ask(const char *format, ...) {
        va_list ap;

        begin_message();
        va_start(ap, format);
        put_formatted(stderr, format, ap);
        va_end(ap);
        end_message();
}

int fail(int status, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        complain_v(format, ap);
        va_end(ap);
        return status;
}

int fail_errno(int error, const char *format, ...) {
        _cleanup_free_ char *what = NULL, *why = text_from_locale(strerror(abs(error)));
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&what, format, ap) < 0)
                what = NULL;
        va_end(ap);
        complain("%s: %s", what ?: "?", why ?: "?");
        return abs(error) == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILED;
}

/* What a person can do about it; NULL where the errno's sentence says it. */
static const char *file_advice(int error) {
        switch (error) {
        case ENOENT:
                return _("Check the name.");
        case EACCES:
        case EPERM:
                return _("Your Unix user may not do this with it: ask its owner, or see “ls -l”.");
        case EROFS:
                return _("Nothing can be written there: choose another place.");
        case ENOSPC:
        case EDQUOT:
                return _("Make room, or choose another place.");
        default:
                return NULL;
        }
}

int fail_file(int error, const char *path) {
        _cleanup_free_ char *name = text_from_locale(path), *clean = text_clean(name ?: "?");
        int status = fail_errno(error, "%s", clean);

        if (file_advice(abs(error)))
                hint("%s", file_advice(abs(error)));
        return abs(error) == EACCES || abs(error) == EPERM ? EXIT_DENIED : status;
}

int fail_memory(void) {
        return fail(EXIT_FAILED, "%s", _("Out of memory."));
}

/* The code point that `n` bytes, known to be well-formed, hold. */
static wchar_t code_point(const unsigned char *p, size_t n) {
        wchar_t c = n == 1 ? p[0] : p[0] & (0x7f >> n);

        for (size_t i = 1; i < n; i++)
                c = c << 6 | (p[i] & 0x3f);
        return c;
}

/* The length in bytes of the character at `s`, and the columns it takes. Outside UTF-8 locales wcwidth() knows ASCII only. */
static size_t character(const char *s, unsigned *ret_width) {
        size_t n = utf8_char_length(s);
        int width = n > 0 ? wcwidth(code_point((const unsigned char *) s, n)) : 1;

        *ret_width = width < 0 ? 1 : (unsigned) width;
        return n > 0 ? n : 1;
}

unsigned text_width(const char *s) {
        unsigned total = 0, width;

        while (*s) {
                s += character(s, &width);
                total += width;
        }
        return total;
}

static char *static_buffer(void) {
        static _Thread_local char buffers[4][64];
        static _Thread_local unsigned next;

        return buffers[next++ % ELEMENTSOF(buffers)];
}

static bool read_local(int64_t seconds, struct tm *ret) {
        time_t t = (time_t) seconds;

        return seconds >= 0 && localtime_r(&t, ret);
}

const char *text_time(int64_t seconds) {
        char *buffer = static_buffer();
        struct tm tm;

        return read_local(seconds, &tm) && strftime(buffer, 64, "%Y-%m-%d %H:%M:%S", &tm) > 0 ? buffer : "–";
}

const char *text_date(int64_t seconds) {
        char *buffer = static_buffer();
        struct tm tm;

        return read_local(seconds, &tm) && strftime(buffer, 64, "%Y-%m-%d", &tm) > 0 ? buffer : "–";
}

const char *text_duration(int64_t seconds) {
        char *buffer = static_buffer();

        if (seconds < 0)
                seconds = 0;
        if (seconds >= 3600)
                snprintf(buffer, 64, _("%d h %d min"), (int) (seconds / 3600), (int) (seconds / 60 % 60));
        else if (seconds >= 60)
                snprintf(buffer, 64, _("%d min %d s"), (int) (seconds / 60), (int) (seconds % 60));
        else
                snprintf(buffer, 64, _("%d s"), (int) seconds);
        return buffer;
}

static void put_spaces(unsigned n) {
        for (; n > 0; n--)
                fputc(' ', stdout);
}

void out_wrapped(unsigned at, unsigned column, const char *text) {
        unsigned limit = output_width() > 0 ? output_width() : 80;
        bool first = true;

        while (*text) {
                size_t n = strcspn(text, " ");
                _cleanup_free_ char *word = strndup(text, n);

                if (!word)
                        return;
                if (!first && at + 1 + text_width(word) > limit) {
                        fputc('\n', stdout);
                        at = 0;
                        first = true;
                }
                if (first && at < column) {
                        put_spaces(column - at);
                        at = column;
                } else if (!first || at > 0) {
                        fputc(' ', stdout);
                        at++;
                }
                put(stdout, word);
                at += text_width(word);
                first = false;
                text += n + (text[n] ? 1 : 0);
        }
        fputc('\n', stdout);
}

void out_paragraph(unsigned indent, const char *text) {
        out_wrapped(0, indent, text);
}

/* Values are copied by people and programs: they are wrapped for a terminal only. */
static void put_value(unsigned column, const char *value) {
        if (output_is_terminal())
                out_wrapped(column, column + 1, value);
        else
                out(" %s\n", value);
}

void out_pairs(const Pair *pairs, size_t n) {
        unsigned widest = 0;

        for (size_t i = 0; i < n; i++)
                if (pairs[i].value && *pairs[i].value && text_width(pairs[i].title) > widest)
                        widest = text_width(pairs[i].title);
        for (size_t i = 0; i < n; i++) {
                _cleanup_free_ char *clean = NULL;

                if (!pairs[i].value || !*pairs[i].value)
                        continue;
                clean = text_clean(pairs[i].value);
                put_spaces(widest - text_width(pairs[i].title));
                out_styled(STYLE_FAINT, "%s:", pairs[i].title);
                put_value(widest + 1, clean);
        }
}

int out_pairs_json(const Pair *pairs, size_t n) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        for (size_t i = 0; i < n; i++)
                json_string(&j, pairs[i].title, pairs[i].value);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}
