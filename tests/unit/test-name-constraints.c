/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/trust/name-constraints.c, distinguished-name.c and purposes.c: a root, an authority under it and a signer, whose names and extensions are written octet by octet. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/init.h"
#include "crypto/key.h"
#include "der/der.h"
#include "sign/trust/distinguished-name.h"
#include "sign/trust/name-constraints.h"
#include "sign/trust/purposes.h"

#define O "\x06\x03\x55\x04\x0a"
#define CN "\x06\x03\x55\x04\x03"
#define EMAIL "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"

typedef struct Attribute {
        View type;
        uint8_t tag;
        View value;
} Attribute;

#define ATTRIBUTE(type, tag, value) { VIEW_LITERAL(type), tag, VIEW_LITERAL(value) }
#define SMALL ATTRIBUTE(O, 0x0c, "Small Ltd")
#define BIG ATTRIBUTE(O, 0x0c, "Big Bank SA")
#define BOSS ATTRIBUTE(CN, 0x0c, "Jan")

/* A GeneralName; a directory name is of attributes. */
typedef struct Subtree {
        uint8_t tag;
        View value;
        const Attribute *dn;
        size_t n;
} Subtree;

#define DN(...) { .tag = 0xa4, .dn = (const Attribute[]) { __VA_ARGS__ }, .n = ELEMENTSOF(((const Attribute[]) { __VA_ARGS__ })) }
#define MAILBOX(text) { .tag = 0x81, .value = VIEW_LITERAL(text) }

static gnutls_privkey_t key;

static void put(Bytes *b, uint8_t tag, const Bytes *inside) {
        assert_int_equal(der_append_element(b, tag, bytes_view(inside)), 0);
}

static void append_rdns(Bytes *b, const Attribute *all, size_t n) {
        for (size_t i = 0; i < n; i++) {
                _cleanup_bytes_ Bytes pair = BYTES_NULL, rdn = BYTES_NULL;

                assert_int_equal(bytes_append_view(&pair, all[i].type), 0);
                assert_int_equal(der_append_element(&pair, all[i].tag, all[i].value), 0);
                put(&rdn, 0x30, &pair);
                put(b, 0x31, &rdn);
        }
}

static void append_general_name(Bytes *b, const Subtree *s) {
        _cleanup_bytes_ Bytes rdns = BYTES_NULL, name = BYTES_NULL;

        if (s->tag == 0xa4) {
                append_rdns(&rdns, s->dn, s->n);
                put(&name, 0x30, &rdns);
        } else {
                assert_int_equal(bytes_append_view(&name, s->value), 0);
        }
        put(b, s->tag, &name);
}

static void append_subtrees(Bytes *b, uint8_t tag, const Subtree *s, size_t n) {
        _cleanup_bytes_ Bytes all = BYTES_NULL;

        for (size_t i = 0; i < n; i++) {
                _cleanup_bytes_ Bytes one = BYTES_NULL;

                append_general_name(&one, &s[i]);
                put(&all, 0x30, &one);
        }
        if (n > 0)
                put(b, tag, &all);
}

/* An extension of a SEQUENCE. */
static void append_extension(Bytes *b, View oid, const Bytes *inside, bool critical) {
        _cleanup_bytes_ Bytes sequence = BYTES_NULL, one = BYTES_NULL;

        put(&sequence, 0x30, inside);
        assert_int_equal(bytes_append_view(&one, oid), 0);
        if (critical)
                assert_int_equal(bytes_append_view(&one, VIEW_LITERAL("\x01\x01\xff")), 0);
        put(&one, 0x04, &sequence);
        put(b, 0x30, &one);
}

static void append_name(Bytes *b, const Attribute *dn, size_t n) {
        _cleanup_bytes_ Bytes rdns = BYTES_NULL;

        append_rdns(&rdns, dn, n);
        put(b, 0x30, &rdns);
}

static void append_key(Bytes *b) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t public = NULL;
        _cleanup_(datum_done) gnutls_datum_t der = { 0 };

        assert_int_equal(key_to_public(key, &public), 0);
        assert_int_equal(gnutls_pubkey_export2(public, GNUTLS_X509_FMT_DER, &der), 0);
        assert_int_equal(bytes_append(b, der.data, der.size), 0);
}

/* Issued by `O=Small Ltd`, and signed by nobody: that is looked at elsewhere. */
static gnutls_x509_crt_t certificate(const Attribute *dn, size_t n, const Bytes *extensions) {
        static const Attribute issuer[] = { SMALL };
        _cleanup_bytes_ Bytes tbs = BYTES_NULL, list = BYTES_NULL, both = BYTES_NULL, whole = BYTES_NULL;
        const View algorithm = VIEW_LITERAL("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02");
        gnutls_x509_crt_t crt;

        assert_int_equal(bytes_append_view(&tbs, VIEW_LITERAL("\xa0\x03\x02\x01\x02\x02\x01\x01")), 0);
        assert_int_equal(bytes_append_view(&tbs, algorithm), 0);
        append_name(&tbs, issuer, ELEMENTSOF(issuer));
        assert_int_equal(bytes_append_view(&tbs, VIEW_LITERAL("\x30\x1e\x17\x0d" "230101000000Z" "\x17\x0d" "330101000000Z")), 0);
        append_name(&tbs, dn, n);
        append_key(&tbs);
        if (extensions->len > 0) {
                put(&list, 0x30, extensions);
                put(&tbs, 0xa3, &list);
        }
        put(&both, 0x30, &tbs);
        assert_int_equal(bytes_append_view(&both, algorithm), 0);
        assert_int_equal(bytes_append_view(&both, VIEW_LITERAL("\x03\x09\x00\x30\x06\x02\x01\x01\x02\x01\x01")), 0);
        put(&whole, 0x30, &both);
        assert_int_equal(gnutls_x509_crt_init(&crt), 0);
        assert_int_equal(gnutls_x509_crt_import(crt, &(gnutls_datum_t) { whole.data, (unsigned) whole.len }, GNUTLS_X509_FMT_DER), 0);
        return crt;
}

#define NAME_CONSTRAINTS VIEW_LITERAL("\x06\x03\x55\x1d\x1e")
#define SUBJECT_ALT_NAME VIEW_LITERAL("\x06\x03\x55\x1d\x11")
#define EXT_KEY_USAGE VIEW_LITERAL("\x06\x03\x55\x1d\x25")

typedef struct Row {
        Subtree permitted[2], excluded[2];
        Attribute subject[4];
        Subtree alternatives[2];
        bool critical, holds;
} Row;

static size_t count(const Subtree *s, size_t max) {
        size_t n = 0;

        while (n < max && s[n].tag != 0)
                n++;
        return n;
}

static size_t count_attributes(const Attribute *a, size_t max) {
        size_t n = 0;

        while (n < max && a[n].tag != 0)
                n++;
        return n;
}

static gnutls_x509_crt_t authority_of(const Row *row) {
        static const Attribute name[] = { SMALL };
        _cleanup_bytes_ Bytes inside = BYTES_NULL, extensions = BYTES_NULL;

        append_subtrees(&inside, 0xa0, row->permitted, count(row->permitted, 2));
        append_subtrees(&inside, 0xa1, row->excluded, count(row->excluded, 2));
        if (inside.len > 0)
                append_extension(&extensions, NAME_CONSTRAINTS, &inside, row->critical);
        return certificate(name, ELEMENTSOF(name), &extensions);
}

static gnutls_x509_crt_t signer_of(const Row *row) {
        _cleanup_bytes_ Bytes inside = BYTES_NULL, extensions = BYTES_NULL;

        for (size_t i = 0; i < count(row->alternatives, 2); i++)
                append_general_name(&inside, &row->alternatives[i]);
        if (inside.len > 0)
                append_extension(&extensions, SUBJECT_ALT_NAME, &inside, false);
        return certificate(row->subject, count_attributes(row->subject, 4), &extensions);
}

/* Once as an authority of the path, once as the anchor. */
static void check(const Row *row, size_t number) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t authority = authority_of(row), signer = signer_of(row), root = authority_of(&(Row) { 0 });
        const gnutls_x509_crt_t path[] = { signer, authority };

        assert_true(name_constraints_are_affordable(path, 2));
        if (name_constraints_hold(path, 2, root) != row->holds || name_constraints_hold(path, 1, authority) != row->holds)
                fail_msg("row %zu", number);
}

static void test_directory_names(void **state) {
        const Row rows[] = {
                { .subject = { BIG, BOSS }, .holds = true },
                { .permitted = { DN(SMALL) }, .subject = { SMALL, BOSS }, .holds = true },
                { .permitted = { DN(SMALL) }, .subject = { SMALL }, .holds = true },
                { .permitted = { DN(SMALL) }, .subject = { BIG, BOSS } },
                { .permitted = { DN(SMALL) }, .subject = { BIG, BOSS }, .critical = true },
                { .permitted = { DN(SMALL) }, .subject = { BOSS, SMALL } },
                { .permitted = { DN(SMALL, BOSS) }, .subject = { SMALL } },
                { .permitted = { DN(SMALL), DN(BIG) }, .subject = { BIG, BOSS }, .holds = true },
                { .excluded = { DN(BIG) }, .subject = { BIG, BOSS } },
                { .excluded = { DN(BIG) }, .subject = { SMALL, BIG }, .holds = true },
                { .permitted = { DN(SMALL) }, .excluded = { DN(SMALL, BOSS) }, .subject = { SMALL, BOSS } },
                /* All names begin with none, and an empty subject is no name. */
                { .permitted = { { .tag = 0xa4 } }, .subject = { BIG }, .holds = true },
                { .excluded = { { .tag = 0xa4 } }, .subject = { BIG } },
                { .permitted = { DN(SMALL) }, .subject = { { { 0 }, 0, { 0 } } }, .holds = true },
                { .permitted = { DN(SMALL) }, .subject = { SMALL }, .alternatives = { DN(SMALL, BOSS) }, .holds = true },
                { .permitted = { DN(SMALL) }, .subject = { SMALL }, .alternatives = { DN(BIG) } },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                check(&rows[i], i);
}

/* RFC 5280 §7.1: whatever the type, case and white space; and an excluded name is no other by its spelling. */
static void test_spelling(void **state) {
        static const Attribute same[] = {
                ATTRIBUTE(O, 0x0c, "Sp\xc3\xb3\xc5\x82ka \xc5\xbb\xc3\xb3\xc5\x82w"),
                ATTRIBUTE(O, 0x0c, "  SP\xc3\x93\xc5\x81KA   \xc5\xbc\xc3\xb3\xc5\x82W "),
                ATTRIBUTE(O, 0x0c, "Spo\xcc\x81\xc5\x82ka Z\xcc\x87o\xcc\x81\xc5\x82w"),
                ATTRIBUTE(O, 0x1e, "\0S\0p\0\xf3\1\x42\0k\0a\0 \1\x7c\0\xf3\1\x42\0w"),
                ATTRIBUTE(O, 0x1c, "\0\0\0S\0\0\0p\0\0\0\xf3\0\0\1\x42\0\0\0k\0\0\0a\0\0\0 \0\0\1\x7b\0\0\0\xf3\0\0\1\x42\0\0\0w"),
        }, latin[] = {
                ATTRIBUTE(O, 0x0c, "Caf\xc3\xa9 2"), ATTRIBUTE(O, 0x14, "CAF\xc9 2"), ATTRIBUTE(O, 0x0c, "\tcaf\xc3\x89\n\r2"),
        }, ascii[] = {
                ATTRIBUTE(O, 0x0c, "Small Ltd"), ATTRIBUTE(O, 0x13, "SMALL  LTD"), ATTRIBUTE(O, 0x16, " small ltd"), ATTRIBUTE(O, 0x14, "small LTD "), ATTRIBUTE(O, 0x1a, "sMALL lTD"),
        };
        const struct {
                const Attribute *all;
                size_t n;
        } sets[] = { { same, ELEMENTSOF(same) }, { latin, ELEMENTSOF(latin) }, { ascii, ELEMENTSOF(ascii) } };

        for (size_t s = 0; s < ELEMENTSOF(sets); s++)
                for (size_t i = 0; i < sets[s].n; i++)
                        for (size_t k = 0; k < sets[s].n; k++) {
                                const Subtree base = { .tag = 0xa4, .dn = &sets[s].all[i], .n = 1 };

                                check(&(Row) { .permitted = { base }, .subject = { sets[s].all[k], BOSS }, .holds = true }, 100 * s + 10 * i + k);
                                check(&(Row) { .excluded = { base }, .subject = { sets[s].all[k], BOSS } }, 100 * s + 10 * i + k);
                        }
        check(&(Row) { .permitted = { DN(SMALL) }, .subject = { ATTRIBUTE(O, 0x0c, "SmallLtd") } }, 0);
        check(&(Row) { .permitted = { DN(SMALL) }, .subject = { ATTRIBUTE(O, 0x0c, "Small Ltd.") } }, 1);
        check(&(Row) { .permitted = { DN(SMALL) }, .subject = { ATTRIBUTE(CN, 0x0c, "Small Ltd") } }, 2);
        /* What cannot be told is within nothing, and outside of nothing. */
        check(&(Row) { .excluded = { DN(SMALL) }, .subject = { ATTRIBUTE(O, 0x0c, "Small\xff Ltd") } }, 3);
        check(&(Row) { .excluded = { DN(SMALL) }, .subject = { ATTRIBUTE(O, 0x1e, "\xd8\x00\xdc\x00") } }, 4);
        check(&(Row) { .subject = { ATTRIBUTE(O, 0x0c, "Small\xff Ltd") }, .holds = true }, 5);
}

/* Attributes of one RDN have no order but DER's, which their spelling changes. */
static void test_several_attributes(void **state) {
        const View a = VIEW_LITERAL("\x31\x18\x30\x0a\x06\x03\x55\x04\x0a\x0c\x03" "A b" "\x30\x0a\x06\x03\x55\x04\x0a\x0c\x03" "a C"),
                   b = VIEW_LITERAL("\x31\x18\x30\x0a\x06\x03\x55\x04\x0a\x0c\x03" "A c" "\x30\x0a\x06\x03\x55\x04\x0a\x0c\x03" "a B"),
                   c = VIEW_LITERAL("\x31\x0c\x30\x0a\x06\x03\x55\x04\x0a\x0c\x03" "A b");
        _cleanup_bytes_ Bytes folded_a = BYTES_NULL, folded_b = BYTES_NULL, folded_c = BYTES_NULL, none = BYTES_NULL;

        assert_int_equal(distinguished_name_fold(a, &folded_a), 0);
        assert_int_equal(distinguished_name_fold(b, &folded_b), 0);
        assert_int_equal(distinguished_name_fold(c, &folded_c), 0);
        assert_true(view_equal(bytes_view(&folded_a), bytes_view(&folded_b)));
        assert_false(view_equal(bytes_view(&folded_a), bytes_view(&folded_c)));
        assert_int_equal(distinguished_name_fold(VIEW_LITERAL("\x31\x00"), &none), -EBADMSG);
        assert_int_equal(distinguished_name_fold(VIEW_LITERAL("\x30\x00"), &none), -EBADMSG);
        assert_int_equal(distinguished_name_fold(VIEW(a.data, a.len - 1), &none), -EBADMSG);
}

static void test_mailboxes(void **state) {
        const Row rows[] = {
                { .permitted = { MAILBOX("example.com") }, .subject = { SMALL }, .alternatives = { MAILBOX("jan@EXAMPLE.com") }, .holds = true },
                { .permitted = { MAILBOX("example.com") }, .subject = { SMALL }, .alternatives = { MAILBOX("jan@mail.example.com") } },
                { .permitted = { MAILBOX(".example.com") }, .subject = { SMALL }, .alternatives = { MAILBOX("jan@mail.Example.com") }, .holds = true },
                { .permitted = { MAILBOX(".example.com") }, .subject = { SMALL }, .alternatives = { MAILBOX("jan@example.com") } },
                { .permitted = { MAILBOX("jan@example.com") }, .subject = { SMALL }, .alternatives = { MAILBOX("jan@example.com") }, .holds = true },
                { .permitted = { MAILBOX("jan@example.com") }, .subject = { SMALL }, .alternatives = { MAILBOX("jan@example.com"), MAILBOX("ewa@example.com") } },
                { .excluded = { MAILBOX("") }, .subject = { SMALL }, .alternatives = { MAILBOX("jan@example.com") } },
                { .permitted = { MAILBOX("example.com") }, .subject = { SMALL, ATTRIBUTE(EMAIL, 0x16, "jan@example.com") }, .holds = true },
                { .permitted = { MAILBOX("example.com") }, .subject = { SMALL, ATTRIBUTE(EMAIL, 0x16, "jan@example.org") } },
                /* Beside one that is permitted, too. */
                { .permitted = { MAILBOX("example.com") }, .subject = { SMALL, ATTRIBUTE(EMAIL, 0x16, "jan@example.org") }, .alternatives = { MAILBOX("jan@example.com") } },
                { .excluded = { MAILBOX("example.org") }, .subject = { SMALL, ATTRIBUTE(EMAIL, 0x16, "jan@Example.org") } },
                { .excluded = { MAILBOX("example.org") }, .subject = { SMALL, ATTRIBUTE(EMAIL, 0x16, "example.org") } },
                { .excluded = { MAILBOX("example.org") }, .subject = { SMALL }, .alternatives = { MAILBOX("jan@\xc5\xbc.example.com") } },
                /* SmtpUTF8Mailbox. */
                { .permitted = { MAILBOX("example.com") }, .subject = { SMALL },
                  .alternatives = { { .tag = 0xa0, .value = VIEW_LITERAL("\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x10\x0c\x0e\xc5\xbc@example.com") } }, .holds = true },
                { .permitted = { MAILBOX("example.org") }, .subject = { SMALL },
                  .alternatives = { { .tag = 0xa0, .value = VIEW_LITERAL("\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x10\x0c\x0e\xc5\xbc@example.com") } } },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                check(&rows[i], i);
}

/* Forms that nobody here compares: names of them are refused, critical or not (§4.2.1.10). */
static void test_other_forms(void **state) {
        static const Subtree others[] = {
                { .tag = 0xa0, .value = VIEW_LITERAL("\x06\x03\x2a\x03\x04\xa0\x02\x05\x00") },
                { .tag = 0x88, .value = VIEW_LITERAL("\x2a\x03\x04") },
        };

        for (size_t i = 0; i < ELEMENTSOF(others); i++) {
                check(&(Row) { .permitted = { others[i] }, .subject = { SMALL }, .holds = true }, i);
                check(&(Row) { .permitted = { others[i] }, .subject = { SMALL }, .critical = true, .holds = true }, i);
                check(&(Row) { .permitted = { others[i] }, .subject = { SMALL }, .alternatives = { others[i] }, .critical = true }, i);
                check(&(Row) { .excluded = { others[i] }, .subject = { SMALL }, .alternatives = { others[i] } }, i);
                check(&(Row) { .subject = { SMALL }, .alternatives = { others[i] }, .holds = true }, i);
        }
        check(&(Row) { .permitted = { { .tag = 0xa5, .value = VIEW_LITERAL("\xa1\x03\x0c\x01x") } }, .subject = { SMALL }, .critical = true, .holds = true }, 9);
        /* GnuTLS does these. */
        check(&(Row) { .excluded = { { .tag = 0x82 }, { .tag = 0x87, .value = VIEW_LITERAL("\0\0\0\0\0\0\0\0") } }, .subject = { SMALL }, .critical = true, .holds = true }, 10);
}

static gnutls_x509_crt_t with_constraints(View inside) {
        static const Attribute name[] = { BIG };
        _cleanup_bytes_ Bytes b = BYTES_NULL, extensions = BYTES_NULL;

        assert_int_equal(bytes_append_view(&b, inside), 0);
        append_extension(&extensions, NAME_CONSTRAINTS, &b, true);
        return certificate(name, 1, &extensions);
}

/* §4.2.1.10: minimum is 0, and there is no maximum; and what is malformed permits nothing. */
static void test_malformed(void **state) {
        static const struct {
                View inside;
                bool holds;
        } rows[] = {
                { VIEW_LITERAL("\xa1\x05\x30\x03\x81\x01x"), true },
                { VIEW_LITERAL("\xa1\x08\x30\x06\x81\x01x\x80\x01\x00"), true },
                { VIEW_LITERAL("\xa1\x08\x30\x06\x81\x01x\x80\x01\x01"), false },
                { VIEW_LITERAL("\xa1\x08\x30\x06\x81\x01x\x81\x01\x00"), false },
                { VIEW_LITERAL("\xa1\x05\x30\x03\x89\x01x"), false },
                { VIEW_LITERAL("\xa1\x05\x30\x03\xa1\x01x"), false },
                { VIEW_LITERAL("\xa1\x06\x30\x04\xa4\x02\x30\x05"), false },
                { VIEW_LITERAL("\xa2\x05\x30\x03\x81\x01x"), false },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t authority = with_constraints(rows[i].inside), signer = signer_of(&(Row) { .subject = { SMALL } });

                if (name_constraints_hold(&signer, 1, authority) != rows[i].holds)
                        fail_msg("row %zu", i);
        }
}

/* Of one above the authority too; and an authority's certificate for itself (§6.1.3 (b)) is under none, while what is below it is. */
static void test_path(void **state) {
        const Row limited = { .permitted = { DN(SMALL) }, .subject = { SMALL } }, free_one = { .subject = { BIG } }, wide = { .permitted = { { .tag = 0xa4 } } };
        const Row itself = { .excluded = { DN(SMALL) } };
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t top = authority_of(&limited), middle = authority_of(&wide), bad = signer_of(&free_one), good = signer_of(&limited),
                                                             excluding = authority_of(&itself);
        const gnutls_x509_crt_t fine[] = { good, middle }, wrong[] = { bad, middle }, through[] = { bad, bad };

        assert_true(name_constraints_hold(fine, 2, top));
        assert_false(name_constraints_hold(wrong, 2, top));
        assert_false(name_constraints_hold(through, 2, top));
        assert_true(name_constraints_hold((gnutls_x509_crt_t[]) { bad, middle }, 2, excluding));
        assert_false(name_constraints_hold((gnutls_x509_crt_t[]) { middle, bad }, 2, excluding));
}

static gnutls_x509_crt_t with_many(View oid, uint8_t tag, const char *element, size_t length, size_t n) {
        static const Attribute name[] = { SMALL };
        _cleanup_bytes_ Bytes all = BYTES_NULL, inside = BYTES_NULL, extensions = BYTES_NULL;

        for (size_t i = 0; i < n; i++)
                assert_int_equal(bytes_append(&all, element, length), 0);
        if (tag != 0)
                put(&inside, tag, &all);
        append_extension(&extensions, oid, tag != 0 ? &inside : &all, false);
        return certificate(name, 1, &extensions);
}

static void test_many(void **state) {
        static const struct {
                size_t subtrees, names;
                bool affordable, holds;
        } rows[] = { { 1, 500, true, true }, { 500, 100, true, true }, { 500, 200, false, false }, { 513, 1, false, true }, { 0, 500, true, true }, { 2000, 100, false, false } };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t authority = with_many(NAME_CONSTRAINTS, 0xa1, "\x30\x03\x81\x01x", 5, rows[i].subtrees),
                                                                     signer = with_many(SUBJECT_ALT_NAME, 0, "\x81\x03""a@b", 5, rows[i].names);
                const gnutls_x509_crt_t path[] = { signer, authority };

                assert_int_equal(name_constraints_are_affordable(path, 2), rows[i].affordable);
                assert_int_equal(name_constraints_hold(path, 1, authority), rows[i].holds);
        }
}

#define SERVER "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"
#define CLIENT "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02"
#define CODE "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x03"
#define MAIL "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x04"
#define TIME "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x08"
#define OCSP "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x09"
#define DOCUMENTS "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x24"
#define ANY "\x06\x04\x55\x1d\x25\x00"
#define SGC "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x03"

static gnutls_x509_crt_t with_purposes(View purposes) {
        return with_many(EXT_KEY_USAGE, 0, (const char *) purposes.data, purposes.len, 1);
}

static void test_purposes(void **state) {
        static const Attribute name[] = { SMALL };
        static const struct {
                View purposes;
                bool signer, documents, stamps;
        } rows[] = {
                { VIEW_LITERAL(SERVER), false, false, false },
                { VIEW_LITERAL(SERVER CLIENT), false, false, false },
                { VIEW_LITERAL(SERVER CLIENT SGC), false, false, false },
                { VIEW_LITERAL(SERVER CLIENT CODE OCSP TIME), true, false, true },
                { VIEW_LITERAL(CODE), false, false, false },
                { VIEW_LITERAL(OCSP), false, false, false },
                { VIEW_LITERAL(TIME), true, false, true },
                { VIEW_LITERAL(CLIENT), false, true, false },
                { VIEW_LITERAL(CLIENT MAIL), true, true, false },
                { VIEW_LITERAL(SERVER CLIENT MAIL), true, true, false },
                { VIEW_LITERAL(MAIL TIME), true, true, true },
                { VIEW_LITERAL(DOCUMENTS), true, true, false },
                { VIEW_LITERAL(SERVER ANY), true, true, true },
        };
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t plain = certificate(name, 1, &BYTES_NULL), stamps = with_purposes(VIEW_LITERAL(TIME)),
                                                             endless = with_many(EXT_KEY_USAGE, 0, MAIL, sizeof(MAIL) - 1, 100);

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = with_purposes(rows[i].purposes);

                if (purposes_fit_signer(crt) != rows[i].signer || purposes_fit_authority(crt, plain) != rows[i].documents || purposes_fit_authority(crt, stamps) != rows[i].stamps)
                        fail_msg("row %zu", i);
        }
        assert_true(purposes_fit_signer(plain) && purposes_fit_authority(plain, plain) && purposes_fit_authority(plain, stamps));
        assert_false(purposes_fit_signer(endless) || purposes_fit_authority(endless, plain));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_directory_names), cmocka_unit_test(test_spelling), cmocka_unit_test(test_several_attributes), cmocka_unit_test(test_mailboxes),
                cmocka_unit_test(test_other_forms), cmocka_unit_test(test_malformed), cmocka_unit_test(test_path), cmocka_unit_test(test_many), cmocka_unit_test(test_purposes),
        };
        int r;

        if (crypto_init() < 0 || key_generate(KEY_P256, &key) < 0)
                return 2;
        r = cmocka_run_group_tests(tests, NULL, NULL);
        gnutls_privkey_deinit(key);
        return r;
}
