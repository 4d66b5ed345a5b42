/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a caller is told when a one-time code was not accepted: for every interface that takes codes. */

#include "daemon/manager.h"

/* `outcome` is what token_accept() or token_confirm() returned, other than TOTP_ACCEPTED. Returns a negative errno, error set. */
int token_bus_error(sd_bus_error *e, int outcome, int64_t not_before);
