/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Revocation information at hand; see revocation-pool.h. */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/codec.h"
#include "sign/trust/revocation-pool.h"

const char *revocation_source_to_string(RevocationSource s) {
        static const char *const names[] = {
                [REVOCATION_FROM_SIGNATURE] = "signature",
                [REVOCATION_FROM_FILE] = "file",
                [REVOCATION_FROM_LOCAL_CA] = "local-ca",
                [REVOCATION_FROM_NETWORK] = "network",
        };

        return names[s];
}

const char *revocation_kind_to_string(RevocationKind k) {
        return k == REVOCATION_CRL ? "CRL" : "OCSP";
}

static bool holds(const RevocationPool *p, const RevocationItem *item) {
        for (size_t i = 0; i < p->n; i++)
                if (p->items[i].kind == item->kind && view_equal(bytes_view(&p->items[i].der), bytes_view(&item->der)))
                        return true;
        return false;
}

void revocation_pool_prove(RevocationPool *p, const RevocationPool *before, int64_t time) {
        for (size_t i = 0; i < p->n; i++)
                if ((p->items[i].proven == 0 || p->items[i].proven > time) && holds(before, &p->items[i]))
                        p->items[i].proven = time;
}

void revocation_pool_rewind(RevocationPool *p, size_t n) {
        while (p->n > n) {
                p->size -= p->items[--p->n].der.len;
                bytes_done(&p->items[p->n].der);
        }
        while (p->n_fetched > 0)
                free(p->fetched[--p->n_fetched]);
}

void revocation_pool_done(RevocationPool *p) {
        revocation_pool_rewind(p, 0);
        free(p->items);
        free(p->fetched);
        *p = (RevocationPool) { 0 };
}

static int item_read(RevocationItem *item) {
        int r;

        r = item->kind == REVOCATION_CRL ? crl_read(bytes_view(&item->der), &item->crl) : ocsp_read(bytes_view(&item->der), &item->ocsp);
        if (r == -E2BIG)
                r = -EBADMSG;
        item->unsupported = r > 0;
        return r < 0 ? r : 0;
}

static int item_add(RevocationPool *p, RevocationItem *item) {
        RevocationItem *items;

        items = reallocarray(p->items, p->n + 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        p->items = items;
        p->size += item->der.len;
        items[p->n] = *item;
        items[p->n++].der = bytes_take(&item->der);
        return 0;
}

int revocation_pool_add(RevocationPool *p, RevocationKind kind, RevocationSource source, View der) {
        RevocationItem item = { .kind = kind, .source = source };
        int r;

        if (p->n >= REVOCATION_ITEMS_MAX || der.len > REVOCATION_POOL_MAX - p->size)
                return 0;
        r = bytes_dup(der, &item.der);
        if (r >= 0)
                r = item_read(&item);
        if (r >= 0)
                r = item_add(p, &item);
        bytes_done(&item.der);
        return r;
}

static bool is_http(const char *url) {
        return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

/* An OCSP responder has one address for all certificates: what was asked there counts. */
static int remember(RevocationPool *p, const char *url, View request) {
        _cleanup_free_ char *hex = NULL, *key = NULL;
        char **fetched;

        hex = hex_encode(request);
        if (!hex || asprintf(&key, "%s %s", url, hex) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < p->n_fetched; i++)
                if (strcmp(p->fetched[i], key) == 0)
                        return -EALREADY;
        if (p->n_fetched >= REVOCATION_FETCHES_MAX)
                return -EDQUOT;
        fetched = reallocarray(p->fetched, p->n_fetched + 1, sizeof(*fetched));
        if (!fetched)
                return -ENOMEM;
        p->fetched = fetched;
        fetched[p->n_fetched++] = TAKE_PTR(key);
        return 0;
}

int revocation_pool_fetch(RevocationPool *p, RevocationKind kind, const char *url, View request) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        int r;

        if (!p->fetch)
                return -ENOTCONN;
        if (!is_http(url))
                return -EPROTONOSUPPORT;
        r = remember(p, url, request);
        if (r >= 0)
                r = p->fetch(p->userdata, kind, url, request, &der);
        return r < 0 ? r : revocation_pool_add(p, kind, REVOCATION_FROM_NETWORK, bytes_view(&der));
}
