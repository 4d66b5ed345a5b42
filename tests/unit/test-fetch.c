/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* client/fetch.c against a server on the loopback interface: what is taken, and what is not followed, waited for or let in. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "client/fetch.h"

#define REQUEST_MAX 65536U

static int listener = -1;
static unsigned port;
static char last_request[REQUEST_MAX];
static unsigned n_requests;

static void say(int fd, const char *text) {
        (void) !send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* The head and, by its Content-Length, the body. */
static void read_request(int fd) {
        size_t n = 0, want = SIZE_MAX;

        while (n < sizeof(last_request) - 1 && n < want) {
                ssize_t got = recv(fd, last_request + n, sizeof(last_request) - 1 - n, 0);
                const char *end, *length;

                if (got <= 0)
                        break;
                n += (size_t) got;
                last_request[n] = '\0';
                end = strstr(last_request, "\r\n\r\n");
                length = strcasestr(last_request, "\r\nContent-Length:");
                if (end)
                        want = (size_t) (end + 4 - last_request) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
        }
        n_requests++;
}

static void say_much(int fd, unsigned kilobytes) {
        char block[1024];

        memset(block, 'x', sizeof(block));
        for (unsigned i = 0; i < kilobytes; i++)
                if (send(fd, block, sizeof(block), MSG_NOSIGNAL) < 0)
                        return;
}

static void answer(int fd) {
        const char *path = strchr(last_request, ' ');
        char line[256];

        if (!path)
                return;
        path++;
        if (strncmp(path, "/ok ", 4) == 0)
                say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\nConnection: close\r\n\r\nab\nc\001");
        else if (strncmp(path, "/empty ", 7) == 0)
                say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        else if (strncmp(path, "/to-ok ", 7) == 0)
                say(fd, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        else if (strncmp(path, "/to-https ", 10) == 0)
                say(fd, "HTTP/1.1 302 Found\r\nLocation: https://localhost/ok\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        else if (strncmp(path, "/to-file ", 9) == 0)
                say(fd, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        else if (strncmp(path, "/loop ", 6) == 0)
                say(fd, "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        else if (strncmp(path, "/much ", 6) == 0) {
                say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
                say_much(fd, 64);
        } else if (strncmp(path, "/much-said ", 11) == 0) {
                (void) snprintf(line, sizeof(line), "HTTP/1.1 200 OK\r\nContent-Length: %u\r\nConnection: close\r\n\r\n", 64U * 1024U);
                say(fd, line);
                say_much(fd, 64);
        } else if (strncmp(path, "/half ", 6) == 0)
                say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\nabc");
        else if (strncmp(path, "/no-http ", 9) == 0)
                say(fd, "220 mail.example.com ESMTP\r\n");
        else if (strncmp(path, "/slow ", 6) == 0)
                (void) !recv(fd, line, sizeof(line), 0); /* until the client gives up */
        else
                say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone");
}

static void *serve(void *unused) {
        for (;;) {
                int fd = accept(listener, NULL, NULL);

                if (fd < 0)
                        return NULL;
                read_request(fd);
                answer(fd);
                close(fd);
        }
}

static int start(void **state) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t len = sizeof(address);
        static pthread_t thread;

        unsetenv("http_proxy");
        unsetenv("all_proxy");
        unsetenv("ALL_PROXY");
        listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (listener < 0 || bind(listener, (struct sockaddr *) &address, sizeof(address)) < 0 || listen(listener, 16) < 0 ||
            getsockname(listener, (struct sockaddr *) &address, &len) < 0)
                return -1;
        port = ntohs(address.sin_port);
        *state = &thread;
        return pthread_create(&thread, NULL, serve, NULL);
}

static int stop(void **state) {
        shutdown(listener, SHUT_RDWR);
        pthread_join(*(pthread_t *) *state, NULL);
        close(listener);
        return 0;
}

static int get(const char *path, const FetchParams *params, Bytes *ret) {
        _cleanup_free_ char *problem = NULL;
        char url[256];
        int r;

        (void) snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
        r = fetch_url(url, params, ret, &problem);
        assert_true((r < 0) == (problem != NULL));
        return r;
}

static void refused(const char *path, const FetchParams *params, int error) {
        Bytes b = BYTES_NULL;

        assert_int_equal(get(path, params, &b), error);
        assert_null(b.data);
}

static void test_get(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL, empty = BYTES_NULL, again = BYTES_NULL;

        assert_int_equal(get("/ok", NULL, &b), 0);
        assert_true(view_equal(bytes_view(&b), VIEW_LITERAL("ab\nc\001")));
        assert_int_equal(strncmp(last_request, "GET /ok HTTP/1.1\r\n", 18), 0);
        assert_int_equal(get("/empty", NULL, &empty), 0);
        assert_int_equal(empty.len, 0);
        /* No cookies are kept. */
        assert_int_equal(get("/ok", &(FetchParams) { .size_max = 5 }, &again), 0);
        assert_null(strcasestr(last_request, "cookie"));
}

static void test_post(void **state) {
        FetchParams params = { .content_type = "application/ocsp-request", .body = VIEW("0\0\1", 3) };
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        const char *body;

        assert_int_equal(get("/ok", &params, &b), 0);
        assert_int_equal(strncmp(last_request, "POST /ok HTTP/1.1\r\n", 19), 0);
        assert_non_null(strstr(last_request, "\r\nContent-Type: application/ocsp-request\r\n"));
        body = strstr(last_request, "\r\n\r\n") + 4;
        assert_memory_equal(body, "0\0\1", 3);
}

static void test_redirections(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(get("/to-ok", NULL, &b), 0);
        assert_int_equal(b.len, 5);
        refused("/to-https", NULL, -EPROTO);
        refused("/to-file", NULL, -EPROTO);
        n_requests = 0;
        refused("/loop", NULL, -EPROTO);
        assert_int_equal(n_requests, 6);
}

static void test_limits(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        refused("/much", &(FetchParams) { .size_max = 65535 }, -EFBIG);
        refused("/much-said", &(FetchParams) { .size_max = 65535 }, -EFBIG);
        refused("/ok", &(FetchParams) { .size_max = 4 }, -EFBIG);
        assert_int_equal(get("/much", &(FetchParams) { .size_max = 65536 }, &b), 0);
        assert_int_equal(b.len, 65536);
        refused("/slow", &(FetchParams) { .timeout_s = 1 }, -ETIMEDOUT);
}

static void test_broken(void **state) {
        refused("/none", NULL, -EPROTO);
        refused("/half", NULL, -EPROTO);
        refused("/no-http", NULL, -EPROTO);
}

static void test_addresses(void **state) {
        static const char *const bad[] = { "", "http", "http:", "ldap://127.0.0.1/cn=CRL", "file:///etc/passwd", "ftp://127.0.0.1/", "/etc/passwd",
                                           "127.0.0.1", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/\xc5\xbc", "httpx://127.0.0.1/" };
        _cleanup_free_ char *problem = NULL, *closed = NULL, *unknown = NULL;
        char url[FETCH_URL_MAX + 2] = "http://127.0.0.1/";
        Bytes b = BYTES_NULL;

        n_requests = 0;
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(fetch_url(bad[i], NULL, &b, NULL), -EINVAL);
        memset(url + strlen(url), 'a', sizeof(url) - 1 - strlen(url));
        assert_int_equal(fetch_url(url, NULL, &b, &problem), -EINVAL);
        assert_int_equal(n_requests, 0);
        /* Port 1 of the loopback interface is nobody's; .invalid is no name (RFC 2606). */
        assert_int_equal(fetch_url("http://127.0.0.1:1/", NULL, &b, &closed), -EHOSTUNREACH);
        assert_non_null(strstr(closed, "127.0.0.1:1"));
        assert_int_equal(fetch_url("HTTP://user:secret@no.invalid/", NULL, &b, &unknown), -EHOSTUNREACH);
        assert_null(strstr(unknown, "secret"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_get),
                cmocka_unit_test(test_post),
                cmocka_unit_test(test_redirections),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_broken),
                cmocka_unit_test(test_addresses),
        };

        return cmocka_run_group_tests(tests, start, stop);
}
