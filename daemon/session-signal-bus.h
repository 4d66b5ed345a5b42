/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Signals about sessions: sent to those who asked for them by Subscribe, each to its own bus name, and only about sessions of the
 * subscriber's own Unix user. Nothing is broadcast. */

#include "daemon/session.h"

#define SUBSCRIBERS_PER_UID 16U
#define SUBSCRIBERS_MAX 1024U

/* Tells that n signatures were made in a remembered session, which nobody confirmed one by one; for other sessions it does nothing. After the
 * entry of the audit is on disk. */
void session_signal_used(Manager *m, const Session *s, const char *credential, unsigned n, int64_t now);

/* Tells that a certificate of the session's account expires. After it is on disk that this was told. */
void session_signal_expiring(Manager *m, const Session *s, const char *credential, const char *label, int64_t not_after);

SubscriberTable *subscriber_table_free(SubscriberTable *t);
