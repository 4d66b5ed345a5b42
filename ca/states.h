/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The state of every certificate of the register, in memory: what the register and the events say, verified once and then row
 * by row as rows come. Used within jobs of the store only, so by one thread; what is not in the store is never in here. */

#include "ca/event.h"
#include "ca/register.h"

typedef struct StateRecord {
        uint8_t serial[SERIAL_SIZE];
        CertificateState state; /* good, suspended or revoked */
        CertificateReason reason;
        int64_t since;          /* of the state. A revocation that ends a suspension counts from the suspension: nothing in between is believed */
        int64_t invalid_since;  /* 0: not known */
        int64_t not_before, not_after;
} StateRecord;

typedef struct States {
        StateRecord *records; /* sorted by serial number */
        size_t n, allocated;
        int64_t certificates, events; /* the last rows that are in */
        uint8_t certificate_mac[32], event_mac[32];
} States;

int states_new(States **ret);
States *states_free(States *s);
DEFINE_CLEANUP(States *, states_free);

/* In a job: takes in what was written since. -EBADMSG when register or events were altered, or hold less than was published. */
int states_update(States *s, Txn *t);

/* In a job, before a certificate for the key (SHA-256 of its public key) is written: -EKEYREVOKED when one of the key's is suspended, or was revoked because
 * the key was revealed. Another would take that back without anybody's having decided so. */
int states_check_key(States *s, Txn *t, const uint8_t key[static 32]);

/* In a job: a certificate of the same key that is good: 1, or 0 when there is none. */
int states_find_good(States *s, Txn *t, const char *serial, char ret[static SERIAL_TEXT_SIZE]);

/* NULL when this CA issued no such certificate. Borrowed, until the next update. `serial` is hexadecimal in lower case. */
const StateRecord *states_find(const States *s, const char *serial);
