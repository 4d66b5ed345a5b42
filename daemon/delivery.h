/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The loop's part of the outbox: hands what is due to the courier, a few messages at a time, and writes down what became of them. It begins by
 * itself when a job has put a message in (manager.c); nobody has to remember. What it hands over it has claimed on disk before, and what was
 * not answered when the service ends is repeated as the same message.
 *
 * Where the courier has nothing for a channel, or is not there at all, messages wait, for the operator's eyes too; it is tried once a minute, and
 * when another courier takes the name. */

#include "daemon/manager.h"

/* Takes up what waits. By then the bus, the store and its source are there. */
int delivery_start(Manager *m);

/* Something may be due: a new message, another time. Cheap. */
void delivery_wake(Manager *m);

/* Nothing is begun any more, and answers are not waited for; jobs of the store may still come back. */
void delivery_stop(Manager *m);

/* After the store was closed. Takes NULL, returns NULL. */
Delivery *delivery_free(Delivery *d);
