/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* States; see states.h. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "ca/publication.h"
#include "ca/states.h"

#define MAC_SIZE 32U

int states_new(States **ret) {
        States *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

States *states_free(States *s) {
        if (!s)
                return NULL;
        free(s->records);
        free(s);
        return NULL;
}

/* --- Serial numbers ----------------------------------------------------------------------------------------------- */

static int read_serial(const char *text, uint8_t ret[static SERIAL_SIZE]) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r = hex_decode(text, &b);

        if (r < 0)
                return r;
        if (b.len != SERIAL_SIZE)
                return -EINVAL;
        memcpy(ret, b.data, SERIAL_SIZE);
        return 0;
}

static int compare(const void *a, const void *b) {
        return memcmp(((const StateRecord *) a)->serial, ((const StateRecord *) b)->serial, SERIAL_SIZE);
}

static StateRecord *find(const States *s, const char *serial) {
        StateRecord key;

        if (read_serial(serial, key.serial) < 0 || s->n == 0)
                return NULL;
        return bsearch(&key, s->records, s->n, sizeof(key), compare);
}

const StateRecord *states_find(const States *s, const char *serial) {
        return find(s, serial);
}

/* --- What is taken in --------------------------------------------------------------------------------------------- */

static int take_entry(const Entry *e, void *userdata) {
        StateRecord record = {
                .state = CERTIFICATE_GOOD,
                .since = e->issued,
                .not_before = e->certificate.not_before,
                .not_after = e->certificate.not_after,
        };
        States *s = userdata;

        if (read_serial(e->certificate.serial, record.serial) < 0)
                return -EBADMSG;
        if (s->n == s->allocated) {
                size_t allocated = s->allocated > 0 ? 2 * s->allocated : 64;
                StateRecord *records = reallocarray(s->records, allocated, sizeof(*records));

                if (!records)
                        return -ENOMEM;
                s->records = records;
                s->allocated = allocated;
        }
        s->records[s->n++] = record;
        return 0;
}

/* From place `from` on they are new. One finds its place; sorting all again for it would cost more than all else. */
static void sort(States *s, size_t from) {
        StateRecord last;
        size_t low = 0, high = from;

        if (s->n > from + 1)
                qsort(s->records, s->n, sizeof(*s->records), compare);
        if (s->n != from + 1)
                return;
        last = s->records[from];
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (compare(&s->records[middle], &last) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        memmove(&s->records[low + 1], &s->records[low], (from - low) * sizeof(last));
        s->records[low] = last;
}

static int take_event(const Event *e, void *userdata) {
        StateRecord *record = find(userdata, e->serial);
        bool from_hold;

        if (!record)
                return -EBADMSG;
        from_hold = record->state == CERTIFICATE_SUSPENDED && e->state == CERTIFICATE_REVOKED;
        record->state = e->state;
        record->reason = e->reason;
        record->invalid_since = e->invalid_since;
        if (!from_hold)
                record->since = e->at;
        return 0;
}

/* --- The store ---------------------------------------------------------------------------------------------------- */

/* Whether the row that was taken in last is still what it was: what a transaction read that was not committed after all would
 * have to go out again. */
static int check_row(Txn *t, const char *sql, int64_t number, const uint8_t mac[static MAC_SIZE]) {
        Row *row;
        int r;

        if (number == 0)
                return 1;
        r = txn_query(t, &row, sql, "i", number);
        return r <= 0 ? r : view_equal(row_blob(row, 0), VIEW(mac, MAC_SIZE));
}

static int begin(States *s, Txn *t) {
        int r;

        r = s->certificates == 0 ? 0 : check_row(t, "SELECT mac FROM certificate WHERE number = ?1", s->certificates, s->certificate_mac);
        if (r > 0)
                r = check_row(t, "SELECT mac FROM event WHERE number = ?1", s->events, s->event_mac);
        if (r != 0)
                return r < 0 ? r : 0;
        s->n = 0;
        s->certificates = s->events = 0;
        r = register_root_mac(t, s->certificate_mac);
        if (r == -ENOENT)
                return 1;
        memcpy(s->event_mac, s->certificate_mac, MAC_SIZE);
        return r;
}

static int take_all(States *s, Txn *t) {
        size_t from = s->n;
        int r;

        r = register_read_after(t, &s->certificates, s->certificate_mac, take_entry, s);
        if (r < 0)
                return r;
        sort(s, from);
        return event_read_after(t, &s->events, s->event_mac, take_event, s);
}

/* Rows taken off the end of a chain do not break it; but so many there were. */
static int check_published(const States *s, Txn *t) {
        Publication p;
        int r = publication_read(t, &p);

        return r <= 0 ? r : p.certificates > s->certificates || p.events > s->events ? -EBADMSG : 0;
}

int states_update(States *s, Txn *t) {
        int r;

        r = begin(s, t);
        if (r == 0)
                r = take_all(s, t);
        if (r == 0)
                r = check_published(s, t);
        if (r < 0)
                s->certificates = 0; /* all anew next time */
        return r < 0 ? r : 0;
}

int states_check_key(States *s, Txn *t, const uint8_t key[static 32]) {
        Row *row;
        int r;

        r = states_update(s, t);
        /* Nothing has happened to any of them. */
        if (r < 0 || s->events == 0)
                return r;
        r = txn_query(t, &row, "SELECT serial FROM certificate WHERE key = ?1", "b", VIEW(key, 32));
        for (; r > 0; r = txn_next(t, &row)) {
                const StateRecord *record = row_text(row, 0) ? find(s, row_text(row, 0)) : NULL;

                if (!record)
                        return -EBADMSG;
                if (record->state == CERTIFICATE_SUSPENDED || (record->state == CERTIFICATE_REVOKED && record->reason == REASON_KEY_COMPROMISE))
                        return -EKEYREVOKED;
        }
        return r;
}

int states_find_good(States *s, Txn *t, const char *serial, char ret[static SERIAL_TEXT_SIZE]) {
        Row *row;
        int r;

        r = states_update(s, t);
        if (r < 0)
                return r;
        r = txn_query(t, &row, "SELECT serial FROM certificate WHERE key = (SELECT key FROM certificate WHERE serial = ?1)", "s", serial);
        for (; r > 0; r = txn_next(t, &row)) {
                const char *text = row_text(row, 0);
                const StateRecord *record = text ? find(s, text) : NULL;

                if (!record || strlen(text) >= SERIAL_TEXT_SIZE)
                        return -EBADMSG;
                if (record->state != CERTIFICATE_GOOD)
                        continue;
                strcpy(ret, text);
                return 1;
        }
        return r;
}
