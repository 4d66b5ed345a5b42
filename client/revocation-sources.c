/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sources of certificates' states; see revocation-sources.h. */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "client/fetch.h"
#include "client/output.h"
#include "client/revocation-sources.h"

#define FETCH_SECONDS 10U
#define CACHE_ITEMS_MAX 4096U
#define CACHE_SIZE_MAX (256U * 1024U * 1024U)

static int fetch_now(RevocationKind kind, const char *url, View request, Bytes *ret) {
        FetchParams params = {
                .content_type = request.len > 0 ? "application/ocsp-request" : NULL,
                .body = request,
                .size_max = kind == REVOCATION_CRL ? CRL_SIZE_MAX : OCSP_SIZE_MAX,
                .timeout_s = FETCH_SECONDS,
        };

        return fetch_url(url, &params, ret, NULL);
}

typedef struct Fetched {
        char *url;
        Bytes request, answer;
        int result;
} Fetched;

/* Of all documents of a run. */
struct RevocationCache {
        pthread_mutex_t lock;
        Fetched *items;
        size_t n;
        size_t size;
};

static void fetched_done(Fetched *f) {
        free(TAKE_PTR(f->url));
        bytes_done(&f->request);
        bytes_done(&f->answer);
}

int revocation_cache_new(RevocationCache **ret) {
        RevocationCache *c = calloc(1, sizeof(*c));

        if (!c)
                return fail_memory();
        pthread_mutex_init(&c->lock, NULL);
        *ret = c;
        return 0;
}

RevocationCache *revocation_cache_free(RevocationCache *c) {
        if (!c)
                return NULL;
        for (size_t i = 0; i < c->n; i++)
                fetched_done(&c->items[i]);
        free(c->items);
        pthread_mutex_destroy(&c->lock);
        free(c);
        return NULL;
}

static const Fetched *cache_find(const RevocationCache *c, const char *url, View request) {
        for (size_t i = 0; i < c->n; i++)
                if (strcmp(c->items[i].url, url) == 0 && view_equal(bytes_view(&c->items[i].request), request))
                        return &c->items[i];
        return NULL;
}

/* What cannot be kept is fetched again. */
static void cache_add(RevocationCache *c, const char *url, View request, int result, View answer) {
        Fetched f = { .url = strdup(url), .result = result };
        Fetched *items = c->n < CACHE_ITEMS_MAX && answer.len <= CACHE_SIZE_MAX - c->size ? reallocarray(c->items, c->n + 1, sizeof(*items)) : NULL;

        if (items)
                c->items = items;
        if (items && f.url && bytes_dup(request, &f.request) == 0 && bytes_dup(answer, &f.answer) == 0) {
                c->size += answer.len;
                items[c->n++] = f;
        } else
                fetched_done(&f);
}

/* With the lock held while it is fetched: two documents that want the same wait for one answer. */
static int fetch(void *userdata, RevocationKind kind, const char *url, View request, Bytes *ret) {
        RevocationCache *c = userdata;
        const Fetched *f;
        int r;

        if (!c)
                return fetch_now(kind, url, request, ret);
        pthread_mutex_lock(&c->lock);
        f = cache_find(c, url, request);
        if (f)
                r = f->result < 0 ? f->result : bytes_dup(bytes_view(&f->answer), ret);
        else {
                r = fetch_now(kind, url, request, ret);
                cache_add(c, url, request, r, r < 0 ? VIEW(NULL, 0) : bytes_view(ret));
        }
        pthread_mutex_unlock(&c->lock);
        return r;
}

/* Each CRL of a PEM file; text around them is passed over. -EBADMSG when there is none, or one is broken. */
static int add_pem(RevocationPool *pool, RevocationSource source, View text) {
        size_t n = 0;
        View body;
        int r;

        while ((r = pem_next(&text, "X509 CRL", &body)) > 0) {
                _cleanup_bytes_ Bytes der = BYTES_NULL;

                r = base64_decode(body, &der);
                if (r >= 0)
                        r = revocation_pool_add(pool, REVOCATION_CRL, source, bytes_view(&der));
                if (r < 0)
                        return r == -EINVAL ? -EBADMSG : r;
                n++;
        }
        return r == 0 && n == 0 ? -EBADMSG : r;
}

static int add_file(RevocationPool *pool, RevocationKind kind, RevocationSource source, const char *path) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        View v;
        int r;

        r = read_file(path, CRL_SIZE_MAX, &content);
        if (r < 0)
                return r;
        v = bytes_view(&content);
        /* DER starts with a SEQUENCE. */
        if (kind == REVOCATION_CRL && (v.len == 0 || v.data[0] != 0x30))
                return add_pem(pool, source, v);
        return revocation_pool_add(pool, kind, source, v);
}

static int add_given(const Client *c, RevocationPool *pool, const char *option, RevocationKind kind) {
        const char *path;
        int r;

        for (size_t i = 0; (path = arguments_nth(&c->arguments, option, i)); i++) {
                r = add_file(pool, kind, REVOCATION_FROM_FILE, path);
                if (r == -EBADMSG)
                        return kind == REVOCATION_CRL ? fail(EXIT_FAILED, _("%s: no CRL in it. PEM and DER are understood."), path) :
                                                        fail(EXIT_FAILED, _("%s: no OCSP response in it. DER is understood."), path);
                if (r < 0)
                        return fail_file(r, path);
        }
        return 0;
}

int revocation_sources_open(const Client *c, RevocationCache *cache, RevocationPool *pool) {
        int r;

        r = add_given(c, pool, "crl", REVOCATION_CRL);
        if (r == 0)
                r = add_given(c, pool, "ocsp", REVOCATION_OCSP);
        if (r != 0)
                return r;
        r = add_file(pool, REVOCATION_CRL, REVOCATION_FROM_LOCAL_CA, LOCAL_CRL);
        if (r == -EBADMSG)
                return fail(EXIT_FAILED, _("%s is damaged, so what the local CA revoked is not known. Have the CA publish it anew."), LOCAL_CRL);
        if (r < 0 && r != -ENOENT && r != -ENOTDIR)
                return fail_file(r, LOCAL_CRL);
        if (!arguments_has(&c->arguments, "offline"))
                pool->fetch = fetch;
        pool->userdata = cache;
        return 0;
}
