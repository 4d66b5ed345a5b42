/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The change of an account's e-mail or phone; see account-contact.h. */

#include <errno.h>
#include <string.h>

#include "crypto/totp.h"
#include "daemon/account-contact.h"
#include "daemon/audit.h"
#include "daemon/grant.h"
#include "daemon/outbox.h"
#include "daemon/token.h"

#define MAC_TYPES "sssi"

static const struct {
        const char *name, *event;
        CodePurpose old, new;
} kinds[] = {
        [CONTACT_EMAIL] = { "email", "email-change", CODE_CHANGE_EMAIL_OLD, CODE_CHANGE_EMAIL_NEW },
        [CONTACT_PHONE] = { "phone", "phone-change", CODE_CHANGE_PHONE_OLD, CODE_CHANGE_PHONE_NEW },
};

int contact_kind_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (strcmp(kinds[i].name, s) == 0)
                        return (int) i;
        return -EINVAL;
}

void contact_job_done(ContactJob *j) {
        free(j->value);
        secret_free(j->otp);
        secret_free(j->old_code);
        secret_free(j->new_code);
}

static char **place_in(Account *a, ContactKind k) {
        return k == CONTACT_EMAIL ? &a->email : &a->phone;
}

/* --- What is wanted ------------------------------------------------------------------------------------------------- */

static int write_wanted(Txn *t, const ContactJob *j) {
        uint8_t mac[32];
        int r;

        r = store_mac(txn_store(t), mac, "contact", MAC_TYPES, j->account, kinds[j->kind].name, j->value, j->now);
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT OR REPLACE INTO contact (account, kind, value, requested, mac) VALUES (?1, ?2, ?3, ?4, ?5)", MAC_TYPES "b", j->account,
                     kinds[j->kind].name, j->value, j->now, VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

/* -ENOENT when nothing is. */
static int read_wanted(Txn *t, const ContactJob *j, char **ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT value, requested, mac FROM contact WHERE account = ?1 AND kind = ?2", "ss", j->account, kinds[j->kind].name);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        r = store_mac_check(txn_store(t), row_blob(row, 2), "contact", MAC_TYPES, j->account, kinds[j->kind].name, row_text(row, 0), row_int(row, 1));
        if (r < 0)
                return r;
        *ret = strdup(row_text(row, 0));
        return *ret ? 0 : -ENOMEM;
}

int contact_forget(Txn *t, const char *account) {
        int r = txn_exec(t, "DELETE FROM contact WHERE account = ?1", "s", account);

        return r < 0 ? r : 0;
}

/* --- Asking --------------------------------------------------------------------------------------------------------- */

static int send_to(Txn *t, ContactJob *j, const Account *a, CodePurpose p, const char *recipient) {
        const OutboxField fields[] = {
                { "login", view_string(a->login) },
                { "name", view_string(a->name) },
        };
        const CodeRequest q = { .purpose = p, .subject = a->id, .account = a->id, .uid = j->uid, .recipient = recipient, .language = a->language,
                                .fields = fields, .n_fields = ELEMENTSOF(fields), .now = j->now, .settings = j->settings };
        int r;

        r = code_send(t, &q, &j->sent[j->n_sent], &j->not_before);
        if (r >= 0)
                j->n_sent++;
        return r;
}

/* A first phone or address: what makes tokens and sets passwords goes there, so the present tokens vouch for it. Where an operator took them away nothing
 * vouches for a phone. */
static int check_first(Txn *t, ContactJob *j, const Account *a) {
        int r;

        if (a->enrolled == ENROLLED_RESET && j->kind == CONTACT_PHONE)
                return CONTACT_NOT_POSSIBLE;
        if (a->enrolled != ENROLLED_YES)
                return CONTACT_DONE;
        if (!j->otp)
                return CONTACT_NEEDS_CODE;
        r = token_accept(t, a->id, j->uid, secret_view(j->otp), j->now, &j->not_before);
        if (r == TOTP_ACCEPTED)
                return CONTACT_DONE;
        j->otp_failed = true;
        return r;
}

int contact_request(Txn *t, void *job) {
        _cleanup_(account_done) Account a = { 0 };
        ContactJob *j = job;
        const char *now_there;
        int r;

        r = account_load(t, j->account, &a);
        if (r < 0)
                return r;
        now_there = *place_in(&a, j->kind);
        if (strcmp(now_there, j->value) == 0)
                return CONTACT_SAME;
        if (!*now_there) {
                r = check_first(t, j, &a);
                if (r != CONTACT_DONE)
                        return r;
        }
        r = send_to(t, j, &a, kinds[j->kind].new, j->value);
        if (r >= 0 && *now_there)
                r = send_to(t, j, &a, kinds[j->kind].old, now_there);
        return r < 0 ? r : write_wanted(t, j);
}

/* --- Confirming ----------------------------------------------------------------------------------------------------- */

static int check_code(Txn *t, ContactJob *j, CodePurpose p, const Secret *code) {
        CodeAttempt a = { .purpose = p, .subject = j->account, .account = j->account, .uid = j->uid, .code = code ? secret_view(code) : VIEW(NULL, 0),
                          .now = j->now, .settings = j->settings };
        int r;

        r = grant_held(t, j->account);
        if (r < 0)
                return r;
        a.flags = r > 0 ? CODE_UNSEEN_ONLY : 0;
        return code_check(t, &a, &j->not_before);
}

/* All codes that went to the old place are void, whatever they were for. */
static int change(Txn *t, ContactJob *j, Account *a, char **value) {
        const AuditEntry e = { .event = kinds[j->kind].event, .account = a->id, .uid = j->uid, .now = j->now };
        char **place = place_in(a, j->kind);
        int r;

        free(*place);
        *place = TAKE_PTR(*value);
        r = account_update(t, a);
        if (r >= 0)
                r = code_void_subject(t, a->id, j->now);
        if (r >= 0)
                r = contact_forget(t, a->id);
        return r < 0 ? r : audit_append(t, &e);
}

int contact_confirm(Txn *t, void *job) {
        _cleanup_(account_done) Account a = { 0 };
        _cleanup_free_ char *value = NULL;
        ContactJob *j = job;
        int r;

        r = account_load(t, j->account, &a);
        if (r >= 0)
                r = read_wanted(t, j, &value);
        if (r < 0)
                return r == -ENOENT ? CODE_E_VOID : r;
        if (!j->new_code || (**place_in(&a, j->kind) && !j->old_code))
                return CONTACT_NEEDS_SENT;
        r = check_code(t, j, kinds[j->kind].new, j->new_code);
        if (r == CODE_ACCEPTED && **place_in(&a, j->kind))
                r = check_code(t, j, kinds[j->kind].old, j->old_code);
        return r != CODE_ACCEPTED ? r : change(t, j, &a, &value);
}
