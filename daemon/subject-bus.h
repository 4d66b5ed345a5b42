/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The argument `subject` of methods that make keys, and their options. */

#include <systemd/sd-bus.h>

#include "crypto/subject.h"
#include "daemon/credential.h"

typedef struct KeyOptions {
        KeyAlgorithm algorithm;
        Profile profile;
        const char *terms; /* borrowed from the message; NULL: none */
} KeyOptions;

/* Reads the subject: one entry for each attribute, or the entry `attributes`, a(ss), of all in their order. What profile it fits is not looked at. The caller
 * owns *ret. Negative errno with `error` set. */
int subject_bus_read(sd_bus_message *m, Subject **ret, sd_bus_error *error);

/* Reads the options algorithm, and, but for a seal, profile and terms. `profile` in *ret is what it is without the option. Checks that algorithm and subject go with
 * the profile, and that `kind` is made for it; 0 is any kind with a password. Negative errno with `error` set. */
int subject_bus_read_options(sd_bus_message *m, CredentialKind kind, Subject *subject, KeyOptions *ret, sd_bus_error *error);
