/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* First octets of DER: the universal types (X.690 §8.1.2) that we read and write, and the explicit tags of a structure's own, [0] to [2]. */

enum {
        TAG_BOOLEAN = 0x01,
        TAG_INTEGER = 0x02,
        TAG_BIT_STRING = 0x03,
        TAG_OCTET_STRING = 0x04,
        TAG_NULL = 0x05,
        TAG_OID = 0x06,
        TAG_ENUMERATED = 0x0a,
        TAG_UTF8_STRING = 0x0c,
        TAG_PRINTABLE_STRING = 0x13,
        TAG_UTC_TIME = 0x17,
        TAG_GENERALIZED_TIME = 0x18,
        TAG_SEQUENCE = 0x30, /* these two constructed, as they always are */
        TAG_SET = 0x31,
        TAG_CONTEXT_0 = 0xa0,
        TAG_CONTEXT_1 = 0xa1,
        TAG_CONTEXT_2 = 0xa2,
};
