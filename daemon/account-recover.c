/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Passwords that are set by codes; see account-recover.h. */

#include <errno.h>
#include <string.h>

#include "daemon/account-recover.h"
#include "daemon/audit.h"
#include "daemon/grant.h"
#include "daemon/outbox.h"

/* No account has it. */
#define NOBODY "----------------"

int recover_subjects(RecoverJob *j) {
        throttle_subject_user_recover(j->uid, j->user_subject);
        return throttle_subject_recover(j->login, j->uid, j->subject);
}

void recover_job_done(RecoverJob *j) {
        free(j->login);
        free(j->user_name);
        secret_free(j->mail);
        secret_free(j->sms);
        bytes_done(&j->record);
}

/* --- Whose codes ---------------------------------------------------------------------------------------------------- */

typedef struct Target {
        Account account; /* of that login; with the id of nobody where there is none */
        bool open;       /* there is one, and the caller may */
} Target;

static void target_done(Target *g) {
        account_done(&g->account);
}

static CodePurpose purpose_of(const Target *g) {
        return g->open && g->account.password.len == 0 ? CODE_ACCOUNT_ACTIVATION : CODE_PASSWORD_RESET_MAIL;
}

static int find_target(Txn *t, const RecoverJob *j, Target *ret) {
        Account a = { 0 };
        Binding binding;
        int r;

        r = account_find(t, j->login, &a);
        if (r == -ENOENT)
                strcpy(a.id, NOBODY);
        else if (r < 0)
                return r;
        r = binding_check(t, a.id, j->machine, j->uid, j->user_name, &binding);
        if (r < 0) {
                account_done(&a);
                return r;
        }
        *ret = (Target) {
                .account = a,
                .open = a.active && binding == BINDING_FITS && (j->kind != RECOVER_ACTIVATION || a.password.len == 0),
        };
        return 0;
}

/* Whose codes are looked at: those of nobody unless the caller may, so that he cannot use up somebody else's. */
static const char *subject_of(const Target *g) {
        return g->open ? g->account.id : NOBODY;
}

/* What an operator may have read is no proof where it would give away a seal. */
static int flags_of(Txn *t, const char *account) {
        int r = grant_held(t, account);

        return r > 0 ? CODE_UNSEEN_ONLY : r;
}

static int check_code(Txn *t, const RecoverJob *j, const Target *g, CodePurpose p, const Secret *code) {
        const CodeAttempt a = { .purpose = p, .subject = subject_of(g), .account = subject_of(g), .uid = j->uid,
                                .code = code ? secret_view(code) : VIEW(NULL, 0), .now = j->now, .settings = j->settings };
        int64_t ignored;

        return code_check(t, &a, &ignored);
}

/* Whether what was right suffices: the same codes once more, as far as nobody else has seen them. */
static int check_unseen(Txn *t, const RecoverJob *j, const Target *g) {
        const CodePurpose purposes[] = { purpose_of(g), CODE_PASSWORD_RESET_SMS };
        const Secret *const codes[] = { j->mail, j->sms };
        int flags, r;

        flags = flags_of(t, g->account.id);
        if (flags <= 0)
                return flags < 0 ? flags : CODE_ACCEPTED;
        for (size_t i = 0; i < 2 && codes[i]; i++) {
                const CodeAttempt a = { .purpose = purposes[i], .subject = g->account.id, .account = g->account.id, .uid = j->uid,
                                        .code = secret_view(codes[i]), .flags = (unsigned) flags, .now = j->now, .settings = j->settings };
                int64_t ignored;

                r = code_check(t, &a, &ignored);
                if (r == CODE_E_SEEN)
                        return RECOVER_SEEN;
                if (r < 0)
                        return r;
        }
        return CODE_ACCEPTED;
}

/* --- Failing and noting --------------------------------------------------------------------------------------------- */

static int check_wait(Txn *t, RecoverJob *j) {
        int r;

        r = throttle_check(t, j->user_subject, j->now, &j->not_before);
        return r < 0 ? r : throttle_check(t, j->subject, j->now, &j->not_before);
}

static int count(Txn *t, const RecoverJob *j) {
        int64_t ignored;
        int r;

        r = throttle_fail(t, j->subject, j->now, &ignored);
        return r < 0 ? r : throttle_fail(t, j->user_subject, j->now, &ignored);
}

static int note(Txn *t, const RecoverJob *j, const Target *g, const char *event) {
        const AuditEntry e = { .event = event, .account = g->account.login ? g->account.id : NULL, .uid = j->uid, .now = j->now };

        return audit_append(t, &e);
}

static int refuse(Txn *t, RecoverJob *j, const Target *g) {
        int r;

        r = count(t, j);
        if (r >= 0)
                r = note(t, j, g, "password-reset-failed");
        return r < 0 ? r : RECOVER_REFUSED;
}

/* --- Asking for codes ----------------------------------------------------------------------------------------------- */

int recover_count(Txn *t, void *job) {
        RecoverJob *j = job;
        int r;

        r = check_wait(t, j);
        return r < 0 ? r : count(t, j);
}

static int send(Txn *t, const Account *a, CodePurpose p, CodePurpose also, int64_t uid, const Settings *s, int64_t now, CodeSent *ret,
                int64_t *ret_not_before) {
        const OutboxField fields[] = {
                { "login", view_string(a->login) },
                { "name", view_string(a->name) },
        };
        const CodeRequest q = { .purpose = p, .also = also, .subject = a->id, .account = a->id, .uid = uid,
                                .recipient = code_purpose_channel(p) == CHANNEL_MAIL ? a->email : a->phone, .language = a->language, .fields = fields,
                                .n_fields = ELEMENTSOF(fields), .now = now, .settings = s };

        return code_send(t, &q, ret, ret_not_before);
}

int recover_send_activation(Txn *t, const Account *a, int64_t uid, bool pin_activation, const Settings *s, int64_t now, CodeSent *ret,
                            int64_t *ret_not_before) {
        return send(t, a, CODE_ACCOUNT_ACTIVATION, pin_activation ? CODE_PIN_ACTIVATION : CODE_NONE, uid, s, now, ret, ret_not_before);
}

/* What is not sent, for whatever reason the caller could have found out by asking again, is not sent quietly. */
static bool is_quiet(int r) {
        return r == -EAGAIN || r == -EDQUOT || r == -EDESTADDRREQ || r == -ENOBUFS || r == -ESTALE;
}

int recover_request(Txn *t, void *job) {
        _cleanup_(target_done) Target g = { 0 };
        RecoverJob *j = job;
        int r;

        r = find_target(t, j, &g);
        if (r < 0 || !g.open)
                return r;
        r = send(t, &g.account, purpose_of(&g), CODE_NONE, j->uid, j->settings, j->now, &j->sent, &j->not_before);
        if (r < 0)
                return is_quiet(r) ? 0 : r;
        return note(t, j, &g, "password-reset-asked");
}

int recover_send_sms(Txn *t, void *job) {
        _cleanup_(target_done) Target g = { 0 };
        RecoverJob *j = job;
        int r;

        r = check_wait(t, j);
        if (r < 0)
                return r;
        r = find_target(t, j, &g);
        if (r < 0)
                return r;
        r = check_code(t, j, &g, purpose_of(&g), j->mail);
        if (r == CODE_ACCEPTED)
                r = check_unseen(t, j, &g);
        if (r == RECOVER_SEEN || (r < 0 && r != -EAGAIN))
                return r;
        if (r != CODE_ACCEPTED)
                return refuse(t, j, &g);
        if (!*g.account.phone || purpose_of(&g) == CODE_ACCOUNT_ACTIVATION)
                return RECOVER_DONE;
        r = send(t, &g.account, CODE_PASSWORD_RESET_SMS, CODE_NONE, j->uid, j->settings, j->now, &j->sent, &j->not_before);
        j->sms_sent = r >= 0;
        return r;
}

/* --- Setting the password ------------------------------------------------------------------------------------------- */

/* CODE_ACCEPTED when all that is needed is there and right, nothing being used up; RECOVER_NEEDS_SMS, RECOVER_SEEN; others are wrong. */
static int check_codes(Txn *t, const RecoverJob *j, const Target *g) {
        CodePurpose p = purpose_of(g);
        int r;

        r = check_code(t, j, g, p, j->mail);
        if (r != CODE_ACCEPTED || p == CODE_ACCOUNT_ACTIVATION || !*g->account.phone)
                return r;
        if (!j->sms)
                return RECOVER_NEEDS_SMS;
        return check_code(t, j, g, CODE_PASSWORD_RESET_SMS, j->sms);
}

static int set_password(Txn *t, RecoverJob *j, Target *g) {
        bool first = g->account.password.len == 0;
        int r;

        r = code_use(t, CODE_ACCOUNT_ACTIVATION, g->account.id, j->now);
        if (r >= 0)
                r = code_use(t, CODE_PASSWORD_RESET_MAIL, g->account.id, j->now);
        if (r >= 0)
                r = code_use(t, CODE_PASSWORD_RESET_SMS, g->account.id, j->now);
        if (r < 0)
                return r;
        bytes_done(&g->account.password);
        g->account.password = bytes_take(&j->record);
        g->account.password_changed = j->now;
        strcpy(j->account, g->account.id);
        r = account_update(t, &g->account);
        if (r >= 0)
                r = throttle_reset(t, j->subject);
        if (r >= 0)
                r = note(t, j, g, first ? "account-activate" : "password-reset");
        return r < 0 ? r : RECOVER_DONE;
}

int recover_settle(Txn *t, void *job) {
        _cleanup_(target_done) Target g = { 0 };
        RecoverJob *j = job;
        int r;

        r = check_wait(t, j);
        if (r < 0)
                return r;
        r = find_target(t, j, &g);
        if (r < 0)
                return r;
        r = check_codes(t, j, &g);
        if (r == CODE_ACCEPTED)
                r = check_unseen(t, j, &g);
        if (r == RECOVER_NEEDS_SMS || r == RECOVER_SEEN || (r < 0 && r != -EAGAIN))
                return r;
        return r == CODE_ACCEPTED ? set_password(t, j, &g) : refuse(t, j, &g);
}

/* --- The temporary password ----------------------------------------------------------------------------------------- */

int recover_temporary(Txn *t, const Account *a, uid_t uid, View password, bool use, const Settings *s, int64_t now) {
        CodeAttempt attempt = { .purpose = CODE_ACCOUNT_ACTIVATION, .subject = a->id, .account = a->id, .uid = uid, .code = password, .now = now,
                                .settings = s };
        int64_t ignored;
        int flags;

        flags = flags_of(t, a->id);
        if (flags < 0)
                return flags;
        attempt.flags = (unsigned) flags;
        return use ? code_accept(t, &attempt, &ignored) : code_check(t, &attempt, &ignored);
}
