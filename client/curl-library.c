/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libcurl on demand; see curl-library.h. */

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define CURL_LIBRARY_IMPLEMENTATION /* the functions' own names */

#include "base/cleanup.h"
#include "client/curl-library.h"

/* Debian's flavour with GnuTLS, which we have loaded anyway; other distributions have one flavour only. Both are the same interface. */
static const char *const sonames[] = { "libcurl-gnutls.so.4", "libcurl.so.4" };

CurlLibrary curl_library;

static const struct {
        const char *name;
        size_t offset;
} functions[] = {
#define CURL_ENTRY(name) { "curl_" #name, offsetof(CurlLibrary, name) },
        CURL_FUNCTIONS(CURL_ENTRY)
#undef CURL_ENTRY
};

/* It stays loaded until the program ends. */
int curl_library_load(void) {
        static bool loaded;
        void *library = NULL;

        if (loaded)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(sonames) && !library; i++)
                library = dlopen(sonames[i], RTLD_NOW | RTLD_LOCAL);
        if (!library)
                return -ELIBACC;
        for (size_t i = 0; i < ELEMENTSOF(functions); i++) {
                void *address = dlsym(library, functions[i].name);

                if (!address)
                        return -ELIBACC;
                memcpy((char *) &curl_library + functions[i].offset, &address, sizeof(address));
        }
        if (curl_library.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return -ELIBACC;
        loaded = true;
        return 0;
}
