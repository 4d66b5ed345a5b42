/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for containers: each input is read as a container, as both kinds of manifests, and put in the place of a manifest and a signature into a container
 * that holds together. Nothing passes without a trust anchor; what is said to be of a file is of one that is there; and what gets a further signature keeps
 * the bytes of its entries. */

#include <sys/mman.h>

#include "base/atomic-file.h"
#include "item-certificate.h"
#include "sign/asic/asic-make.h"
#include "sign/asic/asic-manifest.h"
#include "sign/asic/asic-verify.h"
#include "sign/asic/asic.h"
#include "sign/asic/zip-write.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1769860800

static int file_of(View v) {
        int fd = memfd_create("fuzz-asic", MFD_CLOEXEC);

        require(fd >= 0 && write_all(fd, v) == 0, -1);
        return fd;
}

static const Signer *signer(void) {
        static gnutls_x509_crt_t certificate;
        static Signer s;

        if (!certificate) {
                require(gnutls_x509_crt_init(&certificate) == 0, NULL);
                require(gnutls_x509_crt_import(certificate, &(gnutls_datum_t) { (unsigned char *) item_certificate, sizeof(item_certificate) }, GNUTLS_X509_FMT_DER) == 0, NULL);
                require(signature_scheme_of(KEY_P256, &s.scheme) == 0, NULL);
                s.chain = &certificate;
                s.n_chain = 1;
        }
        return &s;
}

static void run_verify(int fd) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        const VerifyParams params = { .now = NOW, .content_fd = -1 };
        int r;

        r = asic_verify(fd, &params, &report);
        require(r == 0);
        forbid(report.indication == INDICATION_TOTAL_PASSED);
        require(report.reason);
        for (size_t i = 0; i < report.n_signatures; i++) {
                const SignatureReport *s = &report.signatures[i];

                forbid(s->indication == INDICATION_TOTAL_PASSED);
                forbid(s->covers_whole_document && (!s->integrity || s->n_covered == 0));
        }
}

/* A further signature, whatever there is already. */
static void run_add(int fd, const AsicContainer *c) {
        _cleanup_close_ int out = file_of(VIEW(NULL, 0));
        _cleanup_(asic_draft_freep) AsicDraft *draft = NULL;
        _cleanup_asic_ AsicContainer more = { .zip.fd = -1 };
        const AsicSource source = { .fd = fd };
        int r;

        r = asic_draft_new(signer(), &(AsicParams) { .add = true, .xades = c->n[ASIC_ROLE_XADES] > 0, .signing_time = NOW }, &source, 1, out, &draft);
        require(r == 0 ? c->kind == ASIC_E : r < 0 || asic_strerror(r) || zip_strerror(r) || r < ASIC_E_ONE_FILE);
        if (r != 0)
                return;
        require(asic_draft_complete(draft, VIEW_LITERAL("\x30\x06\x02\x01\x01\x02\x01\x01"), VIEW(NULL, 0)) == 0);
        require(asic_open(out, &more) == 0 && more.zip.n > c->zip.n && more.n[ASIC_ROLE_DATA] == c->n[ASIC_ROLE_DATA]);
        for (size_t i = 0; i < c->zip.n; i++)
                require(more.zip.entries[i].at == c->zip.entries[i].at && more.zip.entries[i].crc == c->zip.entries[i].crc);
}

static void run_container(View v) {
        _cleanup_asic_ AsicContainer c = { .zip.fd = -1 };
        _cleanup_close_ int fd = file_of(v);

        run_verify(fd);
        if (asic_open(fd, &c) == 0)
                run_add(fd, &c);
}

static int ignore(void *userdata, const char *path) {
        return 0;
}

static void run_manifest(View v) {
        AsicManifest m = { 0 };

        if (asic_manifest_read(v, &m) == 0) {
                require(m.signature && m.n > 0 && m.n <= ASIC_REFERENCES_MAX);
                for (size_t i = 0; i < m.n; i++)
                        require(m.references[i].uri && (m.references[i].digest.len == 0 || m.references[i].algorithm != GNUTLS_DIG_UNKNOWN));
        }
        asic_manifest_done(&m);
        (void) asic_package_paths(v, ignore, NULL);
}

/* The input in the place of a manifest or a signature, by what it begins with and its length. */
static void run_within(View v) {
        static const View other = { (const uint8_t *) "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>", 61 };
        static const char *const names[] = { "META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s", "META-INF/signatures001.xml", "META-INF/timestamp001.tst" };

        _cleanup_close_ int fd = file_of(VIEW(NULL, 0));
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;

        require(zip_writer_new(fd, NOW, &w) == 0 && zip_writer_add(w, "mimetype", VIEW_LITERAL("application/vnd.etsi.asic-e+zip")) == 0 &&
                zip_writer_add(w, "a.txt", VIEW_LITERAL("text")) == 0);
        for (size_t k = 0; k < 4; k++)
                require(zip_writer_add(w, names[k], k == (v.len > 0 && v.data[0] == 0x30 ? 1 + 2 * (v.len % 2) : 2 * (v.len % 2)) ? v : other) == 0);
        require(zip_writer_finish(w) == 0);
        run_verify(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        View v = VIEW(data, size);

        if (size > 2 && data[0] == 'P' && data[1] == 'K')
                run_container(v);
        else {
                run_manifest(v);
                run_within(v);
        }
        return 0;
}
