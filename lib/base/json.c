/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A JSON writer; see json.h. */

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/json.h"
#include "base/utf8.h"

static void indent(Json *j) {
        if (j->compact)
                return;
        fputc('\n', j->out);
        for (unsigned i = 0; i < j->depth; i++)
                fputs("  ", j->out);
}

/* U+0080 to U+009F, which a terminal may obey, are C2 80 to C2 9F in UTF-8. */
static bool is_c1(const unsigned char *p, size_t n) {
        return n == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

/* How many bytes of `s` go out as they are, as far as that is plain from each alone: most text is one such run. */
static size_t plain_length(const char *s) {
        size_t n = 0;

        while ((unsigned char) s[n] >= 0x20 && (unsigned char) s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
                n++;
        return n;
}

static void write_escaped(Json *j, const char *s) {
        fputc('"', j->out);
        for (const char *p = s; *p;) {
                size_t plain = plain_length(p), n;
                unsigned char c;

                if (plain > 0) {
                        fwrite(p, 1, plain, j->out);
                        p += plain;
                        continue;
                }
                c = (unsigned char) *p;
                n = utf8_char_length(p);

                if (c == '"' || c == '\\')
                        fprintf(j->out, "\\%c", c);
                else if (c == '\n')
                        fputs("\\n", j->out);
                else if (c < 0x20 || c == 0x7f)
                        fprintf(j->out, "\\u%04x", c);
                else if (is_c1((const unsigned char *) p, n))
                        fprintf(j->out, "\\u%04x", (unsigned char) p[1]);
                else if (n == 0)
                        fputs("\xef\xbf\xbd", j->out);
                else
                        fwrite(p, 1, n, j->out);
                p += n > 0 ? n : 1;
        }
        fputc('"', j->out);
}

static void begin_value(Json *j, const char *name) {
        if (!j->first[j->depth])
                fputc(',', j->out);
        if (j->depth > 0)
                indent(j);
        j->first[j->depth] = false;
        if (!name)
                return;
        write_escaped(j, name);
        fputs(j->compact ? ":" : ": ", j->out);
}

static void begin_container(Json *j, const char *name, char c) {
        begin_value(j, name);
        fputc(c, j->out);
        assert(j->depth + 1 < JSON_DEPTH_MAX);
        j->first[++j->depth] = true;
}

static void end_container(Json *j, char c) {
        bool empty = j->first[j->depth];

        assert(j->depth > 0);
        j->depth--;
        if (!empty)
                indent(j);
        fputc(c, j->out);
}

void json_object_begin(Json *j, const char *name) {
        begin_container(j, name, '{');
}

void json_object_end(Json *j) {
        end_container(j, '}');
}

void json_array_begin(Json *j, const char *name) {
        begin_container(j, name, '[');
}

void json_array_end(Json *j) {
        end_container(j, ']');
}

void json_string(Json *j, const char *name, const char *value) {
        if (!value) {
                json_null(j, name);
                return;
        }
        begin_value(j, name);
        write_escaped(j, value);
}

void json_hex(Json *j, const char *name, View value) {
        static const char digits[] = "0123456789abcdef";

        begin_value(j, name);
        fputc('"', j->out);
        while (value.len > 0) {
                char chunk[128];
                size_t n = value.len < sizeof(chunk) / 2 ? value.len : sizeof(chunk) / 2;

                for (size_t i = 0; i < n; i++) {
                        chunk[2 * i] = digits[value.data[i] >> 4];
                        chunk[2 * i + 1] = digits[value.data[i] & 15];
                }
                fwrite(chunk, 2, n, j->out);
                value = VIEW(value.data + n, value.len - n);
        }
        fputc('"', j->out);
}

void json_bool(Json *j, const char *name, bool value) {
        begin_value(j, name);
        fputs(value ? "true" : "false", j->out);
}

void json_int(Json *j, const char *name, int64_t value) {
        begin_value(j, name);
        fprintf(j->out, "%" PRId64, value);
}

void json_null(Json *j, const char *name) {
        begin_value(j, name);
        fputs("null", j->out);
}

void json_time(Json *j, const char *name, int64_t seconds) {
        time_t t = (time_t) seconds;
        char text[80];
        struct tm tm;

        /* RFC 3339 has years of four digits. */
        if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900) {
                json_null(j, name);
                return;
        }
        snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                 tm.tm_sec);
        json_string(j, name, text);
}

void json_time_if_known(Json *j, const char *name, int64_t seconds) {
        if (seconds >= 0)
                json_time(j, name, seconds);
        else
                json_null(j, name);
}

void json_strings(Json *j, const char *name, char *const *list, size_t n) {
        json_array_begin(j, name);
        for (size_t i = 0; i < n; i++)
                json_string(j, NULL, list[i]);
        json_array_end(j);
}

int json_finish(Json *j) {
        assert(j->depth == 0);
        fputc('\n', j->out);
        return fflush(j->out) == EOF || ferror(j->out) ? -EIO : 0;
}
