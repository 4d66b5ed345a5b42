/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Certificates that tests make as they need them, by GnuTLS. */

#include <gnutls/x509.h>

#include "base/bytes.h"
#include "crypto/key.h"

/* A certificate for the public part of `key`, not signed yet: the test adds what it is about and signs it, for itself with certificate_sign_itself(). `dn` is in the
 * form of RFC 4514; NULL where the test sets the names. */
static inline gnutls_x509_crt_t certificate_draft(gnutls_privkey_t key, const char *dn, View serial, int64_t from, int64_t until) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        gnutls_x509_crt_t crt;

        assert_int_equal(key_to_public(key, &pubkey), 0);
        assert_int_equal(gnutls_x509_crt_init(&crt), 0);
        assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
        assert_int_equal(gnutls_x509_crt_set_pubkey(crt, pubkey), 0);
        assert_int_equal(gnutls_x509_crt_set_serial(crt, serial.data, serial.len), 0);
        if (dn)
                assert_int_equal(gnutls_x509_crt_set_dn(crt, dn, NULL), 0);
        assert_int_equal(gnutls_x509_crt_set_activation_time(crt, from), 0);
        assert_int_equal(gnutls_x509_crt_set_expiration_time(crt, until), 0);
        return crt;
}

static inline void certificate_sign_itself(gnutls_x509_crt_t crt, gnutls_privkey_t key) {
        assert_int_equal(gnutls_x509_crt_privkey_sign(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);
}
