/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Decrypted keys; see key-cache.h. A row for each pair of credential and session: few live at once, so a walk finds them. */

#include <errno.h>
#include <string.h>

#include "daemon/key-cache.h"

struct SigningKey {
        unsigned refs;
        gnutls_privkey_t key;
};

typedef struct Use {
        char credential[17];
        char session[33];
        SigningKey *key;
} Use;

struct KeyCache {
        Use *uses;
        size_t n, allocated;
};

int signing_key_new(gnutls_privkey_t key, SigningKey **ret) {
        SigningKey *k;

        k = malloc(sizeof(*k));
        if (!k) {
                gnutls_privkey_deinit(key);
                return -ENOMEM;
        }
        *k = (SigningKey) { .refs = 1, .key = key };
        *ret = k;
        return 0;
}

SigningKey *signing_key_ref(SigningKey *k) {
        if (k)
                k->refs++;
        return k;
}

SigningKey *signing_key_unref(SigningKey *k) {
        if (k && --k->refs == 0) {
                gnutls_privkey_deinit(k->key);
                free(k);
        }
        return NULL;
}

gnutls_privkey_t signing_key_handle(SigningKey *k) {
        return k->key;
}

int key_cache_new(KeyCache **ret) {
        KeyCache *c;

        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        *ret = c;
        return 0;
}

static void drop(KeyCache *c, size_t i) {
        signing_key_unref(c->uses[i].key);
        c->uses[i] = c->uses[--c->n];
}

KeyCache *key_cache_free(KeyCache *c) {
        if (!c)
                return NULL;
        while (c->n > 0)
                drop(c, c->n - 1);
        free(c->uses);
        free(c);
        return NULL;
}

static Use *find(KeyCache *c, const char *credential, const char *session) {
        for (size_t i = 0; i < c->n; i++)
                if (strcmp(c->uses[i].credential, credential) == 0 && (!session || strcmp(c->uses[i].session, session) == 0))
                        return &c->uses[i];
        return NULL;
}

SigningKey *key_cache_get(KeyCache *c, const char *credential, const char *session) {
        Use *use = find(c, credential, NULL);
        SigningKey *k;

        if (!use)
                return NULL;
        k = signing_key_ref(use->key);
        /* Without memory for the note the key may be dropped early, never late. */
        (void) key_cache_put(c, credential, session, k);
        return k;
}

static int grow(KeyCache *c) {
        size_t want = c->allocated > 0 ? 2 * c->allocated : 8;
        Use *p;

        if (c->n < c->allocated)
                return 0;
        p = reallocarray(c->uses, want, sizeof(*p));
        if (!p)
                return -ENOMEM;
        c->uses = p;
        c->allocated = want;
        return 0;
}

int key_cache_put(KeyCache *c, const char *credential, const char *session, SigningKey *k) {
        Use *use = find(c, credential, session);
        int r;

        if (use)
                return 0;
        if (strlen(credential) >= sizeof(use->credential) || strlen(session) >= sizeof(use->session))
                return -EINVAL;
        r = grow(c);
        if (r < 0)
                return r;
        use = &c->uses[c->n++];
        strcpy(use->credential, credential);
        strcpy(use->session, session);
        use->key = signing_key_ref(k);
        return 0;
}

void key_cache_end_session(KeyCache *c, const char *session) {
        for (size_t i = c->n; i-- > 0;)
                if (strcmp(c->uses[i].session, session) == 0)
                        drop(c, i);
}

void key_cache_forget(KeyCache *c, const char *credential) {
        for (size_t i = c->n; i-- > 0;)
                if (strcmp(c->uses[i].credential, credential) == 0)
                        drop(c, i);
}
