/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an administrator may set in sygnetd.conf. A limit that is nought or beyond reason is refused, not corrected. */

#include "daemon/manager.h"

/* Fills in the defaults, then what the file says; a file that does not exist is the defaults. -EINVAL with the line (0: no single one). */
int settings_read(const char *path, Settings *s, unsigned *ret_line);

/* Frees what it owns. */
void settings_done(Settings *s);
