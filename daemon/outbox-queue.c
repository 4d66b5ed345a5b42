/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The outbox as a queue: what is due, and what became of it; see outbox.h. A message is `sending` from the commit that claims it to the commit that
 * settles it; what a crash leaves so is repeated as the same message with the same code. */

#include <errno.h>
#include <string.h>

#include "daemon/id.h"
#include "daemon/outbox-row.h"

int64_t outbox_pause(unsigned attempts) {
        static const int64_t pauses[] = { 10, 30, 120, 600, 1800 };

        return pauses[attempts == 0 ? 0 : attempts > ELEMENTSOF(pauses) ? ELEMENTSOF(pauses) - 1 : attempts - 1];
}

int outbox_recover(Txn *t, int64_t now) {
        int r;

        r = txn_exec(t, "UPDATE outbox SET state = 'waiting', next_attempt = ?1 WHERE state = 'sending'", "i", now);
        return r < 0 ? r : 0;
}

void outbox_claim_done(OutboxClaim *c) {
        secret_free(c->payload);
        *c = (OutboxClaim) { 0 };
}

void outbox_round_done(OutboxRound *r) {
        for (size_t i = 0; i < r->n_claims; i++)
                outbox_claim_done(&r->claims[i]);
        r->n_claims = 0;
}

/* --- Ends -------------------------------------------------------------------------------------------------------------- */

static int end_message(Txn *t, const char *id, const char *state, const char *reason, int64_t now) {
        int r;

        r = txn_exec(t, "UPDATE outbox SET state = ?2, reason = iif(?3 = '', reason, ?3), payload = NULL, ended = ?4 WHERE id = ?1", "sssi", id,
                     state, reason, now);
        return r < 0 ? r : 0;
}

static int note_alarm(OutboxRound *round, Row *row) {
        OutboxAlarm *a = &round->alarms[round->n_alarms];
        int channel = channel_from_string(row_text(row, 1));

        if (channel < 0 || !id_is_valid(ID_RECORD, row_text(row, 0)) || strlen(row_text(row, 2)) >= sizeof(a->kind) ||
            strlen(row_text(row, 4)) >= sizeof(a->reason))
                return -EBADMSG;
        *a = (OutboxAlarm) { .channel = (Channel) channel, .attempts = (unsigned) row_int(row, 3) };
        strcpy(a->id, row_text(row, 0));
        strcpy(a->kind, row_text(row, 2));
        strcpy(a->reason, row_text(row, 4));
        round->n_alarms++;
        return 0;
}

/* What an operator read was delivered by hand, most likely: no alarm. */
static int expire(Txn *t, OutboxRound *round) {
        size_t first = round->n_alarms;
        Row *row;
        int r;

        r = txn_exec(t, "UPDATE outbox SET state = 'expired', payload = NULL, ended = ?1 WHERE state = 'waiting' AND expires <= ?1 AND read_at IS NOT NULL",
                     "i", round->now);
        if (r < 0)
                return r;
        r = txn_query(t, &row, "SELECT id, channel, kind, attempts, reason FROM outbox WHERE state = 'waiting' AND expires <= ?1 LIMIT ?2", "ii", round->now,
                      (int64_t) (OUTBOX_ALARMS_MAX - round->n_alarms));
        for (; r > 0 && round->n_alarms < OUTBOX_ALARMS_MAX; r = txn_next(t, &row)) {
                r = note_alarm(round, row);
                if (r < 0)
                        return r;
        }
        for (size_t i = first; r >= 0 && i < round->n_alarms; i++)
                r = end_message(t, round->alarms[i].id, "expired", "", round->now);
        return r < 0 ? r : 0;
}

static int prune(Txn *t, const OutboxRound *round) {
        int r;

        r = txn_exec(t, "DELETE FROM outbox WHERE ended <= ?1", "i", round->now - round->keep);
        return r < 0 ? r : 0;
}

/* --- Claims ------------------------------------------------------------------------------------------------------------ */

static int read_claim(Txn *t, Row *row, OutboxClaim *ret) {
        char place[OUTBOX_PLACE_MAX];
        OutboxClaim c = { 0 };
        int channel, r;

        channel = channel_from_string(row_text(row, 1));
        if (channel < 0 || strlen(row_text(row, 2)) >= sizeof(c.recipient) || strlen(row_text(row, 3)) >= sizeof(c.kind) ||
            strlen(row_text(row, 4)) >= sizeof(c.language))
                return -EBADMSG;
        c.channel = (Channel) channel;
        strcpy(c.id, row_text(row, 0));
        strcpy(c.recipient, row_text(row, 2));
        strcpy(c.kind, row_text(row, 3));
        strcpy(c.language, row_text(row, 4));
        c.expires = row_int(row, 5);
        c.attempts = (unsigned) row_int(row, 6) + 1;
        outbox_place(c.id, row_text(row, 1), c.kind, c.language, c.expires, c.recipient, place);
        r = store_unseal(txn_store(t), OUTBOX_PURPOSE, place, row_blob(row, 7), &c.payload);
        if (r < 0)
                return r == -ENOMEM ? r : -EBADMSG;
        *ret = c;
        return 0;
}

/* Somebody changed the row, or the disk did. Nothing of it is sent, and the others go on. */
static int give_up_damaged(Txn *t, OutboxRound *round, const char *id) {
        OutboxAlarm *a = &round->alarms[round->n_alarms];

        *a = (OutboxAlarm) { .damaged = true };
        strcpy(a->id, id);
        round->n_alarms++;
        return end_message(t, id, "refused", "the record was altered or is damaged", round->now);
}

static int claim(Txn *t, OutboxRound *round, const char *id) {
        OutboxClaim *c = &round->claims[round->n_claims];
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT id, channel, recipient, kind, language, expires, attempts, payload FROM outbox WHERE id = ?1", "s", id);
        if (r <= 0)
                return r;
        r = read_claim(t, row, c);
        if (r == -EBADMSG)
                return give_up_damaged(t, round, id);
        if (r < 0)
                return r;
        round->n_claims++;
        r = txn_exec(t, "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ?1", "s", id);
        return r < 0 ? r : 0;
}

/* Due, and the first of its recipient. */
#define DUE "SELECT id FROM outbox AS o WHERE state = 'waiting' AND next_attempt <= ?1 AND expires > ?1 " \
        "AND channel = ?2 AND NOT EXISTS (SELECT 1 FROM outbox AS p WHERE p.recipient = o.recipient AND p.channel = o.channel " \
        "AND (p.state = 'sending' OR (p.state = 'waiting' AND p.seq < o.seq AND p.expires > ?1))) ORDER BY seq LIMIT ?3"

static int claim_due(Txn *t, OutboxRound *round, Channel c) {
        char ids[OUTBOX_CLAIMS_MAX][17];
        unsigned max = round->max[c], n = 0;
        Row *row;
        int r;

        if (!round->channels[c])
                return 0;
        if (max > OUTBOX_ALARMS_MAX - round->n_alarms)
                max = OUTBOX_ALARMS_MAX - (unsigned) round->n_alarms;
        r = txn_query(t, &row, DUE, "isi", round->now, channel_to_string(c), (int64_t) max);
        for (; r > 0 && n < max && n < ELEMENTSOF(ids); r = txn_next(t, &row)) {
                if (!id_is_valid(ID_RECORD, row_text(row, 0)))
                        return -EBADMSG;
                strcpy(ids[n++], row_text(row, 0));
        }
        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = claim(t, round, ids[i]);
        return r < 0 ? r : 0;
}

/* --- The next round ---------------------------------------------------------------------------------------------------- */

static void sooner(OutboxRound *round, int64_t when) {
        if (when < round->next)
                round->next = when;
}

/* What is due already but not claimed waits for one that is being handed over, or for its channel: neither is a matter of time. */
static int look_ahead(Txn *t, OutboxRound *round) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT channel, min(expires), min(iif(next_attempt > ?1, next_attempt, NULL)) IS NOT NULL, "
                               "ifnull(min(iif(next_attempt > ?1, next_attempt, NULL)), 0) FROM outbox WHERE state = 'waiting' GROUP BY channel", "i",
                      round->now);
        for (; r > 0; r = txn_next(t, &row)) {
                int channel = channel_from_string(row_text(row, 0));

                if (channel < 0)
                        return -EBADMSG;
                round->waiting[channel] = true;
                sooner(round, row_int(row, 1));
                if (row_int(row, 2) && round->channels[channel])
                        sooner(round, row_int(row, 3));
        }
        return r;
}

int outbox_round(Txn *t, OutboxRound *round) {
        int r;

        round->next = INT64_MAX;
        if (store_is_rolled_back(txn_store(t)))
                return 0;
        r = prune(t, round);
        if (r >= 0)
                r = expire(t, round);
        if (r >= 0)
                r = claim_due(t, round, CHANNEL_MAIL);
        if (r >= 0)
                r = claim_due(t, round, CHANNEL_SMS);
        if (r >= 0)
                r = look_ahead(t, round);
        if (r < 0)
                outbox_round_done(round);
        return r < 0 ? r : 0;
}

/* --- What became of it ------------------------------------------------------------------------------------------------- */

static int again(Txn *t, const char *id, const char *reason, int64_t next, bool counts) {
        int r;

        r = txn_exec(t, "UPDATE outbox SET state = 'waiting', reason = ?2, next_attempt = ?3, attempts = attempts - ?4 WHERE id = ?1 AND state = 'sending'",
                     "ssii", id, reason, next, (int64_t) !counts);
        return r < 0 ? r : 0;
}

static int pause_of(Txn *t, const char *id, int64_t *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT attempts FROM outbox WHERE id = ?1", "s", id);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        *ret = outbox_pause((unsigned) row_int(row, 0));
        return 0;
}

int outbox_settle(Txn *t, const char *id, OutboxResult result, const char *reason, int64_t now) {
        int64_t pause;
        int r;

        r = outbox_is_sending(t, id);
        if (r <= 0)
                return r; /* cancelled with all others */
        switch (result) {
        case OUTBOX_DELIVERED:
                r = txn_exec(t, "UPDATE outbox SET state = 'delivered', reason = '', payload = NULL, ended = ?2 WHERE id = ?1", "si", id, now);
                return r < 0 ? r : 0;
        case OUTBOX_REFUSED:
                return end_message(t, id, "refused", reason, now);
        case OUTBOX_EXPIRED:
                return end_message(t, id, "expired", reason, now);
        case OUTBOX_NOT_CONFIGURED:
                return again(t, id, reason, now, false);
        default:
                r = pause_of(t, id, &pause);
                return r < 0 ? r : again(t, id, reason, now + pause, true);
        }
}
