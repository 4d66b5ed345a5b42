/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The socket to serve on: the one that systemd hands over, or one of our own. */

/* Makes a listening socket at ADDRESS:PORT, an IPv6 address in brackets. No names: nothing is asked of the network. -EINVAL for what is no such place,
 * -errno. */
int listen_at(const char *place, int *ret_fd);

/* The socket that systemd handed over. -ENOENT when it is none, -EINVAL when it is more than one, or no listening stream socket. */
int listen_handed_over(int *ret_fd);
