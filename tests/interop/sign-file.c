/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign on the command line, for tests: signs with a key in a file, and prints the verification contract.
 *
 *   sign-file sign KEY CHAIN FORMAT IN OUT      KEY is PKCS#8 in DER, CHAIN is PEM; FORMAT is detached or enveloping
 *   sign-file sign-pss … the same with RSA-PSS
 *   sign-file document KEY CHAIN FORMAT OUT IN…  any FORMAT of lib/sign/document.h; "add-FORMAT" adds a signature to what is signed
 *                                               in IN (of a CMS the document may follow), "countersign-cades" countersigns
 *   sign-file verify FILE [--content FILE] [--digest ALGORITHM:BASE64] [--anchors FILE]… [--crl FILE]… [--ocsp FILE]… [--at SECONDS]
 *     [--password OF-AN-ENCRYPTED-PDF]
 *
 * Ends with 0 when it came to a result, whatever it is. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/init.h"
#include "sign/trust/anchors.h"
#include "sign/cms/cades.h"
#include "sign/cms/cms-verify.h"
#include "sign/document.h"
#include "sign/verify-json.h"
#include "sign/verify.h"

static int load_chain(const char *path, gnutls_x509_crt_t **ret, unsigned *ret_n) {
        _cleanup_bytes_ Bytes pem = BYTES_NULL;
        int r;

        r = read_file(path, 1024 * 1024, &pem);
        if (r < 0)
                return r;
        r = gnutls_x509_crt_list_import2(ret, ret_n, &(gnutls_datum_t) { pem.data, (unsigned) pem.len }, GNUTLS_X509_FMT_PEM, 0);
        return r < 0 ? -EBADMSG : 0;
}

static int load_key(const char *path, gnutls_privkey_t *ret) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        int r;

        r = read_file(path, 64 * 1024, &der);
        if (r < 0 || gnutls_privkey_init(ret) < 0)
                return r < 0 ? r : -ENOMEM;
        return gnutls_privkey_import_x509_raw(*ret, &(gnutls_datum_t) { der.data, (unsigned) der.len }, GNUTLS_X509_FMT_DER, NULL, 0) < 0 ? -EBADMSG : 0;
}

static int sign_one(Signer *signer, View tbs, Bytes *ret) {
        return signer->sign(signer, &(SignerItem) { .type = SIGNER_ITEM_CMS_ATTRIBUTES, .tbs = tbs }, 1, ret);
}

static int sign_cms(Signer *signer, bool enveloping, int in, int out) {
        _cleanup_(cades_draft_freep) CadesDraft *draft = NULL;
        _cleanup_bytes_ Bytes value = BYTES_NULL, cms = BYTES_NULL;
        CadesParams params = { .signing_time = time(NULL) };
        Digest digest;
        struct stat st;
        int r;

        if (fstat(in, &st) < 0)
                return -errno;
        r = digest_of_fd(signer->scheme.message_digest, in, 0, UINT64_MAX, &digest);
        if (r >= 0)
                r = cades_draft_new(signer, &params, digest_view(&digest), &draft);
        if (r >= 0)
                r = sign_one(signer, cades_draft_tbs(draft), &value);
        if (r < 0)
                return r;
        if (enveloping)
                return cades_draft_complete_enveloping(draft, bytes_view(&value), (View) { 0 }, in, (uint64_t) st.st_size, out);
        r = cades_draft_complete(draft, bytes_view(&value), (View) { 0 }, &cms);
        return r < 0 ? r : write_all(out, bytes_view(&cms));
}

#define FILES_MAX 4096

static int sign_document(Signer *signer, const char *name, int out, char **paths, int n) {
        _cleanup_(document_draft_freep) DocumentDraft *draft = NULL;
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        static DocumentFile files[FILES_MAX];
        DocumentParams params = { .signing_time = time(NULL), .add = strncmp(name, "add-", 4) == 0 };
        SignerItem item;
        int r;

        if (strncmp(name, "countersign-", 12) == 0) {
                params.cades.countersign = true;
                name += 12;
        }
        if (strncmp(name, "add-cades", 9) == 0 || params.cades.countersign)
                params.cades.content_fd = n > 1 ? open(paths[--n], O_RDONLY | O_CLOEXEC) : -1;
        r = document_format_from_string(params.add ? name + 4 : name, &params.format);
        if (r < 0 || n > FILES_MAX)
                return -EINVAL;
        for (int i = 0; i < n; i++) {
                files[i] = (DocumentFile) { .fd = open(paths[i], O_RDONLY | O_CLOEXEC), .name = strrchr(paths[i], '/') ? strrchr(paths[i], '/') + 1 : paths[i] };
                if (files[i].fd < 0)
                        return -errno;
        }
        r = document_draft_new(signer, &params, files, (size_t) n, out, &draft);
        if (r > 0)
                fprintf(stderr, "%s\n", document_strerror(r));
        if (r != 0)
                return r;
        document_draft_item(draft, &item);
        r = signer->sign(signer, &item, 1, &value);
        if (r >= 0)
                r = document_draft_complete(draft, bytes_view(&value), VIEW(NULL, 0));
        for (int i = 0; i < n; i++)
                close(files[i].fd);
        return r;
}

static int run_sign(int argc, char **argv, bool document, bool pss) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        _cleanup_close_ int in = open(argv[document ? 4 : 3], O_RDONLY | O_CLOEXEC),
                            out = open(argv[document ? 3 : 4], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        gnutls_x509_crt_t *chain = NULL;
        SignatureScheme scheme;
        unsigned n = 0;
        Signer signer;
        int r;

        if (in < 0 || out < 0)
                return -errno;
        r = load_key(argv[0], &key);
        if (r >= 0)
                r = load_chain(argv[1], &chain, &n);
        if (r >= 0 && (gnutls_pubkey_init(&pubkey) < 0 || gnutls_pubkey_import_privkey(pubkey, key, 0, 0) < 0))
                r = -EIO;
        if (r >= 0)
                r = signature_scheme_of_pubkey(pubkey, &scheme);
        if (r >= 0 && pss)
                r = signature_scheme_to_pss(&scheme);
        if (r >= 0) {
                signer_init_privkey(&signer, &key, &scheme, chain, n);
                r = document ? sign_document(&signer, argv[2], out, argv + 4, argc - 4) : sign_cms(&signer, strcmp(argv[2], "enveloping") == 0, in, out);
        }
        for (unsigned i = 0; i < n; i++)
                gnutls_x509_crt_deinit(chain[i]);
        gnutls_free(chain);
        return r;
}

/* The digest of a content that is known by nothing else. */
static int known_digest(void *userdata, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        _cleanup_free_ char *name = strdup(userdata);
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        char *colon = name ? strchr(name, ':') : NULL;
        int r;

        if (!colon)
                return -EINVAL;
        *colon = '\0';
        r = base64_decode(view_string(colon + 1), &value);
        if (r < 0)
                return r;
        if (gnutls_digest_get_id(name) != algorithm || value.len > sizeof(ret->data))
                return -EOPNOTSUPP;
        memcpy(ret->data, value.data, value.len);
        ret->len = value.len;
        return 0;
}

static int verify(const char *path, char *digest, const VerifyParams *params, VerifyReport *report) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        CmsContent content = { .digest = known_digest, .userdata = digest };
        int r;

        if (fd < 0)
                return -errno;
        if (!digest)
                return verify_fd(fd, params, report);
        r = cms_verify_fd(fd, &content, params, report, NULL);
        return r < 0 ? r : verify_report_conclude(report, "No signature.");
}

static int add(RevocationPool *pool, RevocationKind kind, const char *path) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        int r;

        r = read_file(path, CRL_SIZE_MAX, &der);
        return r < 0 ? r : revocation_pool_add(pool, kind, REVOCATION_FROM_FILE, bytes_view(&der));
}

static int run_verify(int argc, char **argv) {
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t anchors = NULL;
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        _cleanup_revocation_pool_ RevocationPool pool = { 0 };
        _cleanup_close_ int content = -1;
        VerifyParams params = { .now = time(NULL), .content_fd = -1, .revocation = &pool };
        char *digest = NULL;
        int r;

        r = verify_anchors_new(&anchors);
        for (int i = 1; r >= 0 && i + 1 < argc; i += 2) {
                if (strcmp(argv[i], "--anchors") == 0)
                        r = verify_anchors_load_file(anchors, argv[i + 1], NULL);
                else if (strcmp(argv[i], "--crl") == 0)
                        r = add(&pool, REVOCATION_CRL, argv[i + 1]);
                else if (strcmp(argv[i], "--ocsp") == 0)
                        r = add(&pool, REVOCATION_OCSP, argv[i + 1]);
                else if (strcmp(argv[i], "--password") == 0)
                        params.document_password = view_string(argv[i + 1]);
                else if (strcmp(argv[i], "--at") == 0)
                        params.now = strtoll(argv[i + 1], NULL, 10);
                else if (strcmp(argv[i], "--digest") == 0)
                        digest = argv[i + 1];
                else if (strcmp(argv[i], "--content") == 0 && content < 0) {
                        content = params.content_fd = open(argv[i + 1], O_RDONLY | O_CLOEXEC);
                        r = content < 0 ? -errno : 0;
                } else
                        r = -EINVAL;
        }
        params.anchors = anchors;
        if (r >= 0)
                r = verify(argv[0], digest, &params, &report);
        return r < 0 ? r : verify_report_write_json(&report, stdout);
}

int main(int argc, char **argv) {
        int r;

        r = crypto_init();
        if (r >= 0 && argc == 7 && strcmp(argv[1], "sign") == 0)
                r = run_sign(argc - 2, argv + 2, false, false);
        else if (r >= 0 && argc == 7 && strcmp(argv[1], "sign-pss") == 0)
                r = run_sign(argc - 2, argv + 2, false, true);
        else if (r >= 0 && argc >= 7 && strcmp(argv[1], "document") == 0)
                r = run_sign(argc - 2, argv + 2, true, false);
        else if (r >= 0 && argc >= 3 && argc % 2 == 1 && strcmp(argv[1], "verify") == 0)
                r = run_verify(argc - 2, argv + 2);
        else
                r = -EINVAL;
        if (r < 0)
                fprintf(stderr, "sign-file: %s\n", strerror(-r));
        return r != 0;
}
