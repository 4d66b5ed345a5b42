/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Watches the bytes of a document on their way to the parser, which compares each attribute of an element with all others of it before anybody is asked: a few
 * megabytes of attributes in one tag would take minutes. Only tags are told from what is none; whether it is XML, the parser says. */

#include <stdbool.h>

#include "base/bytes.h"

/* The most attributes, namespace declarations among them, that an element may have. */
#define XML_ATTRIBUTES_MAX 4096U

typedef struct XmlGuard {
        int state;
        unsigned run;        /* of the character that ends a comment or the like; or how much of what begins one was seen */
        uint8_t quote;
        unsigned attributes; /* of the tag so far */
        int width;           /* 0: not known yet; 1, or 2 for UTF-16 */
        bool big;            /* UTF-16 with the high octet first */
        uint8_t odd[4];      /* octets that wait for the next piece */
        size_t n_odd;
} XmlGuard;

/* Takes the next piece. -E2BIG for a tag with more attributes than that; -EILSEQ for what begins as no encoding in which tags could be told. */
int xml_guard_feed(XmlGuard *g, View piece);

/* Whether an encoding, as documents declare it, has the characters of tags where ASCII has them, or is UTF-16. */
bool xml_guard_knows_encoding(const char *name);
