/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the CA publishes: its certificate, the list of revocations, and the list of all states that the OCSP responder reads. A
 * number is taken and on disk before the list that bears it is made; so no number is given out twice, whatever is killed when. */

#include "ca/root-key.h"
#include "ca/states.h"

#define PUBLICATION_CERTIFICATE "ca.crt"
#define PUBLICATION_CRL "ca.crl"
#define PUBLICATION_STATUS "status"

/* By how much the number goes up, at least, when this store is found to be an older copy: what was published since is not
 * known here. */
#define PUBLICATION_JUMP (INT64_C(1) << 20)

typedef struct Publication {
        int64_t number; /* cRLNumber */
        int64_t at;
        int64_t certificates, events; /* the last rows that it took in */
        bool jumped;
} Publication;

/* In a job: the last one. 1, 0 when there was none, -EBADMSG when the record was altered. */
int publication_read(Txn *t, Publication *ret);

/* In a job: takes the next number for what `s` says at `now`. The very first is above `before`: of a root that was made before this store there were lists. */
int publication_begin(Txn *t, const States *s, int64_t now, int64_t before, Publication *ret);

/* What is written, by a worker: copies that belong to it. */
typedef struct PublicationContent {
        const Root *root;
        Store *store;           /* for the root's key, */
        KeyHost *key_host;      /* wherever it is */
        RootKey key;            /* has the sentence with -EREMOTEIO */
        StateRecord *records;
        size_t n;
        int64_t number;         /* of the list of revocations; 0 when that is not written */
        int64_t this_update, next_update;
        Bytes crl;              /* filled in, where it is written */
} PublicationContent;

void publication_content_done(PublicationContent *c);

/* On a worker: makes the files in `directory`, each whole or not at all: certificate and list of revocations where there is a
 * number, the list of states always, and before the other list: that one may not come about, because the key host does not sign (-EREMOTEIO). -errno. */
int publication_write(const char *directory, PublicationContent *c);
