/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reading and writing of arguments that need care: secrets and caller identity. */

#include <systemd/sd-bus.h>

#include "base/secret.h"

/* Reads a variant that holds a secret: a string, or a descriptor `h` of a memfd sealed with F_SEAL_WRITE | F_SEAL_SHRINK |
 * F_SEAL_GROW (anything else could block us: -EBADF). At most SECRET_MAX bytes: -E2BIG. The message must be marked sensitive. */
int bus_message_read_secret(sd_bus_message *m, Secret **ret);

/* Appends a secret as variant `h` (a sealed memfd); for clients. */
int bus_message_append_secret(sd_bus_message *m, const Secret *s);

/* The caller's Unix user, asked from the bus (never from /proc), from the credentials that came with the message or the
 * sender's unique name. */
int bus_sender_uid(sd_bus_message *m, uid_t *ret);
