/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The recovery key as people keep it: 256 bits as 13 groups of five characters of base32 (RFC 4648), four that carry the key and one that
 * checks its group, as in ABCDE-FGHIJ-… A wrong character, two swapped ones and a group in the wrong place are told by the group's number. */

#include "base/secret.h"

#define RECOVERY_KEY_SIZE 32U
#define RECOVERY_KEY_GROUPS 13U

/* `key` is RECOVERY_KEY_SIZE bytes. The text is NUL-terminated (the NUL is not counted). */
int recovery_key_format(View key, Secret **ret_text);

/* Takes either case, with or without dashes and white space, and 0, 1 and 8 for the letters they look like. -EINVAL when it is none: then
 * *ret_group is the first group, from 1, that is wrong, or 0 when there are too few or too many characters. */
int recovery_key_parse(View text, Secret **ret_key, unsigned *ret_group);
