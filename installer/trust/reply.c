/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The checker's answer; see reply.h. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "installer/trust/reply.h"

/* Marks a sentence for xgettext; the client passes it through gettext(). */
#define N_(s) s

#define HEADER "sygnet-trust-check 1\n"
#define SERIAL_MAX 128U
#define INTEGER_MAX 20U

static const struct {
        const char *keyword, *sentence;
} problems[CHECK_PROBLEM_MAX] = {
        [CHECK_NONE] = { "none", "" },
        [CHECK_EMPTY] = { "empty", N_("There is nothing in it.") },
        [CHECK_TOO_LARGE] = { "too-large", N_("It is larger than 64 KiB: no certificate is.") },
        [CHECK_NOT_A_CERTIFICATE] = { "not-a-certificate", N_("It is no X.509 certificate in DER or PEM.") },
        [CHECK_SEVERAL] = { "several", N_("It holds several certificates. Install them one by one.") },
        [CHECK_PRIVATE_KEY] = { "private-key", N_("It holds a private key, which belongs in no trust store. Take the certificate out of it, and keep the key safe.") },
        [CHECK_TRAILING_DATA] = { "trailing-data", N_("It holds something beside the certificate.") },
        [CHECK_TOO_MANY] = { "too-many", N_("It holds more than 512 certificates.") },
        [CHECK_FILE_TOO_LARGE] = { "file-too-large", N_("It is larger than 8 MiB.") },
        [CHECK_NOT_A_CA] = { "not-a-ca", N_("It is not the certificate of a certification authority.") },
        [CHECK_EXPIRED] = { "expired", N_("It has expired.") },
        [CHECK_NOT_YET_VALID] = { "not-yet-valid", N_("It is not valid yet, by this machine's clock.") },
        [CHECK_WEAK_KEY] = { "weak-key", N_("Its key is too weak, or of a kind that is not known: RSA needs 2048 bits, elliptic curves 256.") },
        [CHECK_WEAK_DIGEST] = { "weak-digest", N_("It was signed over a digest that is broken (MD5, SHA-1) or not known.") },
        [CHECK_BAD_SIGNATURE] = { "bad-signature", N_("Its signature does not fit, though its issuer is at hand: it was altered or damaged.") },
        [CHECK_UNKNOWN_EXTENSION] = { "unknown-extension", N_("It has a critical extension that is not known here.") },
        [CHECK_TOO_COMPLEX] = { "too-complex", N_("It has more name constraints than could be shown to anybody.") },
        [CHECK_DUPLICATE] = { "duplicate", N_("It stands in the file more than once.") },
};

const char *check_problem_sentence(CheckProblem p) {
        return problems[p].sentence;
}

const char *check_problem_keyword(CheckProblem p) {
        return problems[p].keyword;
}

void check_reply_done(CheckReply *r) {
        bytes_done(&r->der);
        free(r->subject);
        free(r->issuer);
        free(r->serial);
        free(r->algorithm);
        for (size_t i = 0; i < r->n_constraints; i++)
                free(r->constraints[i]);
        *r = (CheckReply) { 0 };
}

/* --- What is valid where ------------------------------------------------------------------------------------------ */

static bool is_text(const char *s) {
        return strlen(s) <= REPLY_TEXT_MAX && utf8_is_printable(s);
}

static bool is_serial(const char *s) {
        size_t n = strlen(s);

        return n > 0 && n <= SERIAL_MAX && strspn(s, "0123456789abcdef") == n;
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static bool is_sound(const CheckReply *r) {
        if (r->der.len == 0 || r->der.len > CERTIFICATE_SIZE_MAX || r->n_constraints > REPLY_CONSTRAINTS_MAX || r->path_length < -1)
                return false;
        for (size_t i = 0; i < r->n_constraints; i++)
                if (!is_text(r->constraints[i]))
                        return false;
        return is_text(r->subject) && is_text(r->issuer) && is_text(r->algorithm) && is_serial(r->serial);
}

static int write_certificate(const CheckReply *r, Bytes *b) {
        _cleanup_free_ char *der = base64_encode(bytes_view(&r->der));
        int k;

        if (!der)
                return -ENOMEM;
        k = bytes_printf(b, "der %s\nsubject %s\nissuer %s\nserial %s\nalgorithm %s\n", der, r->subject, r->issuer, r->serial, r->algorithm);
        if (k >= 0)
                k = bytes_printf(b, "not-before %lld\nnot-after %lld\nca %d\npath-length %d\nconstraints %zu\n", (long long) r->not_before,
                                 (long long) r->not_after, r->ca, r->path_length, r->n_constraints);
        for (size_t i = 0; k >= 0 && i < r->n_constraints; i++)
                k = bytes_printf(b, "constraint %s\n", r->constraints[i]);
        return k;
}

int check_reply_write(const CheckReply *r, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int k;

        if (!check_problem_is_unreadable(r->problem) && !is_sound(r))
                return -EINVAL;
        k = bytes_printf(&b, HEADER "problem %s\n", problems[r->problem].keyword);
        if (k >= 0 && !check_problem_is_unreadable(r->problem))
                k = write_certificate(r, &b);
        if (k >= 0)
                k = bytes_printf(&b, "end\n");
        if (k < 0)
                return k;
        *ret = bytes_take(&b);
        return 0;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

/* Takes the next line, which must begin with `name` and a space, and copies what follows. */
static int take(View *text, const char *name, size_t max, char **ret) {
        size_t prefix = strlen(name) + 1, len;
        const uint8_t *end;

        end = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
        if (!end)
                return -EBADMSG;
        len = (size_t) (end - text->data);
        if (len < prefix || memcmp(text->data, name, prefix - 1) != 0 || text->data[prefix - 1] != ' ')
                return -EBADMSG;
        if (len - prefix > max || memchr(text->data, 0, len))
                return -EBADMSG;
        *ret = strndup((const char *) text->data + prefix, len - prefix);
        if (!*ret)
                return -ENOMEM;
        *text = VIEW(end + 1, text->len - len - 1);
        return 0;
}

static int take_text(View *text, const char *name, char **ret) {
        int r = take(text, name, REPLY_TEXT_MAX, ret);

        return r < 0 ? r : utf8_is_printable(*ret) ? 0 : -EBADMSG;
}

/* In the one form that printf gives it. */
static int take_integer(View *text, const char *name, int64_t min, int64_t max, int64_t *ret) {
        _cleanup_free_ char *s = NULL;
        char again[INTEGER_MAX + 2];
        long long n;
        int r;

        r = take(text, name, INTEGER_MAX, &s);
        if (r < 0)
                return r;
        n = strtoll(s, NULL, 10);
        snprintf(again, sizeof(again), "%lld", n);
        if (strcmp(s, again) != 0 || n < min || n > max)
                return -EBADMSG;
        *ret = n;
        return 0;
}

static int take_der(View *text, Bytes *ret) {
        _cleanup_free_ char *s = NULL, *again = NULL;
        int r;

        r = take(text, "der", CERTIFICATE_SIZE_MAX * 4 / 3 + 4, &s);
        if (r < 0)
                return r;
        r = base64_decode(view_string(s), ret);
        if (r < 0)
                return r == -ENOMEM ? r : -EBADMSG;
        again = base64_encode(bytes_view(ret));
        if (!again)
                return -ENOMEM;
        return ret->len == 0 || ret->len > CERTIFICATE_SIZE_MAX || strcmp(s, again) != 0 ? -EBADMSG : 0;
}

static int take_problem(View *text, CheckProblem *ret) {
        _cleanup_free_ char *s = NULL;
        int r = take(text, "problem", 64, &s);

        if (r < 0)
                return r;
        for (int i = 0; i < CHECK_PROBLEM_MAX; i++) {
                if (strcmp(problems[i].keyword, s) != 0)
                        continue;
                *ret = (CheckProblem) i;
                return 0;
        }
        return -EBADMSG;
}

static int take_constraints(View *text, CheckReply *reply) {
        int64_t n;
        int r;

        r = take_integer(text, "constraints", 0, REPLY_CONSTRAINTS_MAX, &n);
        for (int64_t i = 0; r >= 0 && i < n; i++) {
                char *line = NULL;

                r = take_text(text, "constraint", &line);
                if (line)
                        reply->constraints[reply->n_constraints++] = line;
        }
        return r;
}

static int take_certificate(View *text, CheckReply *reply) {
        int64_t ca, path_length;
        int r;

        r = take_der(text, &reply->der);
        if (r >= 0)
                r = take_text(text, "subject", &reply->subject);
        if (r >= 0)
                r = take_text(text, "issuer", &reply->issuer);
        if (r >= 0)
                r = take(text, "serial", SERIAL_MAX, &reply->serial);
        if (r >= 0 && !is_serial(reply->serial))
                r = -EBADMSG;
        if (r >= 0)
                r = take_text(text, "algorithm", &reply->algorithm);
        if (r >= 0)
                r = take_integer(text, "not-before", INT64_MIN, INT64_MAX, &reply->not_before);
        if (r >= 0)
                r = take_integer(text, "not-after", INT64_MIN, INT64_MAX, &reply->not_after);
        if (r >= 0)
                r = take_integer(text, "ca", 0, 1, &ca);
        if (r >= 0)
                r = take_integer(text, "path-length", -1, INT32_MAX, &path_length);
        if (r < 0)
                return r;
        reply->ca = ca;
        reply->path_length = (int) path_length;
        return take_constraints(text, reply);
}

int check_reply_read(View text, CheckReply *ret) {
        _cleanup_(check_reply_done) CheckReply reply = { 0 };
        View header = VIEW_LITERAL(HEADER);
        int r;

        if (text.len > REPLY_SIZE_MAX || text.len < header.len || !view_equal(VIEW(text.data, header.len), header))
                return -EBADMSG;
        text = VIEW(text.data + header.len, text.len - header.len);
        r = take_problem(&text, &reply.problem);
        if (r >= 0 && !check_problem_is_unreadable(reply.problem))
                r = take_certificate(&text, &reply);
        if (r < 0)
                return r;
        if (!view_equal(text, VIEW_LITERAL("end\n")))
                return -EBADMSG;
        *ret = reply;
        reply = (CheckReply) { 0 };
        return 0;
}
