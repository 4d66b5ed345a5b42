/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Terms of customs keys, and the statements that a person makes before one is made (requirement C2). They are a text file:
 * "Version: …" in the first line, then what is to be read, then statements, each a line that begins with "[ ] ". An
 * administrator replaces them in the configuration's folder. */

#include "base/bytes.h"
#include "client/client.h"

#define TERMS_SIZE_MAX (64U * 1024U)
#define TERMS_VERSION_MAX 64U
#define TERMS_STATEMENTS_MAX 16U

typedef struct Terms {
        Bytes file;    /* the whole, NUL-terminated, with its lines cut apart */
        char *version; /* all borrowed from `file` */
        char *text;
        char *statements[TERMS_STATEMENTS_MAX];
        size_t n_statements;
        char *path;
} Terms;

void terms_done(Terms *t);
#define _cleanup_terms_ _cleanup_(terms_done)

/* The terms in the user's language, an administrator's before ours. 0 or an exit code after saying why there are none. */
int terms_load(Terms *ret);

/* Has them accepted: each statement is confirmed at the terminal; elsewhere --accept-terms must name their version. */
int terms_accept(Client *c, const Terms *t);
