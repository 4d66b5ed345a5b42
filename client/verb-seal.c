/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet seal: seals and their users. */

#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/issue.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/session-choice.h"
#include "client/verbs.h"

static const IssueFactors no_factors = { 0 };

static int append_subject(sd_bus_message *m, const Client *c) {
        const Arguments *a = &c->arguments;
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_string_entry(m, "organizationName", arguments_get(a, "organization"));
        if (r >= 0)
                r = append_string_entry(m, "organizationIdentifier", arguments_get(a, "identifier"));
        if (r >= 0)
                r = append_string_entry(m, "commonName", arguments_get(a, "name") ?: arguments_get(a, "organization"));
        if (r >= 0)
                r = append_string_entry(m, "countryName", arguments_get(a, "country"));
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int create(Client *c, char **ret_id) {
        const char *algorithm = arguments_get(&c->arguments, "algorithm");
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "CreateSeal", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", c->arguments.words[0], arguments_get(&c->arguments, "administrator"));
        if (r >= 0)
                r = append_subject(m, c);
        if (r >= 0)
                r = algorithm ? sd_bus_message_append(m, "a{sv}", 1, "algorithm", "s", algorithm) : sd_bus_message_append(m, "a{sv}", 0);
        return r < 0 ? fail_message(r) : call_for_string(c, m, NULL, ret_id);
}

int verb_seal_create(Client *c) {
        static const char *const needed[] = { "administrator", "organization", "identifier", "country", NULL };
        bool issue = !arguments_has(&c->arguments, "no-issue");
        _cleanup_free_ char *id = NULL;
        int r;

        r = arguments_need(&c->arguments, needed);
        if (r > 0)
                return r;
        agent_start(&c->agent);
        r = create(c, &id);
        if (r != 0)
                return r;
        r = issue ? issue_all(c, id, "seal", &no_factors) : 0;
        if (r != 0)
                return r;
        if (c->json) {
                Json j = JSON_INIT(stdout);

                json_object_begin(&j, NULL);
                json_string(&j, "id", id);
                json_string(&j, "status", issue ? "active" : "requested");
                json_object_end(&j);
                return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
        }
        out(_("Seal %s created.\n"), id);
        if (issue)
                out(_("It can seal: sygnet sign FILE -c %s\n"), id);
        else
                out(_("Next: sygnet seal request %s -o request.pem\n"), id);
        return EXIT_OK;
}

/* Seals as an operator sees them: all of them. */
static int find_seal(Client *c, bool operator, Dict *ret) {
        if (operator)
                agent_start(&c->agent);
        return credential_find(c, c->arguments.words[0], operator, ret);
}

int verb_seal_request(Client *c) {
        _cleanup_dict_ Dict d = { 0 };
        int r;

        r = find_seal(c, true, &d);
        return r > 0 ? r : issue_write_request(c, dict_string(&d, "id"), &no_factors);
}

int verb_seal_import(Client *c) {
        _cleanup_dict_ Dict d = { 0 };
        int r;

        r = find_seal(c, true, &d);
        return r > 0 ? r : issue_import_files(c, dict_string(&d, "id"), &no_factors);
}

/* How a seal is administered: by its Administrator, with session and code, or by an operator, without. */
typedef struct Administration {
        Dict seal;
        SessionChoice session;
        Secret *otp;
} Administration;

static void administration_done(Administration *a) {
        dict_done(&a->seal);
        session_choice_done(&a->session);
        a->otp = secret_free(a->otp);
}

static int administration_begin(Client *c, bool with_code, Administration *a) {
        bool operator = arguments_has(&c->arguments, "operator");
        int r;

        r = find_seal(c, operator, &a->seal);
        if (r > 0 || operator)
                return r;
        r = session_choose(c, arguments_get(&c->arguments, "login") ?: dict_string(&a->seal, "login"), &a->session);
        if (r > 0 || !with_code)
                return r;
        return prompt_code(c, "otp-file", _("One-time code"), &a->otp);
}

static int append_administration(sd_bus_message *m, const Administration *a) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && a->session.id)
                r = append_string_entry(m, "session", a->session.id);
        if (r >= 0 && a->otp)
                r = append_secret_entry(m, "otp", a->otp);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* method(id, [login,] factors) */
static int administer(Client *c, const char *method, const char *login, const Administration *a, sd_bus_message **ret_reply) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, method, &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", dict_string(&a->seal, "id"));
        if (r >= 0 && login)
                r = sd_bus_message_append(m, "s", login);
        if (r >= 0)
                r = append_administration(m, a);
        return r < 0 ? fail_message(r) : call_send(c, m, NULL, ret_reply);
}

static void print_users(const DictList *l) {
        const char *titles[] = { _("Login"), _("Name"), _("E-mail"), _("Phone"), _("Role"), _("Status"), _("Granted"), _("Removed") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);

        table_keep(t, 0);
        for (unsigned i = 5; i < ELEMENTSOF(titles); i++)
                table_keep(t, i);
        for (size_t i = 0; i < l->n_items; i++) {
                const Dict *d = &l->items[i];

                table_cell(t, dict_string(d, "login"));
                table_cell(t, dict_string(d, "name"));
                table_cell(t, dict_string(d, "email"));
                table_cell(t, dict_string(d, "phone"));
                table_cell(t, role_text(dict_string(d, "role")));
                table_cell(t, status_text(dict_string(d, "status")));
                table_cell(t, text_date(dict_number(d, "granted", -1)));
                table_cell(t, text_date(dict_number(d, "removed", -1)));
        }
        table_print(t);
}

int verb_seal_users(Client *c) {
        _cleanup_(administration_done) Administration a = { 0 };
        _cleanup_message_ sd_bus_message *reply = NULL;
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = administration_begin(c, false, &a);
        if (r > 0)
                return r;
        r = administer(c, "ListUsers", NULL, &a, &reply);
        if (r != 0)
                return r;
        r = dict_list_read(reply, &l);
        if (r < 0)
                return fail_message(r);
        if (c->json)
                return dict_list_print_json("users", &l);
        print_users(&l);
        return EXIT_OK;
}

static int change_user(Client *c, const char *method) {
        _cleanup_(administration_done) Administration a = { 0 };
        int r;

        r = administration_begin(c, true, &a);
        return r > 0 ? r : administer(c, method, c->arguments.words[1], &a, NULL);
}

int verb_seal_add_user(Client *c) {
        int r = change_user(c, "AddUser");

        if (r == 0 && !c->json)
                out(_("%s can use the seal.\n"), c->arguments.words[1]);
        return r;
}

int verb_seal_remove_user(Client *c) {
        int r = change_user(c, "RemoveUser");

        if (r == 0 && !c->json)
                out(_("%s can no longer use the seal.\n"), c->arguments.words[1]);
        return r;
}

int verb_seal_break_lease(Client *c) {
        _cleanup_(administration_done) Administration a = { 0 };
        int r;

        r = administration_begin(c, true, &a);
        if (r > 0)
                return r;
        r = administer(c, "BreakLease", NULL, &a, NULL);
        if (r == 0 && !c->json)
                out("%s\n", _("The seal is free."));
        return r;
}

int verb_seal_retire(Client *c) {
        _cleanup_(administration_done) Administration a = { 0 };
        int r;

        r = find_seal(c, true, &a.seal);
        if (r > 0)
                return r;
        if (!arguments_has(&c->arguments, "yes")) {
                r = prompt_confirm("yes", _("Erase the seal's key for good?"));
                if (r > 0)
                        return r;
        }
        r = administer(c, "Retire", NULL, &a, NULL);
        if (r == 0 && !c->json)
                out("%s\n", _("The key is erased; the record stays."));
        return r;
}
