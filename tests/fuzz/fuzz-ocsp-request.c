/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for requests to the OCSP responder. What is taken lies within the input and the limits; and the answer to it, which repeats parts of it, is
 * one that GnuTLS reads, with as many certificates and the same nonce. */

#include <gnutls/ocsp.h>
#include <string.h>

#include "ocsp/request.h"
#include "ocsp/response.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

DEFINE_CLEANUP(gnutls_ocsp_resp_t, gnutls_ocsp_resp_deinit);

static bool is_within(View part, View whole) {
        return part.data >= whole.data && part.len <= whole.len && (size_t) (part.data - whole.data) <= whole.len - part.len;
}

static int no_sign(View data, const void *userdata, Bytes *ret) {
        require(data.len > 0 && data.data[0] == 0x30, -1);
        return bytes_append(ret, "signature", 9);
}

static void require_nonce(gnutls_ocsp_resp_t response, View nonce) {
        gnutls_datum_t got = { 0 };
        unsigned critical;

        /* GnuTLS takes the OCTET STRING off, and here its header has one octet of length, or two. */
        if (nonce.len == 0)
                return;
        require(gnutls_ocsp_resp_get_nonce(response, &critical, &got) == 0);
        require(got.size <= nonce.len && memcmp(got.data, nonce.data + nonce.len - got.size, got.size) == 0);
        gnutls_free(got.data);
}

static void answer(const OcspRequest *request) {
        static const uint8_t algorithm[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 }, hash[20];
        _cleanup_(gnutls_ocsp_resp_deinitp) gnutls_ocsp_resp_t response = NULL;
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        OcspSingle singles[OCSP_CERTIFICATES_MAX];
        OcspAnswer a = { .singles = singles, .n = request->n, .produced_at = 1800000000, .this_update = 1800000000, .next_update = 1800000001,
                         .nonce = request->nonce, .key_hash = VIEW(hash, sizeof(hash)), .algorithm = VIEW(algorithm, sizeof(algorithm)),
                         .certificate = VIEW("\x30\x00", 2) };
        gnutls_datum_t d;

        for (size_t i = 0; i < request->n; i++)
                singles[i] = (OcspSingle) { request->certificates[i].whole, (CertificateState) (i % _CERTIFICATE_STATE_MAX), (CertificateReason) (i % 7), 1 };
        require(ocsp_response_create(&a, no_sign, NULL, &der) == 0);
        /* Digests that are not known are repeated with whatever parameters they have. */
        for (size_t i = 0; i < request->n; i++)
                if (request->certificates[i].digest == GNUTLS_DIG_UNKNOWN)
                        return;
        d = (gnutls_datum_t) { .data = der.data, .size = (unsigned) der.len };
        require(gnutls_ocsp_resp_init(&response) == 0);
        require(gnutls_ocsp_resp_import(response, &d) == 0);
        require_nonce(response, request->nonce);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        View whole = VIEW(data, size);
        OcspRequest request;

        if (ocsp_request_read(whole, &request) < 0)
                return 0;
        require(request.n >= 1 && request.n <= OCSP_CERTIFICATES_MAX && request.nonce.len <= OCSP_NONCE_MAX + 4, 0);
        require(request.nonce.len == 0 || is_within(request.nonce, whole), 0);
        for (size_t i = 0; i < request.n; i++) {
                const OcspCertificateId *id = &request.certificates[i];

                require(is_within(id->whole, whole) && is_within(id->name_hash, id->whole) && is_within(id->key_hash, id->whole), 0);
                require(is_within(id->serial, id->whole) && id->serial.len > 0, 0);
        }
        answer(&request);
        return 0;
}
