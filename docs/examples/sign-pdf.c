/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signs a PDF with the key of a PKCS#12 file, and shows that on its last page: sign-pdf KEY.p12 IN.pdf OUT.pdf <PASSWORD-FILE
 *   cc sign-pdf.c -o sign-pdf $(pkg-config --cflags --libs sygnet-sign) */

#include <stdio.h>
#include <string.h>
#include <sygnet/sign.h>

static int fail(const char *what, int result) {
        fprintf(stderr, "%s: %s\n", what, sygnet_strerror(result));
        return 1;
}

int main(int argc, char **argv) {
        sygnet_signer *signer = NULL;
        sygnet_options *options = NULL;
        char password[256];
        int r;

        if (argc != 4 || !fgets(password, sizeof(password), stdin)) {
                fprintf(stderr, "Usage: sign-pdf KEY.p12 IN.pdf OUT.pdf <PASSWORD-FILE\n");
                return 2;
        }
        password[strcspn(password, "\n")] = '\0';
        r = sygnet_signer_open(argv[1], password, NULL, &signer);
        if (r != 0)
                return fail(argv[1], r);
        r = sygnet_options_new(&options);
        if (r == 0)
                r = sygnet_options_set(options, "reason", "I approve this document");
        if (r == 0)
                r = sygnet_options_set(options, "visible-text", "Signed by {name}\n{date} {time}\n{reason}");
        if (r == 0)
                r = sygnet_sign_file(signer, options, argv[2], argv[3]);
        sygnet_options_free(options);
        sygnet_signer_free(signer);
        return r == 0 ? 0 : fail(argv[2], r);
}
