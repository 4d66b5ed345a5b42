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

/* Each costs two signatures, and a look at the path. */
#define TRIED_MAX 16U

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

static bool is_within_dates(gnutls_x509_crt_t crt, int64_t at) {
        return at >= (int64_t) gnutls_x509_crt_get_activation_time(crt) && at <= (int64_t) gnutls_x509_crt_get_expiration_time(crt);
}

/* Also one with nocheck, where there is a list: a certificate that speaks for itself must not have been taken back. Nor may it have ended with nobody to say whether it was. */
static int look_up(const TimeMarkQuestion *q, gnutls_x509_crt_t responder, int64_t proven) {
        CertificateStatus s;
        int r;

        r = revocation_check_responder(q->pool, responder, q->issuer, q->now, proven, &s);
        if (r < 0)
                return r;
        if (s.checked)
                return s.state == CERTIFICATE_GOOD || (proven >= 0 && proven < s.since) ? 0 : -EKEYREJECTED;
        if (ocsp_has_nocheck(responder))
                return 0;
        return s.required || (!is_within_dates(responder, q->now) && revocation_is_offered(responder)) ? -EKEYREJECTED : 0;
}

/* What the answer says of its own time must not be what its responder is good by: whoever has an old key of one writes any date. */
static int verify_under(const TimeMarkQuestion *q, const OcspResponse *o, int64_t proven) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t responder = NULL;
        int r;

        r = ocsp_verify_under(o, q->issuer, proven >= 0 ? proven : q->now, q->now, &responder);
        if (r >= 0 && responder)
                r = is_within_dates(responder, o->produced_at) ? look_up(q, responder, proven) : -EKEYREJECTED;
        return r < 0 ? r : q->trust(q->userdata, proven, o->produced_at);
}

/* A responder that who verifies has chosen is believed about the day, as with other answers of that age. */
static int verify_answer(const TimeMarkQuestion *q, const OcspResponse *o, int64_t proven) {
        int r;

        r = ocsp_verify_local(o, q->pool->authorities, o->produced_at, o->produced_at);
        return r == -EKEYREJECTED ? verify_under(q, o, proven) : r;
}

static int name_of(const OcspResponse *o, gnutls_x509_crt_t issuer, char **ret) {
        _cleanup_(datum_done) gnutls_datum_t text = { 0 };
        const gnutls_datum_t name = { (unsigned char *) o->responder_name.data, (unsigned) o->responder_name.len };
        int r;

        r = name.size > 0 ? gnutls_x509_rdn_get2(&name, &text, 0) : gnutls_x509_crt_get_dn3(issuer, &text, 0);
        *ret = strdup(r >= 0 ? (const char *) text.data : "");
        return *ret ? 0 : -ENOMEM;
}

int time_mark_verify(const TimeMarkQuestion *q, int64_t *ret_time, char **ret_authority) {
        OcspResponse found = { .produced_at = INT64_MAX };
        OcspAnswer answer;

        for (size_t i = 0, tried = 0; i < q->pool->n && tried < TRIED_MAX; i++) {
                OcspResponse o = q->pool->items[i].ocsp; /* the pool may grow below */
                int64_t proven = q->pool->items[i].proven > 0 ? q->pool->items[i].proven : -1;
                int r;

                if (q->pool->items[i].kind != REVOCATION_OCSP || q->pool->items[i].unsupported || o.produced_at > q->now + REVOCATION_SKEW_S ||
                    found.produced_at <= o.produced_at || !nonce_fits(o.nonce, q->value, o.produced_at) ||
                    ocsp_find(&o, q->certificate, q->issuer, &answer) != OCSP_FOUND)
                        continue;
                tried++;
                r = verify_answer(q, &o, proven);
                if (r == -ENOMEM)
                        return r;
                if (r >= 0)
                        found = o;
        }
        if (found.produced_at == INT64_MAX)
                return -ENOENT;
        *ret_time = found.produced_at;
        return name_of(&found, q->issuer, ret_authority);
}
