/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a CA certificate is trusted: the system's stores, as the service tells, and the person's NSS databases, as they are. */

#include "client/client.h"
#include "client/dict.h"
#include "client/nss-places.h"
#include "client/nss.h"
#include "client/trust-record.h"

typedef struct TrustRow {
        char *store;        /* as people call it; "Firefox: abc.default" */
        char *path;         /* of a database; NULL for the system's stores */
        char *why;          /* translated */
        bool trusted, ours; /* ours: put in through Sygnet */
} TrustRow;

typedef struct TrustTable {
        TrustRow *rows;
        size_t n;
} TrustTable;

void trust_table_done(TrustTable *t);
#define _cleanup_trust_table_ _cleanup_(trust_table_done)

/* Asks the service about certificates, by fingerprint, in all stores that this machine has. Where the caller may not know, that is said and the list is
 * empty. An exit code. */
int trust_system_states(Client *c, const char *const *fingerprints, size_t n, DictList *ret);

/* The rows of one certificate: those of `states` that are about it, and one for each database. Negative errno. */
int trust_table_build(const DictList *states, const NssDatabases *databases, const TrustRecords *records, const char *fingerprint, TrustTable *ret);

/* What a database's trust means, or why it cannot be told (`r`, of nss_read()). Translated; the caller frees; NULL when memory ran out. */
char *nss_state_text(const NssDatabase *d, int r, const NssEntry *e);

/* "Firefox: abc.default". The caller frees; NULL when memory ran out. */
char *nss_database_name(const NssDatabase *d);

/* Prints tables of certificates, or as JSON { certificates: [ { fingerprint, subject, stores: [ … ] } ] }. `subjects` may hold NULLs. */
int trust_tables_print(Client *c, const TrustTable *tables, const char *const *fingerprints, const char *const *subjects, size_t n);

/* A fingerprint as people give it: lower-case hexadecimal without colons and blanks. The caller frees. Ends the program when memory runs out. */
char *fingerprint_tidy(const char *s);
bool fingerprint_is(const char *s); /* 64 digits */

/* A certificate as Trust1.Inspect tells of it, for a person to agree to. In verb-trust.c. */
void trust_print_info(const Dict *d);
