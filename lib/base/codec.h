/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Text forms of bytes: hexadecimal, base32 and base64 (RFC 4648), PEM (RFC 7468). For secrets use the variants that return a Secret;
 * these read and write public data. */

#include "base/bytes.h"
#include "base/secret.h"

/* Lower-case hexadecimal, NUL-terminated; NULL when out of memory. The caller frees. */
char *hex_encode(View v);

/* Either case, no separators. -EINVAL when it is not hexadecimal. */
int hex_decode(const char *s, Bytes *ret);

/* Base32 without padding, upper case (RFC 4648 §6), as otpauth URIs want it. */
int base32_encode_secret(View v, Secret **ret);

/* Takes either case, optional padding, ignores spaces and dashes between groups. -EINVAL otherwise. */
int base32_decode_secret(View text, Secret **ret);

/* Base64 with padding on one line (RFC 4648 §4), NUL-terminated; NULL when out of memory. The caller frees. */
char *base64_encode(View v);

/* Appends a PEM block (RFC 7468 §2) of that label, with its last line feed. 0 or -ENOMEM. */
int pem_append(Bytes *text, const char *label, View der);

/* The next block of that label in `text`: 1, and `*ret_body` is what stands between its lines of dashes (for base64_decode()), `text` what follows that; 0 when
 * there is none, -EBADMSG when it has no end. Whatever is before it is passed over, blocks of other labels too. */
int pem_next(View *text, const char *label, View *ret_body);

/* Skips white space (so PEM bodies work); -EINVAL for anything else that is not base64. */
int base64_decode(View text, Bytes *ret);
