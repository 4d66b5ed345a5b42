/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Users of a seal; see seal-users.h. */

#include <errno.h>
#include <string.h>

#include "daemon/seal-users.h"

void seal_users_done(SealUsers *u) {
        for (size_t i = 0; i < u->n; i++) {
                free(u->users[i].login);
                free(u->users[i].name);
                free(u->users[i].given_name);
                free(u->users[i].surname);
                free(u->users[i].email);
                free(u->users[i].phone);
        }
        free(u->users);
        *u = (SealUsers) { 0 };
}

static SealUser *add(SealUsers *l) {
        SealUser *p;

        p = reallocarray(l->users, l->n + 1, sizeof(*p));
        if (!p)
                return NULL;
        l->users = p;
        l->users[l->n] = (SealUser) { .found = l->n, .invited = -1, .granted = -1, .removed = -1 };
        return &l->users[l->n++];
}

static int fill(SealUser *u, const char *email, const char *phone, const char *const account[static 4]) {
        u->email = strdup(email);
        u->phone = strdup(phone);
        u->login = strdup(account[0]);
        u->name = strdup(account[1]);
        u->given_name = strdup(account[2]);
        u->surname = strdup(account[3]);
        return u->email && u->phone && u->login && u->name && u->given_name && u->surname ? 0 : -ENOMEM;
}

/* Of a grant: its columns, the account's, and, where it came from one, the invitation's. An account's own phone is shown of the Administrator
 * only: else whoever administers some seal could read anybody's, by adding the login to it. */
static int read_grant(Txn *t, Row *row, SealUsers *l) {
        const unsigned account = GRANT_COLUMNS_N, invitation = GRANT_COLUMNS_N + 6;
        bool invited = row_text(row, invitation) != NULL;
        const char *own_phone;
        Invitation i = { 0 };
        SealUser *u;
        Grant g;
        int r;

        r = grant_read(t, row, 0, &g);
        if (r >= 0 && invited)
                r = invitation_read(t, row, invitation, &i);
        if (r < 0)
                return r;
        u = add(l);
        if (!u)
                return -ENOMEM;
        u->role = g.role;
        u->status = g.active ? "active" : "deleted";
        u->granted = g.granted;
        u->removed = g.removed;
        strcpy(u->invitation, i.id);
        if (invited)
                u->invited = i.invited;
        own_phone = g.role == ROLE_ADMINISTRATOR ? row_text(row, account + 5) : "";
        return fill(u, invited ? i.email : row_text(row, account + 4), invited ? i.phone : own_phone, (const char *[]) {
                row_text(row, account), row_text(row, account + 1), row_text(row, account + 2), row_text(row, account + 3) });
}

static int list_grants(Txn *t, const char *credential, SealUsers *l) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " GRANT_COLUMNS ", a.login, a.name, a.given_name, a.surname, a.email, a.phone, " INVITATION_COLUMNS " FROM entitlement e "
                               "JOIN account a ON a.id = e.account LEFT JOIN invitation i ON i.entitlement = e.id WHERE e.credential = ?1 "
                               "ORDER BY e.rowid", "s", credential);
        for (; r > 0; r = txn_next(t, &row)) {
                r = read_grant(t, row, l);
                if (r < 0)
                        return r;
        }
        return r;
}

static int read_invitation(Txn *t, Row *row, SealUsers *l) {
        Invitation i;
        SealUser *u;
        int r;

        r = invitation_read(t, row, 0, &i);
        if (r < 0)
                return r;
        u = add(l);
        if (!u)
                return -ENOMEM;
        u->role = ROLE_USER;
        u->status = i.status == INVITATION_PENDING ? "pending" : "deleted";
        u->invited = i.invited;
        u->removed = i.removed;
        strcpy(u->invitation, i.id);
        return fill(u, i.email, i.phone, (const char *[]) { "", "", "", "" });
}

static int list_invitations(Txn *t, const char *credential, SealUsers *l) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " INVITATION_COLUMNS " FROM invitation i WHERE i.credential = ?1 AND i.entitlement IS NULL "
                               "ORDER BY i.rowid", "s", credential);
        for (; r > 0; r = txn_next(t, &row)) {
                r = read_invitation(t, row, l);
                if (r < 0)
                        return r;
        }
        return r;
}

static int64_t since(const SealUser *u) {
        return u->invited >= 0 ? u->invited : u->granted;
}

/* Of one second, those that were found first. */
static int compare(const void *a, const void *b) {
        const SealUser *u = a, *v = b;
        int64_t x = since(u), y = since(v);

        return x != y ? (x > y) - (x < y) : (u->found > v->found) - (u->found < v->found);
}

int seal_users_list(Txn *t, const char *credential, SealUsers *ret) {
        _cleanup_(seal_users_done) SealUsers l = { 0 };
        int r;

        r = list_grants(t, credential, &l);
        if (r >= 0)
                r = list_invitations(t, credential, &l);
        if (r < 0)
                return r;
        if (l.n > 0)
                qsort(l.users, l.n, sizeof(*l.users), compare);
        *ret = l;
        l = (SealUsers) { 0 };
        return 0;
}
