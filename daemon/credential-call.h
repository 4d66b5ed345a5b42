/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files that make up the interface Credential; nobody else includes it. A call on a credential, and the
 * factors that say in whose name. */

#include "daemon/call.h"
#include "daemon/credential-job.h"

typedef int (*CredentialRun)(Txn *t, CredentialJob *j);

typedef struct CredentialCall {
        Call call;
        CredentialJob job;
        CredentialRun run; /* the job under way */
        View certificates[CHAIN_GIVEN_MAX];
        const struct CredentialMethod *method; /* that goes on after the PIN was tried */
        sd_bus_slot *slot;                     /* of a call to another service */
} CredentialCall;

int credential_call_new(Manager *m, sd_bus_message *message, CredentialCall **ret, sd_bus_error *error);

typedef enum FactorSet {
        FACTORS_SESSION,  /* session */
        FACTORS_CODE,     /* session with otp, both or neither; with them pin, which is tried before `run` */
        FACTORS_KEY,      /* session with what opens a key: password, or pin and otp; all or none */
        FACTORS_ANY,      /* session with otp and pin, or with password: what the kind of credential takes, `run` decides */
} FactorSet;

/* call_store() of a job on credentials. */
int credential_call_store(CredentialCall *c, CredentialRun run, CallThen then, sd_bus_error *error);

/* A method on one credential: its arguments are the credential's id, what `read` reads (NULL: nothing), and factors. */
typedef struct CredentialMethod CredentialMethod;
struct CredentialMethod {
        sd_bus_message_handler_t handler; /* itself, for the gate */
        int (*read)(CredentialCall *c, sd_bus_error *error);
        FactorSet factors;
        CredentialRun run;
        CallThen then;
};

/* Such a method from the gate to its job. The factors settle in whose name the call is: with a session in its account's, without in the
 * operator's; then polkit is asked for org.sygnet.manage-seals too. What a handler returns. */
int credential_call_begin(sd_bus_message *message, Manager *m, const CredentialMethod *method, sd_bus_error *error);

/* Reads a credential's id. */
int credential_call_read_id(CredentialCall *c, sd_bus_error *error);

/* A reply that is an array of what `append` appends, `n` times. */
int credential_call_reply_array(Call *call, const char *type, size_t n, int (*append)(sd_bus_message *reply, const CredentialCall *c, size_t i));

/* The error that an outcome is, with what the job says about it. Returns a negative errno. */
int credential_call_set_error(const CredentialCall *c, int result, sd_bus_error *error);

/* Refuses what is no PIN before anything is tried or spent. */
int credential_call_check_pin(const CredentialCall *c, sd_bus_error *error);

/* A `then`: an empty reply, or the error that the outcome is. */
int credential_call_then_done(Call *call, int result, sd_bus_error *error);

/* The parts of the vtable that stand elsewhere: what is listed, and a seal's users. */
int credential_method_list(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_get_certificates(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_get_policy(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_set_policy(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_list_users(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_add_user(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_remove_user(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_invite_user(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_list_invitations(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_request_activation(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_activate(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_request_renewal(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_get_renewal(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_cancel_renewal(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_reissue(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_break_lease(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_report_compromise(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_release(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_await_free(sd_bus_message *message, void *userdata, sd_bus_error *error);
