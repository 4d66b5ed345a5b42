/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* make-store DIR FILE: a store of sygnetd in DIR, and its host key in FILE. For bus tests. */

#include <string.h>

#include "base/atomic-file.h"
#include "crypto/init.h"
#include "daemon/schema.h"

int main(int argc, char *argv[]) {
        _cleanup_secret_ Secret *key = NULL, *recovery = NULL;
        int r;

        if (argc != 3)
                return 2;
        r = crypto_init();
        if (r >= 0)
                r = secret_random(32, &key);
        if (r >= 0)
                r = store_create(argv[1], &daemon_schema, secret_view(key), &recovery);
        if (r >= 0)
                r = atomic_file_write(argv[2], secret_view(key), 0600, false);
        if (r < 0)
                fprintf(stderr, "make-store: %s\n", strerror(-r));
        return r < 0;
}
