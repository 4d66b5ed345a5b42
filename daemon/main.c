/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnetd: takes its options, makes the process fit to hold keys, opens the store, and runs the loop. What goes wrong at start is
 * told with what to do about it. */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-id128.h>

#include "base/secret.h"
#include "bus/names.h"
#include "config.h"
#include "crypto/init.h"
#include "daemon/audit.h"
#include "daemon/clock.h"
#include "daemon/manager.h"
#include "daemon/schema.h"
#include "daemon/settings.h"

#define HOST_KEY_SIZE 32U

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

static const char *arg_state = "/var/lib/sygnet";
static const char *arg_host_key; /* NULL: $CREDENTIALS_DIRECTORY, else the default file */
static const char *arg_conf = SYGNET_SYSCONFDIR "/sygnetd.conf";

static bool arg_accept_rollback;

#define DESCRIPTORS_MAX 16384U

static const char default_host_key[] = SYGNET_SYSCONFDIR "/keys/sygnetd.key";

static void __attribute__((format(printf, 2, 3))) log_line(const char *level, const char *format, ...) {
        va_list ap;

        /* The levels of sd-daemon.h; without a journal they are noise on a terminal. */
        if (getenv("JOURNAL_STREAM"))
                fputs(level, stderr);
        else
                fputs("sygnetd: ", stderr);
        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fputc('\n', stderr);
}

static int help(void) {
        puts("sygnetd [OPTION…]\n\n"
             "The signing service, on the system bus as " SYGNET_BUS_NAME ".\n\n"
             "  --state DIR      the store's directory (/var/lib/sygnet)\n"
             "  --host-key FILE  the host's key to the store, 32 bytes\n"
             "  --conf FILE      settings (" SYGNET_SYSCONFDIR "/sygnetd.conf)\n"
             "  --accept-rollback  accept that the store is an older copy, and end\n"
             "  --version        print the version\n"
             "  --help           print this");
        return 0;
}

/* 1 to go on, 0 when all is done, -EINVAL. */
static int parse_arguments(int argc, char *argv[]) {
        static const struct option options[] = {
                { "state", required_argument, NULL, 's' },
                { "host-key", required_argument, NULL, 'k' },
                { "conf", required_argument, NULL, 'c' },
                { "accept-rollback", no_argument, NULL, 'r' },
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
                case 'c':
                        arg_conf = optarg;
                        break;
                case 'r':
                        arg_accept_rollback = true;
                        break;
                case 'v':
                        puts("sygnetd " SYGNET_VERSION);
                        return 0;
                case 'h':
                        return help();
                default:
                        return -EINVAL;
                }
        }
        return optind == argc ? 1 : -EINVAL;
}

/* Callers send descriptors, and a bus connection without room for them is lost. What starts a service by default is a limit for programs that
 * use select(); up to the hard one nobody need be asked. */
static void raise_descriptors(void) {
        struct rlimit l;

        if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur == l.rlim_max)
                return;
        l.rlim_cur = l.rlim_max == RLIM_INFINITY || l.rlim_max > DESCRIPTORS_MAX ? DESCRIPTORS_MAX : l.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &l);
}

/* Secrets stay out of cores, other processes and swap. */
static void protect_process(void) {
        const struct rlimit none = { 0, 0 };

        raise_descriptors();
        (void) setrlimit(RLIMIT_CORE, &none);
        (void) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        umask(0077);
        if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
                log_line(SD_WARNING, "Memory cannot be locked (%s): keys may reach the swap. Raise the limit on locked memory (LimitMEMLOCK=infinity).",
                         strerror(errno));
}

/* The loop takes SIGTERM and SIGINT; threads that start later inherit the mask. */
static int make_event(Manager *m) {
        sigset_t set;
        int r;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        (void) signal(SIGPIPE, SIG_IGN);
        r = sd_event_default(&m->event);
        if (r < 0)
                return r;
        r = sd_event_add_signal(m->event, NULL, SIGTERM, NULL, NULL);
        if (r < 0)
                return r;
        r = sd_event_add_signal(m->event, NULL, SIGINT, NULL, NULL);
        if (r < 0)
                return r;
        return sd_event_set_watchdog(m->event, true);
}

static int read_settings(Manager *m) {
        unsigned line;
        int r;

        r = settings_read(arg_conf, &m->settings, &line);
        if (r == -EINVAL && line > 0)
                log_line(SD_ERR, "%s, line %u: no such setting, or no such value. Correct the line.", arg_conf, line);
        else if (r == -EINVAL)
                log_line(SD_ERR, "%s: a value is out of its bounds; see sygnetd.conf(5).", arg_conf);
        else if (r < 0)
                log_line(SD_ERR, "%s: %s", arg_conf, strerror(-r));
        return r;
}

static int read_host_key(Secret **ret) {
        const char *directory = getenv("CREDENTIALS_DIRECTORY"), *path = arg_host_key;
        _cleanup_secret_ Secret *key = NULL;
        _cleanup_free_ char *credential = NULL;
        _cleanup_close_ int fd = -1;
        int r;

        if (!path && directory) {
                if (asprintf(&credential, "%s/host-key", directory) < 0)
                        return -ENOMEM;
                path = credential;
        } else if (!path) {
                path = default_host_key;
                log_line(SD_WARNING, "The host key is read from %s: it lies beside the data it protects. With systemd it is kept as an encrypted credential.",
                         path);
        }
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0) {
                r = -errno;
                log_line(SD_ERR, "The host key %s cannot be read (%s). “sygnet-store status” tells what is there; “sygnet-store recover” makes a new one.",
                         path, strerror(-r));
                return r;
        }
        r = secret_read_fd(fd, HOST_KEY_SIZE, false, &key);
        if (r < 0 || secret_len(key) != HOST_KEY_SIZE) {
                log_line(SD_ERR, "The host key %s is not 32 bytes long.", path);
                return -EBADMSG;
        }
        *ret = TAKE_PTR(key);
        return 0;
}

static const char *what_to_do_about_the_store(int error) {
        switch (-error) {
        case ENOENT:
                return "there is no store. Run “sygnet-store init”.";
        case ENOKEY:
                return "this host's key does not open the store. Run “sygnet-store recover” with the recovery key.";
        case EBADMSG:
                return "the store is damaged. Restore a backup with “sygnet-store restore FILE”.";
        case EPROTONOSUPPORT:
                return "a newer version of Sygnet wrote the store. Install that version.";
        case EBUSY:
                return "another process has the store open. Stop it first.";
        default:
                return strerror(-error);
        }
}

static int open_store(Manager *m) {
        _cleanup_secret_ Secret *key = NULL;
        int r;

        r = read_host_key(&key);
        if (r < 0)
                return r;
        r = store_open(arg_state, &daemon_schema, secret_view(key), &m->store);
        if (r < 0)
                log_line(SD_ERR, "%s: %s", arg_state, what_to_do_about_the_store(r));
        return r;
}

static int run_accept(Txn *t, void *userdata) {
        const AuditEntry e = { .event = "rollback-accept", .uid = (int64_t) getuid(), .now = clock_now() };
        int r;

        r = txn_accept_rollback(t);
        return r < 0 ? r : audit_append(t, &e);
}

/* An operator's word that a store which was put back is to be used as it is. */
static int accept_rollback(Manager *m) {
        int r;

        if (!store_is_rolled_back(m->store)) {
                log_line(SD_NOTICE, "%s: the store is no older copy; there is nothing to accept.", arg_state);
                return 0;
        }
        r = store_run(m->store, run_accept, NULL);
        if (r < 0)
                log_line(SD_ERR, "%s: %s", arg_state, strerror(-r));
        return r;
}

static int open_bus(Manager *m) {
        sd_id128_t id;
        int r;

        r = sd_id128_get_machine(&id);
        if (r < 0) {
                log_line(SD_ERR, "This machine has no id in /etc/machine-id (%s). Run “systemd-machine-id-setup”.", strerror(-r));
                return r;
        }
        sd_id128_to_string(id, m->machine_id);
        r = sd_bus_open_system(&m->bus);
        if (r >= 0)
                r = sd_bus_attach_event(m->bus, m->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_set_exit_on_disconnect(m->bus, true);
        if (r < 0)
                log_line(SD_ERR, "The system bus cannot be reached: %s. Start dbus first.", strerror(-r));
        return r;
}

static int serve(Manager *m) {
        int r;

        r = manager_start(m);
        if (r < 0) {
                log_line(SD_ERR, "The service cannot start: %s", strerror(-r));
                return r;
        }
        r = manager_request_name(m);
        if (r < 0) {
                log_line(SD_ERR, "The name " SYGNET_BUS_NAME " cannot be had: %s", r == -EEXIST ? "another sygnetd is running." :
                         r == -EACCES ? "the bus policy is not installed, or this is not the service's user." : strerror(-r));
                return r;
        }
        sd_notify(0, "READY=1\nSTATUS=Ready.");
        r = sd_event_loop(m->event);
        sd_notify(0, "STOPPING=1\nSTATUS=Stopping.");
        if (r < 0)
                log_line(SD_ERR, "The loop ended: %s", strerror(-r));
        return r;
}

static int run(Manager *m) {
        int r;

        r = crypto_init();
        if (r < 0) {
                log_line(SD_ERR, "GnuTLS cannot be started.");
                return r;
        }
        r = make_event(m);
        if (r < 0) {
                log_line(SD_ERR, "The event loop cannot be made: %s", strerror(-r));
                return r;
        }
        r = read_settings(m);
        if (r < 0)
                return r;
        r = open_store(m);
        if (r < 0)
                return r;
        if (arg_accept_rollback)
                return accept_rollback(m);
        if (store_is_rolled_back(m->store))
                log_line(SD_WARNING, "%s is an older copy: codes that were used may look unused in it, so one-time codes are frozen. "
                         "If it was put back on purpose, stop the service, run “sygnetd --accept-rollback” as its user, and start it again.", arg_state);
        r = open_bus(m);
        if (r < 0)
                return r;
        return serve(m);
}

int main(int argc, char *argv[]) {
        Manager m = { 0 };
        int r;

        r = parse_arguments(argc, argv);
        if (r == 0)
                return EXIT_SUCCESS;
        if (r < 0) {
                fputs("Usage: sygnetd [--state DIR] [--host-key FILE] [--conf FILE] [--accept-rollback] [--version] [--help]\n", stderr);
                return 2;
        }
        protect_process();
        r = run(&m);
        manager_stop(&m);
#ifdef __SANITIZE_ADDRESS__
        (void) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* the leak check looks in from a thread of its own, when all secrets are gone */
#endif
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
