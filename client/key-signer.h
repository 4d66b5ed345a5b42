/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The signer that --credential (or --mandate) means, wherever its key is: in the service, in a file, on a card. */

#include "client/daemon-signer.h"
#include "client/local-signer.h"

typedef struct KeySigner {
        bool is_local; /* then `local` is used, else `daemon` */
        DaemonSigner daemon;
        LocalSigner local;
} KeySigner;

/* A PKCS#11 URI and a path are what they look like. A name is first looked for among the recorded keys, then among the
 * service's credentials. Without one, the only key that can sign is taken, of all places. Keys for authentication are for a `login` only, for which others
 * serve as well. `s` stays where it is. */
int key_signer_init(KeySigner *s, Client *c, bool login);
void key_signer_done(KeySigner *s);

Signer *key_signer_get(KeySigner *s);

/* The exit code of what failed within sign(), said already. */
int key_signer_status(const KeySigner *s);

/* Whether what it makes is a seal. */
bool key_signer_is_seal(const KeySigner *s);
