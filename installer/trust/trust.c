/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The trust service; see trust.h. It ends when nobody needed it for a while: the name is given back first, so that the bus starts another for
 * calls that come then, and what had come before is still answered. */

#include <time.h>

#include "bus/names.h"
#include "bus/service.h"
#include "installer/trust/trust.h"

static bool is_idle(const Trust *t) {
        return t->n_calls == 0 && change_queue_is_idle(t->changes) && gate_is_idle(t->gate);
}

static int on_released(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Trust *t = userdata;

        if (is_idle(t))
                return sd_event_exit(t->event, 0);
        trust_touch(t);
        return 0;
}

static int on_idle(sd_event_source *s, uint64_t usec, void *userdata) {
        Trust *t = userdata;
        int r;

        if (!is_idle(t)) {
                trust_touch(t);
                return 0;
        }
        if (t->release)
                return sd_event_exit(t->event, 0);
        r = sd_bus_release_name_async(t->bus, &t->release, TRUST_BUS_NAME, on_released, t);
        return r < 0 ? sd_event_exit(t->event, 0) : 0;
}

void trust_touch(Trust *t) {
        if (!t->idle)
                return;
        (void) sd_event_source_set_time_relative(t->idle, t->idle_usec);
        (void) sd_event_source_set_enabled(t->idle, SD_EVENT_ONESHOT);
}

int trust_start(Trust *t) {
        int r;

        r = gate_new(t->bus, &t->gate);
        if (r >= 0)
                r = change_repair(t->changes);
        if (r >= 0)
                r = trust_bus_register(t);
        if (r >= 0)
                r = sd_event_add_time_relative(t->event, &t->idle, CLOCK_MONOTONIC, t->idle_usec, 0, on_idle, t);
        return r;
}

void trust_stop(Trust *t) {
        t->changes = change_queue_free(t->changes);
        trust_calls_stop(t);
        t->idle = sd_event_source_disable_unref(t->idle);
        t->release = sd_bus_slot_unref(t->release);
        t->gate = gate_free(t->gate);
        if (t->bus)
                sd_bus_flush(t->bus);
        t->bus = sd_bus_close_unref(t->bus);
        stores_done(&t->stores);
        t->event = sd_event_unref(t->event);
}
