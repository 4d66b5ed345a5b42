/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet mandate: leave for a service to seal unattended. */

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/names.h"
#include "client/administration.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/mandate-choice.h"
#include "client/output.h"
#include "client/verbs.h"

/* --- create ------------------------------------------------------------------------------------------------------- */

static int find_user(const char *name, uint32_t *ret) {
        _cleanup_free_ char *clean = text_clean(name);
        const struct passwd *entry = getpwnam(name);
        unsigned long number;
        char *end;

        if (entry) {
                *ret = entry->pw_uid;
                return 0;
        }
        errno = 0;
        number = strtoul(name, &end, 10);
        if (*name < '0' || *name > '9' || *end || errno != 0 || number >= UINT32_MAX)
                return fail(EXIT_NOT_FOUND, _("There is no Unix user “%s”."), clean);
        *ret = (uint32_t) number;
        return 0;
}

/* The day's last moment, here. */
static int parse_day(const char *s, int64_t *ret) {
        struct tm tm = { .tm_isdst = -1 };
        time_t t;

        if (strspn(s, "0123456789-") != strlen(s) || sscanf(s, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3 || strlen(s) != 10 ||
            tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31)
                return fail(EXIT_USAGE, "%s", _("--until is a day, as in 2026-12-31."));
        tm.tm_year -= 1900;
        tm.tm_mon--;
        tm.tm_mday++;
        t = mktime(&tm);
        if (t == (time_t) -1)
                return fail(EXIT_USAGE, "%s", _("--until is a day, as in 2026-12-31."));
        *ret = (int64_t) t - 1;
        return 0;
}

typedef struct Limits {
        uint32_t uid;
        unsigned documents, per_minute;
        int64_t expires;
        const char *label;
} Limits;

static int parse_limits(const Arguments *a, Limits *ret) {
        static const char *const needed[] = { "user", "documents", "until", NULL };
        int r;

        r = arguments_need(a, needed);
        if (r == 0)
                r = arguments_number(a, "documents", 1, 1000000, 1, &ret->documents);
        if (r == 0)
                r = arguments_number(a, "per-minute", 1, 6000, 60, &ret->per_minute);
        if (r == 0)
                r = parse_day(arguments_get(a, "until"), &ret->expires);
        if (r == 0)
                r = find_user(arguments_get(a, "user"), &ret->uid);
        ret->label = arguments_get(a, "label") ?: "";
        return r;
}

static int create(Client *c, const Administration *a, const Limits *l, char **ret_id) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_MANDATE, "Create", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "sua{sv}", dict_string(&a->seal, "id"), l->uid, 4, "documents", "u", (uint32_t) l->documents,
                                  "per_minute", "u", (uint32_t) l->per_minute, "expires", "x", l->expires, "label", "s", l->label);
        if (r >= 0)
                r = administration_append_factors(m, a);
        return r < 0 ? fail_message(r) : call_for_string(c, m, NULL, ret_id);
}

/* Only the Administrator gives mandates: there is no operator's way. */
static int begin(Client *c, Administration *a) {
        int r;

        r = seal_find(c, false, &a->seal);
        if (r == 0)
                r = session_choose(c, arguments_get(&c->arguments, "login") ?: dict_string(&a->seal, "login"), &a->session);
        return r > 0 ? r : administration_ask(c, ADMINISTRATION_GIVE, a);
}

int verb_mandate_create(Client *c) {
        _cleanup_(administration_done) Administration a = { 0 };
        _cleanup_free_ char *id = NULL;
        Limits limits = { 0 };
        int r;

        r = parse_limits(&c->arguments, &limits);
        if (r == 0)
                r = begin(c, &a);
        if (r == 0)
                r = create(c, &a, &limits, &id);
        if (r != 0)
                return r;
        if (c->json)
                return out_pairs_json((Pair[]) { { "id", id } }, 1);
        out(_("Mandate %s given.\n"), id);
        out(_("The service seals with it: sygnet sign FILE --mandate %s\n"), id);
        out(_("It can be taken back at any time: sygnet mandate revoke %s\n"), id);
        return EXIT_OK;
}

/* --- list, show --------------------------------------------------------------------------------------------------- */

static void print_list(const DictList *l) {
        const char *titles[] = { _("ID"), _("Label"), _("Seal"), _("User"), _("Status"), _("Used"), _("Until") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);

        table_keep(t, 0);
        for (size_t i = 0; i < l->n_items; i++) {
                const Dict *d = &l->items[i];
                char used[32];

                snprintf(used, sizeof(used), "%u/%u", (unsigned) dict_number(d, "used", 0), (unsigned) dict_number(d, "documents", 0));
                table_cell(t, dict_string(d, "id"));
                table_cell(t, dict_string(d, "label"));
                table_cell(t, dict_string(d, "seal"));
                table_cell(t, dict_string(d, "user"));
                table_cell(t, mandate_status_text(dict_string(d, "status")));
                table_cell(t, used);
                table_cell(t, text_time(dict_number(d, "expires", -1)));
        }
        table_print(t);
}

int verb_mandate_list(Client *c) {
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = mandate_list(c, true, arguments_has(&c->arguments, "all"), &l);
        if (r != 0)
                return r;
        if (c->json)
                return dict_list_print_json("mandates", &l);
        if (l.n_items == 0)
                out("%s\n", _("There are no mandates for your Unix user, or of a seal that you are logged in to administer."));
        else
                print_list(&l);
        return EXIT_OK;
}

static void print_mandate(const Dict *d) {
        _cleanup_free_ char *label = text_clean(dict_string(d, "label")), *seal = text_clean(dict_string(d, "seal"));
        char user[300], used[64], rate[16];

        snprintf(user, sizeof(user), "%s (%u)", dict_string(d, "user"), (unsigned) dict_number(d, "uid", 0));
        snprintf(used, sizeof(used), _("%u of %u documents"), (unsigned) dict_number(d, "used", 0), (unsigned) dict_number(d, "documents", 0));
        snprintf(rate, sizeof(rate), "%u", (unsigned) dict_number(d, "per_minute", 0));

        const Pair pairs[] = {
                { _("ID"), dict_string(d, "id") },
                { _("Label"), label },
                { _("Seal"), seal },
                { _("Credential"), dict_string(d, "credential") },
                { _("User"), user },
                { _("Status"), mandate_status_text(dict_string(d, "status")) },
                { _("Used"), used },
                { _("Documents a minute"), rate },
                { _("Given"), text_time(dict_number(d, "created", -1)) },
                { _("Until"), text_time(dict_number(d, "expires", -1)) },
                { _("Revoked"), dict_has(d, "revoked") ? text_time(dict_number(d, "revoked", -1)) : NULL },
        };

        out_pairs(pairs, ELEMENTSOF(pairs));
}

int verb_mandate_show(Client *c) {
        _cleanup_dict_ Dict d = { 0 };
        int r;

        r = mandate_find(c, c->arguments.words[0], true, arguments_has(&c->arguments, "operator"), &d);
        if (r != 0)
                return r;
        if (c->json) {
                Json j = JSON_INIT(stdout);

                dict_json(&j, NULL, &d);
                return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
        }
        print_mandate(&d);
        return EXIT_OK;
}

/* --- revoke ------------------------------------------------------------------------------------------------------- */

/* The session of the account that administers the mandate's seal. */
static int choose_session(Client *c, const Dict *mandate, SessionChoice *ret) {
        _cleanup_dict_ Dict seal = { 0 };
        int r;

        r = credential_find(c, dict_string(mandate, "credential"), false, &seal);
        return r > 0 ? r : session_choose(c, arguments_get(&c->arguments, "login") ?: dict_string(&seal, "login"), ret);
}

int verb_mandate_revoke(Client *c) {
        bool operator = arguments_has(&c->arguments, "operator");
        _cleanup_message_ sd_bus_message *m = NULL;
        _cleanup_session_ SessionChoice s = { 0 };
        _cleanup_dict_ Dict d = { 0 };
        int r;

        r = mandate_find(c, c->arguments.words[0], true, operator, &d);
        if (r == 0 && !operator)
                r = choose_session(c, &d, &s);
        if (r == 0)
                r = call_new(c, &service_sygnet, SYGNET_INTERFACE_MANDATE, "Revoke", &m);
        if (r != 0)
                return r;
        r = sd_bus_message_append(m, "s", dict_string(&d, "id"));
        if (r >= 0)
                r = s.id ? sd_bus_message_append(m, "a{sv}", 1, "session", "s", s.id) : sd_bus_message_append(m, "a{sv}", 0);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, NULL);
        if (r == 0 && !c->json)
                out("%s\n", _("The mandate is revoked; nothing more is sealed under it."));
        return r;
}
