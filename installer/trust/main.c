/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet-trustd: takes its options and serves org.sygnet.Trust1 until nobody needs it. */

#include <errno.h>
#include <string.h>

#include "base/conf.h"
#include "bus/names.h"
#include "bus/service.h"
#include "config.h"
#include "crypto/init.h"
#include "installer/trust/trust.h"

static const char *arg_root = "";
static const char *arg_checker = SYGNET_LIBEXECDIR "/sygnet-trust-check";
static const char *arg_update = NULL;
static const char *arg_idle = "30"; /* seconds */

static const ServiceOption options[] = {
        { "root", "DIR", "the system whose files are changed (/)", &arg_root, NULL },
        { "checker", "FILE", "what reads certificates (" SYGNET_LIBEXECDIR "/sygnet-trust-check)", &arg_checker, NULL },
        { "update-command", "FILE", "what rebuilds the store (/usr/sbin/update-ca-certificates)", &arg_update, NULL },
        { "idle", "SECONDS", "end after so long without a call (30)", &arg_idle, NULL },
};

static int serve(Trust *t) {
        int r;

        r = trust_start(t);
        if (r < 0)
                service_log(SD_ERR, "The service cannot start: %s", strerror(-r));
        return r < 0 ? r : service_serve(t->bus, t->event, TRUST_BUS_NAME);
}

static int run(Trust *t) {
        int r;

        r = crypto_init();
        if (r < 0) {
                service_log(SD_ERR, "GnuTLS cannot be started.");
                return r;
        }
        t->checker = arg_checker;
        r = stores_init(&t->stores, arg_root);
        if (r < 0) {
                service_log(SD_ERR, "%s cannot be made: %s", t->stores.records ?: "The directory of the records", strerror(-r));
                return r;
        }
        t->stores.update = arg_update;
        r = service_event(&t->event);
        if (r >= 0)
                r = change_queue_new(t->event, &t->stores, &t->changes);
        if (r >= 0)
                r = service_bus(t->event, false, &t->bus);
        return r < 0 ? r : serve(t);
}

int main(int argc, char *argv[]) {
        Trust t = { 0 };
        int64_t idle;
        int r;

        r = service_options(argc, argv, "CA certificates in the system's trust store, on the system bus as " TRUST_BUS_NAME ".", options,
                            ELEMENTSOF(options));
        if (r <= 0)
                return r == 0 ? EXIT_SUCCESS : 2;
        if (conf_seconds(arg_idle, &idle) < 0 || idle < 1 || idle > 86400) {
                fputs("--idle is 1 to 86400 seconds.\n", stderr);
                return 2;
        }
        t.idle_usec = (uint64_t) idle * 1000000;
        service_protect();
        r = run(&t);
        trust_stop(&t);
        service_unprotect();
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
