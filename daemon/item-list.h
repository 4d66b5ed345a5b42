/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The list hash of an operation: a chain from the last item to the first, so that a call that brings the next items proves with one more value
 * that they are the next. See the Operation interface in dbus/org.sygnet.Sygnet1.xml. */

#include "crypto/digest.h"
#include "daemon/item.h"

/* h(item) = SHA-256( one byte: length of type | type | bytes ) */
int item_hash(ItemType type, View bytes, uint8_t ret[static SHA256_SIZE]);

/* From rest(k), the hash of what follows these n items, and h of each, to the hash of the list that begins with them. */
int item_list_hash(const uint8_t hashes[][SHA256_SIZE], size_t n, const uint8_t rest[static SHA256_SIZE], uint8_t ret[static SHA256_SIZE]);
