/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet seal: seals and their users. */

#include <string.h>

#include "bus/names.h"
#include "client/administration.h"
#include "client/bus-call.h"
#include "client/issue.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/verbs.h"

static const IssueFactors no_factors = { 0 };

static int append_subject(sd_bus_message *m, const Client *c) {
        const Arguments *a = &c->arguments;
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_string_entry(m, "organizationName", arguments_get(a, "organization"));
        if (r >= 0)
                r = append_string_entry(m, "organizationIdentifier", arguments_get(a, "identifier"));
        if (r >= 0)
                r = append_string_entry(m, "commonName", arguments_get(a, "name") ?: arguments_get(a, "organization"));
        if (r >= 0)
                r = append_string_entry(m, "countryName", arguments_get(a, "country"));
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int create(Client *c, char **ret_id) {
        const char *algorithm = arguments_get(&c->arguments, "algorithm");
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "CreateSeal", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", c->arguments.words[0], arguments_get(&c->arguments, "administrator"));
        if (r >= 0)
                r = append_subject(m, c);
        if (r >= 0)
                r = algorithm ? sd_bus_message_append(m, "a{sv}", 1, "algorithm", "s", algorithm) : sd_bus_message_append(m, "a{sv}", 0);
        return r < 0 ? fail_message(r) : call_for_string(c, m, NULL, ret_id);
}

int verb_seal_create(Client *c) {
        static const char *const needed[] = { "administrator", "organization", "identifier", "country", NULL };
        bool issue = !arguments_has(&c->arguments, "no-issue");
        _cleanup_free_ char *id = NULL;
        uint64_t waits = 0;
        int r;

        r = arguments_need(&c->arguments, needed);
        if (r > 0)
                return r;
        agent_start(&c->agent);
        r = create(c, &id);
        if (r != 0)
                return r;
        r = issue ? issue_all(c, id, "seal", &no_factors, &waits) : 0;
        if (r != 0)
                return r;
        if (c->json)
                return issue_print_made(id, issue, waits, NULL);
        out(_("Seal %s created.\n"), id);
        if (waits > 0)
                return EXIT_OK;
        if (issue)
                out(_("It can seal: sygnet sign FILE -c %s\n"), id);
        else
                out(_("Next: sygnet seal request %s -o request.pem\n"), id);
        return EXIT_OK;
}

int verb_seal_request(Client *c) {
        _cleanup_dict_ Dict d = { 0 };
        RequestForm form;
        int r;

        r = seal_find(c, true, &d);
        if (r == 0)
                r = issue_request_form(c, "seal", &form);
        return r > 0 ? r : issue_write_request(c, dict_string(&d, "id"), form, &no_factors);
}

int verb_seal_import(Client *c) {
        _cleanup_dict_ Dict d = { 0 };
        int r;

        r = seal_find(c, true, &d);
        return r > 0 ? r : issue_import_files(c, dict_string(&d, "id"), &no_factors);
}

int verb_seal_break_lease(Client *c) {
        _cleanup_(administration_done) Administration a = { 0 };
        int r;

        r = administration_begin(c, ADMINISTRATION_TAKE, &a);
        if (r > 0)
                return r;
        r = administer(c, "BreakLease", NULL, &a, NULL);
        if (r == 0 && !c->json)
                out("%s\n", _("The seal is free."));
        return r;
}

int verb_seal_retire(Client *c) {
        _cleanup_(administration_done) Administration a = { 0 };
        int r;

        r = seal_find(c, true, &a.seal);
        if (r > 0)
                return r;
        if (!arguments_has(&c->arguments, "yes")) {
                r = prompt_confirm("yes", _("Erase the seal's key for good?"));
                if (r > 0)
                        return r;
        }
        r = administer(c, "Retire", NULL, &a, NULL);
        if (r == 0 && !c->json)
                out("%s\n", _("The key is erased; the record stays."));
        return r;
}
