/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet key, wherever the key is: what is said of a key in the service is verb-key.c's, of one in a file or on a card
 * key-local.h's. */

#include <string.h>

#include "base/codec.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/key-local.h"
#include "client/key-subject.h"
#include "client/output.h"
#include "client/terms.h"
#include "client/verbs.h"
#include "crypto/name.h"

/* --- Making ------------------------------------------------------------------------------------------------------- */

static int read_place(const Client *c, KeyPlace *ret) {
        const char *place = arguments_get(&c->arguments, "place") ?: "daemon";

        *ret = key_place_from_string(place);
        if (*ret == KEY_PLACE_INVALID)
                return fail(EXIT_USAGE, "%s", _("--place is one of daemon, file, token."));
        if (*ret != KEY_PLACE_TOKEN && arguments_has(&c->arguments, "token"))
                return fail(EXIT_USAGE, "%s", _("--token goes with --place token."));
        if (*ret != KEY_PLACE_FILE && (arguments_has(&c->arguments, "output") || arguments_has(&c->arguments, "file-format")))
                return fail(EXIT_USAGE, "%s", _("--output and --file-format go with --place file."));
        return 0;
}

static int generate_here(Client *c, KeyPlace place, Profile profile, const Terms *terms) {
        _cleanup_(subject_freep) Subject *subject = NULL;
        const char *problem = NULL;
        int r;

        r = key_subject_read(c, profile, &subject);
        if (r > 0)
                return r;
        if (subject_check(subject, profile, &problem) < 0)
                return fail(EXIT_USAGE, "%s", problem);
        return key_local_generate(c, place, profile, subject, terms);
}

int verb_key_place_generate(Client *c) {
        static const char *const needed[] = { "label", NULL };
        Profile profile = key_profile_of_kind(arguments_get(&c->arguments, "kind") ?: "customs");
        _cleanup_terms_ Terms terms = { 0 };
        bool customs = profile == PROFILE_CUSTOMS;
        KeyPlace place;
        int r;

        r = read_place(c, &place);
        if (r == 0)
                r = arguments_need(&c->arguments, needed);
        if (r == 0 && customs)
                r = terms_load(&terms);
        if (r == 0 && customs)
                r = terms_accept(c, &terms);
        if (r > 0)
                return r;
        c->terms = customs ? terms.version : NULL;
        if (place == KEY_PLACE_DAEMON || profile == PROFILE_INVALID)
                r = verb_key_generate(c);
        else
                r = generate_here(c, place, profile, customs ? &terms : NULL);
        c->terms = NULL;
        return r;
}

int verb_key_terms(Client *c) {
        _cleanup_terms_ Terms t = { 0 };
        Json j = JSON_INIT(stdout);
        int r;

        r = terms_load(&t);
        if (r > 0)
                return r;
        if (!c->json) {
                out("%s\n\n", t.text);
                for (size_t i = 0; i < t.n_statements; i++)
                        out("[ ] %s\n", t.statements[i]);
                out("\n");
                out(_("Version: %s\n"), t.version);
                return EXIT_OK;
        }
        json_object_begin(&j, NULL);
        json_string(&j, "version", t.version);
        json_string(&j, "text", t.text);
        json_strings(&j, "statements", t.statements, t.n_statements);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

/* --- What is there ------------------------------------------------------------------------------------------------ */

/* 0 with the record; EXIT_NOT_FOUND, unsaid, when it is for the service to know. */
static int find(const Client *c, KeyRecord *ret) {
        return key_record_find(c->arguments.words[0], ret);
}

int verb_key_place_request(Client *c) {
        _cleanup_key_record_ KeyRecord k = { 0 };
        int r = find(c, &k);

        return r == EXIT_NOT_FOUND ? verb_key_request(c) : r > 0 ? r : key_local_request(c, &k);
}

/* One word is a key, the second and further ones are a key's certificates. */
int verb_key_place_import(Client *c) {
        _cleanup_key_record_ KeyRecord k = { 0 };
        int r;

        if (c->arguments.n_words == 1)
                return key_local_import(c, c->arguments.words[0]);
        r = find(c, &k);
        return r == EXIT_NOT_FOUND ? verb_key_import(c) : r > 0 ? r : key_local_import_certificates(c, &k);
}

int verb_key_place_retire(Client *c) {
        _cleanup_key_record_ KeyRecord k = { 0 };
        int r = find(c, &k);

        return r == EXIT_NOT_FOUND ? verb_key_retire(c) : r > 0 ? r : key_local_retire(c, &k);
}

/* Only the service can put a new key into the place of an old one behind its user's back: elsewhere both lie side by side. */
int verb_key_place_renew(Client *c) {
        _cleanup_key_record_ KeyRecord k = { 0 };
        int r = find(c, &k);

        if (r == EXIT_NOT_FOUND)
                return verb_key_renew(c);
        if (r > 0)
                return r;
        complain("%s", _("A key in a file or on a card is not renewed in its place."));
        hint("%s", _("Make a new one (sygnet key generate), or ask for a new certificate of the same key (sygnet key request)."));
        return EXIT_FAILED;
}

/* The service cannot block what it does not have: what helps is that its certificate ends. */
static int tell_compromise(const KeyRecord *k) {
        _cleanup_free_ char *issuer = NULL, *serial = NULL;
        uint8_t number[64];
        size_t size = sizeof(number);

        complain("%s", _("This key is in a file or on a card: the service cannot block it."));
        if (k->chain.n > 0 && gnutls_x509_crt_get_serial(k->chain.items[0], number, &size) >= 0) {
                issuer = certificate_issuer(k->chain.items[0]);
                serial = hex_encode(VIEW(number, size));
        }
        if (issuer && serial) {
                hint("%s", _("Have its certificate suspended or revoked at once: until then others believe what is signed with the key."));
                hint("  %s\n  %s", issuer, serial);
                hint(_("If that is the local authority, an operator suspends it: sygnet ca suspend %s"), serial);
        }
        hint(_("Then erase it: sygnet key retire %s"), k->id);
        return EXIT_FAILED;
}

int verb_key_place_compromise(Client *c) {
        _cleanup_key_record_ KeyRecord k = { 0 };
        int r = find(c, &k);

        return r == EXIT_NOT_FOUND ? verb_key_compromise(c) : r > 0 ? r : tell_compromise(&k);
}

int verb_key_export(Client *c) {
        _cleanup_key_record_ KeyRecord k = { 0 };
        _cleanup_dict_ Dict d = { 0 };
        int r = find(c, &k);

        if (r == 0)
                return key_local_export(c, &k);
        if (r == EXIT_NOT_FOUND)
                r = credential_find(c, c->arguments.words[0], false, &d);
        return r > 0 ? r : fail(EXIT_FAILED, "%s", _("A key in the service never leaves it: there is nothing to export."));
}

/* --- The list ----------------------------------------------------------------------------------------------------- */

/* What the service keeps for the caller himself; seals are “sygnet list”'s. */
static int list_of_service(Client *c, bool must, DictList *ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;

        if (must)
                return credential_list(c, false, ret);
        if (call_quietly(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "List", &reply, "a{sv}", 0) < 0 || dict_list_read(reply, ret) < 0)
                hint("%s", _("The service cannot be asked now: keys that it keeps are not shown."));
        return 0;
}

static bool is_key(const Dict *d) {
        return strcmp(dict_string(d, "kind"), "seal") != 0;
}

static int print_json(const KeyRecordList *here, const DictList *there) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_array_begin(&j, "keys");
        for (size_t i = 0; i < there->n_items; i++)
                if (is_key(&there->items[i]))
                        dict_json(&j, NULL, &there->items[i]);
        for (size_t i = 0; i < here->n; i++)
                key_local_json(&j, NULL, &here->items[i], NULL, 0);
        json_array_end(&j);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

static void add_there(Table *t, const Dict *d) {
        table_cell(t, dict_string(d, "id"));
        table_cell(t, dict_string(d, "label"));
        table_cell(t, key_place_text("daemon"));
        table_cell(t, kind_text(dict_string(d, "kind")));
        table_cell(t, status_text(dict_string(d, "status")));
        table_cell(t, dict_has(d, "not_after") ? text_date(dict_number(d, "not_after", 0)) : "–");
}

static void add_here(Table *t, const KeyRecord *k) {
        _cleanup_free_ char *label = text_clean(k->label), *profile = text_clean(k->profile ?: "");

        table_cell(t, k->id);
        table_cell(t, label);
        table_cell(t, key_place_text(key_place_to_string(k->place)));
        table_cell(t, k->profile ? kind_text(profile) : "–");
        table_cell(t, status_text(key_local_status(k)));
        table_cell(t, k->chain.n > 0 ? text_date(gnutls_x509_crt_get_expiration_time(k->chain.items[0])) : "–");
}

int verb_key_list(Client *c) {
        const char *titles[] = { _("Id"), _("Label"), _("Place"), _("Kind"), _("Status"), _("Valid until") };
        _cleanup_key_records_ KeyRecordList here = { 0 };
        _cleanup_dict_list_ DictList there = { 0 };
        _cleanup_(table_freep) Table *t = NULL;
        size_t n;
        int r;

        r = key_record_list(&here);
        if (r == 0)
                r = list_of_service(c, here.n == 0, &there);
        if (r > 0)
                return r;
        for (size_t i = 0; i < there.n_items; i++)
                if (dict_set_string(&there.items[i], "place", "daemon") < 0)
                        return fail_memory();
        if (c->json)
                return print_json(&here, &there);
        t = table_new(ELEMENTSOF(titles), titles);
        table_keep(t, 0);
        table_keep(t, 5);
        n = here.n;
        for (size_t i = 0; i < there.n_items; i++)
                if (is_key(&there.items[i])) {
                        add_there(t, &there.items[i]);
                        n++;
                }
        for (size_t i = 0; i < here.n; i++)
                add_here(t, &here.items[i]);
        if (n == 0)
                out("%s\n", _("You have no keys. Make one: sygnet key generate"));
        else
                table_print(t);
        return EXIT_OK;
}
