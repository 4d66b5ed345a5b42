/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet pin: the account's PIN. It is set, unblocked and reset with the activation code from an e-mail and a code from an SMS, as far as the account has
 * an address and a number; without a number, with a code of an authenticator. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/output.h"
#include "client/pin-prompt.h"
#include "client/prompt.h"
#include "client/sent-code.h"
#include "client/session-choice.h"
#include "client/verbs.h"

typedef struct PinVerb {
        SessionChoice session;
        Dict status;
        Secret *pin, *new_pin;
        Secret *activation_code, *code, *otp;
} PinVerb;

static void pin_verb_done(PinVerb *p) {
        session_choice_done(&p->session);
        dict_done(&p->status);
        p->pin = secret_free(p->pin);
        p->new_pin = secret_free(p->new_pin);
        p->activation_code = secret_free(p->activation_code);
        p->code = secret_free(p->code);
        p->otp = secret_free(p->otp);
}

static int begin(Client *c, PinVerb *p) {
        int r;

        r = session_choose(c, NULL, &p->session);
        return r > 0 ? r : pin_status(c, p->session.id, &p->status);
}

static bool is_set(const PinVerb *p) {
        return dict_number(&p->status, "set", 0) != 0;
}

static int fail_none(void) {
        complain("%s", _("The account has no PIN yet."));
        hint("%s", _("Set one: sygnet pin set"));
        return EXIT_FAILED;
}

/* --- Codes -------------------------------------------------------------------------------------------------------- */

typedef struct CodeCall {
        const char *session, *channel;
} CodeCall;

static int request_code(Client *c, void *userdata, const char *tolerated, sd_bus_message **ret_reply) {
        _cleanup_message_ sd_bus_message *m = NULL;
        const CodeCall *k = userdata;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_PIN, "RequestCode", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", k->session, k->channel);
        return r < 0 ? fail_message(r) : call_send(c, m, tolerated, ret_reply);
}

/* The activation code may have come with the mail that told of the account: another is sent only when it is wished for. */
static int ask_activation_code(Client *c, PinVerb *p) {
        CodeCall call = { p->session.id, "mail" };
        const SentCode sent = { "activation-code-file", _("Activation code from the e-mail"), request_code, &call, true };

        return dict_number(&p->status, "mail", 0) ? sent_code_get(c, &sent, &p->activation_code) : 0;
}

static int ask_code(Client *c, PinVerb *p) {
        CodeCall call = { p->session.id, "sms" };
        const SentCode sent = { "code-file", _("Code from the SMS"), request_code, &call, false };

        if (!dict_number(&p->status, "phone", 0))
                return arguments_has(&c->arguments, "send-code") ? 0 : pin_prompt_code(c, &p->status, &p->otp);
        return sent_code_get(c, &sent, &p->code);
}

static int ask_codes(Client *c, PinVerb *p) {
        int r;

        r = ask_activation_code(c, p);
        if (r == 0)
                r = ask_code(c, p);
        if (r == -EAGAIN)
                return fail(EXIT_FAILED, "%s", _("A code cannot be sent: ask your administrator to correct the e-mail address and phone number of your account."));
        return r;
}

/* Both, for who gives them afterwards by --activation-code-file and --code-file. */
static int send_codes(Client *c, PinVerb *p) {
        if (!dict_number(&p->status, "mail", 0) && !dict_number(&p->status, "phone", 0))
                return fail(EXIT_FAILED, "%s", _("The account has neither an e-mail address nor a phone number that a code could be sent to."));
        return ask_codes(c, p);
}

static int append_factors(sd_bus_message *m, const PinVerb *p) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && p->activation_code)
                r = append_secret_entry(m, "activation_code", p->activation_code);
        if (r >= 0 && p->code)
                r = append_secret_entry(m, "code", p->code);
        if (r >= 0 && p->otp)
                r = append_secret_entry(m, "otp", p->otp);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* method(session, [pin,] [new_pin,] factors). */
static int send(Client *c, const char *method, const PinVerb *p) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_PIN, method, &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", p->session.id);
        if (r >= 0 && p->pin)
                r = bus_message_append_secret(m, p->pin);
        if (r >= 0 && p->new_pin)
                r = bus_message_append_secret(m, p->new_pin);
        if (r >= 0)
                r = append_factors(m, p);
        return r < 0 ? fail_message(r) : call_send(c, m, NULL, NULL);
}

static int tell(const Client *c, const char *sentence) {
        if (!c->json)
                out("%s\n", sentence);
        return EXIT_OK;
}

/* --- The verbs ---------------------------------------------------------------------------------------------------- */

static void print_signatures(const Field *ids) {
        for (size_t i = 0; ids && i < ids->n_list; i++)
                out("  %s\n", ids->list[i]);
}

int verb_pin_status(Client *c) {
        _cleanup_(pin_verb_done) PinVerb p = { 0 };
        const Field *ids;
        int r;

        r = begin(c, &p);
        if (r > 0)
                return r;
        if (c->json) {
                Json j = JSON_INIT(stdout);

                dict_json(&j, NULL, &p.status);
                return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
        }
        if (!is_set(&p))
                return tell(c, _("The account has no PIN. Set one: sygnet pin set"));
        out(_("The PIN was set on %s.\n"), text_time(dict_number(&p.status, "changed", -1)));
        if (dict_number(&p.status, "blocked", 0))
                out("%s\n", _("It is blocked. Unblock it: sygnet pin unblock. If you have forgotten it: sygnet pin reset"));
        else
                out(ngettext("%d wrong attempt blocks it.\n", "%d wrong attempts in a row block it.\n", (unsigned long) dict_number(&p.status, "attempts", 0)),
                    (int) dict_number(&p.status, "attempts", 0));
        ids = dict_field(&p.status, "signatures");
        if (ids && ids->n_list > 0)
                out("%s\n", _("It opens these signatures, and nothing else does:"));
        print_signatures(ids);
        return EXIT_OK;
}

int verb_pin_set(Client *c) {
        _cleanup_(pin_verb_done) PinVerb p = { 0 };
        int r;

        r = begin(c, &p);
        if (r > 0)
                return r;
        if (is_set(&p)) {
                complain("%s", _("The account has a PIN already."));
                hint("%s", _("Change it: sygnet pin change. If you have forgotten it: sygnet pin reset"));
                return EXIT_FAILED;
        }
        if (arguments_has(&c->arguments, "send-code"))
                return send_codes(c, &p);
        if (prompt_possible() && !arguments_has(&c->arguments, "pin-file"))
                hint("%s", _("Choose a PIN of 8 digits. Nobody can recover it: if you forget it, your signatures are lost, and you need new ones."));
        r = pin_prompt_new(c, "pin-file", _("New PIN"), &p.new_pin);
        if (r == 0)
                r = ask_codes(c, &p);
        if (r == 0)
                r = send(c, "Set", &p);
        return r != 0 ? r : tell(c, _("The PIN is set."));
}

int verb_pin_change(Client *c) {
        _cleanup_(pin_verb_done) PinVerb p = { 0 };
        int r;

        r = begin(c, &p);
        if (r > 0)
                return r;
        if (!is_set(&p))
                return fail_none();
        r = pin_prompt(c, &p.pin);
        if (r == 0)
                r = pin_prompt_new(c, "new-pin-file", _("New PIN"), &p.new_pin);
        if (r == 0)
                r = pin_prompt_code(c, &p.status, &p.otp);
        if (r == 0)
                r = send(c, "Change", &p);
        return r != 0 ? r : tell(c, _("The PIN is changed. Sessions that were opened with the old one ask for it."));
}

int verb_pin_unblock(Client *c) {
        _cleanup_(pin_verb_done) PinVerb p = { 0 };
        int r;

        r = begin(c, &p);
        if (r > 0)
                return r;
        if (!is_set(&p))
                return fail_none();
        if (arguments_has(&c->arguments, "send-code"))
                return send_codes(c, &p);
        r = ask_codes(c, &p);
        if (r == 0)
                r = send(c, "Unblock", &p);
        return r != 0 ? r : tell(c, _("The PIN is as it was, and no longer blocked."));
}

static int confirm_reset(Client *c, const PinVerb *p) {
        const Field *ids = dict_field(&p->status, "signatures");

        if (!ids || ids->n_list == 0 || arguments_has(&c->arguments, "yes"))
                return 0;
        hint("%s", _("Only the forgotten PIN opens these signatures. Their keys are erased, and you need new ones:"));
        for (size_t i = 0; i < ids->n_list; i++)
                hint("  %s", ids->list[i]);
        return prompt_confirm("yes", _("Erase them and set a new PIN?"));
}

int verb_pin_reset(Client *c) {
        _cleanup_(pin_verb_done) PinVerb p = { 0 };
        int r;

        r = begin(c, &p);
        if (r > 0)
                return r;
        if (!is_set(&p))
                return fail_none();
        if (arguments_has(&c->arguments, "send-code"))
                return send_codes(c, &p);
        r = confirm_reset(c, &p);
        if (r == 0)
                r = pin_prompt_new(c, "pin-file", _("New PIN"), &p.new_pin);
        if (r == 0)
                r = ask_codes(c, &p);
        if (r == 0)
                r = send(c, "Reset", &p);
        return r != 0 ? r : tell(c, _("The new PIN is set. Signatures of the old one are erased."));
}
