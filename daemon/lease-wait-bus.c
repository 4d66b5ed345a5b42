/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Credential.AwaitFree. The vtable is in credential-bus.c. */

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/credential-call.h"
#include "daemon/lease-wait.h"

int credential_method_await_free(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ LeaseWait *w = NULL;
        uint32_t timeout = LEASE_WAIT_MAX;
        BusOption options[] = { { "timeout", bus_option_u32, &timeout, false } };
        const char *id, *session;
        Manager *m = userdata;
        Session *s;
        uid_t uid;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, credential_method_await_free, userdata, error);
        if (r != 0)
                return r;
        r = sd_bus_message_read(message, "ss", &id, &session);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = bus_message_read_options(message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        if (timeout > LEASE_WAIT_MAX)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "Nobody can wait for longer than %d seconds.", LEASE_WAIT_MAX);
        r = gate_sender_uid(m->gate, message, &uid);
        if (r < 0)
                return bus_error_set_errno(error, r);
        if (!id_is_valid(ID_RECORD, id))
                return bus_error_set(error, ERROR_NOT_FOUND, NULL);
        if (session_find(m, session, uid, &s) < 0)
                return bus_error_set(error, ERROR_NO_SESSION, NULL);
        r = lease_wait_new(m, message, id, s, timeout, &w, error);
        return r < 0 ? r : call_started(lease_wait_start(w, error), &w);
}
