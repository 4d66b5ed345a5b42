/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the objects of all services have in common: two properties, and, of a service that only one other calls, the look at who calls. */

#include <systemd/sd-bus.h>

int bus_property_version(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply, void *userdata,
                         sd_bus_error *error);
int bus_property_contract_version(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply, void *userdata,
                                  sd_bus_error *error);

/* At the head of each service's table. */
#define BUS_VTABLE_VERSIONS                                                                                                                          \
        SD_BUS_PROPERTY("Version", "s", bus_property_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),                                                      \
        SD_BUS_PROPERTY("ContractVersion", "u", bus_property_contract_version, 0, SD_BUS_VTABLE_PROPERTY_CONST)

/* Whether the Unix user `caller` sent the message; else, or where the bus cannot tell, a negative errno with `error` set, `refusal` being the sentence. The bus's
 * policy has let nobody else through: this is a second lock. */
int bus_check_caller(sd_bus_message *m, uid_t caller, const char *refusal, sd_bus_error *error);
