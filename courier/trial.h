/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* `sygnet-courier --test`: one test message, each step told to the administrator who looks on. */

#include "courier/delivery.h"

/* Becomes the service's user first where it is root, so that what works here works there. True when the message was handed over. */
bool courier_trial(const CourierPlaces *places, const char *channel, const char *recipient);
