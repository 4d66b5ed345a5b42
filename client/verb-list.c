/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet list. */

#include <stdio.h>
#include <time.h>

#include "client/credential-choice.h"
#include "client/output.h"
#include "client/verbs.h"

static const char *validity(const Dict *d) {
        int64_t now = time(NULL);
        static char text[128];

        if (!dict_has(d, "not_after"))
                return "–";
        if (dict_number(d, "not_after", now) < now)
                return _("expired");
        if (!expiry_text(d))
                return text_date(dict_number(d, "not_after", 0));
        snprintf(text, sizeof(text), "%s (%s)", text_date(dict_number(d, "not_after", 0)), expiry_text(d));
        return text;
}

int verb_list(Client *c) {
        const char *titles[] = { _("Id"), _("Label"), _("Kind"), _("Status"), _("Role"), _("Valid until") };
        bool all = arguments_has(&c->arguments, "all");
        _cleanup_(table_freep) Table *t = NULL;
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = credential_list(c, all, &l);
        if (r > 0)
                return r;
        if (c->json)
                return dict_list_print_json("credentials", &l);
        if (l.n_items == 0) {
                out("%s\n", all ? _("The service has no credentials.") : _("You have no credentials."));
                return EXIT_OK;
        }
        t = table_new(ELEMENTSOF(titles), titles);
        table_keep(t, 0);
        table_keep(t, 5);
        for (size_t i = 0; i < l.n_items; i++) {
                const Dict *d = &l.items[i];

                table_cell(t, dict_string(d, "id"));
                table_cell(t, dict_string(d, "label"));
                table_cell(t, kind_text(dict_string(d, "kind")));
                table_cell(t, status_text(dict_string(d, "status")));
                table_cell(t, role_text(dict_string(d, "role")));
                table_cell(t, validity(d));
        }
        table_print(t);
        return EXIT_OK;
}
