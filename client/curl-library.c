/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libcurl on demand; see curl-library.h. */

#define CURL_LIBRARY_IMPLEMENTATION /* the functions' own names */

#include "base/cleanup.h"
#include "base/library.h"
#include "client/curl-library.h"

/* Debian's flavour with GnuTLS, which we have loaded anyway; other distributions have one flavour only. Both are the same interface. */
static const char *const sonames[] = { "libcurl-gnutls.so.4", "libcurl.so.4", NULL };

CurlLibrary curl_library;

static const LibraryFunction functions[] = {
#define CURL_ENTRY(name) { "curl_" #name, offsetof(CurlLibrary, name) },
        CURL_FUNCTIONS(CURL_ENTRY)
#undef CURL_ENTRY
};

static int start(void) {
        return curl_library.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

static Library library = {
        .sonames = sonames,
        .functions = functions,
        .n_functions = ELEMENTSOF(functions),
        .table = &curl_library,
        .start = start,
        .lock = PTHREAD_MUTEX_INITIALIZER,
};

int curl_library_load(void) {
        return library_load(&library);
}
