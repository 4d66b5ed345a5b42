/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What sygnet setup did for a person, so that it can be undone and repaired: for each certificate two files in $XDG_STATE_HOME/sygnet/trust, the certificate
 * itself and what was there before. A record is on disk before the first change that it tells of, and goes after the last one was taken back: whenever
 * we are killed, it names at least all that was changed, and taking back what was not done does nothing. */

#include <stdbool.h>

#include "base/bytes.h"
#include "client/client.h"
#include "client/nss.h"

#define BEFORE_ABSENT "absent" /* the certificate was not in the database */
#define BEFORE_NONE "none"     /* there was no database */

typedef struct RecordedDatabase {
        char *path;
        char *before; /* its trust, or one of the above */
} RecordedDatabase;

typedef struct TrustRecord {
        char fingerprint[2 * NSS_FINGERPRINT + 1];
        uint8_t digest[NSS_FINGERPRINT];
        Bytes certificate;         /* DER */
        char *trust;               /* as it is set in NSS databases */
        bool system;               /* the service was asked to put it into the system's stores, where it had not put it before */
        RecordedDatabase *databases;
        size_t n_databases;
} TrustRecord;

typedef struct TrustRecords {
        TrustRecord *items;
        size_t n;
} TrustRecords;

/* Makes the folder of records and locks it for this process; says so when another one has it. `ret_fd` is the lock. An exit code. */
int trust_records_lock(int *ret_fd);

/* All records, by fingerprint. One that cannot be read is an error: what it tells would be forgotten. An exit code. */
int trust_records_read(TrustRecords *ret);
void trust_records_done(TrustRecords *l);
#define _cleanup_trust_records_ _cleanup_(trust_records_done)

TrustRecord *trust_records_find(const TrustRecords *l, const char *fingerprint);

/* Adds an empty record for a certificate, or finds the one that is there. NULL when memory ran out. */
TrustRecord *trust_records_add(TrustRecords *l, View certificate, const char *trust);

RecordedDatabase *trust_record_database(const TrustRecord *r, const char *path);

/* Notes how a database was, unless it is noted already. Negative errno. */
int trust_record_note(TrustRecord *r, const char *path, const char *before);

/* Puts a record on disk, and takes it away. An exit code. */
int trust_record_write(const TrustRecord *r);
int trust_record_delete(const TrustRecord *r);
