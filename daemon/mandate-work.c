/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls on mandates; see mandate-work.h. */

#include <errno.h>
#include <string.h>

#include "bus/error.h"
#include "bus/names.h"
#include "daemon/mandate-work.h"
#include "daemon/session-bus.h"
#include "daemon/session.h"
#include "daemon/user-name.h"

static void destroy(Call *call) {
        MandateWork *w = (MandateWork *) call;

        free(w->user_name);
        secret_free(w->otp);
        secret_free(w->pin);
        pin_done(&w->tried);
        mandate_done(&w->mandate);
        credential_free(w->record);
        for (size_t i = 0; i < w->n_listed; i++) {
                mandate_done(&w->listed[i].mandate);
                free(w->listed[i].seal);
        }
        free(w->listed);
}

int mandate_work_new(Manager *m, sd_bus_message *message, MandateWork **ret, sd_bus_error *error) {
        MandateWork *w;
        int r;

        r = call_new(m, message, sizeof(*w), destroy, &w, error);
        if (r < 0)
                return r;
        strcpy(w->machine, m->machine_id);
        w->store = m->store;
        *ret = w;
        return 0;
}

int mandate_work_set_session(MandateWork *w, const char *session, sd_bus_error *error) {
        Session *s;
        int r;

        r = session_find(w->call.manager, session, w->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        strcpy(w->account, s->account);
        return 0;
}

static void on_name(int result, const char *name, void *userdata) {
        MandateWork *w = userdata;

        if (result >= 0) {
                w->user_name = strdup(name);
                if (!w->user_name)
                        result = -ENOMEM;
        }
        call_resume(&w->call, result);
}

int mandate_work_look_up(MandateWork *w, uid_t uid, CallThen then, sd_bus_error *error) {
        int r;

        w->call.then = then;
        r = user_name_lookup(w->call.manager, uid, on_name, w);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

int mandate_read_id(sd_bus_message *m, char ret[static 2 * ID_RECORD + 1], sd_bus_error *error) {
        const char *id;
        int r;

        r = sd_bus_message_read(m, "s", &id);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (!id_is_valid(ID_RECORD, id))
                return bus_error_set(error, ERROR_NOT_FOUND, NULL);
        strcpy(ret, id);
        return 0;
}
