/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet-trustd: takes its options and serves org.sygnet.Trust1 until nobody needs it. */

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/conf.h"
#include "bus/names.h"
#include "bus/service.h"
#include "config.h"
#include "crypto/init.h"
#include "installer/trust/trust.h"

static const char *arg_root = "";
static const char *arg_checker = SYGNET_LIBEXECDIR "/sygnet-trust-check";
static const char *arg_update = "/usr/sbin/update-ca-certificates";
static int64_t arg_idle = 30; /* seconds */

static int help(void) {
        puts("sygnet-trustd [OPTION…]\n\n"
             "CA certificates in the system's trust store, on the system bus as " TRUST_BUS_NAME ".\n\n"
             "  --root DIR             the system whose files are changed (/)\n"
             "  --checker FILE         what reads certificates (" SYGNET_LIBEXECDIR "/sygnet-trust-check)\n"
             "  --update-command FILE  what rebuilds the store (/usr/sbin/update-ca-certificates)\n"
             "  --idle SECONDS         end after so long without a call (30)\n"
             "  --version              print the version\n"
             "  --help                 print this");
        return 0;
}

/* 1 to go on, 0 when all is done, -EINVAL. */
static int parse_arguments(int argc, char *argv[]) {
        static const struct option options[] = {
                { "root", required_argument, NULL, 'r' },
                { "checker", required_argument, NULL, 'c' },
                { "update-command", required_argument, NULL, 'u' },
                { "idle", required_argument, NULL, 'i' },
                { "version", no_argument, NULL, 'v' },
                { "help", no_argument, NULL, 'h' },
                {},
        };

        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
                switch (c) {
                case 'r':
                        arg_root = optarg;
                        break;
                case 'c':
                        arg_checker = optarg;
                        break;
                case 'u':
                        arg_update = optarg;
                        break;
                case 'i':
                        if (conf_seconds(optarg, &arg_idle) < 0 || arg_idle < 1 || arg_idle > 86400)
                                return -EINVAL;
                        break;
                case 'v':
                        puts("sygnet-trustd " SYGNET_VERSION);
                        return 0;
                case 'h':
                        return help();
                default:
                        return -EINVAL;
                }
        }
        return optind == argc ? 1 : -EINVAL;
}

static int serve(Trust *t) {
        int r;

        r = trust_start(t);
        if (r < 0) {
                service_log(SD_ERR, "The service cannot start: %s", strerror(-r));
                return r;
        }
        r = service_request_name(t->bus, TRUST_BUS_NAME);
        if (r < 0)
                return r;
        sd_notify(0, "READY=1\nSTATUS=Ready.");
        r = sd_event_loop(t->event);
        sd_notify(0, "STOPPING=1\nSTATUS=Stopping.");
        if (r < 0)
                service_log(SD_ERR, "The loop ended: %s", strerror(-r));
        return r;
}

static int run(Trust *t) {
        int r;

        r = crypto_init();
        if (r < 0) {
                service_log(SD_ERR, "GnuTLS cannot be started.");
                return r;
        }
        t->checker = arg_checker;
        t->idle_usec = (uint64_t) arg_idle * 1000000;
        r = system_store_init(&t->store, arg_root);
        if (r < 0) {
                service_log(SD_ERR, "%s cannot be made: %s", t->store.records ?: "The directory of the records", strerror(-r));
                return r;
        }
        r = service_event(&t->event);
        if (r >= 0)
                r = change_queue_new(t->event, &t->store, arg_update, &t->changes);
        if (r >= 0)
                r = service_bus(t->event, &t->bus);
        return r < 0 ? r : serve(t);
}

int main(int argc, char *argv[]) {
        Trust t = { 0 };
        int r;

        r = parse_arguments(argc, argv);
        if (r == 0)
                return EXIT_SUCCESS;
        if (r < 0) {
                fputs("Usage: sygnet-trustd [--root DIR] [--checker FILE] [--update-command FILE] [--idle SECONDS] [--version] [--help]\n", stderr);
                return 2;
        }
        service_protect();
        r = run(&t);
        trust_stop(&t);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
