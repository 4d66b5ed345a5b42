/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Listening sockets; see listen.h. */

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "base/cleanup.h"
#include "base/conf.h"
#include "ocsp/listen.h"

static void free_addresses(struct addrinfo **a) {
        if (*a)
                freeaddrinfo(*a);
}

/* getaddrinfo() takes larger numbers as well, and cuts them short. */
static bool is_port(const char *s) {
        unsigned port;

        return conf_unsigned(s, &port) >= 0 && port >= 1 && port <= UINT16_MAX;
}

/* "127.0.0.1:8889" and "[::1]:8889", taken apart in place. */
static int split(char *place, char **ret_address, char **ret_port) {
        char *colon = strrchr(place, ':'), *end;

        if (!colon || colon == place || !is_port(colon + 1))
                return -EINVAL;
        *colon = 0;
        *ret_port = colon + 1;
        *ret_address = place;
        if (*place != '[')
                return strchr(place, ':') ? -EINVAL : 0;
        end = colon - 1;
        if (*end != ']')
                return -EINVAL;
        *end = 0;
        *ret_address = place + 1;
        return 0;
}

static int listen_on(const struct addrinfo *a, int *ret_fd) {
        _cleanup_close_ int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
        const int yes = 1;

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0)
                return -errno;
        if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0)
                return -errno;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

int listen_at(const char *place, int *ret_fd) {
        const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM };
        _cleanup_(free_addresses) struct addrinfo *addresses = NULL;
        _cleanup_free_ char *copy = strdup(place);
        char *address, *port;
        int r;

        if (!copy)
                return -ENOMEM;
        r = split(copy, &address, &port);
        if (r < 0)
                return r;
        return getaddrinfo(address, port, &hints, &addresses) == 0 ? listen_on(addresses, ret_fd) : -EINVAL;
}

int listen_handed_over(int *ret_fd) {
        int n = sd_listen_fds(1), flags;

        if (n == 0)
                return -ENOENT;
        if (n < 0)
                return n;
        if (n > 1 || sd_is_socket(SD_LISTEN_FDS_START, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
                return -EINVAL;
        flags = fcntl(SD_LISTEN_FDS_START, F_GETFL);
        if (flags < 0 || fcntl(SD_LISTEN_FDS_START, F_SETFL, flags | O_NONBLOCK) < 0)
                return -errno;
        *ret_fd = SD_LISTEN_FDS_START;
        return 0;
}
