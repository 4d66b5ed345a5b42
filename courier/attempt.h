/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The attempt: settings and text are read anew, the message is made, and the one way that is configured for its channel takes it (smtp, program, modem, gateway). */

#include "courier/delivery.h"

/* Makes the attempt: blocks until the deadline at most, so it is called on a worker. Always leaves an outcome. */
void attempt_run(Delivery *d);

/* Whether the channel is configured; reads the configuration anew. A configuration that cannot be read has none, and says why in
 * `ret_reason`, which is empty otherwise. */
bool attempt_is_configured(const CourierPlaces *places, Channel channel, char ret_reason[static DELIVERY_REASON_MAX]);
