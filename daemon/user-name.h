/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The name of a Unix user, asked from the name service on a thread of its own kind and with a deadline: the service may be a
 * directory at the other end of a broken line. */

#include <sys/types.h>

#include "daemon/manager.h"

#define USER_NAME_DEADLINE 5 /* seconds */

/* `result` is 0 with the name, -ESRCH when the user has none, -ETIMEDOUT, or -errno. */
typedef void (*UserNameDone)(int result, const char *name, void *userdata);

/* -ENOBUFS when too many wait. On error nothing is called. `done` is called once, on the loop, before the manager is gone. */
int user_name_lookup(Manager *m, uid_t uid, UserNameDone done, void *userdata);
