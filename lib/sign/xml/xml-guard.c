/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tags and their attributes in bytes; see xml-guard.h. */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "sign/xml/xml-guard.h"

enum {
        STATE_TEXT,
        STATE_MARKUP, /* behind "<" */
        STATE_BANG,   /* behind "<!" */
        STATE_COMMENT,
        STATE_CDATA,
        STATE_INSTRUCTION,
        STATE_TAG,
        STATE_QUOTE,
};

/* Spelled as they may begin. */
static const char *const encodings[] = { "UTF-8", "UTF8", "UTF-16", "US-ASCII", "ASCII", "ISO-8859-", "ISO_8859-", "ISO8859-", "WINDOWS-", "CP125", "KOI8-", "EUC-",
                                         "GB2312", "GBK", "GB18030", "BIG5", "SHIFT_JIS" };

bool xml_guard_knows_encoding(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(encodings); i++)
                if (strncasecmp(name, encodings[i], strlen(encodings[i])) == 0)
                        return true;
        return false;
}

static void begin(XmlGuard *g, int state) {
        g->state = state;
        g->run = 0;
}

/* Behind "<!" and before "--" or "[CDATA[" is whole; anything else is a declaration, which the parser refuses. */
static void read_bang(XmlGuard *g, uint8_t c) {
        static const char cdata[] = "[CDATA[";

        if (c == '-' && g->run < 10)
                g->run += 10;
        else if (c == '-' && g->run == 10)
                begin(g, STATE_COMMENT);
        else if (g->run < sizeof(cdata) - 1 && c == (uint8_t) cdata[g->run]) {
                if (++g->run == sizeof(cdata) - 1)
                        begin(g, STATE_CDATA);
        } else
                begin(g, STATE_TEXT);
}

/* Behind the first ">" that so many of the character stand before. */
static void read_until(XmlGuard *g, uint8_t c, uint8_t character, unsigned times) {
        if (c == '>' && g->run >= times)
                begin(g, STATE_TEXT);
        else
                g->run = c == character ? g->run + 1 : 0;
}

static int read_tag(XmlGuard *g, uint8_t c) {
        if (c == '>')
                begin(g, STATE_TEXT);
        else if (c == '"' || c == '\'') {
                g->quote = c;
                begin(g, STATE_QUOTE);
        } else if (c == '=' && ++g->attributes > XML_ATTRIBUTES_MAX)
                return -E2BIG;
        return 0;
}

static void read_markup(XmlGuard *g, uint8_t c) {
        g->attributes = 0;
        begin(g, c == '!' ? STATE_BANG : c == '?' ? STATE_INSTRUCTION : STATE_TAG);
}

static int read_octet(XmlGuard *g, uint8_t c) {
        switch (g->state) {
        case STATE_TEXT:
                if (c == '<')
                        begin(g, STATE_MARKUP);
                return 0;
        case STATE_MARKUP:
                read_markup(g, c);
                return g->state == STATE_TAG ? read_tag(g, c) : 0;
        case STATE_BANG:
                read_bang(g, c);
                return 0;
        case STATE_COMMENT:
                read_until(g, c, '-', 2);
                return 0;
        case STATE_CDATA:
                read_until(g, c, ']', 2);
                return 0;
        case STATE_INSTRUCTION:
                read_until(g, c, '?', 1);
                return 0;
        case STATE_QUOTE:
                if (c == g->quote)
                        begin(g, STATE_TAG);
                return 0;
        default:
                return read_tag(g, c);
        }
}

/* Texts and values, which are most of a document, are passed over at once. */
static int feed_octets(XmlGuard *g, View v) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < v.len; i++) {
                if (g->state == STATE_TEXT || g->state == STATE_QUOTE) {
                        const uint8_t *found = memchr(v.data + i, g->state == STATE_TEXT ? '<' : g->quote, v.len - i);

                        if (!found)
                                return 0;
                        i = (size_t) (found - v.data);
                }
                r = read_octet(g, v.data[i]);
        }
        return r;
}

/* A unit of UTF-16: what is not ASCII is no character of a tag. */
static int feed_unit(XmlGuard *g, uint8_t first, uint8_t second) {
        uint8_t high = g->big ? first : second, low = g->big ? second : first;

        if (high == 0 && low == 0)
                return -EILSEQ;
        return read_octet(g, high == 0 && low < 0x80 ? low : 0x80);
}

static int feed_units(XmlGuard *g, View v) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < v.len; i++) {
                g->odd[g->n_odd++] = v.data[i];
                if (g->n_odd == 2) {
                        r = feed_unit(g, g->odd[0], g->odd[1]);
                        g->n_odd = 0;
                }
        }
        return r;
}

/* XML 1.0 appendix F, from the first two octets. */
static int detect(XmlGuard *g) {
        const uint8_t *o = g->odd;

        g->big = (o[0] == 0xfe && o[1] == 0xff) || (o[0] == 0 && o[1] == '<');
        g->width = g->big || (o[0] == 0xff && o[1] == 0xfe) || (o[0] == '<' && o[1] == 0) ? 2 : 1;
        if (g->width == 1 && o[0] != '<' && o[0] != 0xef && !strchr(" \t\r\n", o[0]))
                return -EILSEQ;
        return 0;
}

int xml_guard_feed(XmlGuard *g, View piece) {
        uint8_t first[2];
        int r;

        while (g->width == 0 && piece.len > 0) {
                g->odd[g->n_odd++] = *piece.data++;
                piece.len--;
                if (g->n_odd < 2)
                        continue;
                r = detect(g);
                if (r < 0)
                        return r;
                memcpy(first, g->odd, sizeof(first));
                g->n_odd = 0;
                r = g->width == 2 ? feed_units(g, VIEW(first, 2)) : feed_octets(g, VIEW(first, 2));
                if (r < 0)
                        return r;
        }
        return g->width == 2 ? feed_units(g, piece) : feed_octets(g, piece);
}
