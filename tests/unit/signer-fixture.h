/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A signer with a P-256 key and a certificate of its own making, and documents in memory. Included by one test program each. */

#include <sys/mman.h>

#include "base/atomic-file.h"
#include "sign/signer.h"
#include "certificate-fixture.h"

#define WHEN 1769860800 /* 2026-01-31T12:00:00Z */

typedef struct Fixture {
        gnutls_privkey_t key;
        gnutls_x509_crt_t crt;
        Signer signer;
} Fixture;

static Fixture f;

static int setup(void **state) {
        SignatureScheme scheme;

        assert_int_equal(key_generate(KEY_P256, &f.key), 0);
        f.crt = certificate_draft(f.key, "CN=Example", VIEW_LITERAL("\x01"), WHEN, WHEN + 3600);
        certificate_sign_itself(f.crt, f.key);
        assert_int_equal(signature_scheme_of(KEY_P256, &scheme), 0);
        signer_init_privkey(&f.signer, &f.key, &scheme, &f.crt, 1);
        *state = &f;
        return 0;
}

static int teardown(void **state) {
        gnutls_privkey_deinit(f.key);
        gnutls_x509_crt_deinit(f.crt);
        return 0;
}

static int memory_file(View content) {
        int fd = memfd_create("test", MFD_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(write_all(fd, content), 0);
        return fd;
}
