/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Codes that were sent; see code-sent.h. */

#include <string.h>

#include "client/bus-call.h"
#include "client/code-sent.h"
#include "client/output.h"

void code_sent_tell(const Dict *sent) {
        _cleanup_free_ char *to = text_clean(dict_string(sent, "to"));

        if (strcmp(dict_string(sent, "channel"), "sms") == 0)
                hint(_("A code is being sent by SMS to %s. It serves until %s."), to, text_time(dict_number(sent, "expires", -1)));
        else
                hint(_("A code is being sent by mail to %s. It serves until %s."), to, text_time(dict_number(sent, "expires", -1)));
        hint(_("If it does not come, ask for it again after %s."), text_time(dict_number(sent, "not_before", -1)));
}

int code_sent_read(sd_bus_message *reply) {
        _cleanup_dict_ Dict sent = { 0 };
        int r;

        r = dict_read(reply, &sent);
        if (r < 0)
                return fail_message(r);
        code_sent_tell(&sent);
        return 0;
}
