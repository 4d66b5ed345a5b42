/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Grants; see grant.h. The table is called entitlement since GRANT is a word of SQL. */

#include <errno.h>
#include <string.h>

#include "daemon/grant.h"

/* id, account, credential, role, status, granted, removed: in this order everywhere. */
#define MAC_TYPES "sssssii"
#define NOT_REMOVED (-1)

static const char *const roles[] = {
        [ROLE_NONE] = "",
        [ROLE_USER] = "user",
        [ROLE_ADMINISTRATOR] = "administrator",
        [ROLE_OWNER] = "owner",
};

const char *role_to_string(Role r) {
        return (size_t) r < ELEMENTSOF(roles) ? roles[r] : roles[ROLE_NONE];
}

static Role role_from_string(const char *s) {
        for (size_t i = ROLE_USER; s && i <= ROLE_ADMINISTRATOR; i++)
                if (strcmp(roles[i], s) == 0)
                        return (Role) i;
        return ROLE_NONE;
}

int grant_read(Txn *t, Row *row, unsigned first, Grant *ret) {
        const char *id = row_text(row, first), *account = row_text(row, first + 1), *status = row_text(row, first + 4);
        Grant g = {
                .role = role_from_string(row_text(row, first + 3)),
                .granted = row_int(row, first + 5),
                .removed = row_int(row, first + 6),
        };
        int r;

        r = store_mac_check(txn_store(t), row_blob(row, first + 7), "entitlement", MAC_TYPES, id, account, row_text(row, first + 2),
                            row_text(row, first + 3), status, g.granted, g.removed);
        if (r < 0)
                return r;
        if (g.role == ROLE_NONE || !id_is_valid(ID_RECORD, id) || !id_is_valid(ID_RECORD, account))
                return -EBADMSG;
        strcpy(g.id, id);
        strcpy(g.account, account);
        g.active = strcmp(status, "active") == 0;
        *ret = g;
        return 0;
}

static int find_live(Txn *t, const char *account, const char *credential, Grant *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " GRANT_COLUMNS " FROM entitlement e WHERE e.account = ?1 AND e.credential = ?2 AND e.status = 'active'", "ss",
                      account, credential);
        if (r < 0)
                return r;
        return r == 0 ? -ENOENT : grant_read(t, row, 0, ret);
}

int grant_find(Txn *t, const char *account, const char *credential, Role *ret) {
        Grant g;
        int r;

        r = find_live(t, account, credential, &g);
        if (r < 0)
                return r;
        *ret = g.role;
        return 0;
}

int grant_held(Txn *t, const char *account) {
        Row *row;

        return txn_query(t, &row, "SELECT 1 FROM entitlement WHERE account = ?1 LIMIT 1", "s", account);
}

int grant_add(Txn *t, const char *account, const char *credential, Role role, int64_t now, char *ret_id) {
        char id[GRANT_ID_SIZE];
        uint8_t mac[32];
        int r;

        r = id_random(ID_RECORD, id);
        if (r < 0)
                return r;
        r = store_mac(txn_store(t), mac, "entitlement", MAC_TYPES, id, account, credential, roles[role], "active", now, (int64_t) NOT_REMOVED);
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT INTO entitlement (id, account, credential, role, status, granted, mac) "
                        "VALUES (?1, ?2, ?3, ?4, 'active', ?5, ?6)", "ssssib",
                     id, account, credential, roles[role], now, VIEW(mac, sizeof(mac)));
        if (r < 0)
                return r;
        if (ret_id)
                strcpy(ret_id, id);
        return 0;
}

static int end(Txn *t, const char *account, const char *credential, const Grant *g, int64_t now) {
        uint8_t mac[32];
        int r;

        r = store_mac(txn_store(t), mac, "entitlement", MAC_TYPES, g->id, account, credential, roles[g->role], "deleted", g->granted, now);
        if (r < 0)
                return r;
        r = txn_exec(t, "UPDATE entitlement SET status = 'deleted', removed = ?1, mac = ?2 WHERE id = ?3", "ibs",
                     now, VIEW(mac, sizeof(mac)), g->id);
        return r < 0 ? r : 0;
}

int grant_remove(Txn *t, const char *account, const char *credential, int64_t now) {
        Grant g;
        int r;

        r = find_live(t, account, credential, &g);
        if (r < 0)
                return r;
        return g.role == ROLE_ADMINISTRATOR ? -EPERM : end(t, account, credential, &g, now);
}

/* 1 or 0. */
static int administers_living_seal(Txn *t, const char *account) {
        Grant g;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " GRANT_COLUMNS " FROM entitlement e JOIN credential c ON c.id = e.credential WHERE e.account = ?1 "
                               "AND e.status = 'active' AND e.role = 'administrator' AND c.status != 'retired' LIMIT 1", "s", account);
        if (r <= 0)
                return r;
        r = grant_read(t, row, 0, &g);
        return r < 0 ? r : 1;
}

int grant_remove_all(Txn *t, const char *account, int64_t now) {
        int r;

        r = administers_living_seal(t, account);
        if (r != 0)
                return r < 0 ? r : -EPERM;
        for (;;) {
                char credential[GRANT_ID_SIZE];
                Grant g;
                Row *row;

                r = txn_query(t, &row, "SELECT " GRANT_COLUMNS " FROM entitlement e WHERE e.account = ?1 AND e.status = 'active' LIMIT 1", "s", account);
                if (r <= 0)
                        return r;
                r = grant_read(t, row, 0, &g);
                if (r < 0)
                        return r;
                if (!id_is_valid(ID_RECORD, row_text(row, 2)))
                        return -EBADMSG;
                strcpy(credential, row_text(row, 2));
                r = end(t, account, credential, &g, now);
                if (r < 0)
                        return r;
        }
}

int grant_administrator(Txn *t, const char *credential, char ret[static GRANT_ID_SIZE]) {
        Grant g;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " GRANT_COLUMNS " FROM entitlement AS e WHERE e.credential = ?1 AND e.role = 'administrator' AND e.status = 'active'", "s",
                      credential);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        r = grant_read(t, row, 0, &g);
        if (r < 0)
                return r;
        strcpy(ret, g.account);
        return 0;
}

int grant_account(Txn *t, const char *id, char ret[static GRANT_ID_SIZE]) {
        Grant g;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " GRANT_COLUMNS " FROM entitlement e WHERE e.id = ?1", "s", id);
        if (r < 0)
                return r;
        if (r == 0)
                return -ENOENT;
        r = grant_read(t, row, 0, &g);
        if (r < 0)
                return r;
        strcpy(ret, g.account);
        return 0;
}
