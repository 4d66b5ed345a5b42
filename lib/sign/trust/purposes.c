/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purposes of certificates; see purposes.h. */

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "sign/trust/purposes.h"

#define PURPOSES_MAX 64U

enum {
        PURPOSE_SERVER = 1,
        PURPOSE_CLIENT = 2,
        PURPOSE_CODE = 4,
        PURPOSE_OCSP = 8,
        PURPOSE_TIME = 16,
        PURPOSE_ANY = 32,
        PURPOSE_OTHER = 64, /* also what is not known here */
};

static unsigned purpose_of(const char *oid) {
        static const struct {
                const char *oid;
                unsigned purpose;
        } known[] = {
                { GNUTLS_KP_TLS_WWW_SERVER, PURPOSE_SERVER },
                { "1.3.6.1.4.1.311.10.3.3", PURPOSE_SERVER }, /* strong encryption for servers, of Microsoft's and of Netscape's programs */
                { "2.16.840.1.113730.4.1", PURPOSE_SERVER },
                { "1.3.6.1.5.5.7.3.5", PURPOSE_SERVER }, /* IPsec, end system, tunnel, user and IKE */
                { "1.3.6.1.5.5.7.3.6", PURPOSE_SERVER },
                { "1.3.6.1.5.5.7.3.7", PURPOSE_SERVER },
                { "1.3.6.1.5.5.7.3.17", PURPOSE_SERVER },
                { "1.3.6.1.5.5.7.3.31", PURPOSE_SERVER },     /* logos of senders */
                { "1.3.6.1.4.1.11129.2.4.4", PURPOSE_SERVER }, /* certificate transparency */
                { GNUTLS_KP_TLS_WWW_CLIENT, PURPOSE_CLIENT },
                { GNUTLS_KP_CODE_SIGNING, PURPOSE_CODE },
                { GNUTLS_KP_OCSP_SIGNING, PURPOSE_OCSP },
                { GNUTLS_KP_TIME_STAMPING, PURPOSE_TIME },
                { GNUTLS_KP_ANY, PURPOSE_ANY },
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (strcmp(known[i].oid, oid) == 0)
                        return known[i].purpose;
        return PURPOSE_OTHER;
}

/* 0 when none is named. An extension that is malformed or endless is -EBADMSG. */
static int read_purposes(gnutls_x509_crt_t crt, unsigned *ret) {
        unsigned purposes = 0;

        for (unsigned i = 0; i < PURPOSES_MAX; i++) {
                char oid[128];
                size_t size = sizeof(oid);
                int r = gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size, NULL);

                if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
                        *ret = purposes;
                        return 0;
                }
                if (r < 0 && r != GNUTLS_E_SHORT_MEMORY_BUFFER)
                        return -EBADMSG;
                purposes |= r < 0 ? PURPOSE_OTHER : purpose_of(oid);
        }
        return -EBADMSG;
}

/* With these computers and logins are proved, and no document is agreed to; what is not known here may be somebody's for signing. */
bool purposes_fit_signer(gnutls_x509_crt_t crt) {
        unsigned purposes;

        return read_purposes(crt, &purposes) >= 0 && (purposes == 0 || (purposes & (PURPOSE_TIME | PURPOSE_ANY | PURPOSE_OTHER)));
}

/* Authorities of qualified certificates do name clientAuth, without serverAuth, since people log in with such certificates. */
bool purposes_fit_authority(gnutls_x509_crt_t authority, gnutls_x509_crt_t signer) {
        unsigned purposes, asked;

        if (read_purposes(authority, &purposes) < 0 || read_purposes(signer, &asked) < 0)
                return false;
        if (purposes == 0 || (purposes & PURPOSE_ANY))
                return true;
        if (asked == PURPOSE_TIME)
                return purposes & PURPOSE_TIME;
        return (purposes & PURPOSE_OTHER) || ((purposes & PURPOSE_CLIENT) && !(purposes & PURPOSE_SERVER));
}
