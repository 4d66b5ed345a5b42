/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a person is reached: e-mail addresses and phone numbers, in one form each, so that a code goes where it was meant to and what is
 * handed to a mail server or a modem can hold nothing else. */

#include <stdbool.h>

#define EMAIL_MAX 254U /* bytes; RFC 5321, section 4.5.3.1.3 less the angle brackets */
#define PHONE_MAX 16U  /* bytes: + and 15 digits; ITU-T E.164 */

/* Whether it is an addr-spec of a dot-atom and a host name, ASCII (RFC 5322, section 3.4.1; RFC 1123): no quoted strings, no address literals, no
 * comments, no blanks. */
bool email_is_valid(const char *email);

/* Whether both are the same address: host names do not distinguish case, local parts do (RFC 5321, section 2.4). An invalid one equals none. */
bool email_equal(const char *a, const char *b);

/* Brings an address into one form: the host name in lower case. -EINVAL when it is none. */
int email_normalize(const char *email, char ret[static EMAIL_MAX + 1]);

/* Brings a number into the form of E.164, as in +48600100200: blanks, dashes, dots and round brackets are dropped. It must begin with + and the
 * country. -EINVAL when it is no such number. */
int phone_normalize(const char *text, char ret[static PHONE_MAX + 1]);
