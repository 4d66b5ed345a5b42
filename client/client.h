/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One run of the client. Functions of the client return 0, or an exit code above 0 after having told the user what is wrong: what
 * is reported once is not reported again further up. */

#include <libintl.h>
#include <systemd/sd-bus.h>

#include "client/agent.h"
#include "client/arguments.h"

enum {
        EXIT_OK = 0,
        EXIT_FAILED = 1,
        EXIT_USAGE = 2,
        EXIT_DENIED = 3,
        EXIT_NOT_FOUND = 4,
        EXIT_NOT_VALID = 5,
        EXIT_INDETERMINATE = 6,
        EXIT_LEVEL = 7, /* signed, at a lower level than was asked for */
};

struct Client {
        Arguments arguments;
        bool json;
        sd_bus *bus; /* NULL until the first call */
        Agent agent;
        char tolerated[64]; /* the name of the error that call_send() tolerated last */
        const char *terms; /* the version that was accepted for the key that is being made; NULL: none */
        bool stdin_taken; /* a secret was read from standard input: it holds no second one */
};

#define _(s) gettext(s)
