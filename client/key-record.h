/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the client remembers of keys that are not in the service: in a file or on a token. One NAME.conf each, and NAME.pem
 * with the certificates, under $XDG_DATA_HOME/sygnet/keys. They hold no secret; who alters them can at most have another
 * key asked for, and its public key is compared. */

#include "base/bytes.h"
#include "client/certificates.h"

typedef enum KeyPlace {
        KEY_PLACE_INVALID = 0,
        KEY_PLACE_DAEMON,
        KEY_PLACE_FILE,
        KEY_PLACE_TOKEN,
} KeyPlace;

const char *key_place_to_string(KeyPlace p); /* "daemon", "file", "token" */
KeyPlace key_place_from_string(const char *s);
const char *key_place_text(const char *place); /* translated */

#define KEY_RECORD_ID_SIZE 17

typedef struct KeyRecord {
        char id[KEY_RECORD_ID_SIZE]; /* the beginning of the public key's SHA-256, hexadecimal */
        char *label;
        KeyPlace place;
        char *path;        /* of the file, absolute */
        char *uri;         /* of the private key on its token, RFC 7512 */
        char *profile;
        char *algorithm;   /* NULL for one that we do not make */
        char *public_key;  /* SubjectPublicKeyInfo, base64 */
        char *subject;     /* subject_write(), base64; NULL for a key that came with its certificate */
        char *terms;       /* the version that was accepted; NULL: it was not made here */
        int64_t created, terms_accepted;
        bool imported;     /* it was there before: what is forgotten here is not erased */
        CertificateList chain;
} KeyRecord;

void key_record_done(KeyRecord *k);
#define _cleanup_key_record_ _cleanup_(key_record_done)

typedef struct KeyRecordList {
        KeyRecord *items;
        size_t n;
} KeyRecordList;

void key_record_list_done(KeyRecordList *l);
#define _cleanup_key_records_ _cleanup_(key_record_list_done)

/* The id of a public key (DER). 0 or negative errno. */
int key_record_id(View public_key, char ret[static KEY_RECORD_ID_SIZE]);

/* All that there are, by label. One that cannot be read is told of and left out. */
int key_record_list(KeyRecordList *ret);

/* By id, label or the beginning of an id. EXIT_NOT_FOUND without saying anything when there is none; EXIT_USAGE after
 * saying so when the name means several. */
int key_record_find(const char *name, KeyRecord *ret);

/* Whether a label is free. Says so when not. */
int key_record_check_label(const char *label);

/* Writes both files; the certificates first. */
int key_record_write(const KeyRecord *k);
int key_record_remove(const KeyRecord *k);
