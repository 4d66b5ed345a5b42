/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The audit chain; see audit.h. An entry's head is
 *
 *   u8 1 ‖ SHA-256( "sygnet audit 1" 0x00 ‖ head before (zeros for the first) ‖ u64be seq ‖ u64be time ‖ u64be uid ‖ event ‖ account ‖
 *                   credential ‖ commitment )
 *
 * with u32be length before each of the last four, 2^32-1 where there is none. The leading byte lets another computation follow
 * without a break: it is hashed on as part of the head before. */

#include <errno.h>
#include <string.h>

#include "crypto/digest.h"
#include "daemon/audit.h"

#define HEAD_VERSION 1
#define SALT_SIZE 16U

static const char label[] = "sygnet audit 1";

static int put_text(Bytes *b, const char *s) {
        int r;

        if (!s)
                return bytes_append_u32be(b, UINT32_MAX);
        r = bytes_append_u32be(b, (uint32_t) strlen(s));
        return r < 0 ? r : bytes_append_view(b, view_string(s));
}

static int compute_head(const uint8_t before[static AUDIT_HEAD_SIZE], uint64_t seq, const AuditEntry *e,
                        View commitment, uint8_t ret[static AUDIT_HEAD_SIZE]) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = bytes_append(&b, label, sizeof(label));
        if (r >= 0)
                r = bytes_append(&b, before, AUDIT_HEAD_SIZE);
        if (r >= 0)
                r = bytes_append_u64be(&b, seq);
        if (r >= 0)
                r = bytes_append_u64be(&b, (uint64_t) e->now);
        if (r >= 0)
                r = bytes_append_u64be(&b, (uint64_t) e->uid);
        if (r >= 0)
                r = put_text(&b, e->event);
        if (r >= 0)
                r = put_text(&b, e->account);
        if (r >= 0)
                r = put_text(&b, e->credential);
        if (r >= 0)
                r = bytes_append_u32be(&b, (uint32_t) commitment.len);
        if (r >= 0)
                r = bytes_append_view(&b, commitment);
        if (r < 0)
                return r;
        r = sha256(bytes_view(&b), ret + 1);
        if (r < 0)
                return r;
        ret[0] = HEAD_VERSION;
        return 0;
}

static int compute_commitment(View salt, View payload, uint8_t ret[static SHA256_SIZE]) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = bytes_append_view(&b, salt);
        if (r >= 0)
                r = bytes_append_view(&b, payload);
        return r < 0 ? r : sha256(bytes_view(&b), ret);
}

typedef struct Last {
        uint64_t seq;
        int64_t time;
        uint8_t head[AUDIT_HEAD_SIZE];
} Last;

static int read_last(Txn *t, Last *ret) {
        Last last = { 0 };
        View head;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT seq, time, head FROM audit ORDER BY seq DESC LIMIT 1", "");
        if (r < 0)
                return r;
        if (r > 0) {
                last.seq = (uint64_t) row_int(row, 0);
                last.time = row_int(row, 1);
                head = row_blob(row, 2);
                if (head.len != sizeof(last.head))
                        return -EBADMSG;
                memcpy(last.head, head.data, head.len);
        }
        *ret = last;
        return 0;
}

int audit_last_time(Txn *t, int64_t *ret) {
        Last last;
        int r;

        r = read_last(t, &last);
        if (r < 0)
                return r;
        *ret = last.time;
        return 0;
}

int audit_head(Txn *t, uint64_t *ret_count, uint8_t ret_head[static AUDIT_HEAD_SIZE]) {
        Last last;
        int r;

        r = read_last(t, &last);
        if (r < 0)
                return r;
        *ret_count = last.seq;
        memcpy(ret_head, last.head, sizeof(last.head));
        return 0;
}

int audit_event_time(Txn *t, const char *event, int64_t *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT time FROM audit WHERE event = ?1 ORDER BY seq DESC LIMIT 1", "s", event);
        *ret = r > 0 ? row_int(row, 0) : 0;
        return r;
}

int audit_append(Txn *t, const AuditEntry *e) {
        _cleanup_secret_ Secret *salt = NULL;
        uint8_t commitment[SHA256_SIZE], head[AUDIT_HEAD_SIZE];
        Last last;
        int r;

        r = read_last(t, &last);
        if (r < 0)
                return r;
        if (e->now < last.time - AUDIT_CLOCK_TOLERANCE)
                return -ETIME;
        r = secret_random(SALT_SIZE, &salt);
        if (r >= 0)
                r = compute_commitment(secret_view(salt), e->payload, commitment);
        if (r >= 0)
                r = compute_head(last.head, last.seq + 1, e, VIEW(commitment, sizeof(commitment)), head);
        if (r < 0)
                return r;
        /* The payload is text for whoever opens the database by hand; NULL would read as erased. */
        r = txn_exec(t, "INSERT INTO audit (seq, time, event, account, uid, credential, salt, payload, commitment, head) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", "iissisbbbb",
                     (int64_t) last.seq + 1, e->now, e->event, e->account, e->uid, e->credential, secret_view(salt),
                     e->payload.data ? e->payload : VIEW("", 0), VIEW(commitment, sizeof(commitment)), VIEW(head, sizeof(head)));
        return r < 0 ? r : 0;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

void audit_rows_done(AuditRows *r) {
        for (size_t i = 0; i < r->n; i++) {
                free(r->rows[i].event);
                free(r->rows[i].login);
                free(r->rows[i].credential);
                free(r->rows[i].payload);
        }
        free(r->rows);
        *r = (AuditRows) { 0 };
}

static int copy_text(const char *s, char **ret) {
        if (!s)
                return 0;
        *ret = strdup(s);
        return *ret ? 0 : -ENOMEM;
}

static int copy_row(Row *row, AuditRow *a) {
        View v = row_blob(row, 6);
        int r;

        a->seq = (uint64_t) row_int(row, 0);
        a->time = row_int(row, 1);
        a->uid = row_int(row, 3);
        a->items = row_int(row, 7);
        r = copy_text(row_text(row, 2), &a->event);
        if (r >= 0)
                r = copy_text(row_text(row, 4), &a->credential);
        if (r >= 0)
                r = copy_text(row_text(row, 5), &a->login);
        if (r >= 0 && v.len > 0) {
                a->payload = strndup((const char *) v.data, v.len);
                r = a->payload ? 0 : -ENOMEM;
        }
        return r;
}

#define PAYLOAD "e.payload, -1"
#define NEITHER "NULL, -1"
/* Of what was signed the number alone. */
#define ITEMS "NULL, iif(e.event = 'sign' AND json_valid(CAST(e.payload AS TEXT)), " \
              "ifnull(json_array_length(CAST(e.payload AS TEXT), '$.items'), -1), -1)"

/* Statements are kept by their text, so each shape has one of its own. ?1 is whose, ?2 the number to go on from, ?3 the limit. */
#define LIST(what, whose) "SELECT e.seq, e.time, e.event, e.uid, e.credential, a.login, " what " FROM audit e " \
                          "LEFT JOIN account a ON a.id = e.account WHERE " whose " AND e.seq "
#define BACK "< ?2 ORDER BY e.seq DESC LIMIT ?3"
#define FORWARD "> ?2 ORDER BY e.seq LIMIT ?3"

static int query_list(Txn *t, const AuditQuery *q, Row **ret) {
        static const char *const statements[][2] = {
                { LIST(PAYLOAD, "e.account = ?1") BACK, LIST(PAYLOAD, "e.account = ?1") FORWARD },
                { LIST(ITEMS, "e.credential = ?1") BACK, LIST(ITEMS, "e.credential = ?1") FORWARD },
                { LIST(NEITHER, "?1 IS NULL") BACK, LIST(NEITHER, "?1 IS NULL") FORWARD },
        };
        const char *whose = q->account ? q->account : q->credential;
        int64_t from = q->from <= INT64_MAX ? (int64_t) q->from : INT64_MAX;

        if (!q->forward && from == 0)
                from = INT64_MAX;
        return txn_query(t, ret, statements[q->account ? 0 : q->credential ? 1 : 2][q->forward], "sii", whose, from, (int64_t) q->limit);
}

int audit_list(Txn *t, const AuditQuery *q, AuditRows *ret) {
        _cleanup_(audit_rows_done) AuditRows rows = { 0 };
        Row *row;
        int r;

        if (q->limit > AUDIT_LIMIT_MAX)
                return -EINVAL;
        rows.rows = calloc(q->limit > 0 ? q->limit : 1, sizeof(*rows.rows));
        if (!rows.rows)
                return -ENOMEM;
        for (r = query_list(t, q, &row); r > 0 && rows.n < q->limit; r = txn_next(t, &row)) {
                r = copy_row(row, &rows.rows[rows.n++]);
                if (r < 0)
                        break;
        }
        if (r < 0)
                return r;
        *ret = rows;
        rows = (AuditRows) { 0 };
        return 0;
}

/* Whether the row is number `seq` and its head follows from `w->head`. A payload that is there must fit its commitment. */
static int row_fits(Row *row, const AuditWalk *w, uint8_t ret_head[static AUDIT_HEAD_SIZE]) {
        const AuditEntry e = { .event = row_text(row, 2), .account = row_text(row, 3), .uid = row_int(row, 4),
                               .credential = row_text(row, 5), .now = row_int(row, 1) };
        View payload = row_blob(row, 7), commitment = row_blob(row, 8);
        uint8_t expected[SHA256_SIZE];
        int r;

        if (row_int(row, 0) != (int64_t) w->count + 1)
                return 0;
        if (row_blob(row, 6).len > 0) {
                r = compute_commitment(row_blob(row, 6), payload, expected);
                if (r < 0)
                        return r;
                if (!view_equal(commitment, VIEW(expected, sizeof(expected))))
                        return 0;
        }
        r = compute_head(w->head, w->count + 1, &e, commitment, ret_head);
        if (r < 0)
                return r;
        return view_equal(row_blob(row, 9), VIEW(ret_head, AUDIT_HEAD_SIZE));
}

int audit_walk(Txn *t, AuditWalk *w, unsigned limit) {
        uint8_t head[AUDIT_HEAD_SIZE];
        unsigned n = 0;
        Row *row;
        int r, fits;

        r = txn_query(t, &row, "SELECT seq, time, event, account, uid, credential, salt, payload, commitment, head FROM audit "
                               "WHERE seq > ?1 ORDER BY seq LIMIT ?2", "ii", (int64_t) w->count, (int64_t) limit);
        for (; r > 0; r = txn_next(t, &row)) {
                fits = row_fits(row, w, head);
                if (fits < 0)
                        return fits;
                if (!fits) {
                        w->broken_at = w->count + 1;
                        return 0;
                }
                memcpy(w->head, head, sizeof(head));
                w->count++;
                n++;
        }
        if (r < 0)
                return r;
        return n == limit;
}
