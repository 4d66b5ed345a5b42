/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The subject of a key that is made, as options or a file tell it. */

#include <systemd/sd-bus.h>

#include "client/client.h"
#include "crypto/subject.h"

/* What --kind says; PROFILE_INVALID for no kind. */
Profile key_profile_of_kind(const char *kind);

/* From --subject-file, lines of name=value in the order that the subject shall have, the name of an attribute or its object identifier; or from the options
 * --name, --given-name, --surname, --serial-number, --country, --organization, --identifier and --unique-identifier. Without --name the common name of a person is first
 * and last name, but where the profile takes a subject exactly as it is given. Whether it fits the profile is for whoever makes the request. The caller owns *ret. 0, or
 * EXIT_USAGE after saying what is wrong. */
int key_subject_read(const Client *c, Profile profile, Subject **ret);

/* Appends it as the contract has it: a{sv}, with all attributes in order. */
int key_subject_append(sd_bus_message *m, const Subject *s);
