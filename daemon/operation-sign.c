/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The last step of calls on operations: the audit's entry and the signatures; see operation-steps.h. Nothing leaves before both are done, and an entry whose
 * signatures did not come about is followed by one that says so. */

#include <errno.h>
#include <string.h>

#include "bus/error.h"
#include "bus/names.h"
#include "daemon/clock.h"
#include "daemon/items-bus.h"
#include "daemon/operation-steps.h"
#include "daemon/outcome-bus.h"
#include "daemon/session-signal-bus.h"

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
        return operation_continues(call_store(&c->call, run_failed, then_failed, error));
}

int operation_settle(OperationCall *c, int r, sd_bus_error *error) {
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
        r = operation_call_stands(c, &s, error);
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
int operation_sign(OperationCall *c, sd_bus_error *error) {
        Session *s = NULL;
        int r;

        r = operation_call_stands(c, &s, error);
        if (r < 0)
                return r;
        r = session_use(c->call.manager, s, (unsigned) c->batch.n);
        if (r == -EDQUOT)
                return operation_fail_session_full(error);
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
