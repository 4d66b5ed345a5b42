/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Mail by SMTP (RFC 5321) with STARTTLS or TLS, through libcurl. */

#include "courier/delivery.h"
#include "courier/settings.h"
#include "courier/text.h"

/* Hands `mail` (lines ending with CRLF) over for `to`. Leaves its outcome in the delivery; blocks. */
void smtp_send(Delivery *d, const MailSettings *settings, const char *to, View mail);
