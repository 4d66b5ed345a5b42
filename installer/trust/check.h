/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads one certificate, DER or PEM, and judges whether it may become an anchor of the system. The only code of the trust service that
 * parses what a caller sent; it runs in a process of its own without powers (sygnet-trust-check). */

#include "installer/trust/reply.h"

/* 0 whatever the input is; -ENOMEM. `now`: seconds since the epoch. */
int check_certificate(View input, int64_t now, CheckReply *ret);
