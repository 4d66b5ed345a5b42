/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for signing XML: the first byte chooses how, the rest is the document. Whatever is signed must bear, besides what it bore, a signature that our own
 * verification finds intact, keep its own bytes around it, and stay so when a timestamp is added. */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/atomic-file.h"
#include "sign/xml/xades-extend.h"
#include "sign/xml/xades-verify.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int memory_file(View v) {
        int fd = memfd_create("fuzz", MFD_CLOEXEC);

        require(fd >= 0 && write_all(fd, v) == 0, -1);
        return fd;
}

static gnutls_x509_crt_t certificate_of(gnutls_privkey_t key) {
        gnutls_x509_crt_t crt = NULL;
        gnutls_pubkey_t pubkey = NULL;

        require(gnutls_x509_crt_init(&crt) == 0 && gnutls_pubkey_init(&pubkey) == 0 && gnutls_pubkey_import_privkey(pubkey, key, 0, 0) == 0, NULL);
        require(gnutls_x509_crt_set_version(crt, 3) == 0 && gnutls_x509_crt_set_dn(crt, "CN=Example", NULL) == 0, NULL);
        require(gnutls_x509_crt_set_serial(crt, "\x01", 1) == 0 && gnutls_x509_crt_set_activation_time(crt, 0) == 0, NULL);
        require(gnutls_x509_crt_set_expiration_time(crt, 2000000000) == 0 && gnutls_x509_crt_set_pubkey(crt, pubkey) == 0, NULL);
        require(gnutls_x509_crt_privkey_sign(crt, crt, key, GNUTLS_DIG_SHA256, 0) == 0, NULL);
        gnutls_pubkey_deinit(pubkey);
        return crt;
}

static Signer *signer(void) {
        static gnutls_x509_crt_t certificate;
        static gnutls_privkey_t key;
        static Signer s;
        SignatureScheme scheme;

        if (!certificate) {
                require(key_generate(KEY_P256, &key) == 0, NULL);
                certificate = certificate_of(key);
                require(signature_scheme_of(KEY_P256, &scheme) == 0, NULL);
                signer_init_privkey(&s, &key, &scheme, &certificate, 1);
        }
        return &s;
}

/* How many of a document's signatures are intact. */
static size_t intact(int fd) {
        const VerifyParams params = { .now = 1800000000, .content_fd = -1 };
        _cleanup_(verify_report_done) VerifyReport r = { 0 };
        size_t n = 0;

        require(xades_verify_fd(fd, &params, NULL, &r) == 0, 0);
        forbid(r.indication == INDICATION_TOTAL_PASSED);
        for (size_t i = 0; i < r.n_signatures; i++)
                n += r.signatures[i].integrity;
        return n;
}

static void complete(XadesDraft *d) {
        const SignerItem item = { .type = SIGNER_ITEM_XML_SIGNEDINFO, .tbs = xades_draft_tbs(d) };
        _cleanup_bytes_ Bytes value = BYTES_NULL;

        require(signer()->sign(signer(), &item, 1, &value) == 0);
        require(xades_draft_complete(d, bytes_view(&value), VIEW(NULL, 0)) == 0);
}

static void extend(int fd, size_t n) {
        _cleanup_(xades_extension_freep) XadesExtension *e = NULL;
        _cleanup_bytes_ Bytes extended = BYTES_NULL;
        View tokens[256] = { 0 };
        int r;

        r = xades_extension_open(fd, &e);
        require(r == 0 || r == XADES_E_BREAKS || r == XADES_E_LIMIT);
        for (size_t i = 0; r == 0 && i < xades_extension_count(e); i++)
                tokens[i] = VIEW_LITERAL("token");
        if (r == 0 && xades_extension_complete(e, tokens, &extended) == 0) {
                _cleanup_close_ int again = memory_file(bytes_view(&extended));

                require(intact(again) == n);
        }
}

static XadesParams choose(uint8_t how) {
        return (XadesParams) {
                .packing = how & 64 ? XADES_ENVELOPING : XADES_ENVELOPED,
                .signing_time = 1700000000,
                .options = {
                        .canonicalization = (how & 3) % 3,
                        .profile = (how & 64) && (how & 32) ? XADES_PROFILE_KSEF : XADES_PROFILE_NONE,
                        .parallel = how & 4,
                        .element = how & 8 ? "/*/*[1]" : NULL,
                        .place = how & 16 ? "/*/*[last()]" : NULL,
                },
        };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(xades_draft_freep) XadesDraft *d = NULL;
        _cleanup_close_ int in = -1, out = -1;
        XadesParams params;
        size_t before;

        if (size == 0)
                return 0;
        params = choose(data[0]);
        in = memory_file(VIEW(data + 1, size - 1));
        out = memory_file(VIEW(NULL, 0));
        if (xades_draft_new(signer(), &params, in, out, &d) != 0)
                return 0;
        before = params.packing == XADES_ENVELOPED ? intact(in) : 0;
        complete(d);
        /* What is around a signature may be one of its own, of which more or less is intact where it now stands. */
        if (params.packing == XADES_ENVELOPED)
                require(intact(out) == before + 1, 0);
        else
                require(intact(out) >= 1, 0);
        extend(out, intact(out));
        return 0;
}
