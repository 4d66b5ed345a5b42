/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The password of a server: systemd's credential of that name, else a file in the places' directory that nobody else may read. */

#include "courier/delivery.h"

/* One trailing newline is not part of it. The empty secret where there is none. -errno with a sentence in `ret_problem`. */
int password_read(const CourierPlaces *places, const char *name, Secret **ret, char ret_problem[static DELIVERY_REASON_MAX]);
