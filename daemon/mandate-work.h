/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files that make up the interface Mandate; nobody else includes it. A call that gives, revokes or shows mandates. */

#include "daemon/call.h"
#include "daemon/mandate.h"
#include "daemon/pin.h"

typedef struct MandateListed {
        Mandate mandate;
        const char *status;
        char *seal; /* the credential's label */
        KeyAlgorithm algorithm;
} MandateListed;

typedef struct MandateWork {
        Call call;
        char account[17];   /* of the session; empty: the operator, or the Unix user itself */
        char machine[33];
        char *user_name;    /* of the uid that it is about; NULL: none */
        Secret *otp, *pin;
        Pin tried;          /* the record that `pin` is held against */
        int opened;
        Store *store;
        Mandate mandate;    /* to be given, or its id */
        bool own;           /* the caller's Unix user's */
        Credential *record;
        MandateListed *listed;
        size_t n_listed;
        int64_t until;
} MandateWork;

int mandate_work_new(Manager *m, sd_bus_message *message, MandateWork **ret, sd_bus_error *error);

/* The call is in the name of the session's account. */
int mandate_work_set_session(MandateWork *w, const char *session, sd_bus_error *error);

/* Asks for the name of a uid, into w->user_name, and goes on with `then`: with 0, with -ESRCH where there is no such user, or another error. */
int mandate_work_look_up(MandateWork *w, uid_t uid, CallThen then, sd_bus_error *error);

/* Reads an id of a record. */
int mandate_read_id(sd_bus_message *m, char ret[static 2 * ID_RECORD + 1], sd_bus_error *error);

/* The parts of the vtable in mandate-list-bus.c. */
int mandate_method_list(sd_bus_message *message, void *userdata, sd_bus_error *error);
int mandate_method_get_certificates(sd_bus_message *message, void *userdata, sd_bus_error *error);
