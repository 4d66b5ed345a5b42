/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/brainpool.c, against signatures that openssl made, and what of them must not pass. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/codec.h"
#include "crypto/brainpool.h"
#include "crypto/digest.h"

#define MESSAGE VIEW_LITERAL("what is signed")

/* openssl dgst -sign, with keys of openssl ecparam -genkey. Of digests as long as the order, longer and shorter. */
static const struct Vector {
        const char *oid;
        gnutls_digest_algorithm_t digest;
        const char *point, *r, *s;
} vectors[] = {
        { "1.3.36.3.3.2.8.1.1.7", GNUTLS_DIG_SHA256,
          "04717cd6e713e2ba2316260c3c3799ff5273442161389ad1dd3275a3ff5d8322c86cbd7a675f04abf798a0af9799181ecca26ef4132edc136003388d090c723f39",
          "9486e8ca2cebc1b63bcc33543bf3c5bc4723c8a0bf6d3db9958ff15d9bfe9c4a", "16147a7b614bf08f3e37ab4f9c460c22ba87b281e78659e98387ca9397b26b39" },
        { "1.3.36.3.3.2.8.1.1.7", GNUTLS_DIG_SHA512,
          "048b0f7c77d0ccf98e60b62788a7b060cf26e5ac55f437f72f052c66abfe89a9510bb0e8e3d565de303e5a2e37c516da2d8ad6a06d433b4e99dd43e51f870039b0",
          "3b1bb5a21f63eac8f1448f741f2f47c62299bcdd9e4248ba100fdd3fa4098994", "5eaad76357382b42b2313666cff503b4c3685b0d56822d1f8491be7e1f5d3610" },
        { "1.3.36.3.3.2.8.1.1.11", GNUTLS_DIG_SHA384,
          "040d6a1f2f28fd2e38e367271a60f1299341975225e32570113a0227bc374702c29e8bbb9546ec5bb53355def599bee15e"
          "699cd59b0cbb736b6fffc3a2fba2cd9d1ddab40d94aef60648e969063ad06753ae86f839f7340294d5db6c5235c3eee5",
          "6449574cd78d1a01ae4fb529a6b3fd30a648282841b6d20aabe9623825d7cb18a488870e99d757301cce530b722b8c34",
          "7b26c665cf0ea1879fbc2ec93dd5580da86ac8bba1dbc89894bd78251797c43a0a192d831dffcb7930256ce9816a11ed" },
        { "1.3.36.3.3.2.8.1.1.13", GNUTLS_DIG_SHA512,
          "04694375e79de52bf7375bfe21688151d6f02867081a637095d52a7a955e3d1288f556a3b8dea5091f63c0542691aa5e6408e1cef7280855395defd7eee6897173"
          "2c206124231a511b74a77668d604cc9ec4ca0b966617333c39f71406e9b43cf44050fdfb33dd98f6e566d83e52d0280ac55fd3ac5503fa7b28fcf2b79b4b759f",
          "18f1c9b666b01cb39a87ab46e4b623b23a53ca5dff394326472c2799dc0de62c18d8c6ef493d2014befc7472e9ee3bc3528cd5feea2e6a02fe3aade3d3223bd6",
          "a99c0df0cd17d90950a324ce5d60ba62e46e5737276aa040ccfbe46fdf95b928489db7a4878b3711c987bd26fb7d2b68d95a8332fb059f6467520eb3e85e6511" },
        { "1.3.36.3.3.2.8.1.1.13", GNUTLS_DIG_SHA256,
          "049d236659840ba558c5ff7cb34bd5fc62640f2dc6c4855b4d6f91590af392508f9a52fcafe7981eeabe0690d35e21a4fc92df6e304b92db072e252509135c8333"
          "6412287b667e110dcc9af2c00fc1a6c63032da97a394d5f3b1629272413f435c8551a1d9a41de8207b731f7edb2cb43865b4012ca607008d8cde7c9df5cfc3da",
          "2ceb5935ae1bf4d51553c33876491a3678f67f94020c559e7fe9d7260c07586d1f711ef1dfbaad33322ea7e7f10d16ca916d38a02461d7f73ed3a0f8ae01abe9",
          "4e105cf58651dcdd25f427cdcf35beaae61870a1df88c901f9cdbe83d06d7a351fe93658bfc2cd32100371a2d29b3f7c3b1333098be5c613ecd02449d022bb42" },
};

#define P256_ORDER "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7"

static Bytes number(const char *hex) {
        Bytes b = BYTES_NULL;

        assert_int_equal(hex_decode(hex, &b), 0);
        return b;
}

static int verify(const char *oid, const char *point, View message, gnutls_digest_algorithm_t algorithm, View r, View s) {
        _cleanup_bytes_ Bytes p = number(point);
        BrainpoolKey key;
        Digest digest;

        assert_int_equal(brainpool_key_set(brainpool_curve_of_oid(oid), bytes_view(&p), &key), 0);
        assert_int_equal(digest_of(algorithm, message, &digest), 0);
        return brainpool_verify(&key, digest_view(&digest), r, s);
}

static void test_vectors(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                const struct Vector *v = &vectors[i];
                _cleanup_bytes_ Bytes r = number(v->r), s = number(v->s);

                assert_int_equal(verify(v->oid, v->point, MESSAGE, v->digest, bytes_view(&r), bytes_view(&s)), 0);
                assert_int_equal(verify(v->oid, v->point, VIEW_LITERAL("what is Signed"), v->digest, bytes_view(&r), bytes_view(&s)), -EKEYREJECTED);
                assert_int_equal(verify(v->oid, v->point, MESSAGE, v->digest, bytes_view(&s), bytes_view(&r)), -EKEYREJECTED);
                s.data[s.len - 1] ^= 1;
                assert_int_equal(verify(v->oid, v->point, MESSAGE, v->digest, bytes_view(&r), bytes_view(&s)), -EKEYREJECTED);
        }
}

/* Leading zeros as DER's INTEGER has them; and numbers out of range, of which r + n would fit as well as r does. */
static void test_numbers(void **state) {
        const struct Vector *v = &vectors[1];
        _cleanup_bytes_ Bytes r = number("00" "3b1bb5a21f63eac8f1448f741f2f47c62299bcdd9e4248ba100fdd3fa4098994"), s = number(v->s), n = number(P256_ORDER),
                              more = number("e5170d7dc15294852faa9a04bcb2d537aed3378153a3efb1a02debc23b51e03b"),
                              wide = number("010000000000000000000000000000000000000000000000000000000000000000");
        const View bad[] = { VIEW("", 0), VIEW("\0", 1), bytes_view(&n), bytes_view(&more), bytes_view(&wide) };

        assert_int_equal(verify(v->oid, v->point, MESSAGE, v->digest, bytes_view(&r), bytes_view(&s)), 0);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                assert_int_equal(verify(v->oid, v->point, MESSAGE, v->digest, bad[i], bytes_view(&s)), -EKEYREJECTED);
                assert_int_equal(verify(v->oid, v->point, MESSAGE, v->digest, bytes_view(&r), bad[i]), -EKEYREJECTED);
        }
}

/* (1, 0) is of order 2 on another curve with the same a, and the formulas of addition do not know b: whoever takes it for a key takes this for its signature,
 * which anybody can make. */
static void test_not_on_the_curve(void **state) {
        _cleanup_bytes_ Bytes r = number("855433a3a4c8e334a5f863e8b69fc1477cf41589c0d8c3fb32f95f7c85fe101d"),
                              s = number("3bea623962d950a5f436417d6abcce60e94a59dea603a356fabf87e62d5d23c7");

        assert_int_equal(verify(vectors[0].oid,
                                "04" "0000000000000000000000000000000000000000000000000000000000000001" "0000000000000000000000000000000000000000000000000000000000000000",
                                MESSAGE, GNUTLS_DIG_SHA256, bytes_view(&r), bytes_view(&s)), -EKEYREJECTED);
}

/* What openssl signed with a key of P-256, under the name of the Brainpool curve of the same width. */
static void test_another_curve(void **state) {
        _cleanup_bytes_ Bytes r = number("87f94b99756906e7ce365c23bd9e8ee8c36964a990994c44d6f8967abeb18358"), s = number("9692b241bd3d26aa2acfcd32c2043511f0b1076663fb3df31c1076920d5e4dc1");

        assert_int_equal(verify(vectors[0].oid, "04e222de1ce605d6e6a47aa993419f13e273a60558952c4430ad450895aedd2b20823f9ce7886659ad1458045269f2f44ac0179ce268c860257d991d4263873b6f",
                                MESSAGE, GNUTLS_DIG_SHA256, bytes_view(&r), bytes_view(&s)), -EKEYREJECTED);
}

static void test_keys(void **state) {
        _cleanup_bytes_ Bytes p = number(vectors[0].point);
        BrainpoolKey key;

        assert_int_equal(brainpool_curve_of_oid("1.3.36.3.3.2.8.1.1.5"), BRAINPOOL_NONE);  /* brainpoolP224r1 */
        assert_int_equal(brainpool_curve_of_oid("1.3.36.3.3.2.8.1.1.8"), BRAINPOOL_NONE);  /* brainpoolP256t1 */
        assert_int_equal(brainpool_curve_of_oid("1.2.840.10045.3.1.7"), BRAINPOOL_NONE);   /* P-256 */
        assert_int_equal(brainpool_key_set(BRAINPOOL_NONE, bytes_view(&p), &key), -EBADMSG);
        assert_int_equal(brainpool_key_set(BRAINPOOL_P384R1, bytes_view(&p), &key), -EBADMSG);
        assert_int_equal(brainpool_key_set(BRAINPOOL_P256R1, VIEW(p.data, p.len - 1), &key), -EBADMSG);
        assert_int_equal(brainpool_key_set(BRAINPOOL_P256R1, VIEW(p.data, 0), &key), -EBADMSG);
        p.data[0] = 2;
        assert_int_equal(brainpool_key_set(BRAINPOOL_P256R1, bytes_view(&p), &key), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vectors), cmocka_unit_test(test_numbers), cmocka_unit_test(test_not_on_the_curve), cmocka_unit_test(test_another_curve),
                cmocka_unit_test(test_keys),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
