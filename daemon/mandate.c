/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Mandates as records; see mandate.h. The MAC covers the counts too: who can write to the database but has no key cannot set them back. */

#include <errno.h>
#include <string.h>

#include "daemon/account.h"
#include "daemon/mandate.h"

#define COLUMNS "id, credential, account, label, machine, uid, user_name, created, expires, ifnull(revoked, -1), documents, per_minute, used, " \
                "time_window, in_window, mac"
#define MAC_TYPES "sssssisiiiiiiii"
#define MAC_FIELDS(m) (m)->id, (m)->credential, (m)->account, (m)->label, (m)->machine, (int64_t) (m)->uid, (m)->user_name, (m)->created, (m)->expires, \
                (m)->revoked, (int64_t) (m)->documents, (int64_t) (m)->per_minute, (int64_t) (m)->used, (m)->window, (int64_t) (m)->in_window

#define MINUTE 60

void mandate_done(Mandate *m) {
        free(m->label);
        free(m->user_name);
        *m = (Mandate) { 0 };
}

bool mandate_uid_is_fixed(uint32_t uid) {
        return uid != 0 && !(uid >= 61184 && uid <= 65519) && uid != 65534 && uid != UINT16_MAX && uid != UINT32_MAX;
}

/* --- Rows --------------------------------------------------------------------------------------------------------- */

static bool copy_id(char *to, size_t size, const char *from) {
        return from && (size_t) snprintf(to, size, "%s", from) < size;
}

static int read_row(Txn *t, Row *row, Mandate *ret) {
        _cleanup_(mandate_done) Mandate m = {
                .uid = (uint32_t) row_int(row, 5),
                .created = row_int(row, 7),
                .expires = row_int(row, 8),
                .revoked = row_int(row, 9),
                .documents = (uint32_t) row_int(row, 10),
                .per_minute = (uint32_t) row_int(row, 11),
                .used = (uint32_t) row_int(row, 12),
                .window = row_int(row, 13),
                .in_window = (uint32_t) row_int(row, 14),
        };
        int r;

        if (!copy_id(m.id, sizeof(m.id), row_text(row, 0)) || !copy_id(m.credential, sizeof(m.credential), row_text(row, 1)) ||
            !copy_id(m.account, sizeof(m.account), row_text(row, 2)) || !copy_id(m.machine, sizeof(m.machine), row_text(row, 4)))
                return -EBADMSG;
        m.label = strdup(row_text(row, 3));
        m.user_name = strdup(row_text(row, 6));
        if (!m.label || !m.user_name)
                return -ENOMEM;
        r = store_mac_check(txn_store(t), row_blob(row, 15), "mandate", MAC_TYPES, MAC_FIELDS(&m));
        if (r < 0)
                return r;
        *ret = m;
        m = (Mandate) { 0 };
        return 0;
}

int mandate_load(Txn *t, const char *id, Mandate *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS " FROM mandate WHERE id = ?1", "s", id);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        return read_row(t, row, ret);
}

static int check_room(Txn *t, const Mandate *m) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT count(*) FROM mandate WHERE credential = ?1 AND revoked IS NULL AND expires > ?2 AND used < documents", "si",
                      m->credential, m->created);
        if (r < 0)
                return r;
        return r > 0 && row_int(row, 0) >= (int64_t) MANDATES_PER_CREDENTIAL ? -EDQUOT : 0;
}

int mandate_insert(Txn *t, Mandate *m) {
        uint8_t mac[32];
        int r;

        r = check_room(t, m);
        if (r >= 0)
                r = id_random(ID_RECORD, m->id);
        if (r < 0)
                return r;
        m->revoked = -1;
        r = store_mac(txn_store(t), mac, "mandate", MAC_TYPES, MAC_FIELDS(m));
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT INTO mandate (id, credential, account, label, machine, uid, user_name, created, expires, documents, per_minute, used, "
                        "time_window, in_window, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)", "sssssisiiiiiiib",
                     m->id, m->credential, m->account, m->label, m->machine, (int64_t) m->uid, m->user_name, m->created, m->expires,
                     (int64_t) m->documents, (int64_t) m->per_minute, (int64_t) m->used, m->window, (int64_t) m->in_window, VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

/* Writes what changes, by compare-and-set on the count. -ESTALE when somebody else has used it since `used` was read. */
static int write_state(Txn *t, const Mandate *m, uint32_t used) {
        uint8_t mac[32];
        int r;

        r = store_mac(txn_store(t), mac, "mandate", MAC_TYPES, MAC_FIELDS(m));
        if (r < 0)
                return r;
        r = txn_exec(t, "UPDATE mandate SET revoked = nullif(?2, -1), used = ?3, time_window = ?4, in_window = ?5, mac = ?6 "
                        "WHERE id = ?1 AND used = ?7 AND revoked IS NULL", "siiiibi",
                     m->id, m->revoked, (int64_t) m->used, m->window, (int64_t) m->in_window, VIEW(mac, sizeof(mac)), (int64_t) used);
        return r < 0 ? r : r == 0 ? -ESTALE : 0;
}

int mandate_revoke(Txn *t, Mandate *m, int64_t now) {
        if (m->revoked >= 0)
                return -EALREADY;
        m->revoked = now;
        return write_state(t, m, m->used);
}

/* --- Limits ------------------------------------------------------------------------------------------------------- */

static int check_giver(Txn *t, const Mandate *m, const Credential *c) {
        _cleanup_(account_done) Account a = { 0 };
        Role role;
        int r;

        r = account_load(t, m->account, &a);
        if (r == -ENOENT)
                return MANDATE_E_GIVER;
        if (r < 0)
                return r;
        if (!a.active)
                return MANDATE_E_GIVER;
        r = credential_role(t, c, m->account, &role);
        if (r == -ENOENT)
                return MANDATE_E_GIVER;
        return r < 0 ? r : role == ROLE_ADMINISTRATOR ? 0 : MANDATE_E_GIVER;
}

int mandate_check(Txn *t, const Mandate *m, const Credential *c, int64_t now) {
        if (m->revoked >= 0)
                return MANDATE_E_REVOKED;
        if (now >= m->expires)
                return MANDATE_E_EXPIRED;
        if (store_is_rolled_back(txn_store(t)))
                return MANDATE_E_FROZEN;
        return check_giver(t, m, c);
}

/* A clock that stepped back starts no new minute. */
static bool is_same_minute(const Mandate *m, int64_t now) {
        return now < m->window + MINUTE;
}

int mandate_allows(const Mandate *m, uint32_t n, int64_t now, int64_t *ret_until) {
        uint32_t in_window = is_same_minute(m, now) ? m->in_window : 0;

        if (m->used > m->documents || n > m->documents - m->used)
                return MANDATE_E_USED_UP;
        if (n > m->per_minute)
                return MANDATE_E_BATCH;
        if (in_window <= m->per_minute && n <= m->per_minute - in_window)
                return 0;
        *ret_until = is_same_minute(m, now) ? m->window + MINUTE : now;
        return MANDATE_E_RATE;
}

int mandate_use(Txn *t, Mandate *m, uint32_t n, int64_t now) {
        uint32_t used = m->used;

        if (!is_same_minute(m, now)) {
                m->window = now;
                m->in_window = 0;
        }
        m->used += n;
        m->in_window += n;
        return write_state(t, m, used);
}

/* --- Listing ------------------------------------------------------------------------------------------------------ */

typedef struct Mandates {
        Mandate *items;
        size_t n;
} Mandates;

static void mandates_done(Mandates *l) {
        for (size_t i = 0; i < l->n; i++)
                mandate_done(&l->items[i]);
        free(l->items);
}

static int query(Txn *t, const MandateQuery *q, Row **ret) {
        if (q->machine)
                return txn_query(t, ret, "SELECT " COLUMNS " FROM mandate WHERE machine = ?1 AND uid = ?2 ORDER BY created DESC, id LIMIT ?3", "sii",
                                 q->machine, (int64_t) q->uid, (int64_t) MANDATES_LIST_MAX);
        if (q->account)
                return txn_query(t, ret, "SELECT " COLUMNS " FROM mandate WHERE credential IN (SELECT credential FROM entitlement WHERE account = ?1 AND "
                                         "role = 'administrator' AND status = 'active') ORDER BY created DESC, id LIMIT ?2", "si",
                                 q->account, (int64_t) MANDATES_LIST_MAX);
        return txn_query(t, ret, "SELECT " COLUMNS " FROM mandate ORDER BY created DESC, id LIMIT ?1", "i", (int64_t) MANDATES_LIST_MAX);
}

static int collect(Txn *t, const MandateQuery *q, Mandates *l) {
        Row *row;
        int r;

        for (r = query(t, q, &row); r > 0; r = txn_next(t, &row)) {
                Mandate *p = reallocarray(l->items, l->n + 1, sizeof(*p));

                if (!p)
                        return -ENOMEM;
                l->items = p;
                r = read_row(t, row, &p[l->n]);
                if (r < 0)
                        return r;
                l->n++;
        }
        return r;
}

int mandate_each(Txn *t, const MandateQuery *q, int (*f)(Txn *t, Mandate *m, void *userdata), void *userdata) {
        _cleanup_(mandates_done) Mandates l = { 0 };
        int r;

        r = collect(t, q, &l);
        for (size_t i = 0; r >= 0 && i < l.n; i++) {
                Mandate m = l.items[i];

                l.items[i] = (Mandate) { 0 };
                r = f(t, &m, userdata);
        }
        return r;
}
