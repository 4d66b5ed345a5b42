/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The token; see token.h. */

#include <errno.h>
#include <gnutls/pkcs11.h>
#include <stdarg.h>
#include <string.h>

#include "base/der-tag.h"
#include "ca-key/token.h"
#include "crypto/pkcs11-uri.h"
#include "crypto/signed.h"
#include "der/der.h"

#define LABEL_DEFAULT "sygnet-ca"
#define ID_SIZE 20U
#define ID_MAX 255U
#define TOKENS_MAX 64U

static int fail(Token *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(Token *t, const char *format, ...) {
        va_list ap;
        int r;

        free(TAKE_PTR(t->problem));
        va_start(ap, format);
        r = vasprintf(&t->problem, format, ap);
        va_end(ap);
        if (r >= 0)
                return -EREMOTEIO;
        t->problem = NULL;
        return -ENOMEM;
}

static void close_key(Token *t) {
        if (t->key)
                gnutls_privkey_deinit(t->key);
        if (t->public_key)
                gnutls_pubkey_deinit(t->public_key);
        t->key = NULL;
        t->public_key = NULL;
        free(TAKE_PTR(t->uri));
        bytes_done(&t->id);
        bytes_done(&t->spki);
        bytes_done(&t->root);
        key_settings_done(&t->settings);
}

/* Modules as well: some of them see a token that was put in only when they are started anew. */
static void close_all(Token *t) {
        close_key(t);
        if (t->modules_loaded)
                gnutls_pkcs11_deinit();
        t->modules_loaded = false;
}

void token_done(Token *t) {
        close_all(t);
        pin_done(&t->pin);
        free(TAKE_PTR(t->problem));
}

/* --- Errors ------------------------------------------------------------------------------------------------------- */

static int fail_token(Token *t, const char *what, int error) {
        switch (error) {
        case GNUTLS_E_PKCS11_PIN_LOCKED:
                return fail(t, "The token is locked after too many wrong PINs.");
        case GNUTLS_E_PKCS11_PIN_ERROR:
        case GNUTLS_E_PKCS11_PIN_EXPIRED:
                return fail(t, "%s", t->pin.problem ?: "The token did not accept the PIN.");
        default:
                return fail(t, "%s: %s", what, t->pin.problem ?: gnutls_strerror(error));
        }
}

/* --- Finding the key ---------------------------------------------------------------------------------------------- */

static int load_modules(Token *t) {
        const char *module = t->settings.module;
        int r;

        if (t->modules_loaded)
                return 0;
        /* crypto_init() has told GnuTLS to load none, which holds until it is taken back. */
        gnutls_pkcs11_deinit();
        r = gnutls_pkcs11_init(module ? GNUTLS_PKCS11_FLAG_MANUAL : GNUTLS_PKCS11_FLAG_AUTO, NULL);
        t->modules_loaded = r >= 0;
        if (r >= 0 && module)
                r = gnutls_pkcs11_add_provider(module, NULL);
        if (r < 0)
                return fail(t, "The PKCS#11 module%s%s cannot be loaded: %s", module ? " " : "s of p11-kit", module ?: "", gnutls_strerror(r));
        gnutls_pkcs11_set_pin_function(pin_give, &t->pin);
        return 0;
}

/* The one token that is meant. */
static int find_token(Token *t) {
        _cleanup_free_ char *found = NULL;
        unsigned matching = 0, there = 0;
        char *url = NULL;

        for (; there < TOKENS_MAX && gnutls_pkcs11_token_get_url(there, GNUTLS_PKCS11_URL_GENERIC, &url) >= 0; there++) {
                if (pkcs11_uri_matches_token(t->settings.uri, url) > 0 && matching++ == 0)
                        found = strdup(url);
                gnutls_free(url);
        }
        if (matching > 1)
                return fail(t, "Uri= in %s means several tokens: say more of the one.", t->conf);
        if (matching == 0)
                return fail(t, "The token of the CA's key is not there (%u others are). Is it plugged in, and its module told in %s?", there, t->conf);
        t->uri = TAKE_PTR(found);
        return t->uri ? 0 : -ENOMEM;
}

/* "TOKEN;ATTRIBUTE=…;type=TYPE" */
static char *object_uri(const Token *t, const char *attribute, View value, const char *type) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        if (bytes_printf(&b, "%s", t->uri) < 0 || pkcs11_uri_append(&b, attribute, value) < 0 || bytes_printf(&b, ";type=%s", type) < 0 ||
            bytes_append_byte(&b, 0) < 0)
                return NULL;
        return (char *) bytes_take(&b).data;
}

/* As the configuration calls it. */
static char *configured_uri(const Token *t) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        static const char *const names[] = { "object", "id" };

        if (bytes_printf(&b, "%s", t->uri) < 0)
                return NULL;
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_bytes_ Bytes value = BYTES_NULL;

                if (pkcs11_uri_get(t->settings.uri, names[i], &value) >= 0 && pkcs11_uri_append(&b, names[i], bytes_view(&value)) < 0)
                        return NULL;
        }
        return bytes_printf(&b, ";type=private") < 0 || bytes_append_byte(&b, 0) < 0 ? NULL : (char *) bytes_take(&b).data;
}

static int read_id(Token *t, gnutls_pkcs11_obj_t key) {
        uint8_t id[ID_MAX];
        size_t size = sizeof(id);

        if (gnutls_pkcs11_obj_get_info(key, GNUTLS_PKCS11_OBJ_ID, id, &size) < 0 || size == 0)
                return fail(t, "The CA's key in the token has no id (CKA_ID), by which its root could be found.");
        return bytes_dup(VIEW(id, size), &t->id);
}

/* Looks for the one key of that name, for its id: GnuTLS tells of a key's object only what was asked for. */
static int find_key(Token *t) {
        _cleanup_free_ char *uri = configured_uri(t);
        gnutls_pkcs11_obj_t *objects = NULL;
        unsigned n = 0;
        int r;

        if (!uri)
                return -ENOMEM;
        r = gnutls_pkcs11_obj_list_import_url4(&objects, &n, uri, GNUTLS_PKCS11_OBJ_FLAG_PRIVKEY | GNUTLS_PKCS11_OBJ_FLAG_LOGIN);
        if (r == GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE || (r >= 0 && n == 0))
                r = TOKEN_E_NO_KEY;
        else if (r < 0)
                r = fail_token(t, "The token does not show its keys", r);
        else if (n > 1)
                r = fail(t, "Uri= in %s means several keys of the token: name the id of one.", t->conf);
        else
                r = read_id(t, objects[0]);
        for (unsigned i = 0; i < n; i++)
                gnutls_pkcs11_obj_deinit(objects[i]);
        gnutls_free(objects);
        return r;
}

static int import_key(Token *t) {
        _cleanup_free_ char *uri = NULL;
        gnutls_pkcs11_privkey_t object;
        int r;

        r = find_key(t);
        if (r != 0)
                return r;
        uri = object_uri(t, "id", bytes_view(&t->id), "private");
        if (!uri || gnutls_privkey_init(&t->key) < 0 || gnutls_pkcs11_privkey_init(&object) < 0)
                return -ENOMEM;
        gnutls_pkcs11_privkey_set_pin_function(object, pin_give, &t->pin);
        r = gnutls_pkcs11_privkey_import_url(object, uri, GNUTLS_PKCS11_OBJ_FLAG_LOGIN);
        if (r >= 0)
                r = gnutls_privkey_import_pkcs11(t->key, object, GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE);
        if (r >= 0)
                return 0;
        gnutls_pkcs11_privkey_deinit(object);
        return fail_token(t, "The token does not give the CA's key", r);
}

static int read_public_key(Token *t) {
        int r = gnutls_pubkey_init(&t->public_key) < 0 ? -ENOMEM : 0;
        View algorithm;

        if (r == 0 && (r = gnutls_pubkey_import_privkey(t->public_key, t->key, 0, 0)) < 0)
                return fail_token(t, "The token does not give the public half of the CA's key", r);
        if (r == 0 && (signed_algorithm(t->public_key, &algorithm) < 0 || key_algorithm_of_pubkey(t->public_key) == KEY_RSA2048))
                return fail(t, "The key in the token is none of a CA's: p256, p384, rsa3072 or rsa4096.");
        return r < 0 ? r : pubkey_export(t->public_key, &t->spki);
}

/* --- The root beside it ------------------------------------------------------------------------------------------- */

static int make_judge(const Token *t, Judge *ret) {
        Judge j = { .public_key = bytes_view(&t->spki) };
        int r = signed_algorithm(t->public_key, &j.algorithm);

        if (r < 0)
                return r;
        *ret = j;
        return t->root.len > 0 ? judge_set_root(ret, bytes_view(&t->root)) : 0;
}

/* Whoever wrote into the token: a root that counts was signed by the key itself. GnuTLS would not verify what it is told to trust. */
static bool is_own_root(const Token *t, View certificate) {
        View rest = certificate, contents, tbs, algorithm, value;
        Judge j;

        if (make_judge(t, &j) < 0 || judge_set_root(&j, certificate) < 0 || der_expect(&rest, TAG_SEQUENCE, &contents) < 0 ||
            der_next(&contents, &tbs, NULL) < 0 || der_next(&contents, &algorithm, NULL) < 0 || der_expect(&contents, TAG_BIT_STRING, &value) < 0)
                return false;
        return value.len > 1 && value.data[0] == 0 && signed_verify(t->public_key, tbs, VIEW(value.data + 1, value.len - 1)) == 0;
}

static int take_root(Token *t, gnutls_pkcs11_obj_t object) {
        gnutls_datum_t der;
        int r = 0;

        if (t->root.len > 0 || gnutls_pkcs11_obj_export2(object, &der) < 0)
                return 0;
        if (is_own_root(t, VIEW(der.data, der.size)))
                r = bytes_dup(VIEW(der.data, der.size), &t->root);
        gnutls_free(der.data);
        return r;
}

/* Among the certificates beside the key: on many cards everybody may put one there. */
static int read_root(Token *t) {
        _cleanup_free_ char *uri = object_uri(t, "id", bytes_view(&t->id), "cert");
        gnutls_pkcs11_obj_t *objects = NULL;
        unsigned n = 0;
        int r;

        if (!uri)
                return -ENOMEM;
        r = gnutls_pkcs11_obj_list_import_url4(&objects, &n, uri, GNUTLS_PKCS11_OBJ_FLAG_CRT | GNUTLS_PKCS11_OBJ_FLAG_LOGIN);
        if (r == GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE)
                return 0;
        if (r < 0)
                return fail_token(t, "The token does not show its certificates", r);
        for (unsigned i = 0; i < n; i++) {
                if (r >= 0)
                        r = take_root(t, objects[i]);
                gnutls_pkcs11_obj_deinit(objects[i]);
        }
        gnutls_free(objects);
        if (r < 0 || n == 0 || t->root.len > 0)
                return r < 0 ? r : 0;
        return fail(t, "The certificate beside the CA's key in the token is not a root that this key signed. Take it away, or name another key.");
}

/* Not public, as certificates else are: what is public on a card everybody who reaches it may take away, and with it the memory that there is a root. */
static int put_root(Token *t, View certificate) {
        const gnutls_datum_t der = { .data = (unsigned char *) (uintptr_t) certificate.data, .size = (unsigned) certificate.len };
        const gnutls_datum_t id = { .data = t->id.data, .size = (unsigned) t->id.len };
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        int r;

        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) < 0)
                return fail(t, "The root that was signed cannot be read.");
        r = gnutls_pkcs11_copy_x509_crt2(t->uri, crt, LABEL_DEFAULT " root", (gnutls_datum_t *) &id, GNUTLS_PKCS11_OBJ_FLAG_LOGIN | GNUTLS_PKCS11_OBJ_FLAG_MARK_PRIVATE);
        if (r < 0)
                return fail_token(t, "The token does not take the root", r);
        r = read_root(t);
        return r == 0 && !view_equal(bytes_view(&t->root), certificate) ? fail(t, "The token does not give back the root that was put into it.") : r;
}

/* --- Opening ------------------------------------------------------------------------------------------------------ */

static int open_token(Token *t) {
        int r;

        free(TAKE_PTR(t->problem));
        r = key_settings_read(t->conf, &t->settings, &t->problem);
        if (r < 0)
                return t->problem ? -EREMOTEIO : -ENOMEM;
        r = load_modules(t);
        return r < 0 ? r : find_token(t);
}

static int open_once(Token *t) {
        int r;

        r = open_token(t);
        if (r == 0)
                r = import_key(t);
        if (r == 0)
                r = read_public_key(t);
        return r == 0 ? read_root(t) : r;
}

/* A second time with fresh modules, unless the answer is clear or a PIN is at stake. */
static int open_key(Token *t) {
        bool fresh = !t->modules_loaded;
        int r;

        if (t->key)
                return 0;
        r = open_once(t);
        if (r == -EREMOTEIO && !fresh && !t->pin.problem) {
                close_all(t);
                r = open_once(t);
        }
        if (r < 0)
                close_all(t);
        return r;
}

int token_public_key(Token *t, Bytes *ret) {
        int r;

        /* Asked anew each time: it may have been taken out. */
        close_key(t);
        r = open_key(t);
        return r != 0 ? r : bytes_dup(bytes_view(&t->spki), ret);
}

int token_root(Token *t, Bytes *ret) {
        int r;

        close_key(t);
        r = open_key(t);
        if (r == 0 && t->root.len == 0)
                return TOKEN_E_NO_KEY;
        return r != 0 ? r : bytes_dup(bytes_view(&t->root), ret);
}

/* --- Making the key ----------------------------------------------------------------------------------------------- */

static int parameters(KeyAlgorithm a, gnutls_pk_algorithm_t *ret_pk, unsigned *ret_bits) {
        switch (a) {
        case KEY_P256:
        case KEY_P384:
                *ret_pk = GNUTLS_PK_ECDSA;
                *ret_bits = a == KEY_P256 ? GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1);
                return 0;
        case KEY_RSA3072:
        case KEY_RSA4096:
                *ret_pk = GNUTLS_PK_RSA;
                *ret_bits = a == KEY_RSA3072 ? 3072 : 4096;
                return 0;
        default:
                return -EOPNOTSUPP;
        }
}

/* The label and id that the configuration gives, or ones of ours. */
static int name_key(const Token *t, char **ret_label, Bytes *ret_id) {
        _cleanup_bytes_ Bytes label = BYTES_NULL, id = BYTES_NULL;
        _cleanup_secret_ Secret *random = NULL;
        int r;

        if (pkcs11_uri_get(t->settings.uri, "object", &label) < 0 || label.len == 0)
                r = bytes_append(&label, LABEL_DEFAULT, sizeof(LABEL_DEFAULT) - 1);
        else
                r = 0;
        if (r >= 0)
                r = bytes_append_byte(&label, 0);
        if (r >= 0 && (pkcs11_uri_get(t->settings.uri, "id", &id) < 0 || id.len == 0)) {
                r = secret_random(ID_SIZE, &random);
                if (r >= 0)
                        r = bytes_dup(secret_view(random), &id);
        }
        if (r < 0)
                return r;
        *ret_label = (char *) bytes_take(&label).data;
        *ret_id = bytes_take(&id);
        return 0;
}

int token_generate(Token *t, KeyAlgorithm algorithm, Bytes *ret) {
        const unsigned flags = GNUTLS_PKCS11_OBJ_FLAG_LOGIN | GNUTLS_PKCS11_OBJ_FLAG_MARK_PRIVATE | GNUTLS_PKCS11_OBJ_FLAG_MARK_SENSITIVE;
        _cleanup_free_ char *label = NULL;
        _cleanup_bytes_ Bytes id = BYTES_NULL;
        gnutls_pk_algorithm_t pk;
        gnutls_datum_t cid;
        unsigned bits;
        int r;

        if (parameters(algorithm, &pk, &bits) < 0)
                return -EOPNOTSUPP;
        close_key(t);
        r = open_key(t);
        if (r != TOKEN_E_NO_KEY)
                return r == 0 ? TOKEN_E_EXISTS : r;
        r = name_key(t, &label, &id);
        if (r < 0)
                return r;
        cid = (gnutls_datum_t) { .data = id.data, .size = (unsigned) id.len };
        r = gnutls_pkcs11_privkey_generate3(t->uri, pk, bits, label, &cid, GNUTLS_X509_FMT_DER, NULL, GNUTLS_KEY_DIGITAL_SIGNATURE, flags);
        if (r < 0)
                return fail_token(t, "The token made no key", r);
        r = token_public_key(t, ret);
        return r == TOKEN_E_NO_KEY ? fail(t, "The token does not show the key that it made.") : r;
}

/* --- Signing ------------------------------------------------------------------------------------------------------ */

static int sign_once(Token *t, View tbs, Bytes *ret) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        SignatureScheme scheme;
        int r;

        r = signature_scheme_of(key_algorithm_of_pubkey(t->public_key), &scheme);
        if (r >= 0)
                r = key_sign(t->key, &scheme, tbs, &value);
        if (r >= 0 && signed_verify(t->public_key, tbs, bytes_view(&value)) < 0)
                r = -EIO;
        if (r >= 0)
                *ret = bytes_take(&value);
        return r;
}

static int keep_root(Token *t, View tbs, View value) {
        _cleanup_bytes_ Bytes certificate = BYTES_NULL;
        View algorithm;
        int r;

        r = signed_algorithm(t->public_key, &algorithm);
        if (r >= 0)
                r = signed_assemble(tbs, algorithm, value, &certificate);
        return r < 0 ? r : put_root(t, bytes_view(&certificate));
}

/* By the key that is open now, and by its root. */
static int judge_and_sign(Token *t, View tbs, Bytes *ret, TbsKind *ret_kind, const char **ret_refusal) {
        Judge j;
        int r;

        r = open_key(t);
        if (r == 0)
                r = make_judge(t, &j);
        if (r != 0)
                return r;
        return judge_tbs(&j, tbs, ret_kind, ret_refusal) < 0 ? TOKEN_E_REFUSED : sign_once(t, tbs, ret);
}

int token_sign(Token *t, View tbs, Bytes *ret, TbsKind *ret_kind, const char **ret_refusal) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        TbsKind kind;
        int r;

        r = judge_and_sign(t, tbs, &value, &kind, ret_refusal);
        /* A key that was open may be gone meanwhile: then all is begun anew, once; it may be another that is found. */
        if (r == -EIO) {
                close_all(t);
                r = judge_and_sign(t, tbs, &value, &kind, ret_refusal);
        }
        if (r == -EIO)
                return fail(t, "The token did not sign, or not rightly.");
        if (r == 0 && kind == TBS_ROOT)
                r = keep_root(t, tbs, bytes_view(&value));
        if (r != 0)
                return r;
        *ret = bytes_take(&value);
        *ret_kind = kind;
        return TOKEN_DONE;
}
