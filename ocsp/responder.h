/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What answers requests: knows the CA, its list of states and the delegate that signs. Fails closed: without a list that is valid now, of the CA whose
 * certificate is published beside it, and a delegate that this CA certified, every answer is tryLater. The published files are looked at for each
 * request, so that no answer is older than they are: whoever revoked a certificate and was told so never sees it good again.
 *
 * Answers without nonce are kept and given again until files or delegate change. All functions may be called from several threads. */

#include "base/bytes.h"
#include "ocsp/delegate.h"

typedef struct Responder Responder;

/* `published` is the folder with the CA's certificate (ca.crt) and its list (status); neither need be there yet. */
int responder_new(const char *published, Responder **ret);
Responder *responder_free(Responder *r);
DEFINE_CLEANUP(Responder *, responder_free);

/* Signs with it from now on. Takes it over. */
void responder_set_delegate(Responder *r, Delegate *d);

/* What keeps it from answering at `now`: a sentence (a constant), or NULL. */
const char *responder_problem(Responder *r, int64_t now);

/* When the delegate's certificate ends; 0 when there is none of the CA that is there now, or it was revoked. */
int64_t responder_delegate_end(Responder *r);

/* The CA's certificate. -ENOENT when there is none. */
int responder_issuer(Responder *r, Issuer *ret);

/* The OCSPResponse to a request, whatever that is, in memory of its own. `*ret_kept` tells whether others get the same until things change. -ENOMEM. */
int responder_answer(Responder *r, View request, int64_t now, Bytes *ret, bool *ret_kept);
