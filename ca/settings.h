/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* sygnet-cad.conf. All of it has a default. */

#include "base/bytes.h"

typedef struct CaSettings {
        unsigned crl_hours;       /* how long a list of revocations is valid */
        unsigned crl_every_hours; /* how often there is a new one, also without a change */
        char *crl_url, *ocsp_url, *ca_url; /* go into new certificates; NULL: none */
} CaSettings;

/* Reads `path`; a file that does not exist is the defaults. -EINVAL with the sentence that says what is wrong, to be freed. */
int ca_settings_read(const char *path, CaSettings *ret, char **ret_problem);

/* The same over a text in memory. `path` is for the sentence. */
int ca_settings_parse(const char *path, View text, CaSettings *ret, char **ret_problem);

void ca_settings_done(CaSettings *s);
#define _cleanup_ca_settings_ _cleanup_(ca_settings_done)
