/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a service on the bus does before it serves: protect its process, make its loop, fetch its host key, reach the bus. Called by main()
 * only; this is the one place of the libraries that writes to the log, on main's behalf. */

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "base/secret.h"

#define HOST_KEY_SIZE 32U

/* One line to standard error, with `level` (SD_WARNING …) where the journal reads it and the program's name elsewhere. */
void service_log(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An option of a service's program: a word with a value, or, without `argument`, a flag. */
typedef struct ServiceOption {
        const char *name, *argument;
        const char *help;
        const char **value;
        bool *flag;
} ServiceOption;

#define SERVICE_OPTIONS_MAX 8U

/* Reads the command line. `--help` and `--version`, which every service has, are answered here, from the same table. 1 to go on, 0 when all
 * is done, -EINVAL after the usage was told. */
int service_options(int argc, char *argv[], const char *purpose, const ServiceOption *options, size_t n);

/* No cores, no debugger of the same user, files for this user only. */
void service_protect(void);

/* For the very end, when all secrets are gone: lets a sanitizer's leak check, a thread of its own, look in. Does nothing otherwise. */
void service_unprotect(void);

/* Locks the memory as it is touched, so that no key reaches the swap; a warning where it is not allowed. */
void service_lock_memory(void);

/* A loop that ends by itself on SIGTERM and SIGINT and feeds systemd's watchdog. Before the first thread. */
int service_event(sd_event **ret);

/* The host key: from `path` when it is given, else the credential `host-key` that systemd passes, else `fallback`, with a warning.
 * Problems are logged with what to do about them. */
int service_host_key(const char *path, const char *fallback, Secret **ret);

/* What to tell somebody whose store does not open: `error` of store_open(). `service` is what sygnet-store calls it. */
void service_log_store_error(const char *directory, const char *service, int error);

/* The system bus, on the loop; the loop ends when the bus goes away. Unless `descriptors`, messages that have some are not let through: somebody
 * could fill the table of a service that takes none; for one that does the table is made large. Problems are logged. */
int service_bus(sd_event *event, bool descriptors, sd_bus **ret);

/* Takes the name, tells systemd that the service is ready, and runs the loop until it ends. Problems are logged. */
int service_serve(sd_bus *bus, sd_event *event, const char *name);
