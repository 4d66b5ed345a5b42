/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Load for an OCSP responder on the loopback: bench-ocsp PORT REQUEST THREADS COUNT [close]. So many threads, each with CONNECTIONS at once, together POST the
 * request in the file REQUEST COUNT times, as a web server does that passes requests on: over connections that are kept for as long as the responder keeps
 * them, which openssl's does for one request; or, with the last word, over new ones each time. Prints the seconds. Each answer must be a successful one. */

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/atomic-file.h"

#define CONNECTIONS 8U

static struct sockaddr_in address = { .sin_family = AF_INET };
static Bytes message;
static unsigned long per_thread;

static double seconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static int dial(void) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                err(1, "connect");
        return fd;
}

/* responseStatus ENUMERATED successful, behind a header of two to four octets. */
static void check(const char *answer, const char *body, size_t n) {
        if (memcmp(answer + 9, "200", 3) != 0 || n < 300 || body[0] != 0x30 || !memmem(body, 8, "\x0a\x01\x00", 3))
                errx(1, "no good answer: %.*s", (int) n, body);
}

/* Whether the whole answer is there, and then whether its connection is kept: HTTP/1.1 does unless it is said. */
static bool is_whole(char *answer, size_t have, bool *ret_kept) {
        char *body, *length;
        size_t n;

        answer[have] = 0;
        body = strstr(answer, "\r\n\r\n");
        if (!body)
                return false;
        body += 4;
        length = strcasestr(answer, "\r\nContent-Length:");
        if (!length || length > body)
                errx(1, "an answer without its length");
        n = strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
        if (have - (size_t) (body - answer) < n)
                return false;
        check(answer, body, n);
        length = strcasestr(answer, "\r\nConnection: close");
        *ret_kept = memcmp(answer, "HTTP/1.1", 8) == 0 && (!length || length > body);
        return true;
}

static void ask(int fd) {
        if (send(fd, message.data, message.len, MSG_NOSIGNAL) != (ssize_t) message.len)
                err(1, "send");
}

static bool hear(int fd) {
        char answer[16384];
        size_t have = 0;
        bool kept;

        do {
                ssize_t n = recv(fd, answer + have, sizeof(answer) - have - 1, 0);

                if (n <= 0)
                        err(1, "recv");
                have += (size_t) n;
        } while (!is_whole(answer, have, &kept));
        return kept;
}

/* All ask before the first is heard, so that a thread is not woken for each. */
static void *ask_many(void *unused) {
        int fds[CONNECTIONS];

        for (unsigned i = 0; i < CONNECTIONS; i++)
                fds[i] = -1;
        for (unsigned long done = 0; done < per_thread; done += CONNECTIONS) {
                for (unsigned i = 0; i < CONNECTIONS; i++) {
                        if (fds[i] < 0)
                                fds[i] = dial();
                        ask(fds[i]);
                }
                for (unsigned i = 0; i < CONNECTIONS; i++) {
                        if (hear(fds[i]))
                                continue;
                        close(fds[i]);
                        fds[i] = -1;
                }
        }
        for (unsigned i = 0; i < CONNECTIONS; i++)
                if (fds[i] >= 0)
                        close(fds[i]);
        return NULL;
}

static void compose(const char *path, bool close_it) {
        Bytes body = BYTES_NULL;

        if (read_file(path, 8192, &body) < 0)
                errx(1, "%s", path);
        if (bytes_printf(&message, "POST / HTTP/1.1\r\nHost: localhost\r\n%sContent-Type: application/ocsp-request\r\nContent-Length: %zu\r\n\r\n",
                         close_it ? "Connection: close\r\n" : "", body.len) < 0 ||
            bytes_append_view(&message, bytes_view(&body)) < 0)
                errx(1, "memory");
        bytes_done(&body);
}

int main(int argc, char *argv[]) {
        pthread_t t[64];
        unsigned long threads;
        double begin;

        if (argc < 5 || argc > 6)
                errx(2, "bench-ocsp PORT REQUEST THREADS COUNT [close]");
        address.sin_port = htons((uint16_t) strtoul(argv[1], NULL, 10));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        compose(argv[2], argc == 6);
        threads = strtoul(argv[3], NULL, 10);
        if (threads < 1 || threads > 64)
                errx(2, "threads");
        per_thread = strtoul(argv[4], NULL, 10) / threads;
        begin = seconds();
        for (unsigned i = 0; i < threads; i++)
                if (pthread_create(&t[i], NULL, ask_many, NULL) != 0)
                        errx(1, "thread");
        for (unsigned i = 0; i < threads; i++)
                pthread_join(t[i], NULL);
        printf("%.6f\n", seconds() - begin);
        bytes_done(&message);
        return 0;
}
