/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The choice of a signer; see key-signer.h. */

#include <string.h>
#include <time.h>

#include "client/credential-choice.h"
#include "client/key-signer.h"
#include "client/output.h"

static bool has_valid_certificate(const KeyRecord *k) {
        int64_t now = time(NULL);

        return k->chain.n > 0 && gnutls_x509_crt_get_activation_time(k->chain.items[0]) <= now &&
               gnutls_x509_crt_get_expiration_time(k->chain.items[0]) >= now;
}

static size_t count_usable(const KeyRecordList *l, size_t *ret_index) {
        size_t n = 0;

        for (size_t i = 0; i < l->n; i++)
                if (has_valid_certificate(&l->items[i])) {
                        *ret_index = i;
                        n++;
                }
        return n;
}

/* Without a name: the service's only credential, unless there are keys here as well. */
static int choose_only(KeySigner *s, Client *c, bool login) {
        _cleanup_key_records_ KeyRecordList l = { 0 };
        size_t index = 0, here, there = 0;
        int r;

        r = key_record_list(&l);
        if (r > 0)
                return r;
        here = count_usable(&l, &index);
        if (here > 0)
                there = credential_count_usable(c, login);
        if (here == 0)
                return daemon_signer_init(&s->daemon, c, login);
        if (here + there > 1)
                return fail(EXIT_USAGE, "%s", _("You have several keys: choose one with --credential. See “sygnet list” and “sygnet key list”."));
        s->is_local = true;
        return local_signer_init_record(&s->local, c, &l.items[index], login);
}

static int choose_named(KeySigner *s, Client *c, const char *name, bool login) {
        _cleanup_key_record_ KeyRecord k = { 0 };
        int r;

        if (local_signer_takes(name)) {
                s->is_local = true;
                return local_signer_init(&s->local, c, name, login);
        }
        r = key_record_find(name, &k);
        if (r == EXIT_NOT_FOUND)
                return daemon_signer_init(&s->daemon, c, login);
        if (r > 0)
                return r;
        s->is_local = true;
        return local_signer_init_record(&s->local, c, &k, login);
}

/* Here, since keys in files and on cards are opened by verbs that do not sign, too. */
static int choose_padding(KeySigner *s, const Client *c) {
        SignatureScheme *scheme = &s->local.signer.scheme;

        if (s->is_local && arguments_has(&c->arguments, "rsa-pss") && scheme->salt == 0 && signature_scheme_to_pss(scheme) < 0)
                return fail(EXIT_FAILED, "%s", _("This is no RSA key: --rsa-pss is not for it."));
        return 0;
}

int key_signer_init(KeySigner *s, Client *c, bool login) {
        const char *name = arguments_get(&c->arguments, "credential");
        int r;

        *s = (KeySigner) { 0 };
        if (arguments_has(&c->arguments, "mandate"))
                return daemon_signer_init(&s->daemon, c, login);
        r = name ? choose_named(s, c, name, login) : choose_only(s, c, login);
        return r > 0 ? r : choose_padding(s, c);
}

void key_signer_done(KeySigner *s) {
        if (s->is_local)
                local_signer_done(&s->local);
        else
                daemon_signer_done(&s->daemon);
}

Signer *key_signer_get(KeySigner *s) {
        return s->is_local ? &s->local.signer : &s->daemon.signer;
}

int key_signer_status(const KeySigner *s) {
        return s->is_local ? s->local.status : s->daemon.status;
}

bool key_signer_is_seal(const KeySigner *s) {
        return !s->is_local && (s->daemon.mandate.n_fields > 0 || strcmp(dict_string(&s->daemon.credential, "kind"), "seal") == 0);
}
