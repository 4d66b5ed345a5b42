/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/pkcs11-uri.c, with examples of RFC 7512 section 3. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/pkcs11-uri.h"

static void test_check(void **state) {
        static const struct {
                const char *uri;
                int wanted;
        } uris[] = {
                { "pkcs11:", 0 },
                { "pkcs11:object=my-pubkey;type=public", 0 },
                { "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=", 0 },
                { "pkcs11:token=Software%20PKCS%2311%20softtoken;manufacturer=Snake%20Oil,%20Inc.?module-name=mypkcs11", 0 },
                { "pkcs11:object=my-sign-key;type=private?pin-source=file:/etc/token", PKCS11_URI_E_PIN },
                { "pkcs11:token=a?pin-value=the-pin", PKCS11_URI_E_PIN },
                { "pkcs11:token", PKCS11_URI_E_MALFORMED },
                { "pkcs11:=a", PKCS11_URI_E_MALFORMED },
                { "pkcs11:token=%4", PKCS11_URI_E_MALFORMED },
                { "pkcs11:token=%zz", PKCS11_URI_E_MALFORMED },
                { "pkcs11:token=a b", PKCS11_URI_E_MALFORMED },
                { "PKCS11:token=a", PKCS11_URI_E_MALFORMED },
                { "http://example.com", PKCS11_URI_E_MALFORMED },
        };

        for (size_t i = 0; i < ELEMENTSOF(uris); i++)
                if (pkcs11_uri_check(uris[i].uri) != uris[i].wanted)
                        fail_msg("%s", uris[i].uri);
}

static void test_get(void **state) {
        static const char uri[] = "pkcs11:token=Software%20PKCS%2311;id=%00%ff;object=a?object=b";
        _cleanup_bytes_ Bytes token = BYTES_NULL, id = BYTES_NULL, object = BYTES_NULL, none = BYTES_NULL;

        assert_int_equal(pkcs11_uri_get(uri, "token", &token), 0);
        assert_true(view_equal(bytes_view(&token), VIEW_LITERAL("Software PKCS#11")));
        assert_int_equal(pkcs11_uri_get(uri, "id", &id), 0);
        assert_true(view_equal(bytes_view(&id), VIEW("\0\xff", 2)));
        assert_int_equal(pkcs11_uri_get(uri, "object", &object), 0);
        assert_true(view_equal(bytes_view(&object), VIEW_LITERAL("a")));
        assert_int_equal(pkcs11_uri_get(uri, "serial", &none), -ENOENT);
}

static void test_matches(void **state) {
        static const char token[] = "pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=12ab;token=Example%20CA";

        assert_int_equal(pkcs11_uri_matches_token("pkcs11:", token), 1);
        assert_int_equal(pkcs11_uri_matches_token("pkcs11:token=Example%20CA;object=x", token), 1);
        assert_int_equal(pkcs11_uri_matches_token("pkcs11:%74oken=Example", token), 1); /* no attribute of a token */
        assert_int_equal(pkcs11_uri_matches_token("pkcs11:token=%45xample%20CA;serial=12ab", token), 1);
        assert_int_equal(pkcs11_uri_matches_token("pkcs11:token=Example", token), 0);
        assert_int_equal(pkcs11_uri_matches_token("pkcs11:token=Example%20CA;serial=12ac", token), 0);
}

static void test_append(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(bytes_printf(&b, "pkcs11:token=a"), 0);
        assert_int_equal(pkcs11_uri_append_id(&b, VIEW("\x01\xfe", 2)), 0);
        assert_int_equal(pkcs11_uri_append(&b, "object", VIEW_LITERAL("a;b")), 0);
        assert_true(view_equal(bytes_view(&b), VIEW_LITERAL("pkcs11:token=a;id=%01%fe;object=%61%3b%62")));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_check),
                cmocka_unit_test(test_get),
                cmocka_unit_test(test_matches),
                cmocka_unit_test(test_append),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
