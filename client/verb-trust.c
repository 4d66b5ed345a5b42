/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet trust: CA certificates in the system's trust store. Nothing goes in that was not shown, or named by its fingerprint. */

#include <ctype.h>
#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/certificates.h"
#include "client/credential-choice.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/verbs.h"

int verb_trust_list(Client *c) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = call(c, &service_trust, TRUST_INTERFACE, "List", &reply, NULL);
        if (r != 0)
                return r;
        r = dict_list_read(reply, &l);
        if (r < 0)
                return fail_message(r);
        if (c->json)
                return dict_list_print_json("certificates", &l);
        if (l.n_items == 0) {
                out("%s\n", _("Sygnet has installed no CA certificate on this machine."));
                return EXIT_OK;
        }
        for (size_t i = 0; i < l.n_items; i++) {
                /* No table: a fingerprint fills a line, and must be whole to be of use. */
                const Dict *d = &l.items[i];
                const Pair pairs[] = {
                        { _("Subject"), dict_string(d, "subject") },
                        { _("Valid until"), text_time(dict_number(d, "not_after", -1)) },
                        { _("Installed"), text_time(dict_number(d, "installed", -1)) },
                        { _("Present"), dict_number(d, "present", 0) ? _("yes") : _("no") },
                        { _("SHA-256"), dict_string(d, "fingerprint") },
                };

                if (i > 0)
                        out("\n");
                out_pairs(pairs, ELEMENTSOF(pairs));
        }
        return EXIT_OK;
}

static int inspect(Client *c, View der, Dict *ret) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = call_new(c, &service_trust, TRUST_INTERFACE, "Inspect", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append_array(m, 'y', der.data, der.len);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        if (r != 0)
                return r;
        r = dict_read(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

static void print_constraints(const Field *f) {
        if (!f || f->n_list == 0) {
                out("%s\n", _("No name constraints: it could vouch for any name, web sites too."));
                return;
        }
        out("%s\n", _("Name constraints:"));
        for (size_t i = 0; i < f->n_list; i++) {
                _cleanup_free_ char *clean = text_clean(f->list[i]);

                out("  %s\n", clean);
        }
}

static void print_info(const Dict *d) {
        char length[24] = "";

        if (dict_number(d, "path_length", -1) >= 0)
                snprintf(length, sizeof(length), "%d", (int) dict_number(d, "path_length", -1));
        const Pair pairs[] = {
                { _("Subject"), dict_string(d, "subject") },
                { _("Issuer"), dict_string(d, "issuer") },
                { _("Serial number"), dict_string(d, "serial") },
                { _("Valid from"), text_time(dict_number(d, "not_before", -1)) },
                { _("Valid until"), text_time(dict_number(d, "not_after", -1)) },
                { _("Algorithm"), dict_string(d, "algorithm") },
                { _("CA"), dict_number(d, "ca", 0) ? _("yes") : _("no") },
                { _("Path length"), length },
                { _("SHA-256"), dict_string(d, "fingerprint") },
                { _("Installed"), dict_number(d, "installed", 0) ? _("yes") : _("no") },
                { _("Cannot be installed"), dict_string(d, "problem") },
        };

        out_pairs(pairs, ELEMENTSOF(pairs));
        print_constraints(dict_field(d, "constraints"));
}

static int print_info_json(const Dict *d) {
        Json j = JSON_INIT(stdout);

        dict_json(&j, NULL, d);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

int verb_trust_inspect(Client *c) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        _cleanup_dict_ Dict d = { 0 };
        int r;

        r = certificate_read_file(c->arguments.words[0], &der);
        if (r > 0)
                return r;
        r = inspect(c, bytes_view(&der), &d);
        if (r != 0)
                return r;
        if (c->json)
                return print_info_json(&d);
        print_info(&d);
        return EXIT_OK;
}

/* Lower-case hexadecimal without the colons that other programs print. The caller frees. */
static char *tidy_fingerprint(const char *s) {
        char *tidy = strdup(s), *p = tidy;

        if (!tidy)
                abort();
        for (; *s; s++)
                if (*s != ':' && *s != ' ')
                        *p++ = (char) tolower((unsigned char) *s);
        *p = 0;
        return tidy;
}

/* Shown and agreed to, or named by fingerprint. */
static int agree(Client *c, const Dict *d) {
        const char *given = arguments_get(&c->arguments, "fingerprint");
        _cleanup_free_ char *tidy = given ? tidy_fingerprint(given) : NULL;

        if (tidy && strcmp(tidy, dict_string(d, "fingerprint")) != 0)
                return fail(EXIT_DENIED, "%s", _("The certificate is another one than --fingerprint says; nothing was changed."));
        if (!c->json)
                print_info(d);
        if (*dict_string(d, "problem")) {
                _cleanup_free_ char *problem = text_clean(dict_string(d, "problem"));

                return fail(EXIT_FAILED, _("This certificate cannot be installed: %s"), problem);
        }
        if (tidy || arguments_has(&c->arguments, "yes"))
                return 0;
        out("\n");
        return prompt_confirm("yes", _("Have this machine trust it?"));
}

int verb_trust_install(Client *c) {
        _cleanup_message_ sd_bus_message *m = NULL;
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        _cleanup_dict_ Dict d = { 0 };
        int r;

        r = certificate_read_file(c->arguments.words[0], &der);
        if (r > 0)
                return r;
        r = inspect(c, bytes_view(&der), &d);
        if (r == 0)
                r = agree(c, &d);
        if (r != 0)
                return r;
        agent_start(&c->agent);
        r = call_new(c, &service_trust, TRUST_INTERFACE, "Install", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append_array(m, 'y', der.data, der.len);
        if (r >= 0)
                r = sd_bus_message_append(m, "s", dict_string(&d, "fingerprint"));
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, NULL);
        if (r == 0 && !c->json)
                out(_("Installed. To undo: sygnet trust remove %s\n"), dict_string(&d, "fingerprint"));
        return r;
}

int verb_trust_remove(Client *c) {
        _cleanup_free_ char *fingerprint = tidy_fingerprint(c->arguments.words[0]);
        int r;

        if (!arguments_has(&c->arguments, "yes")) {
                r = prompt_confirm("yes", _("Have this machine no longer trust it?"));
                if (r > 0)
                        return r;
        }
        agent_start(&c->agent);
        r = call(c, &service_trust, TRUST_INTERFACE, "Remove", NULL, "s", fingerprint);
        if (r == 0 && !c->json)
                out("%s\n", _("Removed."));
        return r;
}
