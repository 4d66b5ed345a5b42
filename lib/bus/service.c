/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Start of a service; see service.h. */

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

#include "base/no-core.h"
#include "bus/service.h"
#include "config.h"

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

#define DESCRIPTORS_MAX 16384U

void service_log(const char *level, const char *format, ...) {
        va_list ap;

        /* Without a journal the levels of sd-daemon.h are noise on a terminal. */
        if (getenv("JOURNAL_STREAM"))
                fputs(level, stderr);
        else
                fprintf(stderr, "%s: ", program_invocation_short_name);
        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fputc('\n', stderr);
}

static void help(const char *purpose, const ServiceOption *options, size_t n) {
        int width = (int) strlen("--version");

        for (size_t i = 0; i < n; i++) {
                int w = (int) (strlen("--") + strlen(options[i].name) + (options[i].argument ? 1 + strlen(options[i].argument) : 0));

                width = w > width ? w : width;
        }
        printf("%s [OPTION…]\n\n%s\n\n", program_invocation_short_name, purpose);
        for (size_t i = 0; i < n; i++) {
                const char *argument = options[i].argument ?: "";

                printf("  --%s%s%-*s  %s\n", options[i].name, *argument ? " " : "",
                       width - (int) (strlen("--") + strlen(options[i].name) + (*argument ? 1 : 0)), argument, options[i].help);
        }
        printf("  %-*s  print the version\n  %-*s  print this\n", width, "--version", width, "--help");
}

static void usage(const ServiceOption *options, size_t n) {
        fprintf(stderr, "Usage: %s", program_invocation_short_name);
        for (size_t i = 0; i < n; i++)
                fprintf(stderr, " [--%s%s%s]", options[i].name, options[i].argument ? " " : "", options[i].argument ?: "");
        fputs(" [--version] [--help]\n", stderr);
}

int service_options(int argc, char *argv[], const char *purpose, const ServiceOption *options, size_t n) {
        struct option words[SERVICE_OPTIONS_MAX + 3] = { { "version", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' } };
        const int first = 0x100; /* beyond the letters */

        if (n > SERVICE_OPTIONS_MAX)
                return -EINVAL;
        for (size_t i = 0; i < n; i++)
                words[i + 2] = (struct option) { options[i].name, options[i].argument ? required_argument : no_argument, NULL, first + (int) i };
        for (int c; (c = getopt_long(argc, argv, "", words, NULL)) >= 0;) {
                if (c == 'v' || c == 'h') {
                        if (c == 'v')
                                printf("%s " SYGNET_VERSION "\n", program_invocation_short_name);
                        else
                                help(purpose, options, n);
                        return 0;
                }
                if (c < first) {
                        usage(options, n);
                        return -EINVAL;
                }
                if (options[c - first].argument)
                        *options[c - first].value = optarg;
                else
                        *options[c - first].flag = true;
        }
        if (optind == argc)
                return 1;
        usage(options, n);
        return -EINVAL;
}

void service_protect(void) {
        no_core();
        umask(0077);
}

void service_unprotect(void) {
#ifdef __SANITIZE_ADDRESS__
        (void) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
#endif
}

void service_lock_memory(void) {
        if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
                service_log(SD_WARNING,
                            "Memory cannot be locked (%s): keys may reach the swap. Raise the limit on locked memory (LimitMEMLOCK=infinity).",
                            strerror(errno));
}

int service_event(sd_event **ret) {
        sd_event *event = NULL;
        sigset_t set;
        int r;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGCHLD);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        (void) signal(SIGPIPE, SIG_IGN);
        r = sd_event_default(&event);
        if (r >= 0)
                r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
        if (r >= 0)
                r = sd_event_set_watchdog(event, true);
        if (r < 0) {
                service_log(SD_ERR, "The event loop cannot be made: %s", strerror(-r));
                sd_event_unref(event);
                return r;
        }
        *ret = event;
        return 0;
}

static int read_host_key(const char *path, Secret **ret) {
        _cleanup_secret_ Secret *key = NULL;
        _cleanup_close_ int fd = -1;
        int r;

        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0) {
                r = -errno;
                service_log(SD_ERR, "The host key %s cannot be read (%s). “sygnet-store status” tells what is there; “sygnet-store recover” makes a new one.",
                            path, strerror(-r));
                return r;
        }
        r = secret_read_fd(fd, HOST_KEY_SIZE, false, &key);
        if (r < 0 || secret_len(key) != HOST_KEY_SIZE) {
                service_log(SD_ERR, "The host key %s is not %u bytes long.", path, HOST_KEY_SIZE);
                return -EBADMSG;
        }
        *ret = TAKE_PTR(key);
        return 0;
}

int service_host_key(const char *path, const char *fallback, Secret **ret) {
        const char *directory = getenv("CREDENTIALS_DIRECTORY");
        _cleanup_free_ char *credential = NULL;

        if (!path && directory) {
                if (asprintf(&credential, "%s/host-key", directory) < 0)
                        return -ENOMEM;
                path = credential;
        } else if (!path) {
                path = fallback;
                service_log(SD_WARNING, "The host key is read from %s: it lies beside the data it protects. With systemd it is kept as an encrypted credential.",
                            path);
        }
        return read_host_key(path, ret);
}

void service_log_store_error(const char *directory, const char *service, int error) {
        switch (-error) {
        case ENOENT:
                service_log(SD_ERR, "%s: there is no store. Run “sygnet-store init --service %s”.", directory, service);
                return;
        case ENOKEY:
                service_log(SD_ERR, "%s: this host's key does not open the store. Run “sygnet-store recover --service %s” with the recovery key.", directory,
                            service);
                return;
        case EBADMSG:
                service_log(SD_ERR, "%s: the store is damaged. Restore a backup with “sygnet-store restore --service %s FILE”.", directory, service);
                return;
        case EPROTONOSUPPORT:
                service_log(SD_ERR, "%s: a newer version of Sygnet wrote the store. Install that version.", directory);
                return;
        case EBUSY:
                service_log(SD_ERR, "%s: another process has the store open. Stop it first.", directory);
                return;
        default:
                service_log(SD_ERR, "%s: %s", directory, strerror(-error));
        }
}

/* As sd_bus_open_system(), which always takes descriptors. */
static int open_without_descriptors(sd_bus **ret) {
        const char *address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
        sd_bus *bus = NULL;
        int r;

        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_address(bus, address ? address : "unix:path=/run/dbus/system_bus_socket");
        if (r >= 0)
                r = sd_bus_set_bus_client(bus, true);
        if (r >= 0)
                r = sd_bus_negotiate_fds(bus, false);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r < 0) {
                sd_bus_unref(bus);
                return r;
        }
        *ret = bus;
        return 0;
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

int service_bus(sd_event *event, bool descriptors, sd_bus **ret) {
        sd_bus *bus = NULL;
        int r;

        if (descriptors)
                raise_descriptors();
        r = descriptors ? sd_bus_open_system(&bus) : open_without_descriptors(&bus);
        if (r >= 0)
                r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_set_exit_on_disconnect(bus, true);
        if (r < 0) {
                service_log(SD_ERR, "The system bus cannot be reached: %s. Start dbus first.", strerror(-r));
                sd_bus_unref(bus);
                return r;
        }
        *ret = bus;
        return 0;
}

static int request_name(sd_bus *bus, const char *name) {
        int r = sd_bus_request_name(bus, name, 0);

        if (r < 0)
                service_log(SD_ERR, "The name %s cannot be had: %s", name,
                            r == -EEXIST || r == -EALREADY ? "the service is running already." :
                            r == -EACCES || r == -EPERM ? "the bus policy is not installed, or this is not the service's user." : strerror(-r));
        return r;
}

int service_serve(sd_bus *bus, sd_event *event, const char *name) {
        int r;

        r = request_name(bus, name);
        if (r < 0)
                return r;
        sd_notify(0, "READY=1\nSTATUS=Ready.");
        r = sd_event_loop(event);
        sd_notify(0, "STOPPING=1\nSTATUS=Stopping.");
        if (r < 0)
                service_log(SD_ERR, "The loop ended: %s", strerror(-r));
        return r;
}
