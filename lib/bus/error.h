/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The errors of the contract (names.h): the sentence and the errno of each, and the way from an errno to a name. */

#include <systemd/sd-bus.h>

/* Sets the error and returns its errno, negative. `format` NULL gives the name's own sentence. */
int bus_error_set(sd_bus_error *e, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* For what went wrong inside: -ENOSPC, -EIO, -EBADMSG and the like become StoreFailed, -ENOBUFS and -E2BIG LimitReached, -ETIME ClockUnusable.
 * An error that is set already stays. Returns a negative errno. */
int bus_error_set_errno(sd_bus_error *e, int error);

/* For what went wrong while arguments were read: -EBADF tells of descriptors that are no sealed memfd, -E2BIG of secrets that are too
 * long, the rest is InvalidArgument. An error that is set already stays. Returns a negative errno. */
int bus_error_set_argument(sd_bus_error *e, int error);

/* The sentence of a name of the contract; NULL for another name. Static. */
const char *bus_error_sentence(const char *name);

/* A time as a person in UTC reads it, for sentences: "2026-01-31 12:00:00 UTC". */
const char *bus_error_time(int64_t seconds, char ret[static 32]);
