/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The tables of sygnet-cad; schema.c has them, and what may be changed about them. */

#include "store/store.h"

extern const StoreSchema ca_schema;
