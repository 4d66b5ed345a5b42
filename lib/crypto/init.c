/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Starting GnuTLS; see init.h. */

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/pkcs11.h>

#include "crypto/init.h"

int crypto_init(void) {
        if (gnutls_global_init() < 0)
                return -EIO;
        return gnutls_pkcs11_init(GNUTLS_PKCS11_FLAG_MANUAL, NULL) < 0 ? -EIO : 0;
}
