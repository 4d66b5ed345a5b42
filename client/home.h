/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whose files a run of the client may write: the home folder of the user that it runs as. */

/* HOME, unless that is a folder of somebody else's, as under “sudo -E”: then, and where HOME is not set, what the system's user database says. NULL when
 * there is none. Borrowed: valid until the next call. */
const char *home_folder(void);
