/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Events; see event.h. */

#include <errno.h>
#include <string.h>

#include "ca/event.h"
#include "ca/register.h"

#define MAC_SIZE 32U

#define EVENT_TYPES "isssiisi"
#define EVENT_FIELDS(e)                                                                                                                \
        (e)->number, (e)->serial, certificate_state_to_string((e)->state), certificate_reason_to_string((e)->reason), (e)->at, \
                (e)->invalid_since, (e)->comment, (int64_t) (e)->uid

int event_append(Txn *t, Event *e) {
        uint8_t before[MAC_SIZE], mac[MAC_SIZE];
        int r;

        r = register_read_tail(t, "SELECT number, mac FROM event ORDER BY number DESC LIMIT 1", &e->number, before);
        if (r < 0)
                return r;
        e->number++;
        r = store_mac(txn_store(t), mac, "event", EVENT_TYPES "b", EVENT_FIELDS(e), VIEW(before, MAC_SIZE));
        if (r < 0)
                return r;
        r = txn_exec(t,
                     "INSERT INTO event (number, serial, state, reason, at, invalid_since, comment, uid, mac) "
                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                     EVENT_TYPES "b", EVENT_FIELDS(e), VIEW(mac, MAC_SIZE));
        return r < 0 ? r : 0;
}

static int read_event(Row *row, Event *e) {
        const char *serial = row_text(row, 1), *comment = row_text(row, 6);

        *e = (Event) {
                .number = row_int(row, 0),
                .at = row_int(row, 4),
                .invalid_since = row_int(row, 5),
                .comment = comment,
                .uid = (uid_t) row_int(row, 7),
        };
        if (!serial || strlen(serial) >= sizeof(e->serial) || !comment || certificate_state_from_string(row_text(row, 2), &e->state) < 0 ||
            certificate_reason_from_string(row_text(row, 3), &e->reason) < 0)
                return -EBADMSG;
        strcpy(e->serial, serial);
        return 0;
}

int event_read_after(Txn *t, int64_t *number, uint8_t mac[static 32], EventTake take, void *userdata) {
        Row *row;
        int r;

        r = txn_query(t, &row,
                      "SELECT number, serial, state, reason, at, invalid_since, comment, uid, mac FROM event WHERE number > ?1 ORDER BY number",
                      "i", *number);
        for (; r > 0; r = txn_next(t, &row)) {
                Event e;

                r = read_event(row, &e);
                if (r < 0)
                        return r;
                if (e.number != *number + 1 || row_blob(row, 8).len != MAC_SIZE)
                        return -EBADMSG;
                r = store_mac_check(txn_store(t), row_blob(row, 8), "event", EVENT_TYPES "b", EVENT_FIELDS(&e), VIEW(mac, MAC_SIZE));
                if (r >= 0)
                        r = take(&e, userdata);
                if (r < 0)
                        return r;
                *number = e.number;
                memcpy(mac, row_blob(row, 8).data, MAC_SIZE);
        }
        return r;
}
