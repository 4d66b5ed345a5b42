/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* sygnet verify with several files: on all processors, one line or more for each in the order they were named, and a summary; as JSON an array
 * of {file, report}, where report is what one file alone gives, or null where the file could not be read. */

#include "client/client.h"

/* An exit code: 5 when a file is not valid, else 1 when one could not be read, else 6 when one's validity cannot be told. */
int verify_batch(Client *c);
