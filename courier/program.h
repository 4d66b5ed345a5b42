/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Runs a program that delivers: sendmail(1), or one for SMS. */

#include "courier/delivery.h"
#include "courier/text.h"

/* Starts argv[0], gives it `input`, waits until the delivery's deadline. Its exit status is judged as sysexits.h has it: 0 done; 65, 67 and 68 refused;
 * all else temporary. What it prints is shown to an administrator who looks on and goes nowhere otherwise. It and what it started are ended
 * when time is up. Blocks. */
void program_run(Delivery *d, const char *const *argv, View input);
