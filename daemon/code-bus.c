/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Codes as callers hear of them; see code-bus.h. */

#include <errno.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/code-bus.h"

/* E4: after that many, support. */
static int set_limit(sd_bus_error *e, const Settings *s, int64_t not_before) {
        char until[32];

        if (not_before <= 0 && s->support_contact)
                return bus_error_set(e, ERROR_LIMIT, "Too many messages were sent within a day. Support: %s", s->support_contact);
        if (not_before <= 0)
                return bus_error_set(e, ERROR_LIMIT, "Too many messages were sent within a day. Ask the operator of the service.");
        bus_error_time(not_before, until);
        if (s->support_contact)
                return bus_error_set(e, ERROR_LIMIT, "The code was sent as often as it may be. Support: %s. It can be sent again after %s.", s->support_contact,
                                     until);
        return bus_error_set(e, ERROR_LIMIT, "The code was sent as often as it may be. Ask the operator of the service; it can be sent again after %s.", until);
}

int code_bus_error(sd_bus_error *e, const Settings *s, int result, int64_t not_before) {
        char until[32];

        switch (result) {
        case CODE_E_WRONG:
                return bus_error_set(e, ERROR_WRONG_CODE, "The code is not right.");
        case CODE_E_VOID:
                return bus_error_set(e, ERROR_CODE_VOID, NULL);
        case CODE_E_SEEN:
                return bus_error_set(e, ERROR_CODE_SEEN, NULL);
        case -EAGAIN:
                return bus_error_set(e, ERROR_TRY_LATER, "Too soon. Try again after %s.", bus_error_time(not_before, until));
        case -EDQUOT:
                return set_limit(e, s, not_before);
        case -EDESTADDRREQ:
                return bus_error_set(e, ERROR_NOT_POSSIBLE, "There is no e-mail address or phone number that the code could be sent to.");
        case -ENOBUFS:
                return bus_error_set(e, ERROR_LIMIT, "The outbox is full. Try again later.");
        case -ESTALE:
                return bus_error_set(e, ERROR_CLOCK, "The store was put back to an earlier state, in which used codes may look unused. Codes and messages are "
                                     "frozen until the operator accepts it (sygnetd --accept-rollback).");
        default:
                return bus_error_set_errno(e, result < 0 ? result : -EIO);
        }
}

int code_bus_append_sent(sd_bus_message *reply, const CodeSent *sent) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = bus_append_string(reply, "channel", channel_to_string(sent->channel));
        if (r >= 0)
                r = bus_append_string(reply, "to", sent->to);
        if (r >= 0)
                r = bus_append_i64(reply, "expires", sent->expires);
        if (r >= 0)
                r = bus_append_i64(reply, "not_before", sent->not_before);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}
