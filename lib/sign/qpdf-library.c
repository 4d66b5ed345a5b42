/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* qpdf on demand; see qpdf-library.h. For programs of one thread: verification and signing of documents are. */

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define QPDF_LIBRARY_IMPLEMENTATION /* the functions' own names */
#include <qpdf/DLL.h>

#include "base/cleanup.h"
#include "sign/qpdf-library.h"

/* The library whose headers these are. */
#if QPDF_MAJOR_VERSION == 11
#define SONAME "libqpdf.so.29"
#elif QPDF_MAJOR_VERSION == 12
#define SONAME "libqpdf.so.30"
#else
#error "which library has this version of qpdf?"
#endif

QpdfLibrary qpdf_library;

static const struct {
        const char *name;
        size_t offset;
} functions[] = {
#define QPDF_ENTRY(name) { "qpdf_" #name, offsetof(QpdfLibrary, name) },
        QPDF_FUNCTIONS(QPDF_ENTRY)
#undef QPDF_ENTRY
};

/* It stays loaded until the program ends. Found where the loader finds what a program is linked with: no search of our own. */
int qpdf_library_load(void) {
        static bool loaded;
        void *library;

        if (loaded)
                return 0;
        library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
        if (!library)
                return -ELIBACC;
        for (size_t i = 0; i < ELEMENTSOF(functions); i++) {
                void *address = dlsym(library, functions[i].name);

                if (!address)
                        return -ELIBACC;
                memcpy((char *) &qpdf_library + functions[i].offset, &address, sizeof(address));
        }
        loaded = true;
        return 0;
}
