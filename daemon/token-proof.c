/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Proofs for tokens; see token-proof.h. */

#include <errno.h>

#include "crypto/totp.h"
#include "daemon/grant.h"
#include "daemon/token-proof.h"
#include "daemon/token.h"

CodePurpose token_act_purpose(TokenAct act) {
        return act == TOKEN_ENROLL ? CODE_TOKEN_ENROLL : CODE_TOKEN_REVOKE;
}

static int prove_by_code(Txn *t, TokenProof *p) {
        CodeAttempt a = { .purpose = token_act_purpose(p->act), .subject = p->account, .account = p->account, .uid = p->uid, .code = p->code,
                          .now = p->now, .settings = p->settings };
        int r;

        r = grant_held(t, p->account);
        if (r < 0)
                return r;
        a.flags = r > 0 ? CODE_UNSEEN_ONLY : 0;
        r = code_accept(t, &a, &p->not_before);
        if (r < 0 && r != -EAGAIN)
                return r;
        p->outcome = r;
        return r == CODE_ACCEPTED ? TOKEN_PROVED : TOKEN_E_CODE;
}

static int prove_by_otp(Txn *t, TokenProof *p) {
        int r;

        r = token_accept(t, p->account, p->uid, p->otp, p->now, &p->not_before);
        if (r < 0 && r != -EAGAIN && r != -ENOKEY)
                return r;
        p->outcome = r;
        return r == TOTP_ACCEPTED ? TOKEN_PROVED : TOKEN_E_OTP;
}

/* Nothing to prove it by. A token that was there and was reset by an operator is not as if there had been none. */
static int prove_by_session(Txn *t, const TokenProof *p, const Account *a) {
        int r;

        if (a->enrolled == ENROLLED_NO)
                return TOKEN_PROVED;
        r = grant_held(t, p->account);
        return r < 0 ? r : r > 0 ? TOKEN_E_IMPOSSIBLE : TOKEN_PROVED;
}

int token_prove(Txn *t, TokenProof *p) {
        _cleanup_(account_done) Account a = { 0 };
        bool reachable;
        int r;

        r = account_load(t, p->account, &a);
        if (r < 0)
                return r;
        reachable = a.phone && a.phone[0];
        if (p->code.data && reachable)
                return prove_by_code(t, p);
        if (p->otp.data && (!reachable || p->act == TOKEN_REVOKE))
                return prove_by_otp(t, p);
        if (reachable)
                return TOKEN_E_NEEDS_CODE;
        r = token_needs_code(t, p->account);
        if (r != 0)
                return r == -EBADMSG ? TOKEN_E_MISSING : r < 0 ? r : TOKEN_E_NEEDS_OTP;
        return p->act == TOKEN_ENROLL ? prove_by_session(t, p, &a) : TOKEN_E_NEEDS_OTP;
}
