/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which credential a verb works with: by id, by the beginning of an id, or by label, where that tells one. */

#include "client/client.h"
#include "client/dict.h"

/* The credentials of the caller; all of the service's when `all` (for operators). */
int credential_list(Client *c, bool all, DictList *ret);

/* The credential that `name` means. Looks among the caller's, then, when `all`, among all. The dictionary is the caller's to release. */
int credential_find(Client *c, const char *name, bool all, Dict *ret);

/* For signing: what --credential says, or the only one that is usable; for a `login` those for authentication are, too. Says why where it is not usable. */
int credential_choose(Client *c, bool login, Dict *ret);

/* How many of the caller's credentials could sign now; none where there is no service. Says nothing. */
size_t credential_count_usable(Client *c, bool login);

/* The invitations to use a seal that wait for the session's account. */
int invitation_list(Client *c, const char *session, DictList *ret);

/* Of a certificate that expires within 30 days, when: "in 5 days", or that its renewal is under way; translated. NULL for others. Valid until the next call. */
const char *expiry_text(const Dict *d);

/* The same of a certificate that the service does not know of. */
const char *expiry_text_at(int64_t not_after);

/* Translated: "seal", "customs key"; "active" … Takes any string. */
const char *kind_text(const char *kind);
const char *status_text(const char *status);
const char *role_text(const char *role);
