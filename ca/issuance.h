/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One certificate from request to signature, without bus and records: what a worker does for Issue, Approve, Request and
 * IssueResponder. */

#include "ca/root-key.h"
#include "ca/settings.h"

typedef struct Issuance {
        const Root *root;
        Store *store;               /* for the root's key, */
        KeyHost *key_host;          /* wherever it is */
        const CaSettings *settings; /* for the addresses that the certificate names */
        Bytes request;              /* PKCS#10, DER */
        uint32_t days;
        int64_t now;
        Entry entry;                /* profile and uid by the caller; the rest is filled in */
        const char *problem;        /* with -EINVAL: the sentence, a constant */
        RootKey key;                /* has the sentence with -EREMOTEIO */
} Issuance;

void issuance_done(Issuance *i);

/* Reads the request and judges it by the profile: fills in the entry's key and subject. -EINVAL with `problem`, and as
 * request_read(). */
int issuance_check(Issuance *i);

/* The same, and makes the certificate. Also -EKEYEXPIRED when the root is not valid, -EREMOTEIO when the key host does not sign, -EIO. */
int issuance_run(Issuance *i);

/* A certificate of the CA's own OCSP responder (RFC 6960 §4.2.2.2), whose subject is the CA's to say: only the request's key
 * is taken. */
#define RESPONDER_DAYS 30U
int issuance_run_responder(Issuance *i);
