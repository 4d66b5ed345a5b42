/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One-time codes by mail and SMS; see code.h. A row outlives its code, with the verifier erased, as long as the count of its resends does. Its MAC
 * covers all of it: who can write to the database but has no key can neither give tries back nor make a code that an operator has read unseen. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus/error.h"
#include "daemon/audit.h"
#include "daemon/code-form.h"
#include "daemon/code.h"
#include "daemon/id.h"
#include "daemon/outbox.h"
#include "daemon/throttle.h"

#define SALT_SIZE 16U
#define SENDING_PAUSE 5 /* seconds to try again where the older message is being handed over: that takes a moment, mostly */

static const struct {
        const char *name;
        Channel channel;
        const char *template; /* NULL: as the name */
        const char *field;    /* of the template; NULL: "code" */
        bool unproven;        /* it goes to an address that somebody gave; the code shows whose it is */
} purposes[CODE_PURPOSES_END_] = {
        [CODE_NONE] = { "", CHANNEL_MAIL },
        [CODE_ACCOUNT_ACTIVATION] = { "account-activation", CHANNEL_MAIL, "account-created", "password" },
        [CODE_INVITATION] = { "invitation", CHANNEL_MAIL, .unproven = true },
        [CODE_PASSWORD_RESET_MAIL] = { "password-reset-mail", CHANNEL_MAIL, "password-reset" },
        [CODE_PASSWORD_RESET_SMS] = { "password-reset-sms", CHANNEL_SMS },
        [CODE_PIN_ACTIVATION] = { "pin-activation", CHANNEL_MAIL },
        [CODE_PIN_SMS] = { "pin-sms", CHANNEL_SMS },
        [CODE_TOKEN_ENROLL] = { "token-enroll", CHANNEL_SMS },
        [CODE_TOKEN_REVOKE] = { "token-revoke", CHANNEL_SMS },
        [CODE_GRANT_ACTIVATION] = { "grant-activation", CHANNEL_SMS, .unproven = true },
        [CODE_CHANGE_EMAIL_OLD] = { "change-email-old", CHANNEL_MAIL },
        [CODE_CHANGE_EMAIL_NEW] = { "change-email-new", CHANNEL_MAIL, .unproven = true },
        [CODE_CHANGE_PHONE_OLD] = { "change-phone-old", CHANNEL_SMS },
        [CODE_CHANGE_PHONE_NEW] = { "change-phone-new", CHANNEL_SMS, .unproven = true },
};

const char *code_purpose_to_string(CodePurpose p) {
        return purposes[p].name;
}

Channel code_purpose_channel(CodePurpose p) {
        return purposes[p].channel;
}

/* --- Rows -------------------------------------------------------------------------------------------------------------- */

typedef struct Code {
        const char *purpose; /* static */
        char subject[33];
        char message[17];
        uint8_t salt[SALT_SIZE];
        uint8_t verifier[32];
        bool live;           /* the verifier is there */
        int64_t created, expires;
        int64_t series;      /* when the first of the row of messages was made */
        int64_t sends;       /* messages of that row */
        int64_t failures;
        bool seen;
} Code;

#define COLUMNS "purpose, subject, message, salt, verifier, created, expires, series, sends, failures, seen, mac"
#define MAC_TYPES "sssbbiiiiii"

static View verifier_of(const Code *c) {
        return c->live ? VIEW(c->verifier, sizeof(c->verifier)) : VIEW(NULL, 0);
}

static int fixed(View v, uint8_t *ret, size_t n) {
        if (v.len != n)
                return -EBADMSG;
        memcpy(ret, v.data, n);
        return 0;
}

static int read_row(Txn *t, Row *row, CodePurpose p, Code *ret) {
        Code c = { .purpose = purposes[p].name };
        int r;

        r = store_mac_check(txn_store(t), row_blob(row, 11), "code", MAC_TYPES, row_text(row, 0), row_text(row, 1), row_text(row, 2),
                            row_blob(row, 3), row_blob(row, 4), row_int(row, 5), row_int(row, 6), row_int(row, 7), row_int(row, 8),
                            row_int(row, 9), row_int(row, 10));
        if (r < 0)
                return r;
        if (strlen(row_text(row, 1)) >= sizeof(c.subject) || strlen(row_text(row, 2)) >= sizeof(c.message))
                return -EBADMSG;
        strcpy(c.subject, row_text(row, 1));
        strcpy(c.message, row_text(row, 2));
        r = fixed(row_blob(row, 3), c.salt, sizeof(c.salt));
        c.live = row_blob(row, 4).data;
        if (r >= 0 && c.live)
                r = fixed(row_blob(row, 4), c.verifier, sizeof(c.verifier));
        if (r < 0)
                return r;
        c.created = row_int(row, 5);
        c.expires = row_int(row, 6);
        c.series = row_int(row, 7);
        c.sends = row_int(row, 8);
        c.failures = row_int(row, 9);
        c.seen = row_int(row, 10) != 0;
        *ret = c;
        return 0;
}

static int load(Txn *t, CodePurpose p, const char *subject, Code *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " COLUMNS " FROM code WHERE purpose = ?1 AND subject = ?2", "ss", purposes[p].name, subject);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        return read_row(t, row, p, ret);
}

static int store(Txn *t, const Code *c) {
        uint8_t mac[32];
        int r;

        r = store_mac(txn_store(t), mac, "code", MAC_TYPES, c->purpose, c->subject, c->message, VIEW(c->salt, sizeof(c->salt)), verifier_of(c),
                      c->created, c->expires, c->series, c->sends, c->failures, (int64_t) c->seen);
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT OR REPLACE INTO code (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)", MAC_TYPES "b",
                     c->purpose, c->subject, c->message, VIEW(c->salt, sizeof(c->salt)), verifier_of(c), c->created, c->expires, c->series, c->sends,
                     c->failures, (int64_t) c->seen, VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

static int erase(Txn *t, const Code *c) {
        int r;

        r = txn_exec(t, "DELETE FROM code WHERE purpose = ?1 AND subject = ?2", "ss", c->purpose, c->subject);
        return r < 0 ? r : 0;
}

static bool is_live(const Code *c, int64_t now) {
        return c->live && now < c->expires;
}

static int verifier(Txn *t, const Code *c, View code, uint8_t ret[static 32]) {
        return store_mac(txn_store(t), ret, "code value", "ssbb", c->purpose, c->subject, VIEW(c->salt, sizeof(c->salt)), code);
}

/* Takes a message back of which no code is needed any more but those of two purposes that are about to go. -EBUSY: it is being handed over. */
static int release(Txn *t, const char *message, const char *purpose, const char *also, int64_t now) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT 1 FROM code WHERE message = ?1 AND verifier IS NOT NULL AND expires > ?2 AND purpose NOT IN (?3, ?4)", "siss",
                      message, now, purpose, also);
        return r != 0 ? (r < 0 ? r : 0) : outbox_cancel(t, message, now);
}

/* --- Sending ----------------------------------------------------------------------------------------------------------- */

static int64_t lifetime(const Settings *s, Channel c) {
        return c == CHANNEL_SMS ? s->code_sms_lifetime : s->code_mail_lifetime;
}

/* Whether a moment of the past is less than `span` ago; the future is none: the clock was set back since. */
static bool is_within(int64_t moment, int64_t span, int64_t now) {
        return moment <= now && now - moment < span;
}

/* Whether this code may be sent (again) now. The older one, or zeros, in *ret. */
static int check_pace(Txn *t, const CodeRequest *q, CodePurpose p, Code *ret, int64_t *ret_not_before) {
        int r;

        *ret = (Code) { 0 };
        r = load(t, p, q->subject, ret);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        if (is_within(ret->created, q->settings->code_pause, q->now)) {
                *ret_not_before = ret->created + q->settings->code_pause;
                return -EAGAIN;
        }
        if (is_within(ret->series, q->settings->code_window, q->now) && ret->sends > (int64_t) q->settings->code_resends) {
                *ret_not_before = ret->series + q->settings->code_window;
                return -EDQUOT;
        }
        r = outbox_is_sending(t, ret->message);
        if (r <= 0)
                return r;
        *ret_not_before = q->now + SENDING_PAUSE;
        return -EAGAIN;
}

/* Rows that count for nothing any more. Each cost a message, and those are capped. */
static int prune(Txn *t, const CodeRequest *q) {
        int r;

        r = txn_exec(t, "DELETE FROM code WHERE expires <= ?1 AND series <= ?2", "ii", q->now, q->now - q->settings->code_window);
        return r < 0 ? r : 0;
}

typedef struct NewCode {
        Code older;
        Secret *shown;
        Code row;
} NewCode;

static int make(Txn *t, const CodeRequest *q, CodePurpose p, NewCode *n) {
        _cleanup_secret_ Secret *salt = NULL, *code = NULL;
        Channel channel = purposes[q->purpose].channel;
        Code *c = &n->row;
        int r;

        *c = (Code) { .purpose = purposes[p].name, .live = true, .created = q->now, .expires = q->now + lifetime(q->settings, channel),
                      .series = q->now, .sends = 1 };
        if (is_within(n->older.series, q->settings->code_window, q->now)) {
                c->series = n->older.series;
                c->sends = n->older.sends + 1;
        }
        strcpy(c->subject, q->subject);
        r = secret_random(SALT_SIZE, &salt);
        if (r < 0)
                return r;
        memcpy(c->salt, secret_data(salt), SALT_SIZE);
        r = code_form_make(purposes[p].channel, &code);
        if (r >= 0)
                r = verifier(t, c, secret_view(code), c->verifier);
        return r < 0 ? r : code_form_show(purposes[p].channel, code, &n->shown);
}

static OutboxField field_of(const NewCode *n, CodePurpose p) {
        return (OutboxField) { purposes[p].field ?: "code", secret_view(n->shown) };
}

/* The template's fields: the caller's, then ours. */
static int put(Txn *t, const CodeRequest *q, const NewCode codes[static 2], char ret_id[static 17]) {
        OutboxField fields[OUTBOX_FIELDS_MAX];
        char expires[32];
        OutboxMessage m;
        size_t n = q->n_fields;

        if (n + 4 > OUTBOX_FIELDS_MAX)
                return -EINVAL;
        if (n > 0)
                memcpy(fields, q->fields, n * sizeof(*fields));
        fields[n++] = field_of(&codes[0], q->purpose);
        if (codes[1].shown)
                fields[n++] = field_of(&codes[1], q->also);
        fields[n++] = (OutboxField) { "expires", view_string(bus_error_time(codes[0].row.expires, expires)) };
        if (q->settings->support_contact)
                fields[n++] = (OutboxField) { "support", view_string(q->settings->support_contact) };
        m = (OutboxMessage) { .channel = purposes[q->purpose].channel, .recipient = q->recipient, .kind = purposes[q->purpose].template ?: purposes[q->purpose].name,
                              .language = q->language, .fields = fields, .n_fields = n, .account = q->account, .uid = q->uid,
                              .unproven = purposes[q->purpose].unproven, .now = q->now, .expires = codes[0].row.expires, .settings = q->settings };
        return outbox_put(t, &m, ret_id);
}

static int check(Txn *t, const CodeRequest *q, NewCode codes[static 2], int64_t *ret_not_before) {
        const OutboxMessage m = { .channel = purposes[q->purpose].channel, .recipient = q->recipient, .account = q->account, .uid = q->uid,
                                  .unproven = purposes[q->purpose].unproven, .now = q->now, .settings = q->settings };
        int r;

        if (q->purpose <= CODE_NONE || q->purpose >= CODE_PURPOSES_END_ || strlen(q->subject) >= sizeof(codes[0].row.subject))
                return -EINVAL;
        r = prune(t, q);
        if (r >= 0)
                r = check_pace(t, q, q->purpose, &codes[0].older, ret_not_before);
        if (r >= 0 && q->also != CODE_NONE)
                r = check_pace(t, q, q->also, &codes[1].older, ret_not_before);
        if (r < 0)
                return r;
        *ret_not_before = 0;
        return store_is_rolled_back(txn_store(t)) ? -ESTALE : outbox_check_caps(t, &m);
}

/* The older messages go, unless they carry another code that still holds. */
static int take_back(Txn *t, const CodeRequest *q, const NewCode codes[static 2]) {
        for (size_t i = 0; i < 2; i++) {
                int r;

                if (!codes[i].older.message[0])
                        continue;
                r = release(t, codes[i].older.message, purposes[q->purpose].name, purposes[q->also].name, q->now);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int send_codes(Txn *t, const CodeRequest *q, NewCode codes[static 2], CodeSent *ret) {
        CodeSent sent = { .channel = purposes[q->purpose].channel, .not_before = q->now + q->settings->code_pause };
        char recipient[RECIPIENT_MAX + 1];
        int r;

        r = take_back(t, q, codes);
        if (r >= 0)
                r = make(t, q, q->purpose, &codes[0]);
        if (r >= 0 && q->also != CODE_NONE)
                r = make(t, q, q->also, &codes[1]);
        if (r >= 0)
                r = put(t, q, codes, sent.message);
        for (size_t i = 0; r >= 0 && i < 2; i++) {
                if (!codes[i].shown)
                        continue;
                strcpy(codes[i].row.message, sent.message);
                r = store(t, &codes[i].row);
        }
        if (r >= 0)
                r = recipient_normalize(sent.channel, q->recipient, recipient);
        if (r < 0)
                return r;
        recipient_mask(sent.channel, recipient, sent.to);
        sent.expires = codes[0].row.expires;
        *ret = sent;
        return 0;
}

int code_send(Txn *t, const CodeRequest *q, CodeSent *ret, int64_t *ret_not_before) {
        NewCode codes[2] = { 0 };
        int r;

        r = check(t, q, codes, ret_not_before);
        if (r >= 0)
                r = send_codes(t, q, codes, ret);
        secret_free(codes[0].shown);
        secret_free(codes[1].shown);
        return r;
}

/* --- Accepting --------------------------------------------------------------------------------------------------------- */

/* Compares in constant time, and where there is no code does the same work against one that nobody has. */
static int compare(Txn *t, const CodeAttempt *a, const Code *c, bool *ret) {
        _cleanup_secret_ Secret *typed = NULL;
        uint8_t got[32];
        int r;

        r = code_form_read(purposes[a->purpose].channel, a->code, &typed);
        if (r >= 0)
                r = verifier(t, c, secret_view(typed), got);
        if (r < 0)
                return r;
        *ret = secret_equal(VIEW(got, sizeof(got)), VIEW(c->verifier, sizeof(c->verifier))) && c->live;
        secret_wipe(got, sizeof(got));
        return 0;
}

/* Takes the message back where it was not delivered: nobody needs it. One that is being handed over goes out, and holds a code that is void. */
static int drop_message(Txn *t, const Code *c, int64_t now) {
        int r;

        r = release(t, c->message, c->purpose, c->purpose, now);
        return r == -EBUSY ? 0 : r;
}

static int count_failure(Txn *t, const CodeAttempt *a, Code *c, const char *throttle) {
        int64_t ignored;
        int r;

        c->failures++;
        if (c->failures >= (int64_t) a->settings->code_attempts) {
                c->live = false;
                r = drop_message(t, c, a->now);
                if (r < 0)
                        return r;
        }
        r = store(t, c);
        if (r >= 0)
                r = throttle_fail(t, throttle, a->now, &ignored);
        return r < 0 ? r : CODE_E_WRONG;
}

static int judge(Txn *t, const CodeAttempt *a, Code *c, const char *throttle) {
        bool right;
        int r;

        r = compare(t, a, c, &right);
        if (r < 0)
                return r;
        if (!is_live(c, a->now))
                return CODE_E_VOID;
        if (!right)
                return count_failure(t, a, c, throttle);
        if (c->seen && a->flags & CODE_UNSEEN_ONLY)
                return CODE_E_SEEN;
        r = throttle_reset(t, throttle);
        return r < 0 ? r : CODE_ACCEPTED;
}

int code_check(Txn *t, const CodeAttempt *a, int64_t *ret_not_before) {
        char throttle[THROTTLE_SUBJECT_MAX];
        Code c = { .purpose = purposes[a->purpose].name };
        int r;

        throttle_subject_code(a->account ?: a->subject, a->uid, throttle);
        r = throttle_check(t, throttle, a->now, ret_not_before);
        if (r < 0)
                return r;
        if (store_is_rolled_back(txn_store(t)))
                return -ESTALE;
        r = load(t, a->purpose, a->subject, &c);
        if (r < 0 && r != -ENOENT)
                return r;
        if (r >= 0 && a->now < c.created - AUDIT_CLOCK_TOLERANCE)
                return -ETIME;
        r = judge(t, a, &c, throttle);
        secret_wipe(c.verifier, sizeof(c.verifier));
        return r;
}

int code_use(Txn *t, CodePurpose p, const char *subject, int64_t now) {
        Code c;
        int r;

        r = load(t, p, subject, &c);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        r = drop_message(t, &c, now);
        return r < 0 ? r : erase(t, &c);
}

int code_accept(Txn *t, const CodeAttempt *a, int64_t *ret_not_before) {
        int r;

        r = code_check(t, a, ret_not_before);
        if (r != CODE_ACCEPTED)
                return r;
        r = code_use(t, a->purpose, a->subject, a->now);
        return r < 0 ? r : CODE_ACCEPTED;
}

int code_void_subject(Txn *t, const char *subject, int64_t now) {
        for (CodePurpose p = CODE_NONE + 1; p < CODE_PURPOSES_END_; p++) {
                int r;

                r = code_use(t, p, subject, now);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- The operator's eyes ------------------------------------------------------------------------------------------------ */

static int purpose_from_string(const char *s) {
        for (int i = CODE_NONE + 1; i < CODE_PURPOSES_END_; i++)
                if (strcmp(purposes[i].name, s) == 0)
                        return i;
        return -EBADMSG;
}

/* The codes in one message: two at most. Returns how many. */
static int load_message(Txn *t, const char *message, Code ret[static 2]) {
        int n = 0, r;
        Row *row;

        r = txn_query(t, &row, "SELECT " COLUMNS " FROM code WHERE message = ?1", "s", message);
        for (; r > 0 && n < 2; r = txn_next(t, &row)) {
                int p = purpose_from_string(row_text(row, 0));

                r = p < 0 ? p : read_row(t, row, (CodePurpose) p, &ret[n]);
                if (r < 0)
                        return r;
                n++;
        }
        return r < 0 ? r : n;
}

int code_mark_seen(Txn *t, const char *message) {
        Code codes[2];
        int n, r = 0;

        n = load_message(t, message, codes);
        for (int i = 0; r >= 0 && i < n; i++) {
                codes[i].seen = true;
                r = store(t, &codes[i]);
        }
        return n < 0 ? n : r;
}

int code_void_message(Txn *t, const char *message) {
        Code codes[2];
        int n, r = 0;

        n = load_message(t, message, codes);
        for (int i = 0; r >= 0 && i < n; i++) {
                codes[i].live = false;
                r = store(t, &codes[i]);
        }
        return n < 0 ? n : r;
}

int code_void_all(Txn *t) {
        int r;

        r = txn_exec(t, "DELETE FROM code", "");
        return r < 0 ? r : 0;
}
