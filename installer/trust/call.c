/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls and the checker; see call.h. A file goes to the checker as it came; of what the checker answers only such DER is used as the caller's own
 * bytes contain, and its fingerprint is taken here. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "bus/error.h"
#include "bus/names.h"
#include "bus/service.h"
#include "installer/trust/call.h"
#include "installer/trust/child.h"

#define CALLS_MAX 16U
#define CHECK_TIMEOUT (UINT64_C(10) * 1000000)
#define DASHES "-----"
#define BEGIN DASHES "BEGIN "

/* --- Calls -------------------------------------------------------------------------------------------------------- */

Call *call_free(Call *c) {
        if (!c)
                return NULL;
        for (Call **i = &c->trust->calls; *i; i = &(*i)->next) {
                if (*i != c)
                        continue;
                *i = c->next;
                c->trust->n_calls--;
                break;
        }
        trust_touch(c->trust);
        child_free(c->child);
        bundle_reply_done(&c->reply);
        bytes_done(&c->input);
        free(c->fingerprints);
        watch_free(c->watch);
        sd_bus_message_unref(c->message);
        free(c);
        return NULL;
}

static int call_new(Trust *t, sd_bus_message *m, Call **ret, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        int r;

        if (t->n_calls >= CALLS_MAX)
                return bus_error_set(error, ERROR_LIMIT, NULL);
        c = calloc(1, sizeof(*c));
        if (!c)
                return bus_error_set_errno(error, -ENOMEM);
        c->trust = t;
        c->next = t->calls;
        t->calls = c;
        t->n_calls++;
        c->message = sd_bus_message_ref(m);
        r = gate_sender_uid(t->gate, m, &c->uid);
        if (r >= 0)
                r = gate_watch(t->gate, m, &c->watch);
        if (r < 0)
                return bus_error_set_errno(error, r);
        *ret = TAKE_PTR(c);
        return 0;
}

int call_begin(sd_bus_message *m, Trust *t, const char *action, sd_bus_message_handler_t handler, Call **ret, sd_bus_error *error) {
        int r;

        trust_touch(t);
        r = gate_pass(t->gate, m, action, handler, t, error);
        return r != 0 ? r : call_new(t, m, ret, error);
}

int call_started(int r, Call **c) {
        if (r < 0)
                return r;
        TAKE_PTR(*c);
        return 1;
}

void call_fail(Call *c, int result, sd_bus_error *error) {
        if (!watch_gone(c->watch))
                (void) sd_bus_reply_method_errno(c->message, bus_error_set_errno(error, result), error);
        call_free(c);
}

void trust_calls_stop(Trust *t) {
        while (t->calls)
                call_free(t->calls);
}

/* --- Arguments ---------------------------------------------------------------------------------------------------- */

int call_read_input(Call *c, size_t max, CheckProblem too_large, sd_bus_error *error) {
        const void *data;
        size_t size;
        int r = sd_bus_message_read_array(c->message, 'y', &data, &size);

        if (r < 0)
                return bus_error_set_argument(error, r);
        if (size == 0)
                return bus_error_set(error, ERROR_CERTIFICATE, "%s", check_problem_sentence(CHECK_EMPTY));
        if (size > max)
                return bus_error_set(error, ERROR_LIMIT, "%s", check_problem_sentence(too_large));
        r = bytes_dup(VIEW(data, size), &c->input);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

int call_reserve_fingerprints(Call *c, size_t n) {
        free(c->fingerprints);
        c->fingerprints = calloc(n + 1, sizeof(*c->fingerprints));
        c->n_fingerprints = n;
        return c->fingerprints ? 0 : -ENOMEM;
}

int call_check_fingerprint(const char *fingerprint, sd_bus_error *error) {
        if (fingerprint_is_valid(fingerprint))
                return 0;
        return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A fingerprint is SHA-256 in 64 lower-case hexadecimal digits, as Inspect returns it.");
}

/* --- Whether the answer is about what was sent -------------------------------------------------------------------- */

static View behind(View v, const uint8_t *place, size_t n) {
        return VIEW(place + n, v.len - (size_t) (place - v.data) - n);
}

/* What the blocks of a PEM file hold, one after the other. */
static int decode_blocks(View pem, Bytes *ret) {
        const uint8_t *p;

        while ((p = view_find(pem, BEGIN))) {
                _cleanup_bytes_ Bytes block = BYTES_NULL;
                const uint8_t *end;
                int r;

                pem = behind(pem, p, strlen(BEGIN));
                p = view_find(pem, DASHES);
                if (!p)
                        return 0;
                pem = behind(pem, p, strlen(DASHES));
                end = view_find(pem, DASHES);
                if (!end)
                        return 0;
                r = base64_decode(VIEW(pem.data, (size_t) (end - pem.data)), &block);
                if (r >= 0)
                        r = bytes_append_view(ret, bytes_view(&block));
                if (r < 0 && r != -EINVAL)
                        return r;
                pem = behind(pem, end, 0);
        }
        return 0;
}

/* Whether what the checker calls certificates stands in the input, in that order: a checker that was taken over can say yes to what it was
 * given, but not put something else in its place. */
static int comes_from_input(const Call *c, bool *ret) {
        _cleanup_bytes_ Bytes decoded = BYTES_NULL;
        View rest = bytes_view(&c->input);
        int r;

        *ret = false;
        if (view_find(rest, BEGIN)) {
                r = decode_blocks(rest, &decoded);
                if (r < 0)
                        return r;
                rest = bytes_view(&decoded);
        }
        for (size_t i = 0; i < c->reply.n; i++) {
                View der = bytes_view(&c->reply.replies[i].der);
                const uint8_t *p;

                if (check_problem_is_unreadable(c->reply.replies[i].problem))
                        continue;
                p = rest.len > 0 ? memmem(rest.data, rest.len, der.data, der.len) : NULL;
                if (!p)
                        return 0;
                rest = behind(rest, p, der.len);
        }
        *ret = true;
        return 0;
}

int call_take_fingerprints(Call *c) {
        int r = call_reserve_fingerprints(c, c->reply.n);

        for (size_t i = 0; r >= 0 && i < c->reply.n; i++)
                if (!check_problem_is_unreadable(c->reply.replies[i].problem))
                        r = fingerprint_take(bytes_view(&c->reply.replies[i].der), c->fingerprints[i]);
        return r;
}

/* --- The checker -------------------------------------------------------------------------------------------------- */

static int check_failed(sd_bus_error *error) {
        return bus_error_set(error, ERROR_CERTIFICATE, "The certificate could not be examined: the checker failed on it. It was not touched further.");
}

/* The answer about one certificate as one about several. */
static int read_one(View output, BundleReply *ret) {
        _cleanup_bundle_ BundleReply b = { 0 };
        int r;

        b.replies = calloc(1, sizeof(*b.replies));
        if (!b.replies)
                return -ENOMEM;
        r = check_reply_read(output, &b.replies[0]);
        if (r < 0)
                return r;
        b.n = 1;
        if (check_problem_is_unreadable(b.replies[0].problem))
                b.problem = b.replies[0].problem;
        *ret = b;
        b = (BundleReply) { 0 };
        return 0;
}

static int judge_answer(Call *c, int result, View output, sd_bus_error *error) {
        bool ours = false;
        int r;

        if (result != 0) {
                service_log(SD_WARNING, "The checker failed (%d) on what user %u sent.", result, (unsigned) c->uid);
                return check_failed(error);
        }
        r = c->several ? bundle_reply_read(output, &c->reply) : read_one(output, &c->reply);
        if (r >= 0)
                r = comes_from_input(c, &ours);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !ours) {
                service_log(SD_WARNING, "The checker's answer on what user %u sent makes no sense.", (unsigned) c->uid);
                return check_failed(error);
        }
        if (c->reply.problem != CHECK_NONE)
                return bus_error_set(error, ERROR_CERTIFICATE, "%s", check_problem_sentence(c->reply.problem));
        return c->checked(c, error);
}

static void on_checker(int result, View output, void *userdata) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Call *c = userdata;
        int r;

        c->child = NULL;
        r = judge_answer(c, result, output, &error);
        if (r < 0)
                call_fail(c, r, &error);
        else if (r == 0)
                call_free(c);
}

int call_check(Call *c, bool several, CallChecked checked, sd_bus_error *error) {
        const char *const argv[] = { c->trust->checker, several ? "bundle" : NULL, NULL };
        const ChildParams params = {
                .argv = argv,
                .input = bytes_view(&c->input),
                .output_max = several ? BUNDLE_REPLY_SIZE_MAX : REPLY_SIZE_MAX,
                .timeout_usec = CHECK_TIMEOUT,
                .confined = true,
        };
        int r;

        c->several = several;
        c->checked = checked;
        r = child_start(c->trust->event, &params, on_checker, c, &c->child);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}
