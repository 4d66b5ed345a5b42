/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Accounts and their bindings to Unix users, as records. Everything here runs in a job. A row whose MAC does not fit is not
 * believed: -EBADMSG. */

#include <stdbool.h>
#include <sys/types.h>

#include "store/store.h"

#define ACCOUNT_LOGIN_MAX 64U
#define ACCOUNT_TEXT_MAX 256U       /* name, e-mail, phone; bytes */
#define ACCOUNT_BINDINGS_MAX 256U   /* Unix users of one account */

/* Of tokens; as stored. */
typedef enum AccountEnrolled {
        ENROLLED_NO,    /* there was none yet, or its owner has revoked the last by a code of it */
        ENROLLED_YES,   /* there is an active one: where none is found, somebody has taken its record away */
        ENROLLED_RESET, /* an operator has revoked them all */
} AccountEnrolled;

typedef struct Account {
        char id[17];
        char *login, *name, *email, *phone;
        char *given_name, *surname; /* may be empty: then only `name` is known */
        const char *language;       /* of messages: "en" or "pl"; static */
        Bytes password; /* password_hash(); empty while none is set */
        int64_t password_changed; /* 0: whoever gave it, it must be changed at the next login */
        bool active;
        bool deleted; /* for good: the row is history, and keeps the login from being given again */
        AccountEnrolled enrolled;
        int64_t created;
} Account;

void account_done(Account *a);

/* 1 to 64 of a-z 0-9 . _ @ + - */
bool account_login_is_valid(const char *login);

/* "active", "disabled", "deleted" */
const char *account_status(const Account *a);

/* One of the languages that messages are written in, static; NULL for another. */
const char *account_language(const char *language);

/* The account of that login, or of that id. -ENOENT, also where it was deleted. */
int account_find(Txn *t, const char *login, Account *ret);
int account_load(Txn *t, const char *id, Account *ret);

/* -EEXIST when the login is taken. `a->id` is made here. */
int account_insert(Txn *t, Account *a);

/* Writes all but id, login and the time of creation. */
int account_update(Txn *t, const Account *a);

/* At start: writes anew what an earlier version wrote, where it is to be believed. */
int account_upgrade(Txn *t);

typedef enum Binding {
        BINDING_NONE,
        BINDING_FITS,
        BINDING_SUSPENDED, /* the uid bears another name than when it was bound: another person, perhaps */
} Binding;

/* Whether the Unix user `uid`, whose name is `user_name` now (NULL: none), is bound to the account on this machine. */
int binding_check(Txn *t, const char *account, const char *machine, uid_t uid, const char *user_name, Binding *ret);

/* -EEXIST when it is there already and fits, -EDQUOT beyond ACCOUNT_BINDINGS_MAX. A suspended one is renewed. */
int binding_insert(Txn *t, const char *account, const char *machine, uid_t uid, const char *user_name, int64_t now);

/* -ENOENT when there is none. */
int binding_delete(Txn *t, const char *account, const char *machine, uid_t uid);

/* All of them, on whatever machine. */
int binding_delete_all(Txn *t, const char *account);

/* Calls `f` with each account that is active and bound to this user (suspended bindings are none); f does not touch the store. */
int binding_each_account(Txn *t, const char *machine, uid_t uid, const char *user_name,
                         int (*f)(const char *account, void *userdata), void *userdata);

/* --- Listing ------------------------------------------------------------------------------------------------------ */

typedef struct AccountInfo {
        Account account;
        unsigned tokens; /* active */
        size_t n_bindings;
        struct {
                uid_t uid;
                char *user_name;
        } *bindings;
} AccountInfo;

typedef struct AccountInfos {
        AccountInfo *accounts;
        size_t n;
} AccountInfos;

void account_infos_done(AccountInfos *i);

/* All accounts by login, deleted ones too, each with its bindings on this machine. */
int account_list(Txn *t, const char *machine, AccountInfos *ret);
