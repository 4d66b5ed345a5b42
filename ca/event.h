/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What became of certificates, written inside jobs of the store: suspended, good again, revoked. The register's rows never
 * change; an event is a row of its own, in a chain of MACs like the register's, so that none is altered, taken out or put in
 * between. */

#include "ca/certificate.h"
#include "crypto/certificate-state.h"
#include "store/store.h"

#define EVENT_COMMENT_MAX 200U

typedef struct Event {
        int64_t number; /* from 1; filled in by event_append() */
        char serial[SERIAL_TEXT_SIZE];
        CertificateState state; /* what it was put into: good, suspended or revoked */
        CertificateReason reason;
        int64_t at;
        int64_t invalid_since; /* 0: not known */
        const char *comment;   /* borrowed; of event_append() only */
        uid_t uid;
} Event;

/* In a job: appends. The caller has looked whether the certificate may be put into that state. */
int event_append(Txn *t, Event *e);

/* In a job: reads the events after number `*number`, whose MAC is `mac` (of the root for 0), in their order, hands each to
 * `take`, and leaves number and MAC of the last one. -EBADMSG when a row was altered or one is missing. */
typedef int (*EventTake)(const Event *e, void *userdata);
int event_read_after(Txn *t, int64_t *number, uint8_t mac[static 32], EventTake take, void *userdata);
