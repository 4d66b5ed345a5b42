/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* HTTP; see http.h. */

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/codec.h"
#include "ocsp/http.h"

/* A connection's buffer: headers and the path of a GET, in which a request takes a third more, and then some where characters are escaped. */
#define CONNECTION_MEMORY 32768U
#define GET_SIZE_MAX (OCSP_REQUEST_SIZE_MAX / 3U * 4U + 8U)

#define TYPE_REQUEST "application/ocsp-request"
#define TYPE_RESPONSE "application/ocsp-response"

/* An answer that others get too may be kept on the way, but not until its nextUpdate, which is days away: a revocation shall be seen soon. */
#define CACHE_KEPT "max-age=300, public, no-transform, must-revalidate"
#define CACHE_NOT "no-store"

typedef struct Connection Connection;

struct Connection {
        Connection *older, *newer;
        int fd;
        time_t since; /* it was made, or its last request was answered; by the monotonic clock */
};

typedef struct Upload {
        size_t len;
        uint8_t data[OCSP_REQUEST_SIZE_MAX];
} Upload;

struct HttpServer {
        Responder *responder;
        struct MHD_Daemon *daemon;
        struct MHD_Response *too_large, *wrong_method, *wrong_type, *no_memory;
        unsigned seconds;
        pthread_mutex_t lock; /* of the connections */
        Connection *oldest, *newest;
};

/* A request that has no body: something that is not NULL. */
static Upload no_upload;

static time_t seconds_now(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
        return t.tv_sec;
}

/* --- Connections, by age ------------------------------------------------------------------------------------------ */

static void unlink_connection(HttpServer *s, Connection *c) {
        *(c->older ? &c->older->newer : &s->oldest) = c->newer;
        *(c->newer ? &c->newer->older : &s->newest) = c->older;
}

static void link_newest(HttpServer *s, Connection *c) {
        c->since = seconds_now();
        c->older = s->newest;
        c->newer = NULL;
        *(s->newest ? &s->newest->newer : &s->oldest) = c;
        s->newest = c;
}

static void connection_made(HttpServer *s, struct MHD_Connection *connection, void **ret_context) {
        Connection *c = calloc(1, sizeof(*c));

        if (!c)
                return;
        c->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        pthread_mutex_lock(&s->lock);
        link_newest(s, c);
        pthread_mutex_unlock(&s->lock);
        *ret_context = c;
}

/* The socket is closed after this, so whatever stands in the list is open. */
static void connection_ends(HttpServer *s, Connection *c) {
        pthread_mutex_lock(&s->lock);
        unlink_connection(s, c);
        pthread_mutex_unlock(&s->lock);
        free(c);
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code) {
        if (code == MHD_CONNECTION_NOTIFY_STARTED)
                connection_made(userdata, connection, context);
        else if (*context) {
                connection_ends(userdata, *context);
                *context = NULL;
        }
}

void http_server_sweep(HttpServer *s) {
        time_t now = seconds_now();

        pthread_mutex_lock(&s->lock);
        for (Connection *c = s->oldest; c && now - c->since > (time_t) s->seconds; c = c->newer)
                (void) shutdown(c->fd, SHUT_RDWR);
        pthread_mutex_unlock(&s->lock);
}

/* --- Responses ---------------------------------------------------------------------------------------------------- */

static enum MHD_Result reply(struct MHD_Connection *connection, Bytes *answer, const char *cache) {
        struct MHD_Response *response = MHD_create_response_from_buffer(answer->len, answer->data, MHD_RESPMEM_MUST_FREE);
        enum MHD_Result r;

        if (!response)
                return MHD_NO;
        (void) bytes_take(answer);
        r = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, TYPE_RESPONSE);
        if (r == MHD_YES && cache)
                r = MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
        if (r == MHD_YES)
                r = MHD_queue_response(connection, MHD_HTTP_OK, response);
        MHD_destroy_response(response);
        return r;
}

/* What a POST is answered with is kept by nobody anyway (RFC 9110 §9.3.3). */
static enum MHD_Result answer(HttpServer *s, struct MHD_Connection *connection, View request, bool get) {
        _cleanup_bytes_ Bytes response = BYTES_NULL;
        bool kept;

        if (responder_answer(s->responder, request, time(NULL), &response, &kept) < 0)
                return MHD_queue_response(connection, MHD_HTTP_SERVICE_UNAVAILABLE, s->no_memory);
        return reply(connection, &response, !get ? NULL : kept ? CACHE_KEPT : CACHE_NOT);
}

/* The path is unescaped already. What is no base64 is a request of nothing, and malformed like any other. */
static enum MHD_Result answer_get(HttpServer *s, struct MHD_Connection *connection, const char *path) {
        _cleanup_bytes_ Bytes request = BYTES_NULL;

        path += *path == '/';
        if (strlen(path) <= GET_SIZE_MAX)
                (void) base64_decode(view_string(path), &request);
        return answer(s, connection, bytes_view(&request), true);
}

/* --- Requests ----------------------------------------------------------------------------------------------------- */

static bool is_get(const char *method) {
        return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

/* Parameters of a media type are none of ours. */
static bool has_request_type(struct MHD_Connection *connection) {
        const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
        size_t n = strlen(TYPE_REQUEST);

        return type && strncasecmp(type, TYPE_REQUEST, n) == 0 && (type[n] == 0 || type[n] == ';' || type[n] == ' ');
}

static bool is_too_large(struct MHD_Connection *connection) {
        const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

        return length && strtoull(length, NULL, 10) > OCSP_REQUEST_SIZE_MAX;
}

/* When the headers have come. A response that is queued here ends the connection without its body being read. */
static enum MHD_Result begin(HttpServer *s, struct MHD_Connection *connection, const char *method, void **upload) {
        if (is_get(method)) {
                *upload = &no_upload;
                return MHD_YES;
        }
        if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
                return MHD_queue_response(connection, MHD_HTTP_METHOD_NOT_ALLOWED, s->wrong_method);
        if (!has_request_type(connection))
                return MHD_queue_response(connection, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, s->wrong_type);
        if (is_too_large(connection))
                return MHD_queue_response(connection, MHD_HTTP_CONTENT_TOO_LARGE, s->too_large);
        *upload = malloc(sizeof(Upload));
        if (!*upload)
                return MHD_NO;
        ((Upload *) *upload)->len = 0;
        return MHD_YES;
}

/* A body that did not say how long it is, and is too long, ends the connection: there is no answering within it. */
static enum MHD_Result receive(Upload *u, const char *data, size_t *size) {
        if (u != &no_upload && *size > sizeof(u->data) - u->len)
                return MHD_NO;
        if (u != &no_upload) {
                memcpy(u->data + u->len, data, *size);
                u->len += *size;
        }
        *size = 0;
        return MHD_YES;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *data, size_t *size, void **upload) {
        HttpServer *s = userdata;
        Upload *u = *upload;

        if (!u)
                return begin(s, connection, method, upload);
        if (*size > 0)
                return receive(u, data, size);
        if (u == &no_upload)
                return answer_get(s, connection, url);
        return answer(s, connection, VIEW(u->data, u->len), false);
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **upload, enum MHD_RequestTerminationCode code) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        HttpServer *s = userdata;

        if (*upload != &no_upload)
                free(*upload);
        *upload = NULL;
        if (!info || !info->socket_context)
                return;
        pthread_mutex_lock(&s->lock);
        unlink_connection(s, info->socket_context);
        link_newest(s, info->socket_context);
        pthread_mutex_unlock(&s->lock);
}

/* --- The server --------------------------------------------------------------------------------------------------- */

static struct MHD_Response *words(const char *text) {
        return MHD_create_response_from_buffer(strlen(text), (void *) text, MHD_RESPMEM_PERSISTENT);
}

static int make_responses(HttpServer *s) {
        s->too_large = words("The request is too large.\n");
        s->wrong_method = words("Requests come by GET or POST.\n");
        s->wrong_type = words("The type of a request is " TYPE_REQUEST ".\n");
        s->no_memory = words("Try again later.\n");
        if (!s->too_large || !s->wrong_method || !s->wrong_type || !s->no_memory)
                return -ENOMEM;
        return MHD_add_response_header(s->wrong_method, MHD_HTTP_HEADER_ALLOW, "GET, HEAD, POST") == MHD_YES ? 0 : -ENOMEM;
}

/* What clients send that is no HTTP is theirs to look into; a log that everybody can fill is of no use. */
__attribute__((format(printf, 2, 0))) static void no_log(void *userdata, const char *format, va_list ap) {}

static struct MHD_Daemon *start_daemon(HttpServer *s, int fd, const HttpLimits *limits) {
        return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, s,
                                MHD_OPTION_EXTERNAL_LOGGER, no_log, NULL, /* first: it takes effect from there on */
                                MHD_OPTION_LISTEN_SOCKET, fd,
                                MHD_OPTION_THREAD_POOL_SIZE, limits->threads,
                                MHD_OPTION_CONNECTION_LIMIT, limits->connections,
                                MHD_OPTION_CONNECTION_TIMEOUT, limits->seconds,
                                MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CONNECTION_MEMORY,
                                MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
                                MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
                                MHD_OPTION_END);
}

int http_server_start(Responder *responder, int fd, const HttpLimits *limits, HttpServer **ret) {
        _cleanup_(http_server_stopp) HttpServer *s = calloc(1, sizeof(*s));
        int r;

        if (!s) {
                close(fd);
                return -ENOMEM;
        }
        s->responder = responder;
        s->seconds = limits->seconds;
        pthread_mutex_init(&s->lock, NULL);
        r = make_responses(s);
        if (r >= 0)
                s->daemon = start_daemon(s, fd, limits);
        if (!s->daemon) {
                close(fd);
                return r < 0 ? r : -EIO;
        }
        *ret = TAKE_PTR(s);
        return 0;
}

static void destroy(struct MHD_Response *response) {
        if (response)
                MHD_destroy_response(response);
}

HttpServer *http_server_stop(HttpServer *s) {
        if (!s)
                return NULL;
        if (s->daemon)
                MHD_stop_daemon(s->daemon);
        destroy(s->too_large);
        destroy(s->wrong_method);
        destroy(s->wrong_type);
        destroy(s->no_memory);
        pthread_mutex_destroy(&s->lock);
        free(s);
        return NULL;
}
