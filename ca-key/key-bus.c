/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.CAKey1: the methods of dbus/org.sygnet.CAKey1.xml. The bus's policy lets only one user call; the sender is looked at here once more, before any
 * argument is read. The token is a worker's; the loop only takes calls and sends answers. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "bus/error.h"
#include "bus/names.h"
#include "bus/object.h"
#include "bus/service.h"
#include "ca-key/key-service.h"

#define TBS_MAX (24U * 1024U * 1024U)

typedef struct Call Call;
struct Call {
        KeyService *service;
        sd_bus_message *message;
        WorkerRun run;
        KeyAlgorithm algorithm;
        View tbs; /* borrowed from the message */
        bool counted;

        /* The answer. */
        Bytes value;
        TbsKind kind;
        const char *refusal;
        char *problem;
};

static Call *call_free(Call *c) {
        if (!c)
                return NULL;
        if (c->counted)
                c->service->n_calls--;
        bytes_done(&c->value);
        free(c->problem);
        sd_bus_message_unref(c->message);
        free(c);
        return NULL;
}

DEFINE_CLEANUP(Call *, call_free);

/* --- Calls -------------------------------------------------------------------------------------------------------- */

/* On the worker. The token's sentence is the call's from here on: the next call writes another. */
static int end_run(Call *c, int r) {
        if (r == -EREMOTEIO)
                c->problem = TAKE_PTR(c->service->token.problem);
        return r;
}

static int run_public_key(void *userdata) {
        Call *c = userdata;

        return end_run(c, token_public_key(&c->service->token, &c->value));
}

static int run_root(void *userdata) {
        Call *c = userdata;

        return end_run(c, token_root(&c->service->token, &c->value));
}

static int run_generate(void *userdata) {
        Call *c = userdata;

        return end_run(c, token_generate(&c->service->token, c->algorithm, &c->value));
}

static int run_sign(void *userdata) {
        Call *c = userdata;

        return end_run(c, token_sign(&c->service->token, c->tbs, &c->value, &c->kind, &c->refusal));
}

/* What the key did is told here as well, by another user than the one that had it done. */
static void log_signature(const Call *c) {
        _cleanup_free_ char *serial = NULL;
        View number;

        switch (c->kind) {
        case TBS_ROOT:
                service_log(SD_NOTICE, "Signed the root.");
                return;
        case TBS_REVOCATIONS:
                service_log(SD_INFO, "Signed a list of revocations.");
                return;
        case TBS_CERTIFICATE:
                if (judge_serial(c->tbs, &number) >= 0)
                        serial = hex_encode(number);
                service_log(SD_INFO, "Signed the certificate %s.", serial ?: "");
        }
}

static int fail_call(const Call *c, int result, sd_bus_error *error) {
        switch (result) {
        case TOKEN_E_NO_KEY:
                return bus_error_set(error, ERROR_NOT_FOUND, c->run == run_root ? "The token has no root of the CA's key." : "The token does not have the CA's key.");
        case TOKEN_E_EXISTS:
                return bus_error_set(error, ERROR_EXISTS, "The token has the CA's key already.");
        case TOKEN_E_REFUSED:
                service_log(SD_WARNING, "Refused to sign. %s", c->refusal);
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "%s", c->refusal);
        case -EOPNOTSUPP:
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "Keys in a token are p256, p384, rsa3072 or rsa4096.");
        case -EREMOTEIO:
                service_log(SD_ERR, "%s", c->problem);
                return bus_error_set(error, ERROR_KEY_UNAVAILABLE, "%s", c->problem);
        default:
                return bus_error_set_errno(error, result);
        }
}

static int reply_value(const Call *c) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = sd_bus_message_new_method_return(c->message, &reply);

        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', c->value.data, c->value.len);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static void on_done(int result, void *userdata) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(call_freep) Call *c = userdata;

        if (result == TOKEN_DONE) {
                if (c->run == run_sign)
                        log_signature(c);
                (void) reply_value(c);
                return;
        }
        (void) fail_call(c, result, &error);
        (void) sd_bus_reply_method_error(c->message, &error);
}

static int call_new(KeyService *s, sd_bus_message *m, WorkerRun run, Call **ret, sd_bus_error *error) {
        Call *c;
        int r = bus_check_caller(m, s->caller, "Only sygnet-cad uses the CA's key.", error);

        if (r < 0)
                return r;
        c = calloc(1, sizeof(*c));
        if (!c)
                return bus_error_set_errno(error, -ENOMEM);
        c->service = s;
        c->message = sd_bus_message_ref(m);
        c->run = run;
        *ret = c;
        return 0;
}

/* Takes the call over when it is begun: 1. */
static int call_start(Call *c, sd_bus_error *error) {
        KeyService *s = c->service;
        int r;

        if (s->n_calls >= KEY_CALLS_MAX)
                return bus_error_set(error, ERROR_LIMIT, NULL);
        r = worker_submit(s->workers, c->run, on_done, c);
        if (r < 0)
                return bus_error_set_errno(error, r);
        c->counted = true;
        s->n_calls++;
        return 1;
}

/* --- Methods ------------------------------------------------------------------------------------------------------ */

static int start_without_arguments(KeyService *s, sd_bus_message *m, WorkerRun run, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        int r;

        r = call_new(s, m, run, &c, error);
        if (r >= 0)
                r = call_start(c, error);
        if (r > 0)
                TAKE_PTR(c);
        return r;
}

static int method_get_public_key(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return start_without_arguments(userdata, m, run_public_key, error);
}

static int method_get_root(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return start_without_arguments(userdata, m, run_root, error);
}

static int method_generate(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        const char *algorithm;
        int r;

        r = call_new(userdata, m, run_generate, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(m, "s", &algorithm);
        if (r < 0)
                return bus_error_set_argument(error, r);
        c->algorithm = key_algorithm_from_string(algorithm);
        r = call_start(c, error);
        if (r > 0)
                TAKE_PTR(c);
        return r;
}

static int method_sign(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        const void *data;
        size_t size;
        int r;

        r = call_new(userdata, m, run_sign, &c, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read_array(m, 'y', &data, &size);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (size > TBS_MAX)
                return bus_error_set(error, ERROR_LIMIT, "This is too large to be signed.");
        c->tbs = VIEW(data, size);
        r = call_start(c, error);
        if (r > 0)
                TAKE_PTR(c);
        return r;
}

/* --- The object --------------------------------------------------------------------------------------------------- */

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        BUS_VTABLE_VERSIONS,
        SD_BUS_METHOD_WITH_ARGS("GetPublicKey", SD_BUS_NO_ARGS, SD_BUS_RESULT("ay", key), method_get_public_key, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetRoot", SD_BUS_NO_ARGS, SD_BUS_RESULT("ay", certificate), method_get_root, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Generate", SD_BUS_ARGS("s", algorithm), SD_BUS_RESULT("ay", key), method_generate, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Sign", SD_BUS_ARGS("ay", tbs), SD_BUS_RESULT("ay", signature), method_sign, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int key_bus_register(KeyService *s) {
        return sd_bus_add_object_vtable(s->bus, NULL, CA_KEY_OBJECT_PATH, CA_KEY_INTERFACE, vtable, s);
}
