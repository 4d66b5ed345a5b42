/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Grants; see grant.h. The table is called entitlement since GRANT is a word of SQL. */

#include <errno.h>
#include <string.h>

#include "daemon/grant.h"
#include "daemon/id.h"

/* id, account, credential, role, status, granted, removed: in this order everywhere. */
#define MAC_TYPES "sssssii"
#define ID_SIZE (2 * ID_RECORD + 1)
#define NOT_REMOVED (-1)

static const char *const roles[] = {
        [ROLE_NONE] = "",
        [ROLE_USER] = "user",
        [ROLE_ADMINISTRATOR] = "administrator",
        [ROLE_OWNER] = "owner",
};

typedef struct Grant {
        char id[ID_SIZE];
        Role role;
        int64_t granted;
} Grant;

const char *role_to_string(Role r) {
        return (size_t) r < ELEMENTSOF(roles) ? roles[r] : roles[ROLE_NONE];
}

static Role role_from_string(const char *s) {
        for (size_t i = ROLE_USER; s && i <= ROLE_ADMINISTRATOR; i++)
                if (strcmp(roles[i], s) == 0)
                        return (Role) i;
        return ROLE_NONE;
}

/* Columns: id, account, role, status, granted, removed, mac. */
static int check_row(Txn *t, Row *row, const char *credential) {
        return store_mac_check(txn_store(t), row_blob(row, 6), "entitlement", MAC_TYPES, row_text(row, 0), row_text(row, 1), credential,
                               row_text(row, 2), row_text(row, 3), row_int(row, 4), row_int(row, 5));
}

static int find_live(Txn *t, const char *account, const char *credential, Grant *ret) {
        Grant g = { 0 };
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT id, account, role, status, granted, ifnull(removed, -1), mac FROM entitlement "
                               "WHERE account = ?1 AND credential = ?2 AND status = 'active'", "ss", account, credential);
        if (r < 0)
                return r;
        if (r == 0)
                return -ENOENT;
        r = check_row(t, row, credential);
        if (r < 0)
                return r;
        g.role = role_from_string(row_text(row, 2));
        g.granted = row_int(row, 4);
        if (g.role == ROLE_NONE || !id_is_valid(ID_RECORD, row_text(row, 0)))
                return -EBADMSG;
        strcpy(g.id, row_text(row, 0));
        *ret = g;
        return 0;
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

int grant_add(Txn *t, const char *account, const char *credential, Role role, int64_t now) {
        char id[ID_SIZE];
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
        return r < 0 ? r : 0;
}

int grant_remove(Txn *t, const char *account, const char *credential, int64_t now) {
        uint8_t mac[32];
        Grant g;
        int r;

        r = find_live(t, account, credential, &g);
        if (r < 0)
                return r;
        if (g.role == ROLE_ADMINISTRATOR)
                return -EPERM;
        r = store_mac(txn_store(t), mac, "entitlement", MAC_TYPES, g.id, account, credential, roles[g.role], "deleted", g.granted, now);
        if (r < 0)
                return r;
        r = txn_exec(t, "UPDATE entitlement SET status = 'deleted', removed = ?1, mac = ?2 WHERE id = ?3", "ibs",
                     now, VIEW(mac, sizeof(mac)), g.id);
        return r < 0 ? r : 0;
}

void grant_users_done(GrantUsers *u) {
        for (size_t i = 0; i < u->n; i++) {
                free(u->users[i].login);
                free(u->users[i].name);
                free(u->users[i].email);
                free(u->users[i].phone);
                free(u->users[i].status);
        }
        free(u->users);
        *u = (GrantUsers) { 0 };
}

/* Columns beyond check_row()'s: login, name, email, phone. */
static int copy_user(Row *row, GrantUser *u) {
        *u = (GrantUser) {
                .login = strdup(row_text(row, 7)),
                .name = strdup(row_text(row, 8)),
                .email = strdup(row_text(row, 9)),
                .phone = strdup(row_text(row, 10)),
                .role = role_from_string(row_text(row, 2)),
                .status = strdup(row_text(row, 3)),
                .granted = row_int(row, 4),
                .removed = row_int(row, 5),
        };
        return u->login && u->name && u->email && u->phone && u->status ? 0 : -ENOMEM;
}

static int add_user(GrantUsers *users, Row *row) {
        GrantUser *p;

        p = reallocarray(users->users, users->n + 1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        users->users = p;
        return copy_user(row, &users->users[users->n++]);
}

int grant_list(Txn *t, const char *credential, GrantUsers *ret) {
        _cleanup_(grant_users_done) GrantUsers users = { 0 };
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT e.id, e.account, e.role, e.status, e.granted, ifnull(e.removed, -1), e.mac, a.login, a.name, a.email, a.phone "
                               "FROM entitlement e JOIN account a ON a.id = e.account WHERE e.credential = ?1 "
                               "ORDER BY e.granted, e.rowid", "s", credential);
        for (; r > 0; r = txn_next(t, &row)) {
                r = check_row(t, row, credential);
                if (r >= 0)
                        r = add_user(&users, row);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        *ret = users;
        users = (GrantUsers) { 0 };
        return 0;
}
