/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* DER (X.690) by the modules beside this file, through libtasn1: the one place that knows that library. Types are named
 * "CMS.SignerInfo", fields by libtasn1's paths ("sid.issuerAndSerialNumber.issuer", "values.?1"). What is decoded must be
 * small, already in memory, and DER: BER is made DER by ber_to_der() before. All functions may be called from any thread. */

#include <stdbool.h>

#include "base/bytes.h"

/* Longest dotted OID that is read, with its NUL. */
#define DER_OID_MAX 128U

/* Largest structure that der_decode() takes. */
#define DER_SIZE_MAX (16U * 1024U * 1024U)

typedef struct Der Der;

Der *der_free(Der *d);
DEFINE_CLEANUP(Der *, der_free);
#define _cleanup_der_ _cleanup_(der_freep)

/* An empty structure to be filled. -ENOMEM. */
int der_new(const char *type, Der **ret);

/* Reads a structure. `der` must be all of it, and outlive the Der: views are into it. -EBADMSG when it is no such structure or
 * something follows, -E2BIG beyond DER_SIZE_MAX. A SEQUENCE inside that is empty passes, whatever it should hold: -ENOENT for a
 * field that is not optional means the same as -EBADMSG. */
int der_decode(const char *type, View der, Der **ret);

/* The DER of the whole. -EBADMSG when a field is missing. */
int der_encode(Der *d, Bytes *ret);

/* Whether an OPTIONAL field or an element is there. */
bool der_has(const Der *d, const char *path);

/* The whole element of a field, with its tag and length, as it was decoded. -ENOENT when it is absent. */
int der_element(const Der *d, const char *path, View *ret);

/* The value: contents octets of INTEGER and OCTET STRING. -ENOENT when absent. */
int der_value(const Der *d, const char *path, View *ret);

/* A dotted OID. -ENOENT, -EBADMSG. */
int der_oid(const Der *d, const char *path, char ret[static DER_OID_MAX]);

/* Writing. For INTEGER and OCTET STRING contents octets, for ANY the whole element, for an OID its dotted form. */
int der_set(Der *d, const char *path, View value);
int der_append(Der *d, const char *path); /* a new last element: "path.?LAST" */
int der_omit(Der *d, const char *path);   /* leaves an OPTIONAL field out */

/* Elements by hand, for what is too large or too simple for a structure: a header of definite, minimal length (tag in one
 * byte), and a whole element. */
int der_append_header(Bytes *b, uint8_t tag, uint64_t length);
int der_append_element(Bytes *b, uint8_t tag, View contents);
int der_append_oid(Bytes *b, const char *oid);

/* The dotted form of an OID's whole element. -EBADMSG. */
int der_read_oid(View element, char ret[static DER_OID_MAX]);

/* Splits off the first element of `*v`: returns it whole and moves `*v` behind it; `ret_contents` may be NULL. -EBADMSG when it
 * is not definite-length DER with a tag of one byte. */
int der_next(View *v, View *ret_element, View *ret_contents);

/* The same for an element that must bear this tag, of which the contents are returned. -EBADMSG when it bears another, or there is none. */
int der_expect(View *v, uint8_t tag, View *ret_contents);

/* The same for one that may be absent: 1 when it was there, 0 when another one stands there, or none. */
int der_optional(View *v, uint8_t tag, View *ret_contents);

/* How many elements stand one after the other. -EBADMSG. */
int der_count_elements(View contents, size_t *ret);

/* A SET OF of these elements in DER's order (X.690 §11.6), under `tag`; at most DER_SET_OF_MAX of them, else -E2BIG. RFC 5652 §5.4 signs
 * the attributes so (tag 0x31), whatever order they came in. */
#define DER_SET_OF_MAX 1024U
int der_append_set_of(Bytes *b, uint8_t tag, View contents);
