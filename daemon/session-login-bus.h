/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Login sessions, as systemd-logind keeps them: when a user's last one ends, the user's sessions of ours end too, those that were open while
 * there was one. A service that never logs in keeps its sessions; so does everybody where there is no logind. Never used to authorise. */

#include "daemon/session.h"

/* For SessionEvents. */
void session_login_opened(Manager *m, const Session *s);

LoginWatch *login_watch_free(LoginWatch *w);
