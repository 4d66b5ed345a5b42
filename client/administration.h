/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How a seal is administered: by its Administrator, with session and one-time code, or by an operator, without. Shared by the verbs of the group
 * “seal”. */

#include <systemd/sd-bus.h>

#include "base/secret.h"
#include "client/dict.h"
#include "client/session-choice.h"

typedef struct Administration {
        Dict seal;
        SessionChoice session;
        Secret *otp, *pin;
} Administration;

/* What the verb does with the seal. */
typedef enum AdministrationKind {
        ADMINISTRATION_LOOK, /* takes no code */
        ADMINISTRATION_TAKE, /* a power away, or a lease: a code */
        ADMINISTRATION_GIVE, /* somebody the power to seal: what sealing takes; the verb has --pin-file */
} AdministrationKind;

void administration_done(Administration *a);

/* The seal that the verb's first argument names; an operator sees all of them. */
int seal_find(Client *c, bool operator, Dict *ret);

/* Finds the seal, and, unless --operator was given, a session, and asks for what the verb takes. */
int administration_begin(Client *c, AdministrationKind kind, Administration *a);

/* The asking alone, where seal and session are known. */
int administration_ask(Client *c, AdministrationKind kind, Administration *a);

/* The factors a{sv}, for calls that are not of the interface Credential. */
int administration_append_factors(sd_bus_message *m, const Administration *a);

/* Begins method(id, …) of the interface Credential; what stands between id and factors is appended by the caller. */
int administration_call(Client *c, const char *method, const Administration *a, sd_bus_message **ret);

/* Appends the factors and sends it, with call_send()'s `tolerated` or without. `ret_reply` may be NULL. */
int administration_send_tolerant(Client *c, sd_bus_message *m, const Administration *a, const char *tolerated, sd_bus_message **ret_reply);
int administration_send(Client *c, sd_bus_message *m, const Administration *a, sd_bus_message **ret_reply);

/* Both, for a method that takes nothing more, or one string (NULL: none). */
int administer(Client *c, const char *method, const char *argument, const Administration *a, sd_bus_message **ret_reply);
