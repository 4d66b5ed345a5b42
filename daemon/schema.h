/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The tables of sygnetd; schema.c has them, and what may be changed about them. */

#include "store/store.h"

extern const StoreSchema daemon_schema;
