/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of sygnet-store share: the options, the verbs' interface and how a failure is told. The tool knows store formats, not
 * records. It runs as root or as the service's user; whatever it does in the state directory it does as that directory's owner. */

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"

enum {
        EXIT_OK = 0,
        EXIT_FAILED = 1,
        EXIT_USAGE = 2,
        EXIT_DENIED = 3,
        EXIT_NOT_FOUND = 4,
};

typedef struct Service {
        const char *name;
        const char *user;
        const char *state;    /* default directory */
        const char *host_key; /* default file */
        const char *older;    /* what an older copy lacks, and what to look through before it counts; sentences */
        uint32_t application_id;
} Service;

typedef struct Options {
        const Service *service;
        const char *state;
        const char *host_key;
        const char *recovery_key_file; /* NULL: ask, or standard input */
        const char *file;              /* the argument of backup and restore */
        bool recovery;                 /* rekey: a new recovery key too */
        bool json;
} Options;

typedef int (*Verb)(const Options *o); /* returns an exit status, having told what failed */

int verb_init(const Options *o);
int verb_status(const Options *o);
int verb_recover(const Options *o);
int verb_rekey(const Options *o);
int verb_backup(const Options *o);
int verb_restore(const Options *o);
int verb_recovery_key(const Options *o);

/* --- tell.c --- */

/* Prints why a store could not be used and what to do next; returns the exit status. */
int tell_store(const Options *o, int error);
/* The same for a file that is not the store's. */
int tell_file(const char *path, int error);
int tell(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- owner.c --- */

/* Acts as the owner of the state directory until owner_leave(), when run as root. `make`: makes a missing directory first, 0700; the default
 * one of a service for the service's user. -errno. */
int owner_enter(const Options *o, bool make);
void owner_leave(void);

/* --- key-file.c --- */

/* The 32 bytes of a host key file. -ENOENT; -EPERM when group or others may read it; -EBADMSG when it is none. */
int host_key_read(const char *path, Secret **ret);

/* Writes a host key, mode 0600, on disk when this returns. A file that root makes belongs to whom `owner`, a path, belongs. */
int host_key_write(const char *path, const Secret *key, const char *owner, bool replace);

/* The key in the file that the options name, if there is one; else makes one, for the state directory's owner. */
int host_key_read_or_make(const Options *o, Secret **ret, bool *ret_made);

/* The recovery key from the file, from standard input or from a prompt without echo. On failure tells and returns an exit status, else 0. */
int recovery_key_get(const Options *o, Secret **ret);

/* Prints a new recovery key: alone on standard output, with what to do with it on standard error. */
int recovery_key_show(const Secret *text);
