/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Encodings of mail; see mail-encoding.h. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "courier/mail-encoding.h"

#define LINE_MAX_LENGTH 76U

static bool is_ascii_text(View v) {
        for (size_t i = 0; i < v.len; i++)
                if (v.data[i] >= 0x7f || (v.data[i] < 0x20 && v.data[i] != '\n' && v.data[i] != '\t'))
                        return false;
        return true;
}

/* One line off the front of `rest`, without its end. */
static View next_line(View *rest) {
        const uint8_t *end = memchr(rest->data, '\n', rest->len);
        View line = VIEW(rest->data, end ? (size_t) (end - rest->data) : rest->len);
        size_t used = line.len + !!end;

        *rest = VIEW(rest->data + used, rest->len - used);
        return line;
}

MailEncoding mail_encoding_choose(View body) {
        bool plain = is_ascii_text(body);
        size_t beyond = 0;
        View rest = body;

        while (plain && rest.len > 0) {
                View line = next_line(&rest);

                /* A line of one dot, and one that begins with "From ", are changed on some ways. */
                plain = line.len <= LINE_MAX_LENGTH && !(line.len > 0 && (line.data[line.len - 1] == ' ' || line.data[0] == '.')) &&
                        !(line.len >= 5 && memcmp(line.data, "From ", 5) == 0);
        }
        if (plain)
                return MAIL_7BIT;
        for (size_t i = 0; i < body.len; i++)
                beyond += body.data[i] >= 0x7f;
        return beyond > body.len / 2 ? MAIL_BASE64 : MAIL_QUOTED_PRINTABLE;
}

const char *mail_encoding_to_string(MailEncoding e) {
        static const char *const names[] = { [MAIL_7BIT] = "7bit", [MAIL_QUOTED_PRINTABLE] = "quoted-printable", [MAIL_BASE64] = "base64" };

        return names[e];
}

/* --- Bodies ------------------------------------------------------------------------------------------------------- */

static int quote_line(View line, const char *eol, Text *out) {
        size_t column = 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < line.len; i++) {
                uint8_t c = line.data[i];
                bool last = i + 1 == line.len;
                bool quote = c == '=' || c > 0x7e || (c < 0x20 && c != '\t') || ((c == ' ' || c == '\t') && last) || (column == 0 && (c == '.' || c == 'F'));
                size_t width = quote ? 3 : 1;
                char text[8];

                /* Room for the = of a soft line break. */
                if (column + width + !last > LINE_MAX_LENGTH) {
                        r = text_append_string(out, "=");
                        if (r >= 0)
                                r = text_append_string(out, eol);
                        column = 0;
                }
                (void) snprintf(text, sizeof(text), quote ? "=%02X" : "%c", c);
                if (r >= 0)
                        r = text_append_string(out, text);
                column += width;
                secret_wipe(text, sizeof(text));
        }
        return r < 0 ? r : text_append_string(out, eol);
}

/* base64_encode() gives plain memory, which is wiped here. */
static int append_base64(View v, Text *out) {
        char *s = base64_encode(v);
        int r;

        if (!s)
                return -ENOMEM;
        r = text_append_string(out, s);
        secret_wipe(s, strlen(s));
        free(s);
        return r;
}

/* Within base64 the ends of lines are those of the canonical form, CRLF (RFC 2045 section 6.8). */
static int append_canonical(View body, Text *out) {
        int r = 0;

        while (r >= 0 && body.len > 0) {
                r = text_append(out, next_line(&body));
                if (r >= 0)
                        r = text_append_string(out, "\r\n");
        }
        return r;
}

static int encode_base64(View body, const char *eol, Text *out) {
        _cleanup_text_ Text canonical = { 0 };
        int r;

        r = text_new(body.len * 2 + 2, &canonical);
        if (r >= 0)
                r = append_canonical(body, &canonical);
        for (size_t i = 0; r >= 0 && i < canonical.len; i += LINE_MAX_LENGTH / 4 * 3) {
                View v = text_view(&canonical);
                size_t n = v.len - i;

                r = append_base64(VIEW(v.data + i, n < LINE_MAX_LENGTH / 4 * 3 ? n : LINE_MAX_LENGTH / 4 * 3), out);
                if (r >= 0)
                        r = text_append_string(out, eol);
        }
        return r;
}

int mail_encode_body(MailEncoding e, View body, const char *eol, Text *out) {
        int r = 0;

        if (e == MAIL_BASE64)
                return encode_base64(body, eol, out);
        while (r >= 0 && body.len > 0) {
                View line = next_line(&body);

                if (e == MAIL_QUOTED_PRINTABLE) {
                        r = quote_line(line, eol, out);
                        continue;
                }
                r = text_append(out, line);
                if (r >= 0)
                        r = text_append_string(out, eol);
        }
        return r;
}

/* --- Headers ------------------------------------------------------------------------------------------------------ */

/* How many bytes of whole characters go into an encoded word that begins at `column`. */
static size_t word_length(View v, size_t column) {
        size_t room = (LINE_MAX_LENGTH - column - strlen("=?utf-8?B?") - strlen("?=")) / 4 * 3, n = v.len < room ? v.len : room;

        while (n > 0 && n < v.len && (v.data[n] & 0xc0) == 0x80)
                n--;
        return n;
}

static int encode_words(View text, size_t column, const char *eol, Text *out) {
        int r = 0;

        while (r >= 0 && text.len > 0) {
                size_t n = word_length(text, column);

                r = text_append_string(out, "=?utf-8?B?");
                if (r >= 0)
                        r = append_base64(VIEW(text.data, n), out);
                if (r >= 0)
                        r = text_append_string(out, "?=");
                text = VIEW(text.data + n, text.len - n);
                column = 1;
                if (r >= 0 && text.len > 0)
                        r = text_append_string(out, eol);
                if (r >= 0 && text.len > 0)
                        r = text_append_byte(out, ' ');
        }
        return r;
}

int mail_encode_header(View text, size_t column, const char *eol, Text *out) {
        bool plain = is_ascii_text(text) && !memmem(text.data, text.len, "=?", 2) && column + text.len <= 78 && text.len > 0 && *text.data != ' ';

        return plain ? text_append(out, text) : encode_words(text, column, eol, out);
}

int mail_encode_name(const char *name, size_t column, const char *eol, Text *out) {
        View v = view_string(name);
        int r;

        if (!is_ascii_text(v) || memmem(v.data, v.len, "=?", 2) || column + 2 * v.len > LINE_MAX_LENGTH)
                return encode_words(v, column, eol, out);
        r = text_append_byte(out, '"');
        for (size_t i = 0; r >= 0 && i < v.len; i++) {
                if (name[i] == '"' || name[i] == '\\')
                        r = text_append_byte(out, '\\');
                if (r >= 0)
                        r = text_append_byte(out, name[i]);
        }
        return r < 0 ? r : text_append_byte(out, '"');
}
