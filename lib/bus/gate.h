/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The gate: asks polkit, asynchronously, and fails closed. A handler begins with
 *
 *         r = gate_pass(gate, m, ACTION_USE, handler, userdata, error);
 *         if (r != 0)
 *                 return r;   // 1: parked, the handler will be called again; negative: refused, error set
 *
 * and reads no argument and changes nothing before. While polkit thinks the message is parked; when the answer is there
 * the handler is called again with the same message, rewound, and gate_pass() returns 0 or the refusal. (A handler that returns
 * 0 has not known the method, as sd-bus sees it; hence the 1.) A handler may ask for
 * several actions, one after the other. Parked calls are capped per sender; a sender that leaves the bus has its checks
 * cancelled and its messages dropped. Every caller is asked about, root too. The subject is the bus name of the sender
 * ("system-bus-name"), never a pid.
 *
 * An answer that was given without a challenge is remembered for at most 5 s, for one sender and action, and forgotten when
 * polkit says that something changed. */

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "base/cleanup.h"
#include "bus/watch.h"

/* Calls that may wait for polkit at once: of one sender, of one user where many wait, and in all. The
 * message bus lets a connection wait for 128 replies (max_replies_per_connection), and the gate is not the only one who asks. */
#define GATE_PARKED_PER_SENDER 16U
#define GATE_PARKED_PER_USER 32U
#define GATE_PARKED_MAX 96U

/* And by size: one user's calls may take this many bytes together beside the largest of them, which may be as large as the bus lets it be. Calls
 * below GATE_SMALL are not counted: as many of them as one user may have come to less. */
#define GATE_PARKED_BYTES (8U << 20)
#define GATE_SMALL (64U << 10)

typedef struct Gate Gate;

/* `bus` is referenced. Waits for the bus to accept the matches: for start-up. */
int gate_new(sd_bus *bus, Gate **ret);
Gate *gate_free(Gate *g);
DEFINE_CLEANUP(Gate *, gate_free);

/* Interactive authentication is asked for only when the message allows it (sd_bus_message_get_allow_interactive_authorization). */
int gate_pass(Gate *g, sd_bus_message *m, const char *action, sd_bus_message_handler_t handler, void *userdata, sd_bus_error *error);

/* Whether no call waits for polkit: a service that ends when it is idle asks first. */
bool gate_is_idle(const Gate *g);

/* The Unix user of a message's sender, as bus_sender_uid(); the bus is asked only the first time. */
int gate_sender_uid(Gate *g, sd_bus_message *m, uid_t *ret);

/* Notes the sender of `m` (watch.h), from now on. */
int gate_watch(Gate *g, sd_bus_message *m, Watch **ret);
