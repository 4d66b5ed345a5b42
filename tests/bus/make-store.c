/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* make-store DIR FILE: a store of sygnetd in DIR, under the host key in FILE, which is made when there is none. For bus tests. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "crypto/init.h"
#include "daemon/schema.h"

static int host_key(const char *path, Secret **ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = read_file(path, 32, &b);
        if (r != -ENOENT)
                return r < 0 ? r : secret_dup(bytes_view(&b), ret);
        r = secret_random(32, ret);
        return r < 0 ? r : atomic_file_write(path, secret_view(*ret), 0600, false);
}

int main(int argc, char *argv[]) {
        _cleanup_secret_ Secret *key = NULL, *recovery = NULL;
        int r;

        if (argc != 3)
                return 2;
        r = crypto_init();
        if (r >= 0)
                r = host_key(argv[2], &key);
        if (r >= 0)
                r = store_create(argv[1], &daemon_schema, secret_view(key), &recovery);
        if (r < 0)
                fprintf(stderr, "make-store: %s\n", strerror(-r));
        return r < 0;
}
