/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers by CertID; see answer-cache.h. */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "ocsp/answer-cache.h"

#define LOCKS 64U

typedef struct Place {
        Bytes id, answer;
} Place;

struct AnswerCache {
        pthread_mutex_t locks[LOCKS]; /* each of every LOCKS-th place */
        Place places[ANSWER_CACHE_PLACES];
};

/* FNV-1a. Serial numbers are random; who chooses ids that meet only has them signed again. */
static size_t place_of(View id) {
        uint64_t h = UINT64_C(0xcbf29ce484222325);

        for (size_t i = 0; i < id.len; i++)
                h = (h ^ id.data[i]) * UINT64_C(0x100000001b3);
        return (size_t) ((h ^ h >> 32) % ANSWER_CACHE_PLACES);
}

static void place_clear(Place *p) {
        bytes_done(&p->id);
        bytes_done(&p->answer);
}

int answer_cache_new(AnswerCache **ret) {
        AnswerCache *c = calloc(1, sizeof(*c));

        if (!c)
                return -ENOMEM;
        for (size_t i = 0; i < LOCKS; i++)
                pthread_mutex_init(&c->locks[i], NULL);
        *ret = c;
        return 0;
}

AnswerCache *answer_cache_free(AnswerCache *c) {
        if (!c)
                return NULL;
        for (size_t i = 0; i < ANSWER_CACHE_PLACES; i++)
                place_clear(&c->places[i]);
        for (size_t i = 0; i < LOCKS; i++)
                pthread_mutex_destroy(&c->locks[i]);
        free(c);
        return NULL;
}

int answer_cache_find(AnswerCache *c, View id, Bytes *ret) {
        size_t i = place_of(id);
        int r = -ENOENT;

        pthread_mutex_lock(&c->locks[i % LOCKS]);
        if (c->places[i].id.len > 0 && view_equal(bytes_view(&c->places[i].id), id))
                r = bytes_dup(bytes_view(&c->places[i].answer), ret);
        pthread_mutex_unlock(&c->locks[i % LOCKS]);
        return r;
}

void answer_cache_keep(AnswerCache *c, View id, View answer) {
        size_t i = place_of(id);
        Place p = { 0 }, before;

        if (bytes_dup(id, &p.id) < 0 || bytes_dup(answer, &p.answer) < 0) {
                place_clear(&p);
                return;
        }
        pthread_mutex_lock(&c->locks[i % LOCKS]);
        before = c->places[i];
        c->places[i] = p;
        pthread_mutex_unlock(&c->locks[i % LOCKS]);
        place_clear(&before);
}

void answer_cache_clear(AnswerCache *c) {
        for (size_t i = 0; i < ANSWER_CACHE_PLACES; i++) {
                pthread_mutex_lock(&c->locks[i % LOCKS]);
                place_clear(&c->places[i]);
                pthread_mutex_unlock(&c->locks[i % LOCKS]);
        }
}
