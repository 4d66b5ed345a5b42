/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet setup --undo: takes back what the records tell of, and forgets a record only when all of it is taken back. */

#include <errno.h>
#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/home.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/setup.h"
#include "client/trust-table.h"

#define POLICY_STORE "firefox-policy"

static const char *subject_of(const DictList *installed, const char *fingerprint) {
        for (size_t i = 0; i < installed->n_items; i++)
                if (strcmp(dict_string(&installed->items[i], "fingerprint"), fingerprint) == 0)
                        return dict_string(&installed->items[i], "subject");
        return NULL;
}

/* The database of a record, as it was found now; one that is gone was not. */
static const NssDatabase *database_at(const Setup *s, const char *path) {
        for (size_t i = 0; i < s->databases.n; i++)
                if (strcmp(s->databases.items[i].path, path) == 0)
                        return &s->databases.items[i];
        return NULL;
}

static void note(Setup *s, const TrustRecord *record, const char *path, Result result, const char *problem) {
        const NssDatabase *d = database_at(s, path);
        _cleanup_free_ char *name = d ? nss_database_name(d) : NULL;

        setup_note(s, record->fingerprint, name ?: path, path, result, problem);
}

static bool was_there(const RecordedDatabase *d) {
        return strcmp(d->before, BEFORE_ABSENT) != 0 && strcmp(d->before, BEFORE_NONE) != 0;
}

/* A certificate that was there gets its trust back. It is not put in again where its owner has taken it out since. */
static int restore_trust(Setup *s, const TrustRecord *record, const RecordedDatabase *d) {
        NssDatabase database = { .path = d->path, .program = d->path, .form = NSS_SQL };
        _cleanup_secret_ Secret *password = NULL;
        _cleanup_free_ char *said = NULL;
        NssEntry e;
        int r;

        r = nss_read(d->path, record->digest, &e);
        if (r == -ENOENT || (r >= 0 && (!e.present || strcmp(e.trust, d->before) == 0))) {
                note(s, record, d->path, RESULT_LEFT, NULL);
                return 0;
        }
        if (r >= 0 && setup_database_password(s, database_at(s, d->path) ?: &database, &password) > 0)
                r = -EACCES;
        if (r >= 0)
                r = nss_put(d->path, bytes_view(&record->certificate), d->before, password, &said);
        note(s, record, d->path, r < 0 ? RESULT_FAILED : RESULT_REMOVED, r < 0 ? setup_put_problem(r, said) : _("as trusted as before"));
        return r;
}

static int take_out(Setup *s, const TrustRecord *record, const char *path) {
        int r = nss_take_out(path, record->digest);

        if (r == -ENOENT)
                r = 0;
        note(s, record, path, r < 0 ? RESULT_FAILED : RESULT_REMOVED, r < 0 ? setup_put_problem(r, NULL) : NULL);
        return r;
}

/* Firefox copies what its policy names into the databases of profiles, also of those that came after us, and leaves it there. */
static int take_out_copies(Setup *s, const TrustRecord *record) {
        int failed = 0;

        for (size_t i = 0; i < s->databases.n; i++) {
                const NssDatabase *d = &s->databases.items[i];
                NssEntry e;

                if (!d->policy || d->form != NSS_SQL || trust_record_database(record, d->path))
                        continue;
                if (nss_read(d->path, record->digest, &e) >= 0 && e.present)
                        failed |= take_out(s, record, d->path);
        }
        return failed;
}

static bool is_in_policy(const DictList *installed, const char *fingerprint) {
        for (size_t i = 0; i < installed->n_items; i++) {
                const Field *stores = dict_field(&installed->items[i], "stores");

                if (strcmp(dict_string(&installed->items[i], "fingerprint"), fingerprint) != 0)
                        continue;
                for (size_t k = 0; stores && k < stores->n_list; k++)
                        if (strcmp(stores->list[k], POLICY_STORE) == 0)
                                return true;
        }
        return false;
}

/* An exit code: what an administrator refuses stops all. */
static int remove_from_system(Setup *s, const TrustRecord *record) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(s->c, &service_trust, TRUST_INTERFACE, "Remove", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", record->fingerprint);
        if (r < 0)
                return fail_message(r);
        agent_start(&s->c->agent);
        r = call_send_within(s->c, m, 600, ERROR_NOT_FOUND, NULL);
        if (r > 0)
                return r;
        setup_note(s, record->fingerprint, _("system"), NULL, r == 0 ? RESULT_REMOVED : RESULT_LEFT, r == 0 ? NULL : _("not in it"));
        return 0;
}

static int undo_one(Setup *s, TrustRecord *record, const DictList *installed) {
        bool policy = is_in_policy(installed, record->fingerprint);
        int r = 0, failed = 0;

        if (!s->c->json)
                setup_heading(record->fingerprint, subject_of(installed, record->fingerprint));
        if (record->system)
                r = remove_from_system(s, record);
        if (r > 0)
                return r;
        for (size_t i = 0; i < record->n_databases; i++) {
                const RecordedDatabase *d = &record->databases[i];

                failed |= was_there(d) ? restore_trust(s, record, d) : take_out(s, record, d->path);
        }
        if (record->system && policy)
                failed |= take_out_copies(s, record);
        return failed ? EXIT_FAILED : 0;
}

/* After all certificates are out: databases that we made go too, where nobody has put anything in. */
static int forget(const TrustRecord *record) {
        for (size_t i = 0; i < record->n_databases; i++)
                if (strcmp(record->databases[i].before, BEFORE_NONE) == 0)
                        (void) nss_discard(record->databases[i].path);
        return trust_record_delete(record);
}

static void preview(Setup *s, const DictList *installed) {
        for (size_t i = 0; i < s->records.n; i++) {
                const TrustRecord *record = &s->records.items[i];

                if (!s->c->json)
                        setup_heading(record->fingerprint, subject_of(installed, record->fingerprint));
                if (record->system)
                        setup_note(s, record->fingerprint, _("system"), NULL, RESULT_WOULD_REMOVE, NULL);
                for (size_t k = 0; k < record->n_databases; k++)
                        note(s, record, record->databases[k].path, was_there(&record->databases[k]) ? RESULT_LEFT : RESULT_WOULD_REMOVE,
                             was_there(&record->databases[k]) ? _("it was there before; as trusted as then") : NULL);
        }
}

static int list_installed(Setup *s, DictList *ret) {
        agent_start(&s->c->agent);
        return call_for_dicts(s->c, &service_trust, TRUST_INTERFACE, "List", ret, NULL);
}

static bool concerns_system(const Setup *s) {
        for (size_t i = 0; i < s->records.n; i++)
                if (s->records.items[i].system)
                        return true;
        return false;
}

int setup_undo(Setup *s) {
        _cleanup_dict_list_ DictList installed = { 0 };
        _cleanup_free_ int *done = calloc(s->records.n + 1, sizeof(*done));
        int r = 0, result = 0;

        if (!done)
                return fail_memory();
        if (s->records.n == 0) {
                if (!s->c->json)
                        out("%s\n", _("There is nothing to undo: “sygnet setup” has changed nothing for you."));
                return 0;
        }
        r = concerns_system(s) ? list_installed(s, &installed) : 0;
        if (r == 0 && home_folder() && (r = nss_places_find(home_folder(), &s->databases)) < 0)
                return fail_errno(r, "%s", _("The databases of your programs could not be looked for"));
        if (r > 0)
                return r;
        if (s->dry_run || (!s->c->json && !arguments_has(&s->c->arguments, "yes")))
                preview(s, &installed);
        if (s->dry_run)
                return 0;
        if (!arguments_has(&s->c->arguments, "yes")) {
                if (!s->c->json)
                        out("\n");
                r = prompt_confirm("yes", _("Take all of it back?"));
                if (r > 0)
                        return r;
        }
        for (size_t i = 0; i < s->records.n; i++) {
                done[i] = result == EXIT_DENIED ? EXIT_DENIED : undo_one(s, &s->records.items[i], &installed);
                result = result ?: done[i];
        }
        for (size_t i = 0; i < s->records.n; i++)
                if (done[i] == 0 && (r = forget(&s->records.items[i])) > 0)
                        result = r;
        return result;
}
