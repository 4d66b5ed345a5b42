/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* sygnet-ca-key.conf: which key of which token, and by whose module. */

#include "base/bytes.h"

typedef struct KeySettings {
        char *uri;    /* RFC 7512: the token, and the key's label or id; no PIN */
        char *module; /* path of the PKCS#11 module; NULL: those that p11-kit knows */
} KeySettings;

/* Reads `path`. -EINVAL, -ENOENT …, with the sentence that says what is wrong, to be freed. */
int key_settings_read(const char *path, KeySettings *ret, char **ret_problem);

/* The same over a text in memory. `path` is for the sentence. */
int key_settings_parse(const char *path, View text, KeySettings *ret, char **ret_problem);

void key_settings_done(KeySettings *s);
#define _cleanup_key_settings_ _cleanup_(key_settings_done)
