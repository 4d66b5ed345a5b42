/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The outbox: messages that are to be sent by mail or SMS, as records. A message is put in by the job that has a reason for it, so that it is on
 * disk with what it tells of, or not at all; the loop is told by itself and hands it to the courier (daemon/delivery.h). Its contents are
 * sealed, bound to recipient and expiry, and erased when it is delivered, refused, expired or cancelled. Its envelope stays for the operator's
 * eyes for some days. Everything here runs in a job unless it says otherwise. */

#include <stdbool.h>

#include "daemon/manager.h"
#include "daemon/recipient.h"
#include "store/store.h"

#define OUTBOX_FIELDS_MAX 16U
#define OUTBOX_FIELD_NAME_MAX 32U   /* bytes: a-z 0-9 _ */
#define OUTBOX_PAYLOAD_MAX 3072U    /* bytes: all fields with their names */
#define OUTBOX_ROWS_MAX 20000U      /* messages and envelopes; nobody's caps come near */
#define OUTBOX_REASON_MAX 200U      /* bytes */

/* What a template fills in. */
typedef struct OutboxField {
        const char *name;
        View value; /* UTF-8, one line */
} OutboxField;

typedef struct OutboxMessage {
        Channel channel;
        const char *recipient; /* as the account or invitation has it */
        const char *kind;      /* the template's name: a-z and -, at most 32 */
        const char *language;  /* "en", "pl"; NULL: "en" */
        const OutboxField *fields;
        size_t n_fields;
        const char *account;   /* whom it is about; NULL: nobody yet */
        int64_t uid;           /* the Unix user who caused it; -1 for an operator or the service itself, who have no cap of their own */
        bool unproven;         /* nobody has shown yet that the address is theirs: of its recipient's cap it takes the first half only */
        int64_t now;
        int64_t expires;       /* 0: as a plain notice does (settings) */
        const Settings *settings; /* of the manager: they stay as they are while the service runs */
} OutboxMessage;

/* Whether outbox_put() would take a message to this recipient of this account, caused by this user: its day's caps, and the room. 0, -EDQUOT, or
 * -ENOBUFS. */
int outbox_check_caps(Txn *t, const OutboxMessage *m);

/* Puts a message in. `ret_id` may be NULL. -EDESTADDRREQ when the recipient is no address, -EDQUOT when account, user or recipient had their
 * messages of the day, -ENOBUFS when the outbox is full, -ESTALE while the store is an older copy that no operator has accepted. */
int outbox_put(Txn *t, const OutboxMessage *m, char *ret_id);

/* Takes back what is not delivered yet and erases it. 0, also when there was nothing left to take back; -EBUSY while it is being handed over. */
int outbox_cancel(Txn *t, const char *id, int64_t now);

/* Whether a message is being handed over now: 1 or 0. */
int outbox_is_sending(Txn *t, const char *id);

/* All that wait, when an older copy of the store is accepted: they may have been delivered long ago. Returns how many. */
int outbox_cancel_all(Txn *t, int64_t now);

/* From any thread: whether something was put in since this was asked last. It may be asked before the commit: whoever then submits a job sees
 * what was committed. */
bool outbox_take_news(void);

/* --- Looking in ---------------------------------------------------------------------------------------------------- */

typedef struct OutboxEnvelope {
        char id[17];
        Channel channel;
        char *recipient;
        char *kind;
        char *language;
        char *account;       /* its id; NULL: none */
        char *login;         /* its login; NULL: none */
        int64_t uid;         /* -1: none */
        int64_t created, expires;
        int64_t next_attempt; /* while it waits */
        int64_t ended;       /* 0: not yet */
        unsigned attempts;
        const char *state;   /* static: waiting, sending, delivered, refused, expired, cancelled */
        char *reason;        /* of the last attempt that failed; empty: none. May name the recipient: for the operator. */
} OutboxEnvelope;

typedef struct OutboxEnvelopes {
        OutboxEnvelope *envelopes;
        size_t n;
} OutboxEnvelopes;

void outbox_envelope_done(OutboxEnvelope *e);
void outbox_envelopes_done(OutboxEnvelopes *e);

#define OUTBOX_LIST_MAX 1000U

/* Newest first, at most `limit`. With `only_open` those that are not over. */
int outbox_list(Txn *t, bool only_open, unsigned limit, OutboxEnvelopes *ret);

/* One envelope. -ENOENT. */
int outbox_find(Txn *t, const char *id, OutboxEnvelope *ret);

/* One envelope, and its contents (outbox_field_next()). -ENOENT; -ENODATA when the contents were erased, or would be by now. The codes
 * in it are marked by the caller (code_mark_seen()), in the same job. */
int outbox_read(Txn *t, const char *id, int64_t now, OutboxEnvelope *ret, Secret **ret_payload);

/* Walks the fields of a payload: start with *offset 0. 1 when there is one, 0 at the end, -EBADMSG. Borrowed. From any thread. */
int outbox_field_next(View payload, size_t *offset, View *ret_name, View *ret_value);

/* --- For delivery (daemon/delivery.c) -------------------------------------------------------------------------------- */

/* At start: what was being handed over when the service ended goes on waiting, as the same message. */
int outbox_recover(Txn *t, int64_t now);

/* A message that is handed over now; what it needs is copied. */
typedef struct OutboxClaim {
        char id[17];
        Channel channel;
        char recipient[RECIPIENT_MAX + 1];
        char kind[33], language[9];
        int64_t expires;
        unsigned attempts; /* with this one */
        Secret *payload;
} OutboxClaim;

void outbox_claim_done(OutboxClaim *c);

/* What was given up and deserves an alarm. */
typedef struct OutboxAlarm {
        char id[17];
        char kind[33];
        Channel channel;
        unsigned attempts;
        bool damaged; /* its row does not fit its contents */
        char reason[OUTBOX_REASON_MAX + 1]; /* of the last attempt; may be empty */
} OutboxAlarm;

#define OUTBOX_CLAIMS_MAX 3U /* of a channel at once: as many as the courier takes */
#define OUTBOX_ALARMS_MAX 16U

typedef struct OutboxRound {
        /* in */
        int64_t now;
        unsigned max[2];      /* messages to claim by channel, at most OUTBOX_CLAIMS_MAX */
        bool channels[2];     /* those that are tried now */
        int64_t keep;         /* seconds that an envelope stays */
        /* out */
        OutboxClaim claims[2 * OUTBOX_CLAIMS_MAX];
        size_t n_claims;
        OutboxAlarm alarms[OUTBOX_ALARMS_MAX];
        size_t n_alarms;
        int64_t next;         /* when something is due again: an attempt, an expiry; INT64_MAX for never, `now` when there is more at once */
        bool waiting[2];      /* channels for which something waits */
} OutboxRound;

void outbox_round_done(OutboxRound *r);

/* Ends what expired, prunes old envelopes, and claims what is due: of each recipient the oldest only, and none while another of his is being handed
 * over. Nothing is claimed while the store is an older copy. */
int outbox_round(Txn *t, OutboxRound *r);

typedef enum OutboxResult {
        OUTBOX_DELIVERED,
        OUTBOX_TEMPORARY,      /* again, after a pause that grows */
        OUTBOX_REFUSED,        /* for good */
        OUTBOX_NOT_CONFIGURED, /* again, and this attempt does not count */
        OUTBOX_EXPIRED,        /* found so at the last moment, not handed over */
} OutboxResult;

/* What became of a claim. `reason` is printable and at most OUTBOX_REASON_MAX bytes. */
int outbox_settle(Txn *t, const char *id, OutboxResult result, const char *reason, int64_t now);

/* Seconds to wait after so many attempts. */
int64_t outbox_pause(unsigned attempts);
