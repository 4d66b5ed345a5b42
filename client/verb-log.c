/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet log: what was done, for its owner's eyes or, without details, for the operator's. */

#include <string.h>

#include "base/codec.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/output.h"
#include "client/session-choice.h"
#include "client/verbs.h"

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

static int fetch(Client *c, bool all, unsigned limit, sd_bus_message **ret) {
        _cleanup_session_ SessionChoice session = { 0 };
        int r;

        if (all) {
                agent_start(&c->agent);
                return call(c, &service_sygnet, SYGNET_INTERFACE_AUDIT, "ListAll", ret, "a{sv}", 1, "limit", "u", limit);
        }
        r = session_choose(c, NULL, &session);
        if (r > 0)
                return r;
        return call(c, &service_sygnet, SYGNET_INTERFACE_AUDIT, "List", ret, "sa{sv}", session.id, 1, "limit", "u", limit);
}

int verb_log(Client *c) {
        bool all = arguments_has(&c->arguments, "all");
        _cleanup_message_ sd_bus_message *reply = NULL;
        _cleanup_dict_list_ DictList l = { 0 };
        unsigned limit;
        int r;

        r = arguments_number(&c->arguments, "limit", 1, 1000, 100, &limit);
        if (r > 0)
                return r;
        r = fetch(c, all, limit, &reply);
        if (r != 0)
                return r;
        r = dict_list_read(reply, &l);
        if (r < 0)
                return fail_message(r);
        if (c->json)
                return dict_list_print_json("entries", &l);
        if (all)
                print_all(&l);
        else
                print_own(&l);
        return EXIT_OK;
}

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
