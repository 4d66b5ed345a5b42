/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* PINs; see pin.h. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crypto/kdf.h"
#include "daemon/audit.h"
#include "daemon/outcome.h"
#include "daemon/pin.h"
#include "daemon/token.h"

#define PURPOSE "pin"
#define KEY_SIZE 32U
/* account, kdf, verifier, failures, changed */
#define MAC_TYPES "sbbii"

/* What the verifier holds: that it opens is the answer. */
static const char proof[] = "pin";

void pin_done(Pin *p) {
        bytes_done(&p->kdf);
        bytes_done(&p->verifier);
        *p = (Pin) { 0 };
}

bool pin_is_well_formed(View pin) {
        if (pin.len != PIN_DIGITS)
                return false;
        for (size_t i = 0; i < pin.len; i++)
                if (pin.data[i] < '0' || pin.data[i] > '9')
                        return false;
        return true;
}

/* --- Work --------------------------------------------------------------------------------------------------------- */

static const char *place_of(const char *account, char ret[static 64]) {
        snprintf(ret, 64, "pin/%.32s/verifier", account);
        return ret;
}

static int derive(View kdf, View pin, Secret **ret) {
        Argon2Params params;
        int r;

        r = argon2_params_read(kdf, &params);
        return r < 0 ? r : argon2id(&params, pin, KEY_SIZE, ret);
}

int pin_make(Store *s, const char *account, View pin, int64_t now, Pin *ret, Secret **ret_key) {
        _cleanup_(pin_done) Pin p = { .changed = now };
        _cleanup_secret_ Secret *key = NULL;
        Argon2Params params;
        char place[64];
        int r;

        r = argon2_params_new(&params);
        if (r >= 0)
                r = argon2_params_write(&params, &p.kdf);
        if (r >= 0)
                r = derive(bytes_view(&p.kdf), pin, &key);
        if (r >= 0)
                r = store_seal_with(s, PURPOSE, place_of(account, place), secret_view(key), view_string(proof), &p.verifier);
        if (r < 0)
                return r;
        *ret = p;
        p = (Pin) { 0 };
        *ret_key = TAKE_PTR(key);
        return 0;
}

int pin_open(Store *s, const char *account, const Pin *p, View pin, Secret **ret_key) {
        _cleanup_secret_ Secret *key = NULL, *plain = NULL;
        char place[64];
        int r;

        r = derive(bytes_view(&p->kdf), pin, &key);
        if (r < 0)
                return r;
        r = store_unseal_with(s, PURPOSE, place_of(account, place), secret_view(key), bytes_view(&p->verifier), &plain);
        /* Another PIN is another key; the record's own MAC has told damage apart before. */
        if (r == -ENOKEY || r == -EBADMSG)
                return -EKEYREJECTED;
        if (r < 0)
                return r;
        *ret_key = TAKE_PTR(key);
        return 0;
}

/* --- The record --------------------------------------------------------------------------------------------------- */

int pin_load(Txn *t, const char *account, Pin *ret) {
        _cleanup_(pin_done) Pin p = { 0 };
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT kdf, verifier, failures, changed, mac FROM pin WHERE account = ?1", "s", account);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        r = store_mac_check(txn_store(t), row_blob(row, 4), "pin", MAC_TYPES, account, row_blob(row, 0), row_blob(row, 1), row_int(row, 2),
                            row_int(row, 3));
        if (r < 0)
                return r;
        p.failures = (unsigned) row_int(row, 2);
        p.changed = row_int(row, 3);
        r = bytes_dup(row_blob(row, 0), &p.kdf);
        if (r >= 0)
                r = bytes_dup(row_blob(row, 1), &p.verifier);
        if (r < 0)
                return r;
        *ret = p;
        p = (Pin) { 0 };
        return 0;
}

static int mac_of(Txn *t, const char *account, const Pin *p, uint8_t ret[static 32]) {
        return store_mac(txn_store(t), ret, "pin", MAC_TYPES, account, bytes_view(&p->kdf), bytes_view(&p->verifier), (int64_t) p->failures,
                         p->changed);
}

int pin_write(Txn *t, const char *account, const Pin *p) {
        uint8_t mac[32];
        int r;

        r = mac_of(t, account, p, mac);
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT OR REPLACE INTO pin (account, kdf, verifier, failures, changed, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                     MAC_TYPES "b", account, bytes_view(&p->kdf), bytes_view(&p->verifier), (int64_t) p->failures, p->changed,
                     VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

int pin_forget(Txn *t, const char *account) {
        int r = txn_exec(t, "DELETE FROM pin WHERE account = ?1", "s", account);

        return r < 0 ? r : 0;
}

/* By compare-and-set: several hosts may share the store one day. -EBUSY when the count was another by now. */
static int set_failures(Txn *t, const char *account, Pin *p, unsigned failures) {
        unsigned before = p->failures;
        uint8_t mac[32];
        int r;

        p->failures = failures;
        r = mac_of(t, account, p, mac);
        if (r < 0)
                return r;
        r = txn_exec(t, "UPDATE pin SET failures = ?2, mac = ?3 WHERE account = ?1 AND failures = ?4 AND kdf = ?5", "sibib", account,
                     (int64_t) failures, VIEW(mac, sizeof(mac)), (int64_t) before, bytes_view(&p->kdf));
        return r < 0 ? r : r == 0 ? -EBUSY : 0;
}

int pin_unblock(Txn *t, const char *account) {
        _cleanup_(pin_done) Pin p = { 0 };
        int r;

        r = pin_load(t, account, &p);
        return r < 0 ? r : set_failures(t, account, &p, 0);
}

/* --- Trying ------------------------------------------------------------------------------------------------------- */

int pin_check(Txn *t, const char *account, Pin *ret) {
        _cleanup_(pin_done) Pin p = { 0 };
        int r;

        r = pin_load(t, account, &p);
        if (r == -ENOENT)
                return OUTCOME_NO_PIN;
        if (r < 0)
                return r;
        if (pin_is_blocked(&p))
                return OUTCOME_PIN_BLOCKED;
        pin_done(ret);
        *ret = p;
        p = (Pin) { 0 };
        return 0;
}

/* Without a code. */
static int check_no_code(Txn *t, const PinAttempt *a) {
        int r;

        if (a->remembered)
                return 0;
        r = token_needs_code(t, a->account);
        return r <= 0 ? r : OUTCOME_CODE_NEEDED;
}

int pin_begin(Txn *t, const PinAttempt *a, Pin *ret, int64_t *ret_until) {
        int r;

        r = pin_check(t, a->account, ret);
        if (r != 0)
                return r;
        return a->otp ? token_may_settle(t, a->account, a->uid, a->now, ret_until) : check_no_code(t, a);
}

int pin_check_remembered(Txn *t, const char *account, View kdf) {
        _cleanup_(pin_done) Pin p = { 0 };
        int r;

        r = pin_check(t, account, &p);
        if (r != 0)
                return r;
        return view_equal(bytes_view(&p.kdf), kdf) ? 0 : OUTCOME_PIN_NEEDED;
}

static int note(Txn *t, const PinAttempt *a, const char *event) {
        const AuditEntry e = { .event = event, .account = a->account, .uid = a->uid, .credential = a->credential, .now = a->now };

        return audit_append(t, &e);
}

static int count_failure(Txn *t, const PinAttempt *a, Pin *p) {
        int r;

        r = set_failures(t, a->account, p, p->failures + 1);
        if (r >= 0)
                r = note(t, a, "pin-refused");
        if (r >= 0 && pin_is_blocked(p))
                r = note(t, a, "pin-blocked");
        return r < 0 ? r : OUTCOME_WRONG_PIN;
}

static int settle_code(Txn *t, const PinAttempt *a, int64_t *ret_until) {
        return a->otp ? token_settle(t, a->account, a->uid, secret_view(a->otp), a->now, ret_until) : check_no_code(t, a);
}

int pin_settle(Txn *t, const PinAttempt *a, int64_t *ret_until) {
        _cleanup_(pin_done) Pin p = { 0 };
        int r;

        r = pin_check(t, a->account, &p);
        if (r != 0)
                return r;
        r = settle_code(t, a, ret_until);
        if (r != 0)
                return r;
        if (a->opened != 0 || !view_equal(bytes_view(&p.kdf), bytes_view(&a->tried->kdf)))
                return count_failure(t, a, &p);
        return p.failures > 0 ? set_failures(t, a->account, &p, 0) : 0;
}
