/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Our records of what was put into trust stores, a file for each certificate. A record is written before anything else is touched and goes last,
 * so that after a crash it says what is to be undone: what is `pending` was begun. Records of several certificates that are installed together
 * bear the number of their group; a file of that number says that all of them are to stay, whatever their own files say by then. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/cleanup.h"

#define FINGERPRINT_TEXT_SIZE 65U
#define GROUP_TEXT_SIZE 17U

/* More is not kept: whoever has so many wants another tool. */
#define RECORDS_MAX 1024U

typedef enum StoreId {
        STORE_CA_CERTIFICATES,
        STORE_CA_TRUST,
        STORE_SUSE,
        STORE_P11_KIT,
        STORE_FIREFOX_POLICY,
        STORE_JAVA,
        STORE_MAX,
} StoreId;

/* As records and the bus name them. STORE_MAX for another word. */
const char *store_id_word(StoreId id);
StoreId store_id_from_word(const char *word);

static inline unsigned store_bit(StoreId id) {
        return 1U << id;
}

/* What a certificate is trusted for. */
#define PURPOSE_TLS 1U
#define PURPOSE_EMAIL 2U
#define PURPOSE_CODE 4U
#define PURPOSE_ALL 7U

/* "tls", "email", "code"; 0 for another word. */
unsigned purpose_from_word(const char *word);

typedef struct Record {
        char fingerprint[FINGERPRINT_TEXT_SIZE]; /* SHA-256, lower-case hexadecimal */
        char group[GROUP_TEXT_SIZE];             /* that `pending` belongs to; empty when it is being taken out */
        char *subject;                           /* fit to be shown */
        Bytes der;
        int64_t not_after, installed;
        uid_t uid;
        unsigned purposes;
        unsigned stores;  /* bits: they have it, and from us */
        unsigned pending; /* bits: begun, and to be undone unless the group was committed */
} Record;

void record_done(Record *r);

/* 64 lower-case hexadecimal digits? */
bool fingerprint_is_valid(const char *s);

/* SHA-256 of a certificate as text. */
int fingerprint_take(View der, char ret[static FINGERPRINT_TEXT_SIZE]);

/* Writes the record into `directory`, new or anew. */
int record_write(const char *directory, const Record *r);

/* -ENOENT; -EBADMSG when it is damaged. Records of the first format, which knew one store, are read as well. */
int record_read(const char *directory, const char *fingerprint, Record *ret);
int record_delete(const char *directory, const Record *r);

typedef struct RecordList {
        Record *records;
        size_t n;
} RecordList;

/* All of them, oldest first; damaged ones are counted in *ret_damaged. */
int record_list(const char *directory, RecordList *ret, size_t *ret_damaged);
void record_list_done(RecordList *l);

Record *record_list_find(const RecordList *l, const char *fingerprint);

/* Groups: a number that no other has, and the word that all its records stay. */
int group_new(char ret[static GROUP_TEXT_SIZE]);
int group_commit(const char *directory, const char *group);

/* Makes the records of committed groups say so themselves, in the list and on disk, and forgets the groups. */
int groups_settle(const char *directory, RecordList *l);

/* Gone for good, directory and all: what is told after this must be true after a crash. 0 also when there was none. */
int delete_file(const char *path);
