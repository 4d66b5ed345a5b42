/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Trust anchors from files; see anchors.h. */

#include <errno.h>

#include "base/atomic-file.h"
#include "sign/trust/anchors.h"

#define FILE_MAX (16U * 1024U * 1024U)

int verify_anchors_new(gnutls_x509_trust_list_t *ret) {
        return gnutls_x509_trust_list_init(ret, 0) < 0 ? -ENOMEM : 0;
}

void verify_anchors_free(gnutls_x509_trust_list_t list) {
        if (list)
                gnutls_x509_trust_list_deinit(list, 1);
}

static int import(View v, gnutls_x509_crt_t **ret, unsigned *ret_n) {
        gnutls_datum_t d = { .data = (unsigned char *) v.data, .size = (unsigned) v.len };
        int r;

        /* DER starts with a SEQUENCE; PEM may have text before its first line of dashes. */
        r = gnutls_x509_crt_list_import2(ret, ret_n, &d, v.len > 0 && v.data[0] == 0x30 ? GNUTLS_X509_FMT_DER : GNUTLS_X509_FMT_PEM, 0);
        if (r == GNUTLS_E_MEMORY_ERROR)
                return -ENOMEM;
        return r < 0 ? -EBADMSG : 0;
}

int verify_anchors_load(gnutls_x509_trust_list_t list, View certificates, size_t *ret_n) {
        gnutls_x509_crt_t *crts = NULL;
        unsigned n = 0, i;
        int r;

        if (certificates.len > FILE_MAX)
                return -EFBIG;
        r = import(certificates, &crts, &n);
        if (r < 0)
                return r;
        if (n == 0) {
                gnutls_free(crts);
                return -EBADMSG;
        }
        for (i = 0; i < n; i++) {
                /* The list takes the certificate over, a duplicate is freed by it. */
                if (gnutls_x509_trust_list_add_cas(list, &crts[i], 1, GNUTLS_TL_NO_DUPLICATES) < 0) {
                        r = -ENOMEM;
                        break;
                }
        }
        for (; i < n; i++)
                gnutls_x509_crt_deinit(crts[i]);
        gnutls_free(crts);
        if (r < 0)
                return r;
        if (ret_n)
                *ret_n = n;
        return 0;
}

int verify_anchors_load_file(gnutls_x509_trust_list_t list, const char *path, size_t *ret_n) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        int r;

        r = read_file(path, FILE_MAX, &content);
        return r < 0 ? r : verify_anchors_load(list, bytes_view(&content), ret_n);
}

int verify_anchors_load_system(gnutls_x509_trust_list_t list) {
        int r;

        r = verify_anchors_load_file(list, ANCHORS_SYSTEM_FILE, NULL);
        return r == -ENOENT ? 0 : r;
}
