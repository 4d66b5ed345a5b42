/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by credential-bus.c and credential-users-bus.c; nobody else includes it. A call on a credential, and the factors that say in whose name. */

#include "daemon/call.h"
#include "daemon/credential-job.h"

typedef struct CredentialCall {
        Call call;
        CredentialJob job;
        View certificates[CHAIN_MAX];
} CredentialCall;

int credential_call_new(Manager *m, sd_bus_message *message, CredentialCall **ret, sd_bus_error *error);
void credential_call_freep(CredentialCall **c);
#define _cleanup_credential_call_ _cleanup_(credential_call_freep)

/* Leaves the call to the loop when its first step took it. */
int credential_call_started(int r, CredentialCall **c);

typedef enum FactorSet {
        FACTORS_SESSION,  /* session */
        FACTORS_CODE,     /* session with otp, both or neither */
        FACTORS_PASSWORD, /* session with password, both or neither */
} FactorSet;

/* Reads the factors (which come last or next), and settles in whose name the call is: with a session in its account's, without in the
 * operator's; then polkit is asked for org.sygnet.manage-seals, and `handler` is called again: 1. 0 to go on, negative with `error` set. */
int credential_call_factors(CredentialCall *c, FactorSet set, sd_bus_message_handler_t handler, sd_bus_error *error);

/* Reads a credential's id. */
int credential_call_read_id(CredentialCall *c, sd_bus_error *error);

/* A `then`: an empty reply, or the error that the outcome is. */
int credential_call_then_done(Call *call, int result, sd_bus_error *error);

/* The second half of the vtable, that of a seal's users. */
int credential_method_list_users(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_add_user(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_remove_user(sd_bus_message *message, void *userdata, sd_bus_error *error);
int credential_method_break_lease(sd_bus_message *message, void *userdata, sd_bus_error *error);
