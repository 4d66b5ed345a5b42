/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Keys on PKCS#11 tokens: cards, and what passes for one. The modules that p11-kit knows, which are foreign code, are
 * loaded with the first call here and at no other time; verbs that use no token never load them. PINs come from --pin-file
 * or the terminal, never from a URI. */

#include "base/secret.h"
#include "client/certificates.h"
#include "crypto/key.h"

/* Stays where it is between token_open() and token_done(): the PIN is asked for through it. */
typedef struct Token {
        Client *client;
        char *uri;     /* of the one token that is meant, as it calls itself */
        Secret *pin;   /* the one given last; some keys want it with each use */
        int pin_status; /* the exit code when no right PIN was given, said already */
} Token;

void token_done(Token *t);
#define _cleanup_token_ _cleanup_(token_done)

/* Checks the URI and finds the token that it means, which must be one. EXIT_NOT_FOUND when none is there, with those that are. */
int token_open(Client *c, const char *uri, Token *ret);

/* Makes a key pair on the token that never leaves it. `*ret_uri` is the private key's, with its id. */
int token_generate(Token *t, KeyAlgorithm algorithm, const char *label, char **ret_uri, Bytes *ret_public_key);

/* The private key of a URI that has an id or an object's label. Logs in. */
int token_private_key(Token *t, const char *uri, gnutls_privkey_t *ret);

/* A certificate on the token, with where its key is. */
typedef struct TokenCertificate {
        gnutls_x509_crt_t certificate;
        char *key_uri; /* of the private key with the same id */
        char *label;   /* fit to be shown */
} TokenCertificate;

typedef struct TokenCertificates {
        TokenCertificate *items;
        size_t n;
} TokenCertificates;

void token_certificates_done(TokenCertificates *l);
#define _cleanup_token_certificates_ _cleanup_(token_certificates_done)

/* The certificates that a URI means; they are public, so that nobody has to log in. */
int token_certificates(Token *t, const char *uri, TokenCertificates *ret);

/* Puts a certificate beside its key, and erases both. */
int token_put_certificate(Token *t, const char *key_uri, gnutls_x509_crt_t certificate, const char *label);
int token_erase(Token *t, const char *key_uri);

/* Says what GnuTLS's error of a token means. An exit code. */
int token_fail(const Token *t, int error, const char *what);
