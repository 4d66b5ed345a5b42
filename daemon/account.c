/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Accounts and bindings; see account.h. */

#include <errno.h>
#include <string.h>

#include "daemon/account.h"
#include "daemon/id.h"
#include "daemon/token.h"

/* What the MAC of a row covers: in layout 1 the columns up to `created`, in layout 2 its number, these, and `enrolled`. */
#define COLUMNS "id, login, name, email, phone, password, status, created, enrolled, layout, mac"
#define LAYOUT INT64_C(2)
#define MAC_TYPES_1 "sssssbsi"
#define MAC_TYPES "i" MAC_TYPES_1 "i"
#define BINDING_MAC_TYPES "ssisi"

static const char *status_to_string(bool active) {
        return active ? "active" : "disabled";
}

void account_done(Account *a) {
        free(a->login);
        free(a->name);
        free(a->email);
        free(a->phone);
        bytes_done(&a->password);
        *a = (Account) { 0 };
}

bool account_login_is_valid(const char *login) {
        size_t n = strlen(login);

        return n >= 1 && n <= ACCOUNT_LOGIN_MAX && strspn(login, "abcdefghijklmnopqrstuvwxyz0123456789._@+-") == n;
}

/* --- Accounts ----------------------------------------------------------------------------------------------------- */

static int check_row(Txn *t, Row *row) {
        if (row_int(row, 9) == 1)
                return store_mac_check(txn_store(t), row_blob(row, 10), "account", MAC_TYPES_1, row_text(row, 0), row_text(row, 1),
                                       row_text(row, 2), row_text(row, 3), row_text(row, 4), row_blob(row, 5), row_text(row, 6), row_int(row, 7));
        return store_mac_check(txn_store(t), row_blob(row, 10), "account", MAC_TYPES, row_int(row, 9), row_text(row, 0), row_text(row, 1),
                               row_text(row, 2), row_text(row, 3), row_text(row, 4), row_blob(row, 5), row_text(row, 6), row_int(row, 7),
                               row_int(row, 8));
}

static int read_row(Txn *t, Row *row, Account *ret) {
        _cleanup_(account_done) Account a = { 0 };
        int r;

        r = check_row(t, row);
        if (r < 0)
                return r;
        if (strlen(row_text(row, 0)) >= sizeof(a.id))
                return -EBADMSG;
        strcpy(a.id, row_text(row, 0));
        a.login = strdup(row_text(row, 1));
        a.name = strdup(row_text(row, 2));
        a.email = strdup(row_text(row, 3));
        a.phone = strdup(row_text(row, 4));
        if (!a.login || !a.name || !a.email || !a.phone)
                return -ENOMEM;
        r = bytes_dup(row_blob(row, 5), &a.password);
        if (r < 0)
                return r;
        a.active = strcmp(row_text(row, 6), "active") == 0;
        a.created = row_int(row, 7);
        a.enrolled = row_int(row, 8) != 0;
        *ret = a;
        a = (Account) { 0 };
        return 0;
}

int account_find(Txn *t, const char *login, Account *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS " FROM account WHERE login = ?1", "s", login);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        return read_row(t, row, ret);
}

int account_load(Txn *t, const char *id, Account *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS " FROM account WHERE id = ?1", "s", id);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        return read_row(t, row, ret);
}

static int account_mac(Txn *t, const Account *a, uint8_t ret[static 32]) {
        return store_mac(txn_store(t), ret, "account", MAC_TYPES, LAYOUT, a->id, a->login, a->name, a->email, a->phone, bytes_view(&a->password),
                         status_to_string(a->active), a->created, (int64_t) a->enrolled);
}

int account_insert(Txn *t, Account *a) {
        uint8_t mac[32];
        int r;

        r = id_random(ID_RECORD, a->id);
        if (r < 0)
                return r;
        r = account_mac(t, a, mac);
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT INTO account (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)", MAC_TYPES_1 "iib", a->id,
                     a->login, a->name, a->email, a->phone, bytes_view(&a->password), status_to_string(a->active), a->created,
                     (int64_t) a->enrolled, LAYOUT, VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

int account_update(Txn *t, const Account *a) {
        uint8_t mac[32];
        int r;

        r = account_mac(t, a, mac);
        if (r < 0)
                return r;
        r = txn_exec(t, "UPDATE account SET password = ?2, status = ?3, enrolled = ?4, layout = ?5, mac = ?6 WHERE id = ?1", "sbsiib", a->id,
                     bytes_view(&a->password), status_to_string(a->active), (int64_t) a->enrolled, LAYOUT, VIEW(mac, sizeof(mac)));
        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

/* The next account of an old layout whose row is believed, after the id `after`. 0 when there is none. */
static int next_old(Txn *t, const char *after, Account *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS " FROM account WHERE layout < ?1 AND id > ?2 ORDER BY id", "is", LAYOUT, after);
        for (; r > 0; r = txn_next(t, &row)) {
                r = read_row(t, row, ret);
                if (r != -EBADMSG)
                        return r < 0 ? r : 1;
        }
        return r;
}

int account_upgrade(Txn *t) {
        char after[sizeof((Account) { 0 }.id)] = "";

        for (;;) {
                _cleanup_(account_done) Account a = { 0 };
                int r;

                r = next_old(t, after, &a);
                if (r <= 0)
                        return r;
                r = token_count(t, a.id);
                if (r < 0)
                        return r;
                a.enrolled = r > 0;
                r = account_update(t, &a);
                if (r < 0)
                        return r;
                strcpy(after, a.id);
        }
}

/* --- Bindings ----------------------------------------------------------------------------------------------------- */

int binding_check(Txn *t, const char *account, const char *machine, uid_t uid, const char *user_name, Binding *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT user_name, since, mac FROM binding WHERE account = ?1 AND machine = ?2 AND uid = ?3", "ssi",
                      account, machine, (int64_t) uid);
        if (r < 0)
                return r;
        if (r == 0) {
                *ret = BINDING_NONE;
                return 0;
        }
        r = store_mac_check(txn_store(t), row_blob(row, 2), "binding", BINDING_MAC_TYPES, account, machine, (int64_t) uid, row_text(row, 0),
                            row_int(row, 1));
        if (r < 0)
                return r;
        *ret = user_name && strcmp(row_text(row, 0), user_name) == 0 ? BINDING_FITS : BINDING_SUSPENDED;
        return 0;
}

static int check_room(Txn *t, const char *account) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT count(*) FROM binding WHERE account = ?1", "s", account);
        if (r < 0)
                return r;
        return r > 0 && row_int(row, 0) >= (int64_t) ACCOUNT_BINDINGS_MAX ? -EDQUOT : 0;
}

int binding_insert(Txn *t, const char *account, const char *machine, uid_t uid, const char *user_name, int64_t now) {
        uint8_t mac[32];
        Binding b;
        int r;

        r = binding_check(t, account, machine, uid, user_name, &b);
        if (r < 0)
                return r;
        if (b == BINDING_FITS)
                return -EEXIST;
        r = check_room(t, account);
        if (r < 0)
                return r;
        r = store_mac(txn_store(t), mac, "binding", BINDING_MAC_TYPES, account, machine, (int64_t) uid, user_name, now);
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT OR REPLACE INTO binding (account, machine, uid, user_name, since, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                     BINDING_MAC_TYPES "b", account, machine, (int64_t) uid, user_name, now, VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

int binding_delete(Txn *t, const char *account, const char *machine, uid_t uid) {
        int r;

        r = txn_exec(t, "DELETE FROM binding WHERE account = ?1 AND machine = ?2 AND uid = ?3", "ssi", account, machine, (int64_t) uid);
        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

/* Believes only what both MACs say; what was tampered with is passed over, so that one bad row takes nothing from others. */
static bool row_is_bound(Txn *t, Row *row, const char *machine, uid_t uid, const char *user_name) {
        return check_row(t, row) >= 0 && strcmp(row_text(row, 6), "active") == 0 && strcmp(row_text(row, 11), user_name) == 0 &&
                store_mac_check(txn_store(t), row_blob(row, 13), "binding", BINDING_MAC_TYPES, row_text(row, 0), machine, (int64_t) uid,
                                row_text(row, 11), row_int(row, 12)) >= 0;
}

int binding_each_account(Txn *t, const char *machine, uid_t uid, const char *user_name,
                         int (*f)(const char *account, void *userdata), void *userdata) {
        Row *row;
        int r;

        if (!user_name)
                return 0;
        r = txn_query(t, &row,
                      "SELECT a.id, a.login, a.name, a.email, a.phone, a.password, a.status, a.created, a.enrolled, "
                      "a.layout, a.mac, b.user_name, b.since, b.mac FROM binding AS b JOIN account AS a ON a.id = b.account WHERE b.machine = ?1 AND b.uid = ?2 ORDER BY a.login",
                      "si", machine, (int64_t) uid);
        for (; r > 0; r = txn_next(t, &row)) {
                int q;

                if (!row_is_bound(t, row, machine, uid, user_name))
                        continue;
                q = f(row_text(row, 0), userdata);
                if (q < 0)
                        return q;
        }
        return r;
}

/* --- Listing ------------------------------------------------------------------------------------------------------ */

void account_infos_done(AccountInfos *i) {
        for (size_t j = 0; j < i->n; j++) {
                for (size_t k = 0; k < i->accounts[j].n_bindings; k++)
                        free(i->accounts[j].bindings[k].user_name);
                free(i->accounts[j].bindings);
                account_done(&i->accounts[j].account);
        }
        free(i->accounts);
        *i = (AccountInfos) { 0 };
}

static int append_account(Txn *t, AccountInfos *all, Row *row) {
        AccountInfo *accounts;
        int r;

        accounts = reallocarray(all->accounts, all->n + 1, sizeof(*accounts));
        if (!accounts)
                return -ENOMEM;
        all->accounts = accounts;
        accounts[all->n] = (AccountInfo) { 0 };
        r = read_row(t, row, &accounts[all->n].account);
        if (r >= 0)
                all->n++;
        return r;
}

static int append_binding(AccountInfo *i, Row *row) {
        __typeof__(i->bindings) bindings;

        bindings = reallocarray(i->bindings, i->n_bindings + 1, sizeof(*bindings));
        if (!bindings)
                return -ENOMEM;
        i->bindings = bindings;
        bindings[i->n_bindings].uid = (uid_t) row_int(row, 0);
        bindings[i->n_bindings].user_name = strdup(row_text(row, 1));
        if (!bindings[i->n_bindings].user_name)
                return -ENOMEM;
        i->n_bindings++;
        return 0;
}

static int complete(Txn *t, AccountInfo *i, const char *machine) {
        Row *row;
        int r;

        r = token_count(t, i->account.id);
        if (r < 0)
                return r;
        i->tokens = (unsigned) r;
        r = txn_query(t, &row, "SELECT uid, user_name FROM binding WHERE account = ?1 AND machine = ?2 ORDER BY uid", "ss", i->account.id, machine);
        for (; r > 0; r = txn_next(t, &row)) {
                r = append_binding(i, row);
                if (r < 0)
                        return r;
        }
        return r;
}

int account_list(Txn *t, const char *machine, AccountInfos *ret) {
        _cleanup_(account_infos_done) AccountInfos all = { 0 };
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS " FROM account ORDER BY login", "");
        for (; r > 0; r = txn_next(t, &row)) {
                r = append_account(t, &all, row);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; r >= 0 && i < all.n; i++)
                r = complete(t, &all.accounts[i], machine);
        if (r < 0)
                return r;
        *ret = all;
        all = (AccountInfos) { 0 };
        return 0;
}
