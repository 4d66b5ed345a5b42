/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A shared library that is loaded when it is first needed, into a table of its functions. For what is costly to load and needed by some documents or verbs
 * only; whoever includes its wrapper's header calls the functions by their names. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct LibraryFunction {
        const char *name; /* its symbol */
        size_t offset;    /* of its pointer in the table */
} LibraryFunction;

typedef struct Library {
        const char *const *sonames;       /* tried in order; NULL at the end */
        const LibraryFunction *functions;
        size_t n_functions;
        void *table;
        int (*start)(void);               /* called once when all functions are there; negative: the library is of no use. May be NULL */
        pthread_mutex_t lock;             /* PTHREAD_MUTEX_INITIALIZER */
        bool loaded;
} Library;

/* Loads it where it is not loaded yet; it stays until the program ends. May be called by several threads. Found where the loader finds what a program is
 * linked with: no search of our own. 0; -ELIBACC when the library, or one of the functions, is not there. */
int library_load(Library *l);
