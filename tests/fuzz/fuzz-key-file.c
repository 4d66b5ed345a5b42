/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for the reader of key files: PKCS#12 and PKCS#8 of anybody, under the password that the inputs kept beside it have. What is read must come through a form of our own
 * unchanged in what names the key. */


#include "crypto/init.h"
#include "crypto/key-file.h"
#include "require.h"

#define ROUNDS_MAX 4096U /* the inputs have few, and time is for the parser */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_key_file_ KeyFile f = { 0 };
        KeyFileFormat format = KEY_FILE_FORMAT_INVALID;
        static bool started;
        int r;

        if (!started)
                require(crypto_init() == 0, 0);
        started = true;
        r = key_file_read_within(VIEW(data, size), view_string("secret"), ROUNDS_MAX, &f);
        require(r == 0 || (r > 0 && key_file_strerror(r)), 0);
        if (r != 0)
                return 0;
        require(f.key && f.public_key.len > 0 && f.scheme.signature_max > 0, 0);
        require(key_file_check(VIEW(data, size), &format) == 0 && format == f.format, 0);
        require(f.n_certificates == 0 || key_matches_certificate(bytes_view(&f.public_key), f.certificates[0]) == 0, 0);
        return 0;
}
