/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where messages go. Only forms that can be put into a header or an SMTP command, or handed to a modem, as they are. */

#include <stdbool.h>

/* local@domain in ASCII (RFC 5321 without quoted local parts and address literals), at most 254 bytes; a domain with other letters is
 * written as its A-labels. */
bool mail_address_is_valid(const char *s);

/* "Name <address>" or "address". 0 with copies that the caller frees, `*ret_name` NULL where there is none; -EINVAL. The name is printable. */
int mail_address_split(const char *s, char **ret_name, char **ret_address);

#define PHONE_MAX 17U /* with + and NUL; E.164 has 15 digits */

/* Passes over blanks, dashes, dots and brackets. 3 to 15 digits, with or without + before them: -EINVAL for anything else. */
int phone_normalize(const char *s, char ret[static PHONE_MAX]);
