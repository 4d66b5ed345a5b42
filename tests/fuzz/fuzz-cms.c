/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for CMS verification: structure in memory, the same as a file (where text around it is taken off), and BER made DER.
 * Nobody is trusted, so that nothing may pass; the detached ones of the inputs are over "abc". */

#include <string.h>
#include <sys/mman.h>

#include "base/atomic-file.h"
#include "der/ber.h"
#include "der/der.h"
#include "sign/cms/cms-verify.h"
#include "sign/verify.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int digest_abc(void *userdata, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        return digest_of(algorithm, VIEW_LITERAL("abc"), ret);
}

static void check_report(const VerifyReport *report) {
        forbid(report->indication == INDICATION_TOTAL_PASSED);
        require(report->reason);
        for (size_t i = 0; i < report->n_signatures; i++) {
                const SignatureReport *s = &report->signatures[i];

                forbid(s->indication == INDICATION_TOTAL_PASSED);
                require(s->subindication != SUB_NONE && s->reason && s->format);
                require(!s->integrity || (s->certificate.len > 0 && s->indication == INDICATION_INDETERMINATE));
        }
}

static void run_memory(View v) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        CmsContent content = { .digest = digest_abc, .pdf = v.len % 2 };
        VerifyParams params = { .now = 1769860800, .content_fd = -1 };

        if (cms_verify(v, &content, &params, &report, NULL) < 0)
                return;
        require(verify_report_conclude(&report, "none") == 0);
        check_report(&report);
}

static void run_file(View v) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        _cleanup_close_ int fd = memfd_create("fuzz-cms", MFD_CLOEXEC);
        VerifyParams params = { .now = 1769860800, .content_fd = -1 };

        if (fd < 0 || write_all(fd, v) < 0 || verify_fd(fd, &params, &report) < 0)
                return;
        check_report(&report);
}

/* What was made DER is DER: it stays as it is, and one element. */
static void run_der(View v) {
        _cleanup_bytes_ Bytes once = BYTES_NULL, twice = BYTES_NULL;
        View rest, element;

        if (ber_to_der(v, &once) < 0)
                return;
        require(ber_to_der(bytes_view(&once), &twice) == 0 && view_equal(bytes_view(&once), bytes_view(&twice)));
        rest = bytes_view(&once);
        require((once.data[0] & 0x1f) == 0x1f || (der_next(&rest, &element, NULL) == 0 && rest.len == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        View v = VIEW(data, size);
        /* A PDF is another target's. */
        bool pdf = size >= 5 && memmem(data, size < 2048 ? size : 2048, "%PDF-", 5);

        run_memory(v);
        run_der(v);
        if (size > 0 && data[0] != 0x30 && !pdf)
                run_file(v);
        return 0;
}
