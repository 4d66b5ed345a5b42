/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The files that a verb is given: its words, and what --files-from names, a line each, or with --null ended by a NUL each. Paths are bytes, and
 * stay as they are. */

#include "client/client.h"

typedef struct FileList {
        char **paths; /* each owned */
        size_t n;
} FileList;

/* 0, or an exit code after saying why, also when there is none. `ret` is to be released in any case. */
int file_list_read(Client *c, FileList *ret);
void file_list_done(FileList *l);
