/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* populate-ca DIR FILE CERTIFICATE KEY N: fills a store of sygnet-cad that no service has open with a root (DER and PKCS#8 DER in files) and N certificates, all of
 * which are revoked; prints their serial numbers. The certificates' contents are none, for nobody reads them; the records are made by the CA's own functions. */

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "ca/event.h"
#include "ca/register.h"
#include "ca/schema.h"
#include "crypto/digest.h"
#include "crypto/init.h"

#define NOW 1780315200
#define YEAR 31536000
#define SIZE_OF_A_CERTIFICATE 700U

typedef struct Contents {
        Bytes certificate, key;
        unsigned n;
} Contents;

static void check(int r, const char *what) {
        if (r < 0)
                errx(1, "%s: %s", what, strerror(-r));
}

static void add_root(Txn *t, const Contents *c) {
        Root root = { .created = NOW };

        check(bytes_dup(bytes_view(&c->certificate), &root.certificate), "root");
        check(root_seal_key(txn_store(t), bytes_view(&c->key), &root.private_key), "root's key");
        check(register_insert_root(t, &root), "root");
        bytes_done(&root.certificate);
        bytes_done(&root.private_key);
}

/* Serial numbers as the CA makes them: random, and so in no order. */
static void make_serial(unsigned i, char ret[static SERIAL_TEXT_SIZE]) {
        _cleanup_free_ char *text = NULL;
        uint8_t digest[32], number[4] = { (uint8_t) (i >> 24), (uint8_t) (i >> 16), (uint8_t) (i >> 8), (uint8_t) i };

        check(sha256(VIEW(number, sizeof(number)), digest), "serial number");
        digest[0] = (digest[0] & 0x3f) | 0x40;
        text = hex_encode(VIEW(digest, SERIAL_SIZE));
        if (!text)
                errx(1, "no memory");
        strcpy(ret, text);
}

static int fill(Txn *t, void *userdata) {
        static uint8_t nothing[SIZE_OF_A_CERTIFICATE];
        const Contents *c = userdata;

        add_root(t, c);
        for (unsigned i = 0; i < c->n; i++) {
                Entry e = { .profile = PROFILE_SEAL, .issued = NOW, .key = { (uint8_t) (i >> 16), (uint8_t) (i >> 8), (uint8_t) i, 1 } };
                Event event = { .state = CERTIFICATE_REVOKED, .reason = REASON_SUPERSEDED, .at = NOW + i, .comment = "" };

                make_serial(i, e.certificate.serial);
                e.certificate.subject = strdup("CN=Example seal");
                e.certificate.not_before = NOW;
                e.certificate.not_after = NOW + YEAR;
                check(bytes_dup(VIEW(nothing, sizeof(nothing)), &e.certificate.der), "certificate");
                check(register_append(t, &e), "certificate");
                strcpy(event.serial, e.certificate.serial);
                check(event_append(t, &event), "event");
                puts(e.certificate.serial);
                entry_done(&e);
        }
        return 0;
}

int main(int argc, char *argv[]) {
        _cleanup_bytes_ Bytes host_key = BYTES_NULL;
        Contents c = { 0 };
        Store *store;

        if (argc != 6)
                errx(2, "populate-ca DIR FILE CERTIFICATE KEY N");
        check(crypto_init(), "GnuTLS");
        check(read_file(argv[2], 64, &host_key), argv[2]);
        check(read_file(argv[3], 65536, &c.certificate), argv[3]);
        check(read_file(argv[4], 65536, &c.key), argv[4]);
        c.n = (unsigned) atoi(argv[5]);
        check(store_open(argv[1], &ca_schema, bytes_view(&host_key), &store), argv[1]);
        check(store_run(store, fill, &c), "records");
        store_close(store);
        bytes_done(&c.certificate);
        bytes_done(&c.key);
        return 0;
}
