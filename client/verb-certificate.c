/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet certificate: what is in a certificate, wherever it is: a file of certificates, a PKCS#12 file, or a signed document. Nothing is
 * verified: what signed is shown even if nobody should trust it. */

#include <errno.h>
#include <time.h>

#include "base/atomic-file.h"
#include "client/certificate-view.h"
#include "client/certificates.h"
#include "client/key-path.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/verbs.h"
#include "client/verified.h"
#include "sign/asic/zip.h"
#include "sign/pdf/pdf-verify.h"

static int add_der(CertificateList *l, View der) {
        int r = certificate_list_add(l, der);

        return r == -EBADMSG || r == -E2BIG ? 0 : r;
}

static bool has(const CertificateList *l, View der) {
        for (unsigned i = 0; i < l->n; i++) {
                gnutls_datum_t own = { 0 };
                bool same;

                if (gnutls_x509_crt_export2(l->items[i], GNUTLS_X509_FMT_DER, &own) < 0)
                        continue;
                same = view_equal(VIEW(own.data, own.size), der);
                gnutls_free(own.data);
                if (same)
                        return true;
        }
        return false;
}

/* Those of all signatures of a document, each once, the signers' before their issuers'. */
static int read_signed(Client *c, const char *path, int fd, CertificateList *l) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        VerifyParams params = { .now = time(NULL), .content_fd = -1 };
        _cleanup_secret_ Secret *password = NULL;
        int r;

        verified_guard(path);
        if (arguments_has(&c->arguments, "document-password-file")) {
                r = prompt_secret(c, "document-password-file", _("Password of the document"), &password);
                if (r > 0)
                        return r;
                params.document_password = secret_view(password);
        }
        r = verify_fd(fd, &params, &report);
        for (size_t i = 0; r >= 0 && i < report.n_signatures; i++) {
                View der = bytes_view(&report.signatures[i].certificate);

                if (der.len > 0 && !has(l, der))
                        r = add_der(l, der);
        }
        if (r < 0)
                return fail_file(r, path);
        return l->n > 0 ? 0 : fail(EXIT_NOT_FOUND, _("%s: no certificate in it. Certificates (PEM, DER, p7b), PKCS#12 files and signed documents are understood."), path);
}

static int read_pkcs12(Client *c, const char *path, View file, CertificateList *l) {
        _cleanup_secret_ Secret *password = NULL;
        _cleanup_key_file_ KeyFile key = { 0 };
        int r;

        r = key_path_unlock(c, file, _("Password of the file"), &key, &password);
        if (r > 0)
                return r;
        for (size_t i = 0; i < key.n_certificates; i++) {
                gnutls_datum_t der = { 0 };

                if (gnutls_x509_crt_export2(key.certificates[i], GNUTLS_X509_FMT_DER, &der) < 0)
                        return fail_memory();
                r = add_der(l, VIEW(der.data, der.size));
                gnutls_free(der.data);
                if (r < 0)
                        return fail_memory();
        }
        return l->n > 0 ? 0 : fail(EXIT_NOT_FOUND, _("%s: there is a key in it, and no certificate."), path);
}

/* What is too large for a file of certificates or of a key, and what looks like neither, is taken for a signed document. */
static int read_any(Client *c, const char *path, CertificateList *l) {
        _cleanup_bytes_ Bytes file = BYTES_NULL;
        _cleanup_close_ int fd = -1;
        KeyFileFormat format;
        int r;

        r = verified_open(path, &fd);
        if (r > 0)
                return r;
        if (!zip_recognize(fd) && pdf_verify_recognize(fd))
                return read_signed(c, path, fd, l);
        r = read_fd(fd, CERTIFICATE_FILE_MAX, &file);
        if (r < 0 && r != -EFBIG)
                return fail_file(r, path);
        if (r == 0 && file.len <= KEY_FILE_SIZE_MAX && key_file_check(bytes_view(&file), &format) == 0 && format == KEY_FILE_PKCS12)
                return read_pkcs12(c, path, bytes_view(&file), l);
        if (r == 0 && certificates_read(bytes_view(&file), l) == 0 && l->n > 0)
                return 0;
        return read_signed(c, path, fd, l);
}

static int print_json(const CertificateList *l) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_array_begin(&j, "certificates");
        for (unsigned i = 0; i < l->n; i++)
                certificate_write_json(&j, l->items[i]);
        json_array_end(&j);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

static int print_pem(const CertificateList *l) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;

        if (certificates_pem(l, &text) < 0)
                return fail_memory();
        fwrite(text.data, 1, text.len, stdout);
        return EXIT_OK;
}

int verb_certificate(Client *c) {
        _cleanup_certificates_ CertificateList l = { 0 };
        int r;

        r = read_any(c, c->arguments.words[0], &l);
        if (r > 0)
                return r;
        if (arguments_has(&c->arguments, "pem"))
                return print_pem(&l);
        if (c->json)
                return print_json(&l);
        for (unsigned i = 0; i < l.n; i++) {
                if (l.n > 1)
                        out_styled(STYLE_BOLD, _("%sCertificate %u of %u\n"), i > 0 ? "\n" : "", i + 1, l.n);
                certificate_print(l.items[i]);
        }
        if (l.n == 1) {
                out("\n");
                out_paragraph(0, _(certificate_standing(l.items[0], NULL)));
        }
        return EXIT_OK;
}
