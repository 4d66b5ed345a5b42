/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Puts the daemon together and takes it apart; see manager.h. */

#include <errno.h>
#include <systemd/sd-daemon.h>

#include "bus/names.h"
#include "daemon/audit-head.h"
#include "daemon/delivery.h"
#include "daemon/key-cache.h"
#include "daemon/lease-wait.h"
#include "daemon/lease.h"
#include "daemon/mandate-call.h"
#include "daemon/manager.h"
#include "daemon/operation.h"
#include "daemon/outbox.h"
#include "daemon/reminder.h"
#include "daemon/session-login-bus.h"
#include "daemon/session-signal-bus.h"
#include "daemon/session.h"
#include "daemon/settings.h"

/* Look-ups of user names that may hang at once. */
#define NAME_THREADS 4U

/* Persons first: who waited is kept the seal by a job that comes before those of mandates. */
static void kick(Manager *m) {
        lease_wait_kick(m);
        mandate_queue_kick(m);
}

static int on_store(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Manager *m = userdata;

        store_dispatch(m->store);
        if (lease_take_news())
                kick(m);
        if (outbox_take_news())
                delivery_wake(m);
        return 0;
}

static int register_interfaces(Manager *m) {
        static int (*const interfaces[])(Manager *m) = {
                manager_bus_register,
                account_bus_register,
                session_bus_register,
                session_signal_bus_register,
                session_login_bus_register,
                token_bus_register,
                pin_bus_register,
                credential_bus_register,
                operation_bus_register,
                mandate_bus_register,
                audit_bus_register,
                outbox_bus_register,
        };

        for (size_t i = 0; i < ELEMENTSOF(interfaces); i++) {
                int r = interfaces[i](m);

                if (r < 0)
                        return r;
        }
        return 0;
}

int manager_start(Manager *m) {
        int r;

        r = gate_new(m->bus, &m->gate);
        if (r < 0)
                return r;
        r = worker_pool_new(m->event, 0, &m->workers);
        if (r < 0)
                return r;
        r = worker_pool_new(m->event, NAME_THREADS, &m->names);
        if (r < 0)
                return r;
        r = session_table_new(m, &m->sessions);
        if (r < 0)
                return r;
        r = lease_wait_table_new(m, &m->lease_waits);
        if (r < 0)
                return r;
        r = sd_event_add_io(m->event, &m->store_source, store_fd(m->store), EPOLLIN, on_store, m);
        if (r < 0)
                return r;
        r = register_interfaces(m);
        if (r >= 0)
                r = delivery_start(m);
        if (r >= 0)
                r = audit_head_start(m);
        return r < 0 ? r : reminder_start(m);
}

/* Workers first, since what they return may go to the store; then the store, whose last answers go to the bus; then the bus. The
 * name service may hang and is waited for when all else is safe. */
void manager_stop(Manager *m) {
        if (m->sessions)
                session_end_all(m);
        delivery_stop(m);
        reminder_stop(m);
        m->audit_head = sd_event_source_disable_unref(m->audit_head);
        worker_pool_free(TAKE_PTR(m->workers));
        m->store_source = sd_event_source_disable_unref(m->store_source);
        store_close(TAKE_PTR(m->store));
        worker_pool_free(TAKE_PTR(m->names));
        m->lease_waits = lease_wait_table_free(m->lease_waits);
        m->mandates = mandate_queue_free(m->mandates);
        m->operations = operation_table_free(m->operations);
        m->keys = key_cache_free(m->keys);
        m->delivery = delivery_free(m->delivery);
        m->sessions = session_table_free(m->sessions);
        m->logins = login_watch_free(m->logins);
        m->subscribers = subscriber_table_free(m->subscribers);
        m->gate = gate_free(m->gate);
        m->bus = sd_bus_flush_close_unref(m->bus);
        m->event = sd_event_unref(m->event);
        settings_done(&m->settings);
}
