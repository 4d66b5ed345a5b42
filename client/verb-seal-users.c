/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet seal: who may use a seal. What an Administrator or operator does, and what who was invited does. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/names.h"
#include "client/administration.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/output.h"
#include "client/sent-code.h"
#include "client/verbs.h"

/* Who has an account by its login; who has not accepted yet by the invitation. Either is what “seal remove-user” takes. */
static const char *user_name(const Dict *d) {
        const char *login = dict_string(d, "login");

        return *login ? login : dict_string(d, "invitation");
}

static const char *first_name(const Dict *d) {
        const char *given = dict_string(d, "given_name"), *surname = dict_string(d, "surname");

        return *given || *surname ? given : dict_string(d, "name");
}

static void print_users(const DictList *l) {
        const char *titles[] = { _("User"), _("Granted"), _("E-mail"), _("Phone"), _("First name"), _("Last name"), _("Role"), _("Status"), _("Removed") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);

        table_keep(t, 0);
        for (size_t i = 0; i < l->n_items; i++) {
                const Dict *d = &l->items[i];

                table_cell(t, user_name(d));
                table_cell(t, text_time(dict_number(d, "granted", -1)));
                table_cell(t, dict_string(d, "email"));
                table_cell(t, dict_string(d, "phone"));
                table_cell(t, first_name(d));
                table_cell(t, dict_string(d, "surname"));
                table_cell(t, role_text(dict_string(d, "role")));
                table_cell(t, status_text(dict_string(d, "status")));
                table_cell(t, text_time(dict_number(d, "removed", -1)));
        }
        table_print(t);
}

int verb_seal_users(Client *c) {
        _cleanup_(administration_done) Administration a = { 0 };
        _cleanup_message_ sd_bus_message *reply = NULL;
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = administration_begin(c, ADMINISTRATION_LOOK, &a);
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

static int change_user(Client *c, const char *method, AdministrationKind kind) {
        _cleanup_(administration_done) Administration a = { 0 };
        int r;

        r = administration_begin(c, kind, &a);
        return r > 0 ? r : administer(c, method, c->arguments.words[1], &a, NULL);
}

int verb_seal_add_user(Client *c) {
        int r = change_user(c, "AddUser", ADMINISTRATION_GIVE);

        if (r == 0 && !c->json)
                out(_("%s can use the seal.\n"), c->arguments.words[1]);
        return r;
}

int verb_seal_remove_user(Client *c) {
        int r = change_user(c, "RemoveUser", ADMINISTRATION_TAKE);

        if (r == 0 && !c->json)
                out(_("%s can no longer use the seal.\n"), c->arguments.words[1]);
        return r;
}

/* --- Inviting ----------------------------------------------------------------------------------------------------- */

static int print_invited(const Client *c, const char *invitation, const Dict *sent) {
        Json j = JSON_INIT(stdout);

        if (!c->json) {
                out(_("Invited: a mail goes to %s. Until the access is activated the user is pending.\n"), c->arguments.words[1]);
                out(_("To take it back: sygnet seal remove-user %s %s\n"), c->arguments.words[0], invitation);
                return EXIT_OK;
        }
        json_object_begin(&j, NULL);
        json_string(&j, "invitation", invitation);
        dict_json(&j, "sent", sent);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

int verb_seal_invite(Client *c) {
        _cleanup_(administration_done) Administration a = { 0 };
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_dict_ Dict sent = { 0 };
        const char *invitation;
        int r;

        r = administration_begin(c, ADMINISTRATION_GIVE, &a);
        if (r == 0)
                r = administration_call(c, "InviteUser", &a, &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", c->arguments.words[1], c->arguments.words[2]);
        if (r < 0)
                return fail_message(r);
        r = administration_send(c, m, &a, &reply);
        if (r != 0)
                return r;
        r = sd_bus_message_read(reply, "s", &invitation);
        if (r < 0)
                return fail_message(r);
        r = dict_read(reply, &sent);
        return r < 0 ? fail_message(r) : print_invited(c, invitation, &sent);
}

/* --- Being invited ------------------------------------------------------------------------------------------------ */

static void print_invitations(const DictList *l) {
        const char *titles[] = { _("Invitation"), _("Seal"), _("Organisation"), _("Identifier"), _("Invited") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);

        table_keep(t, 0);
        for (size_t i = 0; i < l->n_items; i++) {
                const Dict *d = &l->items[i];

                table_cell(t, dict_string(d, "invitation"));
                table_cell(t, dict_string(d, "label"));
                table_cell(t, dict_string(d, "organization"));
                table_cell(t, dict_string(d, "organization_identifier"));
                table_cell(t, text_time(dict_number(d, "invited", -1)));
        }
        table_print(t);
}

int verb_seal_invitations(Client *c) {
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = session_choose(c, NULL, &session);
        if (r == 0)
                r = invitation_list(c, session.id, &l);
        if (r > 0)
                return r;
        if (c->json)
                return dict_list_print_json("invitations", &l);
        if (l.n_items == 0) {
                out("%s\n", _("Nobody has invited you, or you have accepted already."));
                return EXIT_OK;
        }
        print_invitations(&l);
        return EXIT_OK;
}

/* The one that was named, or the only one there is. */
static int choose_invitation(Client *c, const char *session, char **ret) {
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        if (c->arguments.n_words > 0) {
                *ret = strdup(c->arguments.words[0]);
                return *ret ? 0 : fail_memory();
        }
        r = invitation_list(c, session, &l);
        if (r > 0)
                return r;
        if (l.n_items == 0) {
                complain("%s", _("There is no invitation to the e-mail address of your account."));
                hint("%s", _("It must be the address that the seal's Administrator gave. See “sygnet seal invitations”."));
                return EXIT_NOT_FOUND;
        }
        if (l.n_items > 1)
                return fail(EXIT_USAGE, "%s", _("You have several invitations: name one. See “sygnet seal invitations”."));
        *ret = strdup(dict_string(&l.items[0], "invitation"));
        return *ret ? 0 : fail_memory();
}

typedef struct Activation {
        const char *session;
        const char *invitation;
} Activation;

static int request_code(Client *c, void *userdata, const char *tolerated, sd_bus_message **ret_reply) {
        _cleanup_message_ sd_bus_message *m = NULL;
        const Activation *a = userdata;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "RequestActivation", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", a->session, a->invitation);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, tolerated, ret_reply);
        if (r == 0 && !c->json)
                hint("%s", _("The code goes to the number that the seal's Administrator gave. If it does not arrive, confirm that number with the Administrator."));
        return r;
}

static int get_code(Client *c, const char *session, const char *invitation, Secret **ret) {
        Activation activation = { session, invitation };
        const SentCode sent = { "code-file", _("Code from the SMS"), request_code, &activation };
        int r;

        r = sent_code_get(c, &sent, ret);
        return r == -EAGAIN ? fail(EXIT_FAILED, "%s", _("The code cannot be sent.")) : r;
}

static int activate(Client *c, const char *session, const char *invitation, const Secret *code, char **ret_id) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "Activate", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", session, invitation);
        if (r >= 0)
                r = bus_message_append_secret(m, code);
        return r < 0 ? fail_message(r) : call_for_string(c, m, NULL, ret_id);
}

static int print_activated(const Client *c, const char *id) {
        Json j = JSON_INIT(stdout);

        if (!c->json) {
                out("%s\n", _("Access to the seal is activated."));
                out("%s\n", _("Sealing takes one-time codes: if you have no authenticator yet, go on with “sygnet otp enroll”."));
                return EXIT_OK;
        }
        json_object_begin(&j, NULL);
        json_string(&j, "id", id);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

int verb_seal_activate(Client *c) {
        _cleanup_free_ char *invitation = NULL, *id = NULL;
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_secret_ Secret *code = NULL;
        int r;

        r = session_choose(c, NULL, &session);
        if (r == 0)
                r = choose_invitation(c, session.id, &invitation);
        if (r == 0)
                r = get_code(c, session.id, invitation, &code);
        if (r != 0 || !code)
                return r;
        r = activate(c, session.id, invitation, code, &id);
        return r != 0 ? r : print_activated(c, id);
}
