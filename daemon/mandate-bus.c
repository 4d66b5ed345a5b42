/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Mandate: giving and revoking leave to sign unattended. What is shown of it is in mandate-list-bus.c, Sign's steps in mandate-call.c. */

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/audit.h"
#include "daemon/items-bus.h"
#include "daemon/mandate-call.h"
#include "daemon/mandate-work.h"
#include "daemon/operation.h"
#include "daemon/outcome.h"
#include "daemon/policy.h"
#include "daemon/token.h"

/* --- Who may ------------------------------------------------------------------------------------------------------ */

/* Loads the seal for its Administrator, or for the operator. */
static int load_seal(Txn *t, MandateWork *w) {
        Role role;
        int r;

        r = credential_load(t, w->mandate.credential, &w->record);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r < 0)
                return r;
        if (w->record->kind != CREDENTIAL_SEAL)
                return OUTCOME_NOT_FOUND;
        if (!w->account[0])
                return 0;
        r = credential_role(t, w->record, w->account, &role);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        return r < 0 ? r : role == ROLE_ADMINISTRATOR ? 0 : OUTCOME_DENIED;
}

static int append_audit(Txn *t, const MandateWork *w, const char *event) {
        AuditEntry e = { .event = event, .account = w->account[0] ? w->account : NULL, .uid = w->call.uid, .credential = w->mandate.credential,
                         .now = w->call.now };
        _cleanup_free_ char *text = NULL;
        size_t len = 0;
        FILE *f;
        Json j;

        f = open_memstream(&text, &len);
        if (!f)
                return -ENOMEM;
        j = JSON_INIT(f);
        j.compact = true;
        json_object_begin(&j, NULL);
        json_string(&j, "mandate", w->mandate.id);
        json_int(&j, "uid", w->mandate.uid);
        json_string(&j, "user", w->mandate.user_name);
        json_int(&j, "documents", w->mandate.documents);
        json_int(&j, "per_minute", w->mandate.per_minute);
        json_time(&j, "expires", w->mandate.expires);
        json_object_end(&j);
        if (fclose(f) != 0)
                return -ENOMEM;
        e.payload = VIEW(text, len);
        return audit_append(t, &e);
}

/* --- Create ------------------------------------------------------------------------------------------------------- */

static PinAttempt attempt(const MandateWork *w) {
        return (PinAttempt) {
                .account = w->account,
                .uid = w->call.uid,
                .credential = w->mandate.credential,
                .otp = w->otp,
                .tried = &w->tried,
                .opened = w->opened,
                .now = w->call.now,
        };
}

/* As an operation's: else a mandate would spare the PIN. */
static int settle_factors(Txn *t, MandateWork *w) {
        const PinAttempt a = attempt(w);
        Policy policy;
        int r;

        if (w->pin)
                return pin_settle(t, &a, &w->until);
        r = policy_load(t, w->record, &policy);
        if (r < 0)
                return r;
        if (policy.factors == FACTOR_PIN_OTP)
                return OUTCOME_PIN_NEEDED;
        return token_settle(t, w->account, w->call.uid, secret_view(w->otp), w->call.now, &w->until);
}

/* The code last: what cannot be done spends none. */
static int run_create(Txn *t, void *userdata) {
        MandateWork *w = userdata;
        int r;

        r = load_seal(t, w);
        if (r != 0)
                return r;
        if (w->record->status == CREDENTIAL_RETIRED)
                return OUTCOME_DISABLED;
        r = settle_factors(t, w);
        if (r != 0)
                return r;
        r = mandate_insert(t, &w->mandate);
        return r < 0 ? r : append_audit(t, w, "mandate-create");
}

static int then_created(Call *call, int result, sd_bus_error *error) {
        MandateWork *w = (MandateWork *) call;

        if (result == -EDQUOT)
                return bus_error_set(error, ERROR_LIMIT, "The seal has %u mandates. Revoke one first.", MANDATES_PER_CREDENTIAL);
        if (result != 0)
                return mandate_set_error(error, result, w->until);
        return sd_bus_reply_method_return(call->message, "s", w->mandate.id);
}

static int run_check_pin(Txn *t, void *userdata) {
        MandateWork *w = userdata;
        const PinAttempt a = attempt(w);

        return pin_begin(t, &a, &w->tried, &w->until);
}

static int run_try_pin(void *userdata) {
        _cleanup_secret_ Secret *key = NULL;
        MandateWork *w = userdata;

        w->opened = pin_open(w->store, w->account, &w->tried, secret_view(w->pin), &key);
        return w->opened;
}

static int then_tried(Call *call, int result, sd_bus_error *error) {
        int r;

        if (result < 0 && result != -EKEYREJECTED)
                return bus_error_set_errno(error, result);
        r = call_store(call, run_create, then_created, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int then_may_try(Call *call, int result, sd_bus_error *error) {
        int r;

        if (result != 0)
                return mandate_set_error(error, result, ((MandateWork *) call)->until);
        r = call_work_heavy(call, run_try_pin, then_tried, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int then_named_for_create(Call *call, int result, sd_bus_error *error) {
        MandateWork *w = (MandateWork *) call;
        int r;

        if (result == -ESRCH)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "There is no Unix user of the number %u.", w->mandate.uid);
        if (result < 0)
                return bus_error_set_errno(error, result);
        w->mandate.user_name = TAKE_PTR(w->user_name);
        r = w->pin ? call_store(call, run_check_pin, then_may_try, error) : call_store(call, run_create, then_created, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int option_i64(sd_bus_message *m, void *target) {
        return sd_bus_message_read(m, "v", "x", target);
}

static int check_limits(const Mandate *m, int64_t now, sd_bus_error *error) {
        if (m->documents < 1 || m->documents > MANDATE_DOCUMENTS_MAX)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A mandate is for 1 to %u documents.", MANDATE_DOCUMENTS_MAX);
        if (m->expires <= now || m->expires > now + MANDATE_SECONDS_MAX)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A mandate ends in the future, after at most 366 days.");
        if (m->per_minute < 1 || m->per_minute > MANDATE_PER_MINUTE_MAX)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A mandate is for 1 to %u documents a minute.", MANDATE_PER_MINUTE_MAX);
        if (strlen(m->label) > MANDATE_LABEL_MAX || !utf8_is_printable(m->label))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A label is printable text of at most %u bytes.", MANDATE_LABEL_MAX);
        if (!mandate_uid_is_fixed(m->uid))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A mandate is for a Unix user that stays the same: not for root, for nobody, or for one that "
                                                                    "systemd gives out dynamically. Make a user for the service.");
        return 0;
}

static int read_limits(MandateWork *w, sd_bus_error *error) {
        Mandate *m = &w->mandate;
        const char *label = "";
        BusOption options[] = {
                { "documents", bus_option_u32, &m->documents, false },
                { "expires", option_i64, &m->expires, false },
                { "per_minute", bus_option_u32, &m->per_minute, false },
                { "label", bus_option_string, &label, false },
        };
        int r;

        m->per_minute = 60;
        r = bus_message_read_options(w->call.message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        m->label = strdup(label);
        if (!m->label)
                return bus_error_set_errno(error, -ENOMEM);
        m->created = w->call.now;
        strcpy(m->machine, w->machine);
        return check_limits(m, w->call.now, error);
}

static int read_activation(MandateWork *w, sd_bus_error *error) {
        const char *session = NULL;
        BusOption options[] = {
                { "session", bus_option_string, &session, false },
                { "otp", bus_option_secret, &w->otp, false },
                { "pin", bus_option_secret, &w->pin, false },
        };
        int r;

        r = bus_message_read_options(w->call.message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        if (session && !w->otp)
                return bus_error_set(error, ERROR_CODE_REQUIRED, NULL);
        if (!session)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The factors `session` and `otp` are needed: only a seal's Administrator gives a mandate.");
        if (w->pin && !pin_is_well_formed(secret_view(w->pin)))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A PIN is %u digits.", PIN_DIGITS);
        r = mandate_work_set_session(w, session, error);
        if (r >= 0)
                strcpy(w->mandate.account, w->account);
        return r;
}

static int method_create(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ MandateWork *w = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_create, userdata, error);
        if (r != 0)
                return r;
        r = mandate_work_new(m, message, &w, error);
        if (r >= 0)
                r = mandate_read_id(message, w->mandate.credential, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "u", &w->mandate.uid);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = read_limits(w, error);
        if (r >= 0)
                r = read_activation(w, error);
        return r < 0 ? r : call_started(mandate_work_look_up(w, w->mandate.uid, then_named_for_create, error), &w);
}

/* --- Revoke ------------------------------------------------------------------------------------------------------- */

static int run_revoke(Txn *t, void *userdata) {
        MandateWork *w = userdata;
        char id[sizeof(w->mandate.id)];
        int r;

        strcpy(id, w->mandate.id);
        r = mandate_load(t, id, &w->mandate);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r >= 0)
                r = load_seal(t, w);
        if (r == OUTCOME_DENIED)
                return OUTCOME_NOT_FOUND;
        if (r != 0)
                return r;
        r = mandate_revoke(t, &w->mandate, w->call.now);
        if (r == -EALREADY)
                return MANDATE_E_REVOKED;
        return r < 0 ? r : append_audit(t, w, "mandate-revoke");
}

/* What is under way looks at the mandate again before its signatures leave. */
static int then_revoked(Call *call, int result, sd_bus_error *error) {
        return result != 0 ? mandate_set_error(error, result, 0) : sd_bus_reply_method_return(call->message, NULL);
}

/* 1: parked, for the operator's question. */
static int read_power(MandateWork *w, sd_bus_message_handler_t handler, sd_bus_error *error) {
        const char *session = NULL;
        BusOption options[] = { { "session", bus_option_string, &session, false } };
        Manager *m = w->call.manager;
        int r;

        r = bus_message_read_options(w->call.message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        return session ? mandate_work_set_session(w, session, error) : gate_pass(m->gate, w->call.message, ACTION_MANAGE_SEALS, handler, m, error);
}

static int method_revoke(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ MandateWork *w = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_revoke, userdata, error);
        if (r != 0)
                return r;
        r = mandate_work_new(m, message, &w, error);
        if (r >= 0)
                r = mandate_read_id(message, w->mandate.id, error);
        if (r >= 0)
                r = read_power(w, method_revoke, error);
        return r != 0 ? r : call_started(call_store(&w->call, run_revoke, then_revoked, error), &w);
}

/* --- Sign --------------------------------------------------------------------------------------------------------- */

static int method_sign(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ MandateCall *c = NULL;
        uint32_t wait = MANDATE_WAIT_DEFAULT;
        BusOption options[] = { { "wait", bus_option_u32, &wait, false } };
        Manager *m = userdata;
        size_t *parked;
        const char *id;
        Batch *b;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_sign, userdata, error);
        if (r != 0)
                return r;
        r = mandate_call_new(m, message, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "s", &id);
        if (r < 0)
                return bus_error_set_argument(error, r);
        b = mandate_call_batch(c, &parked);
        r = items_read(message, m, OPERATION_ONCE_ITEMS_MAX, b, parked, error);
        if (r >= 0)
                r = bus_message_read_options(message, options, ELEMENTSOF(options), error);
        if (r >= 0)
                r = mandate_call_set(c, id, wait, error);
        return r < 0 ? r : call_started(mandate_call_start(c, error), &c);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Create", SD_BUS_ARGS("s", credential, "u", uid, "a{sv}", limits, "a{sv}", factors), SD_BUS_RESULT("s", mandate),
                                method_create, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("Revoke", SD_BUS_ARGS("s", mandate, "a{sv}", factors), SD_BUS_NO_RESULT, method_revoke, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("aa{sv}", mandates), mandate_method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetCertificates", SD_BUS_ARGS("s", mandate), SD_BUS_RESULT("aay", certificates), mandate_method_get_certificates,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Sign", SD_BUS_ARGS("s", mandate, "a(saya{sv})", items, "a{sv}", options), SD_BUS_RESULT("aay", signatures),
                                method_sign, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int mandate_bus_register(Manager *m) {
        int r;

        r = mandate_queue_new(m, &m->mandates);
        return r < 0 ? r : sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_MANDATE, vtable, m);
}
