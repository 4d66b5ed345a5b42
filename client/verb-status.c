/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet status. */

#include <time.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/follow.h"
#include "client/key-local.h"
#include "client/output.h"
#include "client/session-choice.h"
#include "client/verbs.h"

/* Of a key in a file or on a card, which nobody else watches. NULL when there is nothing to tell. */
static const char *local_expiry(const KeyRecord *k) {
        return k->chain.n > 0 ? expiry_text_at(gnutls_x509_crt_get_expiration_time(k->chain.items[0])) : NULL;
}

static int print_json(DictList *sessions, const DictList *credentials, const KeyRecordList *keys, const char *version, const char *support) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_object_begin(&j, "service");
        json_bool(&j, "running", true);
        json_string(&j, "version", version);
        json_string(&j, "support_contact", support && *support ? support : NULL);
        json_object_end(&j);
        json_array_begin(&j, "sessions");
        for (size_t i = 0; i < sessions->n_items; i++) {
                /* Whoever may call can have it from the service; output gets pasted. */
                dict_remove(&sessions->items[i], "session");
                dict_json(&j, NULL, &sessions->items[i]);
        }
        json_array_end(&j);
        json_array_begin(&j, "expiring");
        for (size_t i = 0; i < credentials->n_items; i++)
                if (expiry_text(&credentials->items[i]))
                        dict_json(&j, NULL, &credentials->items[i]);
        for (size_t i = 0; i < keys->n; i++)
                if (local_expiry(&keys->items[i]))
                        key_local_json(&j, NULL, &keys->items[i], NULL, 0);
        json_array_end(&j);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

static void print_sessions(const DictList *sessions) {
        const char *titles[] = { _("Login"), _("Opened"), _("Time left"), _("Remembered"), _("Signatures") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);
        int64_t now = time(NULL);

        for (size_t i = 0; i < sessions->n_items; i++) {
                const Dict *d = &sessions->items[i];
                int64_t ends = dict_number(d, "ends", now), idle = dict_number(d, "idle_until", ends);
                char count[24];

                snprintf(count, sizeof(count), "%u", (unsigned) dict_number(d, "signatures", 0));
                table_cell(t, dict_string(d, "login"));
                table_cell(t, text_time(dict_number(d, "opened", -1)));
                table_cell(t, text_duration((idle < ends ? idle : ends) - now));
                table_cell(t, dict_number(d, "remembered", 0) ? _("yes") : _("no"));
                table_cell(t, count);
        }
        table_print(t);
}

static void print_expiry(const char *label, const char *id, int64_t not_after, const char *when) {
        _cleanup_free_ char *clean = text_clean(label);

        out_styled(STYLE_DOUBT, "%s ", output_is_utf8() ? "⚠" : "!");
        out(_("The certificate of “%s” (%s) is valid until %s (%s).\n"), clean, id, text_date(not_after), when);
}

static void print_expiring(const DictList *credentials, const KeyRecordList *keys) {
        for (size_t i = 0; i < credentials->n_items; i++) {
                const Dict *d = &credentials->items[i];

                if (expiry_text(d))
                        print_expiry(dict_string(d, "label"), dict_string(d, "id"), dict_number(d, "not_after", 0), expiry_text(d));
        }
        for (size_t i = 0; i < keys->n; i++) {
                const KeyRecord *k = &keys->items[i];

                if (local_expiry(k))
                        print_expiry(k->label, k->id, gnutls_x509_crt_get_expiration_time(k->chain.items[0]), local_expiry(k));
        }
}

static int show(Client *c) {
        _cleanup_free_ char *version = NULL, *support = NULL;
        _cleanup_dict_list_ DictList sessions = { 0 }, credentials = { 0 };
        _cleanup_key_records_ KeyRecordList keys = { 0 };
        int r;

        r = get_property(c, &service_sygnet, SYGNET_INTERFACE_MANAGER, "Version", false, &version);
        if (r > 0)
                return r;
        (void) get_property(c, &service_sygnet, SYGNET_INTERFACE_MANAGER, "SupportContact", true, &support);
        r = session_list(c, &sessions);
        if (r == 0)
                r = credential_list(c, false, &credentials);
        if (r == 0)
                r = key_record_list(&keys);
        if (r > 0)
                return r;
        if (c->json)
                return print_json(&sessions, &credentials, &keys, version, support);
        out_styled(STYLE_GOOD, "%s ", output_is_utf8() ? "●" : "*");
        out(_("The signing service is running, version %s.\n"), version);
        if (support && *support) {
                _cleanup_free_ char *clean = text_clean(support);

                out(_("Support: %s\n"), clean);
        }
        print_expiring(&credentials, &keys);
        if (sessions.n_items == 0) {
                out("%s\n", _("You are not logged in."));
                return EXIT_OK;
        }
        out("\n");
        print_sessions(&sessions);
        return EXIT_OK;
}

int verb_status(Client *c) {
        bool follow = arguments_has(&c->arguments, "follow");
        int r;

        /* What is one object a line begins with no other. */
        r = follow && c->json ? EXIT_OK : show(c);
        if (r != EXIT_OK || !follow)
                return r;
        (void) fflush(stdout);
        return follow_sessions(c);
}
