/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signs a PDF document with a key from a file, for the interoperability tests: `interop-sign-pdf KEY CHAIN IN OUT [REASON] [--field NAME]
 * [--certify LEVEL] [--password PASSWORD]`, KEY in PKCS#8 DER, CHAIN in PEM, the signing certificate first. Prints `signed` (after `repaired`), or the outcome's number
 * and sentence and exits with 3. SIGN_TIME in the environment is another time than now. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "base/atomic-file.h"
#include "sign/pdf/pades.h"

#define CHAIN_MAX 8U

static int load(const char *key_path, const char *chain_path, Signer *signer, gnutls_privkey_t *key, gnutls_x509_crt_t *chain) {
        _cleanup_bytes_ Bytes der = BYTES_NULL, pem = BYTES_NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        unsigned n = CHAIN_MAX;
        SignatureScheme scheme;
        gnutls_datum_t datum;
        int r;

        r = read_file(key_path, 65536, &der);
        if (r == 0)
                r = read_file(chain_path, 65536, &pem);
        if (r == 0)
                r = key_import(bytes_view(&der), key);
        if (r < 0)
                return r;
        datum = (gnutls_datum_t) { .data = pem.data, .size = (unsigned) pem.len };
        if (gnutls_x509_crt_list_import(chain, &n, &datum, GNUTLS_X509_FMT_PEM, 0) < 0 || gnutls_pubkey_init(&pubkey) < 0 ||
            gnutls_pubkey_import_x509(pubkey, chain[0], 0) < 0)
                return -EBADMSG;
        r = signature_scheme_of(key_algorithm_of_pubkey(pubkey), &scheme);
        if (r < 0)
                return r;
        signer_init_privkey(signer, key, &scheme, chain, n);
        return 0;
}

/* Where nothing was said about it, the reason is none. */
static int parse_options(char **words, PadesOptions *ret) {
        if (*words && **words != '-') {
                ret->reason = *words++;
                ret->location = "Kraków";
        }
        for (; *words; words += 2) {
                if (!words[1])
                        return -EINVAL;
                if (strcmp(*words, "--field") == 0)
                        ret->field = words[1];
                else if (strcmp(*words, "--certify") == 0)
                        ret->certify = atoi(words[1]);
                else if (strcmp(*words, "--password") == 0)
                        ret->password = view_string(words[1]);
                else
                        return -EINVAL;
        }
        return 0;
}

static int sign(Signer *signer, const char *in, const char *out, const PadesOptions *options) {
        const char *now = getenv("SIGN_TIME");
        PadesParams params = { .signing_time = now ? atoll(now) : time(NULL), .options = *options };
        _cleanup_close_ int in_fd = open(in, O_RDONLY | O_CLOEXEC), out_fd = open(out, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        _cleanup_(pades_draft_freep) PadesDraft *draft = NULL;
        _cleanup_bytes_ Bytes signature = BYTES_NULL;
        SignerItem item = { .type = SIGNER_ITEM_CMS_ATTRIBUTES };
        int r;

        if (in_fd < 0 || out_fd < 0)
                return -errno;
        r = pades_draft_new(signer, &params, in_fd, out_fd, &draft);
        if (r != 0)
                return r;
        item.tbs = pades_draft_tbs(draft);
        r = signer->sign(signer, &item, 1, &signature);
        if (pades_draft_is_repaired(draft))
                puts("repaired");
        return r < 0 ? r : pades_draft_complete(draft, bytes_view(&signature), (View) { 0 });
}

int main(int argc, char **argv) {
        gnutls_x509_crt_t chain[CHAIN_MAX] = { 0 };
        gnutls_privkey_t key = NULL;
        PadesOptions options = { 0 };
        Signer signer;
        int r;

        if (argc < 5 || parse_options(argv + 5, &options) < 0)
                return 2;
        r = load(argv[1], argv[2], &signer, &key, chain);
        if (r == 0)
                r = sign(&signer, argv[3], argv[4], &options);
        if (r == 0)
                puts("signed");
        else if (r > 0)
                printf("%d %s\n", r, pades_strerror(r));
        else
                printf("error: %s\n", strerror(-r));
        if (key)
                gnutls_privkey_deinit(key);
        for (size_t i = 0; i < CHAIN_MAX; i++)
                if (chain[i])
                        gnutls_x509_crt_deinit(chain[i]);
        return r == 0 ? 0 : r > 0 ? 3 : 1;
}
