/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where programs of a person keep NSS databases: Firefox, Thunderbird, Chromium and those made of it, LibreOffice; in the home folder, in snap's
 * and in Flatpak's. Reads files only; what a database holds is nss.h's. */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

typedef enum NssForm {
        NSS_SQL,
        NSS_LEGACY,  /* dbm, as before 2018: no program of today reads it */
        NSS_FOREIGN, /* belongs to another Unix user: root's files in a person's profile would break it */
        NSS_ABSENT,  /* the program is installed and will look here, but there is none yet */
} NssForm;

typedef struct NssDatabase {
        char *path;          /* the folder */
        const char *program; /* as people call it */
        bool policy;         /* its program takes certificates in by enterprise policy, too */
        NssForm form;
} NssDatabase;

typedef struct NssDatabases {
        NssDatabase *items;
        size_t n;
} NssDatabases;

/* All databases below a home folder, each once, in the order of the table of places. 0 or negative errno. */
int nss_places_find(const char *home, NssDatabases *ret);
void nss_databases_done(NssDatabases *l);
#define _cleanup_nss_databases_ _cleanup_(nss_databases_done)
