/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Passwords and PINs that an administrator left in a file. */

#include "base/secret.h"

#define SECRET_FILE_MAX 1024U

/* Reads `path`; one trailing newline is not part of the secret, which must be text. `own`: nobody but the file's owner may read it (-EPERM). -ENOENT
 * when there is none, -errno; `*ret_problem` then is what is to be said after the path, a constant. */
int secret_file_read(const char *path, bool own, Secret **ret, const char **ret_problem);

/* The same for a service's secret: systemd's credential `name`, else `path` (or NULL), which must be its own. 1; 0 when there is none, or an empty one. On
 * -errno `*ret_path` is the file that it is about, to be freed. */
int secret_credential_read(const char *name, const char *path, Secret **ret, char **ret_path, const char **ret_problem);
