/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.CA1: what was issued, with the state of each. */

#include <errno.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "ca/methods.h"
#include "ca/reply.h"
#include "ca/task.h"

#define LIST_DEFAULT 100U
#define LIST_MAX 1000U

typedef struct List {
        Task task;
        uint32_t limit;
        uint64_t before;
        EntryList list;
        States *states;
        StateRecord *records; /* one for each entry */
} List;

static void list_destroy(Task *t) {
        List *l = (List *) t;

        entry_list_done(&l->list);
        free(l->records);
}

static int read_list(List *l, sd_bus_message *m, sd_bus_error *error) {
        BusOption options[] = {
                { "before", bus_option_u64, &l->before },
                { "limit", bus_option_u32, &l->limit },
        };
        int r;

        l->limit = LIST_DEFAULT;
        r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        return r < 0 ? r : bus_check_limit(l->limit, LIST_MAX, error);
}

static int list_store(Txn *t, void *userdata) {
        List *l = userdata;
        int r;

        r = register_list(t, l->limit, l->before > INT64_MAX ? INT64_MAX : (int64_t) l->before, &l->list);
        if (r >= 0)
                r = states_update(l->states, t);
        if (r < 0)
                return r;
        l->records = calloc(l->list.n + 1, sizeof(*l->records));
        if (!l->records)
                return -ENOMEM;
        for (size_t i = 0; i < l->list.n; i++) {
                const StateRecord *record = states_find(l->states, l->list.entries[i].certificate.serial);

                if (!record)
                        return -EBADMSG;
                l->records[i] = *record;
        }
        return 0;
}

static int append_entry(sd_bus_message *reply, const Entry *e, const StateRecord *s) {
        const Certificate *c = &e->certificate;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}", "number", "t", (uint64_t) e->number, "serial", "s", c->serial, "subject", "s", c->subject,
                                          "profile", "s", profile_to_string(e->profile));
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "not_before", "x", c->not_before, "not_after", "x", c->not_after, "issued", "x", e->issued);
        if (r >= 0)
                r = append_state(reply, s);
        if (r >= 0)
                r = bus_append_bytes(reply, "certificate", bytes_view(&c->der));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int list_stored(Task *t, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        List *l = (List *) t;
        int r;

        if (result < 0)
                return fail_store(result, error);
        r = sd_bus_message_new_method_return(t->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < l->list.n; i++)
                r = append_entry(reply, &l->list.entries[i], &l->records[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : send_reply(reply);
}

int method_list(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ List *l = NULL;
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_READ, method_list, userdata, error);
        if (r != 0)
                return r;
        r = task_new(a, m, sizeof(*l), list_destroy, &l, error);
        if (r < 0)
                return r;
        l->states = a->states;
        r = read_list(l, m, error);
        if (r >= 0)
                r = task_store(&l->task, list_store, list_stored, error);
        if (r < 0)
                return r;
        TAKE_PTR(l);
        return 1;
}
