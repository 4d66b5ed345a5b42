/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet outbox: messages that wait to be sent, for operators of machines that have neither mail nor modem, or where one fails. */

#include <string.h>

#include "base/secret.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/dict.h"
#include "client/output.h"
#include "client/verbs.h"

static const char *state_text(const char *state) {
        static const struct {
                const char *state, *text;
        } states[] = {
                { "waiting", N_("waiting") }, { "sending", N_("being sent") }, { "delivered", N_("delivered") }, { "refused", N_("refused") },
                { "expired", N_("expired") }, { "cancelled", N_("cancelled") },
        };

        for (size_t i = 0; i < ELEMENTSOF(states); i++)
                if (strcmp(states[i].state, state) == 0)
                        return _(states[i].text);
        return state;
}

/* --- List -------------------------------------------------------------------------------------------------------------- */

static void print_list(const DictList *l) {
        const char *titles[] = { _("Id"), _("Made"), _("To"), _("Message"), _("State"), _("Attempts"), _("Reason") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);

        table_keep(t, 0);
        table_keep(t, 2);
        table_keep(t, 1);
        table_keep(t, 4);
        for (size_t i = 0; i < l->n_items; i++) {
                const Dict *d = &l->items[i];
                char attempts[24];

                snprintf(attempts, sizeof(attempts), "%lld", (long long) dict_number(d, "attempts", 0));
                table_cell(t, dict_string(d, "id"));
                table_cell(t, text_time(dict_number(d, "created", -1)));
                table_cell(t, dict_string(d, "recipient"));
                table_cell(t, dict_string(d, "kind"));
                table_cell(t, state_text(dict_string(d, "state")));
                table_cell(t, attempts);
                table_cell(t, dict_string(d, "reason"));
        }
        table_print(t);
}

int verb_outbox(Client *c) {
        int all = arguments_has(&c->arguments, "all");
        _cleanup_dict_list_ DictList l = { 0 };
        unsigned limit;
        int r;

        r = arguments_number(&c->arguments, "limit", 1, 1000, 100, &limit);
        if (r > 0)
                return r;
        agent_start(&c->agent);
        r = call_for_dicts(c, &service_sygnet, SYGNET_INTERFACE_OUTBOX, "List", &l, "a{sv}", 2, "limit", "u", limit, "all", "b", all);
        if (r != 0)
                return r;
        if (c->json)
                return dict_list_print_json("messages", &l);
        if (l.n_items == 0)
                out("%s\n", all ? _("There are no messages.") : _("No message waits. Those that are over: sygnet outbox --all"));
        else
                print_list(&l);
        return EXIT_OK;
}

/* --- Read -------------------------------------------------------------------------------------------------------------- */

/* Calls `f` with each entry of an a{ss}. */
static int each_field(sd_bus_message *m, void (*f)(const char *name, const char *value, void *userdata), void *userdata) {
        const char *name, *value;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{ss}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "{ss}", &name, &value)) > 0)
                f(name, value, userdata);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* Names of fields are those of templates, and not translated either. */
static void print_field(const char *name, const char *value, void *userdata) {
        _cleanup_free_ char *clean_name = text_clean(name), *clean = text_clean(value);

        out("  %s: ", clean_name);
        out_styled(strcmp(name, "code") == 0 || strcmp(name, "password") == 0 ? STYLE_BOLD : STYLE_PLAIN, "%s", clean);
        out("\n");
        secret_wipe(clean, strlen(clean));
}

static void json_field(const char *name, const char *value, void *userdata) {
        json_string(userdata, name, value);
}

static int print_json(const Dict *envelope, sd_bus_message *fields) {
        Json j = JSON_INIT(stdout);
        int r;

        json_object_begin(&j, NULL);
        dict_json(&j, "envelope", envelope);
        json_object_begin(&j, "fields");
        r = each_field(fields, json_field, &j);
        json_object_end(&j);
        json_object_end(&j);
        if (r < 0)
                return fail_message(r);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

static int print_message(const Dict *e, sd_bus_message *fields) {
        const Pair pairs[] = {
                { _("Id"), dict_string(e, "id") },
                { _("Message"), dict_string(e, "kind") },
                { _("To"), dict_string(e, "recipient") },
                { _("Account"), dict_string(e, "login") },
                { _("Valid until"), text_time(dict_number(e, "expires", -1)) },
        };
        int r;

        out_pairs(pairs, ELEMENTSOF(pairs));
        out("\n");
        r = each_field(fields, print_field, NULL);
        if (r < 0)
                return fail_message(r);
        hint("%s", _("Make sure whom you tell this. That you have read it was recorded, and where the account uses a seal or a signature such a code does "
                     "not suffice for a reset, a PIN or an authenticator."));
        return EXIT_OK;
}

int verb_outbox_read(Client *c) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        _cleanup_dict_ Dict envelope = { 0 };
        int r;

        agent_start(&c->agent);
        r = call(c, &service_sygnet, SYGNET_INTERFACE_OUTBOX, "Read", &reply, "s", c->arguments.words[0]);
        if (r != 0)
                return r;
        (void) sd_bus_message_sensitive(reply);
        r = dict_read(reply, &envelope);
        if (r < 0)
                return fail_message(r);
        return c->json ? print_json(&envelope, reply) : print_message(&envelope, reply);
}

int verb_outbox_cancel(Client *c) {
        int r;

        agent_start(&c->agent);
        r = call(c, &service_sygnet, SYGNET_INTERFACE_OUTBOX, "Cancel", NULL, "s", c->arguments.words[0]);
        if (r == 0 && !c->json)
                out("%s\n", _("The message is cancelled, and its code is void."));
        return r;
}
