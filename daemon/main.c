/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnetd: takes its options, makes the process fit to hold keys, opens the store, and runs the loop. What goes wrong at start is
 * told with what to do about it. */

#include <errno.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "bus/names.h"
#include "bus/service.h"
#include "config.h"
#include "crypto/init.h"
#include "daemon/account.h"
#include "daemon/audit.h"
#include "daemon/clock.h"
#include "daemon/code.h"
#include "daemon/credential.h"
#include "daemon/manager.h"
#include "daemon/outbox.h"
#include "daemon/schema.h"
#include "daemon/settings.h"

static const char *arg_state = "/var/lib/sygnet";
static const char *arg_host_key; /* NULL: $CREDENTIALS_DIRECTORY, else the default file */
static const char *arg_conf = SYGNET_SYSCONFDIR "/sygnetd.conf";

static bool arg_accept_rollback;

static const ServiceOption options[] = {
        { "state", "DIR", "the store's directory (/var/lib/sygnet)", &arg_state, NULL },
        { "host-key", "FILE", "the host's key to the store, 32 bytes", &arg_host_key, NULL },
        { "conf", "FILE", "settings (" SYGNET_SYSCONFDIR "/sygnetd.conf)", &arg_conf, NULL },
        { "accept-rollback", NULL, "accept that the store is an older copy, and end", NULL, &arg_accept_rollback },
};

static int read_settings(Manager *m) {
        unsigned line;
        int r;

        r = settings_read(arg_conf, &m->settings, &line);
        if (r == -EINVAL && line > 0)
                service_log(SD_ERR, "%s, line %u: no such setting, or no such value. Correct the line.", arg_conf, line);
        else if (r == -EINVAL)
                service_log(SD_ERR, "%s: a value is out of its bounds; see sygnetd.conf(5).", arg_conf);
        else if (r < 0)
                service_log(SD_ERR, "%s: %s", arg_conf, strerror(-r));
        return r;
}

static int open_store(Manager *m) {
        _cleanup_secret_ Secret *key = NULL;
        int r;

        r = service_host_key(arg_host_key, SYGNET_SYSCONFDIR "/keys/sygnetd.key", &key);
        if (r < 0)
                return r;
        r = store_open(arg_state, &daemon_schema, secret_view(key), &m->store);
        if (r < 0)
                service_log_store_error(arg_state, "sygnetd", r);
        return r;
}

/* Records of an earlier version, in the form of this one. */
static int run_upgrade(Txn *t, void *userdata) {
        int r;

        r = account_upgrade(t);
        return r < 0 ? r : credential_upgrade(t);
}

static int upgrade(Manager *m) {
        int r;

        r = store_run(m->store, run_upgrade, NULL);
        if (r < 0)
                service_log(SD_ERR, "%s: the records of an earlier version cannot be taken over: %s", arg_state, strerror(-r));
        return r;
}

static int run_accept(Txn *t, void *userdata) {
        const AuditEntry e = { .event = "rollback-accept", .uid = (int64_t) getuid(), .now = clock_now() };
        int r;

        r = txn_accept_rollback(t);
        /* Codes may have been used since, and messages been delivered. */
        if (r >= 0)
                r = code_void_all(t);
        if (r >= 0)
                r = outbox_cancel_all(t, e.now);
        return r < 0 ? r : audit_append(t, &e);
}

/* An operator's word that a store which was put back is to be used as it is. */
static int accept_rollback(Manager *m) {
        int r;

        if (!store_is_rolled_back(m->store)) {
                service_log(SD_NOTICE, "%s: the store is no older copy; there is nothing to accept.", arg_state);
                return 0;
        }
        r = store_run(m->store, run_accept, NULL);
        if (r < 0)
                service_log(SD_ERR, "%s: %s", arg_state, strerror(-r));
        return r;
}

static int read_machine_id(Manager *m) {
        sd_id128_t id;
        int r;

        r = sd_id128_get_machine(&id);
        if (r < 0) {
                service_log(SD_ERR, "This machine has no id in /etc/machine-id (%s). Run “systemd-machine-id-setup”.", strerror(-r));
                return r;
        }
        sd_id128_to_string(id, m->machine_id);
        return 0;
}

static int serve(Manager *m) {
        int r;

        r = manager_start(m);
        if (r < 0)
                service_log(SD_ERR, "The service cannot start: %s", strerror(-r));
        return r < 0 ? r : service_serve(m->bus, m->event, SYGNET_BUS_NAME);
}

static int run(Manager *m) {
        int r;

        r = crypto_init();
        if (r < 0) {
                service_log(SD_ERR, "GnuTLS cannot be started.");
                return r;
        }
        r = service_event(&m->event);
        if (r >= 0)
                r = read_settings(m);
        if (r >= 0)
                r = open_store(m);
        if (r >= 0)
                r = upgrade(m);
        if (r < 0)
                return r;
        if (arg_accept_rollback)
                return accept_rollback(m);
        if (store_is_rolled_back(m->store))
                service_log(SD_WARNING, "%s is an older copy: codes that were used may look unused in it, so codes and messages are frozen. "
                         "If it was put back on purpose, stop the service, run “sygnetd --accept-rollback” as its user, and start it again.", arg_state);
        r = read_machine_id(m);
        if (r >= 0)
                r = service_bus(m->event, true, &m->bus);
        return r < 0 ? r : serve(m);
}

int main(int argc, char *argv[]) {
        Manager m = { 0 };
        int r;

        r = service_options(argc, argv, "The signing service, on the system bus as " SYGNET_BUS_NAME ".", options, ELEMENTSOF(options));
        if (r <= 0)
                return r == 0 ? EXIT_SUCCESS : 2;
        service_protect();
        service_lock_memory();
        r = run(&m);
        manager_stop(&m);
        service_unprotect();
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
