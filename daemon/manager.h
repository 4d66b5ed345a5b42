/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon as one object: what every part of it needs and main() owns. Everything here lives on the loop's thread; jobs of the
 * store and the workers get copies. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/password-rule.h"
#include "bus/gate.h"
#include "bus/worker.h"
#include "store/store.h"

typedef struct SessionTable SessionTable;     /* daemon/session.h */
typedef struct OperationTable OperationTable; /* daemon/operation.h */
typedef struct KeyCache KeyCache;             /* daemon/key-cache.h */
typedef struct Delivery Delivery;             /* daemon/delivery.h */
typedef struct LeaseWaitTable LeaseWaitTable; /* daemon/lease-wait.h */
typedef struct SubscriberTable SubscriberTable; /* daemon/session-signal-bus.h */
typedef struct LoginWatch LoginWatch;         /* daemon/session-login-bus.h */
typedef struct MandateQueue MandateQueue;     /* daemon/mandate-call.h */
typedef struct Reminders Reminders;           /* daemon/reminder.h */

typedef struct Settings {
        int64_t session_idle;       /* seconds without a signature after which a session ends; 180 (D2) */
        int64_t session_max_age;    /* of a remembered session; 8 h */
        unsigned session_max_signatures; /* of a remembered session; 10000 */
        int64_t lease_idle;         /* 180 */
        int64_t lease_max_age;      /* 30 min */
        PasswordRule password;      /* of accounts; M1 */
        int64_t code_sms_lifetime;  /* of codes by SMS; 5 min */
        int64_t code_mail_lifetime; /* of codes by mail; 24 h */
        unsigned code_attempts;     /* wrong ones until a code is void; 3 */
        unsigned code_resends;      /* messages after the first within the window; 3 */
        int64_t code_pause;         /* between them; 60 */
        int64_t code_window;        /* from the first; 1 h */
        unsigned delivery_per_account;   /* messages a day; 40 */
        unsigned delivery_per_user;      /* of a Unix user; 100 */
        unsigned delivery_per_recipient; /* 20 */
        int64_t delivery_lifetime;  /* of messages without a code; 3 d */
        int64_t delivery_keep;      /* of envelopes after their end; 7 d */
        int64_t audit_head_interval; /* at which the audit's head is sent away; 0: never */
        char *audit_head_mail;      /* where to; may be NULL */
        char *support_contact;      /* E12; may be NULL */
        char *software;             /* where to get the software that goes with a credential; E12; may be NULL */
        char *issuer;               /* shown by authenticators; "Sygnet" */
} Settings;

typedef struct Manager {
        sd_event *event;
        sd_bus *bus;
        Gate *gate;
        Store *store;
        sd_event_source *store_source;
        sd_event_source *audit_head; /* daemon/audit-head.h */
        WorkerPool *workers;
        WorkerPool *names;          /* for the name service alone, which may hang */
        Settings settings;
        SessionTable *sessions;
        OperationTable *operations;
        KeyCache *keys;
        Delivery *delivery;
        LeaseWaitTable *lease_waits;
        SubscriberTable *subscribers;
        LoginWatch *logins;
        MandateQueue *mandates;
        Reminders *reminders;
        struct Call *calls;         /* under way: daemon/call.h */
        char machine_id[33];
} Manager;

/* Makes gate, workers and tables and registers the interfaces. By then event, bus, store and settings are set. -errno. */
int manager_start(Manager *m);

/* Ends the sessions, waits for workers and the store, whose last answers still go out, and frees everything. */
void manager_stop(Manager *m);

/* The interfaces: each file that has one registers its vtable at SYGNET_OBJECT_PATH. */
int manager_bus_register(Manager *m);
int account_bus_register(Manager *m);
int session_bus_register(Manager *m);
int session_signal_bus_register(Manager *m);
int session_login_bus_register(Manager *m);
int token_bus_register(Manager *m);
int pin_bus_register(Manager *m);
int credential_bus_register(Manager *m);
int operation_bus_register(Manager *m);
int mandate_bus_register(Manager *m);
int audit_bus_register(Manager *m);
int outbox_bus_register(Manager *m);
