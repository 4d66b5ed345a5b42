/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looking for our own signatures; see signed-already.h. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/signed-already.h"
#include "sign/pdf/pdf-tail.h"
#include "sign/verify.h"

#define COMPARE_SIZE (64U * 1024U)

static bool is_ours(const SignatureReport *s, const Signer *signer) {
        gnutls_datum_t der = { 0 };
        bool same;

        if (!s->integrity || gnutls_x509_crt_export2(signer->chain[0], GNUTLS_X509_FMT_DER, &der) < 0)
                return false;
        same = view_equal(bytes_view(&s->certificate), VIEW(der.data, der.size));
        gnutls_free(der.data);
        return same;
}

/* Whether a signature in the file at `fd`, detached ones being over `content_fd`, is this signer's. */
static int bears_ours(int fd, int content_fd, const Signer *signer, bool *ret) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        const VerifyParams params = { .now = time(NULL), .content_fd = content_fd };
        int r;

        r = verify_fd(fd, &params, &report);
        if (r < 0)
                return r;
        *ret = false;
        for (size_t i = 0; i < report.n_signatures; i++)
                *ret |= is_ours(&report.signatures[i], signer);
        return 0;
}

/* Whether `longer` begins with all that is in `fd`: a signed PDF is the document and more. */
static bool begins_with(int longer, int fd, uint64_t size) {
        uint8_t a[COMPARE_SIZE], b[COMPARE_SIZE];

        for (uint64_t at = 0; at < size; at += COMPARE_SIZE) {
                size_t n = size - at < COMPARE_SIZE ? (size_t) (size - at) : COMPARE_SIZE;

                if (pdf_read_at(fd, at, a, n) < 0 || pdf_read_at(longer, at, b, n) < 0 || memcmp(a, b, n) != 0)
                        return false;
        }
        return true;
}

static bool is_newer(const struct stat *a, const struct stat *b) {
        return a->st_mtim.tv_sec > b->st_mtim.tv_sec || (a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec >= b->st_mtim.tv_nsec);
}

/* Whether the output was made of the document as it is: what is signed tells where it can be compared, the clock elsewhere. */
static bool is_of(int output, int fd, SignatureFormat format) {
        struct stat o, d;

        if (document_format_needs_document(format))
                return true; /* the detached signature would not hold */
        if (fstat(output, &o) < 0 || fstat(fd, &d) < 0)
                return false;
        return format == FORMAT_PADES ? begins_with(output, fd, (uint64_t) d.st_size) : is_newer(&o, &d);
}

int signed_already(const char *path, SignatureFormat format, const char *output, const Signer *signer, bool *ret) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), out = -1;
        bool inside, ours = false;
        int r;

        if (fd < 0)
                return -errno;
        document_format_ending(format, &inside);
        if (inside) {
                r = bears_ours(fd, -1, signer, &ours);
                if (r < 0)
                        return r;
        }
        if (!ours && output) {
                out = open(output, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
                if (out < 0 || !is_of(out, fd, format) || bears_ours(out, fd, signer, &ours) < 0)
                        ours = false;
        }
        *ret = ours;
        return 0;
}
