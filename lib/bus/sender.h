/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which Unix user a sender is. The bus is asked once for each connection: it never gives a unique name twice while it runs, and a connection keeps the
 * user that it proved to be. To ask is to wait for the bus on the loop, so it is not done for each call. */

#include <systemd/sd-bus.h>

/* Connections that are known at once. Of more the one known longest is asked about again. */
#define SENDERS_MAX 64U

typedef struct SenderTable {
        struct {
                char name[32]; /* empty: a free place; a longer name is asked about each time */
                uid_t uid;
        } senders[SENDERS_MAX];
        unsigned next;
} SenderTable;

int sender_uid(SenderTable *t, sd_bus_message *m, uid_t *ret);

/* The connection is gone. */
void sender_forget(SenderTable *t, const char *name);
