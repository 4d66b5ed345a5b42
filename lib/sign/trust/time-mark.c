/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Time-marks; see time-mark.h. */

#include <errno.h>
#include <string.h>

#include "base/der-tag.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "der/der.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/trust/revocation.h"
#include "sign/trust/time-mark.h"

/* The nonce is a DigestInfo, which RFC 8954 would have in an OCTET STRING. By its digest's strength at `at` it fits, or not. */
static bool nonce_fits(View nonce, View value, int64_t at) {
        View info, algorithm, oid, digest, inside;
        gnutls_digest_algorithm_t id;
        char dotted[DER_OID_MAX];
        Digest own;

        if (nonce.len > 0 && nonce.data[0] == TAG_OCTET_STRING) {
                if (der_expect(&nonce, TAG_OCTET_STRING, &inside) < 0 || nonce.len > 0)
                        return false;
                nonce = inside;
        }
        if (der_expect(&nonce, TAG_SEQUENCE, &info) < 0 || nonce.len > 0 || der_expect(&info, TAG_SEQUENCE, &algorithm) < 0 ||
            der_expect(&info, TAG_OCTET_STRING, &digest) < 0 || info.len > 0 || der_next(&algorithm, &oid, NULL) < 0 || der_read_oid(oid, dotted) < 0)
                return false;
        id = cms_digest_of_oid(dotted);
        return id != GNUTLS_DIG_UNKNOWN && cms_digest_is_secure(id, at) && digest_of(id, value, &own) >= 0 && view_equal(digest, digest_view(&own));
}

/* By an algorithm that is good now; or, as with other answers of that age, one that was, if who verifies has chosen the responder. */
static int verify_answer(const OcspResponse *o, const RevocationPool *p, gnutls_x509_crt_t issuer, int64_t now) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t responder = NULL;
        int r;

        r = ocsp_verify(o, issuer, p->authorities, o->produced_at, now, &responder);
        return r == -EKEYREJECTED ? ocsp_verify_local(o, p->authorities, o->produced_at, o->produced_at) : r;
}

static int name_of(const OcspResponse *o, gnutls_x509_crt_t issuer, char **ret) {
        _cleanup_(datum_done) gnutls_datum_t text = { 0 };
        const gnutls_datum_t name = { (unsigned char *) o->responder_name.data, (unsigned) o->responder_name.len };
        int r;

        r = name.size > 0 ? gnutls_x509_rdn_get2(&name, &text, 0) : gnutls_x509_crt_get_dn3(issuer, &text, 0);
        *ret = strdup(r >= 0 ? (const char *) text.data : "");
        return *ret ? 0 : -ENOMEM;
}

int time_mark_verify(const RevocationPool *p, View value, gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, int64_t now, int64_t *ret_time,
                     char **ret_authority) {
        const OcspResponse *found = NULL;
        OcspAnswer answer;

        for (size_t i = 0; i < p->n; i++) {
                const OcspResponse *o = &p->items[i].ocsp;
                int r;

                if (p->items[i].kind != REVOCATION_OCSP || p->items[i].unsupported || o->produced_at > now + REVOCATION_SKEW_S ||
                    (found && found->produced_at <= o->produced_at) || !nonce_fits(o->nonce, value, o->produced_at) ||
                    ocsp_find(o, certificate, issuer, &answer) != OCSP_FOUND)
                        continue;
                r = verify_answer(o, p, issuer, now);
                if (r == -ENOMEM)
                        return r;
                if (r >= 0)
                        found = o;
        }
        if (!found)
                return -ENOENT;
        *ret_time = found->produced_at;
        return name_of(found, issuer, ret_authority);
}
