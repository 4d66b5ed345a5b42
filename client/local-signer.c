/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signing with a key in a file or on a token; see local-signer.h. */

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/crew.h"
#include "client/key-path.h"
#include "client/local-signer.h"
#include "client/output.h"
#include "crypto/pkcs11-uri.h"
#include "crypto/profile.h"

#define PORTION 64U /* signatures between two reports of how many there are */
#define RSA_GOOD_BITS 3000U /* TS 119 312: what has fewer is good until the end of 2028 */

bool local_signer_takes(const char *word) {
        return pkcs11_uri_is(word) || key_path_is(word);
}

/* --- Certificates ------------------------------------------------------------------------------------------------- */

static int chain_add(CertificateList *l, gnutls_x509_crt_t certificate) {
        gnutls_datum_t der = { 0 };
        int r;

        if (gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der) < 0)
                return fail_memory();
        r = certificate_list_add(l, VIEW(der.data, der.size));
        gnutls_free(der.data);
        return r == -E2BIG ? fail(EXIT_FAILED, _("Too many certificates (at most %u)."), CERTIFICATES_MAX) : r < 0 ? fail_memory() : 0;
}

static int add_given(LocalSigner *s) {
        const char *path;

        for (size_t i = 0; (path = arguments_nth(&s->client->arguments, "certificates", i)); i++) {
                int r = certificates_read_file(path, &s->chain);

                if (r > 0)
                        return r;
        }
        return 0;
}

static int check_dates(gnutls_x509_crt_t own) {
        int64_t now = time(NULL), from = gnutls_x509_crt_get_activation_time(own), until = gnutls_x509_crt_get_expiration_time(own);

        if (from > now)
                return fail(EXIT_FAILED, _("The key's certificate is not valid before %s."), text_time(from));
        if (until < now) {
                complain(_("The key's certificate expired on %s."), text_time(until));
                hint("%s", _("Ask for a new one: its request comes from “sygnet key request”."));
                return EXIT_FAILED;
        }
        return 0;
}

/* RFC 5280 §4.2.1.3. A certificate without the extension is for anything; one that only authenticates signs no documents here. */
static int check_usage(const LocalSigner *s, gnutls_x509_crt_t own) {
        unsigned usage, critical;

        if (s->record.profile && profile_from_string(s->record.profile) == PROFILE_KSEF_OFFLINE)
                return fail(EXIT_FAILED, "%s", _("This key is for the codes of invoices that are issued offline; it signs no documents."));
        if (!s->login && s->record.profile && profile_key_usage(profile_from_string(s->record.profile)) == GNUTLS_KEY_DIGITAL_SIGNATURE)
                return fail(EXIT_FAILED, "%s", _("This key is for authentication; it signs no documents."));
        if (gnutls_x509_crt_get_ca_status(own, NULL) > 0)
                return fail(EXIT_FAILED, "%s", _("This certificate is one of a certification authority; it signs no documents."));
        if (gnutls_x509_crt_get_key_usage(own, &usage, &critical) < 0)
                return 0;
        if (!(usage & (GNUTLS_KEY_NON_REPUDIATION | GNUTLS_KEY_DIGITAL_SIGNATURE)))
                return fail(EXIT_FAILED, "%s", _("By its keyUsage this certificate is not for signatures."));
        if (!s->login && !(usage & GNUTLS_KEY_NON_REPUDIATION))
                complain("%s", _("Careful: by its keyUsage this certificate is for authentication rather than for signing documents."));
        return 0;
}

static int set_scheme(LocalSigner *s, gnutls_x509_crt_t own) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        unsigned bits = 0;

        if (gnutls_pubkey_init(&pubkey) < 0)
                return fail_memory();
        if (gnutls_pubkey_import_x509(pubkey, own, 0) < 0 || signature_scheme_of_pubkey(pubkey, &s->signer.scheme) < 0)
                return fail(EXIT_FAILED, "%s", _("The certificate has a kind of key that is not supported."));
        if (gnutls_pubkey_get_pk_algorithm(pubkey, &bits) == GNUTLS_PK_RSA && bits < RSA_GOOD_BITS)
                complain(_("Careful: an RSA key of %u bits is held to be good until the end of 2028 only."), bits);
        return 0;
}

/* Once the certificates are there. `public_key` is the key's. */
static int finish(LocalSigner *s, View public_key) {
        int r = add_given(s);

        if (r > 0)
                return r;
        if (certificates_put_first(&s->chain, public_key) < 0) {
                complain("%s", _("There is no certificate for this key."));
                hint("%s", _("Import what the certification authority answered: sygnet key import KEY FILE; or give it with --certificates FILE"));
                return EXIT_FAILED;
        }
        certificates_cut_to_chain(&s->chain);
        r = set_scheme(s, s->chain.items[0]);
        if (r == 0)
                r = check_dates(s->chain.items[0]);
        if (r == 0)
                r = check_usage(s, s->chain.items[0]);
        s->signer.chain = s->chain.items;
        s->signer.n_chain = s->chain.n;
        return r;
}

static int public_key_of(gnutls_x509_crt_t certificate, Bytes *ret) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;

        if (gnutls_pubkey_init(&pubkey) < 0 || gnutls_pubkey_import_x509(pubkey, certificate, 0) < 0)
                return -EBADMSG;
        return pubkey_export(pubkey, ret);
}

/* --- Opening ------------------------------------------------------------------------------------------------------ */

static int open_file(LocalSigner *s) {
        _cleanup_key_file_ KeyFile f = { 0 };
        _cleanup_free_ char *question = NULL, *clean = text_clean(s->record.label ?: "");
        int r;

        if (asprintf(&question, s->record.label ? _("Password of the key “%s”") : _("Password of the key"), clean) < 0)
                return fail_memory();
        r = key_path_unlock(s->client, bytes_view(&s->file), question, &f, NULL);
        if (r > 0)
                return r;
        if (s->chain.n > 0 && key_matches_certificate(bytes_view(&f.public_key), s->chain.items[0]) < 0)
                return fail(EXIT_FAILED, "%s", _("The file holds another key than the one that was recorded; nothing was signed."));
        s->key = TAKE_PTR(f.key);
        return 0;
}

/* Opens the key where it is not open yet. 0 or an exit code. */
static int open_key(LocalSigner *s) {
        if (s->key)
                return 0;
        return s->key_uri ? token_private_key(&s->token, s->key_uri, &s->key) : open_file(s);
}

typedef struct Portion {
        const LocalSigner *s;
        const SignerItem *items;
        Bytes *ret;
        atomic_bool failed;
} Portion;

static void sign_one(void *userdata, size_t i) {
        Portion *p = userdata;

        if (!atomic_load(&p->failed) && signer_sign_item(p->s->key, &p->s->signer.scheme, &p->items[i], &p->ret[i]) < 0)
                atomic_store(&p->failed, true);
}

/* A key in memory signs on all processors; a card does one thing after the other, and some lose track when they are asked for two. */
static bool sign_portion(const LocalSigner *s, const SignerItem *items, size_t n, Bytes *ret) {
        Portion p = { .s = s, .items = items, .ret = ret };

        if (!s->key_uri && n > 1)
                return crew_each("sign", n, sign_one, &p) == 0 && !atomic_load(&p.failed);
        for (size_t i = 0; i < n; i++)
                sign_one(&p, i);
        return !atomic_load(&p.failed);
}

static int sign_items(LocalSigner *s, const SignerItem *items, size_t n, Bytes *ret) {
        int r = open_key(s);

        if (r > 0)
                return r;
        for (size_t i = 0, k; i < n; i += k) {
                k = s->key_uri ? 1 : n - i < PORTION ? n - i : PORTION;
                if (!sign_portion(s, items + i, k, ret + i))
                        return s->key_uri ? token_fail(&s->token, GNUTLS_E_PKCS11_ERROR, _("The card did not sign"))
                                          : fail(EXIT_FAILED, "%s", _("The key could not sign."));
                signer_tell(&s->signer, i + k);
        }
        return 0;
}

static int local_sign(Signer *signer, const SignerItem *items, size_t n, Bytes *ret) {
        LocalSigner *s = signer->userdata;

        s->status = sign_items(s, items, n, ret);
        return s->status == 0 ? 0 : -EIO;
}

/* --- Choosing ----------------------------------------------------------------------------------------------------- */

static void begin(LocalSigner *s, Client *c, bool login) {
        *s = (LocalSigner) { .client = c, .login = login };
        s->signer.sign = local_sign;
        s->signer.userdata = s;
}

/* A file of its own: its certificates are within. */
static int init_file(LocalSigner *s, const char *path) {
        _cleanup_key_file_ KeyFile f = { 0 };
        int r;

        r = key_path_read(path, &s->file);
        if (r == 0)
                r = key_path_unlock(s->client, bytes_view(&s->file), _("Password of the key"), &f, NULL);
        for (size_t i = 0; r == 0 && i < f.n_certificates; i++)
                r = chain_add(&s->chain, f.certificates[i]);
        if (r > 0)
                return r;
        s->key = TAKE_PTR(f.key);
        s->label = TAKE_PTR(f.label);
        return finish(s, bytes_view(&f.public_key));
}

static bool could_sign(const TokenCertificate *c) {
        return c->key_uri && gnutls_x509_crt_get_ca_status(c->certificate, NULL) <= 0;
}

static int fail_several(const TokenCertificates *l) {
        complain("%s", _("Several certificates on the card could sign: choose one by its id."));
        for (size_t i = 0; i < l->n; i++) {
                _cleanup_free_ char *uri = could_sign(&l->items[i]) ? text_clean(l->items[i].key_uri) : NULL;

                if (uri)
                        hint("  %s\n  %s", l->items[i].label, uri);
        }
        return EXIT_USAGE;
}

/* The one end-entity certificate that the URI means; NULL when the certificate has to come from elsewhere. */
static int choose_certificate(const TokenCertificates *l, const TokenCertificate **ret) {
        size_t n = 0;

        *ret = NULL;
        for (size_t i = 0; i < l->n; i++)
                if (could_sign(&l->items[i])) {
                        *ret = &l->items[i];
                        n++;
                }
        return n > 1 ? fail_several(l) : 0;
}

/* What type= says is meant for one kind of object; here both kinds are wanted. */
static char *without_type(const char *uri) {
        const char *p = strstr(uri, ";type=") ?: strstr(uri, ":type=");
        char *s = NULL;

        if (!p)
                return strdup(uri);
        return asprintf(&s, "%.*s%s", (int) (p - uri + (*p == ':')), uri, p + 1 + strcspn(p + 1, ";?")) < 0 ? NULL : s;
}

/* A key whose certificate is not on the card: it must be named by the URI, and its certificate be given. */
static int init_token_key(LocalSigner *s, const char *uri) {
        _cleanup_bytes_ Bytes public_key = BYTES_NULL;
        int r;

        if (!arguments_has(&s->client->arguments, "certificates")) {
                complain("%s", _("There is no certificate for this key on the card."));
                hint("%s", _("Give it with --certificates FILE"));
                return EXIT_NOT_FOUND;
        }
        s->key_uri = strdup(uri);
        if (!s->key_uri)
                return fail_memory();
        r = token_private_key(&s->token, uri, &s->key);
        if (r > 0)
                return r;
        if (key_public(s->key, &public_key) >= 0)
                return finish(s, bytes_view(&public_key));
        /* Some cards keep no public key: the first certificate's it is, which the signature then shows or not. */
        r = add_given(s);
        if (r == 0 && public_key_of(s->chain.items[0], &public_key) < 0)
                r = fail(EXIT_FAILED, "%s", _("The certificate has a kind of key that is not supported."));
        certificate_list_done(&s->chain);
        return r > 0 ? r : finish(s, bytes_view(&public_key));
}

static int init_token(LocalSigner *s, const char *uri) {
        _cleanup_token_certificates_ TokenCertificates chosen = { 0 }, all = { 0 };
        _cleanup_free_ char *objects = without_type(uri);
        _cleanup_bytes_ Bytes public_key = BYTES_NULL;
        const TokenCertificate *own = NULL;
        int r;

        if (!objects)
                return fail_memory();
        r = token_open(s->client, uri, &s->token);
        if (r == 0)
                r = token_certificates(&s->token, objects, &chosen);
        if (r == 0)
                r = choose_certificate(&chosen, &own);
        if (r > 0)
                return r;
        if (!own)
                return init_token_key(s, uri);
        s->key_uri = strdup(own->key_uri);
        s->label = strdup(own->label);
        if (!s->key_uri || !s->label || public_key_of(own->certificate, &public_key) < 0)
                return fail_memory();
        r = chain_add(&s->chain, own->certificate);
        /* Issuers that the card carries too. */
        if (r == 0)
                r = token_certificates(&s->token, s->token.uri, &all);
        for (size_t i = 0; r == 0 && i < all.n && s->chain.n < CERTIFICATES_MAX; i++)
                if (gnutls_x509_crt_get_ca_status(all.items[i].certificate, NULL) > 0)
                        r = chain_add(&s->chain, all.items[i].certificate);
        return r > 0 ? r : finish(s, bytes_view(&public_key));
}

int local_signer_init(LocalSigner *s, Client *c, const char *word, bool login) {
        begin(s, c, login);
        return pkcs11_uri_is(word) ? init_token(s, word) : init_file(s, word);
}

int local_signer_init_record(LocalSigner *s, Client *c, KeyRecord *record, bool login) {
        _cleanup_bytes_ Bytes public_key = BYTES_NULL;
        int r = 0;

        begin(s, c, login);
        s->record = *record;
        *record = (KeyRecord) { 0 };
        if (base64_decode(view_string(s->record.public_key), &public_key) < 0)
                return fail_memory();
        for (unsigned i = 0; r == 0 && i < s->record.chain.n; i++)
                r = chain_add(&s->chain, s->record.chain.items[i]);
        if (r == 0)
                r = finish(s, bytes_view(&public_key));
        if (r == 0 && s->record.place == KEY_PLACE_FILE)
                r = key_path_read(s->record.path, &s->file);
        else if (r == 0) {
                r = token_open(c, s->record.uri, &s->token);
                s->key_uri = r == 0 ? strdup(s->record.uri) : NULL;
                if (r == 0 && !s->key_uri)
                        r = fail_memory();
        }
        return r;
}

void local_signer_done(LocalSigner *s) {
        if (s->key)
                gnutls_privkey_deinit(s->key);
        s->key = NULL;
        free(TAKE_PTR(s->key_uri));
        free(TAKE_PTR(s->label));
        token_done(&s->token);
        bytes_done(&s->file);
        certificate_list_done(&s->chain);
        key_record_done(&s->record);
}
