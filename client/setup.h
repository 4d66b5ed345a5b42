/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the parts of sygnet setup share: the certificates in question, the places they go to, and what came of it. */

#include "base/secret.h"
#include "client/client.h"
#include "client/dict.h"
#include "client/nss-places.h"
#include "client/trust-record.h"

typedef struct Candidate {
        Dict info;        /* as Trust1.InspectFile tells */
        Bytes der;
        bool must_be_named; /* it came over the network: only --fingerprint vouches for it */
        bool local;         /* our own CA's root: for documents, never for web sites */
        bool recorded;      /* an earlier run began with it */
} Candidate;

typedef enum Result {
        RESULT_WOULD_INSTALL,
        RESULT_WOULD_REMOVE,
        RESULT_INSTALLED,
        RESULT_PRESENT,
        RESULT_REMOVED,
        RESULT_LEFT, /* not touched, for the reason that is told; no failure */
        RESULT_FAILED,
} Result;

/* What became of one certificate in one place. */
typedef struct Change {
        char *fingerprint;
        char *store;
        char *path;    /* NULL for the system's stores */
        char *problem; /* translated, or NULL */
        Result result;
} Change;

typedef struct Setup {
        Client *c;
        bool guided;   /* a person is led through it */
        bool dry_run;
        bool system, browsers;
        char *from;    /* a file or folder that the person named when asked */
        bool local_ca;
        char trust[NSS_TRUST_MAX]; /* for NSS databases, as --purpose says */
        Candidate *candidates;
        size_t n_candidates;
        NssDatabases databases;
        TrustRecords records;
        DictList states;   /* of all candidates in the system's stores */
        Change *changes;
        size_t n_changes;
        unsigned failed;
} Setup;

/* setup-source.c: fills in the candidates. Exit codes. */
int setup_gather(Setup *s);
bool setup_named(const Setup *s, const Candidate *candidate); /* by --fingerprint */
const char *setup_anchors_folder(void); /* NULL when there is none, or nothing in it */

/* setup-apply.c */
int setup_survey(Setup *s);                  /* what is where now */
bool setup_needed(Setup *s);                 /* whether anything is to be done */
int setup_preview(Setup *s);                 /* notes what would be done */
int setup_apply(Setup *s);
int setup_purposes(Setup *s);                /* reads the option */

/* Asks for a database's primary password where it has one: NULL when it has none, or nobody can be asked. An exit code. */
int setup_database_password(Setup *s, const NssDatabase *d, Secret **ret);

/* Why nss_put() failed, translated; `said` is certutil's own sentence, or NULL. */
const char *setup_put_problem(int r, const char *said);

/* setup-undo.c */
int setup_undo(Setup *s);

/* setup-check.c: asks programs that are not ours. Adds to s->failed. */
int setup_check(Setup *s);

/* setup-account.c */
int setup_account(Setup *s, const char *login);
int setup_account_need(Setup *s); /* looks at the options before anything is done */

/* setup-report.c: notes what became of something, and tells it at once unless it shall be JSON. `problem` is copied. */
void setup_note(Setup *s, const char *fingerprint, const char *store, const char *path, Result result, const char *problem);
void setup_heading(const char *fingerprint, const char *subject);
int setup_print_json(const Setup *s);
void setup_done(Setup *s);
#define _cleanup_setup_ _cleanup_(setup_done)
