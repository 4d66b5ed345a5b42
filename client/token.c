/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* PKCS#11 tokens; see token.h. */

#include <errno.h>
#include <gnutls/pkcs11.h>
#include <string.h>

#include "base/utf8.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/token.h"
#include "crypto/pkcs11-uri.h"

#define KEY_ID_SIZE 20U
#define LABEL_SIZE 256U
#define TOKENS_MAX 64U
#define CERTIFICATES_ON_TOKEN_MAX 256U
#define PIN_ATTEMPTS 3

void token_done(Token *t) {
        if (t->client)
                gnutls_pkcs11_set_pin_function(NULL, NULL);
        free(t->uri);
        t->pin = secret_free(t->pin);
        *t = (Token) { 0 };
}

void token_certificates_done(TokenCertificates *l) {
        for (size_t i = 0; i < l->n; i++) {
                if (l->items[i].certificate)
                        gnutls_x509_crt_deinit(l->items[i].certificate);
                free(l->items[i].key_uri);
                free(l->items[i].label);
        }
        free(l->items);
        *l = (TokenCertificates) { 0 };
}

int token_fail(const Token *t, int error, const char *what) {
        if (t->pin_status > 0)
                return t->pin_status;
        switch (error) {
        case GNUTLS_E_PKCS11_PIN_LOCKED:
                complain("%s", _("The card is locked after too many wrong PINs."));
                hint("%s", _("Its issuer tells how it is unlocked, as with: pkcs11-tool --login --login-type so --init-pin"));
                return EXIT_DENIED;
        case GNUTLS_E_PKCS11_PIN_ERROR:
        case GNUTLS_E_PKCS11_PIN_EXPIRED:
                return fail(EXIT_DENIED, "%s", _("The card did not accept the PIN."));
        case GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE:
        case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
                return fail(EXIT_NOT_FOUND, "%s", _("The key is not on the card, or the card is not there."));
        case GNUTLS_E_PKCS11_UNSUPPORTED_FEATURE_ERROR:
        case GNUTLS_E_PKCS11_ATTRIBUTE_ERROR:
                return fail(EXIT_FAILED, _("%s: the card cannot do this kind of key."), what);
        default:
                return fail(EXIT_FAILED, "%s: %s", what, gnutls_strerror(error));
        }
}

/* --- PINs --------------------------------------------------------------------------------------------------------- */

static int ask_pin(Token *t, const char *token_label) {
        _cleanup_free_ char *question = NULL, *clean = text_clean(token_label ?: "");

        if (asprintf(&question, _("PIN of the card “%s”"), clean) < 0)
                return fail_memory();
        return prompt_secret(t->client, "pin-file", question, &t->pin);
}

/* A PIN from a file is tried once: each wrong one takes the card nearer to being locked. */
static int may_ask(Token *t, int attempt, unsigned flags) {
        if (attempt == 0 && !(flags & GNUTLS_PIN_WRONG))
                return 0;
        complain("%s", _("The PIN is not right."));
        if (attempt >= PIN_ATTEMPTS || !prompt_possible() || arguments_has(&t->client->arguments, "pin-file"))
                return EXIT_DENIED;
        return 0;
}

static void warn_of_lock(unsigned flags) {
        if (flags & GNUTLS_PIN_FINAL_TRY)
                complain("%s", _("This is the last attempt: another wrong PIN locks the card."));
        else if (flags & GNUTLS_PIN_COUNT_LOW)
                complain("%s", _("Few attempts are left before the card is locked."));
}

/* Called by GnuTLS when a token wants its PIN. */
static int give_pin(void *userdata, int attempt, const char *token_url, const char *token_label, unsigned flags, char *pin, size_t pin_max) {
        Token *t = userdata;
        View v;

        if (flags & GNUTLS_PIN_SO)
                return -1;
        /* Keys that want the PIN with each use get the one that opened the card: all signatures of one run were wanted at
         * once. */
        if (!(flags & GNUTLS_PIN_CONTEXT_SPECIFIC) || !t->pin || (flags & GNUTLS_PIN_WRONG)) {
                t->pin = secret_free(t->pin);
                t->pin_status = may_ask(t, attempt, flags);
                if (t->pin_status == 0) {
                        warn_of_lock(flags);
                        t->pin_status = ask_pin(t, token_label);
                }
                if (t->pin_status > 0)
                        return -1;
        }
        v = secret_view(t->pin);
        if (v.len == 0 || v.len >= pin_max || memchr(v.data, 0, v.len)) {
                t->pin_status = fail(EXIT_DENIED, "%s", _("That is no PIN of a card."));
                return -1;
        }
        memcpy(pin, v.data, v.len);
        pin[v.len] = 0;
        return 0;
}

/* --- Finding the token -------------------------------------------------------------------------------------------- */

static int load_modules(void) {
        static bool loaded;
        int r;

        if (loaded)
                return 0;
        /* crypto_init() has told GnuTLS to load none, which holds until it is taken back. */
        gnutls_pkcs11_deinit();
        r = gnutls_pkcs11_init(GNUTLS_PKCS11_FLAG_AUTO, NULL);
        if (r < 0)
                return fail(EXIT_FAILED, _("The PKCS#11 modules cannot be loaded: %s"), gnutls_strerror(r));
        loaded = true;
        return 0;
}

static int check_uri(const char *uri) {
        switch (pkcs11_uri_check(uri)) {
        case 0:
                return 0;
        case PKCS11_URI_E_PIN:
                complain("%s", _("A PIN has no place in a URI: others would see it in the list of processes."));
                hint("%s", _("Leave pin-value and pin-source out, and give the PIN at the terminal or with --pin-file."));
                return EXIT_USAGE;
        default:
                return fail(EXIT_USAGE, "%s", _("This is no PKCS#11 URI, such as pkcs11:token=NAME"));
        }
}

/* Stores of CA certificates are tokens to p11-kit, and none of ours. */
static bool is_card(const char *url) {
        unsigned flags = 0;

        return gnutls_pkcs11_token_get_flags(url, &flags) >= 0 && !(flags & GNUTLS_PKCS11_TOKEN_TRUSTED) && (flags & GNUTLS_PKCS11_TOKEN_INITIALIZED);
}

typedef struct Tokens {
        char *urls[TOKENS_MAX];
        size_t n;
} Tokens;

static void tokens_done(Tokens *l) {
        for (size_t i = 0; i < l->n; i++)
                gnutls_free(l->urls[i]);
}

static void list_tokens(Tokens *l) {
        for (unsigned i = 0; l->n < TOKENS_MAX; i++) {
                char *url = NULL;

                if (gnutls_pkcs11_token_get_url(i, GNUTLS_PKCS11_URL_GENERIC, &url) < 0)
                        return;
                if (is_card(url))
                        l->urls[l->n++] = url;
                else
                        gnutls_free(url);
        }
}

static int fail_tokens(const Tokens *l, size_t matching) {
        int status = matching == 0 ? EXIT_NOT_FOUND : EXIT_USAGE;

        if (matching > 1)
                complain("%s", _("The URI means several cards: say more of one."));
        else if (l->n > 0)
                complain("%s", _("No card of this URI is there."));
        else {
                complain("%s", _("There is no card."));
                hint("%s", _("Is it in the reader, and its PKCS#11 module known to p11-kit? See: p11-kit list-modules"));
        }
        for (size_t i = 0; i < l->n; i++) {
                _cleanup_free_ char *clean = text_clean(l->urls[i]);

                hint("  %s", clean);
        }
        return status;
}

static int choose_token(const char *uri, char **ret) {
        _cleanup_(tokens_done) Tokens l = { .n = 0 };
        size_t matching = 0, index = 0;

        list_tokens(&l);
        for (size_t i = 0; i < l.n; i++)
                if (pkcs11_uri_matches_token(uri, l.urls[i]) > 0) {
                        matching++;
                        index = i;
                }
        if (matching != 1)
                return fail_tokens(&l, matching);
        *ret = strdup(l.urls[index]);
        return *ret ? 0 : fail_memory();
}

int token_open(Client *c, const char *uri, Token *ret) {
        char *token = NULL;
        int r;

        r = check_uri(uri);
        if (r == 0)
                r = load_modules();
        if (r == 0)
                r = choose_token(uri, &token);
        if (r > 0)
                return r;
        *ret = (Token) { .client = c, .uri = token };
        gnutls_pkcs11_set_pin_function(give_pin, ret);
        return 0;
}

/* --- Keys --------------------------------------------------------------------------------------------------------- */

static int generation_parameters(KeyAlgorithm a, gnutls_pk_algorithm_t *ret_pk, unsigned *ret_bits) {
        switch (a) {
        case KEY_P256:
                *ret_pk = GNUTLS_PK_ECDSA;
                *ret_bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
                return 0;
        case KEY_P384:
                *ret_pk = GNUTLS_PK_ECDSA;
                *ret_bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1);
                return 0;
        case KEY_RSA2048:
        case KEY_RSA3072:
        case KEY_RSA4096:
                *ret_pk = GNUTLS_PK_RSA;
                *ret_bits = a == KEY_RSA2048 ? 2048 : a == KEY_RSA3072 ? 3072 : 4096;
                return 0;
        default:
                return -EOPNOTSUPP;
        }
}

/* "TOKEN;id=…;type=private": the object by its id alone, since labels can be changed and given twice. */
static char *key_uri(const char *token, View id) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = bytes_printf(&b, "%s", token);
        if (r >= 0)
                r = pkcs11_uri_append_id(&b, id);
        if (r >= 0)
                r = bytes_append(&b, ";type=private", sizeof(";type=private"));
        return r < 0 ? NULL : (char *) bytes_take(&b).data;
}

int token_generate(Token *t, KeyAlgorithm algorithm, const char *label, char **ret_uri, Bytes *ret_public_key) {
        const unsigned flags = GNUTLS_PKCS11_OBJ_FLAG_LOGIN | GNUTLS_PKCS11_OBJ_FLAG_MARK_PRIVATE | GNUTLS_PKCS11_OBJ_FLAG_MARK_SENSITIVE;
        _cleanup_secret_ Secret *id = NULL;
        _cleanup_free_ char *uri = NULL;
        gnutls_datum_t cid, spki = { 0 };
        gnutls_pk_algorithm_t pk;
        unsigned bits;
        int r;

        if (generation_parameters(algorithm, &pk, &bits) < 0)
                return fail(EXIT_USAGE, "%s", _("On a card keys are p256, p384, rsa3072 or rsa4096."));
        if (secret_random(KEY_ID_SIZE, &id) < 0)
                return fail(EXIT_FAILED, "%s", _("There are no random numbers"));
        uri = key_uri(t->uri, secret_view(id));
        if (!uri)
                return fail_memory();
        cid = (gnutls_datum_t) { secret_data(id), (unsigned) secret_len(id) };
        r = gnutls_pkcs11_privkey_generate3(t->uri, pk, bits, label, &cid, GNUTLS_X509_FMT_DER, &spki, GNUTLS_KEY_DIGITAL_SIGNATURE, flags);
        if (r < 0)
                return token_fail(t, r, _("The card made no key"));
        r = bytes_dup(VIEW(spki.data, spki.size), ret_public_key);
        gnutls_free(spki.data);
        if (r < 0)
                return fail_memory();
        *ret_uri = TAKE_PTR(uri);
        return 0;
}

int token_private_key(Token *t, const char *uri, gnutls_privkey_t *ret) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        int r;

        if (gnutls_privkey_init(&key) < 0)
                return fail_memory();
        gnutls_privkey_set_pin_function(key, give_pin, t);
        r = gnutls_privkey_import_pkcs11_url(key, uri);
        if (r < 0)
                return token_fail(t, r, _("The card gives no key"));
        *ret = TAKE_PTR(key);
        return 0;
}

/* --- Certificates ------------------------------------------------------------------------------------------------- */

static int describe(Token *t, gnutls_pkcs11_obj_t object, TokenCertificate *ret) {
        char label[LABEL_SIZE];
        uint8_t id[LABEL_SIZE];
        size_t label_size = sizeof(label), id_size = sizeof(id);

        if (gnutls_pkcs11_obj_get_info(object, GNUTLS_PKCS11_OBJ_LABEL, label, &label_size) < 0)
                label_size = 0;
        /* Its NUL counts or not, by version. */
        label_size = strnlen(label, label_size);
        ret->label = utf8_sanitize(VIEW(label, label_size));
        if (gnutls_pkcs11_obj_get_info(object, GNUTLS_PKCS11_OBJ_ID, id, &id_size) < 0 || id_size == 0)
                return ret->label ? 0 : -ENOMEM;
        ret->key_uri = key_uri(t->uri, VIEW(id, id_size));
        return ret->label && ret->key_uri ? 0 : -ENOMEM;
}

static int add_object(Token *t, gnutls_pkcs11_obj_t object, TokenCertificates *l) {
        TokenCertificate *grown, c = { 0 };
        int r;

        if (gnutls_pkcs11_obj_get_type(object) != GNUTLS_PKCS11_OBJ_X509_CRT || l->n >= CERTIFICATES_ON_TOKEN_MAX)
                return 0;
        if (gnutls_x509_crt_init(&c.certificate) < 0)
                return -ENOMEM;
        /* One that cannot be read is none. */
        if (gnutls_x509_crt_import_pkcs11(c.certificate, object) < 0) {
                gnutls_x509_crt_deinit(c.certificate);
                return 0;
        }
        grown = reallocarray(l->items, l->n + 1, sizeof(*grown));
        if (!grown) {
                gnutls_x509_crt_deinit(c.certificate);
                return -ENOMEM;
        }
        r = describe(t, object, &c);
        l->items = grown;
        l->items[l->n++] = c;
        return r;
}

int token_certificates(Token *t, const char *uri, TokenCertificates *ret) {
        _cleanup_token_certificates_ TokenCertificates l = { 0 };
        gnutls_pkcs11_obj_t *objects = NULL;
        unsigned n = 0;
        int r;

        r = gnutls_pkcs11_obj_list_import_url4(&objects, &n, uri, GNUTLS_PKCS11_OBJ_FLAG_CRT);
        if (r == GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE)
                n = 0;
        else if (r < 0)
                return token_fail(t, r, _("The card's certificates cannot be read"));
        r = 0;
        for (unsigned i = 0; i < n; i++) {
                if (r >= 0)
                        r = add_object(t, objects[i], &l);
                gnutls_pkcs11_obj_deinit(objects[i]);
        }
        gnutls_free(objects);
        if (r < 0)
                return fail_memory();
        *ret = l;
        l = (TokenCertificates) { 0 };
        return 0;
}

int token_put_certificate(Token *t, const char *uri, gnutls_x509_crt_t certificate, const char *label) {
        _cleanup_bytes_ Bytes id = BYTES_NULL;
        gnutls_datum_t cid;
        int r;

        r = pkcs11_uri_get(uri, "id", &id);
        if (r < 0)
                return fail(EXIT_FAILED, "%s", _("The key has no id on the card, so no certificate can be put beside it."));
        cid = (gnutls_datum_t) { id.data, (unsigned) id.len };
        r = gnutls_pkcs11_copy_x509_crt2(t->uri, certificate, label, &cid, GNUTLS_PKCS11_OBJ_FLAG_LOGIN);
        return r < 0 ? token_fail(t, r, _("The certificate could not be put onto the card")) : 0;
}

/* Objects of each kind under the key's id; what is not there need not be erased. */
int token_erase(Token *t, const char *uri) {
        static const char *const types[] = { "private", "public", "cert" };
        _cleanup_bytes_ Bytes id = BYTES_NULL;
        _cleanup_free_ char *of_key = NULL;
        size_t stem;

        if (pkcs11_uri_get(uri, "id", &id) < 0)
                return fail(EXIT_FAILED, "%s", _("The key has no id on the card."));
        of_key = key_uri(t->uri, bytes_view(&id));
        if (!of_key)
                return fail_memory();
        stem = strlen(of_key) - strlen("private");
        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                _cleanup_free_ char *object = NULL;
                int r;

                if (asprintf(&object, "%.*s%s", (int) stem, of_key, types[i]) < 0)
                        return fail_memory();
                r = gnutls_pkcs11_delete_url(object, GNUTLS_PKCS11_OBJ_FLAG_LOGIN);
                if (r < 0 && r != GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE)
                        return token_fail(t, r, _("The card did not erase the key"));
        }
        return 0;
}
