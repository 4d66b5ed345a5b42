/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What fits into an SMS: 160 characters of the GSM 7-bit alphabet (3GPP TS 23.038), or 70 of UCS-2; in several parts 153 and 67. */

#include <stdbool.h>

#include "courier/text.h"

#define SMS_PARTS_MAX 3U

/* How many parts the UTF-8 text takes, and whether it needs UCS-2. */
unsigned sms_parts(View text, bool *ret_ucs2);

/* A copy as it is sent: where it needs more than one part because of letters outside of the GSM alphabet, Polish letters and typographic marks give
 * way to their plain forms. -E2BIG when it takes more than SMS_PARTS_MAX parts even so. */
int sms_fit(View text, Text *ret);
