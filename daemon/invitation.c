/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Invitations; see invitation.h. */

#include <errno.h>
#include <string.h>

#include "daemon/code.h"
#include "daemon/grant.h"
#include "daemon/invitation.h"

/* id, credential, email, phone, status, invited, removed, entitlement: in this order everywhere. */
#define MAC_TYPES "sssssiis"
#define MAC_FIELDS(i) (i)->id, (i)->credential, (i)->email, (i)->phone, statuses[(i)->status], (i)->invited, (i)->removed, (i)->grant
#define NOT_REMOVED (-1)

static const char *const statuses[] = {
        [INVITATION_PENDING] = "pending",
        [INVITATION_ACCEPTED] = "accepted",
        [INVITATION_REMOVED] = "removed",
};

static int copy_text(const char *s, char *ret, size_t size) {
        if (!s || strlen(s) >= size)
                return -EBADMSG;
        strcpy(ret, s);
        return 0;
}

static InvitationStatus status_from_string(const char *s) {
        for (size_t i = INVITATION_PENDING; s && i < ELEMENTSOF(statuses); i++)
                if (strcmp(statuses[i], s) == 0)
                        return (InvitationStatus) i;
        return 0;
}

int invitation_read(Txn *t, Row *row, unsigned first, Invitation *ret) {
        Invitation i = { .invited = row_int(row, first + 5), .removed = row_int(row, first + 6) };
        const struct {
                char *to;
                size_t size;
        } texts[] = { { i.id, sizeof(i.id) }, { i.credential, sizeof(i.credential) }, { i.email, sizeof(i.email) }, { i.phone, sizeof(i.phone) } };
        int r = 0;

        for (unsigned n = 0; r >= 0 && n < ELEMENTSOF(texts); n++)
                r = copy_text(row_text(row, first + n), texts[n].to, texts[n].size);
        if (r >= 0)
                r = copy_text(row_text(row, first + 7), i.grant, sizeof(i.grant));
        i.status = status_from_string(row_text(row, first + 4));
        if (r < 0 || i.status == 0)
                return -EBADMSG;
        r = store_mac_check(txn_store(t), row_blob(row, first + 8), "invitation", MAC_TYPES, MAC_FIELDS(&i));
        if (r < 0)
                return r;
        *ret = i;
        return 0;
}

int invitation_load(Txn *t, const char *id, Invitation *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " INVITATION_COLUMNS " FROM invitation i WHERE i.id = ?1", "s", id);
        if (r < 0)
                return r;
        return r == 0 ? -ENOENT : invitation_read(t, row, 0, ret);
}

int invitation_add(Txn *t, const char *credential, const char *email, const char *phone, int64_t now, Invitation *ret) {
        Invitation i = { .status = INVITATION_PENDING, .invited = now, .removed = NOT_REMOVED };
        uint8_t mac[32];
        int r;

        if (copy_text(credential, i.credential, sizeof(i.credential)) < 0 || copy_text(email, i.email, sizeof(i.email)) < 0 ||
            copy_text(phone, i.phone, sizeof(i.phone)) < 0)
                return -EINVAL;
        r = id_random(ID_RECORD, i.id);
        if (r >= 0)
                r = store_mac(txn_store(t), mac, "invitation", MAC_TYPES, MAC_FIELDS(&i));
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT INTO invitation (id, credential, email, phone, status, invited, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", "sssssib",
                     i.id, i.credential, i.email, i.phone, statuses[i.status], i.invited, VIEW(mac, sizeof(mac)));
        if (r < 0)
                return r;
        *ret = i;
        return 0;
}

/* Writes status, date of removal and grant of one that is no longer pending. */
static int update(Txn *t, const Invitation *i, int64_t now) {
        uint8_t mac[32];
        int r;

        r = store_mac(txn_store(t), mac, "invitation", MAC_TYPES, MAC_FIELDS(i));
        if (r < 0)
                return r;
        /* None of its codes is good for anything more. */
        r = code_void_subject(t, i->id, now);
        if (r < 0)
                return r;
        r = txn_exec(t, "UPDATE invitation SET status = ?1, removed = nullif(?2, -1), entitlement = nullif(?3, ''), mac = ?4 WHERE id = ?5", "sisbs",
                     statuses[i->status], i->removed, i->grant, VIEW(mac, sizeof(mac)), i->id);
        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

int invitation_accept(Txn *t, Invitation *i, const char *account, int64_t now) {
        int r;

        if (i->status != INVITATION_PENDING)
                return -ESTALE;
        r = grant_add(t, account, i->credential, ROLE_USER, now, i->grant);
        if (r < 0)
                return r;
        i->status = INVITATION_ACCEPTED;
        return update(t, i, now);
}

int invitation_remove(Txn *t, Invitation *i, int64_t now) {
        if (i->status != INVITATION_PENDING)
                return -ESTALE;
        i->status = INVITATION_REMOVED;
        i->removed = now;
        return update(t, i, now);
}

/* The first one pending after the id `after`, which is written anew; `f` of invitation_each_pending() may use the store in between. 0 when there is
 * none. */
static int next_pending(Txn *t, const char *credential, const char *email, char after[static INVITATION_ID_SIZE], Invitation *ret) {
        Row *row;
        int r;

        if (credential)
                r = txn_query(t, &row, "SELECT " INVITATION_COLUMNS " FROM invitation i WHERE i.credential = ?1 AND i.status = 'pending' AND "
                                       "(?2 IS NULL OR i.email = ?2) AND i.id > ?3 AND length(CAST(i.id AS BLOB)) = 16 ORDER BY i.id LIMIT 1", "sss",
                              credential, email, after);
        else
                r = txn_query(t, &row, "SELECT " INVITATION_COLUMNS " FROM invitation i WHERE i.email = ?1 AND i.status = 'pending' AND i.id > ?2 AND "
                                       "length(CAST(i.id AS BLOB)) = 16 ORDER BY i.id LIMIT 1", "ss", email, after);
        if (r <= 0)
                return r;
        r = copy_text(row_text(row, 0), after, INVITATION_ID_SIZE);
        if (r >= 0)
                r = invitation_read(t, row, 0, ret);
        return r < 0 ? r : 1;
}

/* One that was altered nobody can accept: it does not keep others from being found. */
int invitation_each_pending(Txn *t, const char *credential, const char *email, int (*f)(Txn *t, Invitation *i, void *userdata), void *userdata) {
        char normal[EMAIL_MAX + 1], after[INVITATION_ID_SIZE] = "";
        Invitation i;
        int r;

        if (email && email_normalize(email, normal) < 0)
                return 0;
        while ((r = next_pending(t, credential, email ? normal : NULL, after, &i)) != 0) {
                if (r == -EBADMSG)
                        continue;
                if (r > 0)
                        r = f(t, &i, userdata);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int remove_one(Txn *t, Invitation *i, void *userdata) {
        const int64_t *now = userdata;

        return invitation_remove(t, i, *now);
}

int invitation_remove_all(Txn *t, const char *credential, const char *email, int64_t now) {
        return invitation_each_pending(t, credential, email, remove_one, &now);
}
