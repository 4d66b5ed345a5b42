/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet-cad: takes its options, opens the store, and serves org.sygnet.CA1. */

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "bus/names.h"
#include "bus/service.h"
#include "ca/authority.h"
#include "ca/schema.h"
#include "config.h"
#include "crypto/init.h"

static const char *arg_state = "/var/lib/sygnet-ca";
static const char *arg_publish = "/var/lib/sygnet-pki";
static const char *arg_conf = SYGNET_SYSCONFDIR "/sygnet-cad.conf";
static const char *arg_host_key; /* NULL: $CREDENTIALS_DIRECTORY, else the default file */

static bool arg_accept_rollback;

static const ServiceOption options[] = {
        { "state", "DIR", "the store's directory (/var/lib/sygnet-ca)", &arg_state, NULL },
        { "publish", "DIR", "where certificate and revocations are published (/var/lib/sygnet-pki)", &arg_publish, NULL },
        { "conf", "FILE", "the configuration (" SYGNET_SYSCONFDIR "/sygnet-cad.conf)", &arg_conf, NULL },
        { "host-key", "FILE", "the host's key to the store, 32 bytes", &arg_host_key, NULL },
        { "accept-rollback", NULL, "accept that the store is an older copy, and end", NULL, &arg_accept_rollback },
};

#define REPORTER "sygnet"       /* sygnetd's user */
#define RESPONDER "sygnet-ocsp" /* the OCSP responder's */

/* (uid_t) -1 where there is no such user: nobody has that number. */
static uid_t uid_of(const char *name) {
        const struct passwd *user = getpwnam(name);

        return user ? user->pw_uid : (uid_t) -1;
}

static int read_settings(Authority *a) {
        _cleanup_free_ char *problem = NULL;
        int r;

        r = ca_settings_read(arg_conf, &a->settings, &problem);
        if (r < 0)
                service_log(SD_ERR, "%s", problem ?: strerror(-r));
        a->directory = arg_publish;
        a->reporter = uid_of(REPORTER);
        a->responder = uid_of(RESPONDER);
        return r;
}

static int open_store(Authority *a) {
        _cleanup_secret_ Secret *key = NULL;
        int r;

        r = service_host_key(arg_host_key, SYGNET_SYSCONFDIR "/keys/sygnet-cad.key", &key);
        if (r < 0)
                return r;
        r = store_open(arg_state, &ca_schema, secret_view(key), &a->store);
        if (r < 0)
                service_log_store_error(arg_state, "sygnet-cad", r);
        return r;
}

static int run_accept(Txn *t, void *userdata) {
        return txn_accept_rollback(t);
}

static int accept_rollback(Authority *a) {
        int r;

        r = store_run(a->store, run_accept, NULL);
        if (r < 0)
                service_log(SD_ERR, "%s: %s", arg_state, strerror(-r));
        return r;
}

static int serve(Authority *a) {
        int r;

        if (store_is_rolled_back(a->store))
                service_log(SD_WARNING, "%s is an older copy: what was issued since it was made is not in the register. If it was put back on purpose, "
                            "run “sygnet-cad --accept-rollback” as sygnetd(8) says.", arg_state);
        r = authority_start(a);
        if (r == -EBADMSG)
                service_log(SD_ERR, "The record of the root was altered or damaged. Restore a backup with “sygnet-store”.");
        else if (r < 0)
                service_log(SD_ERR, "The service cannot start: %s", strerror(-r));
        return r < 0 ? r : service_serve(a->bus, a->event, CA_BUS_NAME);
}

static int run(Authority *a) {
        int r;

        r = crypto_init();
        if (r < 0) {
                service_log(SD_ERR, "GnuTLS cannot be started.");
                return r;
        }
        r = read_settings(a);
        if (r >= 0)
                r = service_event(&a->event);
        if (r >= 0)
                r = open_store(a);
        if (r >= 0 && arg_accept_rollback)
                return accept_rollback(a);
        if (r >= 0)
                r = service_bus(a->event, false, &a->bus);
        return r < 0 ? r : serve(a);
}

int main(int argc, char *argv[]) {
        Authority a = { 0 };
        int r;

        r = service_options(argc, argv, "The local certification authority, on the system bus as " CA_BUS_NAME ".", options, ELEMENTSOF(options));
        if (r <= 0)
                return r == 0 ? EXIT_SUCCESS : 2;
        service_protect();
        service_lock_memory();
        r = run(&a);
        authority_stop(&a);
        service_unprotect();
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
