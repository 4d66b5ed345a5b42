/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The files of a detached signature, from who verifies: one file, whatever the signature calls it, or a folder with files by their names. */

#include "sign/xml/xml-reference.h"

typedef struct XadesContent {
        int fd; /* borrowed */
        bool folder;
        char *uri; /* what the one file is called */
} XadesContent;

/* `*ret` borrows the content. 0, or -errno of fstat(2). */
int xades_content_init(XadesContent *c, int fd, XmlResolver *ret);
void xades_content_done(XadesContent *c);
#define _cleanup_xades_content_ _cleanup_(xades_content_done)
