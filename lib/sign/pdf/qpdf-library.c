/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* qpdf on demand; see qpdf-library.h. */

#define QPDF_LIBRARY_IMPLEMENTATION /* the functions' own names */
#include <qpdf/DLL.h>

#include "base/cleanup.h"
#include "base/library.h"
#include "sign/pdf/qpdf-library.h"

/* The library whose headers these are. */
#if QPDF_MAJOR_VERSION == 11
#define SONAME "libqpdf.so.29"
#elif QPDF_MAJOR_VERSION == 12
#define SONAME "libqpdf.so.30"
#else
#error "which library has this version of qpdf?"
#endif

QpdfLibrary qpdf_library;

static const char *const sonames[] = { SONAME, NULL };

static const LibraryFunction functions[] = {
#define QPDF_ENTRY(name) { "qpdf_" #name, offsetof(QpdfLibrary, name) },
        QPDF_FUNCTIONS(QPDF_ENTRY)
#undef QPDF_ENTRY
};

static Library library = {
        .sonames = sonames,
        .functions = functions,
        .n_functions = ELEMENTSOF(functions),
        .table = &qpdf_library,
        .lock = PTHREAD_MUTEX_INITIALIZER,
};

int qpdf_library_load(void) {
        return library_load(&library);
}
