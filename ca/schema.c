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
};

const StoreSchema ca_schema = {
        .application_id = 0x53594341, /* "SYCA" */
        .migrations = migrations,
        .version = 1,
};
