/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Trust1: the methods of dbus/org.sygnet.Trust1.xml. Each asks the gate before it reads an argument. A certificate goes to the
 * checker as it came; of what the checker answers only such DER is used as the caller's own bytes contain, and its fingerprint is taken here. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "bus/service.h"
#include "config.h"
#include "crypto/digest.h"
#include "installer/trust/child.h"
#include "installer/trust/reply.h"
#include "installer/trust/trust.h"

#define CALLS_MAX 16U
#define CHECK_TIMEOUT (UINT64_C(10) * 1000000)

struct Call {
        Call *next;
        Trust *trust;
        sd_bus_message *message;
        Watch *watch;
        uid_t uid;
        Bytes input;
        Child *child;
        CheckReply reply;
        char fingerprint[FINGERPRINT_TEXT_SIZE]; /* of the certificate; while it is not known, what the caller said */
        int (*checked)(Call *c, sd_bus_error *error); /* 1 when the call goes on */
};

/* --- Calls -------------------------------------------------------------------------------------------------------- */

static Call *call_free(Call *c) {
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
        check_reply_done(&c->reply);
        bytes_done(&c->input);
        watch_free(c->watch);
        sd_bus_message_unref(c->message);
        free(c);
        return NULL;
}

DEFINE_CLEANUP(Call *, call_free);

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

/* What every method begins with that is answered later. 1: parked; `handler` is called again. */
static int begin(sd_bus_message *m, Trust *t, const char *action, sd_bus_message_handler_t handler, Call **ret, sd_bus_error *error) {
        int r;

        trust_touch(t);
        r = gate_pass(t->gate, m, action, handler, t, error);
        return r != 0 ? r : call_new(t, m, ret, error);
}

/* What a handler returns of the first step: the call belongs to that now, or still to the handler. */
static int started(int r, Call **c) {
        if (r < 0)
                return r;
        TAKE_PTR(*c);
        return 1;
}

static void call_fail(Call *c, int result, sd_bus_error *error) {
        if (!watch_gone(c->watch))
                (void) sd_bus_reply_method_errno(c->message, bus_error_set_errno(error, result), error);
        call_free(c);
}

void trust_bus_stop(Trust *t) {
        while (t->calls)
                call_free(t->calls);
}

/* --- The checker -------------------------------------------------------------------------------------------------- */

static bool is_blank(uint8_t c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Whether the DER is the input, or stands in it as base64: a checker that was taken over can say yes to what it was given, but not put
 * something else in its place. */
static bool comes_from_input(View der, View input) {
        _cleanup_free_ char *text = NULL;
        _cleanup_bytes_ Bytes stripped = BYTES_NULL;

        if (view_equal(der, input))
                return true;
        text = base64_encode(der);
        if (!text || bytes_reserve(&stripped, input.len + 1) < 0)
                return false;
        for (size_t i = 0; i < input.len; i++)
                if (!is_blank(input.data[i]))
                        stripped.data[stripped.len++] = input.data[i];
        return memmem(stripped.data, stripped.len, text, strlen(text)) != NULL;
}

static int take_fingerprint(View der, char ret[static FINGERPRINT_TEXT_SIZE]) {
        _cleanup_free_ char *text = NULL;
        uint8_t digest[SHA256_SIZE];
        int r = sha256(der, digest);

        if (r < 0)
                return r;
        text = hex_encode(VIEW(digest, sizeof(digest)));
        if (!text)
                return -ENOMEM;
        memcpy(ret, text, FINGERPRINT_TEXT_SIZE);
        return 0;
}

static int check_failed(sd_bus_error *error) {
        return bus_error_set(error, ERROR_CERTIFICATE, "The certificate could not be examined: the checker failed on it. It was not touched further.");
}

static int on_checked_error(Call *c, int result, View output, sd_bus_error *error) {
        int r;

        if (result != 0) {
                service_log(SD_WARNING, "The checker failed (%d) on what user %u sent.", result, (unsigned) c->uid);
                return check_failed(error);
        }
        r = check_reply_read(output, &c->reply);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || (!check_problem_is_unreadable(c->reply.problem) && !comes_from_input(bytes_view(&c->reply.der), bytes_view(&c->input)))) {
                service_log(SD_WARNING, "The checker's answer on what user %u sent makes no sense.", (unsigned) c->uid);
                return check_failed(error);
        }
        if (check_problem_is_unreadable(c->reply.problem))
                return bus_error_set(error, ERROR_CERTIFICATE, "%s", check_problem_sentence(c->reply.problem));
        return c->checked(c, error);
}

static void on_checker(int result, View output, void *userdata) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Call *c = userdata;
        int r;

        c->child = NULL;
        r = on_checked_error(c, result, output, &error);
        if (r < 0)
                call_fail(c, r, &error);
        else if (r == 0)
                call_free(c);
}

/* Reads the certificate that is next in the message. */
static int read_certificate(Call *c, sd_bus_error *error) {
        const void *data;
        size_t size;
        int r = sd_bus_message_read_array(c->message, 'y', &data, &size);

        if (r < 0)
                return bus_error_set_argument(error, r);
        if (size == 0)
                return bus_error_set(error, ERROR_CERTIFICATE, "%s", check_problem_sentence(CHECK_EMPTY));
        if (size > CERTIFICATE_SIZE_MAX)
                return bus_error_set(error, ERROR_LIMIT, "%s", check_problem_sentence(CHECK_TOO_LARGE));
        r = bytes_dup(VIEW(data, size), &c->input);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

static int start_check(Call *c, int (*checked)(Call *c, sd_bus_error *error), sd_bus_error *error) {
        const char *const argv[] = { c->trust->checker, NULL };
        const ChildParams params = {
                .argv = argv,
                .input = bytes_view(&c->input),
                .output_max = REPLY_SIZE_MAX,
                .timeout_usec = CHECK_TIMEOUT,
                .confined = true,
        };
        int r;

        c->checked = checked;
        r = child_start(c->trust->event, &params, on_checker, c, &c->child);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

static int read_fingerprint(Call *c, sd_bus_error *error) {
        const char *fingerprint;
        int r = sd_bus_message_read(c->message, "s", &fingerprint);

        if (r < 0)
                return bus_error_set_argument(error, r);
        if (!fingerprint_is_valid(fingerprint))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A fingerprint is SHA-256 in 64 lower-case hexadecimal digits, as Inspect returns it.");
        memcpy(c->fingerprint, fingerprint, FINGERPRINT_TEXT_SIZE);
        return 0;
}

/* --- Inspect ------------------------------------------------------------------------------------------------------ */

static int append_constraints(sd_bus_message *reply, const CheckReply *k) {
        int r;

        r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", "constraints");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "s");
        for (size_t i = 0; r >= 0 && i < k->n_constraints; i++)
                r = sd_bus_message_append(reply, "s", k->constraints[i]);
        for (int depth = 0; r >= 0 && depth < 3; depth++)
                r = sd_bus_message_close_container(reply);
        return r;
}

static int append_info(sd_bus_message *reply, Call *c, bool installed) {
        const CheckReply *k = &c->reply;
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}", "subject", "s", k->subject, "issuer", "s", k->issuer, "serial", "s", k->serial,
                                          "fingerprint", "s", c->fingerprint, "algorithm", "s", k->algorithm);
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}", "not_before", "x", k->not_before, "not_after", "x", k->not_after, "ca", "b", (int) k->ca,
                                          "path_length", "i", (int32_t) k->path_length);
        if (r >= 0)
                r = append_constraints(reply, k);
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "installed", "b", (int) installed, "acceptable", "b", (int) (k->problem == CHECK_NONE),
                                          "problem", "s", check_problem_sentence(k->problem));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int inspect_checked(Call *c, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        View der = bytes_view(&c->reply.der);
        int r, installed;

        r = take_fingerprint(der, c->fingerprint);
        if (r < 0)
                return r;
        installed = bundle_contains(&c->trust->store, der);
        if (installed < 0)
                return installed;
        r = sd_bus_message_new_method_return(c->message, &reply);
        if (r >= 0)
                r = append_info(reply, c, installed);
        if (r >= 0)
                r = sd_bus_send(NULL, reply, NULL);
        return r < 0 ? r : 0;
}

static int method_inspect(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        int r;

        r = begin(m, userdata, ACTION_TRUST_READ, method_inspect, &c, error);
        if (r != 0)
                return r;
        r = read_certificate(c, error);
        if (r >= 0)
                r = start_check(c, inspect_checked, error);
        return started(r, &c);
}

/* --- Install ------------------------------------------------------------------------------------------------------ */

static int explain_change(int result, sd_bus_error *error) {
        switch (-result) {
        case EEXIST:
                return bus_error_set(error, ERROR_EXISTS, "The system trusts this certificate already. It was left as it is.");
        case ENOENT:
                return bus_error_set(error, ERROR_NOT_FOUND, "No such certificate was installed through this service; others are left alone.");
        default:
                return bus_error_set(error, ERROR_STORE,
                                     "The system's trust store could not be changed (%s). What was begun is undone, at the latest by the next change.",
                                     strerror(-result));
        }
}

static void on_installed(int result, void *userdata) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Call *c = userdata;

        if (result < 0) {
                call_fail(c, explain_change(result, &error), &error);
                return;
        }
        service_log(SD_NOTICE, "User %u installed the certificate %s.", (unsigned) c->uid, c->fingerprint);
        (void) sd_bus_reply_method_return(c->message, "");
        call_free(c);
}

/* The dates once more: a record is written from them, and the checker may say what it likes. */
static CheckProblem judge_dates(const CheckReply *k, int64_t now) {
        return k->problem != CHECK_NONE ? k->problem : k->not_after < now ? CHECK_EXPIRED : k->not_before > now ? CHECK_NOT_YET_VALID : CHECK_NONE;
}

static int install_checked(Call *c, sd_bus_error *error) {
        int64_t now = time(NULL);
        CheckProblem problem = judge_dates(&c->reply, now);
        _cleanup_(record_done) Record record = { .not_after = c->reply.not_after, .installed = now, .uid = c->uid };
        int r;

        if (problem != CHECK_NONE)
                return bus_error_set(error, ERROR_CERTIFICATE, "The certificate is refused. %s", check_problem_sentence(problem));
        r = take_fingerprint(bytes_view(&c->reply.der), record.fingerprint);
        if (r < 0)
                return r;
        if (strcmp(record.fingerprint, c->fingerprint) != 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The certificate is not the one with this fingerprint. Look at it anew before you trust it.");
        if (watch_gone(c->watch))
                return 0;
        record.subject = strdup(c->reply.subject);
        if (!record.subject)
                return -ENOMEM;
        record.der = bytes_take(&c->reply.der);
        r = change_install(c->trust->changes, &record, on_installed, c);
        return r < 0 ? r : 1;
}

static int method_install(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        int r;

        r = begin(m, userdata, ACTION_TRUST_CHANGE, method_install, &c, error);
        if (r != 0)
                return r;
        r = read_certificate(c, error);
        if (r >= 0)
                r = read_fingerprint(c, error);
        if (r >= 0)
                r = start_check(c, install_checked, error);
        return started(r, &c);
}

/* --- Remove ------------------------------------------------------------------------------------------------------- */

static void on_removed(int result, void *userdata) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Call *c = userdata;

        if (result < 0) {
                call_fail(c, explain_change(result, &error), &error);
                return;
        }
        service_log(SD_NOTICE, "User %u removed the certificate %s.", (unsigned) c->uid, c->fingerprint);
        (void) sd_bus_reply_method_return(c->message, "");
        call_free(c);
}

static int method_remove(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        int r;

        r = begin(m, userdata, ACTION_TRUST_CHANGE, method_remove, &c, error);
        if (r != 0)
                return r;
        r = read_fingerprint(c, error);
        if (r < 0)
                return r;
        r = change_remove(c->trust->changes, c->fingerprint, on_removed, c);
        return r < 0 ? bus_error_set_errno(error, r) : started(r, &c);
}

/* --- List --------------------------------------------------------------------------------------------------------- */

static int append_record(sd_bus_message *reply, Trust *t, const Record *record) {
        bool present = certificate_file_exists(record) > 0 && bundle_contains(&t->store, bytes_view(&record->der)) > 0;

        return sd_bus_message_append(reply, "a{sv}", 7, "fingerprint", "s", record->fingerprint, "subject", "s", record->subject, "not_after", "x",
                                     record->not_after, "installed", "x", record->installed, "uid", "u", (uint32_t) record->uid, "path", "s", record->path,
                                     "present", "b", (int) present);
}

static int method_list(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(record_list_done) RecordList list = { 0 };
        Trust *t = userdata;
        size_t damaged;
        int r;

        trust_touch(t);
        r = gate_pass(t->gate, m, ACTION_TRUST_READ, method_list, userdata, error);
        if (r != 0)
                return r;
        r = record_list(&t->store, &list, &damaged);
        if (r < 0)
                return bus_error_set_errno(error, r);
        if (damaged > 0)
                service_log(SD_ERR, "%zu records in %s are damaged and were passed over.", damaged, t->store.records);
        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < list.n; i++)
                if (list.records[i].state == RECORD_INSTALLED)
                        r = append_record(reply, t, &list.records[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* --- Properties and the object ------------------------------------------------------------------------------------ */

static int property_version(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply, void *userdata,
                            sd_bus_error *error) {
        return sd_bus_message_append(reply, "s", SYGNET_VERSION);
}

static int property_contract_version(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
                                     void *userdata, sd_bus_error *error) {
        return sd_bus_message_append(reply, "u", 1U);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", property_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("ContractVersion", "u", property_contract_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_METHOD_WITH_ARGS("Inspect", SD_BUS_ARGS("ay", certificate), SD_BUS_RESULT("a{sv}", info), method_inspect, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Install", SD_BUS_ARGS("ay", certificate, "s", fingerprint), SD_BUS_NO_RESULT, method_install,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Remove", SD_BUS_ARGS("s", fingerprint), SD_BUS_NO_RESULT, method_remove, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", certificates), method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int trust_bus_register(Trust *t) {
        return sd_bus_add_object_vtable(t->bus, NULL, TRUST_OBJECT_PATH, TRUST_INTERFACE, vtable, t);
}
