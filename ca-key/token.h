/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The one key, in the token that holds it, and beside it there the one root that it signed: so what it may sign goes where the key goes, and nothing of it lies
 * in a file. The module that reaches the token is foreign code and is loaded when the first call needs it. Everything here belongs on one and the same worker:
 * a token may take its time or hang. */

#include "ca-key/judge.h"
#include "ca-key/pin.h"
#include "ca-key/settings.h"
#include "crypto/key.h"

typedef struct Token {
        const char *conf;     /* path */
        Pin pin;
        bool modules_loaded;

        /* While the key is open. */
        KeySettings settings;
        char *uri;            /* of the token, as it calls itself */
        Bytes id;             /* CKA_ID of key and root */
        gnutls_privkey_t key;
        gnutls_pubkey_t public_key;
        Bytes spki, root;     /* DER; root: empty until there is one */

        char *problem;        /* with -EREMOTEIO: why the token is of no use now, a sentence */
} Token;

void token_done(Token *t);

/* Outcomes. */
enum {
        TOKEN_DONE,
        TOKEN_E_NO_KEY,  /* the token is there, without the key */
        TOKEN_E_EXISTS,  /* the key is there already */
        TOKEN_E_REFUSED, /* this is not signed; says why */
};

/* Each returns an outcome, -EREMOTEIO with `problem`, or -ENOMEM. A token that was taken out and put back is found again. */

int token_public_key(Token *t, Bytes *ret);

/* The root that it signed. TOKEN_E_NO_KEY also where there is none yet. */
int token_root(Token *t, Bytes *ret);

/* Makes the key: on the token, never to leave it. -EOPNOTSUPP for an algorithm that cards do not have. */
int token_generate(Token *t, KeyAlgorithm algorithm, Bytes *ret);

/* Judges and signs; what was signed is in `*ret_kind`. The root is on the token before its signature is handed out. With TOKEN_E_REFUSED a constant in
 * `*ret_refusal`. */
int token_sign(Token *t, View tbs, Bytes *ret, TbsKind *ret_kind, const char **ret_refusal);
