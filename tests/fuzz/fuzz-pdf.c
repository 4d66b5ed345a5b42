/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for PDF documents: each input is verified, its fields are shown, and a signature is put into it, seen or unseen. Whatever is
 * signed must keep its own bytes unless it had to be repaired, be readable by the rules that it was read by, and have the new signature as one
 * of good form that covers it whole; nothing passes without a trust anchor. */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/atomic-file.h"
#include "base/utf8.h"
#include "item-certificate.h"
#include "sign/pdf/pades.h"
#include "sign/pdf/pdf-appearance.h"
#include "sign/pdf/pdf-panel.h"
#include "sign/pdf/pdf-verify.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int memory_file(View v) {
        int fd = memfd_create("fuzz", MFD_CLOEXEC);

        require(fd >= 0 && write_all(fd, v) == 0, -1);
        return fd;
}

static const Signer *signer(void) {
        static gnutls_x509_crt_t certificate;
        static Signer s;

        if (!certificate) {
                gnutls_datum_t der = { .data = (unsigned char *) item_certificate, .size = sizeof(item_certificate) };

                require(gnutls_x509_crt_init(&certificate) == 0, NULL);
                require(gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER) == 0, NULL);
                require(signature_scheme_of(KEY_P256, &s.scheme) == 0, NULL);
                s.chain = &certificate;
                s.n_chain = 1;
        }
        return &s;
}

/* Of encrypted inputs. */
#define PASSWORD VIEW_LITERAL("user")

/* The number of signatures that cover the whole document. */
static size_t verify(int fd) {
        VerifyParams params = { .now = 1800000000, .content_fd = -1, .document_password = PASSWORD };
        _cleanup_(verify_report_done) VerifyReport r = { 0 };
        size_t n = 0;

        require(pdf_verify(fd, &params, &r) == 0, 0);
        forbid(r.indication == INDICATION_TOTAL_PASSED);
        require(r.reason, 0);
        for (size_t i = 0; i < r.n_signatures; i++) {
                forbid(r.signatures[i].indication == INDICATION_TOTAL_PASSED);
                require(r.signatures[i].reason, 0);
                require(r.signatures[i].format && r.signatures[i].field, 0);
                n += r.signatures[i].covers_whole_document;
        }
        return n;
}

static void require_prefix(int fd, View v) {
        _cleanup_free_ uint8_t *start = malloc(v.len + 1);

        require(start && pread(fd, start, v.len, 0) == (ssize_t) v.len);
        require(memcmp(start, v.data, v.len) == 0);
}

/* What is to be seen, on the last page. */
static const PdfAppearance *appearance(void) {
        static const PdfAppearanceParams params = { .place = { .page = PDF_PAGE_LAST, .name = PDF_PLACE_BOTTOM_RIGHT }, .text = "{name}\n{reason}" };
        static PdfAppearance *a;

        require(a || pdf_appearance_new(&params, &a) == 0, NULL);
        return a;
}

/* The fields, as they are shown: each text is fit for that. */
static void show(int fd, PdfPanel *panel) {
        int r;

        r = pdf_panel_read(fd, PASSWORD, panel);
        require(r >= 0 && r <= PDF_PANEL_TOO_COMPLEX);
        for (size_t i = 0; i < panel->n_fields; i++) {
                require(utf8_is_printable(panel->fields[i].name));
                require(!panel->fields[i].reason || utf8_is_printable(panel->fields[i].reason));
                require(panel->fields[i].page <= panel->n_pages && panel->fields[i].revision <= panel->n_revisions);
        }
}

static void sign(int fd, View v, const PadesOptions *options) {
        _cleanup_close_ int out = memory_file((View) { 0 });
        _cleanup_(pades_draft_freep) PadesDraft *draft = NULL;
        _cleanup_(pdf_panel_done) PdfPanel panel = { 0 };
        PadesParams params = { .signing_time = 1800000000, .options = *options };
        size_t n;
        int r;

        r = pades_draft_new(signer(), &params, fd, out, &draft);
        require(r >= 0 && *pades_strerror(r));
        if (r > 0)
                return;
        /* No ECDSA value verifies by being a wrong one; the form is what is looked at. */
        require(pades_draft_complete(draft, VIEW_LITERAL("\x30\x06\x02\x01\x01\x02\x01\x01"), (View) { 0 }) == 0);
        /* A damaged document was written anew. */
        if (!pades_draft_is_repaired(draft))
                require_prefix(out, v);
        /* A field that the document lists twice is shown twice. */
        n = verify(out);
        require(options->field ? n >= 1 : n == 1);
        show(out, &panel);
}

/* Each input is signed in one of eight ways, always the same. */
static unsigned way_of(View v) {
        unsigned sum = 0;

        for (size_t i = 0; i < v.len; i++)
                sum += v.data[i];
        return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_close_ int fd = memory_file(VIEW(data, size));
        _cleanup_(pdf_panel_done) PdfPanel panel = { 0 };
        unsigned way = way_of(VIEW(data, size));
        PadesOptions options = { .reason = "Zażółć", .password = PASSWORD, .certify = way & 2 ? 2 : 0 };

        verify(fd);
        show(fd, &panel);
        options.appearance = way & 1 ? appearance() : NULL;
        options.field = way & 4 && panel.n_fields > 0 ? panel.fields[0].name : NULL;
        sign(fd, VIEW(data, size), &options);
        return 0;
}
