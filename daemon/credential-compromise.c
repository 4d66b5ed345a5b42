/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A key that may be in other hands (requirement C4): blocked first, and everything else afterwards. */

#include <errno.h>
#include <string.h>

#include "daemon/account.h"
#include "daemon/credential-access.h"
#include "daemon/lease.h"
#include "daemon/outbox.h"
#include "daemon/outcome.h"

#define KIND "key-compromised"

static int add_account(Accounts *l, const char *id) {
        char (*p)[17] = reallocarray(l->ids, l->n + 1, sizeof(*p));

        if (!p)
                return -ENOMEM;
        l->ids = p;
        strcpy(l->ids[l->n++], id);
        return 0;
}

/* Whose rows cannot be believed is not told: a report must not fail because of them. */
static int find_affected(Txn *t, CredentialJob *j) {
        Grant g;
        Row *row;
        int r;

        if (j->record->owner)
                return add_account(&j->affected, j->record->owner);
        r = txn_query(t, &row, "SELECT " GRANT_COLUMNS " FROM entitlement e WHERE e.credential = ?1 AND e.status = 'active' ORDER BY e.granted", "s", j->id);
        for (; r > 0; r = txn_next(t, &row)) {
                if (grant_read(t, row, 0, &g) < 0)
                        continue;
                r = add_account(&j->affected, g.account);
                if (r < 0)
                        return r;
        }
        return r;
}

/* The credential's owner, and everybody who may use a seal. That somebody has no address, or had too many messages today, changes nothing. */
static int tell(Txn *t, CredentialJob *j, const char *id) {
        _cleanup_(account_done) Account a = { 0 };
        const OutboxField fields[] = {
                { "credential", view_string(j->record->label) },
                { "id", view_string(j->record->id) },
                { "name", view_string("") },
        };
        OutboxMessage m = { .channel = CHANNEL_MAIL, .kind = KIND, .fields = fields, .n_fields = 2, .uid = -1, .now = j->now, .settings = j->settings };
        OutboxField with_name[ELEMENTSOF(fields)];
        int r;

        r = account_load(t, id, &a);
        if (r < 0 || !a.active || !a.email || !a.email[0])
                return r == -ENOMEM ? r : 0;
        memcpy(with_name, fields, sizeof(fields));
        if (a.name && a.name[0]) {
                with_name[2].value = view_string(a.name);
                m.n_fields = 3;
        }
        m.fields = with_name;
        m.recipient = a.email;
        m.language = a.language;
        m.account = a.id;
        r = outbox_put(t, &m, NULL);
        if (r >= 0)
                j->told++;
        return r == -EDQUOT || r == -ENOBUFS || r == -ESTALE || r == -EDESTADDRREQ ? 0 : r;
}

/* A new key that was made before may be in the same hands, or have the password that is: only one that is made from now on takes the place of this. */
static int drop_renewal(Txn *t, const char *id) {
        int r = renewal_delete(t, id);

        return r == -ENOENT ? 0 : r;
}

int credential_job_report_compromise(Txn *t, CredentialJob *j) {
        bool again;
        int r;

        /* The operator may block also what only its owner may use. */
        if (j->account[0])
                r = credential_access(t, j);
        else
                r = credential_load(t, j->id, &j->record);
        if (r == -ENOENT)
                return OUTCOME_NOT_FOUND;
        if (r != 0)
                return r;
        if (j->record->status == CREDENTIAL_RETIRED)
                return OUTCOME_DISABLED;
        again = j->record->status == CREDENTIAL_BLOCKED;
        j->record->status = CREDENTIAL_BLOCKED;
        r = credential_update(t, j->record);
        /* What began after the first report stays. */
        if (r >= 0 && !again)
                r = drop_renewal(t, j->id);
        if (r >= 0)
                r = lease_break(t, j->id);
        if (r >= 0)
                r = find_affected(t, j);
        for (size_t i = 0; r >= 0 && !again && i < j->affected.n; i++)
                r = tell(t, j, j->affected.ids[i]);
        return r < 0 ? r : credential_audit(t, j, "key-compromised", VIEW(NULL, 0));
}

int credential_job_release(Txn *t, CredentialJob *j) {
        int r;

        r = credential_load(t, j->id, &j->record);
        if (r < 0)
                return r == -ENOENT ? OUTCOME_NOT_FOUND : r;
        if (j->record->status != CREDENTIAL_BLOCKED)
                return OUTCOME_NOT_POSSIBLE;
        j->record->status = j->record->certificates.len > 0 ? CREDENTIAL_ACTIVE : CREDENTIAL_REQUESTED;
        r = credential_update(t, j->record);
        return r < 0 ? r : credential_audit(t, j, "key-released", VIEW(NULL, 0));
}
