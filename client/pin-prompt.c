/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Asking for PINs; see pin-prompt.h. */

#include <errno.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/output.h"
#include "client/pin-prompt.h"
#include "client/prompt.h"

#define PIN_DIGITS 8U

/* Drops blanks, as people write numbers in groups. */
static int tidy(Secret *s) {
        uint8_t *p = secret_data(s);
        size_t n = 0;

        for (size_t i = 0; i < secret_len(s); i++)
                if (p[i] >= '0' && p[i] <= '9')
                        p[n++] = p[i];
                else if (p[i] != ' ')
                        return -EINVAL;
        secret_truncate(s, n);
        return n == PIN_DIGITS ? 0 : -EINVAL;
}

static int take(Secret **s, Secret **ret) {
        if (tidy(*s) < 0)
                return fail(EXIT_DENIED, "%s", _("A PIN is 8 digits."));
        *ret = TAKE_PTR(*s);
        return 0;
}

int pin_prompt(Client *c, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        int r;

        r = prompt_secret(c, "pin-file", _("PIN"), &s);
        return r > 0 ? r : take(&s, ret);
}

int pin_prompt_optional(const char *question, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        int r;

        r = prompt_ask_secret(question, &s);
        return r > 0 || secret_len(s) == 0 ? r : take(&s, ret);
}

static const char *problem_of_new(View pin) {
        size_t digits = 0;

        for (size_t i = 0; i < pin.len; i++)
                if (pin.data[i] >= '0' && pin.data[i] <= '9')
                        digits++;
        return pin.len == PIN_DIGITS && digits == PIN_DIGITS ? NULL : N_("A PIN is 8 digits.");
}

int pin_prompt_new(Client *c, const char *option, const char *question, Secret **ret) {
        return prompt_new_secret(c, option, question, problem_of_new, ret);
}

int pin_status(Client *c, const char *session, Dict *ret) {
        return call_for_dict(c, &service_sygnet, SYGNET_INTERFACE_PIN, "GetStatus", ret, "s", session);
}

int pin_prompt_code(Client *c, const Dict *status, Secret **ret) {
        return dict_number(status, "otp", 0) ? prompt_code(c, "otp-file", _("One-time code"), ret) : 0;
}

int pin_prompt_with_code(Client *c, const char *session, Secret **ret_pin, Secret **ret_otp) {
        _cleanup_dict_ Dict status = { 0 };
        int r;

        r = pin_status(c, session, &status);
        if (r > 0)
                return r;
        if (!dict_number(&status, "set", 0)) {
                complain("%s", _("The account has no PIN yet."));
                hint("%s", _("Set one: sygnet pin set"));
                return EXIT_FAILED;
        }
        r = pin_prompt(c, ret_pin);
        return r > 0 ? r : pin_prompt_code(c, &status, ret_otp);
}
