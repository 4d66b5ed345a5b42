/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The head of the audit, kept elsewhere: at each interval that the administrator configured ([Audit] HeadInterval) it is written to the journal,
 * and sent by mail where an address is configured (HeadMail). Whoever has it can tell later that nothing was taken out of the audit up to there.
 * An entry `audit-head` says that it was done, and when, so that restarts neither repeat nor put it off. */

#include "daemon/manager.h"

/* Begins; the first is due at once where none was ever made. Does nothing when no interval is configured. */
int audit_head_start(Manager *m);
