/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Administering a seal; see administration.h. */

#include <string.h>

#include "bus/names.h"
#include "client/administration.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/pin-prompt.h"
#include "client/prompt.h"

int seal_find(Client *c, bool operator, Dict *ret) {
        if (operator)
                agent_start(&c->agent);
        return credential_find(c, c->arguments.words[0], operator, ret);
}

void administration_done(Administration *a) {
        dict_done(&a->seal);
        session_choice_done(&a->session);
        a->otp = secret_free(a->otp);
        a->pin = secret_free(a->pin);
}

int administration_ask(Client *c, AdministrationKind kind, Administration *a) {
        int r;

        if (kind == ADMINISTRATION_GIVE && strcmp(dict_string(&a->seal, "factors"), "pin+otp") == 0) {
                r = pin_prompt(c, &a->pin);
                if (r > 0)
                        return r;
        }
        return prompt_code(c, "otp-file", _("One-time code"), &a->otp);
}

int administration_begin(Client *c, AdministrationKind kind, Administration *a) {
        bool operator = arguments_has(&c->arguments, "operator");
        int r;

        r = seal_find(c, operator, &a->seal);
        if (r > 0 || operator)
                return r;
        r = session_choose(c, arguments_get(&c->arguments, "login") ?: dict_string(&a->seal, "login"), &a->session);
        return r > 0 || kind == ADMINISTRATION_LOOK ? r : administration_ask(c, kind, a);
}

int administration_append_factors(sd_bus_message *m, const Administration *a) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && a->session.id)
                r = append_string_entry(m, "session", a->session.id);
        if (r >= 0 && a->otp)
                r = append_secret_entry(m, "otp", a->otp);
        if (r >= 0 && a->pin)
                r = append_secret_entry(m, "pin", a->pin);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int administration_call(Client *c, const char *method, const Administration *a, sd_bus_message **ret) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, method, &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", dict_string(&a->seal, "id"));
        if (r < 0)
                return fail_message(r);
        *ret = TAKE_PTR(m);
        return 0;
}

int administration_send_tolerant(Client *c, sd_bus_message *m, const Administration *a, const char *tolerated, sd_bus_message **ret_reply) {
        int r;

        r = administration_append_factors(m, a);
        return r < 0 ? fail_message(r) : call_send(c, m, tolerated, ret_reply);
}

int administration_send(Client *c, sd_bus_message *m, const Administration *a, sd_bus_message **ret_reply) {
        return administration_send_tolerant(c, m, a, NULL, ret_reply);
}

int administer(Client *c, const char *method, const char *argument, const Administration *a, sd_bus_message **ret_reply) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = administration_call(c, method, a, &m);
        if (r > 0)
                return r;
        r = argument ? sd_bus_message_append(m, "s", argument) : 0;
        return r < 0 ? fail_message(r) : administration_send(c, m, a, ret_reply);
}
