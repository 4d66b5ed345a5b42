/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Revocation information in CMS; see revocation-values.h. */

#include <errno.h>

#include "base/der-tag.h"
#include "der/der.h"
#include "sign/trust/revocation-values.h"

/* id-ri-ocsp-response, RFC 5940 §2.1; the whole element. */
#define OID_RI_OCSP_RESPONSE VIEW_LITERAL("\x06\x08\x2b\x06\x01\x05\x05\x07\x10\x02")

static int add(RevocationPool *p, RevocationKind kind, View der) {
        return revocation_pool_add(p, kind, REVOCATION_FROM_SIGNATURE, der) == -ENOMEM ? -ENOMEM : 0;
}

static int add_other(RevocationPool *p, View contents) {
        View format;

        if (der_next(&contents, &format, NULL) < 0 || !view_equal(format, OID_RI_OCSP_RESPONSE))
                return 0;
        return add(p, REVOCATION_OCSP, contents);
}

/* [1] IMPLICIT OtherRevocationInfoFormat, or a CertificateList. */
static int add_choice(RevocationPool *p, View der) {
        View rest = der, contents;

        if (der_optional(&rest, TAG_CONTEXT_1, &contents) > 0)
                return add_other(p, contents);
        return add(p, REVOCATION_CRL, der);
}

int revocation_collect_crls(RevocationPool *p, BerSource *source, const BerElement *crls) {
        uint64_t at = crls->body;
        BerElement e;
        int r = 0;

        while (r >= 0 && ber_next(source, crls, &at, &e) > 0) {
                _cleanup_bytes_ Bytes der = BYTES_NULL;

                r = ber_source_dup(source, e.at, e.end - e.at, CRL_SIZE_MAX, &der);
                r = r < 0 ? (r == -ENOMEM ? r : 0) : add_choice(p, bytes_view(&der));
        }
        return r < 0 ? r : 0;
}

static int add_list(RevocationPool *p, RevocationKind kind, View explicit) {
        View list, element;
        int r = 0;

        if (der_expect(&explicit, TAG_SEQUENCE, &list) < 0)
                return 0;
        while (r >= 0 && list.len > 0 && der_next(&list, &element, NULL) >= 0)
                r = add(p, kind, element);
        return r;
}

int revocation_collect_values(RevocationPool *p, View value) {
        View contents, explicit;
        int r = 0;

        if (der_expect(&value, TAG_SEQUENCE, &contents) < 0)
                return 0;
        if (der_optional(&contents, TAG_CONTEXT_0, &explicit) > 0)
                r = add_list(p, REVOCATION_CRL, explicit);
        if (r >= 0 && der_optional(&contents, TAG_CONTEXT_1, &explicit) > 0)
                r = add_list(p, REVOCATION_OCSP, explicit);
        return r;
}
