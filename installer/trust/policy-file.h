/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Firefox's policies.json as text: paths go into policies.Certificates.Install and out again so that what else is there stays as it is, byte for
 * byte. What is added besides the paths is marked by a tabulator that nobody writes there. */

#include <stdbool.h>

#include "base/bytes.h"

#define POLICY_SIZE_MAX (1024U * 1024U)
#define POLICY_DEPTH_MAX 32U

/* Adds a path, which holds nothing that JSON would escape. An empty `text` is a file that does not exist. -EBADMSG when it is no JSON (RFC 8259), is not
 * of the form that policies have, or names something twice; -EEXIST when the path is there. */
int policy_add(View text, const char *path, Bytes *ret);

/* Takes it out: the text is as it was before, and empty when there was no file. -ENOENT when it is not there. */
int policy_remove(View text, const char *path, Bytes *ret);

/* Calls back with each path of the list that is a plain string; its negative return ends the walk. -EBADMSG as above. */
int policy_walk(View text, int (*f)(void *userdata, View path), void *userdata);
