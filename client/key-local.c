/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keys in files and on cards that are there already; see key-local.h. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "client/issue.h"
#include "client/key-local.h"
#include "client/key-path.h"
#include "client/local-signer.h"
#include "client/new-password.h"
#include "client/output.h"
#include "client/prompt.h"
#include "crypto/name.h"
#include "crypto/pkcs11-uri.h"

/* --- Showing ------------------------------------------------------------------------------------------------------ */

const char *key_local_status(const KeyRecord *k) {
        if (k->chain.n == 0)
                return "requested";
        return gnutls_x509_crt_get_expiration_time(k->chain.items[0]) < time(NULL) ? "expired" : "active";
}

static void json_certificate(Json *j, gnutls_x509_crt_t own) {
        _cleanup_free_ char *subject = certificate_subject(own), *issuer = certificate_issuer(own), *fingerprint = certificate_fingerprint(own);

        json_string(j, "subject", subject);
        json_string(j, "issuer", issuer);
        json_string(j, "fingerprint", fingerprint);
        json_time(j, "not_before", gnutls_x509_crt_get_activation_time(own));
        json_time(j, "not_after", gnutls_x509_crt_get_expiration_time(own));
}

void key_local_json(Json *j, const char *name, const KeyRecord *k, const Secret *password, uint64_t waits) {
        json_object_begin(j, name);
        json_string(j, "id", k->id);
        json_string(j, "label", k->label);
        json_string(j, "place", key_place_to_string(k->place));
        json_string(j, k->place == KEY_PLACE_FILE ? "path" : "uri", k->place == KEY_PLACE_FILE ? k->path : k->uri);
        json_string(j, "kind", k->profile);
        json_string(j, "algorithm", k->algorithm);
        json_string(j, "status", waits > 0 ? "waiting" : key_local_status(k));
        if (waits > 0)
                json_int(j, "request", (int64_t) waits);
        json_time(j, "created", k->created);
        json_bool(j, "imported", k->imported);
        if (k->terms) {
                json_string(j, "terms", k->terms);
                json_time(j, "terms_accepted", k->terms_accepted);
        }
        if (k->chain.n > 0)
                json_certificate(j, k->chain.items[0]);
        new_password_json(j, password);
        json_object_end(j);
}

/* --- Opening ------------------------------------------------------------------------------------------------------ */

typedef struct Opened {
        KeyFile file;     /* of a key in a file */
        Secret *password;
        Token token;      /* of one on a card */
        gnutls_privkey_t on_token;
} Opened;

static void opened_done(Opened *o) {
        key_file_done(&o->file);
        secret_free(o->password);
        if (o->on_token)
                gnutls_privkey_deinit(o->on_token);
        token_done(&o->token);
}

static gnutls_privkey_t opened_key(const Opened *o) {
        return o->on_token ?: o->file.key;
}

static int open_file(Client *c, const KeyRecord *k, Opened *o) {
        _cleanup_free_ char *question = NULL, *label = text_clean(k->label);
        _cleanup_bytes_ Bytes content = BYTES_NULL, expected = BYTES_NULL;
        int r;

        if (asprintf(&question, _("Password of the key “%s”"), label) < 0)
                return fail_memory();
        r = key_path_read(k->path, &content);
        if (r == 0)
                r = key_path_unlock(c, bytes_view(&content), question, &o->file, &o->password);
        if (r > 0)
                return r;
        if (base64_decode(view_string(k->public_key), &expected) < 0)
                return fail_memory();
        if (!view_equal(bytes_view(&expected), bytes_view(&o->file.public_key)))
                return fail(EXIT_FAILED, "%s", _("The file holds another key than the one that was recorded."));
        return 0;
}

static int open_key(Client *c, const KeyRecord *k, Opened *o) {
        int r;

        if (k->place == KEY_PLACE_FILE)
                return open_file(c, k, o);
        r = token_open(c, k->uri, &o->token);
        return r > 0 ? r : token_private_key(&o->token, k->uri, &o->on_token);
}

/* --- Requests and certificates ------------------------------------------------------------------------------------ */

int key_local_request(Client *c, const KeyRecord *k) {
        _cleanup_bytes_ Bytes stored = BYTES_NULL, request = BYTES_NULL;
        _cleanup_(subject_freep) Subject *subject = NULL;
        _cleanup_(opened_done) Opened o = { .file = { 0 } };
        RequestForm form;
        int r;

        r = issue_request_form(c, k->profile, &form);
        if (r > 0)
                return r;
        if (!k->subject)
                return fail(EXIT_FAILED, "%s", _("This key came with its certificate: no subject for another one is recorded."));
        if (base64_decode(view_string(k->subject), &stored) < 0 || subject_read(bytes_view(&stored), &subject) < 0)
                return fail(EXIT_FAILED, "%s", _("The recorded subject of the key cannot be read."));
        r = open_key(c, k, &o);
        if (r > 0)
                return r;
        if (request_create(opened_key(&o), subject, &request) < 0)
                return fail(EXIT_FAILED, "%s", _("The certificate request could not be made."));
        return issue_write_der(c, k->id, form, bytes_view(&request));
}

static unsigned key_usage(gnutls_x509_crt_t crt) {
        unsigned usage, critical;

        return gnutls_x509_crt_get_key_usage(crt, &usage, &critical) < 0 ? 0 : usage;
}

/* The key's own certificate must be the first, and one for what the key is for. */
static int check_certificates(const KeyRecord *k, CertificateList *l) {
        _cleanup_bytes_ Bytes public_key = BYTES_NULL;
        const char *problem;

        if (base64_decode(view_string(k->public_key), &public_key) < 0)
                return fail_memory();
        if (certificates_put_first(l, bytes_view(&public_key)) < 0)
                return fail(EXIT_FAILED, "%s", _("None of these certificates is this key's."));
        certificates_cut_to_chain(l);
        problem = k->profile ? profile_key_usage_problem(profile_from_string(k->profile), key_usage(l->items[0])) : NULL;
        if (problem)
                return fail(EXIT_FAILED, "%s", problem);
        if (gnutls_x509_crt_get_expiration_time(l->items[0]) < time(NULL))
                return fail(EXIT_FAILED, _("The certificate expired on %s."), text_time(gnutls_x509_crt_get_expiration_time(l->items[0])));
        return 0;
}

static int write_file_again(const KeyRecord *k, const Opened *o, const CertificateList *l) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;

        if (o->file.format != KEY_FILE_PKCS12)
                return 0;
        if (key_file_write_pkcs12(o->file.key, l->items, l->n, k->label, secret_view(o->password), &content) < 0)
                return fail(EXIT_FAILED, "%s", _("The key cannot be written."));
        return key_path_write(k->path, bytes_view(&content), true);
}

/* Beside the key first, so that others find the certificate there; what is imported from elsewhere is left as it is. */
static int put_beside(Client *c, const KeyRecord *k, const CertificateList *l) {
        _cleanup_(opened_done) Opened o = { .file = { 0 } };
        int r;

        if (k->imported)
                return 0;
        if (k->place == KEY_PLACE_TOKEN) {
                r = token_open(c, k->uri, &o.token);
                return r > 0 ? r : token_put_certificate(&o.token, k->uri, l->items[0], k->label);
        }
        r = open_file(c, k, &o);
        return r > 0 ? r : write_file_again(k, &o, l);
}

int key_local_import_certificates(Client *c, KeyRecord *k) {
        _cleanup_certificates_ CertificateList l = { 0 };
        bool alone;
        int r;

        for (size_t i = 1; i < c->arguments.n_words; i++) {
                r = certificates_read_file(c->arguments.words[i], &l);
                if (r > 0)
                        return r;
        }
        r = check_certificates(k, &l);
        if (r == 0)
                r = put_beside(c, k, &l);
        if (r > 0)
                return r;
        alone = l.n == 1;
        certificate_list_done(&k->chain);
        k->chain = l;
        l = (CertificateList) { 0 };
        r = key_record_write(k);
        if (r == 0 && !c->json)
                out("%s\n", _("The certificate is in: the key can sign."));
        if (r == 0 && alone)
                hint("%s", _("It came without its issuers' certificates, so signatures will not carry them, and others may not be able to follow the chain. "
                             "To mend this, import it again together with them."));
        return r;
}

/* --- Keys that are there already ---------------------------------------------------------------------------------- */

/* --label, or what the key calls itself. */
static char *label_for(const Client *c, const char *own, const char *fallback) {
        const char *given = arguments_get(&c->arguments, "label"), *slash = strrchr(fallback, '/');

        return text_clean(given ?: own && *own ? own : slash ? slash + 1 : fallback);
}

/* The signer has found out all that a record says. */
static int record_imported(Client *c, LocalSigner *s, KeyRecord *k) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        _cleanup_key_record_ KeyRecord before = { 0 };
        _cleanup_bytes_ Bytes public_key = BYTES_NULL;
        const char *algorithm;
        int r;

        if (gnutls_pubkey_init(&pubkey) < 0 || gnutls_pubkey_import_x509(pubkey, s->chain.items[0], 0) < 0 ||
            pubkey_export(pubkey, &public_key) < 0 || key_record_id(bytes_view(&public_key), k->id) < 0)
                return fail_memory();
        algorithm = key_algorithm_to_string(key_algorithm_of_pubkey(pubkey));
        k->algorithm = algorithm ? strdup(algorithm) : NULL;
        k->public_key = base64_encode(bytes_view(&public_key));
        if (!k->public_key || (algorithm && !k->algorithm))
                return fail_memory();
        k->imported = true;
        k->created = time(NULL);
        r = key_record_find(k->id, &before);
        if (r == 0)
                return fail(EXIT_FAILED, _("This key is recorded already: %s."), k->id);
        if (r == EXIT_NOT_FOUND)
                r = key_record_check_label(k->label);
        if (r > 0)
                return r;
        k->chain = s->chain;
        s->chain = (CertificateList) { 0 };
        return key_record_write(k);
}

static int print_imported(const Client *c, const KeyRecord *k) {
        _cleanup_free_ char *label = text_clean(k->label);

        if (c->json) {
                Json j = JSON_INIT(stdout);

                key_local_json(&j, NULL, k, NULL, 0);
                return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
        }
        out(_("Key %s is recorded; it stays where it is.\n"), k->id);
        out(_("It can sign: sygnet sign FILE -c '%s'\n"), label);
        return EXIT_OK;
}

int key_local_import(Client *c, const char *word) {
        _cleanup_(local_signer_done) LocalSigner s = { .client = c };
        _cleanup_key_record_ KeyRecord k = { 0 };
        bool token = pkcs11_uri_is(word);
        int r;

        r = local_signer_init(&s, c, word, false);
        if (r > 0)
                return r;
        k.place = token ? KEY_PLACE_TOKEN : KEY_PLACE_FILE;
        k.label = label_for(c, s.label, token ? s.token.uri : word);
        if (token)
                k.uri = strdup(s.key_uri);
        else
                r = key_path_resolve(word, &k.path);
        if (token && !k.uri)
                r = fail_memory();
        if (r == 0)
                r = record_imported(c, &s, &k);
        return r > 0 ? r : print_imported(c, &k);
}

/* --- Out of the file, and away ------------------------------------------------------------------------------------ */

static int write_export(Client *c, const KeyRecord *k, const Opened *o, View password, KeyFileFormat format) {
        const char *path = arguments_get(&c->arguments, "output");
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        int r;

        if (format == KEY_FILE_PKCS12)
                r = key_file_write_pkcs12(o->file.key, k->chain.items, k->chain.n, k->label, password, &content);
        else
                r = key_file_write_pkcs8(o->file.key, password, &content);
        if (r < 0)
                return fail(EXIT_FAILED, "%s", _("The key cannot be written."));
        return key_path_write(path, bytes_view(&content), false);
}

int key_local_export(Client *c, const KeyRecord *k) {
        KeyFileFormat format = key_file_format_from_string(arguments_get(&c->arguments, "file-format") ?: "p12");
        const char *path = arguments_get(&c->arguments, "output");
        _cleanup_(opened_done) Opened o = { .file = { 0 } };
        _cleanup_secret_ Secret *password = NULL;
        int r;

        if (k->place == KEY_PLACE_TOKEN)
                return fail(EXIT_FAILED, "%s", _("A key on a card never leaves it: there is nothing to export."));
        if (format == KEY_FILE_FORMAT_INVALID)
                return fail(EXIT_USAGE, "%s", _("--file-format is one of p12, p8."));
        if (!path)
                return fail(EXIT_USAGE, "%s", _("Name the file to make with --output."));
        r = key_path_check_new(path);
        if (r == 0)
                r = open_key(c, k, &o);
        if (r == 0)
                r = new_password(c, "new-password-file", _("Password of the new file"), &password);
        if (r == 0)
                r = write_export(c, k, &o, secret_view(password), format);
        if (r > 0)
                return r;
        if (c->json) {
                Json j = JSON_INIT(stdout);

                key_local_json(&j, NULL, k, new_password_generated(c) ? password : NULL, 0);
                return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
        }
        new_password_show(c, password);
        return EXIT_OK;
}

/* Only what still is a key file: another may have come into its place. */
static int erase_file(const KeyRecord *k) {
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        int r;

        if (access(k->path, F_OK) < 0 && errno == ENOENT)
                return 0;
        r = key_path_read(k->path, &content);
        if (r > 0)
                return r;
        return unlink(k->path) < 0 ? fail_file(errno, k->path) : 0;
}

static int erase(Client *c, const KeyRecord *k) {
        _cleanup_token_ Token token = { 0 };
        int r;

        if (k->place == KEY_PLACE_FILE)
                return erase_file(k);
        r = token_open(c, k->uri, &token);
        return r > 0 ? r : token_erase(&token, k->uri);
}

int key_local_retire(Client *c, const KeyRecord *k) {
        int r = 0;

        if (!arguments_has(&c->arguments, "yes"))
                r = prompt_confirm("yes", k->imported ? _("Forget this key? What holds it stays as it is.") : _("Erase the key for good?"));
        if (r == 0 && !k->imported)
                r = erase(c, k);
        if (r == 0)
                r = key_record_remove(k);
        if (r == 0 && !c->json)
                out("%s\n", k->imported ? _("The key is forgotten here.") : _("The key is erased."));
        return r;
}
