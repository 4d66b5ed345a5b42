/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet trust: CA certificates in the system's trust stores. Nothing goes in that was not shown, or named by its fingerprint. Files are read by
 * the service's checker, not here. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/dict.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/trust-table.h"
#include "client/verbs.h"

/* As much as the service takes. */
#define FILE_MAX (8U * 1024U * 1024U)

/* Stores' commands may take minutes, and several changes may wait for each other. */
#define CHANGE_SECONDS 900U

/* A list as words with commas between. The caller frees. */
static char *words_of(const Field *f) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r = 0;

        for (size_t i = 0; r >= 0 && f && i < f->n_list; i++)
                r = bytes_printf(&text, "%s%s", i > 0 ? ", " : "", f->list[i]);
        if (r < 0 || bytes_append_byte(&text, 0) < 0)
                abort();
        return (char *) bytes_take(&text).data;
}

/* --- What is there ------------------------------------------------------------------------------------------------ */

static int call_for_list(Client *c, sd_bus_message *m, unsigned seconds, DictList *ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        int r = call_send_within(c, m, seconds, NULL, &reply);

        if (r != 0)
                return r;
        r = dict_list_read(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

int verb_trust_list(Client *c) {
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = call_for_dicts(c, &service_trust, TRUST_INTERFACE, "List", &l, NULL);
        if (r != 0)
                return r;
        if (c->json)
                return dict_list_print_json("certificates", &l);
        if (l.n_items == 0) {
                out("%s\n", _("Sygnet has installed no CA certificate on this machine."));
                return EXIT_OK;
        }
        for (size_t i = 0; i < l.n_items; i++) {
                /* No table: a fingerprint fills a line, and must be whole to be of use. */
                const Dict *d = &l.items[i];
                _cleanup_free_ char *stores = words_of(dict_field(d, "stores"));
                const Pair pairs[] = {
                        { _("Subject"), dict_string(d, "subject") },
                        { _("Valid until"), text_time(dict_number(d, "not_after", -1)) },
                        { _("Installed"), text_time(dict_number(d, "installed", -1)) },
                        { _("Stores"), stores },
                        { _("Present"), dict_number(d, "present", 0) ? _("yes") : _("no") },
                        { _("SHA-256"), dict_string(d, "fingerprint") },
                };

                if (i > 0)
                        out("\n");
                out_pairs(pairs, ELEMENTSOF(pairs));
        }
        return EXIT_OK;
}

static const char *store_state(const Dict *d) {
        if (!dict_number(d, "present", 0))
                return _("not on this system");
        return *dict_string(d, "problem") ? _("cannot be changed") : _("ready");
}

/* Why is told below: it is a sentence, and mostly there is none. */
static void print_stores(const DictList *l) {
        const char *titles[] = { _("Store"), _("Name"), _("State"), _("Limits purposes"), _("Place") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);

        table_keep(t, 0);
        table_keep(t, 2);
        for (size_t i = 0; i < l->n_items; i++) {
                const Dict *d = &l->items[i];
                bool present = dict_number(d, "present", 0);

                table_cell(t, dict_string(d, "id"));
                table_cell(t, _(dict_string(d, "name")));
                table_cell(t, store_state(d));
                table_cell(t, !present ? "" : dict_number(d, "purposes", 0) ? _("yes") : _("no"));
                table_cell(t, present ? dict_string(d, "path") : "");
        }
        table_print(t);
        for (size_t i = 0; i < l->n_items; i++) {
                const Dict *d = &l->items[i];

                if (dict_number(d, "present", 0) && *dict_string(d, "problem"))
                        out("%s: %s\n", dict_string(d, "id"), _(dict_string(d, "problem")));
        }
}

int verb_trust_stores(Client *c) {
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = call_for_dicts(c, &service_trust, TRUST_INTERFACE, "ListStores", &l, NULL);
        if (r != 0)
                return r;
        if (c->json)
                return dict_list_print_json("stores", &l);
        print_stores(&l);
        return EXIT_OK;
}

/* --- What a file holds -------------------------------------------------------------------------------------------- */

static int inspect(Client *c, DictList *ret) {
        const char *path = c->arguments.words[0];
        _cleanup_message_ sd_bus_message *m = NULL;
        _cleanup_bytes_ Bytes file = BYTES_NULL;
        int r;

        r = read_file(path, FILE_MAX, &file);
        if (r == -EFBIG)
                return fail(EXIT_FAILED, _("%s: larger than %u MiB; no file of certificates is."), path, FILE_MAX >> 20);
        if (r < 0)
                return fail_file(r, path);
        r = call_new(c, &service_trust, TRUST_INTERFACE, "InspectFile", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append_array(m, 'y', file.data, file.len);
        return r < 0 ? fail_message(r) : call_for_list(c, m, 0, ret);
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

void trust_print_info(const Dict *d) {
        _cleanup_free_ char *stores = words_of(dict_field(d, "stores"));
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
                { _("Stores"), stores },
                { _("Cannot be installed"), *dict_string(d, "problem") ? _(dict_string(d, "problem")) : NULL },
        };

        out_pairs(pairs, ELEMENTSOF(pairs));
        print_constraints(dict_field(d, "constraints"));
}

/* Of what could not be read there is just the problem. */
static void print_certificates(const DictList *l) {
        for (size_t i = 0; i < l->n_items; i++) {
                const Dict *d = &l->items[i];

                if (i > 0)
                        out("\n");
                if (l->n_items > 1)
                        out_styled(STYLE_BOLD, _("Certificate %zu of %zu\n"), i + 1, l->n_items);
                if (*dict_string(d, "fingerprint"))
                        trust_print_info(d);
                else
                        out("%s\n", _(dict_string(d, "problem")));
        }
}

int verb_trust_inspect(Client *c) {
        _cleanup_dict_list_ DictList l = { 0 };
        int r = inspect(c, &l);

        if (r != 0)
                return r;
        if (c->json)
                return dict_list_print_json("certificates", &l);
        print_certificates(&l);
        return EXIT_OK;
}

/* --- Installing --------------------------------------------------------------------------------------------------- */

/* Whether --fingerprint names it. */
static bool is_named(const Client *c, const Dict *d) {
        const char *given;

        for (size_t i = 0; (given = arguments_nth(&c->arguments, "fingerprint", i)); i++) {
                _cleanup_free_ char *tidy = fingerprint_tidy(given);

                if (strcmp(tidy, dict_string(d, "fingerprint")) == 0)
                        return true;
        }
        return false;
}

/* Keeps of the file what --fingerprint names. */
static int keep_named(const Client *c, DictList *l) {
        size_t wanted = 0, n = 0;

        while (arguments_nth(&c->arguments, "fingerprint", wanted))
                wanted++;
        if (wanted == 0)
                return 0;
        for (size_t i = 0; i < l->n_items; i++) {
                if (is_named(c, &l->items[i]))
                        l->items[n++] = l->items[i];
                else
                        dict_done(&l->items[i]);
        }
        l->n_items = n;
        if (n == wanted)
                return 0;
        return fail(EXIT_DENIED, "%s", _("The file holds other certificates than --fingerprint says; nothing was changed."));
}

/* One bad one, and none is installed. */
static int refuse_bad(const DictList *l) {
        for (size_t i = 0; i < l->n_items; i++) {
                const char *problem = dict_string(&l->items[i], "problem");

                if (!*problem)
                        continue;
                if (l->n_items == 1)
                        return fail(EXIT_FAILED, _("This certificate cannot be installed: %s"), _(problem));
                complain(_("Certificate %zu of %zu cannot be installed: %s"), i + 1, l->n_items, _(problem));
                hint("%s", _("Nothing was installed. Name those that you want: --fingerprint, as often as needed."));
                return EXIT_FAILED;
        }
        return 0;
}

/* Shown and agreed to, or named by fingerprint. */
static int agree(Client *c, DictList *l) {
        int r = keep_named(c, l);

        if (r != 0)
                return r;
        if (!c->json)
                print_certificates(l);
        r = refuse_bad(l);
        if (r != 0)
                return r;
        if (arguments_has(&c->arguments, "fingerprint") || arguments_has(&c->arguments, "yes"))
                return 0;
        out("\n");
        return prompt_confirm("yes", l->n_items == 1 ? _("Have this machine trust it?") : _("Have this machine trust all of them?"));
}

static int append_certificates(sd_bus_message *m, const DictList *l) {
        int r = sd_bus_message_open_container(m, 'a', "ay");

        for (size_t i = 0; r >= 0 && i < l->n_items; i++) {
                const Field *f = dict_field(&l->items[i], "certificate");
                _cleanup_bytes_ Bytes der = BYTES_NULL;

                r = f && f->text ? base64_decode(view_string(f->text), &der) : -EBADMSG;
                if (r >= 0)
                        r = sd_bus_message_append_array(m, 'y', der.data, der.len);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; r >= 0 && i < l->n_items; i++)
                r = sd_bus_message_append(m, "s", dict_string(&l->items[i], "fingerprint"));
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* An entry {key: as} of all values of an option; none where it was not given. */
static int append_words(sd_bus_message *m, const Client *c, const char *option, const char *key) {
        const char *word;
        int r;

        if (!arguments_has(&c->arguments, option))
                return 0;
        r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", key);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; r >= 0 && (word = arguments_nth(&c->arguments, option, i)); i++)
                r = sd_bus_message_append(m, "s", word);
        for (int depth = 0; r >= 0 && depth < 3; depth++)
                r = sd_bus_message_close_container(m);
        return r;
}

static int install(Client *c, const DictList *l, DictList *ret) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_trust, TRUST_INTERFACE, "InstallAll", &m);
        if (r > 0)
                return r;
        r = append_certificates(m, l);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_words(m, c, "store", "stores");
        if (r >= 0)
                r = append_words(m, c, "purpose", "purposes");
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? fail_message(r) : call_for_list(c, m, CHANGE_SECONDS, ret);
}

static bool has_result(const DictList *l, const char *fingerprint, const char *result) {
        for (size_t i = 0; i < l->n_items; i++)
                if (strcmp(dict_string(&l->items[i], "result"), result) == 0 && (!fingerprint || strcmp(dict_string(&l->items[i], "fingerprint"), fingerprint) == 0))
                        return true;
        return false;
}

/* What did not go as one might think: a line for each store, not for each certificate. */
static void print_others(const DictList *results) {
        for (size_t i = 0; i < results->n_items; i++) {
                const Dict *d = &results->items[i];

                if (!*dict_string(d, "problem") || strcmp(dict_string(d, "fingerprint"), dict_string(&results->items[0], "fingerprint")) != 0)
                        continue;
                out(_("Not in the store %s: %s\n"), dict_string(d, "store"), _(dict_string(d, "problem")));
        }
}

static int print_results(const DictList *l, const DictList *results) {
        print_others(results);
        for (size_t i = 0; i < l->n_items; i++) {
                const char *fingerprint = dict_string(&l->items[i], "fingerprint");

                if (has_result(results, fingerprint, "installed"))
                        out(_("Installed. To undo: sygnet trust remove %s\n"), fingerprint);
                else
                        out(_("It was trusted before, and left as it is: %s\n"), fingerprint);
        }
        return EXIT_OK;
}

int verb_trust_install(Client *c) {
        _cleanup_dict_list_ DictList l = { 0 }, results = { 0 };
        int r = inspect(c, &l);

        if (r == 0)
                r = agree(c, &l);
        if (r != 0)
                return r;
        agent_start(&c->agent);
        r = install(c, &l, &results);
        if (r != 0)
                return r;
        if (!has_result(&results, NULL, "installed"))
                return fail(EXIT_FAILED, "%s", _("The system trusts all of this already. It was left as it is."));
        return c->json ? dict_list_print_json("results", &results) : print_results(&l, &results);
}

/* --- Removing ----------------------------------------------------------------------------------------------------- */

static int remove_one(Client *c, const char *word) {
        _cleanup_free_ char *fingerprint = fingerprint_tidy(word);
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_trust, TRUST_INTERFACE, "Remove", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", fingerprint);
        return r < 0 ? fail_message(r) : call_send_within(c, m, CHANGE_SECONDS, NULL, NULL);
}

int verb_trust_remove(Client *c) {
        int r;

        if (!arguments_has(&c->arguments, "yes")) {
                r = prompt_confirm("yes", c->arguments.n_words == 1 ? _("Have this machine no longer trust it?") : _("Have this machine no longer trust any of them?"));
                if (r > 0)
                        return r;
        }
        agent_start(&c->agent);
        for (size_t i = 0; i < c->arguments.n_words; i++) {
                r = remove_one(c, c->arguments.words[i]);
                if (r != 0)
                        return r;
        }
        if (!c->json)
                out("%s\n", _("Removed."));
        return EXIT_OK;
}
