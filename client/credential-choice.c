/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The choice of a credential; see credential-choice.h. */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/output.h"

#define DAY INT64_C(86400)
#define SOON_DAYS 30 /* the service reminds from then on */

typedef struct Word {
        const char *word;
        const char *text;
} Word;

static const char *translate(const Word *words, size_t n, const char *s) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(words[i].word, s) == 0)
                        return _(words[i].text);
        return s;
}

const char *kind_text(const char *kind) {
        static const Word words[] = { { "seal", N_("seal") }, { "customs", N_("customs key") }, { "signature", N_("signature") },
                                      { "personal", N_("signature") }, { "authentication", N_("authentication key") }, { "offline", N_("KSeF Offline key") },
                                      { "ksef-authentication", N_("KSeF login key") }, { "ksef-offline", N_("KSeF Offline key") } };

        return translate(words, ELEMENTSOF(words), kind);
}

const char *status_text(const char *status) {
        static const Word words[] = {
                { "requested", N_("without certificate") }, { "active", N_("active") }, { "retired", N_("retired") },
                { "pending", N_("pending") }, { "deleted", N_("removed") }, { "disabled", N_("disabled") }, { "revoked", N_("revoked") },
                { "expired", N_("expired") },
                { "blocked", N_("blocked: reported as revealed") },
        };

        return translate(words, ELEMENTSOF(words), status);
}

const char *role_text(const char *role) {
        static const Word words[] = { { "administrator", N_("Administrator") }, { "user", N_("User") }, { "owner", N_("owner") } };

        return translate(words, ELEMENTSOF(words), role);
}

int credential_list(Client *c, bool all, DictList *ret) {
        if (!all)
                return call_for_dicts(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "List", ret, "a{sv}", 0);
        agent_start(&c->agent);
        return call_for_dicts(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "List", ret, "a{sv}", 1, "all", "b", 1);
}

/* An id beats a label, a label the beginning of an id. */
static size_t count_matches(const DictList *l, const char *name, size_t *ret_index) {
        size_t labels = 0, prefixes = 0, by_label = 0, by_prefix = 0;

        for (size_t i = 0; i < l->n_items; i++) {
                const char *id = dict_string(&l->items[i], "id");

                if (strcmp(id, name) == 0) {
                        *ret_index = i;
                        return 1;
                }
                if (strcmp(dict_string(&l->items[i], "label"), name) == 0) {
                        labels++;
                        by_label = i;
                }
                if (*name && strncmp(id, name, strlen(name)) == 0) {
                        prefixes++;
                        by_prefix = i;
                }
        }
        *ret_index = labels > 0 ? by_label : by_prefix;
        return labels > 0 ? labels : prefixes;
}

static void take(DictList *l, size_t i, Dict *ret) {
        *ret = l->items[i];
        l->items[i] = (Dict) { 0 };
}

static int fail_unknown(const char *name) {
        _cleanup_free_ char *clean = text_clean(name);

        complain(_("There is no credential “%s”, or you may not use it."), clean);
        hint("%s", _("See which there are: sygnet list"));
        return EXIT_NOT_FOUND;
}

static int find_in(DictList *l, const char *name, Dict *ret) {
        size_t index, n = count_matches(l, name, &index);

        if (n == 0)
                return EXIT_NOT_FOUND;
        if (n > 1) {
                _cleanup_free_ char *clean = text_clean(name);

                return fail(EXIT_USAGE, _("“%s” means several credentials: give more of the id. See “sygnet list”."), clean);
        }
        take(l, index, ret);
        return 0;
}

int credential_find(Client *c, const char *name, bool all, Dict *ret) {
        _cleanup_dict_list_ DictList own = { 0 }, every = { 0 };
        int r;

        r = credential_list(c, false, &own);
        if (r > 0)
                return r;
        r = find_in(&own, name, ret);
        if (r != EXIT_NOT_FOUND)
                return r;
        if (!all)
                return fail_unknown(name);
        r = credential_list(c, true, &every);
        if (r > 0)
                return r;
        r = find_in(&every, name, ret);
        return r == EXIT_NOT_FOUND ? fail_unknown(name) : r;
}

static bool is_for(const Dict *d, bool login) {
        return (login || strcmp(dict_string(d, "kind"), "authentication") != 0) && strcmp(dict_string(d, "kind"), "offline") != 0;
}

static bool is_current(const Dict *d, bool login) {
        int64_t now = time(NULL);

        return strcmp(dict_string(d, "status"), "active") == 0 && is_for(d, login) && dict_number(d, "not_before", now) <= now && dict_number(d, "not_after", now) >= now;
}

/* Why a credential cannot sign now, before anybody types a code for it. */
static int check_usable(const Dict *d, bool login) {
        _cleanup_free_ char *label = text_clean(dict_string(d, "label"));
        const char *status = dict_string(d, "status");
        int64_t now = time(NULL);

        if (!is_for(d, login))
                return fail(EXIT_FAILED, _("“%s” signs no documents: it is for something else. See “sygnet show”."), label);
        if (strcmp(status, "requested") == 0) {
                complain(_("“%s” has no certificate yet."), label);
                hint("%s", _("Import what the certification authority answered: sygnet seal import ID FILE, or sygnet key import ID FILE"));
                return EXIT_FAILED;
        }
        if (strcmp(status, "active") != 0)
                return fail(EXIT_FAILED, _("“%s” cannot sign: it is %s."), label, status_text(status));
        if (dict_number(d, "not_before", now) > now)
                return fail(EXIT_FAILED, _("The certificate of “%s” is not valid before %s."), label, text_time(dict_number(d, "not_before", 0)));
        if (dict_number(d, "not_after", now) < now) {
                complain(_("The certificate of “%s” expired on %s."), label, text_time(dict_number(d, "not_after", 0)));
                hint("%s", _("Ask for a new one: its request comes from “sygnet seal request” or “sygnet key request”."));
                return EXIT_FAILED;
        }
        return 0;
}

static int choose_only(DictList *l, bool login, Dict *ret) {
        size_t usable = 0, index = 0;

        for (size_t i = 0; i < l->n_items; i++)
                if (is_current(&l->items[i], login)) {
                        usable++;
                        index = i;
                }
        if (usable == 0 && l->n_items == 1)
                return check_usable(&l->items[0], login);
        if (usable == 0)
                return fail(EXIT_NOT_FOUND, "%s", _("You have no credential to sign with. See “sygnet list”."));
        if (usable > 1)
                return fail(EXIT_USAGE, "%s", _("You have several credentials: choose one with --credential. See “sygnet list”."));
        take(l, index, ret);
        return 0;
}

size_t credential_count_usable(Client *c, bool login) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        _cleanup_dict_list_ DictList l = { 0 };
        size_t n = 0;

        if (call_quietly(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "List", &reply, "a{sv}", 0) < 0 || dict_list_read(reply, &l) < 0)
                return 0;
        for (size_t i = 0; i < l.n_items; i++)
                n += is_current(&l.items[i], login);
        return n;
}

int credential_choose(Client *c, bool login, Dict *ret) {
        const char *name = arguments_get(&c->arguments, "credential");
        _cleanup_dict_list_ DictList own = { 0 };
        _cleanup_dict_ Dict d = { 0 };
        int r;

        r = credential_list(c, false, &own);
        if (r > 0)
                return r;
        if (!name)
                return choose_only(&own, login, ret);
        r = find_in(&own, name, &d);
        if (r == EXIT_NOT_FOUND)
                return fail_unknown(name);
        if (r > 0)
                return r;
        r = check_usable(&d, login);
        if (r > 0)
                return r;
        *ret = d;
        d = (Dict) { 0 };
        return 0;
}

const char *expiry_text(const Dict *d) {
        const char *text;

        if (!dict_has(d, "not_after") || strcmp(dict_string(d, "status"), "active") != 0)
                return NULL;
        text = expiry_text_at(dict_number(d, "not_after", 0));
        return text && dict_has(d, "renewal") ? _("renewal under way") : text;
}

const char *expiry_text_at(int64_t not_after) {
        int64_t left = not_after - time(NULL);
        unsigned long days = (unsigned long) (left / DAY);
        static char text[64];

        if (left < 0 || left > SOON_DAYS * DAY)
                return NULL;
        if (days == 0)
                return _("within a day");
        snprintf(text, sizeof(text), ngettext("in %lu day", "in %lu days", days), days);
        return text;
}

int invitation_list(Client *c, const char *session, DictList *ret) {
        return call_for_dicts(c, &service_sygnet, SYGNET_INTERFACE_CREDENTIAL, "ListInvitations", ret, "s", session);
}
