/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes documents to their files as their signatures come in, on threads of its own, while further ones are signed. Where there are many, those that are
 * written while others are brought to the disk go there together. */

#include "client/progress.h"
#include "client/sign-item.h"

typedef struct SignWriting {
        SignItem *const *items; /* drafted; their status is set */
        const Bytes *signatures;
        size_t n;
        const Signer *signer;
        const SignOptions *options;
        Progress *progress;
        bool is_held; /* all have their drafts still */
} SignWriting;

typedef struct SignWriter SignWriter;

/* What `w` refers to is borrowed until the writer is ended. -ENOMEM. */
int sign_writer_new(const SignWriting *w, SignWriter **ret);

/* The first `n` have their signatures. */
void sign_writer_offer(SignWriter *writer, size_t n);

/* Waits until all that were offered are written and have their names, or failed. Takes NULL, returns NULL. */
SignWriter *sign_writer_free(SignWriter *writer);
DEFINE_CLEANUP(SignWriter *, sign_writer_free);
