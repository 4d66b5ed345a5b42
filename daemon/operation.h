/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Operations: lists of items that were prepared, to be authorised once and used up once. In memory only: they end with their session, and with
 * the process. Loop's thread, except where said. */

#include <stdbool.h>

#include "crypto/digest.h"
#include "daemon/credential.h"
#include "daemon/item.h"
#include "daemon/key-cache.h"
#include "daemon/manager.h"
#include "daemon/session.h"

#define OPERATION_COUNT_MAX 65536U
#define OPERATIONS_PER_SESSION 64U
#define OPERATIONS_MAX 4096U
#define OPERATION_PREPARATIONS_MAX 64U              /* pairs of session and credential whose preparation is kept; the oldest gives way */
#define OPERATION_LAPSE 600                         /* seconds without use */
#define OPERATION_PARKED_MAX (64U * 1024 * 1024)    /* bytes of items, of all calls that are being signed */
#define OPERATION_CALL_ITEMS_MAX 4096U              /* items of one call of Sign */
#define OPERATION_ONCE_ITEMS_MAX 256U               /* items of SignOnce */

typedef enum OperationState {
        OPERATION_PREPARED = 1,
        OPERATION_AUTHORIZING, /* a call of Authorize is under way */
        OPERATION_AUTHORIZED,
        OPERATION_SIGNING,     /* a call of Sign is under way */
        OPERATION_ENDED,       /* used up, cancelled, lapsed, or its session ended; calls under way still hold it */
} OperationState;

typedef struct Operation Operation;
struct Operation {
        unsigned refs;
        OperationState state;
        char id[2 * ID_SECRET + 1];
        char session[33];
        char account[17];
        uid_t uid;
        char credential[CREDENTIAL_ID_SIZE];
        CredentialKind kind;
        ItemRules *rules;
        SigningKey *key;               /* from Authorize on */
        uint32_t left;                 /* items not signed yet */
        uint8_t expected[SHA256_SIZE]; /* the hash of the list of those */
        int64_t prepared;              /* clock_now() */
        int64_t lapses;                /* clock_age() */
        Operation *next;
};

int operation_table_new(Manager *m, OperationTable **ret);
OperationTable *operation_table_free(OperationTable *t);
DEFINE_CLEANUP(OperationTable *, operation_table_free);

/* Makes an operation of a session, with a reference for the caller beside the table's. -EDQUOT when there are too many. */
int operation_new(Manager *m, const Session *s, Operation **ret);

/* The operation `id` of a session of `uid` that lives, as a new reference: -ENOENT when there is none, -ESTALE when its session has ended. */
int operation_find(Manager *m, const char *id, uid_t uid, Operation **ret);

/* What the look at a seal came to that prepared an operation is noted, and prepares the session's next ones with it, for a minute at most and until something ends
 * operations of the session or the credential. It saves the way to the store and permits nothing: grant, status, validity and lease are looked up whenever
 * something is authorised or signed. */
void operation_note_prepared(Manager *m, const Operation *o);
bool operation_prepare_again(Manager *m, Operation *o); /* false: it has to be looked at */

/* Takes it out of the table: nothing more is signed by it. */
void operation_end(Manager *m, Operation *o);
void operation_end_session(Manager *m, const char *session);
void operation_end_credential(Manager *m, const char *credential, const char *account); /* account NULL: everybody's */

/* The seal's lease was broken: what was authorised under it ends. What is only prepared can still be authorised. */
void operation_end_lease(Manager *m, const char *credential);

/* Notes use: it lapses ten minutes from now. */
void operation_touch(Operation *o);

Operation *operation_unref(Operation *o);
DEFINE_CLEANUP(Operation *, operation_unref);

/* Bytes of items that calls hold. -EDQUOT when it would be too much; then nothing is noted. */
int operation_park(Manager *m, size_t bytes);
void operation_unpark(Manager *m, size_t bytes);
