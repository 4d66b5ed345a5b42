/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A strict reader of DER (X.690 clauses 8, 10 and 11) over memory: it takes one form of each value only, so that what was checked is what
 * was signed. No allocation, no recursion beyond a bound, no schema: lib/der reads structures, this refuses encodings. */

#include "base/bytes.h"

enum {
        DER_BOOLEAN = 0x01,
        DER_INTEGER = 0x02,
        DER_BIT_STRING = 0x03,
        DER_OCTET_STRING = 0x04,
        DER_NULL = 0x05,
        DER_OID = 0x06,
        DER_ENUMERATED = 0x0a,
        DER_UTF8_STRING = 0x0c,
        DER_UTC_TIME = 0x17,
        DER_GENERALIZED_TIME = 0x18,
        DER_SEQUENCE = 0x30,
        DER_SET = 0x31,
};

typedef struct DerElement {
        uint8_t tag;  /* the identifier octet; high tag numbers are refused */
        View content;
        View whole;   /* with its tag and length */
} DerElement;

/* Takes the first element off `in`. -EBADMSG when there is none, or its tag or length is not in the one DER form. */
int der_next(View *in, DerElement *ret);

/* The same, and -EBADMSG unless the tag is this. */
int der_expect(View *in, uint8_t tag, View *ret_content);

/* 0 when `v` is a row of DER elements, all the way down to `depth` levels; -EBADMSG when not. Beyond lengths it holds the universal types to
 * their one form: INTEGER minimal, BOOLEAN 0 or 255, SET sorted without duplicates, strings and times not constructed, UTF8String well-formed. */
int der_check(View v, unsigned depth);

/* Seconds since 1970 of a UTCTime or GeneralizedTime in the one form that certificates (RFC 5280 section 4.1.2.5) and signing-time (RFC 5652
 * section 11.3) have: YYMMDDHHMMSSZ from 1950 through 2049, YYYYMMDDHHMMSSZ (no fraction) before and beyond. -EBADMSG otherwise. */
int der_time(const DerElement *value, int64_t *ret);

/* Whether the content of an OBJECT IDENTIFIER is this one, given as its content octets. */
#define der_oid_is(content, oid) view_equal(content, VIEW(oid, sizeof(oid)))
