/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Scope-bound release of resources. `_cleanup_(f)` calls f(&variable) when the variable goes out of scope; DEFINE_CLEANUP
 * makes such an f from a destructor that takes a possibly-NULL pointer. TAKE_PTR and TAKE_FD hand a value on and leave
 * nothing behind to release. */

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A variable that is held only to be released is used; gcc knows that, clang has to be told. */
#define _cleanup_(f) __attribute__((cleanup(f), unused))

#define DEFINE_CLEANUP(type, destroy)                         \
        static inline void destroy##p(type *p) {              \
                if (*p)                                       \
                        destroy(*p);                          \
        }                                                     \
        struct destroy##_swallow_semicolon

static inline void freep(void *p) {
        free(*(void **) p);
}

static inline void closep(const int *fd) {
        if (*fd >= 0)
                close(*fd);
}

static inline void fclosep(FILE **f) {
        if (*f)
                fclose(*f);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
#define _cleanup_fclose_ _cleanup_(fclosep)

#define TAKE_PTR(p)                       \
        ({                                \
                __typeof__(p) *_pp = &(p);\
                __typeof__(p) _v = *_pp;  \
                *_pp = NULL;              \
                _v;                       \
        })

#define TAKE_FD(fd)                       \
        ({                                \
                int *_fp = &(fd);         \
                int _v = *_fp;            \
                *_fp = -1;                \
                _v;                       \
        })

#define ELEMENTSOF(a) (sizeof(a) / sizeof((a)[0]))
