/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Failures in words, with what to do next; see tool.h. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store-tool/tool.h"

int tell(int status, const char *format, ...) {
        va_list ap;

        fputs("sygnet-store: ", stderr);
        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fputc('\n', stderr);
        return status;
}

int tell_file(const char *path, int error) {
        switch (error) {
        case -ENOENT:
                return tell(EXIT_NOT_FOUND, "%s does not exist.", path);
        case -EEXIST:
                return tell(EXIT_FAILED, "%s exists already, and is never overwritten. Name another file or move it away.", path);
        case -EACCES:
        case -EPERM:
                return tell(EXIT_DENIED, "%s may not be used (%s). Run this as root.", path, strerror(-error));
        case -ENOSPC:
                return tell(EXIT_FAILED, "There is no room for %s. Nothing was changed; make room and try again.", path);
        default:
                return tell(EXIT_FAILED, "%s: %s.", path, strerror(-error));
        }
}

int tell_store(const Options *o, int error) {
        switch (error) {
        case -EBUSY:
                return tell(EXIT_FAILED, "The store in %s is in use: %s is running. Stop it first (systemctl stop %s) and try again.", o->state,
                            o->service->name, o->service->name);
        case -ENOENT:
                return tell(EXIT_NOT_FOUND, "There is no store in %s. Make one with 'sygnet-store --service %s init', or bring a backup back with "
                            "'restore'.", o->state, o->service->name);
        case -ENOTDIR:
                return tell(EXIT_FAILED, "%s is not a directory.", o->state);
        case -EEXIST:
                return tell(EXIT_FAILED, "There is a store in %s, or a part of one. Nothing was changed: a key is never made beside records. Move "
                            "what is there away if you really want to begin anew.", o->state);
        case -ENOKEY:
                return tell(EXIT_DENIED, "This key does not open the store in %s. With the recovery key, 'sygnet-store --service %s recover' lets "
                            "this host in again.", o->state, o->service->name);
        case -EBADMSG:
                return tell(EXIT_FAILED, "What is in %s is damaged, incomplete, or no store of %s. Restore a backup into an empty directory.",
                            o->state, o->service->name);
        case -EPROTONOSUPPORT:
                return tell(EXIT_FAILED, "The store in %s was written by a newer version of Sygnet. Install that version.", o->state);
        case -EACCES:
                return tell(EXIT_DENIED, "%s may not be entered. Run this as root or as %s.", o->state, o->service->user);
        case -EPERM:
                return tell(EXIT_DENIED, "%s and its files must belong to one user, and nobody else may have access: directory 0700, files 0600. "
                            "Run this as root or as %s.", o->state, o->service->user);
        case -ENOSPC:
                return tell(EXIT_FAILED, "The disk of %s is full, or the store has no slot left ('rekey' clears them). Nothing was lost.", o->state);
        default:
                return tell(EXIT_FAILED, "The store in %s cannot be used: %s.", o->state, strerror(-error));
        }
}
