/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libxml2 on demand; see xml-library.h. */

#define XML_LIBRARY_IMPLEMENTATION /* the functions' own names */
#include "base/cleanup.h"
#include "base/library.h"
#include "sign/xml/xml-library.h"

/* The library whose headers these are. */
#if LIBXML_VERSION >= 21400
#define SONAME "libxml2.so.16"
#else
#define SONAME "libxml2.so.2"
#endif

XmlLibrary xml_library;

static const char *const sonames[] = { SONAME, NULL };

static const LibraryFunction functions[] = {
#define XML_ENTRY(name) { "xml" #name, offsetof(XmlLibrary, name) },
        XML_FUNCTIONS(XML_ENTRY)
#undef XML_ENTRY
        { "valuePush", offsetof(XmlLibrary, value_push) },
        { "xmlFree", offsetof(XmlLibrary, release) },
};

static int start(void) {
        xml_library.InitParser();
        return 0;
}

static Library library = {
        .sonames = sonames,
        .functions = functions,
        .n_functions = ELEMENTSOF(functions),
        .table = &xml_library,
        .start = start,
        .lock = PTHREAD_MUTEX_INITIALIZER,
};

static void no_message(void *userdata, const char *format, ...) {
        (void) userdata;
        (void) format;
}

static void no_error(void *userdata, xmlErrorPtr error) {
        (void) userdata;
        (void) error;
}

int xml_library_load(void) {
        int r = library_load(&library);

        if (r < 0)
                return r;
        xml_library.SetGenericErrorFunc(NULL, no_message);
        xml_library.SetStructuredErrorFunc(NULL, no_error);
        return 0;
}
