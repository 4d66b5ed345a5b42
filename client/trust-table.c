/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where a certificate is trusted; see trust-table.h. */

#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/output.h"
#include "client/trust-table.h"

void trust_table_done(TrustTable *t) {
        for (size_t i = 0; i < t->n; i++) {
                free(t->rows[i].store);
                free(t->rows[i].path);
                free(t->rows[i].why);
        }
        free(t->rows);
        *t = (TrustTable) { 0 };
}

char *fingerprint_tidy(const char *s) {
        char *tidy = strdup(s), *p = tidy;

        if (!tidy)
                abort();
        for (; *s; s++)
                if (*s != ':' && *s != ' ')
                        *p++ = (char) tolower((unsigned char) *s);
        *p = 0;
        return tidy;
}

bool fingerprint_is(const char *s) {
        return strlen(s) == 2 * NSS_FINGERPRINT && strspn(s, "0123456789abcdef") == 2 * NSS_FINGERPRINT;
}

int trust_system_states(Client *c, const char *const *fingerprints, size_t n, DictList *ret) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = call_new(c, &service_trust, TRUST_INTERFACE, "State", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_open_container(m, 'a', "s");
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = sd_bus_message_append(m, "s", fingerprints[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, ERROR_DENIED " " SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, &reply);
        if (r == -EAGAIN) {
                hint("%s", _("You may not ask about the system's stores: only your own programs are shown."));
                return 0;
        }
        if (r > 0)
                return r;
        r = dict_list_read(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

/* Profiles have no name but their folder's. */
char *nss_database_name(const NssDatabase *d) {
        _cleanup_free_ char *copy = strdup(d->path);
        const char *last;
        char *name;

        if (!copy)
                return NULL;
        last = basename(copy);
        if (strcmp(last, "nssdb") == 0)
                return strdup(d->program);
        return asprintf(&name, "%s: %s", d->program, last) < 0 ? NULL : name;
}

/* "web sites, e-mail"; NULL when memory ran out. */
static char *purposes_text(const char *trust) {
        const char *const names[] = { _("web sites"), _("e-mail"), _("code") };
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        unsigned field = 0;
        int r = 0;

        for (const char *p = trust; r >= 0 && *p; p++)
                if (*p == ',')
                        field++;
                else if ((*p == 'C' || *p == 'P') && field < ELEMENTSOF(names))
                        r = bytes_printf(&b, "%s%s", b.len > 0 ? ", " : "", names[field]);
        return r < 0 || bytes_append_byte(&b, 0) < 0 ? NULL : (char *) bytes_take(&b).data;
}

static char *entry_text(const NssEntry *e) {
        _cleanup_free_ char *purposes = purposes_text(e->trust);
        char *text;

        if (!purposes)
                return NULL;
        if (!e->present)
                return strdup(_("not in it"));
        if (strchr(e->trust, 'p'))
                return strdup(_("in it, and marked as not to be trusted"));
        if (!*purposes)
                return strdup(_("in it, but trusted for nothing"));
        /* Translators: what is trusted, as in "for web sites, e-mail". */
        return asprintf(&text, _("for %s"), purposes) < 0 ? NULL : text;
}

char *nss_state_text(const NssDatabase *d, int r, const NssEntry *e) {
        switch (d->form) {
        case NSS_LEGACY:
                return strdup(_("old dbm database: not read any more"));
        case NSS_FOREIGN:
                return strdup(_("belongs to another Unix user"));
        case NSS_ABSENT:
                return strdup(_("no database yet"));
        default:
                break;
        }
        if (r == -EBUSY)
                return strdup(_("kept locked by another program"));
        if (r == -EBADMSG)
                return strdup(_("damaged, or of a kind that is not understood"));
        return r < 0 ? text_from_locale(strerror(-r)) : entry_text(e);
}

static TrustRow *append(TrustTable *t) {
        TrustRow *grown = reallocarray(t->rows, t->n + 1, sizeof(*grown));

        if (!grown)
                return NULL;
        t->rows = grown;
        grown[t->n] = (TrustRow) { 0 };
        return &grown[t->n++];
}

static int add_system(TrustTable *t, const Dict *d) {
        const char *name = dict_string(d, "name"), *why = dict_string(d, "why");
        TrustRow *row = append(t);

        if (!row)
                return -ENOMEM;
        row->trusted = dict_number(d, "trusted", 0);
        row->ours = dict_number(d, "ours", 0);
        row->store = text_clean(*name ? name : dict_string(d, "store"));
        row->why = text_clean(*why ? _(why) : "");
        return 0;
}

static int add_database(TrustTable *t, const NssDatabase *d, const uint8_t *digest, const TrustRecord *record) {
        NssEntry e = { .trust = ",," };
        int r = d->form == NSS_SQL ? nss_read(d->path, digest, &e) : 0;
        TrustRow *row = append(t);

        if (!row)
                return -ENOMEM;
        row->trusted = r >= 0 && e.present && strchr(e.trust, 'C') && !strchr(e.trust, 'p');
        row->ours = e.present && record && trust_record_database(record, d->path);
        row->store = nss_database_name(d);
        row->path = strdup(d->path);
        row->why = nss_state_text(d, r, &e);
        return row->store && row->path && row->why ? 0 : -ENOMEM;
}

int trust_table_build(const DictList *states, const NssDatabases *databases, const TrustRecords *records, const char *fingerprint, TrustTable *ret) {
        _cleanup_bytes_ Bytes digest = BYTES_NULL;
        _cleanup_trust_table_ TrustTable t = { 0 };
        int r;

        r = hex_decode(fingerprint, &digest);
        if (r >= 0 && digest.len != NSS_FINGERPRINT)
                r = -EINVAL;
        for (size_t i = 0; r >= 0 && i < states->n_items; i++)
                if (strcmp(dict_string(&states->items[i], "fingerprint"), fingerprint) == 0)
                        r = add_system(&t, &states->items[i]);
        for (size_t i = 0; r >= 0 && i < databases->n; i++)
                r = add_database(&t, &databases->items[i], digest.data, trust_records_find(records, fingerprint));
        if (r < 0)
                return r;
        *ret = t;
        t = (TrustTable) { 0 };
        return 0;
}

static void print_table(const TrustTable *t) {
        const char *titles[] = { _("Store"), _("Trusted"), _("Why") };
        _cleanup_(table_freep) Table *table = table_new(ELEMENTSOF(titles), titles);

        table_keep(table, 1);
        for (size_t i = 0; i < t->n; i++) {
                table_cell(table, t->rows[i].store);
                table_cell(table, t->rows[i].trusted ? _("yes") : _("no"));
                table_cell(table, t->rows[i].why);
        }
        table_print(table);
}

static void table_json(Json *j, const TrustTable *t, const char *fingerprint, const char *subject) {
        json_object_begin(j, NULL);
        json_string(j, "fingerprint", fingerprint);
        json_string(j, "subject", subject);
        json_array_begin(j, "stores");
        for (size_t i = 0; i < t->n; i++) {
                json_object_begin(j, NULL);
                json_string(j, "store", t->rows[i].store);
                json_string(j, "path", t->rows[i].path);
                json_bool(j, "trusted", t->rows[i].trusted);
                json_bool(j, "ours", t->rows[i].ours);
                json_string(j, "why", t->rows[i].why);
                json_object_end(j);
        }
        json_array_end(j);
        json_object_end(j);
}

int trust_tables_print(Client *c, const TrustTable *tables, const char *const *fingerprints, const char *const *subjects, size_t n) {
        if (c->json) {
                Json j = JSON_INIT(stdout);

                json_object_begin(&j, NULL);
                json_array_begin(&j, "certificates");
                for (size_t i = 0; i < n; i++)
                        table_json(&j, &tables[i], fingerprints[i], subjects[i]);
                json_array_end(&j);
                json_object_end(&j);
                return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
        }
        for (size_t i = 0; i < n; i++) {
                const Pair pairs[] = { { _("Subject"), subjects[i] }, { _("SHA-256"), fingerprints[i] } };

                if (i > 0)
                        out("\n");
                out_pairs(pairs, ELEMENTSOF(pairs));
                out("\n");
                print_table(&tables[i]);
        }
        return EXIT_OK;
}
