/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet-store, the administrator's tool for the stores of sygnetd and sygnet-cad: options, and the table of verbs. */

#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/no-core.h"
#include "config.h"
#include "crypto/init.h"
#include "store/store.h"
#include "store-tool/tool.h"

static const Service services[] = {
        { "sygnetd", "sygnet", "/var/lib/sygnet", SYGNET_SYSCONFDIR "/keys/sygnetd.key",
          "Codes and rights that were used up or\nwithdrawn since then are not in it, so one-time codes are refused for now. Look through users and tokens",
          STORE_APPLICATION_DAEMON },
        { "sygnet-cad", "sygnet-ca", "/var/lib/sygnet-ca", SYGNET_SYSCONFDIR "/keys/sygnet-cad.key",
          "Certificates that were issued since\nthen are not in its register. See which ones you know of",
          STORE_APPLICATION_CA },
};

static const struct {
        const char *name;
        Verb run;
        const char *argument, *help;
} verbs[] = {
        { "init", verb_init, NULL, "make a store and its host key, and show the recovery key" },
        { "status", verb_status, NULL, "tell what is there, and check the database" },
        { "recover", verb_recover, NULL, "let this host in again, with the recovery key" },
        { "rekey", verb_rekey, NULL, "replace the host key; no other host's key opens the store then" },
        { "recovery-key", verb_recovery_key, NULL, "replace the recovery key, and show the new one" },
        { "backup", verb_backup, "FILE", "write everything to one new file" },
        { "restore", verb_restore, "FILE", "make the store of a backup anew in an empty state directory" },
};

static int print_help(void) {
        puts("Usage: sygnet-store [OPTIONS] VERB [FILE]\n\n"
             "Makes, opens up again, backs up and restores the store of a Sygnet service. The service must be stopped.\n\n"
             "Verbs:");
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                printf("  %-12s  %-4s  %s\n", verbs[i].name, verbs[i].argument ? verbs[i].argument : "", verbs[i].help);
        puts("\nOptions:\n"
             "      --service NAME            sygnetd (the default) or sygnet-cad\n"
             "      --state DIR               the state directory, instead of the service's own\n"
             "      --host-key FILE           the host key, 32 bytes; made where init, recover or rekey need a new one\n"
             "      --recovery-key-file FILE  recover: read the recovery key from FILE (- for standard input) instead of asking\n"
             "      --recovery                rekey: replace the recovery key too\n"
             "      --json                    status: as JSON\n"
             "  -h, --help                    this text\n"
             "      --version                 the version\n\n"
             "Exit status: 0 done, 1 failed, 2 wrong usage, 3 denied or wrong key, 4 not found.");
        return fflush(stdout) == EOF ? EXIT_FAILED : EXIT_OK;
}

static const Service *find_service(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(services); i++)
                if (strcmp(services[i].name, name) == 0)
                        return &services[i];
        return NULL;
}

enum {
        ARG_VERSION = 0x100,
        ARG_SERVICE,
        ARG_STATE,
        ARG_HOST_KEY,
        ARG_RECOVERY_KEY_FILE,
        ARG_RECOVERY,
        ARG_JSON,
};

static const struct option long_options[] = {
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, ARG_VERSION },
        { "service", required_argument, NULL, ARG_SERVICE },
        { "state", required_argument, NULL, ARG_STATE },
        { "host-key", required_argument, NULL, ARG_HOST_KEY },
        { "recovery-key-file", required_argument, NULL, ARG_RECOVERY_KEY_FILE },
        { "recovery", no_argument, NULL, ARG_RECOVERY },
        { "json", no_argument, NULL, ARG_JSON },
        { NULL, 0, NULL, 0 },
};

static int usage(void) {
        fputs("Try 'sygnet-store --help'.\n", stderr);
        return EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, Options *o) {
        int c;

        while ((c = getopt_long(argc, argv, "h", long_options, NULL)) >= 0) {
                switch (c) {
                case 'h':
                        return print_help();
                case ARG_VERSION:
                        puts("sygnet-store " SYGNET_VERSION);
                        return EXIT_OK;
                case ARG_SERVICE:
                        o->service = find_service(optarg);
                        if (!o->service)
                                return tell(EXIT_USAGE, "There is no service '%s': it is sygnetd or sygnet-cad.", optarg);
                        break;
                case ARG_STATE:
                        o->state = optarg;
                        break;
                case ARG_HOST_KEY:
                        o->host_key = optarg;
                        break;
                case ARG_RECOVERY_KEY_FILE:
                        o->recovery_key_file = optarg;
                        break;
                case ARG_RECOVERY:
                        o->recovery = true;
                        break;
                case ARG_JSON:
                        o->json = true;
                        break;
                default:
                        return usage();
                }
        }
        return -1;
}

static int run_verb(int argc, char **argv, Options *o) {
        const char *name = optind < argc ? argv[optind] : NULL;

        for (size_t i = 0; name && i < ELEMENTSOF(verbs); i++) {
                if (strcmp(verbs[i].name, name) != 0)
                        continue;
                if (argc - optind - 1 != (verbs[i].argument ? 1 : 0))
                        return usage();
                o->file = verbs[i].argument ? argv[optind + 1] : NULL;
                return verbs[i].run(o);
        }
        return usage();
}

/* Keys pass through this process: no core, no ptrace(2) by others, no wide file modes. */
static void harden(void) {
        no_core();
        umask(077);
}

int main(int argc, char **argv) {
        Options o = { .service = &services[0] };
        int r;

        setlocale(LC_CTYPE, "");
        harden();
        r = parse_options(argc, argv, &o);
        if (r >= 0)
                return r;
        if (!o.state)
                o.state = o.service->state;
        if (!o.host_key)
                o.host_key = o.service->host_key;
        if (crypto_init() < 0)
                return tell(EXIT_FAILED, "GnuTLS does not start.");
        return run_verb(argc, argv, &o);
}
