/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An authority's answer to a request of ours: with nobody trusted, none may be taken. */

#include <stdlib.h>
#include <string.h>

#include "sign/cms/tsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        VerifyParams params = { .now = INT64_C(1795293078), .content_fd = -1 };
        _cleanup_tsp_answer_ TspAnswer answer = { 0 };
        TspRequest request;
        Digest digest;
        int r;

        if (digest_of(GNUTLS_DIG_SHA256, VIEW_LITERAL("stamped"), &digest) < 0 || tsp_request_init(&request, GNUTLS_DIG_SHA256, digest_view(&digest), NULL) < 0)
                return 0;
        memcpy(request.nonce, "ABCDEFGH", sizeof(request.nonce));
        r = tsp_response_read(VIEW(data, size), &request, &params, &answer);
        if (r == 0 || answer.token.len > 0)
                abort();
        return 0;
}
