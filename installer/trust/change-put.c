/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What comes into the stores: planned, recorded, put, and read back; see change-private.h. */

#include <errno.h>
#include <string.h>

#include "bus/service.h"
#include "installer/trust/change-private.h"

/* --- Putting in --------------------------------------------------------------------------------------------------- */

static void undo(ChangeQueue *q, int outcome) {
        int r;

        q->first->outcome = outcome;
        r = change_take_out(q);
        if (r < 0)
                change_finish(q, outcome);
        else if (r == 0)
                change_go_on(q);
}

static int look_after_putting(ChangeQueue *q) {
        const Store *store = store_by_id(q->store);
        const RecordList *list = &q->first->list;
        _cleanup_survey_ Survey survey = { 0 };
        int r = change_settle(q, false);

        if (r >= 0)
                r = store->survey(q->stores, &survey);
        for (size_t i = 0; r >= 0 && i < list->n; i++) {
                unsigned want = list->records[i].purposes;

                if (record_is_pending(&list->records[i], q->store) && (survey_find(&survey, list->records[i].fingerprint) & want) != want)
                        r = -EIO;
        }
        return r;
}

/* All are in all stores: from the group's word on they stay. */
static int establish(ChangeQueue *q) {
        Change *c = q->first;
        int r = c->list.n > 0 ? group_commit(q->stores->records, c->list.records[0].group) : 0;

        if (r < 0)
                return r;
        r = groups_settle(q->stores->records, &c->list);
        if (r < 0) /* the next change does it */
                service_log(SD_WARNING, "Records in %s could not be written: %s", q->stores->records, strerror(-r));
        return 0;
}

static void put_step(ChangeQueue *q);

/* A program's own store that was not asked for by name does not keep the others out. */
static bool may_be_skipped(const Change *c, StoreId id) {
        return c->wanted == 0 && (id == STORE_FIREFOX_POLICY || id == STORE_JAVA);
}

static void put_in(ChangeQueue *q, int result) {
        /* A command that failed is judged by what it did. */
        int r = result < 0 ? result : q->aborted ? -EIO : look_after_putting(q);

        if (r < 0) {
                q->first->at = store_by_id(q->store);
                q->first->again = may_be_skipped(q->first, q->store);
                if (q->first->again)
                        q->first->skipped |= store_bit(q->store);
                undo(q, r);
                return;
        }
        q->store++;
        put_step(q);
}

static int put_files(ChangeQueue *q) {
        const RecordList *list = &q->first->list;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < list->n; i++)
                if (record_is_pending(&list->records[i], q->store))
                        r = store_by_id(q->store)->put(q->stores, &list->records[i]);
        return r;
}

static void put_step(ChangeQueue *q) {
        Change *c = q->first;
        int r;

        while (q->store < STORE_MAX && !change_concerns(&c->list, q->store))
                q->store++;
        if (q->store == STORE_MAX) {
                r = establish(q);
                if (r < 0)
                        undo(q, r);
                else
                        change_finish(q, 0);
                return;
        }
        q->aborted = false;
        r = put_files(q);
        if (r < 0)
                put_in(q, r);
        else
                change_run_commands(q, false, false, put_in);
}

/* --- What is to be put where -------------------------------------------------------------------------------------- */

/* Whether the store takes part. -errno where it was asked for by name and cannot. */
static int judge_store(ChangeQueue *q, const Store *store, bool by_name, StoreResult *ret) {
        unsigned purposes = q->first->records.records[0].purposes;

        *ret = RESULT_NONE;
        if (!store || !store->is_present(q->stores))
                return by_name ? -EOPNOTSUPP : 0;
        if ((purposes != PURPOSE_ALL && store->purposes == 0) || (purposes & ~(store->purposes ?: PURPOSE_ALL)))
                *ret = RESULT_LEFT_OUT;
        else if ((q->first->skipped & store_bit(store->id)) || store->problem(q->stores))
                *ret = RESULT_FAILED;
        else
                *ret = RESULT_INSTALLED;
        if (by_name && *ret != RESULT_INSTALLED)
                return *ret == RESULT_LEFT_OUT ? -EOPNOTSUPP : -EROFS;
        return 0;
}

/* One store: which of the certificates it has before and which it gets. */
static int plan_store(ChangeQueue *q, StoreId id, const RecordList *known) {
        Change *c = q->first;
        const Store *store = store_by_id(id);
        _cleanup_survey_ Survey survey = { 0 };
        StoreResult result;
        int r;

        if (c->wanted != 0 && !(c->wanted & store_bit(id)))
                return 0;
        r = judge_store(q, store, c->wanted != 0, &result);
        if (r >= 0 && result == RESULT_INSTALLED)
                r = store->survey(q->stores, &survey);
        if (r < 0) {
                c->at = store;
                return r;
        }
        for (size_t i = 0; i < c->records.n; i++) {
                Record *record = &c->records.records[i];
                bool is_there = (survey_find(&survey, record->fingerprint) & record->purposes) == record->purposes;
                const Record *ours = record_list_find(known, record->fingerprint);

                /* One of ours whose file somebody took away is there until the next rebuilding only. */
                if (ours && (ours->stores & store_bit(id)) && store->has_file)
                        is_there = is_there && store->has_file(q->stores, record);
                c->results[i][id] = result != RESULT_INSTALLED ? result : is_there ? RESULT_PRESENT_BEFORE : RESULT_INSTALLED;
                if (c->results[i][id] != RESULT_INSTALLED)
                        continue;
                record->stores &= ~store_bit(id);
                record->pending |= store_bit(id);
        }
        return 0;
}

/* What is known of the certificates already stays so. */
static int merge_known(Change *c, const RecordList *known) {
        for (size_t i = 0; i < c->records.n; i++) {
                Record *record = &c->records.records[i];
                const Record *ours = record_list_find(known, record->fingerprint);

                record->stores = record->pending = 0;
                if (!ours)
                        continue;
                if (ours->purposes != record->purposes)
                        return -EINVAL;
                record->stores |= ours->stores;
                record->installed = ours->installed;
                record->uid = ours->uid;
        }
        return known->n + c->records.n > RECORDS_MAX ? -ENOBUFS : 0;
}

static int copy_pending(const RecordList *from, const char *group, RecordList *ret) {
        ret->records = calloc(from->n, sizeof(*ret->records));
        if (!ret->records)
                return -ENOMEM;
        for (size_t i = 0; i < from->n; i++) {
                const Record *record = &from->records[i];
                Record *copy = &ret->records[ret->n];
                int r;

                if (record->pending == 0)
                        continue;
                *copy = *record;
                copy->subject = strdup(record->subject);
                copy->der = BYTES_NULL;
                memcpy(copy->group, group, GROUP_TEXT_SIZE);
                ret->n++;
                r = bytes_dup(bytes_view(&record->der), &copy->der);
                if (r < 0 || !copy->subject)
                        return -ENOMEM;
        }
        return 0;
}

static bool any_possible(const Change *c) {
        for (size_t i = 0; i < c->records.n; i++)
                for (StoreId id = 0; id < STORE_MAX; id++)
                        if (c->results[i][id] == RESULT_INSTALLED || c->results[i][id] == RESULT_PRESENT_BEFORE)
                                return true;
        return false;
}

static int any_failed(const Change *c, const Store **ret) {
        for (StoreId id = 0; id < STORE_MAX; id++)
                if (c->results[0][id] == RESULT_FAILED) {
                        *ret = store_by_id(id);
                        return c->skipped & store_bit(id) ? -EIO : -EROFS;
                }
        return -EOPNOTSUPP;
}

/* Decides, and writes the records before anything else is touched. */
static int plan(ChangeQueue *q) {
        _cleanup_(record_list_done) RecordList known = { 0 };
        char group[GROUP_TEXT_SIZE];
        Change *c = q->first;
        int r;

        r = change_read_records(q, &known);
        if (r >= 0)
                r = merge_known(c, &known);
        for (StoreId id = 0; r >= 0 && id < STORE_MAX; id++)
                r = plan_store(q, id, &known);
        if (r >= 0 && !any_possible(c))
                r = any_failed(c, &c->at);
        if (r >= 0)
                r = group_new(group);
        if (r >= 0)
                r = copy_pending(&c->records, group, &c->list);
        for (size_t i = 0; r >= 0 && i < c->list.n; i++)
                r = record_write(q->stores->records, &c->list.records[i]);
        return r;
}

void change_put(ChangeQueue *q) {
        int r;

        q->first->at = NULL;
        q->first->outcome = 0;
        q->first->again = false;
        r = plan(q);
        q->first->made = true;
        if (r < 0) {
                undo(q, r);
                return;
        }
        q->store = 0;
        put_step(q);
}
