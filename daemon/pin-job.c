/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Setting, changing and unblocking PINs; see pin-job.h. */

#include <errno.h>
#include <string.h>

#include "daemon/audit.h"
#include "daemon/grant.h"
#include "daemon/outbox.h"
#include "daemon/outcome.h"
#include "daemon/pin-job.h"
#include "daemon/token.h"

static void forget_signatures(PinJob *j) {
        while (j->n_signatures > 0) {
                credential_free(j->signatures[--j->n_signatures]);
                renewal_done(&j->renewals[j->n_signatures]);
        }
}

void pin_job_done(PinJob *j) {
        j->pin = secret_free(j->pin);
        j->new_pin = secret_free(j->new_pin);
        j->activation_code = secret_free(j->activation_code);
        j->code = secret_free(j->code);
        j->otp = secret_free(j->otp);
        j->key = secret_free(j->key);
        j->new_key = secret_free(j->new_key);
        pin_done(&j->tried);
        pin_done(&j->fresh);
        forget_signatures(j);
}

static int append(Txn *t, const PinJob *j, const char *event, const char *credential) {
        const AuditEntry e = { .event = event, .account = j->account, .uid = j->uid, .credential = credential, .now = j->now };

        return audit_append(t, &e);
}

/* --- Signatures --------------------------------------------------------------------------------------------------- */

typedef struct Ids {
        char ids[PIN_SIGNATURES_MAX][CREDENTIAL_ID_SIZE];
        size_t n;
} Ids;

static int add_id(const char *id, void *userdata) {
        Ids *l = userdata;

        if (l->n == PIN_SIGNATURES_MAX)
                return -E2BIG;
        if (strlen(id) >= CREDENTIAL_ID_SIZE)
                return -EBADMSG;
        strcpy(l->ids[l->n++], id);
        return 0;
}

static int load_signatures(Txn *t, const char *account, Credential **ret, size_t *ret_n) {
        Ids ids = { .n = 0 };
        size_t n = 0;
        int r;

        r = credential_each_signature(t, account, add_id, &ids);
        while (r >= 0 && n < ids.n) {
                r = credential_load(t, ids.ids[n], &ret[n]);
                if (r >= 0)
                        n++;
        }
        if (r >= 0) {
                *ret_n = n;
                return 0;
        }
        while (n > 0)
                credential_free(ret[--n]);
        return r;
}

static int retire(Txn *t, const PinJob *j, Credential *c) {
        int r;

        c->status = CREDENTIAL_RETIRED;
        bytes_done(&c->private_key);
        r = credential_update(t, c);
        if (r >= 0)
                r = renewal_delete(t, c->id);
        return r < 0 && r != -ENOENT ? r : append(t, j, "credential-retired", c->id);
}

static int retire_all(Txn *t, PinJob *j) {
        int r;

        r = load_signatures(t, j->account, j->signatures, &j->n_signatures);
        for (size_t i = 0; r >= 0 && i < j->n_signatures; i++)
                r = retire(t, j, j->signatures[i]);
        return r;
}

/* --- Codes -------------------------------------------------------------------------------------------------------- */

int pin_job_send(Txn *t, PinJob *j) {
        _cleanup_(account_done) Account a = { 0 };
        OutboxField fields[2];
        CodeRequest q = {
                .purpose = j->purpose,
                .subject = j->account,
                .account = j->account,
                .uid = j->uid,
                .fields = fields,
                .n_fields = ELEMENTSOF(fields),
                .now = j->now,
                .settings = j->settings,
        };
        int r;

        r = account_load(t, j->account, &a);
        if (r < 0)
                return r;
        fields[0] = (OutboxField) { "login", view_string(a.login) };
        fields[1] = (OutboxField) { "name", view_string(a.name) };
        q.recipient = code_purpose_channel(j->purpose) == CHANNEL_MAIL ? a.email : a.phone;
        q.language = a.language;
        r = code_send(t, &q, &j->sent, &j->until);
        return r < 0 ? r : append(t, j, "pin-code-sent", NULL);
}

/* What is needed, as the account is now. */
typedef struct Need {
        bool activation_code, code, otp;
        unsigned flags;
} Need;

static int find_need(Txn *t, const PinJob *j, Need *ret) {
        _cleanup_(account_done) Account a = { 0 };
        Need n = { 0 };
        int r, held;

        r = account_load(t, j->account, &a);
        if (r < 0)
                return r;
        held = grant_held(t, j->account);
        if (held < 0)
                return held;
        n.flags = held > 0 ? CODE_UNSEEN_ONLY : 0;
        n.activation_code = a.email[0];
        n.code = a.phone[0];
        if (!n.code) {
                r = token_needs_code(t, j->account);
                if (r < 0)
                        return r;
                n.otp = r > 0;
                if (!n.otp && held > 0 && !j->first)
                        return OUTCOME_NOT_POSSIBLE;
        }
        *ret = n;
        return 0;
}

static int want(PinJob *j, bool needed, const Secret *given, const char *name) {
        if (!needed || given)
                return 0;
        j->needed = name;
        return OUTCOME_FACTOR_NEEDED;
}

static int check_given(PinJob *j, const Need *n) {
        int r;

        r = want(j, n->activation_code, j->activation_code, "activation_code");
        if (r == 0)
                r = want(j, n->code, j->code, "code");
        return r != 0 ? r : want(j, n->otp, j->otp, "otp");
}

static int check_code(Txn *t, PinJob *j, CodePurpose purpose, const Secret *given, unsigned flags) {
        const CodeAttempt a = {
                .purpose = purpose,
                .subject = j->account,
                .account = j->account,
                .uid = j->uid,
                .code = secret_view(given),
                .flags = flags,
                .now = j->now,
                .settings = j->settings,
        };
        int r;

        r = code_check(t, &a, &j->until);
        if (r == CODE_ACCEPTED)
                return 0;
        j->code_result = r;
        j->code_purpose = purpose;
        return r < 0 ? r : OUTCOME_CODE;
}

/* All must fit before one is used up. */
static int settle_codes(Txn *t, PinJob *j) {
        Need n;
        int r;

        r = find_need(t, j, &n);
        if (r == 0)
                r = check_given(j, &n);
        if (r == 0 && n.activation_code)
                r = check_code(t, j, CODE_PIN_ACTIVATION, j->activation_code, n.flags);
        if (r == 0 && n.code)
                r = check_code(t, j, CODE_PIN_SMS, j->code, n.flags);
        if (r == 0 && n.otp)
                r = token_settle(t, j->account, j->uid, secret_view(j->otp), j->now, &j->until);
        if (r == 0)
                r = code_use(t, CODE_PIN_ACTIVATION, j->account, j->now);
        return r != 0 ? r : code_use(t, CODE_PIN_SMS, j->account, j->now);
}

/* --- Setting and resetting ---------------------------------------------------------------------------------------- */

static int check_there(Txn *t, const PinJob *j) {
        _cleanup_(pin_done) Pin p = { 0 };
        int r;

        r = pin_load(t, j->account, &p);
        if (r == -ENOENT)
                return j->first ? 0 : OUTCOME_NO_PIN;
        return r < 0 ? r : j->first ? OUTCOME_EXISTS : 0;
}

int pin_job_begin(Txn *t, PinJob *j) {
        Need n;
        int r;

        r = check_there(t, j);
        if (r == 0)
                r = find_need(t, j, &n);
        return r != 0 ? r : check_given(j, &n);
}

int pin_job_make(PinJob *j) {
        return pin_make(j->store, j->account, secret_view(j->new_pin), j->now, &j->fresh, &j->new_key);
}

int pin_job_set(Txn *t, PinJob *j) {
        int r;

        r = check_there(t, j);
        if (r == 0)
                r = settle_codes(t, j);
        if (r != 0)
                return r;
        /* Without a PIN too: what one opened whose record is gone, nothing opens any more. */
        r = retire_all(t, j);
        if (r >= 0)
                r = pin_write(t, j->account, &j->fresh);
        return r < 0 ? r : append(t, j, j->first ? "pin-set" : "pin-reset", NULL);
}

/* Guesses that the session alone gave back would be as many as there are PINs. */
static int check_confirmable(Txn *t, const PinJob *j) {
        Need n;
        int r;

        r = find_need(t, j, &n);
        return r != 0 ? r : n.activation_code || n.code || n.otp ? 0 : OUTCOME_NO_TOKEN;
}

int pin_job_unblock(Txn *t, PinJob *j) {
        int r;

        r = check_there(t, j);
        if (r == 0)
                r = check_confirmable(t, j);
        if (r == 0)
                r = settle_codes(t, j);
        if (r != 0)
                return r;
        r = pin_unblock(t, j->account);
        return r < 0 ? r : append(t, j, "pin-unblocked", NULL);
}

/* --- Changing ----------------------------------------------------------------------------------------------------- */

static PinAttempt attempt(const PinJob *j) {
        return (PinAttempt) { .account = j->account, .uid = j->uid, .otp = j->otp, .tried = &j->tried, .opened = j->opened, .now = j->now };
}

int pin_job_begin_change(Txn *t, PinJob *j) {
        const PinAttempt a = attempt(j);
        int r;

        forget_signatures(j);
        r = pin_begin(t, &a, &j->tried, &j->until);
        if (r == 0)
                r = load_signatures(t, j->account, j->signatures, &j->n_signatures);
        for (size_t i = 0; r == 0 && i < j->n_signatures; i++) {
                r = renewal_load(t, j->signatures[i]->id, &j->renewals[i]);
                r = r == -ENOENT ? 0 : r;
        }
        return r;
}

static int reseal(PinJob *j) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < j->n_signatures; i++) {
                r = credential_reseal_key(j->store, j->signatures[i], secret_view(j->key), secret_view(j->new_key));
                if (r >= 0 && j->renewals[i].private_key.len > 0)
                        r = renewal_reseal(j->store, j->signatures[i]->id, &j->renewals[i], secret_view(j->key), secret_view(j->new_key));
        }
        return r;
}

int pin_job_reseal(PinJob *j) {
        int r;

        j->key = secret_free(j->key);
        j->new_key = secret_free(j->new_key);
        pin_done(&j->fresh);
        /* Before the present one is tried: a right one takes as long as a wrong one. */
        r = pin_job_make(j);
        if (r < 0)
                return r;
        j->opened = pin_open(j->store, j->account, &j->tried, secret_view(j->pin), &j->key);
        return j->opened < 0 ? j->opened : reseal(j);
}

static ssize_t find_resealed(const PinJob *j, const char *id) {
        for (size_t i = 0; i < j->n_signatures; i++)
                if (strcmp(j->signatures[i]->id, id) == 0)
                        return (ssize_t) i;
        return -1;
}

/* Whether what was sealed anew is what is there now: keys come and go by renewals. */
static int is_unchanged(Txn *t, const PinJob *j, const Credential *there) {
        _cleanup_(renewal_done) Renewal n = { 0 };
        ssize_t i = find_resealed(j, there->id);
        int r;

        if (i < 0 || !view_equal(bytes_view(&there->public_key), bytes_view(&j->signatures[i]->public_key)))
                return 0;
        r = renewal_load(t, there->id, &n);
        if (r < 0 && r != -ENOENT)
                return r;
        return view_equal(bytes_view(&n.public_key), bytes_view(&j->renewals[i].public_key));
}

static int write_renewal(Txn *t, const char *id, const Renewal *n) {
        int r;

        if (n->private_key.len == 0)
                return 0;
        r = renewal_delete(t, id);
        return r < 0 ? r : renewal_insert(t, id, n);
}

/* Into the records as they are now: a certificate may have come meanwhile. */
static int write_resealed(Txn *t, const PinJob *j, Credential **there, size_t n) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++) {
                size_t k = (size_t) find_resealed(j, there[i]->id);

                bytes_done(&there[i]->private_key);
                r = bytes_dup(bytes_view(&j->signatures[k]->private_key), &there[i]->private_key);
                if (r >= 0)
                        r = credential_update(t, there[i]);
                if (r >= 0)
                        r = write_renewal(t, there[i]->id, &j->renewals[k]);
        }
        return r;
}

static int settle_change(Txn *t, PinJob *j, Credential **there, size_t n) {
        const PinAttempt a = attempt(j);
        int r;

        for (size_t i = 0; i < n; i++) {
                r = is_unchanged(t, j, there[i]);
                if (r <= 0)
                        return r < 0 ? r : OUTCOME_CHANGED;
        }
        r = pin_settle(t, &a, &j->until);
        if (r != 0)
                return r;
        r = write_resealed(t, j, there, n);
        if (r >= 0)
                r = pin_write(t, j->account, &j->fresh);
        return r < 0 ? r : append(t, j, "pin-changed", NULL);
}

int pin_job_change(Txn *t, PinJob *j) {
        Credential *there[PIN_SIGNATURES_MAX];
        size_t n = 0;
        int r;

        r = load_signatures(t, j->account, there, &n);
        if (r >= 0)
                r = settle_change(t, j, there, n);
        while (n > 0)
                credential_free(there[--n]);
        return r;
}

/* --- Telling ------------------------------------------------------------------------------------------------------ */

int pin_job_status(Txn *t, PinJob *j) {
        _cleanup_(account_done) Account a = { 0 };
        int r;

        r = account_load(t, j->account, &a);
        if (r < 0)
                return r;
        j->has_mail = a.email[0];
        j->has_phone = a.phone[0];
        r = token_needs_code(t, j->account);
        if (r < 0)
                return r;
        j->needs_otp = r > 0;
        r = pin_load(t, j->account, &j->tried);
        if (r < 0 && r != -ENOENT)
                return r;
        j->set = r >= 0;
        return load_signatures(t, j->account, j->signatures, &j->n_signatures);
}
