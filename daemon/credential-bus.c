/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Credential: making, certifying and retiring. Reports of revealed keys are in credential-compromise-bus.c, what is listed is in credential-list-bus.c, a seal's users
 * in credential-users-bus.c. */

#include <errno.h>
#include <string.h>

#include "base/password-rule.h"
#include "base/utf8.h"
#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/credential-call.h"
#include "daemon/operation.h"
#include "daemon/outcome-bus.h"
#include "daemon/session-bus.h"
#include "daemon/subject-bus.h"

/* --- Making ------------------------------------------------------------------------------------------------------- */

/* A fresh record; what is left is its key. */
static int make_record(CredentialCall *c, const char *label, const KeyOptions *o, sd_bus_error *error) {
        CredentialKind kind = credential_kind_of_profile(o->profile);
        Credential *record;
        int r;

        if (!label[0] || strlen(label) > CREDENTIAL_LABEL_MAX || !utf8_is_printable(label))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A label has 1 to %u bytes of printable text.", CREDENTIAL_LABEL_MAX);
        record = c->job.record = calloc(1, sizeof(*record));
        if (!record)
                return bus_error_set_errno(error, -ENOMEM);
        record->kind = kind;
        record->profile = o->profile;
        record->factors = credential_default_factors(kind);
        record->status = CREDENTIAL_REQUESTED;
        record->algorithm = o->algorithm;
        record->created = c->call.now;
        record->label = strdup(label);
        record->owner = kind != CREDENTIAL_SEAL ? strdup(c->job.account) : NULL;
        record->terms = strdup(o->terms ?: "");
        if (!record->label || !record->terms || (kind != CREDENTIAL_SEAL && !record->owner))
                return bus_error_set_errno(error, -ENOMEM);
        r = id_random(ID_RECORD, record->id);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

/* The rest of what makes a key: subject and options, and `between` what is read between the two. A fresh record comes of it. */
static int read_new(CredentialCall *c, CredentialKind kind, const char *label, int (*between)(CredentialCall *c, sd_bus_error *error), sd_bus_error *error) {
        KeyOptions o = { .profile = kind == CREDENTIAL_SEAL ? PROFILE_SEAL : kind == CREDENTIAL_SIGNATURE ? PROFILE_PERSONAL : PROFILE_CUSTOMS };
        int r;

        r = subject_bus_read(c->call.message, &c->job.subject, error);
        if (r >= 0 && between)
                r = between(c, error);
        if (r >= 0)
                r = subject_bus_read_options(c->call.message, kind, c->job.subject, &o, error);
        return r < 0 ? r : make_record(c, label, &o, error);
}

static int run_make_key(void *userdata) {
        return credential_job_make_key(&((CredentialCall *) userdata)->job);
}

static int then_created(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;

        if (result != 0)
                return outcome_set_error(error, result, c->job.until);
        return sd_bus_reply_method_return(call->message, "s", c->job.record->id);
}

static int then_key(Call *call, int result, sd_bus_error *error) {
        int r;

        if (result < 0)
                return bus_error_set_errno(error, result);
        r = credential_call_store((CredentialCall *) call, credential_job_create, then_created, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int method_create_seal(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ CredentialCall *c = NULL;
        Manager *m = userdata;
        const char *label;
        int r;

        r = gate_pass(m->gate, message, ACTION_MANAGE_SEALS, method_create_seal, userdata, error);
        if (r != 0)
                return r;
        r = credential_call_new(m, message, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "ss", &label, &c->job.login);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = read_new(c, CREDENTIAL_SEAL, label, NULL, error);
        return r < 0 ? r : call_started(call_work(&c->call, run_make_key, then_key, error), &c);
}

static int check_password(const CredentialCall *c, sd_bus_error *error) {
        PasswordProblem p = password_rule_check(&password_rule_key, secret_view(c->job.password));

        return p == PASSWORD_GOOD ? 0 : bus_error_set(error, ERROR_WEAK_PASSWORD, "%s", password_problem_to_string(p));
}

static int find_session(CredentialCall *c, const char *id, sd_bus_error *error) {
        Session *s;
        int r;

        r = session_find(c->call.manager, id, c->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        strcpy(c->job.account, s->account);
        return 0;
}

static int method_generate_customs_key(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ CredentialCall *c = NULL;
        const char *session, *label;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_generate_customs_key, userdata, error);
        if (r != 0)
                return r;
        r = credential_call_new(m, message, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "ss", &session, &label);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = find_session(c, session, error);
        if (r < 0)
                return r;
        r = bus_message_read_secret(message, &c->job.password);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = check_password(c, error);
        if (r >= 0)
                r = read_new(c, 0, label, NULL, error);
        return r < 0 ? r : call_started(call_work_heavy(&c->call, run_make_key, then_key, error), &c);
}

/* --- Signatures --------------------------------------------------------------------------------------------------- */

static int run_make_signature(void *userdata) {
        return credential_job_make_signature(&((CredentialCall *) userdata)->job);
}

static int then_signature_created(Call *call, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        CredentialCall *c = (CredentialCall *) call;
        int r;

        if (result != 0)
                return outcome_set_error(error, result, c->job.until);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", c->job.record->id);
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', c->job.request.data, c->job.request.len);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* Whoever has left gets no key; a wrong PIN counts nevertheless. */
static int then_signature_made(Call *call, int result, sd_bus_error *error) {
        int r;

        if (result < 0 && result != -EKEYREJECTED)
                return bus_error_set_errno(error, result);
        if (result >= 0 && watch_gone(call->watch))
                return -ECANCELED;
        r = credential_call_store((CredentialCall *) call, credential_job_create, then_signature_created, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int then_may_make_signature(Call *call, int result, sd_bus_error *error) {
        int r;

        if (result != 0)
                return outcome_set_error(error, result, ((CredentialCall *) call)->job.until);
        r = call_work_heavy(call, run_make_signature, then_signature_made, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int read_signature_factors(CredentialCall *c, sd_bus_error *error) {
        BusOption options[] = {
                { "pin", bus_option_secret, &c->job.pin, false },
                { "otp", bus_option_secret, &c->job.otp, false },
        };
        int r;

        r = bus_message_read_options(c->call.message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        return c->job.pin ? credential_call_check_pin(c, error) : bus_error_set(error, ERROR_PIN_REQUIRED, NULL);
}

static int method_generate_signature_key(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ CredentialCall *c = NULL;
        const char *session, *label;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_generate_signature_key, userdata, error);
        if (r != 0)
                return r;
        r = credential_call_new(m, message, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "ss", &session, &label);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = find_session(c, session, error);
        if (r >= 0)
                r = read_new(c, CREDENTIAL_SIGNATURE, label, read_signature_factors, error);
        return r < 0 ? r : call_started(credential_call_store(c, credential_job_begin_signature, then_may_make_signature, error), &c);
}

/* --- Requests and certificates ------------------------------------------------------------------------------------ */

static int run_make_request(void *userdata) {
        return credential_job_make_request(&((CredentialCall *) userdata)->job);
}

static int reply_bytes(Call *call, View v) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', v.data, v.len);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int then_request_settled(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;

        if (result != 0)
                return outcome_set_error(error, result, c->job.until);
        return reply_bytes(call, bytes_view(&c->job.request));
}

static int then_request_made(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;
        bool seal = c->job.record->kind == CREDENTIAL_SEAL;
        int r;

        if (result < 0 && (seal || result != -EKEYREJECTED))
                return bus_error_set_errno(error, result);
        if (seal)
                return reply_bytes(call, bytes_view(&c->job.request));
        r = credential_call_store(c, credential_job_settle_request, then_request_settled, error);
        return r < 0 ? r : CALL_CONTINUES;
}

/* A signature's: the PIN is settled before the key is opened with it, so that a right one takes no longer than a wrong one. */
static int then_signature_request_made(Call *call, int result, sd_bus_error *error) {
        return result < 0 ? bus_error_set_errno(error, result) : reply_bytes(call, bytes_view(&((CredentialCall *) call)->job.request));
}

static int then_pin_settled(Call *call, int result, sd_bus_error *error) {
        int r;

        if (result != 0)
                return outcome_set_error(error, result, ((CredentialCall *) call)->job.until);
        r = call_work(call, run_make_request, then_signature_request_made, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int run_try_pin(void *userdata) {
        return credential_job_try_pin(&((CredentialCall *) userdata)->job);
}

static int then_pin_tried(Call *call, int result, sd_bus_error *error) {
        int r;

        if (result < 0 && result != -EKEYREJECTED)
                return bus_error_set_errno(error, result);
        r = credential_call_store((CredentialCall *) call, credential_job_settle_request, then_pin_settled, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int then_request(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;
        int r;

        if (result != 0)
                return credential_call_set_error(c, result, error);
        if (c->job.record->kind == CREDENTIAL_SIGNATURE)
                r = call_work_heavy(call, run_try_pin, then_pin_tried, error);
        else if (credential_kind_has_password(c->job.record->kind))
                r = call_work_heavy(call, run_make_request, then_request_made, error);
        else
                r = call_work(call, run_make_request, then_request_made, error);
        return r < 0 ? r : CALL_CONTINUES;
}

static int method_get_request(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = { method_get_request, NULL, FACTORS_KEY, credential_job_request, then_request };

        return credential_call_begin(message, userdata, &method, error);
}

static int read_chain(CredentialCall *c, sd_bus_error *error) {
        sd_bus_message *m = c->call.message;
        int r;

        c->job.certificates = c->certificates;
        r = sd_bus_message_enter_container(m, 'a', "ay");
        if (r < 0)
                return bus_error_set_argument(error, r);
        while ((r = sd_bus_message_at_end(m, 0)) == 0) {
                const void *data;
                size_t n;

                if (c->job.n_certificates == CHAIN_GIVEN_MAX)
                        return bus_error_set(error, ERROR_CERTIFICATE, "At most %u certificates are taken at once.", CHAIN_GIVEN_MAX);
                r = sd_bus_message_read_array(m, 'y', &data, &n);
                if (r < 0)
                        break;
                c->certificates[c->job.n_certificates++] = VIEW(data, n);
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        return r < 0 ? bus_error_set_argument(error, r) : 0;
}

/* Operations that were prepared with another certificate would sign for it; with another key their signatures would fit no certificate that
 * is shown. So they end, also those that are being signed: whoever signs prepares anew, with the new certificate. */
static int then_imported(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;

        if (result == 0)
                operation_end_credential(call->manager, c->job.id, NULL);
        if (result == 0 && c->job.renewed)
                key_cache_forget(call->manager->keys, c->job.id);
        return credential_call_then_done(call, result, error);
}

static int method_import_certificates(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = { method_import_certificates, read_chain, FACTORS_SESSION, credential_job_import, then_imported };

        return credential_call_begin(message, userdata, &method, error);
}

static int then_retired(Call *call, int result, sd_bus_error *error) {
        CredentialCall *c = (CredentialCall *) call;

        if (result == 0) {
                operation_end_credential(call->manager, c->job.id, NULL);
                key_cache_forget(call->manager->keys, c->job.id);
        }
        return credential_call_then_done(call, result, error);
}

static int method_retire(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const CredentialMethod method = { method_retire, NULL, FACTORS_SESSION, credential_job_retire, then_retired };

        return credential_call_begin(message, userdata, &method, error);
}

#define SENSITIVE (SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE)

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("aa{sv}", credentials), credential_method_list,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetCertificates", SD_BUS_ARGS("s", id), SD_BUS_RESULT("aay", certificates), credential_method_get_certificates,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CreateSeal",
                                SD_BUS_ARGS("s", label, "s", administrator, "a{sv}", subject, "a{sv}", options),
                                SD_BUS_RESULT("s", id), method_create_seal, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GenerateCustomsKey",
                                SD_BUS_ARGS("s", session, "s", label, "v", password, "a{sv}", subject, "a{sv}", options),
                                SD_BUS_RESULT("s", id), method_generate_customs_key, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("GenerateSignatureKey",
                                SD_BUS_ARGS("s", session, "s", label, "a{sv}", subject, "a{sv}", factors, "a{sv}", options),
                                SD_BUS_RESULT("s", id, "ay", request), method_generate_signature_key, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("GetPolicy", SD_BUS_ARGS("s", id, "a{sv}", factors), SD_BUS_RESULT("a{sv}", policy), credential_method_get_policy,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetPolicy", SD_BUS_ARGS("s", id, "a{sv}", policy, "a{sv}", factors), SD_BUS_NO_RESULT,
                                credential_method_set_policy, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("GetRequest", SD_BUS_ARGS("s", id, "a{sv}", factors), SD_BUS_RESULT("ay", request), method_get_request, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("ImportCertificates", SD_BUS_ARGS("s", id, "aay", certificates, "a{sv}", factors), SD_BUS_NO_RESULT,
                                method_import_certificates, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListUsers", SD_BUS_ARGS("s", id, "a{sv}", factors), SD_BUS_RESULT("aa{sv}", users), credential_method_list_users,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("AddUser", SD_BUS_ARGS("s", id, "s", login, "a{sv}", factors), SD_BUS_NO_RESULT,
                                credential_method_add_user, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("InviteUser", SD_BUS_ARGS("s", id, "s", email, "s", phone, "a{sv}", factors),
                                SD_BUS_RESULT("s", invitation, "a{sv}", sent), credential_method_invite_user, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("ListInvitations", SD_BUS_ARGS("s", session), SD_BUS_RESULT("aa{sv}", invitations),
                                credential_method_list_invitations, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RequestActivation", SD_BUS_ARGS("s", session, "s", invitation), SD_BUS_RESULT("a{sv}", sent),
                                credential_method_request_activation, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Activate", SD_BUS_ARGS("s", session, "s", invitation, "v", code), SD_BUS_RESULT("s", id),
                                credential_method_activate, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("RemoveUser", SD_BUS_ARGS("s", id, "s", login, "a{sv}", factors), SD_BUS_NO_RESULT,
                                credential_method_remove_user, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("BreakLease", SD_BUS_ARGS("s", id, "a{sv}", factors), SD_BUS_NO_RESULT, credential_method_break_lease, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("AwaitFree", SD_BUS_ARGS("s", id, "s", session, "a{sv}", options), SD_BUS_RESULT("x", kept_until),
                                credential_method_await_free, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RequestRenewal", SD_BUS_ARGS("s", id, "a{sv}", factors), SD_BUS_RESULT("ay", request),
                                credential_method_request_renewal, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("GetRenewal", SD_BUS_ARGS("s", id, "a{sv}", factors), SD_BUS_RESULT("ay", request),
                                credential_method_get_renewal, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CancelRenewal", SD_BUS_ARGS("s", id, "a{sv}", factors), SD_BUS_NO_RESULT,
                                credential_method_cancel_renewal, SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("Reissue", SD_BUS_ARGS("s", id, "s", administrator), SD_BUS_RESULT("s", new_id),
                                credential_method_reissue, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Retire", SD_BUS_ARGS("s", id, "a{sv}", factors), SD_BUS_NO_RESULT, method_retire, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ReportCompromise", SD_BUS_ARGS("s", id, "a{sv}", factors), SD_BUS_RESULT("a{sv}", result),
                                credential_method_report_compromise, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Release", SD_BUS_ARGS("s", id), SD_BUS_NO_RESULT, credential_method_release, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int credential_bus_register(Manager *m) {
        return sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_CREDENTIAL, vtable, m);
}
