/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Starting GnuTLS the way a process that holds keys must: no foreign code. */

/* Starts GnuTLS without loading any PKCS#11 module (GNUTLS_PKCS11_FLAG_MANUAL): left to itself it would load every module that p11-kit
 * knows, our own among them, which would call the daemon from within the daemon. Call it once, before the first thread and before any
 * other function of lib/crypto or GnuTLS. -EIO when GnuTLS does not start. */
int crypto_init(void);
