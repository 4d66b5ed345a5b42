/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What options tell about a person; see person.h. */

#include <string.h>

#include "client/bus-call.h"
#include "client/output.h"
#include "client/person.h"

static const struct {
        const char *option, *key;
} told[] = {
        { "name", "name" },
        { "given-name", "given_name" },
        { "surname", "surname" },
        { "email", "email" },
        { "phone", "phone" },
        { "language", "language" },
};

static bool has_option(const Client *c, const char *name) {
        for (const Option *o = c->arguments.verb->options; o && o->name; o++)
                if (strcmp(o->name, name) == 0)
                        return true;
        return false;
}

int person_append(const Client *c, sd_bus_message *m) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(told); i++) {
                const char *value = has_option(c, told[i].option) ? arguments_get(&c->arguments, told[i].option) : NULL;

                if (value)
                        r = append_string_entry(m, told[i].key, value);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int person_need_name(const Client *c) {
        if (arguments_has(&c->arguments, "name") || (arguments_has(&c->arguments, "given-name") && arguments_has(&c->arguments, "surname")))
                return 0;
        return fail(EXIT_USAGE, "%s", _("Say who it is: --given-name and --surname, or --name."));
}
