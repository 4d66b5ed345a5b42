/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The authority; see authority.h. */

#include <sys/epoll.h>

#include "ca/authority.h"
#include "ca/publisher.h"

#define SIGNERS 4U

static int load_root(Txn *t, void *userdata) {
        return register_load_root(t, userdata);
}

static int on_store(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Authority *a = userdata;

        store_dispatch(a->store);
        return 0;
}

int authority_start(Authority *a) {
        int r;

        r = store_run(a->store, load_root, &a->root);
        if (r < 0)
                return r;
        r = sd_event_add_io(a->event, &a->store_source, store_fd(a->store), EPOLLIN, on_store, a);
        if (r >= 0)
                r = worker_pool_new(a->event, 0, &a->workers);
        if (r >= 0)
                r = worker_pool_new(a->event, SIGNERS, &a->signers);
        if (r >= 0)
                r = key_host_new(&a->key_host);
        if (r >= 0)
                r = gate_new(a->bus, &a->gate);
        if (r >= 0)
                r = states_new(&a->states);
        if (r >= 0)
                r = publisher_new(a, &a->publisher);
        return r < 0 ? r : authority_bus_register(a);
}

void authority_stop(Authority *a) {
        publisher_stop(a->publisher);
        key_host_stop(a->key_host);
        /* Workers first: what they finish still goes to the store, and what the store finishes is answered on the bus. */
        a->workers = worker_pool_free(a->workers);
        a->signers = worker_pool_free(a->signers);
        a->store_source = sd_event_source_disable_unref(a->store_source);
        a->store = store_close(a->store);
        a->publisher = publisher_free(a->publisher);
        a->states = states_free(a->states);
        a->gate = gate_free(a->gate);
        a->key_host = key_host_free(a->key_host);
        if (a->bus)
                sd_bus_flush(a->bus);
        a->bus = sd_bus_close_unref(a->bus);
        a->root = root_free(a->root);
        ca_settings_done(&a->settings);
        a->event = sd_event_unref(a->event);
}
