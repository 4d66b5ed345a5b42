/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The end of an account; see account-end.h. */

#include <errno.h>
#include <string.h>

#include "daemon/account-contact.h"
#include "daemon/account-end.h"
#include "daemon/audit.h"
#include "daemon/code.h"
#include "daemon/credential.h"
#include "daemon/grant.h"
#include "daemon/lease.h"
#include "daemon/pin.h"
#include "daemon/renewal.h"
#include "daemon/token.h"

/* The next personal credential after the id `after`. 0 when there is none. */
static int next_own(Txn *t, const char *account, char after[static CREDENTIAL_ID_SIZE]) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT id FROM credential WHERE owner = ?1 AND id > ?2 AND status != 'retired' ORDER BY id LIMIT 1", "ss", account, after);
        if (r <= 0)
                return r;
        if (!id_is_valid(ID_RECORD, row_text(row, 0)))
                return -EBADMSG;
        strcpy(after, row_text(row, 0));
        return 1;
}

static int retire(Txn *t, const char *id, uid_t uid, int64_t now) {
        _cleanup_(credential_freep) Credential *c = NULL;
        const AuditEntry e = { .event = "credential-retired", .uid = uid, .credential = id, .now = now };
        int r;

        r = credential_load(t, id, &c);
        if (r < 0)
                return r;
        c->status = CREDENTIAL_RETIRED;
        bytes_done(&c->private_key);
        bytes_done(&c->kdf);
        r = credential_update(t, c);
        if (r >= 0)
                r = renewal_delete(t, id);
        return r < 0 && r != -ENOENT ? r : audit_append(t, &e);
}

static int retire_own(Txn *t, const char *account, uid_t uid, int64_t now) {
        char id[CREDENTIAL_ID_SIZE] = "";
        int r;

        while ((r = next_own(t, account, id)) > 0) {
                r = retire(t, id, uid, now);
                if (r < 0)
                        return r;
        }
        return r;
}

int account_end(Txn *t, Account *a, uid_t uid, int64_t now) {
        int r;

        r = grant_remove_all(t, a->id, now);
        if (r >= 0)
                r = lease_release_all(t, a->id);
        if (r >= 0)
                r = retire_own(t, a->id, uid, now);
        if (r >= 0)
                r = token_revoke_all(t, a->id);
        if (r >= 0)
                r = pin_forget(t, a->id);
        if (r >= 0)
                r = binding_delete_all(t, a->id);
        if (r >= 0)
                r = code_void_subject(t, a->id, now);
        if (r >= 0)
                r = contact_forget(t, a->id);
        if (r < 0)
                return r;
        bytes_done(&a->password);
        a->password_changed = 0;
        a->enrolled = ENROLLED_NO;
        a->active = false;
        a->deleted = true;
        return account_update(t, a);
}
