/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The trust stores of a system, each behind the same few functions: what distributions keep for all programs, and what Firefox and Java keep for
 * themselves. A store is changed in two steps: files are put or dropped, then the commands that rebuild it run; then it is surveyed, since what
 * commands say of themselves is not believed. Nothing here waits. */

#include "installer/trust/record.h"
#include "installer/trust/survey.h"

/* Marks a sentence for xgettext; the client passes it through gettext(). */
#define N_(s) s

typedef struct Stores {
        char *root;         /* put before all paths; "" for the system itself */
        char *records;      /* /var/lib/sygnet-trust */
        const char *update; /* update-ca-certificates, where it is not the system's */
} Stores;

/* Makes the directory of the records, 0700. */
int stores_init(Stores *s, const char *root);
void stores_done(Stores *s);

/* Opens the file whose lock says that a change is under way; the caller closes it. Returns the descriptor. */
int stores_open_lock(const Stores *s);

/* A path below the root; NULL when memory ran out. The caller frees. */
char *stores_path(const Stores *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool stores_has(const Stores *s, const char *path);

/* Commands, run one after the other; argv[0] is the program's path. */
#define COMMAND_WORDS_MAX 20U

typedef struct Command {
        char *argv[COMMAND_WORDS_MAX + 1];
} Command;

typedef struct CommandList {
        Command *items;
        size_t n;
} CommandList;

int command_add(CommandList *l, const char *const *argv);
void command_list_done(CommandList *l);
#define _cleanup_commands_ _cleanup_(command_list_done)

typedef struct Store {
        StoreId id;
        const char *name;  /* for a person */
        unsigned purposes; /* that it tells apart; 0: what is in it is trusted for everything */

        bool (*is_present)(const Stores *s);

        /* Where it is, and where it has a certificate's file; the caller frees. */
        char *(*place)(const Stores *s);
        char *(*path)(const Stores *s, const Record *r);

        /* Why it cannot be changed, a sentence; NULL when it can. */
        const char *(*problem)(const Stores *s);

        int (*survey)(const Stores *s, Survey *ret);

        /* A certificate's file. -EEXIST when there is one of that name. Dropping leaves alone what is not ours. */
        int (*put)(const Stores *s, const Record *r);
        int (*drop)(const Stores *s, const Record *r);

        /* After the files, what makes the store follow them. Those of `l` with the store's bit in `pending` are `leaving` it or coming. `torn`:
         * an earlier run may have been cut short. */
        int (*commands)(const Stores *s, const RecordList *l, bool leaving, bool torn, CommandList *ret);

        /* After the commands; NULL where there is nothing to do. */
        int (*settle)(const Stores *s, const RecordList *l, bool leaving);

        /* Whether the certificate's file is there, and ours; NULL where there is none. */
        bool (*has_file)(const Stores *s, const Record *r);

        /* Whether nothing else of ours is left of the certificate either, beside what the survey says; NULL: the survey says it all. */
        bool (*is_gone)(const Stores *s, const Record *r);
} Store;

extern const Store store_ca_certificates, store_ca_trust, store_suse, store_p11_kit, store_firefox_policy, store_java;

/* By id. */
const Store *store_by_id(StoreId id);

static inline bool record_is_pending(const Record *r, StoreId id) {
        return (r->pending & store_bit(id)) != 0;
}

/* --- What several stores have in common --------------------------------------------------------------------------- */

int certificate_to_pem(View der, Bytes *ret);

/* Files that hold `content`: written anew, 0644, -EEXIST when there is one; 1 when it is there and holds that, 0 when not; deleted if it does. */
int content_put(const char *path, View content);
int content_is(const char *path, View content);
int content_drop(const char *path, View content);

/* Whether a directory can be written to; a sentence when not, else NULL. */
const char *directory_problem(const Stores *s, const char *path);
const char *path_problem(const char *path); /* as it is, without the root */
