/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is in memory stays out of cores. */

/* No core is written of this process, other processes of the same user may not look into it, and where a tool of root makes a core
 * all the same (gcore, or a handler that the limit does not stop), it holds none of the memory. Each of these by itself; what
 * the system refuses is passed over. For good: a program calls it before it has its first secret. */
void no_core(void);
