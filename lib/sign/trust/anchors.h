/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Trust anchors from files, as a GnuTLS trust list. Read by us, not by gnutls_x509_trust_list_add_system_trust(), which would
 * load PKCS#11 modules. */

#include <gnutls/x509.h>

#include "base/bytes.h"

/* The bundle that Debian's update-ca-certificates(8) maintains. */
#define ANCHORS_SYSTEM_FILE "/etc/ssl/certs/ca-certificates.crt"

/* An empty list, owned by the caller: verify_anchors_free(). -ENOMEM. */
int verify_anchors_new(gnutls_x509_trust_list_t *ret);

/* Adds all certificates of a file, a bundle in PEM or one in DER; at most 16 MiB. -EBADMSG when it holds no certificate,
 * otherwise -errno of open(2). `ret_n` (may be NULL) is how many were added. */
int verify_anchors_load_file(gnutls_x509_trust_list_t list, const char *path, size_t *ret_n);

/* The same from memory. */
int verify_anchors_load(gnutls_x509_trust_list_t list, View certificates, size_t *ret_n);

/* Adds the system's store. A machine without one has no anchors: 0. */
int verify_anchors_load_system(gnutls_x509_trust_list_t list);

/* Takes NULL. */
void verify_anchors_free(gnutls_x509_trust_list_t list);

static inline void verify_anchors_freep(gnutls_x509_trust_list_t *list) {
        verify_anchors_free(*list);
}
