/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What leaves the stores: what an earlier change left half done, what a failed one had begun, and what is removed; see change-private.h. */

#include <errno.h>
#include <string.h>

#include "bus/service.h"
#include "installer/trust/change-private.h"

/* --- Taking out --------------------------------------------------------------------------------------------------- */

/* Out is what has no file of ours and is not in the store; or is in it still though the commands succeeded: then somebody else put it there as
 * well. */
static bool is_out(ChangeQueue *q, const Store *store, const Survey *survey, const Record *r) {
        if ((store->has_file && store->has_file(q->stores, r)) || (store->is_gone && !store->is_gone(q->stores, r)))
                return false;
        return survey_find(survey, r->fingerprint) == 0 || q->succeeded;
}

static int look_after_taking(ChangeQueue *q) {
        const Store *store = store_by_id(q->store);
        RecordList *list = &q->first->list;
        _cleanup_survey_ Survey survey = { 0 };
        int r = change_settle(q, true);

        if (r >= 0)
                r = store->survey(q->stores, &survey);
        if (r < 0)
                return r;
        for (size_t i = 0; i < list->n; i++) {
                Record *record = &list->records[i];

                if (!record_is_pending(record, q->store))
                        continue;
                if (is_out(q, store, &survey, record))
                        record->pending &= ~store_bit(q->store);
                else
                        r = -EIO;
        }
        return r;
}

/* The records follow what was found: those that are in no store any more go. */
static int rewrite_records(ChangeQueue *q) {
        RecordList *list = &q->first->list;
        int r = 0;

        for (size_t i = 0; i < list->n; i++) {
                Record *record = &list->records[i];
                int k;

                if (record->pending == 0)
                        record->group[0] = 0;
                k = (record->stores | record->pending) == 0 ? record_delete(q->stores->records, record) : record_write(q->stores->records, record);
                r = r < 0 ? r : k;
        }
        return r;
}

static void taken_out(ChangeQueue *q) {
        Change *c = q->first;
        int r = rewrite_records(q);

        for (size_t i = 0; r >= 0 && i < c->list.n; i++)
                if (c->list.records[i].pending != 0)
                        r = -EIO;
        record_list_done(&c->list);
        if (r < 0) {
                service_log(SD_ERR, "The trust stores could not be rebuilt; the next change will try again.");
                change_finish(q, c->outcome < 0 ? c->outcome : r);
                return;
        }
        change_go_on(q);
}

static void take_step(ChangeQueue *q);

static void taken(ChangeQueue *q, int result) {
        int r = result < 0 ? result : look_after_taking(q);

        if (r < 0)
                service_log(SD_ERR, "%s: what is to be taken out is there still: %s", store_by_id(q->store)->name, strerror(-r));
        if (r < 0 && !q->first->at)
                q->first->at = store_by_id(q->store);
        q->store++;
        take_step(q);
}

static int drop_files(ChangeQueue *q) {
        const RecordList *list = &q->first->list;
        int r = 0;

        for (size_t i = 0; i < list->n; i++) {
                int k;

                if (!record_is_pending(&list->records[i], q->store))
                        continue;
                k = store_by_id(q->store)->drop(q->stores, &list->records[i]);
                r = r < 0 ? r : k;
        }
        return r;
}

/* One store after the other, also where one of them fails. */
static void take_step(ChangeQueue *q) {
        Change *c = q->first;
        int r;

        while (q->store < STORE_MAX && (!change_concerns(&c->list, q->store) || !store_by_id(q->store)))
                q->store++;
        if (q->store == STORE_MAX) {
                taken_out(q);
                return;
        }
        r = drop_files(q);
        if (r < 0)
                taken(q, r);
        else /* unless this is a plain removal, an update was cut short before */
                change_run_commands(q, true, !c->made || c->outcome < 0, taken);
}

/* Only what is pending is kept in the list. */
static void keep_pending(RecordList *l) {
        size_t n = 0;

        for (size_t i = 0; i < l->n; i++) {
                if (l->records[i].pending != 0)
                        l->records[n++] = l->records[i];
                else
                        record_done(&l->records[i]);
        }
        l->n = n;
}

int change_take_out(ChangeQueue *q) {
        Change *c = q->first;
        int r;

        record_list_done(&c->list);
        r = change_read_records(q, &c->list);
        if (r < 0)
                return r;
        keep_pending(&c->list);
        if (c->list.n == 0) {
                record_list_done(&c->list);
                return 0;
        }
        q->store = 0;
        take_step(q);
        return 1;
}

/* --- Removal ------------------------------------------------------------------------------------------------------ */

static int mark_removal(ChangeQueue *q) {
        _cleanup_(record_done) Record record = { 0 };
        int r = record_read(q->stores->records, q->first->fingerprint, &record);

        if (r < 0)
                return r;
        record.pending |= record.stores;
        record.stores = 0;
        record.group[0] = 0;
        return record_write(q->stores->records, &record);
}

void change_drop(ChangeQueue *q) {
        int r = mark_removal(q);

        q->first->made = true;
        if (r >= 0)
                r = change_take_out(q);
        if (r < 0)
                change_finish(q, r);
        else if (r == 0)
                change_finish(q, -ENOENT);
}
