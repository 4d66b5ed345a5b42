/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet-courier: takes its options and serves org.sygnet.Courier1. */

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "bus/names.h"
#include "bus/service.h"
#include "config.h"
#include "courier/courier.h"
#include "courier/transfer.h"

#define CALLER "sygnet"

static const char *arg_conf = SYGNET_SYSCONFDIR "/courier.conf";
static const char *arg_templates = SYGNET_SYSCONFDIR "/templates";
static const char *arg_shipped = SYGNET_DATADIR "/templates";
static const char *arg_passwords = SYGNET_SYSCONFDIR "/keys";

static const ServiceOption options[] = {
        { "conf", "FILE", "the configuration (" SYGNET_SYSCONFDIR "/courier.conf)", &arg_conf, NULL },
        { "templates", "DIR", "texts of your own (" SYGNET_SYSCONFDIR "/templates)", &arg_templates, NULL },
        { "shipped-templates", "DIR", "the texts where there are none (" SYGNET_DATADIR "/templates)", &arg_shipped, NULL },
        { "passwords", "DIR", "files with passwords, where systemd hands over none (" SYGNET_SYSCONFDIR "/keys)", &arg_passwords, NULL },
};

/* Once, before anything can wait for it. */
static int find_caller(uid_t *ret) {
        const struct passwd *user = getpwnam(CALLER);

        if (!user) {
                service_log(SD_ERR, "There is no user “" CALLER "”, who alone may send messages. Install Sygnet wholly.");
                return -ESRCH;
        }
        *ret = user->pw_uid;
        return 0;
}

static int serve(Courier *c) {
        int r = 0;

        for (int i = 0; r >= 0 && i < _CHANNEL_MAX; i++)
                r = worker_pool_new(c->event, COURIER_AT_ONCE, &c->workers[i]);
        if (r >= 0)
                r = courier_bus_register(c);
        if (r < 0)
                service_log(SD_ERR, "The service cannot start: %s", strerror(-r));
        return r < 0 ? r : service_serve(c->bus, c->event, COURIER_BUS_NAME);
}

static int run(Courier *c) {
        int r;

        r = transfer_init();
        if (r < 0)
                service_log(SD_ERR, "libcurl cannot be started.");
        if (r >= 0)
                r = find_caller(&c->caller);
        if (r >= 0)
                r = service_event(&c->event);
        if (r >= 0)
                r = service_bus(c->event, true, &c->bus);
        return r < 0 ? r : serve(c);
}

/* What is under way is given up and answered; the caller asks again. */
static void stop(Courier *c) {
        atomic_store(&c->places.stopping, true);
        for (int i = 0; i < _CHANNEL_MAX; i++)
                worker_pool_free(c->workers[i]);
        if (c->bus)
                sd_bus_flush(c->bus);
        sd_bus_close_unref(c->bus);
        sd_event_unref(c->event);
}

int main(int argc, char *argv[]) {
        Courier c = { 0 };
        int r;

        r = service_options(argc, argv, "Hands over mail and SMS, on the system bus as " COURIER_BUS_NAME ".", options, ELEMENTSOF(options));
        if (r <= 0)
                return r == 0 ? EXIT_SUCCESS : 2;
        c.places = (CourierPlaces) { .conf = arg_conf, .templates = arg_templates, .shipped = arg_shipped, .passwords = arg_passwords };
        service_protect();
        service_lock_memory();
        r = run(&c);
        stop(&c);
        service_unprotect();
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
