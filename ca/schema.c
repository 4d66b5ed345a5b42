/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The records of sygnet-cad, as migrations. A migration that was released is never changed: add one. Times are seconds since the epoch, UTC. */

#include "ca/schema.h"

static const char *const migrations[] = {
        /* 0 to 1 */
        "CREATE TABLE root ("
        "  id INTEGER PRIMARY KEY CHECK (id = 1)," /* there is one root, ever */
        "  certificate BLOB NOT NULL,"    /* DER */
        "  private_key BLOB NOT NULL,"    /* sealed PKCS#8 */
        "  created INTEGER NOT NULL,"
        "  uid INTEGER NOT NULL,"         /* who had it made */
        "  mac BLOB NOT NULL"
        ") STRICT;"
        "CREATE TABLE certificate ("      /* the register: what was issued, when, for whom, by whom */
        "  number INTEGER PRIMARY KEY,"   /* from 1, without gaps */
        "  serial TEXT NOT NULL UNIQUE,"  /* lower-case hexadecimal */
        "  subject TEXT NOT NULL,"        /* RFC 4514 */
        "  profile TEXT NOT NULL,"
        "  not_before INTEGER NOT NULL,"
        "  not_after INTEGER NOT NULL,"
        "  issued INTEGER NOT NULL,"
        "  uid INTEGER NOT NULL,"         /* the operator */
        "  key BLOB NOT NULL,"            /* SHA-256 of the SubjectPublicKeyInfo */
        "  certificate BLOB NOT NULL,"    /* DER */
        "  mac BLOB NOT NULL"             /* over the row and the mac of the one before, or of the root: a chain */
        ") STRICT;"
        "CREATE INDEX certificate_key ON certificate(key);",
        /* 1 to 2 */
        "CREATE TABLE event ("            /* what became of certificates: the newest of each says its state; rows are never altered */
        "  number INTEGER PRIMARY KEY,"   /* from 1, without gaps */
        "  serial TEXT NOT NULL REFERENCES certificate(serial),"
        "  state TEXT NOT NULL,"          /* what it was put into: good, suspended, revoked */
        "  reason TEXT NOT NULL,"         /* RFC 5280 §5.3.1 */
        "  at INTEGER NOT NULL,"
        "  invalid_since INTEGER NOT NULL," /* invalidityDate; 0: not known */
        "  comment TEXT NOT NULL,"
        "  uid INTEGER NOT NULL,"
        "  mac BLOB NOT NULL"             /* over the row and the mac of the one before, or of the root: a chain */
        ") STRICT;"
        "CREATE TABLE publication ("      /* the list of revocations that was begun last */
        "  id INTEGER PRIMARY KEY CHECK (id = 1),"
        "  number INTEGER NOT NULL,"      /* cRLNumber: never given out twice */
        "  at INTEGER NOT NULL,"
        "  certificates INTEGER NOT NULL," /* the last rows that it took in: that many there are at least */
        "  events INTEGER NOT NULL,"
        "  jumped INTEGER NOT NULL,"      /* 1: the number jumped because this store is an older copy, which was not accepted yet */
        "  mac BLOB NOT NULL"
        ") STRICT;"
        "CREATE TABLE request ("          /* what waits for an operator, and what was answered */
        "  number INTEGER PRIMARY KEY,"
        "  status TEXT NOT NULL,"         /* pending, issued, rejected */
        "  subject TEXT NOT NULL,"        /* RFC 4514 */
        "  profile TEXT NOT NULL,"
        "  days INTEGER NOT NULL,"
        "  requested INTEGER NOT NULL,"
        "  uid INTEGER NOT NULL,"
        "  request BLOB NOT NULL,"        /* PKCS#10, DER */
        "  key BLOB NOT NULL,"            /* SHA-256 of the SubjectPublicKeyInfo */
        "  decided INTEGER NOT NULL,"     /* 0: not yet */
        "  operator INTEGER NOT NULL,"    /* uid; -1: not yet */
        "  reason TEXT NOT NULL,"         /* of a rejection */
        "  serial TEXT NOT NULL,"         /* of what was issued */
        "  mac BLOB NOT NULL"
        ") STRICT;"
        "CREATE INDEX request_uid ON request(uid, status);",
};

const StoreSchema ca_schema = {
        .application_id = 0x53594341, /* "SYCA" */
        .migrations = migrations,
        .version = 2,
};
