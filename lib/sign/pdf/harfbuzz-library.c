/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* HarfBuzz on demand; see harfbuzz-library.h. */

#define HARFBUZZ_LIBRARY_IMPLEMENTATION /* the functions' own names */
#include "base/cleanup.h"
#include "base/library.h"
#include "sign/pdf/harfbuzz-library.h"

HarfbuzzLibrary harfbuzz_library;

/* The subsetter needs the other one, so that one handle finds the functions of both. */
static const char *const sonames[] = { "libharfbuzz-subset.so.0", NULL };

static const LibraryFunction functions[] = {
#define HARFBUZZ_ENTRY(name) { "hb_" #name, offsetof(HarfbuzzLibrary, name) },
        HARFBUZZ_FUNCTIONS(HARFBUZZ_ENTRY)
#undef HARFBUZZ_ENTRY
};

static Library library = {
        .sonames = sonames,
        .functions = functions,
        .n_functions = ELEMENTSOF(functions),
        .table = &harfbuzz_library,
        .lock = PTHREAD_MUTEX_INITIALIZER,
};

int harfbuzz_library_load(void) {
        return library_load(&library);
}
