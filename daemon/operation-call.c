/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls on operations: what they take and give back, and their first steps, to prepare and to check the items; see operation-call.h. */

#include <errno.h>
#include <string.h>

#include "bus/error.h"
#include "bus/names.h"
#include "daemon/operation-steps.h"
#include "daemon/outcome-bus.h"
#include "daemon/session-bus.h"

/* Items, and bytes of them, that the loop checks itself: some 100 us of its time. */
#define CHECK_HERE_ITEMS 128U
#define CHECK_HERE_BYTES (32U * 1024)

static void uncount_in_session(OperationCall *c) {
        uint32_t left;
        Session *s;

        if (c->counted && session_find(c->call.manager, c->job.session, c->call.uid, &s) >= 0)
                (void) session_count(s, c->job.credential, -(int64_t) c->job.count, &left);
        c->counted = false;
}

static void destroy(Call *call) {
        OperationCall *c = (OperationCall *) call;
        Operation *o = c->operation;

        uncount_in_session(c);
        operation_unpark(call->manager, c->parked);
        if (o && (c->once || c->prepares))
                operation_end(call->manager, o);
        else if (o && c->otherwise != 0 && o->state != OPERATION_ENDED)
                o->state = c->otherwise;
        operation_unref(o);
        signing_key_unref(c->key);
        batch_done(&c->batch);
        operation_job_done(&c->job);
        sd_bus_error_free(&c->failure);
}

int operation_call_new(Manager *m, sd_bus_message *message, OperationCall **ret, sd_bus_error *error) {
        return call_new(m, message, sizeof(OperationCall), destroy, ret, error);
}

/* A session that was opened with the PIN stands for it, unless it is given anew. */
static int take_session_pin(OperationJob *j, const Session *s, sd_bus_error *error) {
        int r;

        if (!s->pin_key || j->pin)
                return 0;
        r = bytes_dup(bytes_view(&s->pin_kdf), &j->pin_kdf);
        if (r >= 0)
                r = secret_dup(secret_view(s->pin_key), &j->pin_key);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

/* What jobs need of operation and session, copied. */
static int fill_job(OperationCall *c, const Session *s, sd_bus_error *error) {
        const Operation *o = c->operation;
        const Settings *settings = &c->call.manager->settings;
        OperationJob *j = &c->job;

        j->store = c->call.manager->store;
        strcpy(j->session, o->session);
        strcpy(j->account, o->account);
        strcpy(j->credential, o->credential);
        j->uid = o->uid;
        j->now = c->call.now;
        j->terms = (LeaseTerms) { .idle = settings->lease_idle, .max_age = settings->lease_max_age };
        j->remembered = s->remembered;
        j->count = o->left;
        return take_session_pin(j, s, error);
}

int operation_call_open(OperationCall *c, const char *session, const char *credential, uint32_t count, sd_bus_error *error) {
        Manager *m = c->call.manager;
        Session *s;
        int r;

        if (!id_is_valid(ID_RECORD, credential))
                return bus_error_set(error, ERROR_NOT_FOUND, NULL);
        r = session_find(m, session, c->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        r = operation_new(m, s, &c->operation);
        if (r == -EDQUOT)
                return bus_error_set(error, ERROR_LIMIT, "The session has too many operations. Use or cancel some first.");
        if (r < 0)
                return bus_error_set_errno(error, r);
        c->prepares = true;
        strcpy(c->operation->credential, credential);
        c->operation->left = count;
        return fill_job(c, s, error);
}

int operation_call_take(OperationCall *c, const char *id, OperationState state, OperationState next, sd_bus_error *error) {
        Manager *m = c->call.manager;
        Session *s;
        int r;

        r = operation_find(m, id, c->call.uid, &c->operation);
        if (r == -ESTALE)
                return bus_error_set(error, ERROR_NO_SESSION, NULL);
        if (r < 0 || c->operation->state != state)
                return bus_error_set(error, ERROR_OPERATION_STATE, NULL);
        if (session_find(m, c->operation->session, c->call.uid, &s) < 0)
                return bus_error_set(error, ERROR_NO_SESSION, NULL);
        c->operation->state = next;
        c->otherwise = state;
        operation_touch(c->operation);
        return fill_job(c, s, error);
}

int operation_call_stands(OperationCall *c, Session **ret_session, sd_bus_error *error) {
        Session *s;

        if (watch_gone(c->call.watch))
                return -ECANCELED;
        if (session_find(c->call.manager, c->operation->session, c->call.uid, &s) < 0)
                return bus_error_set(error, ERROR_NO_SESSION, NULL);
        if (c->operation->state == OPERATION_ENDED)
                return bus_error_set(error, ERROR_OPERATION_STATE, NULL);
        if (ret_session)
                *ret_session = s;
        return 0;
}

int operation_fail_session_full(sd_bus_error *error) {
        return bus_error_set(error, ERROR_LIMIT, "The session has made as many signatures as it may. Log in again.");
}

/* --- Checking the items ------------------------------------------------------------------------------------------- */

static int run_check(void *userdata) {
        OperationCall *c = userdata;
        int r;

        r = batch_check(&c->batch, c->operation->rules, c->operation->prepared);
        return r != ITEM_ACCEPTED ? r : batch_payload(&c->batch, &c->job.payload);
}

static int fits_list(OperationCall *c) {
        static const uint8_t end[SHA256_SIZE];
        uint8_t hash[SHA256_SIZE];
        int r;

        if (c->once)
                return 1;
        r = batch_list_hash(&c->batch, c->rest, hash);
        if (r < 0)
                return r;
        if ((c->batch.n == c->operation->left) != (memcmp(c->rest, end, sizeof(end)) == 0))
                return 0;
        return memcmp(hash, c->operation->expected, sizeof(hash)) == 0;
}

static int then_checked(Call *call, int result, sd_bus_error *error) {
        OperationCall *c = (OperationCall *) call;
        Session *s = NULL;
        int r;

        if (result == ITEM_E_REFUSED)
                return bus_error_set(error, ERROR_ITEM_REFUSED, "Item %zu was refused: %s. Nothing was signed.", c->batch.refused + 1, c->batch.reason);
        if (result < 0)
                return bus_error_set_errno(error, result);
        r = operation_call_stands(c, &s, error);
        if (r < 0)
                return r;
        if (!session_allows(call->manager, s, (unsigned) c->batch.n))
                return operation_fail_session_full(error);
        r = fits_list(c);
        if (r < 0)
                return bus_error_set_errno(error, r);
        if (r == 0)
                return bus_error_set(error, ERROR_OPERATION_STATE, "These items are not the next ones of the operation's list.");
        if (!c->once)
                return operation_sign(c, error);
        /* From here on it may rest on a lease: one that is broken meanwhile ends it. */
        c->operation->state = OPERATION_SIGNING;
        return operation_call_authorize(c, error);
}

/* Few bytes are looked at here and now: that takes less than to wake a worker, and to be woken by it. */
static int check(OperationCall *c, sd_bus_error *error) {
        if (c->batch.n <= CHECK_HERE_ITEMS && c->batch.size <= CHECK_HERE_BYTES)
                return then_checked(&c->call, run_check(c), error);
        return operation_continues(call_work(&c->call, run_check, then_checked, error));
}

int operation_call_sign(OperationCall *c, sd_bus_error *error) {
        if (c->batch.n > c->operation->left)
                return bus_error_set(error, ERROR_OPERATION_STATE, "The operation has only %u items left.", c->operation->left);
        return check(c, error);
}

/* --- Preparing ---------------------------------------------------------------------------------------------------- */

int operation_run_prepare(Txn *t, void *userdata) {
        return operation_job_prepare(t, &((OperationCall *) userdata)->job);
}

static int prepared(OperationCall *c, sd_bus_error *error) {
        int r;

        if (c->once)
                return check(c, error);
        r = sd_bus_reply_method_return(c->call.message, "s", c->operation->id);
        if (r >= 0)
                c->prepares = false;
        return r;
}

static int then_prepared(Call *call, int result, sd_bus_error *error) {
        OperationCall *c = (OperationCall *) call;
        Operation *o = c->operation;
        int r;

        if (result != 0)
                return outcome_set_error(error, result, c->job.until);
        r = operation_call_stands(c, NULL, error);
        if (r < 0)
                return r;
        o->rules = TAKE_PTR(c->job.rules);
        o->kind = c->job.record->kind;
        operation_note_prepared(call->manager, o);
        return prepared(c, error);
}

int operation_call_prepare(OperationCall *c, sd_bus_error *error) {
        int r;

        if (!operation_prepare_again(c->call.manager, c->operation))
                return operation_continues(call_store(&c->call, operation_run_prepare, then_prepared, error));
        r = prepared(c, error);
        if (r >= 0 && r != CALL_CONTINUES)
                call_free(&c->call);
        return r;
}
