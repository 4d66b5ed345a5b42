/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Install, InstallAll and Remove of org.sygnet.Trust1: what a person saw and named by fingerprint goes into the stores, and out again. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "bus/service.h"
#include "installer/trust/call.h"

/* Each is a record of its own, written to disk twice. */
#define INSTALL_MAX 64U

/* --- Errors ------------------------------------------------------------------------------------------------------- */

static int explain_store(const Call *c, const Outcome *o, sd_bus_error *error) {
        const char *problem = o->at->problem(&c->trust->stores);

        return bus_error_set(error, ERROR_STORE, "%s: %s. What was begun is undone, at the latest by the next change.", o->at->name,
                             problem ?: strerror(-o->result));
}

static int explain_unable(const Call *c, const Outcome *o, sd_bus_error *error) {
        if (!o->at)
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no trust store on this system that could take it.");
        if (!o->at->is_present(&c->trust->stores))
                return bus_error_set(error, ERROR_NOT_FOUND, "There is no such store on this system: %s.", o->at->name);
        return bus_error_set(error, ERROR_INVALID_ARGUMENT, "%s: what is in this store is trusted for every purpose.", o->at->name);
}

static int explain_change(const Call *c, const Outcome *o, sd_bus_error *error) {
        switch (-o->result) {
        case EEXIST:
                return bus_error_set(error, ERROR_EXISTS, "There is a file of that name already, which is not the service's. It was left as it is.");
        case ENOENT:
                return bus_error_set(error, ERROR_NOT_FOUND, "No such certificate was installed through this service; others are left alone.");
        case EOPNOTSUPP:
                return explain_unable(c, o, error);
        case EINVAL:
                return bus_error_set(error, ERROR_EXISTS, "One of them was installed for other purposes before. Remove it first.");
        default:
                if (o->at)
                        return explain_store(c, o, error);
                return bus_error_set(error, ERROR_STORE,
                                     "The system's trust store could not be changed (%s). What was begun is undone, at the latest by the next change.",
                                     strerror(-o->result));
        }
}

static void fail_change(Call *c, const Outcome *o) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        call_fail(c, explain_change(c, o, &error), &error);
}

/* --- What goes in ------------------------------------------------------------------------------------------------- */

/* The dates once more: a record is written from them, and the checker may say what it likes. */
static CheckProblem judge_dates(const CheckReply *k, int64_t now) {
        return k->problem != CHECK_NONE ? k->problem : k->not_after < now ? CHECK_EXPIRED : k->not_before > now ? CHECK_NOT_YET_VALID : CHECK_NONE;
}

static int refuse(const Call *c, size_t i, CheckProblem problem, sd_bus_error *error) {
        if (!c->several)
                return bus_error_set(error, ERROR_CERTIFICATE, "The certificate is refused. %s", check_problem_sentence(problem));
        return bus_error_set(error, ERROR_CERTIFICATE, "Number %zu of %zu is refused, so nothing was installed: %s %s", i + 1, c->reply.n,
                             check_problem_sentence(problem), c->reply.replies[i].subject ?: "");
}

static int fill_record(Call *c, size_t i, int64_t now, Record *record) {
        CheckReply *k = &c->reply.replies[i];

        *record = (Record) { .not_after = k->not_after, .installed = now, .uid = c->uid, .purposes = c->purposes, .subject = strdup(k->subject) };
        record->der = bytes_take(&k->der);
        memcpy(record->fingerprint, c->fingerprints[i], FINGERPRINT_TEXT_SIZE);
        return record->subject ? 0 : -ENOMEM;
}

static int make_records(Call *c, RecordList *ret) {
        int64_t now = time(NULL);
        int r = 0;

        ret->records = calloc(c->reply.n, sizeof(*ret->records));
        if (!ret->records)
                return -ENOMEM;
        for (; r >= 0 && ret->n < c->reply.n; ret->n++)
                r = fill_record(c, ret->n, now, &ret->records[ret->n]);
        return r;
}

/* All are what they should be, and those that were named. */
static int judge_all(const Call *c, sd_bus_error *error) {
        int64_t now = time(NULL);

        if (c->reply.n != c->n_fingerprints)
                return bus_error_set(error, ERROR_CERTIFICATE, "Each certificate must be one, in DER.");
        for (size_t i = 0; i < c->reply.n; i++) {
                CheckProblem problem = judge_dates(&c->reply.replies[i], now);
                char fingerprint[FINGERPRINT_TEXT_SIZE];
                int r;

                if (problem != CHECK_NONE)
                        return refuse(c, i, problem, error);
                r = fingerprint_take(bytes_view(&c->reply.replies[i].der), fingerprint);
                if (r < 0)
                        return r;
                if (strcmp(fingerprint, c->fingerprints[i]) != 0)
                        return bus_error_set(error, ERROR_INVALID_ARGUMENT,
                                             "The certificate is not the one with this fingerprint. Look at it anew before you trust it.");
        }
        return 0;
}

static int install_judged(Call *c, ChangeDone done, sd_bus_error *error) {
        _cleanup_(record_list_done) RecordList records = { 0 };
        int r = judge_all(c, error);

        if (r < 0)
                return r;
        if (watch_gone(c->watch))
                return 0;
        r = make_records(c, &records);
        if (r >= 0)
                r = change_install(c->trust->changes, &records, c->stores, done, c);
        return r < 0 ? r : 1;
}

static void log_installed(const Call *c, const Outcome *o) {
        for (size_t i = 0; i < o->records->n; i++)
                for (StoreId id = 0; id < STORE_MAX; id++)
                        if (o->results[i][id] == RESULT_INSTALLED)
                                service_log(SD_NOTICE, "User %u installed the certificate %s in %s.", (unsigned) c->uid, o->records->records[i].fingerprint,
                                            store_id_word(id));
}

/* --- Install ------------------------------------------------------------------------------------------------------ */

static bool is_new_somewhere(const Outcome *o) {
        for (StoreId id = 0; id < STORE_MAX; id++)
                if (o->results[0][id] == RESULT_INSTALLED)
                        return true;
        return false;
}

static void on_installed(const Outcome *o, void *userdata) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Call *c = userdata;

        if (o->result < 0) {
                fail_change(c, o);
                return;
        }
        if (!is_new_somewhere(o)) {
                call_fail(c, bus_error_set(&error, ERROR_EXISTS, "The system trusts this certificate already. It was left as it is."), &error);
                return;
        }
        log_installed(c, o);
        (void) sd_bus_reply_method_return(c->message, "");
        call_free(c);
}

static int install_checked(Call *c, sd_bus_error *error) {
        return install_judged(c, on_installed, error);
}

static int read_fingerprint(Call *c, sd_bus_error *error) {
        const char *fingerprint;
        int r = sd_bus_message_read(c->message, "s", &fingerprint);

        if (r < 0)
                return bus_error_set_argument(error, r);
        r = call_check_fingerprint(fingerprint, error);
        if (r < 0)
                return r;
        r = call_reserve_fingerprints(c, 1);
        if (r < 0)
                return bus_error_set_errno(error, r);
        memcpy(c->fingerprints[0], fingerprint, FINGERPRINT_TEXT_SIZE);
        return 0;
}

int method_install(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        int r;

        r = call_begin(m, userdata, ACTION_TRUST_CHANGE, method_install, &c, error);
        if (r != 0)
                return r;
        c->purposes = PURPOSE_ALL;
        r = call_read_input(c, CERTIFICATE_SIZE_MAX, CHECK_TOO_LARGE, error);
        if (r >= 0)
                r = read_fingerprint(c, error);
        if (r >= 0)
                r = call_check(c, false, install_checked, error);
        return call_started(r, &c);
}

/* --- InstallAll --------------------------------------------------------------------------------------------------- */

static const char *const result_words[] = {
        [RESULT_NONE] = "", [RESULT_INSTALLED] = "installed", [RESULT_PRESENT_BEFORE] = "present-before", [RESULT_LEFT_OUT] = "left-out",
        [RESULT_FAILED] = "failed",
};

static int append_result(sd_bus_message *reply, const Call *c, const Record *record, StoreId id, StoreResult result) {
        const char *problem = "";

        if (result == RESULT_NONE)
                return 0;
        if (result == RESULT_LEFT_OUT)
                problem = N_("What is in this store is trusted for every purpose.");
        else if (result == RESULT_FAILED)
                problem = store_by_id(id)->problem(&c->trust->stores) ?: N_("It could not be changed. The service's log says why.");
        return sd_bus_message_append(reply, "a{sv}", 4, "fingerprint", "s", record->fingerprint, "store", "s", store_id_word(id), "result", "s",
                                     result_words[result], "problem", "s", problem);
}

static int answer_installed(const Call *c, const Outcome *o) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(c->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; i < o->records->n; i++)
                for (StoreId id = 0; r >= 0 && id < STORE_MAX; id++)
                        r = append_result(reply, c, &o->records->records[i], id, o->results[i][id]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static void on_all_installed(const Outcome *o, void *userdata) {
        Call *c = userdata;

        if (o->result < 0) {
                fail_change(c, o);
                return;
        }
        log_installed(c, o);
        (void) answer_installed(c, o);
        call_free(c);
}

static int install_all_checked(Call *c, sd_bus_error *error) {
        return install_judged(c, on_all_installed, error);
}

/* The certificates become one file for the checker. */
static int read_certificates(Call *c, size_t *ret_n, sd_bus_error *error) {
        int r = sd_bus_message_enter_container(c->message, 'a', "ay");

        *ret_n = 0;
        while (r >= 0 && (r = sd_bus_message_at_end(c->message, false)) == 0) {
                _cleanup_bytes_ Bytes pem = BYTES_NULL;
                const void *data;
                size_t size;

                r = sd_bus_message_read_array(c->message, 'y', &data, &size);
                if (r < 0)
                        break;
                if (++*ret_n > INSTALL_MAX)
                        return bus_error_set(error, ERROR_LIMIT, "At most %u certificates are installed at once.", INSTALL_MAX);
                if (size > CERTIFICATE_SIZE_MAX)
                        return bus_error_set(error, ERROR_LIMIT, "%s", check_problem_sentence(CHECK_TOO_LARGE));
                r = certificate_to_pem(VIEW(data, size), &pem);
                if (r >= 0)
                        r = bytes_append_view(&c->input, bytes_view(&pem));
                if (r < 0)
                        return bus_error_set_errno(error, r);
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(c->message);
        if (r < 0)
                return bus_error_set_argument(error, r);
        return *ret_n > 0 ? 0 : bus_error_set(error, ERROR_CERTIFICATE, "%s", check_problem_sentence(CHECK_EMPTY));
}

static int take_one_fingerprint(Call *c, size_t i, const char *fingerprint, sd_bus_error *error) {
        int r = call_check_fingerprint(fingerprint, error);

        if (r < 0)
                return r;
        for (size_t k = 0; k < i; k++)
                if (strcmp(c->fingerprints[k], fingerprint) == 0)
                        return bus_error_set(error, ERROR_INVALID_ARGUMENT, "Number %zu is number %zu once more.", i + 1, k + 1);
        memcpy(c->fingerprints[i], fingerprint, FINGERPRINT_TEXT_SIZE);
        return 0;
}

static int read_fingerprints(Call *c, size_t n, sd_bus_error *error) {
        const char *fingerprint;
        size_t i = 0;
        int r;

        if (call_reserve_fingerprints(c, n) < 0)
                return bus_error_set_errno(error, -ENOMEM);
        r = sd_bus_message_enter_container(c->message, 'a', "s");
        while (r >= 0 && (r = sd_bus_message_read(c->message, "s", &fingerprint)) > 0) {
                if (i >= n)
                        break;
                r = take_one_fingerprint(c, i++, fingerprint, error);
                if (r < 0)
                        return r;
        }
        if (r == 0)
                r = sd_bus_message_exit_container(c->message);
        else if (r > 0)
                i = n + 1;
        if (r < 0)
                return bus_error_set_argument(error, r);
        return i == n ? 0 : bus_error_set(error, ERROR_INVALID_ARGUMENT, "There must be a fingerprint for each certificate.");
}

/* Reads `as` as bits; what is unknown, or nothing at all, is UNKNOWN_WORD. */
#define UNKNOWN_WORD (1U << 31)
static int read_bits(sd_bus_message *m, unsigned (*bit_of)(const char *word), unsigned *target) {
        const char *word;
        int r;

        *target = 0;
        r = sd_bus_message_enter_container(m, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "s");
        while (r >= 0 && (r = sd_bus_message_read(m, "s", &word)) > 0) {
                unsigned bit = bit_of(word);

                *target |= bit != 0 ? bit : UNKNOWN_WORD;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r >= 0 && *target == 0)
                *target = UNKNOWN_WORD;
        return r < 0 ? r : 0;
}

static unsigned store_bit_of(const char *word) {
        StoreId id = store_id_from_word(word);

        return id == STORE_MAX ? 0 : store_bit(id);
}

static int read_stores(sd_bus_message *m, void *target) {
        return read_bits(m, store_bit_of, target);
}

static int read_purposes(sd_bus_message *m, void *target) {
        return read_bits(m, purpose_from_word, target);
}

int method_install_all(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        size_t n;
        int r;

        r = call_begin(m, userdata, ACTION_TRUST_CHANGE, method_install_all, &c, error);
        if (r != 0)
                return r;
        BusOption options[] = {
                { "stores", read_stores, &c->stores, false },
                { "purposes", read_purposes, &c->purposes, false },
        };

        c->purposes = PURPOSE_ALL;
        r = read_certificates(c, &n, error);
        if (r >= 0)
                r = read_fingerprints(c, n, error);
        if (r >= 0)
                r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        if (r >= 0 && ((c->stores | c->purposes) & UNKNOWN_WORD))
                r = bus_error_set(error, ERROR_INVALID_ARGUMENT, "No such store or purpose. ListStores names the stores; the purposes are tls, email and code.");
        if (r >= 0)
                r = call_check(c, true, install_all_checked, error);
        return call_started(r, &c);
}

/* --- Remove ------------------------------------------------------------------------------------------------------- */

static void on_removed(const Outcome *o, void *userdata) {
        Call *c = userdata;

        if (o->result < 0) {
                fail_change(c, o);
                return;
        }
        service_log(SD_NOTICE, "User %u removed the certificate %s.", (unsigned) c->uid, c->fingerprints[0]);
        (void) sd_bus_reply_method_return(c->message, "");
        call_free(c);
}

int method_remove(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        int r;

        r = call_begin(m, userdata, ACTION_TRUST_CHANGE, method_remove, &c, error);
        if (r != 0)
                return r;
        r = read_fingerprint(c, error);
        if (r < 0)
                return r;
        r = change_remove(c->trust->changes, c->fingerprints[0], on_removed, c);
        return r < 0 ? bus_error_set_errno(error, r) : call_started(r, &c);
}
