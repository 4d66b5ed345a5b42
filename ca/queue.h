/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Requests that wait for an operator, and what was answered; read and written inside jobs of the store. Each row carries a
 * MAC: what is approved is what was asked for. A decision is final, and a row stays. */

#include "ca/certificate.h"
#include "store/store.h"

#define QUEUE_PER_USER_MAX 16U /* pending ones of one Unix user */
#define QUEUE_MAX 1000U        /* pending ones in all */
#define QUEUE_REASON_MAX 200U

typedef enum QueueStatus {
        QUEUE_PENDING = 0,
        QUEUE_ISSUED,
        QUEUE_REJECTED,
} QueueStatus;

const char *queue_status_to_string(QueueStatus s); /* "pending", "issued", "rejected" */

typedef struct QueueEntry {
        int64_t number; /* from 1; filled in by queue_add() */
        QueueStatus status;
        char *subject; /* RFC 4514 */
        Profile profile;
        uint32_t days;
        int64_t requested;
        uid_t uid;
        Bytes request;
        uint8_t key[32];
        int64_t decided; /* 0: not yet */
        uid_t operator;  /* (uid_t) -1: nobody yet */
        char *reason;    /* of a rejection; "" otherwise */
        char serial[SERIAL_TEXT_SIZE]; /* of what was issued; "" otherwise */
} QueueEntry;

void queue_entry_done(QueueEntry *e);

typedef struct QueueList {
        QueueEntry *entries;
        size_t n;
} QueueList;

void queue_list_done(QueueList *l);

/* In a job: appends what is pending. -ENOBUFS when too many wait, of this user or in all. */
int queue_add(Txn *t, QueueEntry *e);

/* In a job: 1 and the entry, 0 when there is none, -EBADMSG when it was altered. */
int queue_get(Txn *t, int64_t number, QueueEntry *ret);

/* In a job: at most `limit` with numbers below `before` (0: all), newest first; of one user, or of all where `uid` is NULL;
 * those that wait, or all. */
int queue_list(Txn *t, const uid_t *uid, bool pending, unsigned limit, int64_t before, QueueList *ret);

/* In a job: how many wait. */
int queue_count_pending(Txn *t, uint64_t *ret);

/* In a job: writes status, decided, operator, reason and serial of an entry that was read in this job and was pending. */
int queue_decide(Txn *t, const QueueEntry *e);
