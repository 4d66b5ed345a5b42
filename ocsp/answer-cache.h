/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Answers that were signed before, by the CertID they answer. One place for each remainder of a hash: what falls on a place that is taken replaces what is
 * there, so memory has a bound and nothing need be put in order. All functions may be called from several threads. */

#include "base/bytes.h"

#define ANSWER_CACHE_PLACES 16384U

typedef struct AnswerCache AnswerCache;

int answer_cache_new(AnswerCache **ret);
AnswerCache *answer_cache_free(AnswerCache *c);
DEFINE_CLEANUP(AnswerCache *, answer_cache_free);

/* A copy of the answer that is kept for `id`. 0, -ENOENT, -ENOMEM. */
int answer_cache_find(AnswerCache *c, View id, Bytes *ret);

/* Keeps a copy. Where memory runs out it is not kept. */
void answer_cache_keep(AnswerCache *c, View id, View answer);

void answer_cache_clear(AnswerCache *c);
