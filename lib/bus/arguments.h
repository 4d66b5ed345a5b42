/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reading and writing of arguments that need care: secrets, options, and caller identity. */

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "base/secret.h"

/* Reads a variant that holds a secret: a string, or a descriptor `h` of a memfd sealed with F_SEAL_WRITE | F_SEAL_SHRINK |
 * F_SEAL_GROW (anything else could block us: -EBADF). At most SECRET_MAX bytes: -E2BIG. The message must be marked sensitive. */
int bus_message_read_secret(sd_bus_message *m, Secret **ret);

/* The same for an argument that is a descriptor `h` itself. */
int bus_message_read_memfd(sd_bus_message *m, Secret **ret);

/* Appends a secret as variant `h` (a sealed memfd); for clients. */
int bus_message_append_secret(sd_bus_message *m, const Secret *s);

/* The same as an argument `h` itself. */
int bus_message_append_memfd(sd_bus_message *m, const Secret *s);

/* The caller's Unix user, asked from the bus (never from /proc), from the credentials that came with the message or the
 * sender's unique name. */
int bus_sender_uid(sd_bus_message *m, uid_t *ret);

/* How many bytes the arguments of `m` take, at most; counts no further than `max`. Each value counts for 64 at least, so that many small ones do
 * not take long to count. The message stands at its beginning before and after. */
int bus_message_size(sd_bus_message *m, size_t max, size_t *ret);

/* --- Options: a{sv} with known keys ------------------------------------------------------------------------------- */

/* One key that a method takes. `read` reads the variant into `target`; `given` tells whether it was there. */
typedef struct BusOption {
        const char *name;
        int (*read)(sd_bus_message *m, void *target);
        void *target;
        bool given;
} BusOption;

/* Readers. A string is borrowed from the message; a secret's target is a Secret * that starts as NULL and is the caller's. */
int bus_option_string(sd_bus_message *m, void *target); /* const char * */
int bus_option_bool(sd_bus_message *m, void *target);   /* bool */
int bus_option_u32(sd_bus_message *m, void *target);    /* uint32_t */
int bus_option_u64(sd_bus_message *m, void *target);    /* uint64_t */
int bus_option_i64(sd_bus_message *m, void *target);    /* int64_t: times */
int bus_option_bytes(sd_bus_message *m, void *target);  /* View, borrowed from the message */
int bus_option_secret(sd_bus_message *m, void *target); /* Secret * */

/* Reads a dictionary a{sv}. A key that is not in the table, comes twice or has a value of another type is refused: a negative errno, with
 * InvalidArgument in `error` that names the key. */
int bus_message_read_options(sd_bus_message *m, BusOption *options, size_t n, sd_bus_error *error);

/* Whether a list's `limit` is 1 to `max`; else -EINVAL with InvalidArgument in `error`. */
int bus_check_limit(uint32_t limit, uint32_t max, sd_bus_error *error);

/* --- Dictionaries in replies: one entry {sv} each ----------------------------------------------------------------- */

int bus_append_string(sd_bus_message *m, const char *key, const char *value); /* NULL gives the empty string */
int bus_append_bool(sd_bus_message *m, const char *key, bool value);
int bus_append_u32(sd_bus_message *m, const char *key, uint32_t value);
int bus_append_u64(sd_bus_message *m, const char *key, uint64_t value);
int bus_append_i64(sd_bus_message *m, const char *key, int64_t value); /* times */
int bus_append_bytes(sd_bus_message *m, const char *key, View value);
