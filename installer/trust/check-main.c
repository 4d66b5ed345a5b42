/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet-trust-check: reads a certificate, or with the word `bundle` a file of several, on standard input and says on standard output what it is
 * (reply.h, bundle.h). Started by sygnet-trustd as a user without powers; from before the first byte is read it can do nothing but read, write and
 * end. */

#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/atomic-file.h"
#include "config.h"
#include "crypto/init.h"
#include "installer/trust/bundle.h"
#include "installer/trust/check.h"
#include "installer/trust/confine.h"

static int check_one(View input, Bytes *ret) {
        _cleanup_(check_reply_done) CheckReply reply = { 0 };
        int r = check_certificate(input, time(NULL), &reply);

        return r < 0 ? r : check_reply_write(&reply, ret);
}

static int check_several(View input, Bytes *ret) {
        _cleanup_bundle_ BundleReply reply = { 0 };
        int r = check_bundle(input, time(NULL), &reply);

        return r < 0 ? r : bundle_reply_write(&reply, ret);
}

static int check(bool several) {
        _cleanup_bytes_ Bytes input = BYTES_NULL, output = BYTES_NULL;
        int r;

        r = confine();
        if (r >= 0)
                r = read_fd(STDIN_FILENO, (several ? BUNDLE_SIZE_MAX : CERTIFICATE_SIZE_MAX) + 1, &input);
        if (r >= 0)
                r = several ? check_several(bytes_view(&input), &output) : check_one(bytes_view(&input), &output);
        return r < 0 ? r : write_all(STDOUT_FILENO, bytes_view(&output));
}

int main(int argc, char *argv[]) {
        if (argc == 2 && strcmp(argv[1], "--version") == 0) {
                puts("sygnet-trust-check " SYGNET_VERSION);
                return EXIT_SUCCESS;
        }
        if (argc > 2 || (argc == 2 && strcmp(argv[1], "bundle") != 0)) {
                fputs("Usage: sygnet-trust-check [bundle] < FILE\n", stderr);
                return 2;
        }
        (void) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        if (crypto_init() < 0)
                return EXIT_FAILURE;
        /* Not exit(): what libraries do on their way out is not among what is allowed. */
        _exit(check(argc == 2) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
