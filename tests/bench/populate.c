/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* populate DIR FILE ACCOUNTS SEALS GRANTS PASSWORD CERTIFICATE: fills a store of sygnetd that no service has open with accounts p0, p1 …, which all have
 * this password, seals whose certificate is in the file (DER), and as many grants, spread evenly. Account p0 is bound to root and p1 … are to
 * nobody. Another account, `extra`, has no grant. Its records are made by the daemon's own functions. */

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "base/atomic-file.h"
#include "crypto/init.h"
#include "crypto/kdf.h"
#include "crypto/subject.h"
#include "daemon/account.h"
#include "daemon/credential.h"
#include "daemon/grant.h"
#include "daemon/id.h"
#include "daemon/schema.h"

#define NOW 1780315200

typedef struct Crowd {
        unsigned accounts, seals, grants;
        Bytes password, certificates, subject;
        gnutls_privkey_t key;
        char (*ids)[17];
        char (*seal_ids)[CREDENTIAL_ID_SIZE];
} Crowd;

static void check(int r, const char *what) {
        if (r < 0)
                errx(1, "%s: %s", what, strerror(-r));
}

static void add_account(Txn *t, const Crowd *c, const char *login, char ret_id[static 17]) {
        _cleanup_(account_done) Account a = { .login = strdup(login), .name = strdup("Example Person"), .email = strdup(""), .phone = strdup(""),
                                              .active = true, .created = NOW, .password_changed = NOW };

        check(bytes_dup(bytes_view(&c->password), &a.password), "password");
        check(account_insert(t, &a), "account");
        strcpy(ret_id, a.id);
}

static void add_seal(Txn *t, const Crowd *c, char ret_id[static CREDENTIAL_ID_SIZE]) {
        _cleanup_(credential_freep) Credential *s = calloc(1, sizeof(*s));

        *s = (Credential) { .kind = CREDENTIAL_SEAL, .status = CREDENTIAL_ACTIVE, .factors = credential_default_factors(CREDENTIAL_SEAL),
                            .algorithm = KEY_P256, .label = strdup("Example seal"), .created = NOW };
        check(id_random(ID_RECORD, s->id), "id");
        check(bytes_dup(bytes_view(&c->subject), &s->subject), "subject");
        check(bytes_dup(bytes_view(&c->certificates), &s->certificates), "certificate");
        check(credential_seal_key(txn_store(t), s, c->key, VIEW(NULL, 0)), "key");
        check(credential_insert(t, s), "seal");
        strcpy(ret_id, s->id);
}

/* Seal i has account i for its Administrator; then each account in turn is granted the next seal. */
static void add_grants(Txn *t, const Crowd *c) {
        unsigned n = 0;

        for (unsigned i = 0; i < c->seals; i++, n++)
                check(grant_add(t, c->ids[i % c->accounts], c->seal_ids[i], ROLE_ADMINISTRATOR, NOW, NULL), "grant");
        for (unsigned round = 1; n < c->grants; round++)
                for (unsigned a = 0; a < c->accounts && n < c->grants; a++, n++) {
                        int r = grant_add(t, c->ids[a], c->seal_ids[(a + round) % c->seals], ROLE_USER, NOW, NULL);

                        if (r == -EEXIST)
                                n--;
                        else
                                check(r, "grant");
                }
}

static int fill(Txn *t, void *userdata) {
        char machine[33], login[16], extra[17];
        Crowd *c = userdata;
        sd_id128_t id;

        for (unsigned i = 0; i < c->accounts; i++) {
                snprintf(login, sizeof(login), "p%u", i);
                add_account(t, c, login, c->ids[i]);
        }
        add_account(t, c, "extra", extra);
        for (unsigned i = 0; i < c->seals; i++)
                add_seal(t, c, c->seal_ids[i]);
        add_grants(t, c);
        check(sd_id128_get_machine(&id), "machine-id");
        return binding_insert(t, c->ids[0], sd_id128_to_string(id, machine), 0, "root", NOW);
}

static void read_certificate(const char *path, Bytes *ret) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;

        check(read_file(path, 16384, &der), path);
        check(bytes_append_u32be(ret, (uint32_t) der.len), "memory");
        check(bytes_append_view(ret, bytes_view(&der)), "memory");
}

static void make_subject(Bytes *ret) {
        _cleanup_(subject_freep) Subject *s = NULL;

        check(subject_new(&s), "subject");
        check(subject_set(s, "commonName", "Example"), "subject");
        check(subject_write(s, ret), "subject");
}

int main(int argc, char *argv[]) {
        _cleanup_bytes_ Bytes key = BYTES_NULL;
        Crowd c = { 0 };
        Store *s;

        if (argc != 8)
                return 2;
        c = (Crowd) { .accounts = (unsigned) atoi(argv[3]), .seals = (unsigned) atoi(argv[4]), .grants = (unsigned) atoi(argv[5]) };
        check(crypto_init(), "GnuTLS");
        check(password_hash(view_string(argv[6]), &c.password), "password");
        read_certificate(argv[7], &c.certificates);
        make_subject(&c.subject);
        check(key_generate(KEY_P256, &c.key), "key");
        c.ids = calloc(c.accounts, sizeof(*c.ids));
        c.seal_ids = calloc(c.seals, sizeof(*c.seal_ids));
        if (!c.ids || !c.seal_ids)
                errx(1, "memory");
        check(read_file(argv[2], 32, &key), argv[2]);
        check(store_open(argv[1], &daemon_schema, bytes_view(&key), &s), argv[1]);
        check(store_run(s, fill, &c), "store");
        store_close(s);
        for (unsigned i = 0; i < c.seals; i++)
                puts(c.seal_ids[i]);
        gnutls_privkey_deinit(c.key);
        bytes_done(&c.password);
        bytes_done(&c.certificates);
        bytes_done(&c.subject);
        free(c.ids);
        free(c.seal_ids);
        return 0;
}
