/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Lists and answers about revocation, and the certificates they are of, as openssl made them. Included by one test program each. */

#include "base/atomic-file.h"

#define MADE INT64_C(1795283567) /* when the fixtures were made */
#define DAY (24 * 3600)

static const char *folder;

static Bytes fixture(const char *name) {
        _cleanup_free_ char *path = NULL;
        Bytes b;

        assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
        assert_int_equal(read_file(path, 65536, &b), 0);
        return b;
}

static gnutls_x509_crt_t certificate(const char *name) {
        _cleanup_bytes_ Bytes der = fixture(name);
        gnutls_x509_crt_t crt;

        assert_int_equal(gnutls_x509_crt_init(&crt), 0);
        assert_int_equal(gnutls_x509_crt_import(crt, &(gnutls_datum_t) { der.data, (unsigned) der.len }, GNUTLS_X509_FMT_DER), 0);
        return crt;
}
