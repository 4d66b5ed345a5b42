/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes DER (X.690) by hand, from the inside out, for structures that GnuTLS does not write. For public data: nothing is
 * wiped. */

#include "base/bytes.h"

#define TLV_INTEGER 0x02
#define TLV_OCTET_STRING 0x04
#define TLV_SEQUENCE 0x30
#define TLV_SET 0x31
#define TLV_EXPLICIT_0 0xa0 /* [0] EXPLICIT, or IMPLICIT and constructed */
#define TLV_IMPLICIT_0 0x80 /* [0] IMPLICIT, primitive */

/* Appends one element of a tag in one byte, with a definite, minimal length. Like the following: 0, -ENOMEM or -EOVERFLOW. */
int tlv_append(Bytes *b, uint8_t tag, View contents);

/* An INTEGER of a value that is not negative. */
int tlv_append_unsigned(Bytes *b, uint64_t v);

/* Makes all that the buffer holds the contents of one element. */
int tlv_wrap(Bytes *b, uint8_t tag);
