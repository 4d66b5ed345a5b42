/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What delivered codes look like: eight digits by SMS; by mail sixteen characters of Crockford's base32, which has no letter that is taken for a
 * digit, shown in groups of four. */

#include "base/secret.h"
#include "daemon/recipient.h"

/* A random code, without groups. */
int code_form_make(Channel c, Secret **ret);

/* As a person is to read it. */
int code_form_show(Channel c, Secret *code, Secret **ret);

/* What was typed, in the form of code_form_make(): case, blanks and dashes do not matter, and O, I, L are 0, 1, 1. What cannot be a code becomes one that is
 * none, so that it takes the same way. */
int code_form_read(Channel c, View typed, Secret **ret);
