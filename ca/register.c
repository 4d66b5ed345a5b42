/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The CA's records; see register.h. */

#include <errno.h>
#include <string.h>

#include "ca/register.h"

#define PURPOSE "ca root key"
#define PLACE "root 1 private_key"
#define MAC_SIZE 32U

Root *root_free(Root *r) {
        if (!r)
                return NULL;
        bytes_done(&r->certificate);
        bytes_done(&r->private_key);
        free(r);
        return NULL;
}

int root_seal_key(Store *s, View pkcs8, Bytes *ret) {
        return store_seal(s, PURPOSE, PLACE, pkcs8, ret);
}

int root_open_key(Store *s, const Root *root, gnutls_privkey_t *ret) {
        _cleanup_secret_ Secret *pkcs8 = NULL;
        int r = store_unseal(s, PURPOSE, PLACE, bytes_view(&root->private_key), &pkcs8);

        return r < 0 ? r : key_import(secret_view(pkcs8), ret);
}

int root_import(const Root *root, gnutls_x509_crt_t *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        gnutls_datum_t der = { .data = root->certificate.data, .size = (unsigned) root->certificate.len };

        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) < 0)
                return -EIO;
        *ret = TAKE_PTR(crt);
        return 0;
}

/* --- The root ----------------------------------------------------------------------------------------------------- */

/* A key that the key host has is empty here, which is not NULL, to a MAC either. */
static View never_null(View v) {
        return v.len > 0 ? v : VIEW("", 0);
}

static int load_root(Txn *t, Root **ret, uint8_t ret_mac[static MAC_SIZE]) {
        _cleanup_(root_freep) Root *root = NULL;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT certificate, private_key, created, uid, mac FROM root WHERE id = 1", "");
        if (r <= 0)
                return r;
        root = calloc(1, sizeof(*root));
        if (!root)
                return -ENOMEM;
        root->created = row_int(row, 2);
        root->uid = (uid_t) row_int(row, 3);
        r = store_mac_check(txn_store(t), row_blob(row, 4), "root", "bbii", row_blob(row, 0), never_null(row_blob(row, 1)), root->created, (int64_t) root->uid);
        if (r < 0)
                return r;
        memcpy(ret_mac, row_blob(row, 4).data, MAC_SIZE);
        r = bytes_dup(row_blob(row, 0), &root->certificate);
        if (r >= 0)
                r = bytes_dup(row_blob(row, 1), &root->private_key);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(root);
        return 1;
}

int register_load_root(Txn *t, Root **ret) {
        uint8_t mac[MAC_SIZE];

        return load_root(t, ret, mac);
}

int register_root_mac(Txn *t, uint8_t ret[static MAC_SIZE]) {
        _cleanup_(root_freep) Root *root = NULL;
        int r = load_root(t, &root, ret);

        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

int register_insert_root(Txn *t, const Root *root) {
        View certificate = bytes_view(&root->certificate), key = never_null(bytes_view(&root->private_key));
        uint8_t mac[MAC_SIZE];
        int r;

        r = store_mac(txn_store(t), mac, "root", "bbii", certificate, key, root->created, (int64_t) root->uid);
        if (r < 0)
                return r;
        r = txn_exec(t, "INSERT INTO root (id, certificate, private_key, created, uid, mac) VALUES (1, ?1, ?2, ?3, ?4, ?5)", "bbiib", certificate, key,
                     root->created, (int64_t) root->uid, VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

/* --- The register ------------------------------------------------------------------------------------------------- */

void entry_done(Entry *e) {
        certificate_done(&e->certificate);
}

void entry_list_done(EntryList *l) {
        for (size_t i = 0; i < l->n; i++)
                entry_done(&l->entries[i]);
        free(l->entries);
        *l = (EntryList) { 0 };
}

#define ENTRY_TYPES "isssiiiibb"
#define ENTRY_FIELDS(e)                                                                                                             \
        (e)->number, (e)->certificate.serial, (e)->certificate.subject, profile_to_string((e)->profile), (e)->certificate.not_before, \
                (e)->certificate.not_after, (e)->issued, (int64_t) (e)->uid, VIEW((e)->key, sizeof((e)->key)), bytes_view(&(e)->certificate.der)

int register_read_tail(Txn *t, const char *query, int64_t *ret_number, uint8_t ret_mac[static MAC_SIZE]) {
        Row *row;
        int r;

        r = txn_query(t, &row, query, "");
        if (r < 0)
                return r;
        *ret_number = 0;
        if (r == 0)
                return register_root_mac(t, ret_mac);
        if (row_blob(row, 1).len != MAC_SIZE)
                return -EBADMSG;
        *ret_number = row_int(row, 0);
        memcpy(ret_mac, row_blob(row, 1).data, MAC_SIZE);
        return 0;
}

static int check_key(Txn *t, const Entry *e) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT number FROM certificate WHERE key = ?1 AND (subject != ?2 OR profile != ?3) LIMIT 1", "bss",
                      VIEW(e->key, sizeof(e->key)), e->certificate.subject, profile_to_string(e->profile));
        return r < 0 ? r : r > 0 ? -EKEYREJECTED : 0;
}

int register_append(Txn *t, Entry *e) {
        uint8_t before[MAC_SIZE], mac[MAC_SIZE];
        int r;

        r = check_key(t, e);
        if (r >= 0)
                r = register_read_tail(t, "SELECT number, mac FROM certificate ORDER BY number DESC LIMIT 1", &e->number, before);
        if (r < 0)
                return r;
        e->number++;
        r = store_mac(txn_store(t), mac, "certificate", ENTRY_TYPES "b", ENTRY_FIELDS(e), VIEW(before, sizeof(before)));
        if (r < 0)
                return r;
        r = txn_exec(t,
                     "INSERT INTO certificate (number, serial, subject, profile, not_before, not_after, issued, uid, key, certificate, mac) "
                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                     ENTRY_TYPES "b", ENTRY_FIELDS(e), VIEW(mac, sizeof(mac)));
        return r < 0 ? r : 0;
}

#define ENTRY_COLUMNS "number, serial, subject, profile, not_before, not_after, issued, uid, key, certificate, mac"

/* Subject and certificate are left out. */
static int read_fields(Row *row, Entry *e, uint8_t ret_mac[static MAC_SIZE]) {
        const char *serial = row_text(row, 1);
        View key = row_blob(row, 8), mac = row_blob(row, 10);

        e->number = row_int(row, 0);
        e->profile = profile_from_string(row_text(row, 3));
        e->certificate.not_before = row_int(row, 4);
        e->certificate.not_after = row_int(row, 5);
        e->issued = row_int(row, 6);
        e->uid = (uid_t) row_int(row, 7);
        if (!serial || !row_text(row, 2) || strlen(serial) >= SERIAL_TEXT_SIZE || key.len != sizeof(e->key) || mac.len != MAC_SIZE)
                return -EBADMSG;
        strcpy(e->certificate.serial, serial);
        memcpy(e->key, key.data, sizeof(e->key));
        memcpy(ret_mac, mac.data, MAC_SIZE);
        return 0;
}

static int read_entry(Row *row, Entry *e, uint8_t ret_mac[static MAC_SIZE]) {
        int r = read_fields(row, e, ret_mac);

        if (r < 0)
                return r;
        e->certificate.subject = strdup(row_text(row, 2));
        if (!e->certificate.subject)
                return -ENOMEM;
        return bytes_dup(row_blob(row, 9), &e->certificate.der);
}

typedef struct Macs {
        uint8_t mac[MAC_SIZE];
} Macs;

/* One row more than was asked for is read, for its MAC; before the first stands the root's. */
static int read_rows(Txn *t, unsigned limit, int64_t before, EntryList *list, Macs *macs) {
        Row *row;
        int r;

        r = txn_query(t, &row,
                      "SELECT " ENTRY_COLUMNS " FROM certificate "
                      "WHERE number < ?1 ORDER BY number DESC LIMIT ?2",
                      "ii", before > 0 ? before : INT64_MAX, (int64_t) limit + 1);
        for (; r > 0 && list->n <= limit; r = txn_next(t, &row)) {
                size_t i = list->n++;

                r = read_entry(row, &list->entries[i], macs[i].mac);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : 0;
}

static int check_chain(Txn *t, const EntryList *list, const Macs *macs) {
        _cleanup_(root_freep) Root *root = NULL;
        uint8_t root_mac[MAC_SIZE];
        int r;

        r = load_root(t, &root, root_mac);
        if (r < 0)
                return r;
        for (size_t i = 0; i < list->n; i++) {
                const Entry *e = &list->entries[i];
                bool first = e->number == 1, last = i + 1 == list->n;

                if (last && !first)
                        break; /* the one that was read for its MAC only, or the rows before it are missing: see register_list() */
                if (!first && list->entries[i + 1].number != e->number - 1)
                        return -EBADMSG;
                r = store_mac_check(txn_store(t), VIEW(macs[i].mac, MAC_SIZE), "certificate", ENTRY_TYPES "b", ENTRY_FIELDS(e),
                                    VIEW(first ? root_mac : macs[i + 1].mac, MAC_SIZE));
                if (r < 0)
                        return r;
        }
        return 0;
}

int register_list(Txn *t, unsigned limit, int64_t before, EntryList *ret) {
        _cleanup_(entry_list_done) EntryList list = { 0 };
        _cleanup_free_ Macs *macs = calloc(limit + 1, sizeof(*macs));
        int r;

        list.entries = calloc(limit + 1, sizeof(*list.entries));
        if (!list.entries || !macs)
                return -ENOMEM;
        r = read_rows(t, limit, before, &list, macs);
        if (r >= 0)
                r = check_chain(t, &list, macs);
        if (r < 0)
                return r;
        if (list.n > limit)
                entry_done(&list.entries[--list.n]);
        else if (list.n > 0 && list.entries[list.n - 1].number != 1)
                return -EBADMSG;
        *ret = list;
        list = (EntryList) { 0 };
        return 0;
}

int register_find(Txn *t, const char *serial, Entry *ret) {
        _cleanup_(entry_list_done) EntryList list = { 0 };
        int64_t number;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT number FROM certificate WHERE serial = ?1", "s", serial);
        if (r <= 0)
                return r;
        number = row_int(row, 0);
        r = register_list(t, 1, number + 1, &list);
        if (r < 0)
                return r;
        if (list.n != 1 || list.entries[0].number != number)
                return -EBADMSG;
        *ret = list.entries[0];
        list.n = 0;
        return 1;
}

int register_read_after(Txn *t, int64_t *number, uint8_t mac[static 32], EntryTake take, void *userdata) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT " ENTRY_COLUMNS " FROM certificate WHERE number > ?1 ORDER BY number", "i", *number);
        for (; r > 0; r = txn_next(t, &row)) {
                uint8_t row_mac[MAC_SIZE];
                Entry e = { 0 };

                r = read_fields(row, &e, row_mac);
                if (r < 0)
                        return r;
                /* Borrowed from the row, and not changed: a register is long. */
                e.certificate.subject = (char *) row_text(row, 2);
                e.certificate.der = (Bytes) { .data = (uint8_t *) (uintptr_t) row_blob(row, 9).data, .len = row_blob(row, 9).len };
                if (e.number != *number + 1)
                        return -EBADMSG;
                r = store_mac_check(txn_store(t), VIEW(row_mac, MAC_SIZE), "certificate", ENTRY_TYPES "b", ENTRY_FIELDS(&e), VIEW(mac, MAC_SIZE));
                if (r >= 0)
                        r = take(&e, userdata);
                if (r < 0)
                        return r;
                *number = e.number;
                memcpy(mac, row_mac, MAC_SIZE);
        }
        return r;
}
