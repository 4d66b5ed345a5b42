/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The choice of a mandate; see mandate-choice.h. */

#include <errno.h>
#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/mandate-choice.h"
#include "client/output.h"
#include "client/session-choice.h"

const char *mandate_status_text(const char *status) {
        static const struct {
                const char *word, *text;
        } words[] = {
                { "active", N_("active") },
                { "used-up", N_("used up") },
                { "expired", N_("expired") },
                { "revoked", N_("revoked") },
                { "frozen", N_("frozen") },
                { "void", N_("void: its giver is not Administrator any more") },
        };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strcmp(words[i].word, status) == 0)
                        return _(words[i].text);
        return status;
}

static bool has_id(const DictList *l, const char *id) {
        for (size_t i = 0; i < l->n_items; i++)
                if (strcmp(dict_string(&l->items[i], "id"), id) == 0)
                        return true;
        return false;
}

/* Moves what is not in `to` yet; the rest is released with `from`. */
static int merge(DictList *to, DictList *from) {
        for (size_t i = 0; i < from->n_items; i++) {
                Dict *p;

                if (has_id(to, dict_string(&from->items[i], "id")))
                        continue;
                p = reallocarray(to->items, to->n_items + 1, sizeof(*p));
                if (!p)
                        return fail_memory();
                to->items = p;
                to->items[to->n_items++] = from->items[i];
                from->items[i] = (Dict) { 0 };
        }
        return 0;
}

/* `tolerated`: an error upon which there simply are none. */
static int add(Client *c, const char *session, bool all, const char *tolerated, DictList *l) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_dict_list_ DictList found = { 0 };
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_MANDATE, "List", &m);
        if (r > 0)
                return r;
        if (session)
                r = sd_bus_message_append(m, "a{sv}", 1, "session", "s", session);
        else
                r = all ? sd_bus_message_append(m, "a{sv}", 1, "all", "b", 1) : sd_bus_message_append(m, "a{sv}", 0);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, tolerated, &reply);
        if (r != 0)
                return r == -EAGAIN ? 0 : r;
        r = dict_list_read(reply, &found);
        return r < 0 ? fail_message(r) : merge(l, &found);
}

/* A session may end while we ask, or be good for a change of password only. */
static int add_administered(Client *c, DictList *l) {
        _cleanup_dict_list_ DictList sessions = { 0 };
        int r;

        r = session_list(c, &sessions);
        for (size_t i = 0; r == 0 && i < sessions.n_items; i++)
                r = add(c, dict_string(&sessions.items[i], "session"), false, ERROR_NO_SESSION " " ERROR_PASSWORD_CHANGE_REQUIRED, l);
        return r;
}

int mandate_list(Client *c, bool administered, bool all, DictList *ret) {
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        if (all)
                agent_start(&c->agent);
        r = add(c, NULL, all, NULL, &l);
        if (r == 0 && administered && !all)
                r = add_administered(c, &l);
        if (r != 0)
                return r;
        *ret = l;
        l = (DictList) { 0 };
        return 0;
}

static bool fits(const Dict *d, const char *name, bool exactly) {
        const char *id = dict_string(d, "id");

        if (strcmp(id, name) == 0)
                return true;
        return !exactly && *name && (strcmp(dict_string(d, "label"), name) == 0 || strncmp(id, name, strlen(name)) == 0);
}

static size_t count(const DictList *l, const char *name, bool exactly, size_t *ret_index) {
        size_t n = 0;

        for (size_t i = 0; i < l->n_items; i++)
                if (fits(&l->items[i], name, exactly)) {
                        *ret_index = i;
                        n++;
                }
        return n;
}

int mandate_find(Client *c, const char *name, bool administered, bool all, Dict *ret) {
        _cleanup_free_ char *clean = text_clean(name);
        _cleanup_dict_list_ DictList l = { 0 };
        size_t n, index = 0;
        int r;

        r = mandate_list(c, administered, all, &l);
        if (r != 0)
                return r;
        n = count(&l, name, true, &index);
        if (n == 0)
                n = count(&l, name, false, &index);
        if (n > 1)
                return fail(EXIT_USAGE, _("“%s” means several mandates: give more of the id. See “sygnet mandate list”."), clean);
        if (n == 0) {
                complain(_("There is no mandate “%s”, or you may not use it."), clean);
                hint("%s", _("See which there are: sygnet mandate list"));
                return EXIT_NOT_FOUND;
        }
        *ret = l.items[index];
        l.items[index] = (Dict) { 0 };
        return 0;
}
