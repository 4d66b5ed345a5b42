/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Waiting for a seal that somebody else uses (--wait). */

#include "client/client.h"
#include "client/dict.h"

/* With --wait, waits until the seal is free for the session; else, and where it is, returns at once. Who uses it is nobody's to know. 0, or an exit
 * code after it was said why. */
int seal_wait(Client *c, const Dict *seal, const char *session);
