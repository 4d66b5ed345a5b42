/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the objects of all services have in common; see object.h. */

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "bus/object.h"
#include "config.h"

#define CONTRACT_VERSION 1U

int bus_property_version(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply, void *userdata,
                         sd_bus_error *error) {
        return sd_bus_message_append(reply, "s", SYGNET_VERSION);
}

int bus_property_contract_version(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply, void *userdata,
                                  sd_bus_error *error) {
        return sd_bus_message_append(reply, "u", CONTRACT_VERSION);
}

int bus_check_caller(sd_bus_message *m, uid_t caller, const char *refusal, sd_bus_error *error) {
        uid_t uid;
        int r = bus_sender_uid(m, &uid);

        if (r < 0)
                return bus_error_set_errno(error, r);
        return uid == caller ? 0 : bus_error_set(error, ERROR_DENIED, "%s", refusal);
}
