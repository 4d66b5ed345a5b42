/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Archive manifests; see asic-archive.h. Everything that one names must be as it says, or its timestamp is of another container. */

#include <errno.h>

#include "sign/asic/asic-archive.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/cms/timestamp.h"

void asic_archive_done(AsicArchive *a) {
        free(a->authority);
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

int asic_archive_check(AsicContainer *c, const VerifyParams *params, AsicArchive *a) {
        _cleanup_bytes_ Bytes token = BYTES_NULL, content = BYTES_NULL;
        _cleanup_free_ char *authority = NULL;
        TimestampInfo info;
        int r;

        r = asic_read(c, a->timestamp, &token);
        if (r != 0)
                return r < 0 ? r : 0;
        r = timestamp_token_read(bytes_view(&token), &content, &info);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = fits(c, a->entry, info.algorithm, info.imprint, params->now);
        if (r == 1)
                r = check_references(c, params, a);
        if (r != 1)
                return r;
        a->sound = true;
        r = info.time > params->now + REVOCATION_SKEW_S ? TIMESTAMP_E_UNTRUSTED : timestamp_verify_signature(bytes_view(&token), params, &authority);
        if (r != 0)
                return r < 0 ? r : 0;
        a->time = info.time;
        a->authority = TAKE_PTR(authority);
        return 0;
}
