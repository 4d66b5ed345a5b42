/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which mandate a verb works with: by id, by the beginning of an id, or by label, where that tells one. */

#include "client/client.h"
#include "client/dict.h"

/* Those of the caller's Unix user; with `administered` also those of the seals that the caller's accounts administer, as far as they are logged in; with
 * `all` every one, for operators. */
int mandate_list(Client *c, bool administered, bool all, DictList *ret);

/* The mandate that `name` means, among these. The dictionary is the caller's to release. */
int mandate_find(Client *c, const char *name, bool administered, bool all, Dict *ret);

/* Translated: "active", "used up" … Takes any string. */
const char *mandate_status_text(const char *status);
