/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where messages go: e-mail addresses and telephone numbers, in the one form that is stored and compared, and masked for eyes that need only
 * recognise them. */

#include "base/contact.h"

#define RECIPIENT_MAX EMAIL_MAX   /* bytes */
#define RECIPIENT_MASKED_MAX 272U /* with the NUL */

typedef enum Channel {
        CHANNEL_MAIL,
        CHANNEL_SMS,
} Channel;

/* "mail", "sms". */
const char *channel_to_string(Channel c);
int channel_from_string(const char *s); /* -EINVAL */

/* Checks an address as a person wrote it (base/contact.h) and brings it into its one form: numbers into that of E.164; of mail addresses the host name
 * becomes lower case, the local part stays (RFC 5321 §2.4). -EDESTADDRREQ when it is none that anything could be sent to; NULL and the empty
 * string are none. */
int recipient_normalize(Channel c, const char *text, char ret[static RECIPIENT_MAX + 1]);

/* "j***@example.com", "+48 *** *** 123": of a normalised address; the number of stars says nothing. */
void recipient_mask(Channel c, const char *recipient, char ret[static RECIPIENT_MASKED_MAX]);
