/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet-cad: takes its options, opens the store, and serves org.sygnet.CA1. */

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "bus/names.h"
#include "bus/service.h"
#include "ca/authority.h"
#include "ca/schema.h"
#include "config.h"
#include "crypto/init.h"

static const char *arg_state = "/var/lib/sygnet-ca";
static const char *arg_host_key; /* NULL: $CREDENTIALS_DIRECTORY, else the default file */

static int help(void) {
        puts("sygnet-cad [OPTION…]\n\n"
             "The local certification authority, on the system bus as " CA_BUS_NAME ".\n\n"
             "  --state DIR      the store's directory (/var/lib/sygnet-ca)\n"
             "  --host-key FILE  the host's key to the store, 32 bytes\n"
             "  --version        print the version\n"
             "  --help           print this");
        return 0;
}

/* 1 to go on, 0 when all is done, -EINVAL. */
static int parse_arguments(int argc, char *argv[]) {
        static const struct option options[] = {
                { "state", required_argument, NULL, 's' },
                { "host-key", required_argument, NULL, 'k' },
                { "version", no_argument, NULL, 'v' },
                { "help", no_argument, NULL, 'h' },
                {},
        };

        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
                switch (c) {
                case 's':
                        arg_state = optarg;
                        break;
                case 'k':
                        arg_host_key = optarg;
                        break;
                case 'v':
                        puts("sygnet-cad " SYGNET_VERSION);
                        return 0;
                case 'h':
                        return help();
                default:
                        return -EINVAL;
                }
        }
        return optind == argc ? 1 : -EINVAL;
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

static int serve(Authority *a) {
        int r;

        r = authority_start(a);
        if (r < 0) {
                if (r == -EBADMSG)
                        service_log(SD_ERR, "The record of the root was altered or damaged. Restore a backup with “sygnet-store”.");
                else
                        service_log(SD_ERR, "The service cannot start: %s", strerror(-r));
                return r;
        }
        r = service_request_name(a->bus, CA_BUS_NAME);
        if (r < 0)
                return r;
        sd_notify(0, "READY=1\nSTATUS=Ready.");
        r = sd_event_loop(a->event);
        sd_notify(0, "STOPPING=1\nSTATUS=Stopping.");
        if (r < 0)
                service_log(SD_ERR, "The loop ended: %s", strerror(-r));
        return r;
}

static int run(Authority *a) {
        int r;

        r = crypto_init();
        if (r < 0) {
                service_log(SD_ERR, "GnuTLS cannot be started.");
                return r;
        }
        r = service_event(&a->event);
        if (r >= 0)
                r = open_store(a);
        if (r >= 0)
                r = service_bus(a->event, &a->bus);
        return r < 0 ? r : serve(a);
}

int main(int argc, char *argv[]) {
        Authority a = { 0 };
        int r;

        r = parse_arguments(argc, argv);
        if (r == 0)
                return EXIT_SUCCESS;
        if (r < 0) {
                fputs("Usage: sygnet-cad [--state DIR] [--host-key FILE] [--version] [--help]\n", stderr);
                return 2;
        }
        service_protect();
        service_lock_memory();
        r = run(&a);
        authority_stop(&a);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
