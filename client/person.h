/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What options tell about a person: the dictionary `person` of the contract. */

#include <systemd/sd-bus.h>

#include "client/client.h"

/* Appends it, of those options --name, --given-name, --surname, --email, --phone and --language that the verb has and that were given. 0, or negative errno. */
int person_append(const Client *c, sd_bus_message *m);

/* Whether a name was told; else EXIT_USAGE after saying so. */
int person_need_name(const Client *c);
