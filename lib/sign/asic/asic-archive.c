/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Archive manifests; see asic-archive.h. Everything that one names must be as it says, or its timestamp is of another container. */

#include <errno.h>

#include "sign/asic/asic-archive.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/cms/timestamp.h"

void asic_archive_done(AsicArchive *a) {
        free(a->authority);
        bytes_done(&a->token);
        *a = (AsicArchive) { 0 };
}

bool asic_archive_has(const AsicContainer *c, const AsicArchive *a, const ZipEntry *e) {
        for (size_t i = 0; i < a->manifest->n; i++)
                if (asic_find_uri(c, a->manifest->references[i].uri) == e)
                        return true;
        return false;
}

/* 1 when the entry has this digest, by an algorithm that is good enough now; 0 when not. */
static int fits(AsicContainer *c, const ZipEntry *e, gnutls_digest_algorithm_t algorithm, View expected, int64_t now) {
        Digest digest;
        int r;

        if (!e || algorithm == GNUTLS_DIG_UNKNOWN || !cms_digest_is_secure(algorithm, now))
                return 0;
        r = asic_digest(c, e, algorithm, &digest);
        if (r < 0 && r != -EOPNOTSUPP)
                return r;
        return r == 0 && view_equal(digest_view(&digest), expected);
}

static int check_references(AsicContainer *c, const VerifyParams *params, const AsicArchive *a) {
        int r = 1;

        for (size_t i = 0; i < a->manifest->n && r == 1; i++) {
                const AsicReference *ref = &a->manifest->references[i];

                r = fits(c, asic_find_uri(c, ref->uri), ref->algorithm, digest_view(&ref->digest), params->now);
        }
        return r;
}

int asic_archive_read(AsicContainer *c, const VerifyParams *params, AsicArchive *a) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        TimestampInfo info;
        int r;

        r = asic_read(c, a->timestamp, &a->token);
        if (r != 0)
                return r < 0 ? r : 0;
        r = timestamp_token_read(bytes_view(&a->token), &content, &info);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = fits(c, a->entry, info.algorithm, info.imprint, params->now);
        if (r == 1)
                r = check_references(c, params, a);
        if (r != 1)
                return r;
        a->sound = true;
        a->said = info.time;
        return 0;
}

static int check_one(const VerifyParams *params, AsicArchive *a) {
        _cleanup_free_ char *authority = NULL;
        int r;

        if (!a->sound || a->said > params->now + REVOCATION_SKEW_S)
                return 0;
        r = timestamp_verify_signature(bytes_view(&a->token), params, &authority);
        if (r != 0)
                return r < 0 ? r : 0;
        a->time = a->said;
        a->authority = TAKE_PTR(authority);
        return 0;
}

/* Which of the others' timestamps one is over. */
static void find_covered(AsicContainer *c, AsicArchive *list, size_t n, size_t i, size_t *lookups) {
        AsicArchive *a = &list[i];

        for (size_t k = 0; a->sound && k < n && a->manifest->n <= *lookups; k++) {
                *lookups -= a->manifest->n;
                if (k != i && asic_archive_has(c, a, list[k].timestamp))
                        a->covers |= UINT32_C(1) << k;
        }
}

/* One that none of those is over that are not checked yet; else the first of them. */
static size_t find_next(const AsicArchive *list, size_t n, uint32_t checked) {
        size_t first = n;

        for (size_t i = n; i-- > 0;) {
                bool covered = false;

                if (checked & UINT32_C(1) << i)
                        continue;
                for (size_t k = 0; k < n; k++)
                        covered |= !(checked & UINT32_C(1) << k) && list[k].covers & UINT32_C(1) << i;
                if (!covered)
                        return i;
                first = i;
        }
        return first;
}

static void find_proof(const AsicArchive *list, size_t n, size_t i, VerifyParams *params) {
        for (size_t k = 0; k < n; k++) {
                const AsicArchive *a = &list[k];

                if (!(a->covers & UINT32_C(1) << i) || a->time <= 0 || (params->proven_time > 0 && params->proven_time <= a->time))
                        continue;
                params->proven_time = a->time;
                params->proven_by = a->authority;
        }
}

int asic_archives_check(AsicContainer *c, const VerifyParams *params, AsicArchive *list, size_t n, size_t *lookups) {
        uint32_t checked = 0;
        int r = 0;

        for (size_t i = 0; i < n; i++)
                find_covered(c, list, n, i, lookups);
        for (size_t k = 0; r >= 0 && k < n; k++) {
                VerifyParams own = *params;
                size_t i = find_next(list, n, checked);

                checked |= UINT32_C(1) << i;
                find_proof(list, n, i, &own);
                r = check_one(&own, &list[i]);
        }
        return r;
}
