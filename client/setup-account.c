/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet setup --account: an account for the person at this machine. An operator makes it and binds it to a Unix user, by options; the person
 * whose account it is goes on at a terminal, as “sygnet activate” does. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/output.h"
#include "client/person.h"
#include "client/prompt.h"
#include "client/setup.h"
#include "client/verbs.h"

/* By sudo it is for the one who called it. */
static uint32_t person_uid(void) {
        const char *sudo = geteuid() == 0 ? getenv("SUDO_UID") : NULL;
        unsigned long v;
        char *end;

        if (!sudo || *sudo < '0' || *sudo > '9')
                return getuid();
        errno = 0;
        v = strtoul(sudo, &end, 10);
        return errno || *end || v >= UINT32_MAX ? getuid() : (uint32_t) v;
}

/* Whether the options are an operator's: only he says what the account is called. */
static bool is_made(const Client *c) {
        static const char *const options[] = { "given-name", "surname", "name", "email", "phone", "language", "password-file" };

        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (arguments_has(&c->arguments, options[i]))
                        return true;
        return false;
}

int setup_account_need(Setup *s) {
        const Arguments *a = &s->c->arguments;

        if (!arguments_has(a, "account"))
                return is_made(s->c) ? fail(EXIT_USAGE, "%s", _("A person was told of, but no account: use --account LOGIN.")) : 0;
        if (!is_made(s->c))
                return prompt_possible() && !s->c->json ? 0 : fail(EXIT_USAGE, "%s", _("Without a terminal say whose account it is: --name, and --email or --password-file."));
        return person_need_name(s->c);
}

static int create(Setup *s, const char *login, const Secret *password, bool *ret_new) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(s->c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "CreateFor", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", login);
        if (r >= 0)
                r = person_append(s->c, m);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && password)
                r = append_secret_entry(m, "password", password);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r < 0)
                return fail_message(r);
        r = call_send(s->c, m, ERROR_EXISTS, NULL);
        *ret_new = r == 0;
        return r == -EAGAIN ? 0 : r;
}

static int bind_person(Setup *s, const char *login) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(s->c, &service_sygnet, SYGNET_INTERFACE_ACCOUNT, "Bind", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "su", login, person_uid());
        if (r < 0)
                return fail_message(r);
        r = call_send(s->c, m, ERROR_EXISTS, NULL);
        return r == -EAGAIN ? 0 : r;
}

static int make(Setup *s, const char *login) {
        bool by_mail = arguments_has(&s->c->arguments, "email") && !arguments_has(&s->c->arguments, "password-file"), new = false;
        _cleanup_secret_ Secret *password = NULL;
        int r;

        r = by_mail ? 0 : prompt_new_secret(s->c, "password-file", _("First password"), NULL, &password);
        if (r > 0)
                return r;
        agent_start(&s->c->agent);
        r = create(s, login, password, &new);
        if (r == 0)
                r = bind_person(s, login);
        if (r > 0 || s->c->json)
                return r;
        out(new ? _("\nAccount %s is made.\n") : _("\nAccount %s is there; it stays as it is.\n"), login);
        if (new && by_mail)
                out(_("A temporary password is on its way to %s.\n"), arguments_get(&s->c->arguments, "email"));
        out(_("To begin with it: sygnet activate %s\n"), login);
        return 0;
}

int setup_account(Setup *s, const char *login) {
        if (is_made(s->c))
                return make(s, login);
        return verb_run(s->c, (char *[]) { (char *) "activate", (char *) (uintptr_t) login, NULL });
}
