/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of the Account interface (account-…-bus.c); nobody else includes it. A call about an account. */

#include "daemon/account.h"
#include "daemon/call.h"
#include "daemon/code.h"
#include "daemon/person.h"

/* What the operator's methods have in common; each uses what it needs. */
typedef struct AccountCall {
        Call call;
        Account account;       /* login as given; the rest as made or found */
        Person person;         /* told */
        char machine[33];
        uid_t uid;             /* that is bound */
        char *user_name;
        bool enable;
        bool change_password;
        bool pin_activation;
        const Settings *settings; /* the manager's */
        CodeSent sent;
        int64_t not_before;
        Secret *password;
        Bytes record;          /* password_hash() of it */
        AccountInfos infos;
} AccountCall;

/* What every method of the operator begins with. 1: parked; `handler` is called again. */
int account_call_begin(sd_bus_message *message, Manager *m, sd_bus_message_handler_t handler, AccountCall **ret, sd_bus_error *error);

/* The same for a method whose first argument is the login of an account that should exist. */
int account_call_begin_login(sd_bus_message *message, Manager *m, sd_bus_message_handler_t handler, AccountCall **ret, sd_bus_error *error);

/* Reads a login that a new account is to have. */
int account_read_new_login(sd_bus_message *message, char **ret, sd_bus_error *error);

/* Takes what was read about a person, or says what is wrong with it. */
int account_read_told(const PersonTold *told, Person *ret, sd_bus_error *error);

/* Reads an a{sv} of it: name, given_name, surname, email, phone, language. */
int account_read_person(sd_bus_message *message, Person *ret, sd_bus_error *error);

/* In a job: finds the account of k->account.login anew and puts it in its place. */
int account_call_find(Txn *t, AccountCall *k);

/* In a job: the audit entry. What an operator did is nobody's own history: the account stands in the payload. */
int account_call_note(Txn *t, const AccountCall *k, const char *event);

/* The answer of methods that return nothing. */
int account_call_then_done(Call *c, int result, sd_bus_error *error);

/* Methods beyond those in account-bus.c. */
int account_method_create(sd_bus_message *message, void *userdata, sd_bus_error *error);
int account_method_create_for(sd_bus_message *message, void *userdata, sd_bus_error *error);
int account_method_update(sd_bus_message *message, void *userdata, sd_bus_error *error);
int account_method_request_reset(sd_bus_message *message, void *userdata, sd_bus_error *error);
int account_method_request_reset_sms(sd_bus_message *message, void *userdata, sd_bus_error *error);
int account_method_reset(sd_bus_message *message, void *userdata, sd_bus_error *error);
int account_method_activate(sd_bus_message *message, void *userdata, sd_bus_error *error);
int account_method_request_change(sd_bus_message *message, void *userdata, sd_bus_error *error);
int account_method_confirm_change(sd_bus_message *message, void *userdata, sd_bus_error *error);
int account_method_register(sd_bus_message *message, void *userdata, sd_bus_error *error);
int account_method_delete(sd_bus_message *message, void *userdata, sd_bus_error *error);
