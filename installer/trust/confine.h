/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Leaves this process nothing but reading and writing what is open, memory that is not code, and its end. Whatever else it tries kills
 * it. Call it after the libraries have started and before hostile input is read. -errno. */
int confine(void);
