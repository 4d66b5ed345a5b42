/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet-ca-keyd: takes its options and serves org.sygnet.CAKey1. */

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "bus/names.h"
#include "bus/service.h"
#include "ca-key/key-service.h"
#include "config.h"
#include "crypto/init.h"

#define CALLER "sygnet-ca" /* sygnet-cad's user */

static const char *arg_conf = SYGNET_SYSCONFDIR "/sygnet-ca-key.conf";
static const char *arg_pin_file = SYGNET_SYSCONFDIR "/keys/sygnet-ca-key.pin";

static const ServiceOption options[] = {
        { "conf", "FILE", "the configuration (" SYGNET_SYSCONFDIR "/sygnet-ca-key.conf)", &arg_conf, NULL },
        { "pin-file", "FILE", "the token's PIN, where systemd hands over none (" SYGNET_SYSCONFDIR "/keys/sygnet-ca-key.pin)", &arg_pin_file, NULL },
};

/* Once, before anything can wait for it. */
static int find_caller(uid_t *ret) {
        const struct passwd *user = getpwnam(CALLER);

        if (!user) {
                service_log(SD_ERR, "There is no user “" CALLER "”, who alone may use the CA's key. Install Sygnet wholly.");
                return -ESRCH;
        }
        *ret = user->pw_uid;
        return 0;
}

static int serve(KeyService *s) {
        int r;

        r = worker_pool_new(s->event, 1, &s->workers);
        if (r >= 0)
                r = key_bus_register(s);
        if (r < 0)
                service_log(SD_ERR, "The service cannot start: %s", strerror(-r));
        return r < 0 ? r : service_serve(s->bus, s->event, CA_KEY_BUS_NAME);
}

static int run(KeyService *s) {
        int r;

        r = crypto_init();
        if (r < 0)
                service_log(SD_ERR, "GnuTLS cannot be started.");
        if (r >= 0)
                r = find_caller(&s->caller);
        if (r >= 0)
                r = service_event(&s->event);
        if (r >= 0)
                r = service_bus(s->event, false, &s->bus);
        return r < 0 ? r : serve(s);
}

static void stop(KeyService *s) {
        worker_pool_free(s->workers);
        if (s->bus)
                sd_bus_flush(s->bus);
        sd_bus_close_unref(s->bus);
        token_done(&s->token);
        sd_event_unref(s->event);
}

int main(int argc, char *argv[]) {
        KeyService s = { 0 };
        int r;

        r = service_options(argc, argv, "The CA's key in a PKCS#11 token, on the system bus as " CA_KEY_BUS_NAME ".", options, ELEMENTSOF(options));
        if (r <= 0)
                return r == 0 ? EXIT_SUCCESS : 2;
        s.token = (Token) { .conf = arg_conf, .pin.file = arg_pin_file };
        service_protect();
        service_lock_memory();
        r = run(&s);
        stop(&s);
        service_unprotect();
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
