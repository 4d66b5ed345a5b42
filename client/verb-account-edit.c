/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet account edit, delete: what operators do to accounts that are there. */

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/output.h"
#include "client/person.h"
#include "client/prompt.h"
#include "client/verbs.h"

int verb_account_edit(Client *c) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        if (c->arguments.n_given == 0)
                return fail(EXIT_USAGE, "%s", _("Say what is to be changed; see --help."));
        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "Update", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", c->arguments.words[0]);
        if (r >= 0)
                r = person_append(c, m);
        if (r >= 0)
                r = arguments_has(&c->arguments, "change-password") ? sd_bus_message_append(m, "a{sv}", 1, "change_password", "b", 1)
                                                                    : sd_bus_message_append(m, "a{sv}", 0);
        if (r < 0)
                return fail_message(r);
        agent_start(&c->agent);
        r = call_send(c, m, NULL, NULL);
        if (r == 0 && !c->json)
                out(_("Account %s is changed.\n"), c->arguments.words[0]);
        return r;
}

int verb_account_delete(Client *c) {
        const char *login = c->arguments.words[0];
        int r;

        if (!arguments_has(&c->arguments, "yes")) {
                _cleanup_free_ char *question = NULL;

                if (asprintf(&question, _("Delete the account %s for good? Its seals, keys and authenticators are gone then, and its login is not given again."),
                             login) < 0)
                        return fail_memory();
                r = prompt_confirm("yes", question);
                if (r > 0)
                        return r;
        }
        agent_start(&c->agent);
        r = call(c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "Delete", NULL, "s", login);
        if (r == 0 && !c->json)
                out(_("Account %s is deleted; its history stays.\n"), login);
        return r;
}
