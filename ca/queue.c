/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The queue; see queue.h. */

#include <errno.h>
#include <string.h>

#include "ca/queue.h"

#define COLUMNS "number, status, subject, profile, days, requested, uid, request, key, decided, operator, reason, serial, mac"
#define FIELD_TYPES "isssiiibbiiss"
#define FIELDS(e)                                                                                                                  \
        (e)->number, queue_status_to_string((e)->status), (e)->subject, profile_to_string((e)->profile), (int64_t) (e)->days,      \
                (e)->requested, (int64_t) (e)->uid, bytes_view(&(e)->request), VIEW((e)->key, sizeof((e)->key)), (e)->decided,    \
                operator_of(e), (e)->reason ?: "", (e)->serial
#define NOBODY ((int64_t) -1)

static const char *const statuses[] = { "pending", "issued", "rejected" };

const char *queue_status_to_string(QueueStatus s) {
        return (size_t) s < ELEMENTSOF(statuses) ? statuses[s] : NULL;
}

static int status_from_string(const char *s) {
        for (size_t i = 0; s && i < ELEMENTSOF(statuses); i++)
                if (strcmp(statuses[i], s) == 0)
                        return (int) i;
        return -EINVAL;
}

void queue_entry_done(QueueEntry *e) {
        free(e->subject);
        bytes_done(&e->request);
        free(e->reason);
        *e = (QueueEntry) { 0 };
}

void queue_list_done(QueueList *l) {
        for (size_t i = 0; i < l->n; i++)
                queue_entry_done(&l->entries[i]);
        free(l->entries);
        *l = (QueueList) { 0 };
}

static int64_t operator_of(const QueueEntry *e) {
        return e->operator == (uid_t) -1 ? NOBODY : (int64_t) e->operator;
}

static int entry_mac(Txn *t, const QueueEntry *e, uint8_t ret[static 32]) {
        return store_mac(txn_store(t), ret, "request", FIELD_TYPES, FIELDS(e));
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static int copy_text(Row *row, unsigned column, char **ret) {
        const char *text = row_text(row, column);

        if (!text)
                return -EBADMSG;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

static int read_entry(Txn *t, Row *row, QueueEntry *e) {
        int status = status_from_string(row_text(row, 1)), r;
        const char *serial = row_text(row, 12);
        View key = row_blob(row, 8);

        if (status < 0 || !serial || strlen(serial) >= sizeof(e->serial) || key.len != sizeof(e->key))
                return -EBADMSG;
        e->number = row_int(row, 0);
        e->status = (QueueStatus) status;
        e->profile = profile_from_string(row_text(row, 3));
        e->days = (uint32_t) row_int(row, 4);
        e->requested = row_int(row, 5);
        e->uid = (uid_t) row_int(row, 6);
        memcpy(e->key, key.data, sizeof(e->key));
        e->decided = row_int(row, 9);
        e->operator = row_int(row, 10) == NOBODY ? (uid_t) -1 : (uid_t) row_int(row, 10);
        strcpy(e->serial, serial);
        r = copy_text(row, 2, &e->subject);
        if (r >= 0)
                r = copy_text(row, 11, &e->reason);
        if (r >= 0)
                r = bytes_dup(row_blob(row, 7), &e->request);
        if (r < 0)
                return r;
        if (e->profile == PROFILE_INVALID)
                return -EBADMSG;
        return store_mac_check(txn_store(t), row_blob(row, 13), "request", FIELD_TYPES, FIELDS(e));
}

int queue_get(Txn *t, int64_t number, QueueEntry *ret) {
        _cleanup_(queue_entry_done) QueueEntry e = { 0 };
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS " FROM request WHERE number = ?1", "i", number);
        if (r <= 0)
                return r;
        r = read_entry(t, row, &e);
        if (r < 0)
                return r;
        *ret = e;
        e = (QueueEntry) { 0 };
        return 1;
}

int queue_list(Txn *t, const uid_t *uid, bool pending, unsigned limit, int64_t before, QueueList *ret) {
        _cleanup_(queue_list_done) QueueList l = { .entries = calloc(limit, sizeof(*l.entries)) };
        Row *row;
        int r;

        if (!l.entries)
                return -ENOMEM;
        r = txn_query(t, &row, "SELECT " COLUMNS " FROM request WHERE number < ?1 AND (?2 = -1 OR uid = ?2) AND (?3 = 0 OR status = 'pending') "
                      "ORDER BY number DESC LIMIT ?4",
                      "iiii", before > 0 ? before : INT64_MAX, uid ? (int64_t) *uid : NOBODY, (int64_t) pending, (int64_t) limit);
        for (; r > 0; r = txn_next(t, &row)) {
                r = read_entry(t, row, &l.entries[l.n++]);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        *ret = l;
        l = (QueueList) { 0 };
        return 0;
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static int check_room(Txn *t, uid_t uid) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT count(*), count(*) FILTER (WHERE uid = ?1) FROM request WHERE status = 'pending'", "i", (int64_t) uid);
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        return row_int(row, 0) >= QUEUE_MAX || row_int(row, 1) >= QUEUE_PER_USER_MAX ? -ENOBUFS : 0;
}

static int next_number(Txn *t, int64_t *ret) {
        Row *row;
        int r = txn_query(t, &row, "SELECT coalesce(max(number), 0) + 1 FROM request", "");

        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        *ret = row_int(row, 0);
        return 0;
}

int queue_add(Txn *t, QueueEntry *e) {
        uint8_t mac[32];
        int r;

        e->status = QUEUE_PENDING;
        e->operator = (uid_t) -1;
        r = check_room(t, e->uid);
        if (r >= 0)
                r = next_number(t, &e->number);
        if (r >= 0)
                r = entry_mac(t, e, mac);
        if (r >= 0)
                r = txn_exec(t, "INSERT INTO request (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                             FIELD_TYPES "b", FIELDS(e), VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

int queue_decide(Txn *t, const QueueEntry *e) {
        uint8_t mac[32];
        int r;

        r = entry_mac(t, e, mac);
        if (r >= 0)
                r = txn_exec(t,
                             "UPDATE request SET status = ?2, decided = ?3, operator = ?4, reason = ?5, serial = ?6, mac = ?7 "
                             "WHERE number = ?1 AND status = 'pending'",
                             "isiissb", e->number, queue_status_to_string(e->status), e->decided, operator_of(e), e->reason ?: "", e->serial,
                             VIEW(mac, sizeof(mac)));
        return r < 0 ? r : r == 1 ? 0 : -EBADMSG;
}

int queue_count_pending(Txn *t, uint64_t *ret) {
        Row *row;
        int r = txn_query(t, &row, "SELECT count(*) FROM request WHERE status = 'pending'", "");

        if (r <= 0)
                return r;
        *ret = (uint64_t) row_int(row, 0);
        return 0;
}
