/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet-courier: takes its options and serves org.sygnet.Courier1, or sends one test message. */

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>

#include "bus/names.h"
#include "bus/service.h"
#include "config.h"
#include "courier/courier.h"
#include "courier/transfer.h"
#include "courier/trial.h"

#define CALLER "sygnet"

static const char *arg_conf = SYGNET_SYSCONFDIR "/courier.conf";
static const char *arg_templates = SYGNET_SYSCONFDIR "/templates";
static const char *arg_shipped = SYGNET_DATADIR "/templates";
static const char *arg_passwords = SYGNET_SYSCONFDIR "/keys";

static const char *arg_test[2]; /* channel, recipient */

static const ServiceOption options[] = {
        { "test", "CHANNEL RECIPIENT", "send a test message (mail ADDRESS or sms NUMBER) and tell each step", &arg_test[0], NULL },
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

/* --test alone has two words. They are taken out, and the rest left to service_options(); one that lacks its words is left there as a mistake. */
static int take_test(int argc, char *argv[]) {
        for (int i = 1; i + 2 < argc; i++) {
                if (strcmp(argv[i], "--test") != 0)
                        continue;
                arg_test[0] = argv[i + 1];
                arg_test[1] = argv[i + 2];
                memmove(argv + i, argv + i + 3, (size_t) (argc - i - 2) * sizeof(*argv));
                return argc - 3;
        }
        return argc;
}

static int run_test(const CourierPlaces *places) {
        bool sent;

        (void) signal(SIGPIPE, SIG_IGN);
        sent = transfer_init() >= 0 && courier_trial(places, arg_test[0], arg_test[1]);
        service_unprotect();
        return sent ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char *argv[]) {
        Courier c = { 0 };
        int r;

        argc = take_test(argc, argv);
        r = service_options(argc, argv, "Hands over mail and SMS, on the system bus as " COURIER_BUS_NAME ".", options, ELEMENTSOF(options));
        if (r <= 0)
                return r == 0 ? EXIT_SUCCESS : 2;
        c.places = (CourierPlaces) { .conf = arg_conf, .templates = arg_templates, .shipped = arg_shipped, .passwords = arg_passwords };
        service_protect();
        if (arg_test[0] && !arg_test[1]) {
                fputs("--test wants a channel and a recipient: mail ADDRESS, or sms NUMBER.\n", stderr);
                return 2;
        }
        if (arg_test[1])
                return run_test(&c.places);
        service_lock_memory();
        r = run(&c);
        stop(&c);
        service_unprotect();
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
