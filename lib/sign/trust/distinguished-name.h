/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Distinguished names in a form in which those that RFC 5280 section 7.1 calls the same are the same octets: strings in UTF-8 of NFC, in lower case, without white space that
 * means nothing, whatever type they came in. A name lies within the subtree of another when the other's form begins its own (section 4.2.1.10). */

#include "base/bytes.h"

/* The longest name that is compared. */
#define DISTINGUISHED_NAME_MAX 65536U

/* The form of an RDNSequence's contents; the caller frees. -EBADMSG when it is none, -EOPNOTSUPP for a string whose characters cannot be told, -E2BIG, -ENOMEM. */
int distinguished_name_fold(View rdns, Bytes *ret);
