/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon as one object: what every part of it needs and main() owns. Everything here lives on the loop's thread; jobs of the
 * store and the workers get copies. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "bus/gate.h"
#include "daemon/worker.h"
#include "store/store.h"

typedef struct SessionTable SessionTable;     /* daemon/session.h */
typedef struct OperationTable OperationTable; /* daemon/operation.h */
typedef struct KeyCache KeyCache;             /* daemon/key-cache.h */

typedef struct Settings {
        int64_t session_idle;       /* seconds without a signature after which a session ends; 180 (D2) */
        int64_t session_max_age;    /* of a remembered session; 8 h */
        unsigned session_max_signatures; /* of a remembered session; 10000 */
        int64_t lease_idle;         /* 180 */
        int64_t lease_max_age;      /* 30 min */
        char *support_contact;      /* E12; may be NULL */
        char *issuer;               /* shown by authenticators; "Sygnet" */
} Settings;

typedef struct Manager {
        sd_event *event;
        sd_bus *bus;
        Gate *gate;
        Store *store;
        WorkerPool *workers;
        Settings settings;
        SessionTable *sessions;
        OperationTable *operations;
        KeyCache *keys;
        char machine_id[33];
} Manager;
