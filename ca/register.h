/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The CA's records, read and written inside jobs of the store: the root, and the register of what was issued. The MAC of each
 * row of the register covers that of the row before: a row cannot be altered, taken out or put in between without its being
 * noticed when it is listed. What the chain does not show is that rows are missing at its end. */

#include <sys/types.h>

#include "ca/certificate.h"
#include "store/store.h"

typedef struct Root {
        Bytes certificate;  /* DER */
        Bytes private_key;  /* sealed PKCS#8: root_seal_key(), root_open_key(); empty where the key host has it */
        int64_t created;
        uid_t uid;          /* who had it made */
} Root;

Root *root_free(Root *r);
DEFINE_CLEANUP(Root *, root_free);

/* From any thread. */
int root_seal_key(Store *s, View pkcs8, Bytes *ret);
int root_open_key(Store *s, const Root *root, gnutls_privkey_t *ret);

/* The root as a certificate of this thread's own: GnuTLS does not say that one may be shared. From any thread; -EIO. */
int root_import(const Root *root, gnutls_x509_crt_t *ret);

/* In a job: the root. 1 and the root, 0 when there is none, -EBADMSG when the record was altered. The caller frees. */
int register_load_root(Txn *t, Root **ret);

/* In a job: the MAC of the root's record, with which the chains begin. -ENOENT when there is none. */
int register_root_mac(Txn *t, uint8_t ret[static 32]);

/* In a job: number and MAC of a chain's last row, which `query` gives, or 0 and the root's. */
int register_read_tail(Txn *t, const char *query, int64_t *ret_number, uint8_t ret_mac[static 32]);

/* In a job: the one and only root. -EEXIST when there is one. */
int register_insert_root(Txn *t, const Root *root);

typedef struct Entry {
        int64_t number;  /* from 1; filled in by register_append() */
        Certificate certificate;
        Profile profile;
        int64_t issued;
        uid_t uid;       /* the operator */
        uint8_t key[32]; /* pubkey_fingerprint() */
} Entry;

typedef struct EntryList {
        Entry *entries;
        size_t n;
} EntryList;

void entry_done(Entry *e);
void entry_list_done(EntryList *l);

/* In a job: appends. -EKEYREJECTED when the key was certified before for another subject or profile: one key, one holder, one
 * purpose. */
int register_append(Txn *t, Entry *e);

/* In a job: at most `limit` entries with numbers below `before` (0: all), newest first. -EBADMSG when the register was
 * altered. */
int register_list(Txn *t, unsigned limit, int64_t before, EntryList *ret);

/* In a job: the entry of a serial number; 1, 0 when there is none. -EBADMSG when the register was altered. */
int register_find(Txn *t, const char *serial, Entry *ret);

/* In a job: reads the entries after number `*number`, whose MAC is `mac` (of the root for 0), in their order, hands each to
 * `take` (what it points to is borrowed), and leaves number and MAC of the last one. -EBADMSG when a row was altered or one is
 * missing. */
typedef int (*EntryTake)(const Entry *e, void *userdata);
int register_read_after(Txn *t, int64_t *number, uint8_t mac[static 32], EntryTake take, void *userdata);
