/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A draft from within: the parts of the signature, and what of the signed document stands around them. */

#include "sign/xml/xades-build.h"
#include "sign/xml/xml-scan.h"

struct XadesDraft {
        XadesParts parts;
        Bytes tbs;
        int in_fd, out_fd;   /* the caller's; -1 */
        bool manifest;       /* within asic:XAdESSignatures */
        bool prolog;         /* a document of its own: with an XML declaration */
        XmlInsertion place;  /* enveloped: of the signature in the document */
        /* Enveloping: what is in the object. */
        bool base64;         /* `in_fd` in base64 */
        Bytes object;        /* or this */
        char *media_type;
};

/* Chooses the element that is signed and the place in the document at d->in_fd, and adds the reference. As xades_draft_new(). */
int xades_envelop(XadesDraft *d, const XadesParams *params);

/* Puts the document at d->in_fd into an object as the element that it is, and adds the reference. */
int xades_embed(XadesDraft *d, const XadesParams *params);

/* Reads up to `size` bytes from `at`, fewer only at the end. */
int xades_read(int fd, uint64_t at, uint8_t *buffer, size_t size, size_t *ret);

/* The ds:Object with what is signed, left open; octets in base64 are still missing. */
void xades_put_object(XmlWriter *w, const XadesDraft *d);
