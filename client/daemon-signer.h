/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A Signer (sign/signer.h) whose key is in the daemon. All items that it is given are one operation: one one-time code (and PIN), or one
 * password, signs them all. */

#include "base/secret.h"
#include "client/certificates.h"
#include "client/session-choice.h"
#include "sign/signer.h"

typedef struct DaemonSigner {
        Signer signer; /* its userdata is this object */
        Client *client;
        Dict credential;
        SessionChoice session; /* empty under a mandate */
        Dict mandate;          /* empty unless --mandate was given; then `credential` is empty */
        CertificateList chain;
        Secret *otp;      /* asked for when the first signature is wanted */
        Secret *password, *pin;
        bool may_log_in;  /* a session that has ended is opened anew, for who is at a terminal; once */
        int status;       /* exit code of what failed within sign(), said already */
} DaemonSigner;

/* Chooses credential (--credential) and session, or the mandate (--mandate), and fetches the certificates. */
int daemon_signer_init(DaemonSigner *s, Client *c, bool login); /* see key-signer.h */
void daemon_signer_done(DaemonSigner *s);
