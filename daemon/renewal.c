/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Renewals; see renewal.h. */

#include <errno.h>
#include <string.h>

#include "daemon/renewal.h"

/* credential, requested, public_key, private_key, request: in this order everywhere. A row with a kdf has another form than one without, as those have that were
 * written when only seals were renewed: without its kdf a row is not believed, nor with one that it did not have. */
#define MAC_TYPES "sibbb"
#define MAC_FIELDS(id, n) id, (n)->requested, bytes_view(&(n)->public_key), bytes_view(&(n)->private_key), bytes_view(&(n)->request)
#define MAC_TYPES_KDF MAC_TYPES "b"
#define MAC_FIELDS_KDF(id, n) MAC_FIELDS(id, n), bytes_view(&(n)->kdf)

void renewal_done(Renewal *n) {
        bytes_done(&n->public_key);
        bytes_done(&n->private_key);
        bytes_done(&n->kdf);
        bytes_done(&n->request);
        *n = (Renewal) { 0 };
}

static int check_row(Txn *t, View mac, const char *credential, const Renewal *n) {
        if (n->kdf.len == 0)
                return store_mac_check(txn_store(t), mac, "renewal", MAC_TYPES, MAC_FIELDS(credential, n));
        return store_mac_check(txn_store(t), mac, "renewal", MAC_TYPES_KDF, MAC_FIELDS_KDF(credential, n));
}

int renewal_load(Txn *t, const char *credential, Renewal *ret) {
        _cleanup_(renewal_done) Renewal n = { 0 };
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT requested, public_key, private_key, request, kdf, mac FROM renewal WHERE credential = ?1", "s", credential);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        n.requested = row_int(row, 0);
        r = bytes_dup(row_blob(row, 1), &n.public_key);
        if (r >= 0)
                r = bytes_dup(row_blob(row, 2), &n.private_key);
        if (r >= 0)
                r = bytes_dup(row_blob(row, 3), &n.request);
        if (r >= 0)
                r = bytes_dup(row_blob(row, 4), &n.kdf);
        if (r >= 0)
                r = check_row(t, row_blob(row, 5), credential, &n);
        if (r < 0)
                return r;
        *ret = n;
        n = (Renewal) { 0 };
        return 0;
}

int renewal_requested(Txn *t, const char *credential, int64_t *ret) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT requested FROM renewal WHERE credential = ?1", "s", credential);
        if (r > 0)
                *ret = row_int(row, 0);
        return r;
}

int renewal_insert(Txn *t, const char *credential, const Renewal *n) {
        uint8_t mac[32];
        int r;

        if (n->kdf.len == 0)
                r = store_mac(txn_store(t), mac, "renewal", MAC_TYPES, MAC_FIELDS(credential, n));
        else
                r = store_mac(txn_store(t), mac, "renewal", MAC_TYPES_KDF, MAC_FIELDS_KDF(credential, n));
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT INTO renewal (credential, requested, public_key, private_key, request, kdf, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                     MAC_TYPES_KDF "b", MAC_FIELDS_KDF(credential, n), VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

int renewal_reseal(Store *s, const char *credential, Renewal *n, View old_second, View new_second) {
        Credential c = { .kind = CREDENTIAL_SIGNATURE, .private_key = n->private_key };
        int r;

        strcpy(c.id, credential);
        r = credential_reseal_key(s, &c, old_second, new_second);
        n->private_key = c.private_key;
        return r;
}

int renewal_delete(Txn *t, const char *credential) {
        int r;

        r = txn_exec(t, "DELETE FROM renewal WHERE credential = ?1", "s", credential);
        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}
