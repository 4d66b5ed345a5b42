/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fields of a message; see fields.h. */

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "courier/fields.h"

typedef struct Reader {
        const uint8_t *at, *end;
        uint8_t *out; /* in the room, which is as long as the JSON: decoded text is never longer */
} Reader;

static void skip_space(Reader *r) {
        while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
                r->at++;
}

/* Takes `c`, after blanks. */
static bool take(Reader *r, char c) {
        skip_space(r);
        if (r->at == r->end || *r->at != (uint8_t) c)
                return false;
        r->at++;
        return true;
}

static int hex4(Reader *r, unsigned *ret) {
        unsigned v = 0;

        if (r->end - r->at < 4)
                return -EBADMSG;
        for (int i = 0; i < 4; i++) {
                static const char digits[] = "0123456789abcdef";
                const char *p = *r->at ? strchr(digits, *r->at >= 'A' && *r->at <= 'F' ? *r->at + 32 : *r->at) : NULL;

                if (!p)
                        return -EBADMSG;
                v = v << 4 | (unsigned) (p - digits);
                r->at++;
        }
        *ret = v;
        return 0;
}

static void put_utf8(Reader *r, unsigned c) {
        if (c < 0x80) {
                *r->out++ = (uint8_t) c;
        } else if (c < 0x800) {
                *r->out++ = (uint8_t) (0xc0 | c >> 6);
                *r->out++ = (uint8_t) (0x80 | (c & 63));
        } else if (c < 0x10000) {
                *r->out++ = (uint8_t) (0xe0 | c >> 12);
                *r->out++ = (uint8_t) (0x80 | (c >> 6 & 63));
                *r->out++ = (uint8_t) (0x80 | (c & 63));
        } else {
                *r->out++ = (uint8_t) (0xf0 | c >> 18);
                *r->out++ = (uint8_t) (0x80 | (c >> 12 & 63));
                *r->out++ = (uint8_t) (0x80 | (c >> 6 & 63));
                *r->out++ = (uint8_t) (0x80 | (c & 63));
        }
}

/* What follows \u; a surrogate wants its other half. */
static int read_unicode(Reader *r) {
        unsigned c, low;

        if (hex4(r, &c) < 0)
                return -EBADMSG;
        if (c >= 0xd800 && c <= 0xdbff) {
                if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
                        return -EBADMSG;
                r->at += 2;
                if (hex4(r, &low) < 0 || low < 0xdc00 || low > 0xdfff)
                        return -EBADMSG;
                c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
        } else if (c == 0 || (c >= 0xdc00 && c <= 0xdfff)) {
                return -EBADMSG;
        }
        put_utf8(r, c);
        return 0;
}

static int read_escape(Reader *r) {
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        const char *p;

        if (r->at == r->end || !*r->at)
                return -EBADMSG;
        if (*r->at == 'u') {
                r->at++;
                return read_unicode(r);
        }
        p = strchr(from, *r->at++);
        if (!p)
                return -EBADMSG;
        *r->out++ = (uint8_t) to[p - from];
        return 0;
}

/* The string is in the room then, with a NUL behind it. */
static int read_string(Reader *r, const char **ret) {
        const char *begin = (const char *) r->out;

        if (!take(r, '"'))
                return -EBADMSG;
        while (r->at < r->end && *r->at != '"') {
                if (*r->at < 0x20)
                        return -EBADMSG;
                if (*r->at != '\\') {
                        *r->out++ = *r->at++;
                        continue;
                }
                r->at++;
                if (read_escape(r) < 0)
                        return -EBADMSG;
        }
        if (r->at == r->end)
                return -EBADMSG;
        r->at++;
        *r->out++ = 0;
        *ret = begin;
        return 0;
}

static bool is_name(const char *s) {
        size_t n = strlen(s);

        return n >= 1 && n <= FIELD_NAME_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

static int read_field(Reader *r, Fields *f, const char **ret_problem) {
        const char *name, *value;

        *ret_problem = "The fields are not a JSON object of strings.";
        if (read_string(r, &name) < 0 || !take(r, ':') || read_string(r, &value) < 0)
                return -EBADMSG;
        *ret_problem = "A field's name is 1 to 32 of a-z, 0-9, - and _, and none comes twice.";
        if (!is_name(name))
                return -EBADMSG;
        for (size_t i = 0; i < f->n; i++)
                if (strcmp(f->fields[i].name, name) == 0)
                        return -EBADMSG;
        *ret_problem = "There are more than 32 fields.";
        if (f->n == FIELDS_MAX)
                return -EBADMSG;
        *ret_problem = "A field's value is one line of UTF-8 without control characters.";
        if (!utf8_is_printable(value))
                return -EBADMSG;
        strcpy(f->fields[f->n].name, name);
        f->fields[f->n++].value = value;
        return 0;
}

static int read_object(Reader *r, Fields *f, const char **ret_problem) {
        *ret_problem = "The fields are not a JSON object of strings.";
        if (!take(r, '{'))
                return -EBADMSG;
        if (!take(r, '}')) {
                do {
                        if (read_field(r, f, ret_problem) < 0)
                                return -EBADMSG;
                } while (take(r, ','));
                *ret_problem = "The fields are not a JSON object of strings.";
                if (!take(r, '}'))
                        return -EBADMSG;
        }
        skip_space(r);
        return r->at == r->end ? 0 : -EBADMSG;
}

int fields_parse(View json, Fields *ret, const char **ret_problem) {
        _cleanup_fields_ Fields f = { 0 };
        Reader reader = { .at = json.data, .end = json.data + json.len };
        int r;

        /* A string loses its two quotes and gains a NUL. */
        r = secret_new(json.len, &f.room);
        if (r < 0)
                return r;
        reader.out = secret_data(f.room);
        r = read_object(&reader, &f, ret_problem);
        if (r < 0)
                return r;
        *ret = f;
        f = (Fields) { 0 };
        return 0;
}

void fields_done(Fields *f) {
        secret_free(f->room);
        *f = (Fields) { 0 };
}

void fields_set_default(Fields *f, const char *name, const char *value) {
        size_t i = 0;

        while (i < f->n && strcmp(f->fields[i].name, name) != 0)
                i++;
        if (i == FIELDS_MAX || (i < f->n && *f->fields[i].value))
                return;
        strcpy(f->fields[i].name, name);
        f->fields[i].value = value;
        f->n += i == f->n;
}

const char *fields_get(const Fields *f, const char *name) {
        for (size_t i = 0; i < f->n; i++)
                if (strcmp(f->fields[i].name, name) == 0)
                        return *f->fields[i].value ? f->fields[i].value : NULL;
        return NULL;
}
