/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Token: enrolment and end of one-time-code tokens. The secret is in one reply, that of Enroll, and nowhere else. What either
 * is proved by is told in token-proof.h. */

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "crypto/totp.h"
#include "daemon/account.h"
#include "daemon/audit.h"
#include "daemon/call.h"
#include "daemon/clock.h"
#include "daemon/code-bus.h"
#include "daemon/id.h"
#include "daemon/session-bus.h"
#include "daemon/session.h"
#include "daemon/token-bus.h"
#include "daemon/token-proof.h"
#include "daemon/token-reset-bus.h"
#include "daemon/token.h"

int token_bus_error(sd_bus_error *e, int outcome, int64_t not_before) {
        char until[32];

        switch (outcome) {
        case TOTP_E_WRONG:
                return bus_error_set(e, ERROR_WRONG_CODE, NULL);
        case TOTP_E_REPLAYED:
                return bus_error_set(e, ERROR_CODE_USED, NULL);
        case TOTP_E_CLOCK:
        case -ETIME:
                return bus_error_set(e, ERROR_CLOCK, NULL);
        case -ENOKEY:
                return bus_error_set(e, ERROR_NO_TOKEN, NULL);
        case -ESTALE:
                return bus_error_set(e, ERROR_CLOCK, "The store was put back to an earlier state, in which used codes may look unused. One-time codes are "
                                     "frozen until the operator accepts it (sygnetd --accept-rollback).");
        case -EAGAIN:
                return bus_error_set(e, ERROR_TRY_LATER, "Too many wrong codes. Try again after %s.", bus_error_time(not_before, until));
        default:
                return bus_error_set_errno(e, outcome < 0 ? outcome : -EIO);
        }
}

/* What the methods of this interface have in common. */
typedef struct TokenCall {
        Call call;
        char session[33];
        char account[17], login[65];
        char id[17];
        char *label;
        uint32_t digits;
        Secret *otp, *code, *secret;
        int64_t not_before;
        TokenProof proof;
        CodeSent sent;
        TokenInfos infos;
} TokenCall;

static void token_call_destroy(Call *c) {
        TokenCall *k = (TokenCall *) c;

        free(k->label);
        secret_free(k->otp);
        secret_free(k->code);
        secret_free(k->secret);
        token_infos_done(&k->infos);
        secret_wipe(k->session, sizeof(k->session));
}

/* Reads the session's id, which is the first argument of all methods here, and takes what is needed of the session. */
static int token_call_new(Manager *m, sd_bus_message *message, TokenCall **ret, sd_bus_error *error) {
        _cleanup_call_ TokenCall *k = NULL;
        const char *session;
        Session *s;
        int r;

        r = call_new(m, message, sizeof(TokenCall), token_call_destroy, &k, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "s", &session);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = session_find(m, session, k->call.uid, &s);
        if (r < 0)
                return session_bus_error(error, r);
        strcpy(k->session, s->id);
        strcpy(k->account, s->account);
        strcpy(k->login, s->login);
        *ret = TAKE_PTR(k);
        return 0;
}

/* An id that cannot be one is not found, like any other. */
static int read_id(sd_bus_message *message, TokenCall *k, sd_bus_error *error) {
        return call_read_id(&k->call, "The account has no such token.", k->id, error);
}

static int note(Txn *t, TokenCall *k, const char *event, int64_t now) {
        const AuditEntry e = { .event = event, .account = k->account, .uid = k->call.uid, .now = now };

        return audit_append(t, &e);
}

/* --- What it is proved by ----------------------------------------------------------------------------------------- */

static void read_act(const char *purpose, TokenAct *ret_act, bool *ret_known) {
        *ret_act = strcmp(purpose, "revoke") == 0 ? TOKEN_REVOKE : TOKEN_ENROLL;
        *ret_known = *ret_act == TOKEN_REVOKE || strcmp(purpose, "enroll") == 0;
}

static int prove(Txn *t, TokenCall *k, TokenAct act, int64_t now) {
        k->proof = (TokenProof) {
                .act = act, .account = k->account, .uid = k->call.uid, .now = now, .settings = &k->call.manager->settings,
                .otp = k->otp ? secret_view(k->otp) : VIEW(NULL, 0), .code = k->code ? secret_view(k->code) : VIEW(NULL, 0),
        };
        return token_prove(t, &k->proof);
}

/* For any outcome but TOKEN_PROVED. */
static int proof_bus_error(sd_bus_error *error, const TokenCall *k, int outcome) {
        const TokenProof *p = &k->proof;

        switch (outcome) {
        case TOKEN_E_NEEDS_CODE:
                return bus_error_set(error, ERROR_SENT_CODE_REQUIRED, NULL);
        case TOKEN_E_NEEDS_OTP:
                return bus_error_set(error, ERROR_CODE_REQUIRED, "The account has a token already: give a one-time code of it (otp).");
        case TOKEN_E_IMPOSSIBLE:
                return bus_error_set(error, ERROR_NOT_POSSIBLE, "The account's tokens were reset, it uses or used a seal, and no telephone is known that could confirm "
                                     "it is you. Let an operator make a new account, and the seal's Administrator invite it.");
        case TOKEN_E_MISSING:
                return bus_error_set(error, ERROR_DENIED, "The store does not hold what it should about this account's tokens. An operator looks into that, and "
                                     "resets them (sygnet otp reset %s).", k->login);
        case TOKEN_E_CODE:
                return code_bus_error(error, p->settings, p->outcome, p->not_before);
        case TOKEN_E_OTP:
                return token_bus_error(error, p->outcome, p->not_before);
        default:
                return token_bus_error(error, outcome, 0);
        }
}

/* --- RequestCode -------------------------------------------------------------------------------------------------- */

static int run_request(Txn *t, void *userdata) {
        _cleanup_(account_done) Account a = { 0 };
        TokenCall *k = userdata;
        int r;

        r = account_load(t, k->account, &a);
        if (r < 0)
                return r;
        const CodeRequest q = { .purpose = token_act_purpose(k->proof.act), .subject = a.id, .account = a.id, .uid = k->call.uid, .recipient = a.phone,
                                .language = a.language, .now = clock_now(), .settings = &k->call.manager->settings };

        return code_send(t, &q, &k->sent, &k->not_before);
}

static int then_requested(Call *c, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        TokenCall *k = (TokenCall *) c;
        int r;

        if (result == -EDESTADDRREQ)
                return bus_error_set(error, ERROR_NOT_POSSIBLE, "No telephone is known for the account; a one-time code of a token serves instead.");
        if (result < 0)
                return code_bus_error(error, &c->manager->settings, result, k->not_before);
        r = sd_bus_message_new_method_return(c->message, &reply);
        if (r >= 0)
                r = code_bus_append_sent(reply, &k->sent);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_request_code(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ TokenCall *k = NULL;
        Manager *m = userdata;
        const char *purpose;
        bool known;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_request_code, userdata, error);
        if (r != 0)
                return r;
        r = token_call_new(m, message, &k, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(message, "s", &purpose);
        if (r < 0)
                return bus_error_set_argument(error, r);
        read_act(purpose, &k->proof.act, &known);
        if (!known)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "“purpose” is “enroll” or “revoke”.");
        return call_started(call_store(&k->call, run_request, then_requested, error), &k);
}

/* --- Enroll ------------------------------------------------------------------------------------------------------- */

static int run_enroll(Txn *t, void *userdata) {
        TokenCall *k = userdata;
        int64_t now = clock_now();
        int r;

        r = prove(t, k, TOKEN_ENROLL, now);
        if (r != TOKEN_PROVED)
                return r;
        r = token_enroll(t, k->account, k->label, k->digits, secret_view(k->secret), now, k->id);
        if (r < 0)
                return r;
        r = note(t, k, "token-enroll", now);
        return r < 0 ? r : TOKEN_PROVED;
}

static int reply_enrolled(TokenCall *k) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_secret_ Secret *uri = NULL, *text = NULL;
        int r;

        r = totp_uri(secret_view(k->secret), k->digits, k->call.manager->settings.issuer, k->login, &uri);
        if (r < 0)
                return r;
        r = secret_new(secret_len(uri) + 1, &text);
        if (r < 0)
                return r;
        memcpy(secret_data(text), secret_data(uri), secret_len(uri));
        r = sd_bus_message_new_method_return(k->call.message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_sensitive(reply);
        if (r < 0)
                return r;
        r = sd_bus_message_append(reply, "ss", k->id, (const char *) secret_data(text));
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int then_enrolled(Call *c, int result, sd_bus_error *error) {
        TokenCall *k = (TokenCall *) c;
        Session *s;

        if (result == -EDQUOT)
                return bus_error_set(error, ERROR_LIMIT, "The account has %u tokens already. Revoke one.", TOKENS_PER_ACCOUNT);
        if (result != TOKEN_PROVED)
                return proof_bus_error(error, k, result);
        if (session_find(c->manager, k->session, c->uid, &s) < 0)
                return bus_error_set(error, ERROR_NO_SESSION, NULL); /* the pending token lapses */
        return reply_enrolled(k);
}

static int read_enroll(sd_bus_message *message, TokenCall *k, sd_bus_error *error) {
        const char *label = "";
        BusOption options[] = {
                { "label", bus_option_string, &label },
                { "digits", bus_option_u32, &k->digits },
                { "otp", bus_option_secret, &k->otp },
                { "code", bus_option_secret, &k->code },
        };
        int r;

        k->digits = 8;
        r = bus_message_read_options(message, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        if (k->digits != 8 && k->digits != 6)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "“digits” is 8 or 6.");
        if (strlen(label) > TOKEN_LABEL_MAX || !utf8_is_printable(label))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "“label” is at most %u bytes of printable text.", TOKEN_LABEL_MAX);
        k->label = strdup(label);
        return k->label ? secret_random(TOTP_SECRET_SIZE, &k->secret) : -ENOMEM;
}

static int method_enroll(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ TokenCall *k = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_enroll, userdata, error);
        if (r != 0)
                return r;
        r = token_call_new(m, message, &k, error);
        if (r < 0)
                return r;
        r = read_enroll(message, k, error);
        if (r < 0)
                return bus_error_set_errno(error, r);
        return call_started(call_store(&k->call, run_enroll, then_enrolled, error), &k);
}

/* --- Confirm ------------------------------------------------------------------------------------------------------ */

static int run_confirm(Txn *t, void *userdata) {
        TokenCall *k = userdata;
        int64_t now = clock_now();
        int r;

        r = token_confirm(t, k->account, k->call.uid, k->id, secret_view(k->otp), now, &k->not_before);
        if (r != TOTP_ACCEPTED)
                return r;
        r = note(t, k, "token-confirm", now);
        return r < 0 ? r : TOTP_ACCEPTED;
}

static int then_confirmed(Call *c, int result, sd_bus_error *error) {
        TokenCall *k = (TokenCall *) c;

        if (result == -ENOENT)
                return bus_error_set(error, ERROR_NOT_FOUND, "The account has no such token, or it waited for its first code for too long.");
        if (result != TOTP_ACCEPTED)
                return token_bus_error(error, result, k->not_before);
        return sd_bus_reply_method_return(c->message, NULL);
}

static int method_confirm(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ TokenCall *k = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_confirm, userdata, error);
        if (r != 0)
                return r;
        r = token_call_new(m, message, &k, error);
        if (r >= 0)
                r = read_id(message, k, error);
        if (r < 0)
                return r;
        r = bus_message_read_secret(message, &k->otp);
        if (r < 0)
                return bus_error_set_argument(error, r);
        return call_started(call_store(&k->call, run_confirm, then_confirmed, error), &k);
}

/* --- Revoke ------------------------------------------------------------------------------------------------------- */

static int run_revoke(Txn *t, void *userdata) {
        TokenCall *k = userdata;
        int64_t now = clock_now();
        int r;

        r = prove(t, k, TOKEN_REVOKE, now);
        if (r != TOKEN_PROVED)
                return r;
        r = token_revoke(t, k->account, k->id);
        if (r < 0)
                return r;
        r = note(t, k, "token-revoke", now);
        return r < 0 ? r : TOKEN_PROVED;
}

static int then_revoked(Call *c, int result, sd_bus_error *error) {
        if (result == -ENOENT)
                return bus_error_set(error, ERROR_NOT_FOUND, "The account has no such token.");
        if (result != TOKEN_PROVED)
                return proof_bus_error(error, (TokenCall *) c, result);
        return sd_bus_reply_method_return(c->message, NULL);
}

static int method_revoke(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ TokenCall *k = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_revoke, userdata, error);
        if (r != 0)
                return r;
        r = token_call_new(m, message, &k, error);
        if (r >= 0)
                r = read_id(message, k, error);
        if (r < 0)
                return r;
        BusOption factors[] = {
                { "otp", bus_option_secret, &k->otp },
                { "code", bus_option_secret, &k->code },
        };

        r = bus_message_read_options(message, factors, ELEMENTSOF(factors), error);
        if (r < 0)
                return bus_error_set_errno(error, r);
        return call_started(call_store(&k->call, run_revoke, then_revoked, error), &k);
}

/* --- List --------------------------------------------------------------------------------------------------------- */

static int run_list(Txn *t, void *userdata) {
        TokenCall *k = userdata;

        return token_list(t, k->account, clock_now(), &k->infos);
}

static int then_listed(Call *c, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        TokenCall *k = (TokenCall *) c;
        int r;

        if (result < 0)
                return result;
        r = sd_bus_message_new_method_return(c->message, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < k->infos.n; i++) {
                const TokenInfo *t = &k->infos.tokens[i];

                r = sd_bus_message_append(reply, "a{sv}", 5,
                                          "id", "s", t->id,
                                          "label", "s", t->label,
                                          "digits", "u", t->digits,
                                          "status", "s", t->status ? t->status : "",
                                          "created", "x", t->created);
        }
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_call_ TokenCall *k = NULL;
        Manager *m = userdata;
        int r;

        r = gate_pass(m->gate, message, ACTION_USE, method_list, userdata, error);
        if (r != 0)
                return r;
        r = token_call_new(m, message, &k, error);
        if (r < 0)
                return r;
        return call_started(call_store(&k->call, run_list, then_listed, error), &k);
}

#define SECRETS (SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE)

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("RequestCode", SD_BUS_ARGS("s", session, "s", purpose), SD_BUS_RESULT("a{sv}", sent), method_request_code, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("Enroll", SD_BUS_ARGS("s", session, "a{sv}", options), SD_BUS_RESULT("s", id, "s", uri), method_enroll, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("Confirm", SD_BUS_ARGS("s", session, "s", id, "v", otp), SD_BUS_NO_RESULT, method_confirm, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("s", session), SD_BUS_RESULT("aa{sv}", tokens), method_list, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("Revoke", SD_BUS_ARGS("s", session, "s", id, "a{sv}", factors), SD_BUS_NO_RESULT, method_revoke, SECRETS),
        SD_BUS_METHOD_WITH_ARGS("Reset", SD_BUS_ARGS("s", login), SD_BUS_NO_RESULT, token_method_reset, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int token_bus_register(Manager *m) {
        return sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_TOKEN, vtable, m);
}
