/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* SMS through ModemManager, over the system bus on a connection of its own. Needs polkit/org.sygnet.courier.rules. */

#include "courier/delivery.h"
#include "courier/text.h"

/* Creates the message at the modem, sends it, and deletes it again whatever came of it. `modem` is the equipment identifier of the one to use, NULL for the
 * first that can. Leaves the outcome in the delivery; blocks. */
void modem_send(Delivery *d, const char *modem, const char *number, View text);
