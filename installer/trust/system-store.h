/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The files of the system's trust store (Debian's ca-certificates) and our records of what we put there. A record is written before anything
 * else is touched and goes last, so that after a crash it says what is to be undone. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/cleanup.h"

#define FINGERPRINT_TEXT_SIZE 65U

typedef struct SystemStore {
        char *local;   /* /usr/local/share/ca-certificates */
        char *links;   /* /etc/ssl/certs */
        char *bundle;  /* /etc/ssl/certs/ca-certificates.crt */
        char *conf;    /* /etc/ca-certificates.conf */
        char *records; /* /var/lib/sygnet-trust */
} SystemStore;

/* `root` is put before all paths; "" for the system itself. Makes the directory of the records, 0700. */
int system_store_init(SystemStore *s, const char *root);
void system_store_done(SystemStore *s);

typedef enum RecordState {
        RECORD_INSTALLING, /* begun; nobody was told that it is done: to be undone */
        RECORD_INSTALLED,
        RECORD_REMOVING,   /* begun: to be brought to its end */
} RecordState;

typedef struct Record {
        RecordState state;
        char fingerprint[FINGERPRINT_TEXT_SIZE]; /* SHA-256, lower-case hexadecimal */
        char *subject; /* fit to be shown */
        char *path;    /* of the certificate's file, filled in by record_set_path() */
        Bytes der;
        int64_t not_after, installed;
        uid_t uid;
} Record;

void record_done(Record *r);

/* 64 lower-case hexadecimal digits? */
bool fingerprint_is_valid(const char *s);

/* Fills in the path where this store keeps the certificate. */
int record_set_path(const SystemStore *s, Record *r);

/* Writes the record, new or anew. */
int record_write(const SystemStore *s, const Record *r);

/* -ENOENT; -EBADMSG when it is damaged. */
int record_read(const SystemStore *s, const char *fingerprint, Record *ret);
int record_delete(const SystemStore *s, const Record *r);

typedef struct RecordList {
        Record *records;
        size_t n;
} RecordList;

/* All of them, oldest first; damaged ones are counted in *ret_damaged. */
int record_list(const SystemStore *s, RecordList *ret, size_t *ret_damaged);
void record_list_done(RecordList *l);

/* Writes the certificate's file, PEM, 0644. -EEXIST when there is a file of that name. */
int certificate_file_write(const Record *r);

/* 1 when it is there and ours, 0 when not. */
int certificate_file_exists(const Record *r);

/* Removes it if it is ours; a file of that name with another content is left alone. */
int certificate_file_delete(const Record *r);

/* 1 when the bundle holds the certificate, whoever put it there, 0 when not. */
int bundle_contains(const SystemStore *s, View der);

/* Whether update-ca-certificates still has its link to the certificate's file. */
bool link_exists(const SystemStore *s, const Record *r);

/* Puts that link back where it is gone and a link by hash still names it: only a link that it takes away makes
 * update-ca-certificates mend those, and an update that was cut short may have taken away the one and left the others. */
int link_restore(const SystemStore *s, const Record *r);

/* Opens the file whose lock says that a change is under way; the caller closes it. Returns the descriptor. */
int system_store_open_lock(const SystemStore *s);

/* Deletes what an update that was killed left of its work: the next one would append to it. */
int unfinished_bundle_delete(const SystemStore *s);

/* Writes a configuration for update-ca-certificates that is the system's and drops the certificates of `list` that are not installed. Its path
 * is the caller's to free. Without it the links of a removed file would stay, and Java's store would not be told. */
int removal_conf_write(const SystemStore *s, const RecordList *list, char **ret);
