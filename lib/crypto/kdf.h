/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Keys from keys (HKDF-SHA-256, RFC 5869) and keys from passwords (Argon2id, RFC 9106). */

#include "base/bytes.h"
#include "base/secret.h"

/* `len` at most 255 * 32. */
int hkdf_sha256(View ikm, View salt, View info, size_t len, Secret **ret);

/* Argon2id's cost and salt, stored beside what it protects:
 *   u8 format (1) ‖ u32be memory KiB ‖ u32be passes ‖ u32be lanes ‖ u8[16] salt */
typedef struct Argon2Params {
        uint32_t memory_kib;
        uint32_t passes;
        uint32_t lanes;
        uint8_t salt[16];
} Argon2Params;

#define ARGON2_PARAMS_SIZE 29U

/* RFC 9106 §4, second recommended option (64 MiB, 3 passes, 4 lanes), with a fresh random salt. */
int argon2_params_new(Argon2Params *ret);
int argon2_params_write(const Argon2Params *p, Bytes *b);

/* -EBADMSG when it is none or out of bounds (at most 1 GiB, 16 passes, 16 lanes): a stored record must not be able to
 * exhaust the machine. */
int argon2_params_read(View v, Argon2Params *ret);

/* Takes about a tenth of a second: call it on a worker. -ENOMEM. */
int argon2id(const Argon2Params *p, View password, size_t len, Secret **ret);

/* A password's record: params ‖ 32 bytes of Argon2id output. */
int password_hash(View password, Bytes *ret);

/* 0 when it fits, -EKEYREJECTED when not, -EBADMSG for a broken record. Constant-time in the comparison. */
int password_verify(View password, View record);
