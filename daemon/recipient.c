/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Addresses of messages; see recipient.h. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/recipient.h"

static const char *const channels[] = { [CHANNEL_MAIL] = "mail", [CHANNEL_SMS] = "sms" };

const char *channel_to_string(Channel c) {
        return channels[c];
}

int channel_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(channels); i++)
                if (strcmp(channels[i], s) == 0)
                        return (int) i;
        return -EINVAL;
}

int recipient_normalize(Channel c, const char *text, char ret[static RECIPIENT_MAX + 1]) {
        int r;

        if (!text)
                return -EDESTADDRREQ;
        r = c == CHANNEL_MAIL ? email_normalize(text, ret) : phone_normalize(text, ret);
        return r < 0 ? -EDESTADDRREQ : 0;
}

/* Of a number the country's prefix, and what people know it by. */
void recipient_mask(Channel c, const char *recipient, char ret[static RECIPIENT_MASKED_MAX]) {
        size_t n = strlen(recipient);

        if (c == CHANNEL_MAIL)
                snprintf(ret, RECIPIENT_MASKED_MAX, "%.1s***%s", recipient, strchr(recipient, '@') ?: "");
        else
                snprintf(ret, RECIPIENT_MASKED_MAX, "%.3s *** *** %s", recipient, recipient + (n > 3 ? n - 3 : 0));
}
