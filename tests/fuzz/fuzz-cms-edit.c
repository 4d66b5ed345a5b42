/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Adding to a SignedData: what comes out is one again, with the same signature values and what was added. */

#include <sys/mman.h>
#include <unistd.h>

#include "base/atomic-file.h"
#include "der/oids.h"
#include "sign/cms/cms-edit.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const CmsEdit *before, const CmsEdit *after) {
        require(cms_edit_count_signers(before) == cms_edit_count_signers(after));
        for (size_t i = 0; i < cms_edit_count_signers(before); i++) {
                View a, b;
                int r = cms_edit_signature(before, i, &a);

                require(r == cms_edit_signature(after, i, &b));
                require(r < 0 || view_equal(a, b));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(cms_edit_freep) CmsEdit *e = NULL, *again = NULL;
        _cleanup_close_ int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
        Digest before, after;
        bool added = false;
        int r;

        if (in < 0 || out < 0 || write_all(in, VIEW(data, size)) < 0 || cms_edit_open(in, &e) < 0)
                return 0;
        for (size_t i = 0; i < cms_edit_count_signers(e); i++)
                added = cms_edit_add_unsigned(e, i, OID_SIGNATURE_TIME_STAMP, VIEW_LITERAL("\x30\x00")) == 0 || added;
        if (cms_edit_write(e, out) < 0)
                return 0;
        r = cms_edit_open(out, &again);
        require(r == 0, 0);
        compare(e, again);
        require(!added || cms_edit_count_signers(again) > 0, 0);
        r = cms_edit_digest_content(e, GNUTLS_DIG_SHA256, &before);
        require(r == cms_edit_digest_content(again, GNUTLS_DIG_SHA256, &after), 0);
        require(r < 0 || view_equal(digest_view(&before), digest_view(&after)), 0);
        return 0;
}
