/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The middle step of calls on operations: one-time code, PIN or password, and then the key; see operation-steps.h. */

#include <errno.h>

#include "bus/error.h"
#include "bus/names.h"
#include "daemon/operation-steps.h"
#include "daemon/outcome-bus.h"
#include "daemon/session-bus.h"

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
                return operation_sign(c, error);
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

        r = operation_call_stands(c, NULL, error);
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
        return operation_settle(c, r, error);
}

static int find_key(OperationCall *c, sd_bus_error *error) {
        Operation *o = c->operation;
        int r;

        if (c->job.key)
                return take_key(c, error);
        r = operation_call_stands(c, NULL, error);
        if (r < 0)
                return r;
        o->key = key_cache_get(c->call.manager->keys, o->credential, o->session);
        if (o->key)
                return authorized(c, error);
        return operation_continues(call_work(&c->call, run_open_key, then_opened, error));
}

static int then_authorized(Call *call, int result, sd_bus_error *error) {
        OperationCall *c = (OperationCall *) call;

        operation_job_forget_factors(&c->job);
        if (result != 0)
                return outcome_set_error(error, result, c->job.until);
        c->counted = false;
        c->announced = c->once;
        return operation_settle(c, find_key(c, error), error);
}

static int then_tried(Call *call, int result, sd_bus_error *error) {
        if (result < 0 && result != -EKEYREJECTED)
                return bus_error_set_errno(error, result);
        return operation_continues(call_store(call, run_authorize, then_authorized, error));
}

static int then_may_try(Call *call, int result, sd_bus_error *error) {
        OperationCall *c = (OperationCall *) call;

        if (result != 0)
                return outcome_set_error(error, result, c->job.until);
        return operation_continues(call_work_heavy(call, run_open_key, then_tried, error));
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

/* A password or PIN is tried on a worker first; what came of it is settled in the job that authorises. */
int operation_call_authorize(OperationCall *c, sd_bus_error *error) {
        int r;

        r = check_factors(c, error);
        if (r >= 0)
                r = count_in_session(c, error);
        if (r < 0)
                return r;
        if (!c->job.password && !c->job.pin)
                return operation_continues(call_store(&c->call, run_authorize, then_authorized, error));
        c->job.rules = item_rules_unref(c->job.rules);
        return operation_continues(call_store(&c->call, operation_run_prepare, then_may_try, error));
}
