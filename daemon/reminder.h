/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reminders that a certificate expires (requirement E11): 30, 14, 7 days and 1 day before, once each, by mail to the owner of a key and to the Administrator of a
 * seal, and by the signal CertificateExpiring to those of their sessions that are followed. What was told is in the store, so that restarts repeat
 * nothing; what could not be sent is tried again with the next look. */

#include "daemon/manager.h"

/* Looks at start, each hour, and when a session is opened and the last look is an hour ago: the clock may have been set. */
int reminder_start(Manager *m);
void reminder_stop(Manager *m);

/* A session was opened. */
void reminder_poke(Manager *m);
