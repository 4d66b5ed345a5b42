/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* libgcrypt, loaded at the first signature on a curve that GnuTLS does not know. Included instead of <gcrypt.h>; the functions keep their names, and only those
 * that stand here can be called. */

#include <gcrypt.h>

#define GCRYPT_FUNCTIONS(f) \
        f(check_version) f(control) f(pk_verify) f(sexp_build) f(sexp_release)

typedef struct GcryptLibrary {
#define GCRYPT_MEMBER(name) __typeof__(&gcry_##name) name;
        GCRYPT_FUNCTIONS(GCRYPT_MEMBER)
#undef GCRYPT_MEMBER
} GcryptLibrary;

extern GcryptLibrary gcrypt_library;

/* Loads the library and makes it ready, once, whichever thread comes first; call before any of its functions. -ELIBACC when it, or one of the functions, is not there. */
int gcrypt_library_load(void);

#ifndef GCRYPT_LIBRARY_IMPLEMENTATION
#define gcry_check_version gcrypt_library.check_version
#define gcry_control gcrypt_library.control
#define gcry_pk_verify gcrypt_library.pk_verify
#define gcry_sexp_build gcrypt_library.sexp_build
#define gcry_sexp_release gcrypt_library.sexp_release
#endif
