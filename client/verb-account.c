/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet account: accounts and the Unix users that may log in as them. */

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/output.h"
#include "client/person.h"
#include "client/prompt.h"
#include "client/session-choice.h"
#include "client/verbs.h"

/* A user by name, or by number where there is none of that name. */
static int find_user(const char *name, uint32_t *ret) {
        unsigned long v;
        struct passwd *pw;
        char *end;

        errno = 0;
        pw = getpwnam(name);
        if (pw) {
                *ret = pw->pw_uid;
                return 0;
        }
        errno = 0;
        v = strtoul(name, &end, 10);
        if (errno || end == name || *end || *name == '-' || v >= UINT32_MAX) {
                _cleanup_free_ char *clean = text_clean(name);

                return fail(EXIT_NOT_FOUND, _("There is no Unix user “%s” on this machine."), clean);
        }
        *ret = (uint32_t) v;
        return 0;
}

static int call_bind(Client *c, const char *method, const char *login, uint32_t uid) {
        agent_start(&c->agent);
        return call(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, method, NULL, "su", login, uid);
}

static int create(Client *c, const char *login, const Secret *password, char **ret_id) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "CreateFor", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", login);
        if (r >= 0)
                r = person_append(c, m);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && password)
                r = append_secret_entry(m, "password", password);
        if (r >= 0 && arguments_has(&c->arguments, "change-password"))
                r = sd_bus_message_append(m, "{sv}", "change_password", "b", 1);
        if (r >= 0 && arguments_has(&c->arguments, "pin-activation"))
                r = sd_bus_message_append(m, "{sv}", "pin_activation", "b", 1);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? fail_message(r) : call_for_string(c, m, NULL, ret_id);
}

int verb_account_create(Client *c) {
        bool by_mail = arguments_has(&c->arguments, "email") && !arguments_has(&c->arguments, "password-file");
        const char *login = c->arguments.words[0], *user = arguments_get(&c->arguments, "bind");
        _cleanup_secret_ Secret *password = NULL;
        _cleanup_free_ char *id = NULL;
        uint32_t uid = 0;
        int r;

        r = person_need_name(c);
        if (r > 0)
                return r;
        r = user ? find_user(user, &uid) : 0;
        if (r > 0)
                return r;
        r = by_mail ? 0 : prompt_new_secret(c, "password-file", _("First password"), NULL, &password);
        if (r > 0)
                return r;
        agent_start(&c->agent);
        r = create(c, login, password, &id);
        if (r != 0)
                return r;
        if (user) {
                r = call_bind(c, "Bind", login, uid);
                if (r > 0) {
                        hint(_("The account was created, but not bound. Try: sygnet account bind %s %s"), login, user);
                        return r;
                }
        }
        if (c->json)
                return out_pairs_json((Pair[]) { { "id", id }, { "login", login } }, 2);
        out(_("Account %s created.\n"), login);
        if (by_mail)
                out(_("A temporary password is on its way to %s.\n"), arguments_get(&c->arguments, "email"));
        if (user && by_mail)
                out(_("Unix user %s sets a password of his own: sygnet activate %s\n"), user, login);
        else if (user)
                out(_("Unix user %s can log in: sygnet login %s\n"), user, login);
        else
                out(_("Next, say who can log in: sygnet account bind %s USER\n"), login);
        return EXIT_OK;
}

static char *join(const Field *f) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        for (size_t i = 0; f && i < f->n_list; i++)
                if (bytes_printf(&b, "%s%s", i > 0 ? ", " : "", f->list[i]) < 0)
                        return NULL;
        return bytes_append_byte(&b, 0) < 0 ? NULL : (char *) bytes_take(&b).data;
}

int verb_account_list(Client *c) {
        const char *titles[] = { _("Login"), _("Name"), _("E-mail"), _("Phone"), _("Status"), _("Authenticators"), _("Unix users") };
        _cleanup_(table_freep) Table *t = NULL;
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        agent_start(&c->agent);
        r = call_for_dicts(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "List", &l, NULL);
        if (r != 0)
                return r;
        if (c->json)
                return dict_list_print_json("accounts", &l);
        if (l.n_items == 0) {
                out("%s\n", _("There are no accounts. Create one: sygnet account create LOGIN"));
                return EXIT_OK;
        }
        t = table_new(ELEMENTSOF(titles), titles);
        table_keep(t, 0);
        table_keep(t, 4);
        table_keep(t, 6);
        for (size_t i = 0; i < l.n_items; i++) {
                const Dict *d = &l.items[i];
                _cleanup_free_ char *users = join(dict_field(d, "bindings"));
                char tokens[24];

                snprintf(tokens, sizeof(tokens), "%u", (unsigned) dict_number(d, "tokens", 0));
                table_cell(t, dict_string(d, "login"));
                table_cell(t, dict_string(d, "name"));
                table_cell(t, dict_string(d, "email"));
                table_cell(t, dict_string(d, "phone"));
                table_cell(t, status_text(dict_string(d, "status")));
                table_cell(t, tokens);
                table_cell(t, users);
        }
        table_print(t);
        return EXIT_OK;
}

static int bind_verb(Client *c, const char *method) {
        uint32_t uid = 0;
        int r;

        r = find_user(c->arguments.words[1], &uid);
        return r > 0 ? r : call_bind(c, method, c->arguments.words[0], uid);
}

int verb_account_bind(Client *c) {
        int r = bind_verb(c, "Bind");

        if (r == 0 && !c->json)
                out(_("Unix user %s can now log in as %s.\n"), c->arguments.words[1], c->arguments.words[0]);
        return r;
}

int verb_account_unbind(Client *c) {
        int r = bind_verb(c, "Unbind");

        if (r == 0 && !c->json)
                out(_("Unix user %s can no longer log in as %s.\n"), c->arguments.words[1], c->arguments.words[0]);
        return r;
}

static int set_status(Client *c, const char *status) {
        agent_start(&c->agent);
        return call(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "SetStatus", NULL, "ss", c->arguments.words[0], status);
}

int verb_account_enable(Client *c) {
        int r = set_status(c, "active");

        if (r == 0 && !c->json)
                out(_("Account %s is enabled.\n"), c->arguments.words[0]);
        return r;
}

int verb_account_disable(Client *c) {
        int r = set_status(c, "disabled");

        if (r == 0 && !c->json)
                out(_("Account %s is disabled and its sessions are closed.\n"), c->arguments.words[0]);
        return r;
}

int verb_account_password(Client *c) {
        _cleanup_secret_ Secret *old = NULL, *new = NULL;
        _cleanup_session_ SessionChoice session = { 0 };
        int r;

        r = session_choose(c, NULL, &session);
        if (r > 0)
                return r;
        r = prompt_secret(c, "password-file", _("Present password"), &old);
        if (r > 0)
                return r;
        r = prompt_new_secret(c, "new-password-file", _("New password"), NULL, &new);
        if (r > 0)
                return r;
        r = session_change_password(c, session.id, old, new);
        if (r == 0 && !c->json)
                out("%s\n", _("The password is changed; your other sessions are closed."));
        return r;
}
