/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Accounts and bindings; see account.h. */

#include <errno.h>
#include <string.h>

#include "daemon/account.h"
#include "daemon/id.h"
#include "daemon/token.h"

#define COLUMNS(p)                                                                                                            \
        p "id, " p "login, " p "name, " p "email, " p "phone, " p "password, " p "status, " p "created, " p "enrolled, " p "given_name, " p \
          "surname, " p "language, " p "password_changed, " p "layout, " p "mac"
enum { ID, LOGIN, NAME, EMAIL, PHONE, PASSWORD, STATUS, CREATED, ENROLLED, GIVEN_NAME, SURNAME, LANGUAGE, PASSWORD_CHANGED, LAYOUT, MAC, N_COLUMNS };

/* What the MAC of a row covers: in layout 1 the columns up to `created`; from layout 2 on its number, these, and `enrolled`; in layout 3 all the
 * others too. Columns that a row's layout does not know are not looked at. */
#define LAYOUT_NOW INT64_C(3)
#define TYPES_1 "sssssbsi"
#define TYPES_2 "i" TYPES_1 "i"
#define TYPES_3 TYPES_2 "sssi"
#define FIELDS_1(row)                                                                                                   \
        row_text(row, ID), row_text(row, LOGIN), row_text(row, NAME), row_text(row, EMAIL), row_text(row, PHONE), row_blob(row, PASSWORD), \
                row_text(row, STATUS), row_int(row, CREATED)
#define FIELDS_2(row) row_int(row, LAYOUT), FIELDS_1(row), row_int(row, ENROLLED)
#define FIELDS_3(row) FIELDS_2(row), row_text(row, GIVEN_NAME), row_text(row, SURNAME), row_text(row, LANGUAGE), row_int(row, PASSWORD_CHANGED)

#define BINDING_MAC_TYPES "ssisi"

static const char *const languages[] = { "en", "pl" };

const char *account_status(const Account *a) {
        return a->deleted ? "deleted" : a->active ? "active" : "disabled";
}

const char *account_language(const char *language) {
        for (size_t i = 0; i < ELEMENTSOF(languages); i++)
                if (strcmp(languages[i], language) == 0)
                        return languages[i];
        return NULL;
}

void account_done(Account *a) {
        free(a->login);
        free(a->name);
        free(a->given_name);
        free(a->surname);
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
        Store *s = txn_store(t);

        switch (row_int(row, LAYOUT)) {
        case 1:
                return store_mac_check(s, row_blob(row, MAC), "account", TYPES_1, FIELDS_1(row));
        case 2:
                return store_mac_check(s, row_blob(row, MAC), "account", TYPES_2, FIELDS_2(row));
        default:
                return store_mac_check(s, row_blob(row, MAC), "account", TYPES_3, FIELDS_3(row));
        }
}

static int read_texts(Row *row, bool whole, Account *a) {
        a->login = strdup(row_text(row, LOGIN));
        a->name = strdup(row_text(row, NAME));
        a->email = strdup(row_text(row, EMAIL));
        a->phone = strdup(row_text(row, PHONE));
        a->given_name = strdup(whole ? row_text(row, GIVEN_NAME) : "");
        a->surname = strdup(whole ? row_text(row, SURNAME) : "");
        return a->login && a->name && a->email && a->phone && a->given_name && a->surname ? 0 : -ENOMEM;
}

static int read_row(Txn *t, Row *row, Account *ret) {
        _cleanup_(account_done) Account a = { 0 };
        bool whole = row_int(row, LAYOUT) >= 3;
        int r;

        r = check_row(t, row);
        if (r < 0)
                return r;
        if (strlen(row_text(row, ID)) >= sizeof(a.id))
                return -EBADMSG;
        strcpy(a.id, row_text(row, ID));
        r = read_texts(row, whole, &a);
        if (r < 0)
                return r;
        r = bytes_dup(row_blob(row, PASSWORD), &a.password);
        if (r < 0)
                return r;
        a.active = strcmp(row_text(row, STATUS), "active") == 0;
        a.deleted = strcmp(row_text(row, STATUS), "deleted") == 0;
        a.created = row_int(row, CREATED);
        a.enrolled = row_int(row, LAYOUT) >= 2 ? (AccountEnrolled) row_int(row, ENROLLED) : ENROLLED_NO;
        a.language = (whole ? account_language(row_text(row, LANGUAGE)) : NULL) ?: languages[0];
        a.password_changed = whole ? row_int(row, PASSWORD_CHANGED) : a.created;
        *ret = a;
        a = (Account) { 0 };
        return 0;
}

/* Of a deleted one the row is history. */
static int read_living(Txn *t, Row *row, Account *ret) {
        _cleanup_(account_done) Account a = { 0 };
        int r;

        r = read_row(t, row, &a);
        if (r < 0)
                return r;
        if (a.deleted)
                return -ENOENT;
        *ret = a;
        a = (Account) { 0 };
        return 0;
}

static int account_mac(Txn *t, const Account *a, uint8_t ret[static 32]) {
        return store_mac(txn_store(t), ret, "account", TYPES_3, LAYOUT_NOW, a->id, a->login, a->name, a->email, a->phone, bytes_view(&a->password),
                         account_status(a), a->created, (int64_t) a->enrolled, a->given_name ?: "", a->surname ?: "",
                         a->language ?: languages[0], a->password_changed);
}

/* The work of a row's MAC, where there is none: a login that no account has takes as long as one that some account has. */
static int do_nothing_as_long(Txn *t) {
        static const Account nobody = { .id = "----------------", .login = (char *) "", .name = (char *) "", .email = (char *) "", .phone = (char *) "" };
        uint8_t mac[32];
        int r;

        r = account_mac(t, &nobody, mac);
        return r < 0 ? r : -ENOENT;
}

int account_find(Txn *t, const char *login, Account *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS("") " FROM account WHERE login = ?1", "s", login);
        if (r <= 0)
                return r < 0 ? r : do_nothing_as_long(t);
        return read_living(t, row, ret);
}

int account_load(Txn *t, const char *id, Account *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS("") " FROM account WHERE id = ?1", "s", id);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        return read_living(t, row, ret);
}

/* All columns of a new row, or of one that is there. */
static int write_row(Txn *t, const Account *a, const char *sql) {
        uint8_t mac[32];
        int r;

        r = account_mac(t, a, mac);
        if (r < 0)
                return r;
        return txn_exec(t, sql, TYPES_1 "isssiib", a->id, a->login, a->name, a->email, a->phone, bytes_view(&a->password), account_status(a),
                        a->created, (int64_t) a->enrolled, a->given_name ?: "", a->surname ?: "", a->language ?: languages[0],
                        a->password_changed, LAYOUT_NOW, VIEW(mac, sizeof(mac)));
}

int account_insert(Txn *t, Account *a) {
        int r;

        r = id_random(ID_RECORD, a->id);
        if (r < 0)
                return r;
        r = write_row(t, a, "INSERT INTO account (" COLUMNS("") ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)");
        return r < 0 ? r : 0;
}

int account_update(Txn *t, const Account *a) {
        int r;

        r = write_row(t, a, "UPDATE account SET name = ?3, email = ?4, phone = ?5, password = ?6, status = ?7, enrolled = ?9, given_name = ?10, "
                            "surname = ?11, language = ?12, password_changed = ?13, layout = ?14, mac = ?15 "
                            "WHERE id = ?1 AND login = ?2 AND created = ?8");
        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

/* The next account of an old layout whose row is believed, after the id `after`. 0 when there is none. */
static int next_old(Txn *t, const char *after, Account *ret, int64_t *ret_layout) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS("") " FROM account WHERE layout < ?1 AND id > ?2 ORDER BY id", "is", LAYOUT_NOW, after);
        for (; r > 0; r = txn_next(t, &row)) {
                *ret_layout = row_int(row, LAYOUT);
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
                int64_t layout = 0;
                int r;

                r = next_old(t, after, &a, &layout);
                if (r <= 0)
                        return r;
                if (layout == 1) {
                        r = token_count(t, a.id);
                        if (r < 0)
                                return r;
                        a.enrolled = r > 0 ? ENROLLED_YES : ENROLLED_NO;
                }
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

int binding_delete_all(Txn *t, const char *account) {
        int r;

        r = txn_exec(t, "DELETE FROM binding WHERE account = ?1", "s", account);
        return r < 0 ? r : 0;
}

int binding_delete(Txn *t, const char *account, const char *machine, uid_t uid) {
        int r;

        r = txn_exec(t, "DELETE FROM binding WHERE account = ?1 AND machine = ?2 AND uid = ?3", "ssi", account, machine, (int64_t) uid);
        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

/* Believes only what both MACs say; what was tampered with is passed over, so that one bad row takes nothing from others. */
static bool row_is_bound(Txn *t, Row *row, const char *machine, uid_t uid, const char *user_name) {
        return check_row(t, row) >= 0 && strcmp(row_text(row, STATUS), "active") == 0 && strcmp(row_text(row, N_COLUMNS), user_name) == 0 &&
                store_mac_check(txn_store(t), row_blob(row, N_COLUMNS + 2), "binding", BINDING_MAC_TYPES, row_text(row, ID), machine,
                                (int64_t) uid, row_text(row, N_COLUMNS), row_int(row, N_COLUMNS + 1)) >= 0;
}

int binding_each_account(Txn *t, const char *machine, uid_t uid, const char *user_name,
                         int (*f)(const char *account, void *userdata), void *userdata) {
        Row *row;
        int r;

        if (!user_name)
                return 0;
        r = txn_query(t, &row,
                      "SELECT " COLUMNS("a.") ", b.user_name, b.since, b.mac FROM binding AS b JOIN account AS a ON a.id = b.account "
                      "WHERE b.machine = ?1 AND b.uid = ?2 ORDER BY a.login",
                      "si", machine, (int64_t) uid);
        for (; r > 0; r = txn_next(t, &row)) {
                int q;

                if (!row_is_bound(t, row, machine, uid, user_name))
                        continue;
                q = f(row_text(row, ID), userdata);
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

        r = txn_query(t, &row, "SELECT " COLUMNS("") " FROM account ORDER BY login", "");
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
