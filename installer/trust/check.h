/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads one certificate, DER or PEM, and judges whether it may become an anchor of the system. The only code of the trust service that
 * parses what a caller sent; it runs in a process of its own without powers (sygnet-trust-check). */

#include "installer/trust/reply.h"

/* 0 whatever the input is; -ENOMEM. `now`: seconds since the epoch. */
int check_certificate(View input, int64_t now, CheckReply *ret);

/* The same for what is DER already, at most CERTIFICATE_SIZE_MAX. */
int check_certificate_der(View der, int64_t now, CheckReply *ret);

/* Of certificates that came together: one whose issuer is among them must bear that one's signature, else it was altered (its CA flag, say) and
 * gets that problem. */
int check_signatures(CheckReply *replies, size_t n);
