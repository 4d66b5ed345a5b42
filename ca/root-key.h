/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The root's private key for as long as something is signed with it, whether it is in the store or the key host has it. Where it is was settled when the
 * root was made and stands in the root's record: that has the sealed key, or it has none. */

#include "ca/key-host.h"
#include "ca/register.h"
#include "crypto/signed.h"

typedef struct RootKey {
        gnutls_privkey_t key;   /* NULL: the key host has it */
        gnutls_pubkey_t public_key;
        KeyHost *host;
        char *problem;          /* with -EREMOTEIO: why the key host did not sign, a sentence */
} RootKey;

void root_key_done(RootKey *k);
#define _cleanup_root_key_ _cleanup_(root_key_done)

/* Whether the key host has it. */
bool root_is_hosted(const Root *root);

/* From any thread. -EIO, -EBADMSG when the record does not open. */
int root_key_open(RootKey *k, Store *s, const Root *root, KeyHost *host);

/* Who signs with it: to be called on a worker, since it may wait for the key host: -EREMOTEIO with `problem`. What the key host gives is verified. */
Signatory root_key_signatory(RootKey *k);
