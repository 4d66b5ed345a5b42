/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Making keys in files and on cards; see key-local.h. The key is safe where it belongs before anything is recorded, and
 * recorded before anybody certifies it. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "client/issue.h"
#include "client/key-local.h"
#include "client/key-path.h"
#include "client/new-password.h"
#include "client/output.h"
#include "client/token.h"
#include "crypto/key-file.h"

typedef struct Making {
        Client *client;
        Profile profile;
        const Subject *subject;
        KeyAlgorithm algorithm;
        KeyFileFormat format;
        const char *output;
        Secret *password;
        Token token;
        gnutls_privkey_t key;
        KeyRecord record;
        uint64_t waits; /* number of the request that an operator has to decide about; 0 */
} Making;

static void making_done(Making *m) {
        secret_free(m->password);
        if (m->key)
                gnutls_privkey_deinit(m->key);
        token_done(&m->token);
        key_record_done(&m->record);
}

static int read_algorithm(Making *m) {
        const char *name = arguments_get(&m->client->arguments, "algorithm") ?: "p256";

        m->algorithm = key_algorithm_from_string(name);
        if (m->algorithm == KEY_ALGORITHM_INVALID)
                return fail(EXIT_USAGE, _("There is no algorithm “%s”."), name);
        if (!profile_allows_key(m->profile, m->algorithm))
                return fail(EXIT_USAGE, profile_keeps_order(m->profile) ? _("KSeF takes keys of the algorithms p256 and rsa2048, not %s.")
                                                                        : _("Keys of the algorithm %s are for KSeF only."), name);
        return 0;
}

static int describe(Making *m, View public_key) {
        _cleanup_bytes_ Bytes subject = BYTES_NULL;
        KeyRecord *k = &m->record;

        if (key_record_id(public_key, k->id) < 0 || subject_write(m->subject, &subject) < 0)
                return fail_memory();
        k->label = strdup(arguments_get(&m->client->arguments, "label"));
        k->profile = strdup(profile_to_string(m->profile));
        k->algorithm = strdup(key_algorithm_to_string(m->algorithm));
        k->public_key = base64_encode(public_key);
        k->subject = base64_encode(bytes_view(&subject));
        k->created = time(NULL);
        return k->label && k->profile && k->algorithm && k->public_key && k->subject ? 0 : fail_memory();
}

static int note_terms(KeyRecord *k, const Terms *terms) {
        if (!terms)
                return 0;
        k->terms = strdup(terms->version);
        k->terms_accepted = time(NULL);
        return k->terms ? 0 : fail_memory();
}

/* --- In a file ---------------------------------------------------------------------------------------------------- */

static int write_key_file(Making *m, bool replace) {
        const char *path = replace ? m->record.path : m->output;
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        View password = secret_view(m->password);
        int r;

        if (m->format == KEY_FILE_PKCS12)
                r = key_file_write_pkcs12(m->key, m->record.chain.items, m->record.chain.n, m->record.label, password, &content);
        else
                r = key_file_write_pkcs8(m->key, password, &content);
        if (r < 0)
                return fail_errno(r, "%s", _("The key cannot be written"));
        return key_path_write(path, bytes_view(&content), replace);
}

/* Before a password is typed: the name must be free. */
static int read_file_options(Making *m) {
        const Arguments *a = &m->client->arguments;
        const char *format = arguments_get(a, "file-format") ?: "p12";

        m->format = key_file_format_from_string(format);
        if (m->format == KEY_FILE_FORMAT_INVALID)
                return fail(EXIT_USAGE, "%s", _("--file-format is one of p12, p8."));
        m->output = arguments_get(a, "output");
        if (!m->output)
                return fail(EXIT_USAGE, "%s", _("Name the file to make with --output."));
        return key_path_check_new(m->output);
}

static int make_in_file(Making *m) {
        _cleanup_bytes_ Bytes public_key = BYTES_NULL;
        int r;

        r = read_file_options(m);
        if (r == 0)
                r = new_password(m->client, "password-file", _("Password of the new key"), &m->password);
        if (r > 0)
                return r;
        if (key_generate(m->algorithm, &m->key) < 0 || key_public(m->key, &public_key) < 0)
                return fail(EXIT_FAILED, "%s", _("The key could not be made."));
        r = describe(m, bytes_view(&public_key));
        if (r == 0)
                r = write_key_file(m, false);
        return r > 0 ? r : key_path_resolve(m->output, &m->record.path);
}

/* --- On a card ---------------------------------------------------------------------------------------------------- */

static int make_on_token(Making *m) {
        _cleanup_bytes_ Bytes public_key = BYTES_NULL;
        const Arguments *a = &m->client->arguments;
        const char *uri = arguments_get(a, "token");
        int r;

        if (!uri)
                return fail(EXIT_USAGE, "%s", _("Name the card with --token, as in --token pkcs11:token=NAME"));
        if (new_password_generated(m->client))
                return fail(EXIT_USAGE, "%s", _("A key on a card is protected by the card's PIN: there is no password to generate."));
        r = token_open(m->client, uri, &m->token);
        if (r == 0)
                r = token_generate(&m->token, m->algorithm, arguments_get(a, "label"), &m->record.uri, &public_key);
        return r > 0 ? r : describe(m, bytes_view(&public_key));
}

/* --- The certificate ---------------------------------------------------------------------------------------------- */

static int certify(Making *m) {
        _cleanup_bytes_ Bytes request = BYTES_NULL;
        int r = 0;

        if (!m->key)
                r = token_private_key(&m->token, m->record.uri, &m->key);
        if (r > 0)
                return r;
        if (request_create(m->key, m->subject, &request) < 0)
                return fail(EXIT_FAILED, "%s", _("The certificate request could not be made."));
        agent_start(&m->client->agent);
        r = issue_or_ask(m->client, bytes_view(&request), m->record.profile, &m->record.chain, &m->waits);
        if (r == 0 && m->waits > 0)
                return 0;
        if (r == 0 && m->record.place == KEY_PLACE_FILE && m->format == KEY_FILE_PKCS12)
                r = write_key_file(m, true);
        else if (r == 0 && m->record.place == KEY_PLACE_TOKEN)
                r = token_put_certificate(&m->token, m->record.uri, m->record.chain.items[0], m->record.label);
        return r != 0 ? r : key_record_write(&m->record);
}

static int print_json(const Making *m) {
        Json j = JSON_INIT(stdout);

        key_local_json(&j, NULL, &m->record, new_password_generated(m->client) ? m->password : NULL, m->waits);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

/* Something failed after the key was made: whoever had the password generated has to see it all the same. */
static void print_password(const Making *m) {
        if (m->client->json)
                (void) print_json(m);
        new_password_show(m->client, m->password);
}

static int print_made(const Making *m) {
        const KeyRecord *k = &m->record;
        _cleanup_free_ char *label = text_clean(k->label);

        if (m->client->json)
                return print_json(m);
        out(_("Key %s made.\n"), k->id);
        new_password_show(m->client, m->password);
        if (m->waits > 0)
                return EXIT_OK;
        if (k->chain.n > 0)
                out(_("It can sign: sygnet sign FILE -c '%s'\n"), label);
        else
                out(_("Next: sygnet key request '%s' -o request.pem\n"), label);
        return EXIT_OK;
}

int key_local_generate(Client *c, KeyPlace place, Profile profile, const Subject *subject, const Terms *terms) {
        _cleanup_(making_done) Making m = { .client = c, .profile = profile, .subject = subject, .record = { .place = place } };
        int r;

        r = key_record_check_label(arguments_get(&c->arguments, "label"));
        if (r == 0)
                r = read_algorithm(&m);
        if (r == 0)
                r = note_terms(&m.record, terms);
        if (r == 0)
                r = place == KEY_PLACE_FILE ? make_in_file(&m) : make_on_token(&m);
        if (r > 0)
                return r;
        r = key_record_write(&m.record);
        if (r > 0) {
                hint(_("The key was made, but is not in the list: %s"), m.record.path ?: m.record.uri);
                print_password(&m);
                return r;
        }
        /* KSeF certifies its own. */
        if (!arguments_has(&c->arguments, "no-issue") && !profile_keeps_order(profile)) {
                r = certify(&m);
                if (r != 0) {
                        print_password(&m);
                        return issue_tell_failed(r, m.record.id, m.record.profile);
                }
                issue_tell_waits(m.record.id, m.record.profile, m.waits);
        }
        return print_made(&m);
}
