/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tags counted in bytes; see xml-scan.h. Nothing is decoded: in a well-formed document tags, comments, instructions and CDATA sections end where they end by
 * their characters alone. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sign/xml/xml-scan.h"

#define BUFFER_SIZE 65536U
#define NAME_MAX_LEN 1024U

typedef struct Scan {
        int fd; /* -1: all of it is in `piece` */
        View piece;
        size_t at;       /* in the piece */
        uint64_t before; /* bytes before the piece */
        uint8_t *buffer;
        int error;

        size_t wanted, seen; /* elements */
        size_t depth, target_depth;
        bool in_target;
        XmlElementPlace place;
} Scan;

void xml_element_place_done(XmlElementPlace *p) {
        bytes_done(&p->name);
}

void xml_insertion_done(XmlInsertion *i) {
        bytes_done(&i->before);
        bytes_done(&i->after);
}

int xml_insertion_make(const XmlElementPlace *place, XmlInsertion *ret) {
        int r;

        *ret = (XmlInsertion) { .head = place->end, .tail = place->empty ? place->after : place->end };
        if (!place->empty)
                return 0;
        r = bytes_append_byte(&ret->before, '>');
        if (r >= 0)
                r = bytes_append_view(&ret->after, VIEW_LITERAL("</"));
        if (r >= 0)
                r = bytes_append_view(&ret->after, bytes_view(&place->name));
        return r < 0 ? r : bytes_append_byte(&ret->after, '>');
}

static uint64_t offset(const Scan *s) {
        return s->before + s->at;
}

static bool fill(Scan *s) {
        ssize_t n;

        if (s->fd < 0 || s->error < 0)
                return false;
        s->before += s->piece.len;
        do
                n = pread(s->fd, s->buffer, BUFFER_SIZE, (off_t) s->before);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                s->error = -errno;
        s->piece = VIEW(s->buffer, n > 0 ? (size_t) n : 0);
        s->at = 0;
        return n > 0;
}

/* The next byte, or -1. */
static int next(Scan *s) {
        if (s->at == s->piece.len && !fill(s))
                return -1;
        return s->piece.data[s->at++];
}

static bool skip_to(Scan *s, int wanted) {
        for (;;) {
                const uint8_t *found = s->at < s->piece.len ? memchr(s->piece.data + s->at, wanted, s->piece.len - s->at) : NULL;

                if (found) {
                        s->at = (size_t) (found - s->piece.data) + 1;
                        return true;
                }
                s->at = s->piece.len;
                if (!fill(s))
                        return false;
        }
}

/* Behind the first "--", "]]" or "?" that a ">" follows; of runs of the character the last ones count. */
static bool skip_behind(Scan *s, int character, unsigned times) {
        unsigned run = 0;
        int c;

        while ((c = next(s)) >= 0) {
                if (c == '>' && run >= times)
                        return true;
                run = c == character ? run + 1 : 0;
        }
        return false;
}

static bool expect(Scan *s, const char *text) {
        for (; *text; text++)
                if (next(s) != *text)
                        return false;
        return true;
}

/* Behind "<!". */
static bool skip_declaration(Scan *s) {
        switch (next(s)) {
        case '-':
                return expect(s, "-") && skip_behind(s, '-', 2);
        case '[':
                return expect(s, "CDATA[") && skip_behind(s, ']', 2);
        default:
                return false;
        }
}

static bool is_name_end(int c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '/' || c == '>';
}

/* The rest of a start tag; `c` is the first byte of its name. */
static bool read_start_tag(Scan *s, int c, Bytes *name, bool *ret_empty) {
        bool slash = false;

        while (c >= 0 && !is_name_end(c)) {
                if (name && name->len == NAME_MAX_LEN)
                        return false;
                if (name && bytes_append_byte(name, (uint8_t) c) < 0) {
                        s->error = -ENOMEM;
                        return false;
                }
                c = next(s);
        }
        for (; c >= 0 && c != '>'; c = next(s)) {
                slash = c == '/';
                if ((c == '"' || c == '\'') && !skip_to(s, c))
                        return false;
        }
        *ret_empty = slash;
        return c == '>';
}

/* 1 when all of the wanted element was seen. */
static int start_tag(Scan *s, int c) {
        bool target = s->seen++ == s->wanted, empty;
        uint64_t start = offset(s) - 2;

        if (!read_start_tag(s, c, target ? &s->place.name : NULL, &empty))
                return -EBADMSG;
        if (target) {
                s->place.start = start;
                s->place.empty = empty;
                s->place.content = s->place.end = offset(s) - (empty ? 2 : 0);
                s->place.after = offset(s);
                s->in_target = true;
                s->target_depth = s->depth;
        }
        if (!empty)
                s->depth++;
        return target && empty;
}

static int end_tag(Scan *s) {
        uint64_t start = offset(s) - 2;

        if (!skip_to(s, '>') || s->depth == 0)
                return -EBADMSG;
        s->depth--;
        if (!s->in_target || s->depth != s->target_depth)
                return 0;
        s->place.end = start;
        s->place.after = offset(s);
        return 1;
}

/* Behind "<". */
static int markup(Scan *s) {
        int c = next(s);

        switch (c) {
        case '!':
                return skip_declaration(s) ? 0 : -EBADMSG;
        case '?':
                return skip_behind(s, '?', 1) ? 0 : -EBADMSG;
        case '/':
                return end_tag(s);
        case -1:
                return -EBADMSG;
        default:
                return start_tag(s, c);
        }
}

static int scan(Scan *s, XmlElementPlace *ret) {
        int r = 0;

        while (r == 0 && skip_to(s, '<'))
                r = markup(s);
        if (s->error < 0)
                r = s->error;
        if (r == 1) {
                *ret = s->place;
                return 0;
        }
        xml_element_place_done(&s->place);
        return r < 0 ? r : -EBADMSG;
}

int xml_scan_file(int fd, size_t number, XmlElementPlace *ret) {
        _cleanup_free_ uint8_t *buffer = malloc(BUFFER_SIZE);

        if (!buffer)
                return -ENOMEM;
        return scan(&(Scan) { .fd = fd, .buffer = buffer, .wanted = number }, ret);
}

int xml_scan_text(View text, size_t number, XmlElementPlace *ret) {
        return scan(&(Scan) { .fd = -1, .piece = text, .wanted = number }, ret);
}
