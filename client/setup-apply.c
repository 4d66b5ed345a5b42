/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet setup puts certificates where programs look for them. What there was before is on disk before anything is changed. The system's stores come first:
 * they ask for an administrator, and where they are refused nothing else is touched. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/home.h"
#include "client/output.h"
#include "client/program.h"
#include "client/prompt.h"
#include "client/setup.h"
#include "client/trust-table.h"
#include "crypto/digest.h"

#define LOCAL_TRUST ",C," /* documents and mail: its constraints exclude web sites in any case */

static const char *fingerprint_of(const Candidate *candidate) {
        return dict_string(&candidate->info, "fingerprint");
}

/* --- Purposes ------------------------------------------------------------------------------------------------------- */

static const char *const purposes[] = { "tls", "email", "code" };

static bool has_purpose(const Setup *s, const char *purpose) {
        const char *given;
        size_t i = 0;

        while ((given = arguments_nth(&s->c->arguments, "purpose", i))) {
                if (strcmp(given, purpose) == 0)
                        return true;
                i++;
        }
        return i == 0;
}

int setup_purposes(Setup *s) {
        const char *given;

        for (size_t i = 0; (given = arguments_nth(&s->c->arguments, "purpose", i)); i++) {
                bool known = false;

                for (size_t k = 0; k < ELEMENTSOF(purposes); k++)
                        known |= strcmp(given, purposes[k]) == 0;
                if (!known)
                        return fail(EXIT_USAGE, "%s", _("--purpose is tls, email or code."));
        }
        snprintf(s->trust, sizeof(s->trust), "%s,%s,%s", has_purpose(s, "tls") ? "C" : "", has_purpose(s, "email") ? "C" : "", has_purpose(s, "code") ? "C" : "");
        return 0;
}

/* What was chosen when the certificate was first installed stays. */
static const char *trust_of(const Setup *s, const Candidate *candidate) {
        const TrustRecord *record = trust_records_find(&s->records, fingerprint_of(candidate));

        return record ? record->trust : candidate->local ? LOCAL_TRUST : s->trust;
}

/* --- What there is -------------------------------------------------------------------------------------------------- */

static const char **fingerprints_of(const Setup *s) {
        const char **list = calloc(s->n_candidates + 1, sizeof(*list));

        for (size_t i = 0; list && i < s->n_candidates; i++)
                list[i] = fingerprint_of(&s->candidates[i]);
        return list;
}

static int need_certutil(const Setup *s) {
        bool wanted = false;

        for (size_t i = 0; i < s->databases.n; i++)
                wanted |= s->databases.items[i].form == NSS_SQL || s->databases.items[i].form == NSS_ABSENT;
        if (!wanted || program_exists("certutil"))
                return 0;
        (void) fail(EXIT_FAILED, "%s", _("certutil, which changes the databases of browsers, is not installed."));
        hint("%s", _("Install it (Debian: package libnss3-tools), or leave browsers out: --no-browsers"));
        return EXIT_FAILED;
}

int setup_survey(Setup *s) {
        _cleanup_free_ const char **list = fingerprints_of(s);
        int r = 0;

        if (!list)
                return fail_memory();
        if (s->browsers && home_folder()) {
                r = nss_places_find(home_folder(), &s->databases);
                r = r < 0 ? fail_errno(r, "%s", _("The databases of your programs could not be looked for")) : need_certutil(s);
        }
        return r > 0 || !s->system ? r : trust_system_states(s->c, list, s->n_candidates, &s->states);
}

/* Whether the service has something to do for it. */
static bool system_needed(const Setup *s, const Candidate *candidate) {
        bool known = false, missing = false;

        for (size_t i = 0; i < s->states.n_items; i++) {
                const Dict *d = &s->states.items[i];

                if (strcmp(dict_string(d, "fingerprint"), fingerprint_of(candidate)) != 0)
                        continue;
                known = true;
                missing |= !dict_number(d, "trusted", 0);
        }
        return s->system && (missing || (!known && !dict_number(&candidate->info, "installed", 0)));
}

static bool database_needed(const Setup *s, const Candidate *candidate, const NssDatabase *d) {
        const TrustRecord *record = trust_records_find(&s->records, fingerprint_of(candidate));
        uint8_t digest[NSS_FINGERPRINT];
        NssEntry e;

        if (d->form == NSS_ABSENT)
                return true;
        if (d->form != NSS_SQL || sha256(bytes_view(&candidate->der), digest) < 0)
                return false;
        if (nss_read(d->path, digest, &e) < 0 || !e.present || strcmp(e.trust, trust_of(s, candidate)) != 0)
                return true;
        return !record || !trust_record_database(record, d->path);
}

bool setup_needed(Setup *s) {
        for (size_t i = 0; i < s->n_candidates; i++) {
                if (system_needed(s, &s->candidates[i]))
                        return true;
                for (size_t k = 0; k < s->databases.n; k++)
                        if (database_needed(s, &s->candidates[i], &s->databases.items[k]))
                                return true;
        }
        return false;
}

/* --- What would be done --------------------------------------------------------------------------------------------- */

/* The system's stores as they are, or would become. */
static void note_states(Setup *s, const Candidate *candidate, Result otherwise) {
        for (size_t i = 0; i < s->states.n_items; i++) {
                const Dict *d = &s->states.items[i];
                const char *name = dict_string(d, "name");

                if (strcmp(dict_string(d, "fingerprint"), fingerprint_of(candidate)) == 0)
                        setup_note(s, fingerprint_of(candidate), *name ? name : dict_string(d, "store"), NULL,
                                   dict_number(d, "trusted", 0) ? RESULT_PRESENT : otherwise, NULL);
        }
}

static void note_database(Setup *s, const Candidate *candidate, const NssDatabase *d, Result result, const char *problem) {
        _cleanup_free_ char *name = nss_database_name(d);

        setup_note(s, fingerprint_of(candidate), name ?: d->program, d->path, result, problem);
}

static void note_left(Setup *s, const Candidate *candidate, const NssDatabase *d) {
        _cleanup_free_ char *why = nss_state_text(d, 0, &(NssEntry) { .present = false });

        note_database(s, candidate, d, RESULT_LEFT, why);
}

int setup_preview(Setup *s) {
        for (size_t i = 0; i < s->n_candidates; i++) {
                const Candidate *candidate = &s->candidates[i];

                if (!s->c->json)
                        setup_heading(fingerprint_of(candidate), dict_string(&candidate->info, "subject"));
                if (s->system)
                        note_states(s, candidate, RESULT_WOULD_INSTALL);
                for (size_t k = 0; k < s->databases.n; k++) {
                        const NssDatabase *d = &s->databases.items[k];

                        if (d->form == NSS_LEGACY || d->form == NSS_FOREIGN)
                                note_left(s, candidate, d);
                        else
                                note_database(s, candidate, d, database_needed(s, candidate, d) ? RESULT_WOULD_INSTALL : RESULT_PRESENT, NULL);
                }
        }
        return 0;
}

/* --- Records -------------------------------------------------------------------------------------------------------- */

/* `known`: an earlier run has put the certificate into the system's stores. What a profile of Firefox that is new since then holds of it is a copy that the
 * policy left there. */
static int note_before(TrustRecord *record, const NssDatabase *d, bool known) {
        NssEntry e;

        if (d->form == NSS_ABSENT)
                return trust_record_note(record, d->path, BEFORE_NONE);
        if (d->form == NSS_SQL && known && d->policy)
                return trust_record_note(record, d->path, BEFORE_ABSENT);
        /* One that cannot be read is not changed either. */
        if (d->form != NSS_SQL || nss_read(d->path, record->digest, &e) < 0)
                return 0;
        return trust_record_note(record, d->path, e.present ? e.trust : BEFORE_ABSENT);
}

/* Whether the service put it into a store for somebody else, or by “trust install”: that is theirs to take out. */
static bool is_anothers(const Setup *s, const Candidate *candidate) {
        for (size_t i = 0; i < s->states.n_items; i++)
                if (strcmp(dict_string(&s->states.items[i], "fingerprint"), fingerprint_of(candidate)) == 0 && dict_number(&s->states.items[i], "ours", 0))
                        return true;
        return false;
}

static int record_one(Setup *s, const Candidate *candidate) {
        bool known = trust_records_find(&s->records, fingerprint_of(candidate)) != NULL;
        TrustRecord *record = trust_records_add(&s->records, bytes_view(&candidate->der), trust_of(s, candidate));
        bool copied = record && record->system;
        int r = 0;

        if (!record)
                return fail_memory();
        if (s->system && !record->system && (!known || system_needed(s, candidate)))
                record->system = !is_anothers(s, candidate);
        for (size_t k = 0; r >= 0 && k < s->databases.n; k++)
                r = note_before(record, &s->databases.items[k], copied);
        return r < 0 ? fail_memory() : trust_record_write(record);
}

/* After the service has refused: records that did not exist before tell of nothing. */
static void forget_new_records(Setup *s) {
        for (size_t i = 0; i < s->n_candidates; i++) {
                const TrustRecord *record = trust_records_find(&s->records, fingerprint_of(&s->candidates[i]));

                if (record && !s->candidates[i].recorded)
                        (void) trust_record_delete(record);
        }
}

/* --- The system's stores -------------------------------------------------------------------------------------------- */

static int append_purposes(Setup *s, sd_bus_message *m) {
        bool limited = arguments_has(&s->c->arguments, "purpose");
        const char *list[ELEMENTSOF(purposes) + 1] = { NULL };
        size_t n = 0;
        int r;

        for (size_t i = 0; limited && i < ELEMENTSOF(purposes); i++)
                if (has_purpose(s, purposes[i]))
                        list[n++] = purposes[i];
        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && n > 0)
                r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0 && n > 0)
                r = sd_bus_message_append(m, "s", "purposes");
        if (r >= 0 && n > 0)
                r = sd_bus_message_open_container(m, 'v', "as");
        if (r >= 0 && n > 0)
                r = sd_bus_message_append_strv(m, (char **) list);
        for (unsigned depth = 0; r >= 0 && n > 0 && depth < 2; depth++)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* Those that lack somewhere, in one call: all or none, and one question to the administrator. */
static int install_in_system(Setup *s, DictList *ret) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        size_t wanted = 0;
        int r;

        r = call_new(s->c, &service_trust, TRUST_INTERFACE, "InstallAll", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_open_container(m, 'a', "ay");
        for (size_t i = 0; r >= 0 && i < s->n_candidates; i++)
                if (system_needed(s, &s->candidates[i])) {
                        wanted++;
                        r = sd_bus_message_append_array(m, 'y', s->candidates[i].der.data, s->candidates[i].der.len);
                }
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; r >= 0 && i < s->n_candidates; i++)
                if (system_needed(s, &s->candidates[i]))
                        r = sd_bus_message_append(m, "s", fingerprint_of(&s->candidates[i]));
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = append_purposes(s, m);
        if (r < 0)
                return fail_message(r);
        if (wanted == 0)
                return 0;
        agent_start(&s->c->agent);
        r = call_send_within(s->c, m, 600, NULL, &reply);
        if (r > 0)
                return r;
        r = dict_list_read(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

static void note_system(Setup *s, const Candidate *candidate, const DictList *answers) {
        bool told = false;

        for (size_t i = 0; i < answers->n_items; i++) {
                const Dict *d = &answers->items[i];
                const char *result = dict_string(d, "result"), *name = dict_string(d, "name");

                if (strcmp(dict_string(d, "fingerprint"), fingerprint_of(candidate)) != 0)
                        continue;
                told = true;
                setup_note(s, fingerprint_of(candidate), *name ? name : dict_string(d, "store"), NULL,
                           strcmp(result, "installed") == 0 ? RESULT_INSTALLED :
                           strcmp(result, "failed") == 0    ? RESULT_FAILED :
                           strcmp(result, "left-out") == 0  ? RESULT_LEFT :
                                                              RESULT_PRESENT,
                           *dict_string(d, "problem") ? _(dict_string(d, "problem")) : NULL);
        }
        if (!told)
                note_states(s, candidate, RESULT_LEFT);
}

/* --- Databases ------------------------------------------------------------------------------------------------------ */

const char *setup_put_problem(int r, const char *said) {
        switch (r) {
        case -ENOENT:
                return _("certutil is not installed");
        case -EACCES:
                return _("its primary password was not given, or is not right: --nss-password-file");
        case -EBUSY:
                return _("kept locked by another program");
        case -EBADMSG:
                return _("damaged, or of a kind that is not understood");
        case -ETIMEDOUT:
                return _("certutil did not come to an end");
        default:
                return said ?: strerror(-r);
        }
}

int setup_database_password(Setup *s, const NssDatabase *d, Secret **ret) {
        _cleanup_free_ char *name = NULL, *question = NULL;

        if (d->form != NSS_SQL || nss_needs_password(d->path) <= 0)
                return 0;
        if (!arguments_has(&s->c->arguments, "nss-password-file") && !prompt_possible())
                return 0;
        name = nss_database_name(d);
        if (!name || asprintf(&question, _("Primary password of %s"), name) < 0)
                return fail_memory();
        return prompt_secret(s->c, "nss-password-file", question, ret);
}

/* One certificate into one database. */
static void put(Setup *s, const Candidate *candidate, NssDatabase *d, const Secret *password) {
        const TrustRecord *record = trust_records_find(&s->records, fingerprint_of(candidate));
        _cleanup_free_ char *said = NULL;
        NssEntry e = { .present = false };
        int r;

        if (d->form == NSS_LEGACY || d->form == NSS_FOREIGN) {
                note_left(s, candidate, d);
                return;
        }
        r = d->form == NSS_ABSENT ? nss_create(d->path) : 0;
        if (r >= 0) {
                d->form = NSS_SQL;
                r = nss_read(d->path, record->digest, &e);
        }
        if (r >= 0 && e.present && strcmp(e.trust, record->trust) == 0) {
                note_database(s, candidate, d, RESULT_PRESENT, NULL);
                return;
        }
        /* What it held is not on record: it could not be read just now. */
        if (r >= 0 && !trust_record_database(record, d->path))
                r = -EBUSY;
        if (r >= 0)
                r = nss_put(d->path, bytes_view(&candidate->der), record->trust, password, &said);
        note_database(s, candidate, d, r < 0 ? RESULT_FAILED : RESULT_INSTALLED, r < 0 ? setup_put_problem(r, said) : NULL);
}

static bool database_is_needed(const Setup *s, const NssDatabase *d) {
        for (size_t i = 0; i < s->n_candidates; i++)
                if (database_needed(s, &s->candidates[i], d))
                        return true;
        return false;
}

static int read_passwords(Setup *s, Secret **passwords) {
        int r = 0;

        for (size_t k = 0; r == 0 && k < s->databases.n; k++)
                if (database_is_needed(s, &s->databases.items[k]))
                        r = setup_database_password(s, &s->databases.items[k], &passwords[k]);
        return r;
}

/* --- All of it ------------------------------------------------------------------------------------------------------ */

static int apply(Setup *s, Secret **passwords) {
        _cleanup_dict_list_ DictList answers = { 0 };
        int r;

        r = read_passwords(s, passwords);
        for (size_t i = 0; r == 0 && i < s->n_candidates; i++)
                r = record_one(s, &s->candidates[i]);
        if (r == 0 && s->system)
                r = install_in_system(s, &answers);
        if (r > 0) {
                forget_new_records(s);
                return r;
        }
        for (size_t i = 0; i < s->n_candidates; i++) {
                const Candidate *candidate = &s->candidates[i];

                if (!s->c->json)
                        setup_heading(fingerprint_of(candidate), dict_string(&candidate->info, "subject"));
                if (s->system)
                        note_system(s, candidate, &answers);
                for (size_t k = 0; k < s->databases.n; k++)
                        put(s, candidate, &s->databases.items[k], passwords[k]);
        }
        return 0;
}

int setup_apply(Setup *s) {
        Secret **passwords = calloc(s->databases.n + 1, sizeof(*passwords));
        int r = passwords ? apply(s, passwords) : fail_memory();

        for (size_t k = 0; passwords && k < s->databases.n; k++)
                secret_free(passwords[k]);
        free(passwords);
        return r;
}
