/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A Signer (sign/signer.h) whose key the user has: in a file, or on a PKCS#11 token, recorded here or not. Its password or
 * PIN is asked for once, when the first signature is wanted; for a file without record before, because its certificates are
 * under the password as well. */

#include "client/key-record.h"
#include "client/token.h"
#include "crypto/key-file.h"
#include "sign/signer.h"

typedef struct LocalSigner {
        Signer signer; /* its userdata is this object, which stays where it is */
        Client *client;
        KeyRecord record; /* empty for a file or card that is not recorded */
        CertificateList chain;
        Bytes file;    /* the key file, still closed */
        Token token;
        char *key_uri;
        char *label;   /* what key or certificate call themselves; NULL */
        gnutls_privkey_t key; /* once it was opened */
        bool login;    /* it is one that is signed: keys for authentication may */
        int status;    /* exit code of what failed within sign(), said already */
} LocalSigner;

/* Whether --credential's word is one for this signer by its form: a PKCS#11 URI or a path. */
bool local_signer_takes(const char *word);

/* `word` as above. --certificates adds certificates that are not beside the key. */
int local_signer_init(LocalSigner *s, Client *c, const char *word, bool login);

/* A recorded key; takes the record over. */
int local_signer_init_record(LocalSigner *s, Client *c, KeyRecord *record, bool login);

void local_signer_done(LocalSigner *s);
