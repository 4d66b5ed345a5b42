/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What happens to the caller's sessions, as it happens: the signals of the service, and at a terminal a line with the time that is left. */

#include "client/client.h"

/* Goes on until the program is interrupted or the bus is gone. An exit code. */
int follow_sessions(Client *c);
