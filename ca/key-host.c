/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The key host; see key-host.h. */

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>

#include "bus/names.h"
#include "ca/key-host.h"

#define CALLS_MAX 8U
#define SECOND UINT64_C(1000000)
#define TIMEOUT (20 * SECOND)
#define TIMEOUT_GENERATE (180 * SECOND) /* a card takes its time for RSA */
#define VALUE_MAX 65536U

struct KeyHost {
        pthread_mutex_t lock;
        int fds[CALLS_MAX]; /* of the connections of calls under way; -1: a free place */
        bool stopped;
};

int key_host_new(KeyHost **ret) {
        KeyHost *h = calloc(1, sizeof(*h));

        if (!h)
                return -ENOMEM;
        pthread_mutex_init(&h->lock, NULL);
        for (unsigned i = 0; i < CALLS_MAX; i++)
                h->fds[i] = -1;
        *ret = h;
        return 0;
}

KeyHost *key_host_free(KeyHost *h) {
        if (!h)
                return NULL;
        pthread_mutex_destroy(&h->lock);
        free(h);
        return NULL;
}

void key_host_stop(KeyHost *h) {
        if (!h)
                return;
        pthread_mutex_lock(&h->lock);
        h->stopped = true;
        for (unsigned i = 0; i < CALLS_MAX; i++)
                if (h->fds[i] >= 0)
                        (void) shutdown(h->fds[i], SHUT_RDWR);
        pthread_mutex_unlock(&h->lock);
}

/* --- One call ----------------------------------------------------------------------------------------------------- */

static int enter(KeyHost *h, int fd) {
        int place = -EBUSY;

        pthread_mutex_lock(&h->lock);
        if (h->stopped)
                place = -ESHUTDOWN;
        for (unsigned i = 0; place == -EBUSY && i < CALLS_MAX; i++)
                if (h->fds[i] < 0) {
                        h->fds[i] = fd;
                        place = (int) i;
                }
        pthread_mutex_unlock(&h->lock);
        return place;
}

static void leave(KeyHost *h, int place) {
        pthread_mutex_lock(&h->lock);
        h->fds[place] = -1;
        pthread_mutex_unlock(&h->lock);
}

static int fail(char **ret_problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(char **ret_problem, const char *format, ...) {
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(ret_problem, format, ap);
        va_end(ap);
        return r < 0 ? -ENOMEM : -EREMOTEIO;
}

/* Its own sentences are handed on; what the bus says is not for a person. */
static int fail_call(const sd_bus_error *error, int r, char **ret_problem) {
        bool own = sd_bus_error_is_set(error) && strncmp(error->name, SYGNET_ERROR, strlen(SYGNET_ERROR)) == 0;

        if (own && error->message)
                return fail(ret_problem, "%s", error->message);
        if (r == -ETIMEDOUT || sd_bus_error_has_name(error, SD_BUS_ERROR_TIMEOUT) || sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY))
                return fail(ret_problem, "The service that has the CA's key (sygnet-ca-keyd) does not answer. See its log, and whether the token does.");
        return fail(ret_problem, "The service that has the CA's key (sygnet-ca-keyd) cannot be reached: %s. See sygnet-ca-keyd(8).",
                    own ? error->name : strerror(-r));
}

static int read_bytes(sd_bus_message *reply, Bytes *ret, char **ret_problem) {
        const void *data;
        size_t size;

        if (sd_bus_message_read_array(reply, 'y', &data, &size) < 0 || size == 0 || size > VALUE_MAX)
                return fail(ret_problem, "The service that has the CA's key (sygnet-ca-keyd) gave an answer that is none.");
        return bytes_dup(VIEW(data, size), ret);
}

/* What is asked: a method, and its one argument, if any. */
typedef struct Question {
        const char *method;
        const char *text; /* s */
        View bytes;       /* ay */
        uint64_t timeout;
} Question;

static int ask_on(sd_bus *bus, const Question *q, sd_bus_message **ret, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, CA_KEY_BUS_NAME, CA_KEY_OBJECT_PATH, CA_KEY_INTERFACE, q->method);
        if (r >= 0 && q->text)
                r = sd_bus_message_append(m, "s", q->text);
        if (r >= 0 && q->bytes.len > 0)
                r = sd_bus_message_append_array(m, 'y', q->bytes.data, q->bytes.len);
        return r < 0 ? r : sd_bus_call(bus, m, q->timeout, error, ret);
}

/* 1 and the answer; 0 when there is no key. */
static int ask(KeyHost *h, const Question *q, Bytes *ret, char **ret_problem) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        int r, place;

        *ret_problem = NULL;
        r = sd_bus_open_system(&bus);
        if (r < 0)
                return fail_call(&error, r, ret_problem);
        place = enter(h, sd_bus_get_fd(bus));
        if (place < 0)
                return fail_call(&error, place, ret_problem);
        r = ask_on(bus, q, &reply, &error);
        leave(h, place);
        if (r < 0 && sd_bus_error_has_name(&error, ERROR_NOT_FOUND))
                return 0;
        if (r < 0)
                return fail_call(&error, r, ret_problem);
        r = read_bytes(reply, ret, ret_problem);
        return r < 0 ? r : 1;
}

/* --- What it does ------------------------------------------------------------------------------------------------- */

int key_host_public_key(KeyHost *h, Bytes *ret, char **ret_problem) {
        return ask(h, &(Question) { .method = "GetPublicKey", .timeout = TIMEOUT }, ret, ret_problem);
}

int key_host_root(KeyHost *h, Bytes *ret, char **ret_problem) {
        return ask(h, &(Question) { .method = "GetRoot", .timeout = TIMEOUT }, ret, ret_problem);
}

static int no_key(int r, char **ret_problem) {
        return r == 0 ? fail(ret_problem, "The token does not have the CA's key. See sygnet-ca-keyd(8).") : r;
}

int key_host_generate(KeyHost *h, KeyAlgorithm algorithm, Bytes *ret, char **ret_problem) {
        const Question q = { .method = "Generate", .text = key_algorithm_to_string(algorithm), .timeout = TIMEOUT_GENERATE };

        return no_key(ask(h, &q, ret, ret_problem), ret_problem);
}

int key_host_sign(KeyHost *h, View tbs, Bytes *ret, char **ret_problem) {
        const Question q = { .method = "Sign", .bytes = tbs, .timeout = TIMEOUT };

        return no_key(ask(h, &q, ret, ret_problem), ret_problem);
}
