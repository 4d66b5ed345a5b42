/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet log: what was done: for its owner's eyes; for a seal's Administrator, who sees who signed how many and when; or, without details, for
 * the operator's. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/output.h"
#include "client/session-choice.h"
#include "client/verbs.h"

/* Entries that one call of an export asks for. */
#define EXPORT_PAGE 1000U

/* Whose log it is. */
typedef struct Log {
        const char *method;
        bool all;
        SessionChoice session;
        Dict seal; /* with ListSeal */
} Log;

static void log_done(Log *l) {
        session_choice_done(&l->session);
        dict_done(&l->seal);
}

static int log_choose(Client *c, Log *ret) {
        const char *seal = arguments_get(&c->arguments, "seal");
        int r;

        ret->all = arguments_has(&c->arguments, "all");
        if (ret->all && seal)
                return fail(EXIT_USAGE, "%s", _("--all and --seal exclude each other."));
        ret->method = ret->all ? "ListAll" : seal ? "ListSeal" : "List";
        if (ret->all) {
                agent_start(&c->agent);
                return 0;
        }
        if (seal) {
                r = credential_find(c, seal, false, &ret->seal);
                if (r > 0)
                        return r;
        }
        return session_choose(c, seal ? dict_string(&ret->seal, "login") : NULL, &ret->session);
}

/* Entries below `from`, newest first, or above it, oldest first; `bound` is "before" or "after". */
static int log_fetch(Client *c, const Log *l, const char *bound, uint64_t from, unsigned limit, DictList *ret) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_AUDIT, l->method, &m);
        if (r > 0)
                return r;
        r = l->all ? 0 : sd_bus_message_append(m, "s", l->session.id);
        if (r >= 0 && l->seal.n_fields > 0)
                r = sd_bus_message_append(m, "s", dict_string(&l->seal, "id"));
        if (r >= 0)
                r = sd_bus_message_append(m, "a{sv}", 2, "limit", "u", limit, bound, "t", from);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        if (r != 0)
                return r;
        r = dict_list_read(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

static void print_own(const DictList *l) {
        const char *titles[] = { _("Number"), _("Time"), _("Event"), _("Credential"), _("Details") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);

        table_keep(t, 1);
        table_keep(t, 3);
        for (size_t i = 0; i < l->n_items; i++) {
                char number[24];

                snprintf(number, sizeof(number), "%lld", (long long) dict_number(&l->items[i], "seq", 0));
                table_cell(t, number);
                table_cell(t, text_time(dict_number(&l->items[i], "time", -1)));
                table_cell(t, dict_string(&l->items[i], "event"));
                table_cell(t, dict_string(&l->items[i], "credential"));
                table_cell(t, dict_string(&l->items[i], "payload"));
        }
        table_print(t);
}

static void print_all(const DictList *l) {
        const char *titles[] = { _("Number"), _("Time"), _("Event"), _("Login"), _("Unix user"), _("Credential") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);

        table_keep(t, 1);
        table_keep(t, 5);
        for (size_t i = 0; i < l->n_items; i++) {
                const Dict *d = &l->items[i];
                char number[24], uid[24] = "";

                snprintf(number, sizeof(number), "%lld", (long long) dict_number(d, "seq", 0));
                if (dict_has(d, "uid"))
                        snprintf(uid, sizeof(uid), "%u", (unsigned) dict_number(d, "uid", 0));
                table_cell(t, number);
                table_cell(t, text_time(dict_number(d, "time", -1)));
                table_cell(t, dict_string(d, "event"));
                table_cell(t, dict_string(d, "login"));
                table_cell(t, uid);
                table_cell(t, dict_string(d, "credential"));
        }
        table_print(t);
}

static void print_seal(const DictList *l) {
        const char *titles[] = { _("Number"), _("Time"), _("Event"), _("Login"), _("Documents") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);

        table_keep(t, 1);
        for (size_t i = 0; i < l->n_items; i++) {
                const Dict *d = &l->items[i];
                char number[24], items[24] = "";

                snprintf(number, sizeof(number), "%lld", (long long) dict_number(d, "seq", 0));
                if (dict_has(d, "items"))
                        snprintf(items, sizeof(items), "%u", (unsigned) dict_number(d, "items", 0));
                table_cell(t, number);
                table_cell(t, text_time(dict_number(d, "time", -1)));
                table_cell(t, dict_string(d, "event"));
                table_cell(t, dict_string(d, "login"));
                table_cell(t, items);
        }
        table_print(t);
}

int verb_log(Client *c) {
        _cleanup_dict_list_ DictList l = { 0 };
        _cleanup_(log_done) Log log = { 0 };
        unsigned limit;
        int r;

        r = arguments_number(&c->arguments, "limit", 1, 1000, 100, &limit);
        if (r == 0)
                r = log_choose(c, &log);
        if (r == 0)
                r = log_fetch(c, &log, "before", 0, limit, &l);
        if (r != 0)
                return r;
        if (c->json)
                return dict_list_print_json("entries", &l);
        if (log.all)
                print_all(&l);
        else if (log.seal.n_fields > 0)
                print_seal(&l);
        else
                print_own(&l);
        return EXIT_OK;
}

/* --- Export ------------------------------------------------------------------------------------------------------- */

/* One entry a line. */
static int write_entries(FILE *f, const DictList *l) {
        for (size_t i = 0; i < l->n_items; i++) {
                Json j = JSON_INIT(f);
                int r;

                j.compact = true;
                dict_json(&j, NULL, &l->items[i]);
                r = json_finish(&j);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Page by page, oldest first, so that the memory does not grow with the log. */
static int write_log(Client *c, const Log *log, FILE *f, const char *path, size_t *ret_count) {
        uint64_t last = 0;
        size_t count = 0, n;

        do {
                _cleanup_dict_list_ DictList l = { 0 };
                int r;

                r = log_fetch(c, log, "after", last, EXPORT_PAGE, &l);
                if (r != 0)
                        return r;
                r = write_entries(f, &l);
                if (r < 0)
                        return path ? fail_file(r, path) : fail_errno(r, "%s", _("The output could not be written"));
                n = l.n_items;
                count += n;
                if (n > 0)
                        last = (uint64_t) dict_number(&l.items[n - 1], "seq", 0);
        } while (n == EXPORT_PAGE);
        *ret_count = count;
        return 0;
}

static int export_to_file(Client *c, const Log *log, const char *path, size_t *ret_count) {
        _cleanup_(atomic_file_freep) AtomicFile *file = NULL;
        _cleanup_fclose_ FILE *f = NULL;
        int r, fd;

        r = atomic_file_open(path, 0600, &file);
        if (r < 0)
                return fail_file(r, path);
        fd = fcntl(atomic_file_fd(file), F_DUPFD_CLOEXEC, 3);
        f = fd < 0 ? NULL : fdopen(fd, "w");
        if (!f)
                return fail_file(-errno, path);
        r = write_log(c, log, f, path, ret_count);
        if (r != 0)
                return r;
        if (fflush(f) != 0)
                return fail_file(-errno, path);
        r = atomic_file_commit(file, arguments_has(&c->arguments, "force"));
        if (r == -EEXIST)
                return fail(EXIT_FAILED, _("%s exists already; use --force to replace it."), path);
        return r < 0 ? fail_file(r, path) : 0;
}

int verb_log_export(Client *c) {
        const char *path = arguments_get(&c->arguments, "output");
        _cleanup_(log_done) Log log = { 0 };
        size_t count;
        int r;

        r = log_choose(c, &log);
        if (r != 0)
                return r;
        if (!path)
                return write_log(c, &log, stdout, NULL, &count);
        r = export_to_file(c, &log, path, &count);
        if (r == 0)
                out(ngettext("%s: %zu entry.\n", "%s: %zu entries.\n", (unsigned long) count), path, count);
        return r;
}

/* --- The chain ---------------------------------------------------------------------------------------------------- */

static int print_chain(const Client *c, bool intact, uint64_t count, uint64_t broken_at, const char *head) {
        Json j = JSON_INIT(stdout);

        if (c->json) {
                json_object_begin(&j, NULL);
                json_bool(&j, "intact", intact);
                json_int(&j, "count", (int64_t) count);
                json_string(&j, "head", head);
                if (intact)
                        json_null(&j, "broken_at");
                else
                        json_int(&j, "broken_at", (int64_t) broken_at);
                json_object_end(&j);
                return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
        }
        if (!intact) {
                out_styled(STYLE_BAD, "%s ", output_is_utf8() ? "✘" : "!!");
                out(_("The log was changed: entry %llu does not fit.\n"), (unsigned long long) broken_at);
                return EXIT_OK;
        }
        out_styled(STYLE_GOOD, "%s ", output_is_utf8() ? "✔" : "OK");
        out(ngettext("The log is whole: %llu entry.\n", "The log is whole: %llu entries.\n", (unsigned long) count), (unsigned long long) count);
        out(_("Head: %s\n"), head);
        return EXIT_OK;
}

int verb_log_verify(Client *c) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        _cleanup_free_ char *head = NULL;
        uint64_t count, broken_at;
        const void *data;
        int intact, r;
        size_t size;

        agent_start(&c->agent);
        r = call(c, &service_sygnet, SYGNET_INTERFACE_AUDIT, "Verify", &reply, NULL);
        if (r != 0)
                return r;
        r = sd_bus_message_read(reply, "bt", &intact, &count);
        if (r >= 0)
                r = sd_bus_message_read_array(reply, 'y', &data, &size);
        if (r >= 0)
                r = sd_bus_message_read(reply, "t", &broken_at);
        if (r < 0)
                return fail_message(r);
        head = hex_encode(VIEW(data, size));
        r = print_chain(c, intact, count, broken_at, head);
        return r == EXIT_OK && !intact ? EXIT_NOT_VALID : r;
}
