/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Help, made from the verb table. To standard output. */

#include "client/arguments.h"

/* All verbs; only those of `group` when it is not NULL. */
void help_overview(const char *group);
void help_verb(const Verb *v);
