/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* SMS through a provider's HTTP gateway. Address, headers and body are templates with ${number} (with its +), ${digits} (without), ${text}, ${user} and
 * ${password}; each value is escaped for where it stands. */

#include "courier/delivery.h"
#include "courier/settings.h"
#include "courier/text.h"

/* Whether the templates can be filled. -EINVAL with a sentence that names `path`. */
int gateway_check(const char *path, const SmsSettings *settings, char ret_problem[static DELIVERY_REASON_MAX]);

/* Leaves the outcome in the delivery; blocks. */
void gateway_send(Delivery *d, const SmsSettings *settings, const char *number, View text);

/* Escapes: percent-encoding of all but unreserved characters (RFC 3986), which a form takes too, and the inside of a JSON string (RFC 8259). */
int gateway_escape_url(Text *t, const char *value);
int gateway_escape_json(Text *t, const char *value);
