/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waiting for a seal; see seal-wait.h. */

#include <errno.h>
#include <time.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/output.h"
#include "client/seal-wait.h"

#define WAIT_MAX 1800U /* seconds */

static int await(Client *c, const Dict *seal, const char *session, unsigned seconds, const char *tolerated) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "AwaitFree", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ssa{sv}", dict_string(seal, "id"), session, 1, "timeout", "u", (uint32_t) seconds);
        return r < 0 ? fail_message(r) : call_send_within(c, m, seconds, tolerated, NULL);
}

int seal_wait(Client *c, const Dict *seal, const char *session) {
        unsigned seconds;
        int r;

        r = arguments_number(&c->arguments, "wait", 0, WAIT_MAX, WAIT_MAX, &seconds);
        if (r > 0 || !arguments_has(&c->arguments, "wait"))
                return r;
        r = await(c, seal, session, 0, seconds > 0 ? ERROR_SEAL_BUSY : NULL);
        if (r != -EAGAIN)
                return r;
        hint(_("Somebody else is using the seal now. Waiting until %s at most."), text_time((int64_t) time(NULL) + seconds));
        return await(c, seal, session, seconds, NULL);
}
