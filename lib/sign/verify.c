/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Verification by what the document is; see verify.h. */

#include <errno.h>
#include <sys/stat.h>

#include "sign/asic/asic-verify.h"
#include "sign/asic/zip.h"
#include "sign/cms/armor.h"
#include "sign/cms/ats-hash-index.h"
#include "sign/cms/cms-verify.h"
#include "sign/pdf/pdf-verify.h"
#include "sign/verify.h"
#include "sign/xml/xades-verify.h"

/* Of certificates, tried for all signatures of a file together. */
#define PATHS_MAX 2048U

static int digest_file(void *userdata, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        return digest_of_fd(algorithm, *(int *) userdata, 0, UINT64_MAX, ret);
}

static int hash_file(void *userdata, gnutls_hash_hd_t hash) {
        _cleanup_ber_source_ BerSource source = { .fd = -1 };
        int r = ber_source_init_fd(&source, *(int *) userdata);

        return r < 0 ? r : ats_hash_octets(hash, &source, 0, source.size);
}

/* A signature is of the whole file only if nothing follows it; and that of a timestamp's token is an authority's, of what is not here. */
static int note_rest(int fd, const CmsFacts *facts, VerifyReport *r) {
        struct stat st;

        for (size_t i = 0; i < r->n_signatures && facts->is_timestamp; i++) {
                r->signatures[i].timestamp = true;
                r->signatures[i].covers_whole_document = false;
                r->signatures[i].format = "TST";
                r->signatures[i].level = NULL;
        }
        if (fstat(fd, &st) < 0)
                return -errno;
        if ((uint64_t) st.st_size > facts->size)
                for (size_t i = 0; i < r->n_signatures; i++)
                        r->signatures[i].covers_whole_document = false;
        return 0;
}

static int verify_cms(int fd, const VerifyParams *params, VerifyReport *r) {
        int content_fd = params->content_fd;
        CmsContent content = { .digest = content_fd >= 0 ? digest_file : NULL, .userdata = &content_fd };
        _cleanup_close_ int decoded = -1;
        CmsFacts facts = { 0 };
        struct stat st;
        int q;

        if (content_fd >= 0 && fstat(content_fd, &st) == 0 && S_ISREG(st.st_mode)) {
                content.hash = hash_file;
                content.size = (uint64_t) st.st_size;
        }
        q = armor_open(fd, &decoded);
        if (q >= 0)
                q = cms_verify_fd(decoded >= 0 ? decoded : fd, &content, params, r, &facts);
        if (q == -EBADMSG)
                return verify_report_conclude(r, N_("This is not a signed document, or it is damaged beyond reading."));
        if (q >= 0)
                q = note_rest(decoded >= 0 ? decoded : fd, &facts, r);
        return q < 0 ? q : verify_report_conclude(r, N_("The file holds certificates but no signature."));
}

int verify_fd(int fd, const VerifyParams *given, VerifyReport *ret) {
        _cleanup_(verify_report_done) VerifyReport r = { 0 };
        unsigned paths = PATHS_MAX;
        VerifyParams own = *given, *params = &own;
        int q;

        if (!own.paths)
                own.paths = &paths;
        /* A container's first file may be a PDF. */
        if (!zip_recognize(fd) && pdf_verify_recognize(fd))
                return pdf_verify(fd, params, ret);
        if (asic_verify_recognize(fd))
                return asic_verify(fd, params, ret);
        if (xades_recognize(fd))
                return xades_verify_fd(fd, params, NULL, ret);
        q = verify_cms(fd, params, &r);
        if (q < 0)
                return q;
        *ret = r;
        r = (VerifyReport) { 0 };
        return 0;
}
