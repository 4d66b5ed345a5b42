/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Leases; see lease.h. */

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "daemon/lease.h"

static atomic_bool news;

typedef struct Lease {
        bool mine;
        bool offered;
        char session[33];
        int64_t taken;
        int64_t expires;
} Lease;

/* The live lease of a seal: 1, or 0 when nobody has it. One from the future was written before the clock stepped back; it holds nobody out, and
 * a mandate's holds no person out. */
static int find(Txn *t, const char *credential, const char *account, int64_t now, Lease *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT account, taken, expires, session, offered FROM lease WHERE credential = ?1 AND expires > ?2 AND taken <= ?2 "
                               "AND session NOT LIKE '" LEASE_MANDATE "%'", "si", credential, now);
        if (r <= 0)
                return r;
        *ret = (Lease) {
                .mine = strcmp(row_text(row, 0), account) == 0,
                .taken = row_int(row, 1),
                .expires = row_int(row, 2),
                .offered = row_int(row, 4) != 0,
        };
        snprintf(ret->session, sizeof(ret->session), "%s", row_text(row, 3));
        return 1;
}

/* `lease`: what is there, of this account; NULL for nothing. Where nothing would change it is left: a batch signs many times within a second. */
static int write_lease(Txn *t, const char *credential, const char *account, const char *session, const Lease *lease, int64_t now,
                       const LeaseTerms *terms) {
        int64_t taken = lease ? lease->taken : now, idle = now + terms->idle, end = taken + terms->max_age;
        int64_t expires = idle < end ? idle : end;
        int r;

        if (lease && lease->expires == expires && strcmp(lease->session, session) == 0)
                return 0;
        r = txn_exec(t, "INSERT OR REPLACE INTO lease (credential, account, session, taken, expires) VALUES (?1, ?2, ?3, ?4, ?5)", "sssii",
                     credential, account, session, taken, expires);
        return r < 0 ? r : 0;
}

int lease_check(Txn *t, const char *credential, const char *account, int64_t now, int64_t *ret_until) {
        Lease lease;
        int r;

        r = find(t, credential, account, now, &lease);
        if (r < 0)
                return r;
        if (r == 0 || lease.mine)
                return LEASE_HELD;
        *ret_until = lease.expires;
        return LEASE_E_BUSY;
}

int lease_take(Txn *t, const char *credential, const char *account, const char *session, int64_t now, const LeaseTerms *terms, int64_t *ret_until) {
        Lease lease;
        int r;

        r = find(t, credential, account, now, &lease);
        if (r < 0)
                return r;
        if (r > 0 && !lease.mine) {
                *ret_until = lease.expires;
                return LEASE_E_BUSY;
        }
        return write_lease(t, credential, account, session, r > 0 && !lease.offered ? &lease : NULL, now, terms);
}

int lease_renew(Txn *t, const char *credential, const char *account, const char *session, int64_t now, const LeaseTerms *terms) {
        Lease lease;
        int r;

        r = find(t, credential, account, now, &lease);
        if (r < 0)
                return r;
        if (r == 0 || !lease.mine || lease.offered)
                return LEASE_E_LOST;
        return write_lease(t, credential, account, session, &lease, now, terms);
}

int lease_offer(Txn *t, const char *credential, const char *account, const char *session, int64_t now, int64_t *ret_until) {
        int64_t expires = now + LEASE_TURN;
        Lease lease;
        int r;

        r = find(t, credential, account, now, &lease);
        if (r < 0)
                return r;
        if (r > 0) {
                *ret_until = lease.expires;
                return lease.mine ? LEASE_HELD : LEASE_E_BUSY;
        }
        r = txn_exec(t, "INSERT OR REPLACE INTO lease (credential, account, session, taken, expires, offered) VALUES (?1, ?2, ?3, ?4, ?5, 1)", "sssii",
                     credential, account, session, now, expires);
        if (r < 0)
                return r;
        *ret_until = expires;
        return LEASE_HELD;
}

int lease_take_mandate(Txn *t, const char *credential, const char *account, const char *name, int64_t now, int64_t *ret_until) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT expires FROM lease WHERE credential = ?1 AND expires > ?2 AND taken <= ?2", "si", credential, now);
        if (r < 0)
                return r;
        if (r > 0) {
                *ret_until = row_int(row, 0);
                return LEASE_E_BUSY;
        }
        r = txn_exec(t, "INSERT OR REPLACE INTO lease (credential, account, session, taken, expires) VALUES (?1, ?2, ?3, ?4, ?5)", "sssii",
                     credential, account, name, now, now + LEASE_TURN);
        return r < 0 ? r : LEASE_HELD;
}

/* The number of leases that ended. */
static int ended(int n) {
        if (n > 0)
                atomic_store(&news, true);
        return n;
}

bool lease_take_news(void) {
        return atomic_exchange(&news, false);
}

int lease_release_session(Txn *t, const char *session) {
        int r;

        r = ended(txn_exec(t, "DELETE FROM lease WHERE session = ?1", "s", session));
        return r < 0 ? r : 0;
}

int lease_release_account(Txn *t, const char *credential, const char *account) {
        int r;

        r = ended(txn_exec(t, "DELETE FROM lease WHERE credential = ?1 AND account = ?2", "ss", credential, account));
        return r < 0 ? r : 0;
}

int lease_release_all(Txn *t, const char *account) {
        int r;

        r = ended(txn_exec(t, "DELETE FROM lease WHERE account = ?1", "s", account));
        return r < 0 ? r : 0;
}

int lease_break(Txn *t, const char *credential) {
        return ended(txn_exec(t, "DELETE FROM lease WHERE credential = ?1", "s", credential));
}

int lease_clear(Txn *t) {
        int r;

        r = txn_exec(t, "DELETE FROM lease", "");
        return r < 0 ? r : 0;
}
