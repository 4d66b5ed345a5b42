/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet policy: what authorises operations of a credential. */

#include <errno.h>
#include <string.h>

#include "base/conf.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/output.h"
#include "client/pin-prompt.h"
#include "client/prompt.h"
#include "client/session-choice.h"
#include "client/verbs.h"

typedef struct Change {
        const char *weakest, *factors;
        bool has_age, has_signatures;
        int64_t age;
        unsigned signatures;
} Change;

typedef struct PolicyVerb {
        Dict credential;
        SessionChoice session; /* none for the operator */
        Secret *otp, *pin;
} PolicyVerb;

static void policy_verb_done(PolicyVerb *p) {
        dict_done(&p->credential);
        session_choice_done(&p->session);
        p->otp = secret_free(p->otp);
        p->pin = secret_free(p->pin);
}

static int parse_change(const Arguments *a, Change *ret) {
        const char *age = arguments_get(a, "remember-max-age");
        Change x = {
                .weakest = arguments_get(a, "weakest"),
                .factors = arguments_get(a, "factors"),
                .has_age = age,
                .has_signatures = arguments_has(a, "remember-max-signatures"),
        };
        int r;

        if (age && (conf_seconds(age, &x.age) < 0 || x.age < 0 || x.age > UINT32_MAX))
                return fail(EXIT_USAGE, "%s", _("--remember-max-age is a time as in 8h or 30min; 0 is as the service is configured."));
        r = arguments_number(a, "remember-max-signatures", 0, 1000000, 0, &x.signatures);
        if (r > 0)
                return r;
        if (x.weakest && (x.factors || x.has_age || x.has_signatures))
                return fail(EXIT_USAGE, "%s", _("--weakest is the operator's to set, the rest the Administrator's or owner's: set them one after the other."));
        *ret = x;
        return 0;
}

static bool is_change(const Change *x) {
        return x->weakest || x->factors || x->has_age || x->has_signatures;
}

static int append_change(sd_bus_message *m, const Change *x) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && x->weakest)
                r = append_string_entry(m, "weakest", x->weakest);
        if (r >= 0 && x->factors)
                r = append_string_entry(m, "factors", x->factors);
        if (r >= 0 && x->has_age)
                r = sd_bus_message_append(m, "{sv}", "remember_max_age", "u", (uint32_t) x->age);
        if (r >= 0 && x->has_signatures)
                r = sd_bus_message_append(m, "{sv}", "remember_max_signatures", "u", x->signatures);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_factors(sd_bus_message *m, const PolicyVerb *p) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && p->session.id)
                r = append_string_entry(m, "session", p->session.id);
        if (r >= 0 && p->otp)
                r = append_secret_entry(m, "otp", p->otp);
        if (r >= 0 && p->pin)
                r = append_secret_entry(m, "pin", p->pin);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int change(Client *c, const PolicyVerb *p, const Change *x) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "SetPolicy", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", dict_string(&p->credential, "id"));
        if (r >= 0)
                r = append_change(m, x);
        if (r >= 0)
                r = append_factors(m, p);
        return r < 0 ? fail_message(r) : call_send(c, m, NULL, NULL);
}

static int get(Client *c, PolicyVerb *p, Dict *ret) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        int r;

        p->otp = secret_free(p->otp);
        p->pin = secret_free(p->pin);
        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "GetPolicy", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", dict_string(&p->credential, "id"));
        if (r >= 0)
                r = append_factors(m, p);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        if (r != 0)
                return r;
        r = dict_read(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

static const char *factors_text(const char *factors) {
        if (strcmp(factors, "otp") == 0)
                return _("a one-time code");
        if (strcmp(factors, "pin+otp") == 0)
                return _("PIN and one-time code");
        return strcmp(factors, "password") == 0 ? _("the key's password") : factors;
}

static int print(const Client *c, const Dict *d) {
        intmax_t age = dict_number(d, "remember_max_age", 0), signatures = dict_number(d, "remember_max_signatures", 0);
        Json j = JSON_INIT(stdout);

        if (c->json) {
                dict_json(&j, NULL, d);
                return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
        }
        out("%s: %s\n", _("Needed to sign"), factors_text(dict_string(d, "factors")));
        out("%s: %s\n", _("At least (operator)"), factors_text(dict_string(d, "weakest")));
        if (age > 0)
                out(_("A remembered session stands for the code for %jd seconds at most.\n"), age);
        if (signatures > 0)
                out(_("A remembered session stands for the code for %jd signatures at most.\n"), signatures);
        return EXIT_OK;
}

int verb_policy(Client *c) {
        _cleanup_(policy_verb_done) PolicyVerb p = { 0 };
        _cleanup_dict_ Dict policy = { 0 };
        bool operator;
        Change x = { 0 };
        int r;

        r = parse_change(&c->arguments, &x);
        if (r > 0)
                return r;
        operator = x.weakest || arguments_has(&c->arguments, "operator");
        if (operator)
                agent_start(&c->agent);
        r = credential_find(c, c->arguments.words[0], operator, &p.credential);
        if (r == 0 && !operator)
                r = session_choose(c, arguments_get(&c->arguments, "login") ?: dict_string(&p.credential, "login"), &p.session);
        if (r == 0 && !operator && is_change(&x) && strcmp(dict_string(&p.credential, "factors"), "pin+otp") == 0)
                r = pin_prompt(c, &p.pin);
        if (r == 0 && !operator && is_change(&x))
                r = prompt_code(c, "otp-file", _("One-time code"), &p.otp);
        if (r == 0 && is_change(&x))
                r = change(c, &p, &x);
        if (r == 0)
                r = get(c, &p, &policy);
        return r != 0 ? r : print(c, &policy);
}
