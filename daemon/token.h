/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tokens: TOTP secrets of accounts. Accepting a code is one step with whatever it authorises: call token_accept() inside the job
 * that does the rest. */

#include "store/store.h"

#define TOKENS_PER_ACCOUNT 8U       /* pending and active */
#define TOKEN_PENDING_SECONDS 600   /* what was not confirmed by then is void */
#define TOKEN_LABEL_MAX 64U         /* bytes */

/* In a job: tries `code` against the account's active tokens. TOTP_ACCEPTED (the step is recorded in this transaction), TOTP_E_WRONG
 * (a failure is counted for account and uid), TOTP_E_REPLAYED, TOTP_E_CLOCK (also when `now` is behind the last audit entry by more than AUDIT_CLOCK_TOLERANCE),
 * -ENOKEY no active token, -EAGAIN slowed down until *ret_not_before, -ESTALE the store was put back to an older state and no operator has
 * accepted that: what was used up may look unused. The failure count must be committed, so a job that gets an outcome
 * other than TOTP_ACCEPTED does nothing else and returns it, positive, to be committed. */
int token_accept(Txn *t, const char *account, unsigned uid, View code, int64_t now, int64_t *ret_not_before);

/* The same as an outcome of outcome.h: 0, TOTP_E_*, OUTCOME_NO_TOKEN or OUTCOME_LATER (until *ret_until). */
int token_settle(Txn *t, const char *account, unsigned uid, View code, int64_t now, int64_t *ret_until);

/* What that would come to whatever the code is: 0 where it depends on the code. For who does something costly, or telling, before it is settled. */
int token_may_settle(Txn *t, const char *account, unsigned uid, int64_t now, int64_t *ret_until);

/* How many active tokens the account has. */
int token_count(Txn *t, const char *account);

/* Whether a code of a token is to be had: 0, 1, or -EBADMSG when the account has had a token whose record is not there: then only
 * token_revoke_all(), an operator's act, lets it begin anew. */
int token_needs_code(Txn *t, const char *account);

/* In a job: makes a pending token. Void ones are deleted first. -EDQUOT when the account has TOKENS_PER_ACCOUNT. */
int token_enroll(Txn *t, const char *account, const char *label, unsigned digits, View secret, int64_t now, char ret_id[static 17]);

/* In a job: activates a pending token by a first code of it. TOTP_ACCEPTED, TOTP_E_WRONG (counted, to be committed as above), -ENOENT
 * when there is no such pending token of the account, -EAGAIN slowed down. */
int token_confirm(Txn *t, const char *account, unsigned uid, const char *id, View code, int64_t now, int64_t *ret_not_before);

/* In a job: erases the secret of one token; -ENOENT when the account has none of that id that is not revoked already. */
int token_revoke(Txn *t, const char *account, const char *id);

/* In a job: all of them; returns how many there were. */
int token_revoke_all(Txn *t, const char *account);

typedef struct TokenInfo {
        char id[17];
        char *label;
        unsigned digits;
        const char *status; /* static */
        int64_t created;
} TokenInfo;

typedef struct TokenInfos {
        TokenInfo *tokens;
        size_t n;
} TokenInfos;

void token_infos_done(TokenInfos *i);

/* In a job: all tokens of the account, oldest first; void ones are not among them. */
int token_list(Txn *t, const char *account, int64_t now, TokenInfos *ret);
