/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Calls of the services. Errors become a sentence in the user's language, what to do next, and an exit code. Interactive
 * authorisation is allowed on every call. */

#include <systemd/sd-bus.h>

#include "base/secret.h"
#include "client/client.h"
#include "client/dict.h"

typedef struct Service {
        const char *bus_name;
        const char *path;
} Service;

extern const Service service_sygnet;
extern const Service service_ca;
extern const Service service_trust;

static inline void message_unrefp(sd_bus_message **m) {
        sd_bus_message_unref(*m);
}
#define _cleanup_message_ _cleanup_(message_unrefp)

/* Begins a call, connecting if need be. */
int call_new(Client *c, const Service *service, const char *interface, const char *method, sd_bus_message **ret);

/* Sends it. `ret_reply` may be NULL. When the service answers with an error that `tolerated` names (several are separated by a blank; it may be
 * NULL), nothing is said and -EAGAIN returned, with the name in c->tolerated: the caller handles it. */
int call_send(Client *c, sd_bus_message *m, const char *tolerated, sd_bus_message **ret_reply);

/* The same for a call that is answered after so many seconds at the latest. */
int call_send_within(Client *c, sd_bus_message *m, unsigned seconds, const char *tolerated, sd_bus_message **ret_reply);

/* Both, for calls whose arguments sd_bus_message_append(3) can say. */
int call(Client *c, const Service *service, const char *interface, const char *method, sd_bus_message **ret_reply, const char *types, ...);

/* Such a call whose answer is a record, or a list of them. */
int call_for_dict(Client *c, const Service *service, const char *interface, const char *method, Dict *ret, const char *types, ...);
int call_for_dicts(Client *c, const Service *service, const char *interface, const char *method, DictList *ret, const char *types, ...);

/* Such a call that may fail without a word: 0 or a negative errno. */
int call_quietly(Client *c, const Service *service, const char *interface, const char *method, sd_bus_message **ret_reply, const char *types, ...);

/* A call that returns one string, copied. */
int call_for_string(Client *c, sd_bus_message *m, const char *tolerated, char **ret);

/* A property of type s or u as text, copied. `quiet` says nothing about failure. */
int get_property(Client *c, const Service *service, const char *interface, const char *name, bool quiet, char **ret);

/* An entry {key: secret} of an a{sv} that is being written. */
int append_secret_entry(sd_bus_message *m, const char *key, const Secret *s);
int append_string_entry(sd_bus_message *m, const char *key, const char *value);

/* A call could not be put together, or its reply not be read: says so. */
int fail_message(int error);
