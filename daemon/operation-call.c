/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of calls on operations; see operation-call.h. A step that starts work returns CALL_CONTINUES, as `then`s do. */

#include <errno.h>
#include <string.h>

#include "bus/error.h"
#include "bus/names.h"
#include "daemon/clock.h"
#include "daemon/items-bus.h"
#include "daemon/operation-call.h"
#include "daemon/outcome-bus.h"
#include "daemon/outcome.h"
#include "daemon/session-bus.h"
#include "daemon/session-signal-bus.h"

/* Items, and bytes of them, that the loop checks itself: some 100 us of its time. */
#define CHECK_HERE_ITEMS 128U
#define CHECK_HERE_BYTES (32U * 1024)

/* Before the job that authorises, so that of several at once each is told of the others. */
static int count_in_session(OperationCall *c, sd_bus_error *error) {
        OperationJob *j = &c->job;
        Session *s;
        int r;

        if (!j->remembered)
                return 0;
        r = session_find(c->call.manager, j->session, c->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        j->session_age = session_age(c->call.manager, s);
        r = session_count(s, j->credential, j->count, &j->session_signatures);
        if (r < 0)
                return bus_error_set_errno(error, r);
        c->counted = true;
        return 0;
}

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

static const char session_full[] = "The session has made as many signatures as it may. Log in again.";

/* After each wait: what the call rests on may be gone. */
static int still_stands(OperationCall *c, Session **ret_session, sd_bus_error *error) {
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

static int continues(int r) {
        return r < 0 ? r : CALL_CONTINUES;
}

/* --- Signing ------------------------------------------------------------------------------------------------------ */

static int run_sign_job(Txn *t, void *userdata) {
        return operation_job_sign(t, &((OperationCall *) userdata)->job);
}

static int run_failed(Txn *t, void *userdata) {
        return operation_job_failed(t, &((OperationCall *) userdata)->job);
}

static int run_part(void *userdata, unsigned part) {
        OperationCall *c = userdata;

        /* Where others wait to be signed, somebody's commit will come that the audit's entry can go with; else it begins here, beside the
         * last part. */
        if (part == c->n_parts - 1 && !c->announced && !worker_has_waiting(c->workers))
                store_hurry(c->job.store);
        return batch_sign_part(&c->batch, c->operation->rules, signing_key_handle(c->key), part, c->n_parts);
}

static void one_done(OperationCall *c) {
        if (--c->pending == 0)
                call_resume(&c->call, 0);
}

static void on_parts_signed(int result, void *userdata) {
        OperationCall *c = userdata;

        c->signed_result = result;
        /* It has waited long enough. */
        if (c->pending > 1)
                store_hurry(c->job.store);
        one_done(c);
}

static void on_audited(int result, void *userdata) {
        OperationCall *c = userdata;

        c->audited = result;
        one_done(c);
}

/* The items are spent, whether or not the reply reaches anybody. */
static void advance(OperationCall *c) {
        Operation *o = c->operation;

        c->otherwise = 0;
        o->left -= (uint32_t) c->batch.n;
        memcpy(o->expected, c->rest, SHA256_SIZE);
        if (o->left == 0) {
                operation_end(c->call.manager, o);
                return;
        }
        o->state = OPERATION_AUTHORIZED;
        operation_touch(o);
}

static int then_failed(Call *call, int result, sd_bus_error *error) {
        OperationCall *c = (OperationCall *) call;

        (void) sd_bus_error_move(error, &c->failure);
        return c->failed;
}

/* The audit says that these were signed; it is told that they were not, and then the caller why. */
static int sign_failed(OperationCall *c, int r, sd_bus_error *error) {
        c->announced = false;
        c->failed = r;
        if (sd_bus_error_is_set(error))
                (void) sd_bus_error_move(&c->failure, error);
        return continues(call_store(&c->call, run_failed, then_failed, error));
}

/* What a step between the audit's entry and the signatures came to. */
static int settled(OperationCall *c, int r, sd_bus_error *error) {
        return r < 0 && c->announced ? sign_failed(c, r, error) : r;
}

static int then_signed(Call *call, int result, sd_bus_error *error) {
        OperationCall *c = (OperationCall *) call;
        Session *s = NULL;
        int r;

        if (c->audited < 0)
                return bus_error_set_errno(error, c->audited);
        if (c->audited > 0) {
                operation_end(call->manager, c->operation);
                return outcome_set_error(error, c->audited, c->job.until);
        }
        if (c->signed_result < 0)
                return sign_failed(c, c->signed_result == -ENOBUFS ? -ENOBUFS : -EIO, error);
        r = still_stands(c, &s, error);
        if (r != -ECANCELED && r < 0)
                return r;
        advance(c);
        if (r < 0)
                return r;
        session_signal_used(call->manager, s, c->job.credential, (unsigned) c->batch.n, clock_now());
        return items_reply(call->message, &c->batch);
}

static int submit_parts(OperationCall *c) {
        int r;

        c->workers = c->call.manager->workers;
        c->n_parts = batch_parts(&c->batch);
        r = worker_submit_parts(c->workers, c->n_parts, run_part, on_parts_signed, c);
        if (r >= 0)
                c->pending++;
        return r;
}

static int submit_audit(OperationCall *c) {
        int r;

        r = store_submit_later(c->call.manager->store, run_sign_job, on_audited, c);
        if (r >= 0)
                c->pending++;
        return r;
}

/* Signing and the audit's commit overlap, unless it is on disk already; then_signed() lets nothing out before both are done. The entry is
 * submitted first, since the workers hurry it. */
static int sign(OperationCall *c, sd_bus_error *error) {
        Session *s = NULL;
        int r;

        r = still_stands(c, &s, error);
        if (r < 0)
                return r;
        r = session_use(c->call.manager, s, (unsigned) c->batch.n);
        if (r == -EDQUOT)
                return bus_error_set(error, ERROR_LIMIT, session_full);
        if (r < 0)
                return bus_error_set_errno(error, r);
        c->key = signing_key_ref(c->operation->key);
        c->call.then = then_signed;
        r = c->announced ? 0 : submit_audit(c);
        if (r >= 0)
                r = submit_parts(c);
        if (r < 0 && c->pending == 0)
                return bus_error_set_errno(error, r);
        if (r < 0) {
                c->signed_result = r;
                store_hurry(c->job.store);
        }
        return CALL_CONTINUES;
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

static int authorize(OperationCall *c, sd_bus_error *error);

static int then_checked(Call *call, int result, sd_bus_error *error) {
        OperationCall *c = (OperationCall *) call;
        Session *s = NULL;
        int r;

        if (result == ITEM_E_REFUSED)
                return bus_error_set(error, ERROR_ITEM_REFUSED, "Item %zu was refused: %s. Nothing was signed.", c->batch.refused + 1, c->batch.reason);
        if (result < 0)
                return bus_error_set_errno(error, result);
        r = still_stands(c, &s, error);
        if (r < 0)
                return r;
        if (!session_allows(call->manager, s, (unsigned) c->batch.n))
                return bus_error_set(error, ERROR_LIMIT, session_full);
        r = fits_list(c);
        if (r < 0)
                return bus_error_set_errno(error, r);
        if (r == 0)
                return bus_error_set(error, ERROR_OPERATION_STATE, "These items are not the next ones of the operation's list.");
        if (!c->once)
                return sign(c, error);
        /* From here on it may rest on a lease: one that is broken meanwhile ends it. */
        c->operation->state = OPERATION_SIGNING;
        return authorize(c, error);
}

/* Few bytes are looked at here and now: that takes less than to wake a worker, and to be woken by it. */
static int check(OperationCall *c, sd_bus_error *error) {
        if (c->batch.n <= CHECK_HERE_ITEMS && c->batch.size <= CHECK_HERE_BYTES)
                return then_checked(&c->call, run_check(c), error);
        return continues(call_work(&c->call, run_check, then_checked, error));
}

int operation_call_sign(OperationCall *c, sd_bus_error *error) {
        if (c->batch.n > c->operation->left)
                return bus_error_set(error, ERROR_OPERATION_STATE, "The operation has only %u items left.", c->operation->left);
        return check(c, error);
}

/* --- Authorising -------------------------------------------------------------------------------------------------- */

static int run_prepare(Txn *t, void *userdata) {
        return operation_job_prepare(t, &((OperationCall *) userdata)->job);
}

static int run_authorize(Txn *t, void *userdata) {
        OperationCall *c = userdata;

        return c->once ? operation_job_once(t, &c->job) : operation_job_authorize(t, &c->job);
}

static int run_open_key(void *userdata) {
        return operation_job_open_key(&((OperationCall *) userdata)->job);
}

static int authorized(OperationCall *c, sd_bus_error *error) {
        c->job.pin_key = secret_free(c->job.pin_key);
        if (c->once)
                return sign(c, error);
        c->operation->state = OPERATION_AUTHORIZED;
        operation_touch(c->operation);
        c->otherwise = 0;
        return sd_bus_reply_method_return(c->call.message, "");
}

static bool is_kept(const OperationCall *c) {
        return c->operation->kind == CREDENTIAL_SEAL || c->job.pin_kdf.len > 0;
}

static int take_key(OperationCall *c, sd_bus_error *error) {
        Operation *o = c->operation;
        int r;

        r = still_stands(c, NULL, error);
        if (r < 0)
                return r;
        r = signing_key_new(TAKE_PTR(c->job.key), &o->key);
        if (r < 0)
                return bus_error_set_errno(error, r);
        /* What a password or PIN opened stays with the operation it was given for, or the session. */
        if (is_kept(c))
                (void) key_cache_put(c->call.manager->keys, o->credential, o->session, o->key);
        return authorized(c, error);
}

static int then_opened(Call *call, int result, sd_bus_error *error) {
        OperationCall *c = (OperationCall *) call;
        int r;

        r = result < 0 ? bus_error_set_errno(error, result) : take_key(c, error);
        return settled(c, r, error);
}

static int find_key(OperationCall *c, sd_bus_error *error) {
        Operation *o = c->operation;
        int r;

        if (c->job.key)
                return take_key(c, error);
        r = still_stands(c, NULL, error);
        if (r < 0)
                return r;
        o->key = key_cache_get(c->call.manager->keys, o->credential, o->session);
        if (o->key)
                return authorized(c, error);
        return continues(call_work(&c->call, run_open_key, then_opened, error));
}

static int then_authorized(Call *call, int result, sd_bus_error *error) {
        OperationCall *c = (OperationCall *) call;

        operation_job_forget_factors(&c->job);
        if (result != 0)
                return outcome_set_error(error, result, c->job.until);
        c->counted = false;
        c->announced = c->once;
        return settled(c, find_key(c, error), error);
}

static int then_tried(Call *call, int result, sd_bus_error *error) {
        if (result < 0 && result != -EKEYREJECTED)
                return bus_error_set_errno(error, result);
        return continues(call_store(call, run_authorize, then_authorized, error));
}

static int then_may_try(Call *call, int result, sd_bus_error *error) {
        OperationCall *c = (OperationCall *) call;

        if (result != 0)
                return outcome_set_error(error, result, c->job.until);
        return continues(call_work_heavy(call, run_open_key, then_tried, error));
}

/* The factors that the kind takes; what the policy wants of them is the job's question. */
static int check_factors(const OperationCall *c, sd_bus_error *error) {
        const OperationJob *j = &c->job;

        if (credential_kind_has_password(c->operation->kind))
                return j->password && !j->otp && !j->pin ? 0 : bus_error_set(error, ERROR_INVALID_ARGUMENT, "The factor `password` is needed.");
        if (j->password)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The factor `otp` is needed, and no password.");
        if (!j->otp && !j->remembered)
                return bus_error_set(error, ERROR_CODE_REQUIRED, NULL);
        if (c->operation->kind == CREDENTIAL_SIGNATURE && !j->pin && !j->pin_key)
                return bus_error_set(error, ERROR_PIN_REQUIRED, NULL);
        return 0;
}

/* A password or PIN is tried on a worker first; what came of it is settled in the job that authorises. */
static int authorize(OperationCall *c, sd_bus_error *error) {
        int r;

        r = check_factors(c, error);
        if (r >= 0)
                r = count_in_session(c, error);
        if (r < 0)
                return r;
        if (!c->job.password && !c->job.pin)
                return continues(call_store(&c->call, run_authorize, then_authorized, error));
        c->job.rules = item_rules_unref(c->job.rules);
        return continues(call_store(&c->call, run_prepare, then_may_try, error));
}

int operation_call_authorize(OperationCall *c, sd_bus_error *error) {
        return authorize(c, error);
}

/* --- Preparing ---------------------------------------------------------------------------------------------------- */

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
        r = still_stands(c, NULL, error);
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
                return continues(call_store(&c->call, run_prepare, then_prepared, error));
        r = prepared(c, error);
        if (r >= 0 && r != CALL_CONTINUES)
                call_free(&c->call);
        return r;
}
