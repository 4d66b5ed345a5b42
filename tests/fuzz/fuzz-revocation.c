/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for what tells the state of a certificate: CRLs, OCSP answers, and what timestamps say. Each input is read as each of them. Nobody signed, so
 * that nothing may be believed. */

#include <errno.h>

#include "crypto/key.h"
#include "item-certificate.h"
#include "sign/trust/revocation.h"
#include "sign/cms/timestamp.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1769860800

/* A view lies within the input, or is empty. */
static void require_within(View v, View input) {
        require(v.len == 0 || (v.data >= input.data && v.data + v.len <= input.data + input.len));
}

static void run_crl(View v, gnutls_x509_crt_t crt) {
        CrlEntry entry = { 0 };
        Crl c;
        int r;

        if (crl_read(v, &c) != 0)
                return;
        require_within(c.tbs, v);
        require_within(c.entries, v);
        require_within(c.signature, v);
        require_within(c.distribution_point, v);
        r = crl_find(&c, VIEW_LITERAL("\x12\x34"), &entry);
        require(r == 0 || r == CRL_LISTED || r == CRL_E_UNSUPPORTED || r == -EBADMSG);
        require(r != CRL_LISTED || (entry.reason != REASON_REMOVE_FROM_CRL && certificate_reason_to_string(entry.reason)));
        forbid(crl_verify(&c, crt, NOW) >= 0);
        (void) crl_covers(&c, crt);
}

static void run_ocsp(View v, gnutls_x509_crt_t crt) {
        gnutls_x509_crt_t responder = NULL;
        OcspResponse o;
        OcspAnswer a;

        if (ocsp_read(v, &o) != 0)
                return;
        require_within(o.tbs, v);
        require_within(o.responses, v);
        require_within(o.certificates, v);
        if (ocsp_find(&o, crt, crt, &a) == OCSP_FOUND)
                require(certificate_state_to_string(a.state) && certificate_reason_to_string(a.reason));
        forbid(ocsp_verify(&o, crt, NULL, NOW, NOW, &responder) >= 0 || responder);
}

static void run_timestamp(View v, gnutls_x509_crt_t crt) {
        VerifyParams params = { .now = NOW, .content_fd = -1 };
        char *authority = NULL;
        TimestampInfo info;
        Timestamp t;

        if (timestamp_info_read(v, &info) == 0)
                require_within(info.imprint, v);
        require(timestamp_read_over(TIMESTAMP_SIGNATURE, v, VIEW_LITERAL("stamped"), &t) == 0);
        forbid(timestamp_verify(&t, &params, &authority) == 0 || authority);
}

/* What is in the pool, and says nothing that is signed. */
static void run_pool(View v, gnutls_x509_crt_t crt) {
        _cleanup_revocation_pool_ RevocationPool pool = { 0 };
        CertificateStatus status;
        int r;

        for (unsigned kind = REVOCATION_CRL; kind <= REVOCATION_OCSP; kind++)
                (void) revocation_pool_add(&pool, kind, REVOCATION_FROM_SIGNATURE, v);
        r = revocation_check(&pool, crt, crt, NOW, -1, &status);
        require(r == 0);
        forbid(status.checked);
        require(status.problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static gnutls_x509_crt_t crt;
        View v = VIEW(data, size);

        if (!crt)
                require(gnutls_x509_crt_init(&crt) == 0 &&
                        gnutls_x509_crt_import(crt, &(gnutls_datum_t) { (unsigned char *) item_certificate, sizeof(item_certificate) }, GNUTLS_X509_FMT_DER) == 0, 0);
        run_crl(v, crt);
        run_ocsp(v, crt);
        run_timestamp(v, crt);
        run_pool(v, crt);
        return 0;
}
