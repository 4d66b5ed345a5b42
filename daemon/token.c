/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tokens; see token.h. The high-water mark last_step only ever grows, by compare-and-set, and the row's MAC covers it: who can write to the
 * database but has no key cannot lower it and use a code again. A row that was tampered with fails the call: it could hold a stranger's secret. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crypto/totp.h"
#include "daemon/account.h"
#include "daemon/audit.h"
#include "daemon/id.h"
#include "daemon/outcome.h"
#include "daemon/throttle.h"
#include "daemon/token.h"

#define PURPOSE "token"
#define COLUMNS "id, account, label, digits, status, created, secret, last_step, mac"
#define MAC_TYPES "sssisibi"

typedef struct Token {
        char id[17];
        unsigned digits;
        uint64_t last_step;
        int64_t created;
        char *label;
        Bytes sealed;
} Token;

static void token_done(Token *k) {
        free(k->label);
        bytes_done(&k->sealed);
        *k = (Token) { 0 };
}

static void place_of(const char *id, char ret[static 64]) {
        snprintf(ret, 64, "token/%s/secret", id);
}

static int read_row(Txn *t, Row *row, Token *ret) {
        _cleanup_(token_done) Token k = { 0 };
        int r;

        r = store_mac_check(txn_store(t), row_blob(row, 8), "token", MAC_TYPES, row_text(row, 0), row_text(row, 1), row_text(row, 2),
                            row_int(row, 3), row_text(row, 4), row_int(row, 5), row_blob(row, 6), row_int(row, 7));
        if (r < 0)
                return r;
        if (strlen(row_text(row, 0)) >= sizeof(k.id))
                return -EBADMSG;
        strcpy(k.id, row_text(row, 0));
        k.digits = (unsigned) row_int(row, 3);
        k.last_step = (uint64_t) row_int(row, 7);
        k.created = row_int(row, 5);
        k.label = strdup(row_text(row, 2));
        if (!k.label)
                return -ENOMEM;
        r = bytes_dup(row_blob(row, 6), &k.sealed);
        if (r < 0)
                return r;
        *ret = k;
        k = (Token) { 0 };
        return 0;
}

/* Writes a new state of a token that is there and has not accepted a code since it was read: -ENOENT when it has. */
static int write_state(Txn *t, const char *account, const Token *k, const char *status, View sealed, uint64_t last_step) {
        uint8_t mac[32];
        int r;

        r = store_mac(txn_store(t), mac, "token", MAC_TYPES, k->id, account, k->label, (int64_t) k->digits, status, k->created, sealed,
                      (int64_t) last_step);
        if (r < 0)
                return r;
        r = txn_exec(t, "UPDATE token SET status = ?2, secret = ?3, last_step = ?4, mac = ?5 WHERE id = ?1 AND last_step = ?6", "ssbibi", k->id,
                     status, sealed, (int64_t) last_step, VIEW(mac, sizeof(mac)), (int64_t) k->last_step);
        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

/* --- Codes -------------------------------------------------------------------------------------------------------- */

static int try_token(Txn *t, const Token *k, View code, int64_t now, uint64_t *ret_step) {
        _cleanup_secret_ Secret *secret = NULL;
        char place[64];
        int r;

        place_of(k->id, place);
        r = store_unseal(txn_store(t), PURPOSE, place, bytes_view(&k->sealed), &secret);
        if (r < 0)
                return r;
        return totp_verify(secret_view(secret), k->digits, k->last_step, now, code, ret_step);
}

static int is_behind_audit(Txn *t, int64_t now) {
        int64_t last;
        int r;

        r = audit_last_time(t, &last);
        return r < 0 ? r : now + AUDIT_CLOCK_TOLERANCE < last;
}

/* The account's tokens of one status; `id` NULL: all of them. Returns how many. */
static int load(Txn *t, const char *account, const char *status, const char *id, Token *ret, unsigned max) {
        unsigned n = 0;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS " FROM token WHERE account = ?1 AND status = ?2 AND (?3 IS NULL OR id = ?3) ORDER BY created",
                      "sss", account, status, id);
        for (; r > 0 && n < max; r = txn_next(t, &row)) {
                r = read_row(t, row, &ret[n]);
                if (r < 0)
                        break;
                n++;
        }
        if (r >= 0)
                return (int) n;
        for (unsigned i = 0; i < n; i++)
                token_done(&ret[i]);
        return r;
}

/* What several tokens say together: one that accepts decides; a code that was right once is no guess; where all have their mark beyond now
 * it is the clock. */
static int combine(int sofar, int outcome) {
        static const int rank[] = { [TOTP_E_CLOCK] = 1, [TOTP_E_WRONG] = 2, [TOTP_E_REPLAYED] = 3, [TOTP_ACCEPTED] = 4 };

        return sofar == 0 || rank[outcome] > rank[sofar] ? outcome : sofar;
}

/* Tries them all, whichever fits, so that the time tells nothing. */
static int try_all(Txn *t, const char *account, const Token *tokens, unsigned n, View code, int64_t now) {
        const Token *accepted = NULL;
        uint64_t step = 0;
        int outcome = 0, r;

        for (unsigned i = 0; i < n; i++) {
                uint64_t s;

                r = try_token(t, &tokens[i], code, now, &s);
                if (r < 0)
                        return r;
                if (r == TOTP_ACCEPTED && !accepted) {
                        accepted = &tokens[i];
                        step = s;
                }
                outcome = combine(outcome, r);
        }
        if (!accepted)
                return outcome;
        r = write_state(t, account, accepted, "active", bytes_view(&accepted->sealed), step);
        return r == -ENOENT ? TOTP_E_REPLAYED : r < 0 ? r : TOTP_ACCEPTED;
}

/* Counts what was wrong, forgets the count when it was right. */
static int settle(Txn *t, const char *subject, int outcome, int64_t now) {
        int64_t ignored;
        int r = 0;

        if (outcome == TOTP_E_WRONG)
                r = throttle_fail(t, subject, now, &ignored);
        else if (outcome == TOTP_ACCEPTED)
                r = throttle_reset(t, subject);
        return r < 0 ? r : outcome;
}

/* 0, or what any code comes to now. */
static int check_now(Txn *t, const char *subject, int64_t now, int64_t *ret_not_before) {
        int r;

        r = throttle_check(t, subject, now, ret_not_before);
        if (r < 0)
                return r;
        if (store_is_rolled_back(txn_store(t)))
                return -ESTALE;
        r = is_behind_audit(t, now);
        return r > 0 ? TOTP_E_CLOCK : r;
}

int token_accept(Txn *t, const char *account, unsigned uid, View code, int64_t now, int64_t *ret_not_before) {
        Token tokens[TOKENS_PER_ACCOUNT] = { 0 };
        char subject[THROTTLE_SUBJECT_MAX];
        int n, r;

        throttle_subject_otp(account, uid, subject);
        r = check_now(t, subject, now, ret_not_before);
        if (r != 0)
                return r;
        n = load(t, account, "active", NULL, tokens, TOKENS_PER_ACCOUNT);
        if (n <= 0)
                return n < 0 ? n : -ENOKEY;
        r = try_all(t, account, tokens, (unsigned) n, code, now);
        for (int i = 0; i < n; i++)
                token_done(&tokens[i]);
        return r < 0 ? r : settle(t, subject, r, now);
}

int token_settle(Txn *t, const char *account, unsigned uid, View code, int64_t now, int64_t *ret_until) {
        int r;

        r = token_accept(t, account, uid, code, now, ret_until);
        if (r == -ENOKEY)
                return OUTCOME_NO_TOKEN;
        if (r == -EAGAIN)
                return OUTCOME_LATER;
        return r == TOTP_ACCEPTED ? 0 : r;
}

int token_may_settle(Txn *t, const char *account, unsigned uid, int64_t now, int64_t *ret_until) {
        char subject[THROTTLE_SUBJECT_MAX];
        int r;

        throttle_subject_otp(account, uid, subject);
        r = check_now(t, subject, now, ret_until);
        if (r != 0)
                return r == -EAGAIN ? OUTCOME_LATER : r;
        r = token_count(t, account);
        return r < 0 ? r : r == 0 ? OUTCOME_NO_TOKEN : 0;
}

/* --- Their life --------------------------------------------------------------------------------------------------- */

int token_count(Txn *t, const char *account) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT count(*) FROM token WHERE account = ?1 AND status = 'active'", "s", account);
        return r <= 0 ? r : (int) row_int(row, 0);
}

/* Tells the account, under its own MAC, whether there is an active token: records of tokens that are deleted are then missed. */
static int note_enrolled(Txn *t, const char *account, AccountEnrolled enrolled) {
        _cleanup_(account_done) Account a = { 0 };
        int r;

        r = account_load(t, account, &a);
        if (r < 0 || a.enrolled == enrolled || (enrolled == ENROLLED_RESET && a.enrolled == ENROLLED_NO))
                return r;
        a.enrolled = enrolled;
        return account_update(t, &a);
}

int token_needs_code(Txn *t, const char *account) {
        _cleanup_(account_done) Account a = { 0 };
        int r;

        r = account_load(t, account, &a);
        if (r < 0)
                return r;
        r = token_count(t, account);
        return r < 0 ? r : r > 0 ? 1 : a.enrolled == ENROLLED_YES ? -EBADMSG : 0;
}

static int make_room(Txn *t, const char *account, int64_t now) {
        Row *row;
        int r;

        r = txn_exec(t, "DELETE FROM token WHERE account = ?1 AND status = 'pending' AND created <= ?2", "si", account,
                     now - TOKEN_PENDING_SECONDS);
        if (r < 0)
                return r;
        r = txn_query(t, &row, "SELECT count(*) FROM token WHERE account = ?1 AND status != 'revoked'", "s", account);
        if (r < 0)
                return r;
        return r > 0 && row_int(row, 0) >= (int64_t) TOKENS_PER_ACCOUNT ? -EDQUOT : 0;
}

int token_enroll(Txn *t, const char *account, const char *label, unsigned digits, View secret, int64_t now, char ret_id[static 17]) {
        _cleanup_bytes_ Bytes sealed = BYTES_NULL;
        char id[17], place[64];
        uint8_t mac[32];
        int r;

        r = make_room(t, account, now);
        if (r < 0)
                return r;
        r = id_random(ID_RECORD, id);
        if (r < 0)
                return r;
        place_of(id, place);
        r = store_seal(txn_store(t), PURPOSE, place, secret, &sealed);
        if (r < 0)
                return r;
        r = store_mac(txn_store(t), mac, "token", MAC_TYPES, id, account, label, (int64_t) digits, "pending", now, bytes_view(&sealed),
                      INT64_C(0));
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT INTO token (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", MAC_TYPES "b", id, account, label,
                     (int64_t) digits, "pending", now, bytes_view(&sealed), INT64_C(0), VIEW(mac, sizeof(mac)));
        if (r < 0)
                return r;
        strcpy(ret_id, id);
        return 0;
}

/* The first token of an account needed no code of another. Those that were begun as it was, by whoever, would need none either. */
static int drop_others(Txn *t, const char *account) {
        int r;

        r = token_count(t, account);
        if (r != 1)
                return r;
        return txn_exec(t, "DELETE FROM token WHERE account = ?1 AND status = 'pending'", "s", account);
}

int token_confirm(Txn *t, const char *account, unsigned uid, const char *id, View code, int64_t now, int64_t *ret_not_before) {
        _cleanup_(token_done) Token k = { 0 };
        char subject[THROTTLE_SUBJECT_MAX];
        uint64_t step;
        int r;

        throttle_subject_otp(account, uid, subject);
        r = throttle_check(t, subject, now, ret_not_before);
        if (r < 0)
                return r;
        r = load(t, account, "pending", id, &k, 1);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        if (now - k.created >= TOKEN_PENDING_SECONDS)
                return -ENOENT;
        r = try_token(t, &k, code, now, &step);
        if (r == TOTP_ACCEPTED) {
                r = write_state(t, account, &k, "active", bytes_view(&k.sealed), step);
                if (r >= 0)
                        r = drop_others(t, account);
                if (r >= 0)
                        r = note_enrolled(t, account, ENROLLED_YES);
                if (r >= 0)
                        r = TOTP_ACCEPTED;
        }
        return r < 0 ? r : settle(t, subject, r, now);
}

static int erase(Txn *t, const char *account, const Token *k) {
        return write_state(t, account, k, "revoked", VIEW(NULL, 0), k->last_step);
}

int token_revoke(Txn *t, const char *account, const char *id) {
        _cleanup_(token_done) Token k = { 0 };
        int r;

        r = load(t, account, "active", id, &k, 1);
        if (r == 0)
                r = load(t, account, "pending", id, &k, 1);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        r = erase(t, account, &k);
        if (r < 0)
                return r;
        r = token_count(t, account);
        return r != 0 ? (r < 0 ? r : 0) : note_enrolled(t, account, ENROLLED_NO);
}

int token_revoke_all(Txn *t, const char *account) {
        static const char *const states[] = { "active", "pending" };
        int revoked = 0, r;

        for (size_t i = 0; i < ELEMENTSOF(states); i++) {
                Token tokens[TOKENS_PER_ACCOUNT] = { 0 };
                int n;

                r = 0;
                n = load(t, account, states[i], NULL, tokens, TOKENS_PER_ACCOUNT);
                if (n < 0)
                        return n;
                for (int j = 0; j < n; j++) {
                        if (r >= 0)
                                r = erase(t, account, &tokens[j]);
                        token_done(&tokens[j]);
                }
                if (r < 0)
                        return r;
                revoked += n;
        }
        r = note_enrolled(t, account, ENROLLED_RESET);
        return r < 0 ? r : revoked;
}

/* --- Listing ------------------------------------------------------------------------------------------------------ */

void token_infos_done(TokenInfos *i) {
        for (size_t j = 0; j < i->n; j++)
                free(i->tokens[j].label);
        free(i->tokens);
        *i = (TokenInfos) { 0 };
}

static const char *status_of(const char *text) {
        static const char *const all[] = { "pending", "active", "revoked" };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (strcmp(all[i], text) == 0)
                        return all[i];
        return NULL;
}

static int append_info(Txn *t, TokenInfos *all, Row *row) {
        _cleanup_(token_done) Token k = { 0 };
        TokenInfo *tokens;
        int r;

        r = read_row(t, row, &k);
        if (r < 0)
                return r;
        tokens = reallocarray(all->tokens, all->n + 1, sizeof(*tokens));
        if (!tokens)
                return -ENOMEM;
        all->tokens = tokens;
        tokens[all->n] = (TokenInfo) { .digits = k.digits, .status = status_of(row_text(row, 4)), .created = k.created, .label = TAKE_PTR(k.label) };
        strcpy(tokens[all->n].id, k.id);
        all->n++;
        return 0;
}

int token_list(Txn *t, const char *account, int64_t now, TokenInfos *ret) {
        _cleanup_(token_infos_done) TokenInfos all = { 0 };
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS " FROM token WHERE account = ?1 AND (status != 'pending' OR created > ?2) ORDER BY created, id",
                      "si", account, now - TOKEN_PENDING_SECONDS);
        for (; r > 0; r = txn_next(t, &row)) {
                r = append_info(t, &all, row);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        *ret = all;
        all = (TokenInfos) { 0 };
        return 0;
}
