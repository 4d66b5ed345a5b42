/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages as records: putting in, taking back, looking in; see outbox.h, and outbox-queue.c for what delivery needs. The contents are sealed in a
 * place that names id, channel, kind, language, expiry and recipient: who can write to the database but has no key cannot send a code elsewhere, or
 * later. */

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "daemon/id.h"
#include "daemon/outbox-row.h"

#define DAY INT64_C(86400)

static atomic_bool news;

bool outbox_take_news(void) {
        return atomic_exchange(&news, false);
}

void outbox_place(const char *id, const char *channel, const char *kind, const char *language, int64_t expires, const char *recipient,
                  char ret[static OUTBOX_PLACE_MAX]) {
        snprintf(ret, OUTBOX_PLACE_MAX, "outbox/%s/%s/%s/%s/%lld/%s", id, channel, kind, language, (long long) expires, recipient);
}

/* --- Contents: u8 length ‖ name ‖ u16be length ‖ value, for each field ------------------------------------------------ */

/* One line: a second one could be a header of a mail, or a second message to some modem. */
static bool field_is_sound(const OutboxField *f) {
        size_t n = strlen(f->name);

        for (size_t i = 0; i < f->value.len; i++)
                if (f->value.data[i] < 0x20 || f->value.data[i] == 0x7f)
                        return false;
        return n >= 1 && n <= OUTBOX_FIELD_NAME_MAX && strspn(f->name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n && utf8_is_valid(f->value);
}

static int payload_make(const OutboxMessage *m, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        size_t size = 0;
        uint8_t *p;
        int r;

        if (m->n_fields > OUTBOX_FIELDS_MAX)
                return -EINVAL;
        for (size_t i = 0; i < m->n_fields; i++) {
                if (!field_is_sound(&m->fields[i]) || m->fields[i].value.len > OUTBOX_PAYLOAD_MAX)
                        return -EINVAL;
                size += 1 + strlen(m->fields[i].name) + 2 + m->fields[i].value.len;
        }
        if (size > OUTBOX_PAYLOAD_MAX)
                return -EINVAL;
        r = secret_new(size, &s);
        if (r < 0)
                return r;
        p = secret_data(s);
        for (size_t i = 0; i < m->n_fields; i++) {
                size_t name = strlen(m->fields[i].name), value = m->fields[i].value.len;

                *p++ = (uint8_t) name;
                p = (uint8_t *) mempcpy(p, m->fields[i].name, name);
                *p++ = (uint8_t) (value >> 8);
                *p++ = (uint8_t) value;
                if (value > 0)
                        p = (uint8_t *) mempcpy(p, m->fields[i].value.data, value);
        }
        *ret = TAKE_PTR(s);
        return 0;
}

int outbox_field_next(View payload, size_t *offset, View *ret_name, View *ret_value) {
        size_t at = *offset, name, value;

        if (at == payload.len)
                return 0;
        name = payload.data[at++];
        if (name < 1 || name > OUTBOX_FIELD_NAME_MAX || payload.len - at < name + 2)
                return -EBADMSG;
        value = (size_t) payload.data[at + name] << 8 | payload.data[at + name + 1];
        if (payload.len - at - name - 2 < value)
                return -EBADMSG;
        *ret_name = VIEW(payload.data + at, name);
        *ret_value = VIEW(payload.data + at + name + 2, value);
        *offset = at + name + 2 + value;
        return 1;
}

/* --- Putting in ------------------------------------------------------------------------------------------------------ */

static int at_cap(Txn *t, int n, unsigned cap, Row *row) {
        return n < 0 ? n : n > 0 && row_int(row, 0) >= (int64_t) cap ? -EDQUOT : 0;
}

/* Whoever has messages sent to an address that is not theirs cannot take all that its owner may get. */
static unsigned recipient_cap(const OutboxMessage *m) {
        unsigned cap = m->settings->delivery_per_recipient;

        return m->unproven ? cap / 2 + cap % 2 : cap;
}

/* Cancelled ones count too: a message that is asked for and taken back costs a modem nothing, but whoever does that thirty times plays. */
static int check_caps(Txn *t, const OutboxMessage *m, const char *recipient) {
        int64_t since = m->now - DAY;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT count(*) FROM outbox WHERE recipient = ?1 AND created > ?2", "si", recipient, since);
        r = at_cap(t, r, recipient_cap(m), row);
        if (r < 0)
                return r;
        if (m->account) {
                r = txn_query(t, &row, "SELECT count(*) FROM outbox WHERE account = ?1 AND created > ?2", "si", m->account, since);
                r = at_cap(t, r, m->settings->delivery_per_account, row);
                if (r < 0)
                        return r;
        }
        if (m->uid >= 0) {
                r = txn_query(t, &row, "SELECT count(*) FROM outbox WHERE uid = ?1 AND created > ?2", "ii", m->uid, since);
                r = at_cap(t, r, m->settings->delivery_per_user, row);
                if (r < 0)
                        return r;
        }
        r = txn_query(t, &row, "SELECT count(*) FROM outbox", "");
        r = at_cap(t, r, OUTBOX_ROWS_MAX, row);
        return r == -EDQUOT ? -ENOBUFS : r;
}

int outbox_check_caps(Txn *t, const OutboxMessage *m) {
        char recipient[RECIPIENT_MAX + 1];
        int r;

        r = recipient_normalize(m->channel, m->recipient, recipient);
        return r < 0 ? r : check_caps(t, m, recipient);
}

static bool is_sound(const OutboxMessage *m, const char *language) {
        size_t kind = strlen(m->kind);

        return kind >= 1 && kind <= 32 && strspn(m->kind, "abcdefghijklmnopqrstuvwxyz-") == kind &&
                strlen(language) >= 2 && strlen(language) <= 8 && strspn(language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == strlen(language);
}

/* Those before it go first, so they are not to wait for the end of a long pause. */
static int hurry(Txn *t, Channel c, const char *recipient, int64_t now) {
        return txn_exec(t, "UPDATE outbox SET next_attempt = ?3 WHERE recipient = ?1 AND channel = ?2 AND state = 'waiting' AND next_attempt > ?3",
                        "ssi", recipient, channel_to_string(c), now);
}

static int insert(Txn *t, const OutboxMessage *m, const char *id, const char *recipient, const char *language, int64_t expires) {
        _cleanup_secret_ Secret *payload = NULL;
        _cleanup_bytes_ Bytes sealed = BYTES_NULL;
        char place[OUTBOX_PLACE_MAX];
        int r;

        r = payload_make(m, &payload);
        if (r < 0)
                return r;
        outbox_place(id, channel_to_string(m->channel), m->kind, language, expires, recipient, place);
        r = store_seal(txn_store(t), OUTBOX_PURPOSE, place, secret_view(payload), &sealed);
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT INTO outbox (id, channel, recipient, kind, language, payload, account, uid, created, expires, attempts, "
                        "next_attempt, state, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, -1), ?9, ?10, 0, ?9, 'waiting', '')", "sssssbsiii",
                     id, channel_to_string(m->channel), recipient, m->kind, language, bytes_view(&sealed), m->account, m->uid, m->now, expires);
        return r < 0 ? r : 0;
}

int outbox_put(Txn *t, const OutboxMessage *m, char *ret_id) {
        const char *language = m->language && *m->language ? m->language : "en";
        char recipient[RECIPIENT_MAX + 1], id[17];
        int r;

        if (!is_sound(m, language))
                return -EINVAL;
        r = recipient_normalize(m->channel, m->recipient, recipient);
        if (r < 0)
                return r;
        if (store_is_rolled_back(txn_store(t)))
                return -ESTALE;
        r = check_caps(t, m, recipient);
        if (r >= 0)
                r = id_random(ID_RECORD, id);
        if (r >= 0)
                r = hurry(t, m->channel, recipient, m->now);
        if (r >= 0)
                r = insert(t, m, id, recipient, language, m->expires > 0 ? m->expires : m->now + m->settings->delivery_lifetime);
        if (r < 0)
                return r;
        atomic_store(&news, true);
        if (ret_id)
                strcpy(ret_id, id);
        return 0;
}

/* --- Taking back ----------------------------------------------------------------------------------------------------- */

int outbox_is_sending(Txn *t, const char *id) {
        Row *row;

        return txn_query(t, &row, "SELECT 1 FROM outbox WHERE id = ?1 AND state = 'sending'", "s", id);
}

int outbox_cancel(Txn *t, const char *id, int64_t now) {
        int r;

        r = outbox_is_sending(t, id);
        if (r != 0)
                return r < 0 ? r : -EBUSY;
        r = txn_exec(t, "UPDATE outbox SET state = 'cancelled', payload = NULL, ended = ?2 WHERE id = ?1 AND state = 'waiting'", "si", id, now);
        return r < 0 ? r : 0;
}

int outbox_cancel_all(Txn *t, int64_t now) {
        return txn_exec(t, "UPDATE outbox SET state = 'cancelled', payload = NULL, ended = ?1 WHERE state IN ('waiting', 'sending')", "i", now);
}

/* --- Looking in ------------------------------------------------------------------------------------------------------ */

#define ENVELOPE "o.id, o.channel, o.recipient, o.kind, o.language, o.account, a.login, ifnull(o.uid, -1), o.created, o.expires, o.next_attempt, " \
        "ifnull(o.ended, 0), o.attempts, o.state, o.reason, o.payload"
#define ENVELOPES "SELECT " ENVELOPE " FROM outbox AS o LEFT JOIN account AS a ON a.id = o.account "
#define ENVELOPE_PAYLOAD 15

void outbox_envelope_done(OutboxEnvelope *e) {
        free(e->recipient);
        free(e->kind);
        free(e->language);
        free(e->account);
        free(e->login);
        free(e->reason);
        *e = (OutboxEnvelope) { 0 };
}

void outbox_envelopes_done(OutboxEnvelopes *e) {
        for (size_t i = 0; i < e->n; i++)
                outbox_envelope_done(&e->envelopes[i]);
        free(e->envelopes);
        *e = (OutboxEnvelopes) { 0 };
}

static const char *state_of(const char *text) {
        static const char *const all[] = { "waiting", "sending", "delivered", "refused", "expired", "cancelled" };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (strcmp(all[i], text) == 0)
                        return all[i];
        return NULL;
}

static int copy(const char *text, char **ret) {
        *ret = text ? strdup(text) : NULL;
        return text && !*ret ? -ENOMEM : 0;
}

static int read_texts(Row *row, OutboxEnvelope *e) {
        int r;

        r = copy(row_text(row, 2), &e->recipient);
        if (r >= 0)
                r = copy(row_text(row, 3), &e->kind);
        if (r >= 0)
                r = copy(row_text(row, 4), &e->language);
        if (r >= 0)
                r = copy(row_text(row, 5), &e->account);
        if (r >= 0)
                r = copy(row_text(row, 6), &e->login);
        if (r >= 0)
                r = copy(row_text(row, 14), &e->reason);
        return r;
}

static int read_envelope(Row *row, OutboxEnvelope *ret) {
        _cleanup_(outbox_envelope_done) OutboxEnvelope e = { 0 };
        int channel, r;

        channel = channel_from_string(row_text(row, 1));
        if (channel < 0 || !id_is_valid(ID_RECORD, row_text(row, 0)))
                return -EBADMSG;
        strcpy(e.id, row_text(row, 0));
        e.channel = (Channel) channel;
        e.uid = row_int(row, 7);
        e.created = row_int(row, 8);
        e.expires = row_int(row, 9);
        e.next_attempt = row_int(row, 10);
        e.ended = row_int(row, 11);
        e.attempts = (unsigned) row_int(row, 12);
        e.state = state_of(row_text(row, 13));
        if (!e.state)
                return -EBADMSG;
        r = read_texts(row, &e);
        if (r < 0)
                return r;
        *ret = e;
        e = (OutboxEnvelope) { 0 };
        return 0;
}

static int append_envelope(OutboxEnvelopes *all, Row *row) {
        OutboxEnvelope *envelopes;
        int r;

        envelopes = reallocarray(all->envelopes, all->n + 1, sizeof(*envelopes));
        if (!envelopes)
                return -ENOMEM;
        all->envelopes = envelopes;
        r = read_envelope(row, &envelopes[all->n]);
        if (r >= 0)
                all->n++;
        return r;
}

int outbox_list(Txn *t, bool only_open, unsigned limit, OutboxEnvelopes *ret) {
        _cleanup_(outbox_envelopes_done) OutboxEnvelopes all = { 0 };
        Row *row;
        int r;

        if (only_open)
                r = txn_query(t, &row, ENVELOPES "WHERE o.state IN ('waiting', 'sending') ORDER BY o.seq DESC LIMIT ?1", "i", (int64_t) limit);
        else
                r = txn_query(t, &row, ENVELOPES "ORDER BY o.seq DESC LIMIT ?1", "i", (int64_t) limit);
        for (; r > 0; r = txn_next(t, &row)) {
                r = append_envelope(&all, row);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        *ret = all;
        all = (OutboxEnvelopes) { 0 };
        return 0;
}

static int unseal(Txn *t, const OutboxEnvelope *e, View sealed, Secret **ret) {
        char place[OUTBOX_PLACE_MAX];

        outbox_place(e->id, channel_to_string(e->channel), e->kind, e->language, e->expires, e->recipient, place);
        return store_unseal(txn_store(t), OUTBOX_PURPOSE, place, sealed, ret);
}

/* `ret_row` stays until the next query. */
static int find(Txn *t, const char *id, OutboxEnvelope *ret, Row **ret_row) {
        int r;

        r = txn_query(t, ret_row, ENVELOPES "WHERE o.id = ?1", "s", id);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        return read_envelope(*ret_row, ret);
}

int outbox_find(Txn *t, const char *id, OutboxEnvelope *ret) {
        Row *row;

        return find(t, id, ret, &row);
}

int outbox_read(Txn *t, const char *id, int64_t now, OutboxEnvelope *ret, Secret **ret_payload) {
        _cleanup_(outbox_envelope_done) OutboxEnvelope e = { 0 };
        _cleanup_secret_ Secret *payload = NULL;
        Row *row;
        int r;

        r = find(t, id, &e, &row);
        if (r < 0)
                return r;
        if (!row_blob(row, ENVELOPE_PAYLOAD).data || now >= e.expires)
                return -ENODATA;
        r = unseal(t, &e, row_blob(row, ENVELOPE_PAYLOAD), &payload);
        if (r >= 0)
                r = txn_exec(t, "UPDATE outbox SET read_at = ?2 WHERE id = ?1", "si", id, now);
        if (r < 0)
                return r;
        *ret = e;
        e = (OutboxEnvelope) { 0 };
        *ret_payload = TAKE_PTR(payload);
        return 0;
}
