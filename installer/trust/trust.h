/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The trust service as a running thing: what its methods share. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "bus/gate.h"
#include "installer/trust/change.h"

typedef struct Trust {
        sd_event *event;
        sd_bus *bus;
        Gate *gate;
        Stores stores;
        ChangeQueue *changes;
        const char *checker;    /* path of sygnet-trust-check */
        struct Call *calls;     /* that are not answered yet */
        unsigned n_calls;
        uint64_t idle_usec;     /* after which the service ends */
        sd_event_source *idle;
        sd_bus_slot *release;
} Trust;

/* trust.c */
int trust_start(Trust *t);
void trust_stop(Trust *t);

/* Something was asked for: the time until the service ends begins anew. */
void trust_touch(Trust *t);

/* call.c: forgets the calls that are not answered. */
void trust_calls_stop(Trust *t);

/* trust-bus.c */
int trust_bus_register(Trust *t);

/* Methods: inspect-bus.c, install-bus.c, stores-bus.c */
int method_inspect(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_inspect_file(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_install(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_install_all(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_remove(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_stores(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_state(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* stores-bus.c: an entry {key: as} with the words of the bits of `stores`. */
int append_store_words(sd_bus_message *m, const char *key, unsigned stores);

/* What each store of this system holds; those that are not there, or cannot be read, are empty. */
typedef struct Surveys {
        Survey items[STORE_MAX];
        unsigned present; /* bits */
} Surveys;

int surveys_make(const Stores *s, Surveys *ret);
void surveys_done(Surveys *s);
#define _cleanup_surveys_ _cleanup_(surveys_done)

/* The stores that hold a certificate, for whatever purpose: bits. */
unsigned surveys_find(const Surveys *s, const char *fingerprint);
