/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds where an element stands in the bytes of a document, which a tree does not tell. The document must have been read as well-formed and without DTD
 * (xml-document.h), in an encoding that has ASCII's characters where ASCII has them, and no other use of their bytes. */

#include "base/bytes.h"

/* Offsets in bytes. Of an empty-element tag `content` and `end` are where its "/>" stands. */
typedef struct XmlElementPlace {
        uint64_t start;   /* of the start tag */
        uint64_t content; /* behind the start tag */
        uint64_t end;     /* of the end tag */
        uint64_t after;   /* behind the end tag */
        bool empty;       /* an empty-element tag */
        Bytes name;       /* as it is written, with its prefix */
} XmlElementPlace;

void xml_element_place_done(XmlElementPlace *p);
#define _cleanup_xml_element_place_ _cleanup_(xml_element_place_done)

/* A piece that becomes the element's last child: the document's bytes before `head`, then `before`, the piece, `after`, and the bytes from `tail` on. An
 * empty-element tag is opened for it, which changes nothing in canonical form. */
typedef struct XmlInsertion {
        uint64_t head, tail;
        Bytes before, after;
} XmlInsertion;

void xml_insertion_done(XmlInsertion *i);
int xml_insertion_make(const XmlElementPlace *place, XmlInsertion *ret); /* 0, -ENOMEM; `ret` is to be done in any case */

/* The element of that number, 0 is the root, in document order. By pread(2), or in memory. -EBADMSG when it is not there, or the document not as it must be. */
int xml_scan_file(int fd, size_t number, XmlElementPlace *ret);
int xml_scan_text(View text, size_t number, XmlElementPlace *ret);
