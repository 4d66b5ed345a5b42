/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Renewing a credential's certificate, and issuing a seal anew; see credential-job.h. */

#include <errno.h>
#include <string.h>

#include "daemon/account.h"
#include "daemon/credential-access.h"
#include "daemon/outcome.h"
#include "daemon/policy.h"

/* --- A new key beside the old one ------------------------------------------------------------------------------------ */

static int check_renewable(Txn *t, const CredentialJob *j) {
        int64_t requested;
        int r;

        if (j->record->status == CREDENTIAL_RETIRED)
                return OUTCOME_DISABLED;
        /* The new key would have the password of the one that was revealed. */
        if (j->record->status == CREDENTIAL_BLOCKED && credential_kind_has_password(j->record->kind))
                return OUTCOME_BLOCKED;
        r = renewal_requested(t, j->id, &requested);
        return r > 0 ? OUTCOME_EXISTS : r;
}

static int settle_seal(Txn *t, CredentialJob *j) {
        if (j->password || j->pin) {
                j->problem = "The renewal of a seal takes the factors `session` and `otp`, and no others.";
                return OUTCOME_FACTOR_NEEDED;
        }
        if (j->account[0] && !j->otp)
                return OUTCOME_CODE_NEEDED;
        return credential_settle_power(t, j, false);
}

/* A seal's is the operator's and its Administrator's, with a code. The owner of a key gives what opens it: the new one is opened by the same. */
int credential_job_begin_renewal(Txn *t, CredentialJob *j) {
        int r;

        r = credential_access(t, j);
        if (r == 0 && j->record->kind == CREDENTIAL_SEAL)
                r = settle_seal(t, j);
        if (r == 0)
                r = check_renewable(t, j);
        return r != 0 || j->record->kind == CREDENTIAL_SEAL ? r : credential_begin_key(t, j);
}

/* All that takes long comes before password and PIN are known to be right. */
static int open_second(CredentialJob *j, View *ret) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t old = NULL;
        int r;

        if (j->record->kind == CREDENTIAL_SEAL)
                return 0;
        if (j->record->kind == CREDENTIAL_SIGNATURE) {
                r = credential_job_try_pin(j);
                if (r >= 0)
                        *ret = secret_view(j->pin_key);
                return r;
        }
        r = j->opened = credential_open_key(j->store, j->record, secret_view(j->password), &old);
        if (r >= 0)
                *ret = secret_view(j->password);
        return r;
}

int credential_job_make_renewal(CredentialJob *j) {
        Credential next = { .kind = j->record->kind, .algorithm = j->record->algorithm };
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        View second = VIEW(NULL, 0);
        int r;

        strcpy(next.id, j->id);
        r = key_generate(next.algorithm, &key);
        if (r >= 0)
                r = subject_read(bytes_view(&j->record->subject), &j->subject);
        if (r >= 0)
                r = request_create(key, j->subject, &j->renewal.request);
        if (r >= 0)
                r = open_second(j, &second);
        if (r >= 0)
                r = credential_seal_key(j->store, &next, key, second);
        j->renewal.public_key = next.public_key;
        j->renewal.private_key = next.private_key;
        j->renewal.kdf = next.kdf;
        return r;
}

/* While the key was made the credential may have gone, or its Administrator's account. A wrong password or PIN is counted in any case. */
int credential_job_renew(Txn *t, CredentialJob *j) {
        int r;

        j->record = credential_free(j->record);
        r = credential_access(t, j);
        if (r == 0 && j->record->kind != CREDENTIAL_SEAL)
                r = credential_settle_key(t, j);
        if (r == 0)
                r = check_renewable(t, j);
        if (r != 0)
                return r;
        j->renewal.requested = j->now;
        r = renewal_insert(t, j->id, &j->renewal);
        if (r == -EEXIST)
                return OUTCOME_EXISTS;
        return r < 0 ? r : credential_audit(t, j, "renewal-requested", VIEW(NULL, 0));
}

int credential_job_get_renewal(Txn *t, CredentialJob *j) {
        int r;

        r = credential_access(t, j);
        if (r == 0)
                r = renewal_load(t, j->id, &j->renewal);
        return r == -ENOENT ? OUTCOME_NOT_FOUND : r;
}

/* What its owner gives up needs no more than the session: nothing is signed with it. */
int credential_job_cancel_renewal(Txn *t, CredentialJob *j) {
        int r;

        r = credential_access(t, j);
        if (r == 0 && j->record->kind == CREDENTIAL_SEAL)
                r = settle_seal(t, j);
        if (r == 0)
                r = renewal_delete(t, j->id);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        return r != 0 ? r : credential_audit(t, j, "renewal-cancelled", VIEW(NULL, 0));
}

int credential_take_renewal(Txn *t, CredentialJob *j) {
        _cleanup_(renewal_done) Renewal n = { 0 };
        int r;

        r = renewal_load(t, j->id, &n);
        if (r < 0)
                return r == -ENOENT ? OUTCOME_CERTIFICATE : r;
        r = chain_build(j->certificates, j->n_certificates, bytes_view(&n.public_key), credential_profile(j->record), j->now, &j->chain, &j->problem);
        if (r == -EINVAL || r == -EKEYREJECTED)
                return OUTCOME_CERTIFICATE;
        if (r >= 0)
                r = renewal_delete(t, j->id);
        if (r < 0)
                return r;
        bytes_done(&j->record->public_key);
        bytes_done(&j->record->private_key);
        bytes_done(&j->record->kdf);
        j->record->public_key = bytes_take(&n.public_key);
        j->record->private_key = bytes_take(&n.private_key);
        j->record->kdf = bytes_take(&n.kdf);
        j->renewed = true;
        return 0;
}

/* --- Another seal in the place of this one --------------------------------------------------------------------------- */

int credential_job_begin_reissue(Txn *t, CredentialJob *j) {
        int r;

        r = credential_access_seal(t, j);
        return r != 0 ? r : j->record->status == CREDENTIAL_REQUESTED ? OUTCOME_CERTIFICATE : 0;
}

int credential_job_make_reissue(CredentialJob *j) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        Credential *c;
        int r;

        c = j->next = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->kind = j->record->kind;
        c->factors = j->record->factors;
        c->status = CREDENTIAL_REQUESTED;
        c->algorithm = j->record->algorithm;
        c->created = j->now;
        c->label = strdup(j->record->label);
        if (!c->label)
                return -ENOMEM;
        r = bytes_dup(bytes_view(&j->record->subject), &c->subject);
        if (r >= 0)
                r = id_random(ID_RECORD, c->id);
        if (r >= 0)
                r = key_generate(c->algorithm, &key);
        return r < 0 ? r : credential_seal_key(j->store, c, key, VIEW(NULL, 0));
}

/* One step: there is no moment with two seals that sign, and none with a seal that two administer. */
int credential_job_reissue(Txn *t, CredentialJob *j) {
        _cleanup_(account_done) Account a = { 0 };
        char payload[64];
        Policy policy;
        int r;

        r = account_find(t, j->login, &a);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r < 0)
                return r;
        j->record = credential_free(j->record);
        r = credential_access_seal(t, j);
        if (r != 0)
                return r;
        r = policy_load(t, j->record, &policy);
        if (r >= 0)
                r = credential_retire(t, j);
        if (r >= 0)
                r = credential_insert(t, j->next);
        if (r >= 0)
                r = policy_save(t, j->next, &policy);
        if (r >= 0)
                r = grant_add(t, a.id, j->next->id, ROLE_ADMINISTRATOR, j->now, NULL);
        if (r < 0)
                return r;
        snprintf(payload, sizeof(payload), "{\"by\":\"%s\"}", j->next->id);
        return credential_audit(t, j, "seal-reissued", view_string(payload));
}
