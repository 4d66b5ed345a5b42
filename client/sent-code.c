/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Codes that the service sends; see sent-code.h. */

#include <errno.h>
#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/sent-code.h"

/* Questions that are answered with nothing but the wish for another code. */
#define ASK_MAX 8

void sent_code_tell(const Dict *sent) {
        const char *to = dict_string(sent, "to"), *until = text_time(dict_number(sent, "expires", -1));

        if (strcmp(dict_string(sent, "channel"), "sms") == 0)
                hint(_("A code was sent by SMS to %s. It holds until %s."), to, until);
        else
                hint(_("A code was sent by mail to %s. It holds until %s."), to, until);
}

/* Has it sent. -EAGAIN when that is not possible. One that was sent a moment ago is as good: then *ret stays empty. */
static int request(Client *c, const SentCode *s, Dict *ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        int r;

        r = s->request(c, s->userdata, ERROR_NOT_POSSIBLE " " ERROR_TRY_LATER, &reply);
        if (r == -EAGAIN && strcmp(c->tolerated, ERROR_TRY_LATER) == 0)
                return 0;
        if (r != 0)
                return r;
        r = dict_read(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

static int send_only(Client *c, const SentCode *s) {
        _cleanup_dict_ Dict sent = { 0 };
        int r;

        r = request(c, s, &sent);
        if (r != 0)
                return r;
        if (sent.n_fields == 0)
                return fail(EXIT_DENIED, "%s", _("A code was sent a moment ago. Wait before you have another sent."));
        if (!c->json) {
                sent_code_tell(&sent);
                return 0;
        }
        Json j = JSON_INIT(stdout);

        dict_json(&j, NULL, &sent);
        return json_finish(&j) < 0 ? EXIT_FAILED : 0;
}

int sent_code_get(Client *c, const SentCode *s, Secret **ret) {
        if (arguments_get(&c->arguments, s->option))
                return prompt_secret(c, s->option, s->question, ret);
        if (arguments_has(&c->arguments, "send-code"))
                return send_only(c, s);
        if (!prompt_possible())
                return fail(EXIT_USAGE, _("There is no terminal to ask at (%s): use --send-code first, then --%s FILE."), s->question, s->option);
        for (int i = 0; i < ASK_MAX; i++) {
                _cleanup_secret_ Secret *code = NULL;
                _cleanup_dict_ Dict sent = { 0 };
                int r;

                bool send = !s->sent_before || i > 0;

                r = send ? request(c, s, &sent) : 0;
                if (r != 0)
                        return r;
                if (sent.n_fields > 0)
                        sent_code_tell(&sent);
                else if (send)
                        hint("%s", _("A code was sent a moment ago."));
                hint("%s", send ? _("If it does not come, press Enter without a code to have another sent.")
                                : _("If you have none, press Enter without a code to have one sent."));
                r = prompt_ask_secret(s->question, &code);
                if (r > 0)
                        return r;
                if (secret_len(code) > 0) {
                        *ret = TAKE_PTR(code);
                        return 0;
                }
        }
        return fail(EXIT_FAILED, "%s", _("Nothing was entered."));
}
