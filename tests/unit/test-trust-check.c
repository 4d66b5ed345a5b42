/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* installer/trust/check.c over certificates made by OpenSSL, and reply.c over answers that no honest checker gives. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "ca/certificate.h"
#include "installer/trust/check.h"

static char directory[] = "/tmp/test-trust-check-XXXXXX";

static void run(const char *command) {
        char line[2048];
        int r;

        snprintf(line, sizeof(line), "cd %s && { %s; } 2>/dev/null", directory, command);
        r = system(line);
        if (r != 0)
                fail_msg("%s: %d", command, r);
}

static Bytes get(const char *name) {
        char path[128];
        Bytes b;

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        assert_int_equal(read_file(path, 1 << 20, &b), 0);
        return b;
}

static int setup(void **state) {
        if (!mkdtemp(directory))
                return -1;
        run("printf '[req]\\ndistinguished_name=d\\n[d]\\n' > empty.cnf");
        return 0;
}

static int teardown(void **state) {
        char line[128];

        snprintf(line, sizeof(line), "rm -rf %s", directory);
        return system(line);
}

/* What is found out about `input`, and that it comes through the lines unchanged. */
static CheckProblem check(View input, int64_t now) {
        _cleanup_(check_reply_done) CheckReply reply = { 0 }, back = { 0 };
        _cleanup_bytes_ Bytes text = BYTES_NULL, again = BYTES_NULL;

        assert_int_equal(check_certificate(input, now, &reply), 0);
        assert_int_equal(check_reply_write(&reply, &text), 0);
        assert_int_equal(check_reply_read(bytes_view(&text), &back), 0);
        assert_int_equal(check_reply_write(&back, &again), 0);
        assert_true(view_equal(bytes_view(&text), bytes_view(&again)));
        assert_int_equal(strlen(check_problem_sentence(reply.problem)) == 0, reply.problem == CHECK_NONE);
        return reply.problem;
}

#define P256 "-newkey ec -pkeyopt ec_paramgen_curve:P-256 "
#define CA "-addext basicConstraints=critical,CA:TRUE "

static void make(const char *options) {
        char line[1024];

        snprintf(line, sizeof(line),
                 "openssl req -x509 -config empty.cnf -nodes -keyout key.pem -out c.pem -days 30 -subj '/C=PL/O=Example/CN=Example CA' %s && "
                 "openssl x509 -in c.pem -outform DER -out c.der", options);
        run(line);
}

static void test_certificates(void **state) {
        static const struct {
                const char *options;
                int64_t offset;
                CheckProblem problem;
        } cases[] = {
                { P256 CA, 0, CHECK_NONE },
                { P256 CA "-addext keyUsage=critical,keyCertSign,cRLSign", 0, CHECK_NONE },
                { "-newkey rsa:2048 " CA, 0, CHECK_NONE },
                { "-newkey rsa:2048 -sigopt rsa_padding_mode:pss -sha256 " CA, 0, CHECK_NONE },
                { "-newkey ed25519 " CA, 0, CHECK_NONE },
                { P256 CA "-addext keyUsage=critical,digitalSignature", 0, CHECK_NOT_A_CA },
                { P256 "-addext basicConstraints=critical,CA:FALSE", 0, CHECK_NOT_A_CA },
                { P256 "", 0, CHECK_NOT_A_CA },
                { P256 CA, 31 * 86400, CHECK_EXPIRED },
                { P256 CA, -86400, CHECK_NOT_YET_VALID },
                { "-newkey rsa:1024 " CA, 0, CHECK_WEAK_KEY },
                { "-newkey ec -pkeyopt ec_paramgen_curve:secp224r1 " CA, 0, CHECK_WEAK_KEY },
                { "-newkey rsa:2048 -sha1 " CA, 0, CHECK_WEAK_DIGEST },
                { "-newkey rsa:2048 -md5 " CA, 0, CHECK_WEAK_DIGEST },
                { P256 CA "-addext 1.2.3.4=critical,ASN1:UTF8String:x", 0, CHECK_UNKNOWN_EXTENSION },
                { P256 CA "-addext 1.2.3.4=ASN1:UTF8String:x", 0, CHECK_NONE },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_bytes_ Bytes pem = BYTES_NULL, der = BYTES_NULL;
                CheckProblem a, b;

                make(cases[i].options);
                pem = get("c.pem");
                der = get("c.der");
                a = check(bytes_view(&pem), time(NULL) + cases[i].offset);
                b = check(bytes_view(&der), time(NULL) + cases[i].offset);
                if (a != cases[i].problem || b != cases[i].problem)
                        fail_msg("%s: %s / %s", cases[i].options, check_problem_sentence(a), check_problem_sentence(b));
        }
}

static void test_description(void **state) {
        _cleanup_(check_reply_done) CheckReply reply = { 0 };
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        static const char *const lines[] = {
                "permitted DNS name: .example.org", "excluded IP address: 10.0.0.0/255.0.0.0", "excluded e-mail address: example.com",
        };

        make(P256 "-set_serial 0x00deadbeef -addext basicConstraints=critical,CA:TRUE,pathlen:3 -addext "
             "'nameConstraints=critical,permitted;DNS:.example.org,excluded;IP:10.0.0.0/255.0.0.0,excluded;email:example.com'");
        der = get("c.der");
        assert_int_equal(check_certificate(bytes_view(&der), time(NULL), &reply), 0);
        assert_int_equal(reply.problem, CHECK_NONE);
        assert_string_equal(reply.subject, "CN=Example CA,O=Example,C=PL");
        assert_string_equal(reply.issuer, reply.subject);
        assert_string_equal(reply.serial, "00deadbeef");
        assert_string_equal(reply.algorithm, "EC/ECDSA, 256 bits, signed with ECDSA-SHA256");
        assert_int_equal(reply.path_length, 3);
        assert_true(reply.ca);
        assert_int_equal(reply.not_after - reply.not_before, 30 * 86400);
        assert_true(view_equal(bytes_view(&reply.der), bytes_view(&der)));
        assert_int_equal(reply.n_constraints, ELEMENTSOF(lines));
        for (size_t i = 0; i < ELEMENTSOF(lines); i++)
                assert_string_equal(reply.constraints[i], lines[i]);
}

/* The local CA's root says what it can never be. */
static void test_local_root(void **state) {
        static const char *const lines[] = {
                "excluded DNS name: every", "excluded IP address: 0.0.0.0/0.0.0.0", "excluded IP address: ::/::",
        };
        _cleanup_(check_reply_done) CheckReply reply = { 0 };
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        _cleanup_(subject_freep) Subject *subject = NULL;
        _cleanup_certificate_ Certificate root = { 0 };

        assert_int_equal(subject_new(&subject), 0);
        assert_int_equal(subject_set(subject, "commonName", "Example CA"), 0);
        assert_int_equal(key_generate(KEY_P384, &key), 0);
        assert_int_equal(key_to_public(key, &pubkey), 0);
        assert_int_equal(root_create(&(Signatory) { sign_by_key, key }, pubkey, subject, time(NULL), 30, &root), 0);
        assert_int_equal(check_certificate(bytes_view(&root.der), time(NULL), &reply), 0);
        assert_int_equal(reply.problem, CHECK_NONE);
        assert_int_equal(reply.path_length, 0);
        assert_string_equal(reply.serial, root.serial);
        assert_int_equal(reply.n_constraints, ELEMENTSOF(lines));
        for (size_t i = 0; i < ELEMENTSOF(lines); i++)
                assert_string_equal(reply.constraints[i], lines[i]);
}

/* A name that would play tricks on a terminal is shown without them. */
static void test_hostile_name(void **state) {
        _cleanup_(check_reply_done) CheckReply reply = { 0 };
        _cleanup_bytes_ Bytes der = BYTES_NULL, text = BYTES_NULL;

        run("printf '[req]\\ndistinguished_name=d\\nutf8=yes\\nprompt=no\\n[d]\\nCN=\"evil\\x1b[2J\\xe2\\x80\\xaeend\"\\n' > evil.cnf && "
            "openssl req -x509 -config evil.cnf -utf8 " P256 "-nodes -keyout key.pem -outform DER -out c.der " CA);
        der = get("c.der");
        assert_int_equal(check_certificate(bytes_view(&der), time(NULL), &reply), 0);
        assert_null(strchr(reply.subject, '\x1b'));
        assert_null(strstr(reply.subject, "\xe2\x80\xae"));
        assert_non_null(strstr(reply.subject, "evil"));
        assert_int_equal(check_reply_write(&reply, &text), 0);
}

static void test_too_many_constraints(void **state) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;

        run("{ printf '[req]\\ndistinguished_name=d\\nx509_extensions=v\\n[d]\\n[v]\\nbasicConstraints=critical,CA:TRUE\\nnameConstraints=critical,@n\\n[n]\\n';"
            "for i in $(seq 65); do echo \"excluded;DNS.$i=h$i.example.org\"; done; } > many.cnf; "
            "openssl req -x509 -config many.cnf " P256 "-nodes -keyout key.pem -outform DER -out c.der -subj /CN=a");
        der = get("c.der");
        assert_int_equal(check(bytes_view(&der), time(NULL)), CHECK_TOO_COMPLEX);
}

static void test_files(void **state) {
        static const struct {
                const char *command;
                CheckProblem problem;
        } cases[] = {
                { "cat c.pem > f", CHECK_NONE },
                { "{ echo; cat c.pem; echo; } > f", CHECK_NONE },
                { "sed 's/$/\\r/' c.pem > f", CHECK_NONE },
                { "cat c.pem c.pem > f", CHECK_SEVERAL },
                { "cat c.der c.der > f", CHECK_TRAILING_DATA },
                { "{ cat c.der; echo; } > f", CHECK_TRAILING_DATA },
                { "{ cat c.pem; echo x; } > f", CHECK_TRAILING_DATA },
                { "{ echo subject=x; cat c.pem; } > f", CHECK_TRAILING_DATA },
                { "cat c.pem key.pem > f", CHECK_PRIVATE_KEY },
                { "cat key.pem c.pem > f", CHECK_PRIVATE_KEY },
                { "cat key.pem > f", CHECK_PRIVATE_KEY },
                { "openssl pkey -in key.pem -outform DER -out f", CHECK_PRIVATE_KEY },
                { "openssl pkcs8 -topk8 -in key.pem -out f -passout pass:x", CHECK_PRIVATE_KEY },
                { "openssl ec -in key.pem -out f", CHECK_PRIVATE_KEY },
                { "openssl pkey -in key.pem -pubout -out f", CHECK_NOT_A_CERTIFICATE },
                { "openssl x509 -in c.pem -trustout -addtrust serverAuth -out f", CHECK_NOT_A_CERTIFICATE },
                { "openssl x509 -in c.pem -x509toreq -signkey key.pem -out f", CHECK_NOT_A_CERTIFICATE },
                { "openssl pkcs12 -export -in c.pem -inkey key.pem -passout pass: -out f", CHECK_NOT_A_CERTIFICATE },
                { "openssl crl2pkcs7 -nocrl -certfile c.pem -out f", CHECK_NOT_A_CERTIFICATE },
                { "head -c 200 c.der > f", CHECK_NOT_A_CERTIFICATE },
                { "head -c 200 c.pem > f", CHECK_NOT_A_CERTIFICATE },
                { "head -c 1000 /dev/urandom | sed 's/-----BEGIN//' > f", CHECK_NOT_A_CERTIFICATE },
                { "echo hello > f", CHECK_NOT_A_CERTIFICATE },
                { ": > f", CHECK_EMPTY },
                { "{ cat c.der; head -c 65536 /dev/zero; } > f", CHECK_TOO_LARGE },
        };

        make(P256 CA);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_bytes_ Bytes file = BYTES_NULL;
                CheckProblem p;

                run(cases[i].command);
                file = get("f");
                p = check(bytes_view(&file), time(NULL));
                if (p != cases[i].problem)
                        fail_msg("%s: %s", cases[i].command, check_problem_sentence(p));
        }
}

/* No flipped bit in a self-signed certificate is accepted: its own signature covers all of it. One in a name makes it another's. */
static void test_altered(void **state) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;

        make(P256 CA);
        der = get("c.der");
        for (size_t i = 0; i < der.len; i++) {
                _cleanup_(check_reply_done) CheckReply reply = { 0 };

                der.data[i] ^= 4;
                assert_int_equal(check_certificate(bytes_view(&der), time(NULL), &reply), 0);
                if (reply.problem == CHECK_NONE && strcmp(reply.issuer, reply.subject) == 0)
                        fail_msg("byte %zu of %zu", i, der.len);
                der.data[i] ^= 4;
        }
}

/* --- Answers ------------------------------------------------------------------------------------------------------ */

#define HEAD "sygnet-trust-check 1\n"
#define BODY(der, subject, serial, before, ca, path, constraints)                                                                             \
        "der " der "\nsubject " subject "\nissuer i\nserial " serial "\nalgorithm a\nnot-before " before "\nnot-after 2\nca " ca \
        "\npath-length " path "\nconstraints " constraints
#define GOOD HEAD "problem none\n" BODY("AAAA", "s", "01", "1", "1", "-1", "0\n") "end\n"

static int read_answer(const char *text) {
        _cleanup_(check_reply_done) CheckReply reply = { 0 };

        return check_reply_read(view_string(text), &reply);
}

static void test_answers(void **state) {
        static const char *const good[] = {
                GOOD,
                HEAD "problem expired\n" BODY("AAAA", "", "01", "-1", "0", "0", "1\nconstraint x\n") "end\n",
                HEAD "problem private-key\nend\n",
        };
        static const char *const bad[] = {
                "",
                "\n",
                "sygnet-trust-check 2\nproblem private-key\nend\n",
                HEAD,
                HEAD "problem private-key\n",
                HEAD "problem private-key\nend",
                HEAD "problem private-key\nend\n\n",
                HEAD "problem private-key\nend\nend\n",
                HEAD "problem none\nend\n",
                HEAD "problem nonsense\nend\n",
                HEAD "problem \nend\n",
                HEAD "problem private-key\n" BODY("AAAA", "s", "01", "1", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("", "s", "01", "1", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAA", "s", "01", "1", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AA AA", "s", "01", "1", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s\x1b[2J", "01", "1", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s\xff", "01", "1", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "0G", "1", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "", "1", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "01", "1x", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "01", "+1", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "01", "01", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "01", "99999999999999999999", "1", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "01", "1", "2", "-1", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "01", "1", "1", "-2", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "01", "1", "1", "2147483648", "0\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "01", "1", "1", "-1", "1\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "01", "1", "1", "-1", "0\nconstraint x\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "01", "1", "1", "-1", "65\nconstraint x\n") "end\n",
                HEAD "problem none\n" BODY("AAAA", "s", "01", "1", "1", "-1", "-1\n") "end\n",
                HEAD "problem none\nder AAAA\nissuer i\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                assert_int_equal(read_answer(good[i]), 0);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                if (read_answer(bad[i]) != -EBADMSG)
                        fail_msg("taken for an answer: %s", bad[i]);
}

static void test_answers_cut_and_long(void **state) {
        _cleanup_(check_reply_done) CheckReply reply = { 0 };
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        for (size_t n = 0; n < strlen(GOOD); n++)
                assert_int_equal(check_reply_read(VIEW(GOOD, n), &reply), -EBADMSG);
        assert_int_equal(bytes_printf(&b, HEAD "problem none\nder AAAA\nsubject "), 0);
        for (size_t i = 0; i <= REPLY_TEXT_MAX; i++)
                assert_int_equal(bytes_append_byte(&b, 'a'), 0);
        assert_int_equal(bytes_printf(&b, "\nissuer i\nserial 01\nalgorithm a\nnot-before 1\nnot-after 2\nca 1\npath-length -1\nconstraints 0\nend\n"), 0);
        assert_int_equal(check_reply_read(bytes_view(&b), &reply), -EBADMSG);
        while (b.len <= REPLY_SIZE_MAX)
                assert_int_equal(bytes_append(&b, "constraint x\n", 13), 0);
        assert_int_equal(check_reply_read(bytes_view(&b), &reply), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_certificates),
                cmocka_unit_test(test_description),
                cmocka_unit_test(test_local_root),
                cmocka_unit_test(test_hostile_name),
                cmocka_unit_test(test_too_many_constraints),
                cmocka_unit_test(test_files),
                cmocka_unit_test(test_altered),
                cmocka_unit_test(test_answers),
                cmocka_unit_test(test_answers_cut_and_long),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
