/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Allocations that fail on purpose: the n-th one alone, or the n-th and all after it. A program that links allocations.c has its malloc(), calloc(), realloc(),
 * strdup() and strndup() replaced, with the address sanitizer or without it, for itself and for all libraries; by who calls them only
 * those fail that are our own, the C library's, p11-kit's and zlib's. These do not, because they do not survive it:
 *
 *   libtasn1      4.19 writes to what it did not get (asn1_create_element())
 *   GnuTLS        3.7 does the same (gnutls_x509_dn_init()), and its allocator for GMP abort()s
 *   GMP, nettle   abort() by design
 *   libxml2       2.9's canonical form and XPath go on with what they have, which is less than there was, and do not say so; later ones do say
 *   qpdf          C++; its allocations are the sanitizer's own operator new, which cannot fail
 *   libpng, HarfBuzz, Graphite, GLib   abort, or draw less
 *
 * Not for several threads: what is counted is what any of them allocates. */

#include <stdbool.h>
#include <stddef.h>

/* From now on the `n`-th allocation fails, counted from 1, and where `all` those after it. With n = 0 none does, and they are counted only. */
void allocations_start(size_t n, bool all);

/* Nothing fails any more. How many allocations there were. */
size_t allocations_stop(void);

/* Whether one failed since the start. */
bool allocations_failed(void);
