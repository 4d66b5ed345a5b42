/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The CA's key where another process has it: org.sygnet.CAKey1 (sygnet-ca-keyd). Each call waits for its answer, on a connection of its own, and so belongs
 * on a worker. What comes back is the other process's word: who uses it compares it with the root. */

#include "crypto/key.h"

typedef struct KeyHost KeyHost;

int key_host_new(KeyHost **ret);
KeyHost *key_host_free(KeyHost *h);

/* From another thread: calls under way fail at once, and later ones. */
void key_host_stop(KeyHost *h);

/* Each returns -EREMOTEIO when the key host refused, failed or is not there, with the sentence that says so, to be freed; -ENOMEM. */

/* The SubjectPublicKeyInfo: 1, or 0 when there is no key yet. */
int key_host_public_key(KeyHost *h, Bytes *ret, char **ret_problem);

/* The root that the key signed, DER: 1, or 0 when there is none yet, or no key. */
int key_host_root(KeyHost *h, Bytes *ret, char **ret_problem);

/* Makes the key, where there is none. */
int key_host_generate(KeyHost *h, KeyAlgorithm algorithm, Bytes *ret, char **ret_problem);

/* The value of a signature, as key_sign() gives it. */
int key_host_sign(KeyHost *h, View tbs, Bytes *ret, char **ret_problem);
