/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Credentials: making, certifying, retiring, listing; see credential-job.h. Their users are in credential-users.c. */

#include <errno.h>
#include <string.h>

#include "daemon/account.h"
#include "daemon/audit.h"
#include "daemon/credential-access.h"
#include "daemon/credential-password.h"
#include "daemon/lease.h"
#include "daemon/outcome.h"
#include "daemon/token.h"

void credential_job_done(CredentialJob *j) {
        j->otp = secret_free(j->otp);
        j->password = secret_free(j->password);
        j->pin = secret_free(j->pin);
        j->pin_key = secret_free(j->pin_key);
        pin_done(&j->tried);
        bytes_done(&j->chain);
        free(j->user_name);
        j->record = credential_free(j->record);
        j->subject = subject_free(j->subject);
        bytes_done(&j->request);
        seal_users_done(&j->users);
        renewal_done(&j->renewal);
        j->next = credential_free(j->next);
        for (size_t i = 0; i < j->n_listed; i++) {
                credential_free(j->listed[i].record);
                free(j->listed[i].login);
                free(j->listed[i].name);
                free(j->listed[i].email);
                certificate_fields_done(&j->listed[i].fields);
        }
        free(j->listed);
        free(j->affected.ids);
}

/* --- Who may ------------------------------------------------------------------------------------------------------ */

int credential_access(Txn *t, CredentialJob *j) {
        Role role;
        int r;

        r = credential_load(t, j->id, &j->record);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r < 0)
                return r;
        if (!j->account[0])
                return j->record->kind == CREDENTIAL_SEAL ? 0 : OUTCOME_DENIED;
        r = credential_role(t, j->record, j->account, &role);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r < 0)
                return r;
        return role == ROLE_ADMINISTRATOR || role == ROLE_OWNER ? 0 : OUTCOME_DENIED;
}

/* Certificates, requests and the end of a seal are the operator's; a person's key is that person's alone. */
static int access_key(Txn *t, CredentialJob *j) {
        int r;

        r = credential_access(t, j);
        if (r != 0)
                return r;
        return j->record->kind == CREDENTIAL_SEAL && j->account[0] ? OUTCOME_DENIED : 0;
}

int credential_audit(Txn *t, const CredentialJob *j, const char *event, View payload) {
        const AuditEntry e = {
                .event = event,
                .account = j->account[0] ? j->account : NULL,
                .uid = j->uid,
                .credential = j->record ? j->record->id : j->id,
                .payload = payload,
                .now = j->now,
        };

        return audit_append(t, &e);
}

/* --- Making ------------------------------------------------------------------------------------------------------- */

int credential_job_make_key(CredentialJob *j) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        int r;

        r = key_generate(j->record->algorithm, &key);
        if (r >= 0)
                r = subject_write(j->subject, &j->record->subject);
        if (r < 0)
                return r;
        return credential_seal_key(j->store, j->record, key, j->password ? secret_view(j->password) : VIEW(NULL, 0));
}

static int create_seal(Txn *t, CredentialJob *j) {
        _cleanup_(account_done) Account a = { 0 };
        int r;

        r = account_find(t, j->login, &a);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r >= 0)
                r = credential_insert(t, j->record);
        if (r >= 0)
                r = grant_add(t, a.id, j->record->id, ROLE_ADMINISTRATOR, j->now, NULL);
        return r < 0 ? r : credential_audit(t, j, "seal-created", VIEW(NULL, 0));
}

static PinAttempt attempt(const CredentialJob *j) {
        return (PinAttempt) {
                .account = j->account,
                .uid = j->uid,
                .credential = j->record ? j->record->id : NULL,
                .otp = j->otp,
                .tried = &j->tried,
                .opened = j->opened,
                .now = j->now,
        };
}

static int begin_pin(Txn *t, CredentialJob *j) {
        const PinAttempt a = attempt(j);

        return pin_begin(t, &a, &j->tried, &j->until);
}

static int settle_pin(Txn *t, CredentialJob *j) {
        const PinAttempt a = attempt(j);

        return pin_settle(t, &a, &j->until);
}

int credential_settle_power(Txn *t, CredentialJob *j, bool gives) {
        Policy policy;
        int r;

        if (!j->account[0])
                return 0;
        r = policy_load(t, j->record, &policy);
        if (r < 0)
                return r;
        if (j->pin)
                return settle_pin(t, j);
        if (gives && policy.factors == FACTOR_PIN_OTP)
                return OUTCOME_PIN_NEEDED;
        return token_settle(t, j->account, j->uid, secret_view(j->otp), j->now, &j->until);
}

int credential_job_check_pin(Txn *t, CredentialJob *j) {
        return begin_pin(t, j);
}

int credential_job_try_pin(CredentialJob *j) {
        j->opened = pin_open(j->store, j->account, &j->tried, secret_view(j->pin), &j->pin_key);
        return j->opened;
}

static int count_one(const char *id, void *userdata) {
        return ++*(unsigned *) userdata < PIN_SIGNATURES_MAX ? 0 : -EDQUOT;
}

/* A change of the PIN seals them all anew in one go. */
static int check_room(Txn *t, CredentialJob *j) {
        unsigned n = 0;
        int r;

        r = credential_each_signature(t, j->account, count_one, &n);
        return r == -EDQUOT ? OUTCOME_FULL : r;
}

int credential_job_begin_signature(Txn *t, CredentialJob *j) {
        int r;

        r = check_room(t, j);
        return r != 0 ? r : begin_pin(t, j);
}

int credential_job_make_signature(CredentialJob *j) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        int r;

        /* All that takes long comes before the PIN, so that a right one takes no longer than a wrong one. */
        r = key_generate(j->record->algorithm, &key);
        if (r >= 0)
                r = subject_write(j->subject, &j->record->subject);
        if (r >= 0)
                r = request_create(key, j->subject, &j->request);
        if (r >= 0)
                r = credential_job_try_pin(j);
        return r < 0 ? r : credential_seal_key(j->store, j->record, key, secret_view(j->pin_key));
}

/* Of the terms that were accepted with it the entry's time is the time. Neither word needs an escape in JSON. */
static int audit_made(Txn *t, const CredentialJob *j) {
        const Credential *c = j->record;
        char payload[128];

        if (c->terms && c->terms[0])
                snprintf(payload, sizeof(payload), "{\"profile\":\"%s\",\"terms\":\"%s\"}", profile_to_string(credential_profile(c)), c->terms);
        else
                snprintf(payload, sizeof(payload), "{\"profile\":\"%s\"}", profile_to_string(credential_profile(c)));
        return credential_audit(t, j, "key-generated", view_string(payload));
}

int credential_job_create(Txn *t, CredentialJob *j) {
        int r;

        if (j->record->kind == CREDENTIAL_SEAL)
                return create_seal(t, j);
        r = j->record->kind == CREDENTIAL_SIGNATURE ? check_room(t, j) : 0;
        if (r == 0 && j->record->kind == CREDENTIAL_SIGNATURE)
                r = settle_pin(t, j);
        if (r != 0)
                return r;
        r = credential_insert(t, j->record);
        return r < 0 ? r : audit_made(t, j);
}

/* --- Certificates ------------------------------------------------------------------------------------------------- */

int credential_begin_key(Txn *t, CredentialJob *j) {
        if (j->record->kind == CREDENTIAL_SIGNATURE) {
                j->problem = "The factor `pin` is needed.";
                return j->pin && !j->password ? begin_pin(t, j) : OUTCOME_FACTOR_NEEDED;
        }
        j->problem = "The factor `password` is needed.";
        return j->password && !j->pin && !j->otp ? credential_password_check(t, j->id, j->uid, j->now, &j->until) : OUTCOME_FACTOR_NEEDED;
}

int credential_settle_key(Txn *t, CredentialJob *j) {
        if (j->record->kind == CREDENTIAL_SIGNATURE)
                return settle_pin(t, j);
        return credential_password_settle(t, j->id, j->account, j->uid, j->now, j->opened, &j->until);
}

int credential_job_request(Txn *t, CredentialJob *j) {
        int r;

        r = access_key(t, j);
        if (r != 0)
                return r;
        if (j->record->status == CREDENTIAL_RETIRED)
                return OUTCOME_DISABLED;
        if (j->record->status == CREDENTIAL_BLOCKED)
                return OUTCOME_BLOCKED;
        return j->record->kind == CREDENTIAL_SEAL ? credential_audit(t, j, "request-made", VIEW(NULL, 0)) : credential_begin_key(t, j);
}

static int open_key(CredentialJob *j, gnutls_privkey_t *ret) {
        const Secret *second = j->record->kind == CREDENTIAL_SIGNATURE ? j->pin_key : j->password;

        return credential_open_key(j->store, j->record, second ? secret_view(second) : VIEW(NULL, 0), ret);
}

int credential_job_make_request(CredentialJob *j) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        int r;

        r = open_key(j, &key);
        j->opened = r;
        if (r >= 0)
                r = subject_read(bytes_view(&j->record->subject), &j->subject);
        return r < 0 ? r : request_create(key, j->subject, &j->request);
}

int credential_job_settle_request(Txn *t, CredentialJob *j) {
        int r;

        r = credential_settle_key(t, j);
        return r != 0 ? r : credential_audit(t, j, "request-made", VIEW(NULL, 0));
}

int credential_job_import(Txn *t, CredentialJob *j) {
        int r;

        r = access_key(t, j);
        if (r != 0)
                return r;
        if (j->record->status == CREDENTIAL_RETIRED)
                return OUTCOME_DISABLED;
        r = chain_build(j->certificates, j->n_certificates, bytes_view(&j->record->public_key), credential_profile(j->record), j->now, &j->chain, &j->problem);
        if (r == -EKEYREJECTED)
                r = credential_take_renewal(t, j);
        if (r == -EINVAL)
                return OUTCOME_CERTIFICATE;
        if (r != 0)
                return r;
        /* Another key in its place ends the report; another certificate for the same key does not. */
        if (j->record->status == CREDENTIAL_BLOCKED && !j->renewed)
                return OUTCOME_BLOCKED;
        bytes_done(&j->record->certificates);
        j->record->certificates = bytes_take(&j->chain);
        j->record->status = CREDENTIAL_ACTIVE;
        r = credential_update(t, j->record);
        return r < 0 ? r : credential_audit(t, j, j->renewed ? "renewed" : "certificates-imported", VIEW(NULL, 0));
}

int credential_retire(Txn *t, CredentialJob *j) {
        int r;

        j->record->status = CREDENTIAL_RETIRED;
        bytes_done(&j->record->private_key);
        bytes_done(&j->record->kdf);
        r = credential_update(t, j->record);
        if (r >= 0)
                r = renewal_delete(t, j->id);
        if (r >= 0 || r == -ENOENT)
                r = lease_break(t, j->id);
        if (r >= 0)
                r = invitation_remove_all(t, j->id, NULL, j->now);
        return r < 0 ? r : 0;
}

int credential_job_retire(Txn *t, CredentialJob *j) {
        int r;

        r = access_key(t, j);
        if (r == 0)
                r = credential_retire(t, j);
        return r != 0 ? r : credential_audit(t, j, "credential-retired", VIEW(NULL, 0));
}

/* --- Listing ------------------------------------------------------------------------------------------------------ */

typedef char Id[CREDENTIAL_ID_SIZE];

typedef struct Ids {
        Id *ids;
        size_t n;
} Ids;

static void ids_done(Ids *l) {
        free(l->ids);
}

static int add_id(const char *id, void *userdata) {
        Ids *l = userdata;
        Id *p;

        if (l->n >= CREDENTIALS_LIST_MAX)
                return 0;
        p = reallocarray(l->ids, l->n + 1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        l->ids = p;
        if (!id_is_valid(ID_RECORD, id))
                return -EBADMSG;
        strcpy(l->ids[l->n++], id);
        return 0;
}

/* Which there may be; whether they are is asked of each record and grant. */
static int find_ids(Txn *t, const char *account, Ids *l) {
        Row *row;
        int r;

        if (account)
                r = txn_query(t, &row, "SELECT id FROM credential WHERE owner = ?1 UNION SELECT credential FROM entitlement "
                                       "WHERE account = ?1 AND status = 'active' ORDER BY 1", "s", account);
        else
                r = txn_query(t, &row, "SELECT id FROM credential ORDER BY created, id", "");
        for (; r > 0; r = txn_next(t, &row)) {
                r = add_id(row_text(row, 0), l);
                if (r < 0)
                        return r;
        }
        return r;
}

static int list_one(Txn *t, CredentialJob *j, const char *id, const Account *a) {
        _cleanup_(credential_freep) Credential *c = NULL;
        CredentialListed *p, l = { .renewal = -1 };
        View certificate;
        int r;

        r = credential_load(t, id, &c);
        if (r >= 0 && a)
                r = credential_role(t, c, a->id, &l.role);
        if (r >= 0)
                r = renewal_requested(t, id, &l.renewal);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        p = reallocarray(j->listed, j->n_listed + 1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        j->listed = p;
        if (credential_certificate(c, 0, &certificate) >= 0)
                l.has_fields = certificate_fields_read(certificate, &l.fields) >= 0;
        if (a) {
                l.login = strdup(a->login);
                l.name = strdup(a->name);
                l.email = strdup(a->email);
        }
        l.record = TAKE_PTR(c);
        j->listed[j->n_listed++] = l;
        return 0;
}

static int list_account(Txn *t, CredentialJob *j, const char *account) {
        _cleanup_(account_done) Account a = { 0 };
        _cleanup_(ids_done) Ids ids = { 0 };
        int r;

        if (account) {
                r = account_load(t, account, &a);
                if (r < 0)
                        return r;
        }
        r = find_ids(t, account, &ids);
        for (size_t i = 0; r >= 0 && i < ids.n && j->n_listed < CREDENTIALS_LIST_MAX; i++)
                r = list_one(t, j, ids.ids[i], account ? &a : NULL);
        return r;
}

int credential_job_list(Txn *t, CredentialJob *j) {
        _cleanup_(ids_done) Ids accounts = { 0 };
        int r;

        if (j->all)
                return list_account(t, j, NULL);
        r = binding_each_account(t, j->machine, j->uid, j->user_name, add_id, &accounts);
        for (size_t i = 0; r >= 0 && i < accounts.n; i++)
                r = list_account(t, j, accounts.ids[i]);
        return r < 0 ? r : 0;
}

static int sees(Txn *t, const CredentialJob *j, bool *ret) {
        _cleanup_(ids_done) Ids accounts = { 0 };
        Role role;
        int r;

        *ret = j->all;
        if (j->all)
                return 0;
        r = binding_each_account(t, j->machine, j->uid, j->user_name, add_id, &accounts);
        for (size_t i = 0; r >= 0 && !*ret && i < accounts.n; i++) {
                r = credential_role(t, j->record, accounts.ids[i], &role);
                *ret = r >= 0;
                r = r == -ENOENT ? 0 : r;
        }
        return r < 0 ? r : 0;
}

int credential_job_certificates(Txn *t, CredentialJob *j) {
        bool seen;
        int r;

        r = credential_load(t, j->id, &j->record);
        if (r == -ENOENT)
                return j->all ? OUTCOME_NOT_FOUND : OUTCOME_DENIED;
        if (r >= 0)
                r = sees(t, j, &seen);
        return r < 0 ? r : seen ? 0 : OUTCOME_DENIED;
}
