/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Libraries on demand; see library.h. */

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "base/library.h"

/* Lazily: most of what such a library calls in others is never called, and finding it all takes longer than small work with it. */
static void *open_first(const char *const *sonames) {
        void *library = NULL;

        while (*sonames && !library)
                library = dlopen(*sonames++, RTLD_LAZY | RTLD_LOCAL);
        return library;
}

static int load(Library *l) {
        void *library = open_first(l->sonames);

        if (!library)
                return -ELIBACC;
        for (size_t i = 0; i < l->n_functions; i++) {
                void *address = dlsym(library, l->functions[i].name);

                if (!address)
                        return -ELIBACC;
                memcpy((char *) l->table + l->functions[i].offset, &address, sizeof(address));
        }
        return l->start ? l->start() : 0;
}

int library_load(Library *l) {
        int r = 0;

        pthread_mutex_lock(&l->lock);
        if (!l->loaded)
                r = load(l);
        l->loaded |= r >= 0;
        pthread_mutex_unlock(&l->lock);
        return r < 0 ? -ELIBACC : 0;
}
