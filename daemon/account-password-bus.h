/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The part of the Account interface that deals in passwords. */

#include <systemd/sd-bus.h>

#include "base/secret.h"
#include "daemon/manager.h"

/* By the rule of the settings: 0, or a negative errno with WeakPassword and the rule in full. */
int account_password_check(const Manager *m, const Secret *password, sd_bus_error *error);

int account_method_change_password(sd_bus_message *message, void *userdata, sd_bus_error *error);
