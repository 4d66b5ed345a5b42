/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libgcrypt on demand; see gcrypt-library.h. */

#define GCRYPT_LIBRARY_IMPLEMENTATION /* the functions' own names */
#include <errno.h>

#include "base/cleanup.h"
#include "base/library.h"
#include "crypto/gcrypt-library.h"

GcryptLibrary gcrypt_library;

static const char *const sonames[] = { "libgcrypt.so.20", NULL };

static const LibraryFunction functions[] = {
#define GCRYPT_ENTRY(name) { "gcry_" #name, offsetof(GcryptLibrary, name) },
        GCRYPT_FUNCTIONS(GCRYPT_ENTRY)
#undef GCRYPT_ENTRY
};

/* Another library of the process may have been first, and it is made ready once only. Its locked memory is for secrets, of which none gets there. */
static int start(void) {
        if (gcrypt_library.control(GCRYCTL_INITIALIZATION_FINISHED_P, 0))
                return 0;
        if (!gcrypt_library.check_version(GCRYPT_VERSION))
                return -ELIBACC;
        gcrypt_library.control(GCRYCTL_DISABLE_SECMEM, 0);
        gcrypt_library.control(GCRYCTL_INITIALIZATION_FINISHED, 0);
        return 0;
}

static Library library = {
        .sonames = sonames,
        .functions = functions,
        .n_functions = ELEMENTSOF(functions),
        .table = &gcrypt_library,
        .start = start,
        .lock = PTHREAD_MUTEX_INITIALIZER,
};

int gcrypt_library_load(void) {
        return library_load(&library);
}
