/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files of several certificates taken apart; see bundle.h. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "base/der-tag.h"
#include "der/ber.h"
#include "der/der.h"
#include "der/oids.h"
#include "installer/trust/bundle.h"
#include "installer/trust/check.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define LABEL_MAX 64U

/* One more; those beyond the limit are counted only. */
static CheckReply *next_reply(BundleReply *b) {
        if (b->n >= BUNDLE_CERTIFICATES_MAX) {
                b->problem = CHECK_TOO_MANY;
                return NULL;
        }
        return &b->replies[b->n++];
}

static bool is_twice(const BundleReply *b, const CheckReply *reply) {
        for (const CheckReply *other = b->replies; other < reply; other++)
                if (view_equal(bytes_view(&other->der), bytes_view(&reply->der)))
                        return true;
        return false;
}

static int add_der(BundleReply *b, View der, int64_t now) {
        CheckReply *reply = next_reply(b);
        int r;

        if (!reply)
                return 0;
        r = check_certificate_der(der, now, reply);
        if (r < 0)
                return r;
        if (reply->problem == CHECK_PRIVATE_KEY)
                b->problem = CHECK_PRIVATE_KEY;
        else if (!check_problem_is_unreadable(reply->problem) && is_twice(b, reply))
                reply->problem = CHECK_DUPLICATE;
        return 0;
}

static void add_problem(BundleReply *b, CheckProblem problem) {
        CheckReply *reply = next_reply(b);

        if (reply)
                reply->problem = problem;
}

/* --- PKCS #7 ------------------------------------------------------------------------------------------------------ */

static int expect(BerSource *s, const BerElement *parent, uint64_t *at, uint8_t tag, BerElement *ret) {
        int r = ber_next(s, parent, at, ret);

        return r < 0 ? r : r == 0 || ret->tag != tag ? -EBADMSG : 0;
}

/* Up to the content of the ContentInfo, which must be SignedData: RFC 5652 §3, RFC 2315 §7. */
static int enter_signed_data(BerSource *s, BerElement *ret) {
        BerElement info, type, explicit;
        uint8_t oid[DER_OID_MAX];
        char text[DER_OID_MAX];
        uint64_t at;
        int r;

        r = ber_element_read(s, 0, s->size, &info);
        if (r < 0 || info.tag != TAG_SEQUENCE || info.end != s->size)
                return r < 0 ? r : -EBADMSG;
        at = info.body;
        r = expect(s, &info, &at, 0x06, &type);
        if (r < 0 || type.end - type.at > sizeof(oid))
                return r < 0 ? r : -EBADMSG;
        r = ber_source_read(s, type.at, oid, (size_t) (type.end - type.at));
        if (r >= 0)
                r = der_read_oid(VIEW(oid, type.end - type.at), text);
        if (r < 0 || strcmp(text, OID_SIGNED_DATA) != 0)
                return r < 0 ? r : -EBADMSG;
        r = expect(s, &info, &at, TAG_CONTEXT_0, &explicit);
        at = explicit.body;
        return r < 0 ? r : expect(s, &explicit, &at, TAG_SEQUENCE, ret);
}

/* §5.1: version, digestAlgorithms, encapContentInfo, certificates [0]. -ENOENT where there are none. */
static int enter_certificates(BerSource *s, BerElement *ret) {
        BerElement signed_data, e;
        uint64_t at;
        int r;

        r = enter_signed_data(s, &signed_data);
        if (r < 0)
                return r;
        at = signed_data.body;
        r = expect(s, &signed_data, &at, TAG_INTEGER, &e);
        if (r >= 0)
                r = expect(s, &signed_data, &at, TAG_SET, &e);
        if (r >= 0)
                r = expect(s, &signed_data, &at, TAG_SEQUENCE, &e);
        if (r < 0)
                return r;
        r = ber_next(s, &signed_data, &at, ret);
        return r < 0 ? r : r == 0 || ret->tag != TAG_CONTEXT_0 ? -ENOENT : 0;
}

/* -EBADMSG when it is none, or has no certificates. */
static int add_pkcs7(BundleReply *b, View input, int64_t now) {
        _cleanup_ber_source_ BerSource s;
        BerElement set, e;
        uint64_t at;
        size_t n = 0;
        int r;

        ber_source_init(&s, input);
        r = enter_certificates(&s, &set);
        if (r < 0)
                return r == -ENOENT ? -EBADMSG : r;
        at = set.body;
        while (b->problem == CHECK_NONE && (r = ber_next(&s, &set, &at, &e)) > 0) {
                n++;
                if (e.end - e.at > CERTIFICATE_SIZE_MAX)
                        add_problem(b, CHECK_TOO_LARGE);
                else
                        r = add_der(b, VIEW(input.data + e.at, e.end - e.at), now);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : n > 0 ? 0 : -EBADMSG;
}

/* --- PEM ---------------------------------------------------------------------------------------------------------- */

static bool is_label(const char *label, const char *const *words, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(label, words[i]) == 0)
                        return true;
        return false;
}

/* What stands between BEGIN and END. */
static int add_block(BundleReply *b, const char *label, View body, int64_t now) {
        static const char *const certificates[] = { "CERTIFICATE", "X509 CERTIFICATE" }, *const messages[] = { "PKCS7", "CMS" };
        bool is_certificate = is_label(label, certificates, ELEMENTSOF(certificates));
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        int r = -EINVAL;

        if (is_certificate || is_label(label, messages, ELEMENTSOF(messages)))
                r = base64_decode(body, &der);
        if (r >= 0 && is_certificate && der.len > CERTIFICATE_SIZE_MAX) {
                add_problem(b, CHECK_TOO_LARGE);
                return 0;
        }
        if (r >= 0)
                r = is_certificate ? add_der(b, bytes_view(&der), now) : add_pkcs7(b, bytes_view(&der), now);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                add_problem(b, CHECK_NOT_A_CERTIFICATE);
        return 0;
}

/* The label of the block that begins at `v`, which is moved behind that line. False when there is none of a sensible form. */
static bool take_label(View *v, char ret[static LABEL_MAX + 1]) {
        View rest = VIEW(v->data + strlen(BEGIN), v->len - strlen(BEGIN));
        const uint8_t *end = view_find(VIEW(rest.data, rest.len < LABEL_MAX + strlen(DASHES) ? rest.len : LABEL_MAX + strlen(DASHES)), DASHES);
        size_t n;

        if (!end)
                return false;
        n = (size_t) (end - rest.data);
        memcpy(ret, rest.data, n);
        ret[n] = 0;
        *v = view_from(rest, end + strlen(DASHES));
        return true;
}

static int add_pem(BundleReply *b, View input, int64_t now) {
        const uint8_t *begin;

        while (b->problem == CHECK_NONE && (begin = view_find(input, BEGIN))) {
                char label[LABEL_MAX + 1], stop[LABEL_MAX + 32];
                const uint8_t *end;
                int r;

                input = view_from(input, begin);
                if (!take_label(&input, label)) {
                        b->problem = CHECK_NOT_A_CERTIFICATE;
                        return 0;
                }
                snprintf(stop, sizeof(stop), END "%s" DASHES, label);
                end = view_find(input, stop);
                if (!end) {
                        add_problem(b, CHECK_NOT_A_CERTIFICATE);
                        return 0;
                }
                r = add_block(b, label, VIEW(input.data, (size_t) (end - input.data)), now);
                if (r < 0)
                        return r;
                input = view_from(input, end + strlen(stop));
        }
        return 0;
}

/* --- All of it ---------------------------------------------------------------------------------------------------- */

static int take_apart(BundleReply *b, View input, int64_t now) {
        int r;

        if (view_find(input, "PRIVATE KEY-----")) {
                b->problem = CHECK_PRIVATE_KEY;
                return 0;
        }
        if (view_find(input, BEGIN))
                return add_pem(b, input, now);
        r = add_pkcs7(b, input, now);
        if (r < 0 && r != -ENOMEM && b->n == 0)
                r = input.len > CERTIFICATE_SIZE_MAX ? -EBADMSG : add_der(b, input, now);
        if (r < 0 && r != -ENOMEM)
                b->problem = CHECK_NOT_A_CERTIFICATE;
        return r == -ENOMEM ? r : 0;
}

static void drop_replies(BundleReply *b) {
        for (size_t i = 0; i < b->n; i++)
                check_reply_done(&b->replies[i]);
        b->n = 0;
}

int check_bundle(View input, int64_t now, BundleReply *ret) {
        _cleanup_bundle_ BundleReply b = { 0 };
        int r;

        b.replies = calloc(BUNDLE_CERTIFICATES_MAX, sizeof(*b.replies));
        if (!b.replies)
                return -ENOMEM;
        if (input.len == 0 || input.len > BUNDLE_SIZE_MAX)
                b.problem = input.len == 0 ? CHECK_EMPTY : CHECK_FILE_TOO_LARGE;
        else {
                r = take_apart(&b, input, now);
                if (r >= 0 && b.problem == CHECK_NONE)
                        r = check_signatures(b.replies, b.n);
                if (r < 0)
                        return r;
        }
        /* A file that is one thing and no certificate has nothing to be numbered. */
        if (b.problem == CHECK_NONE && b.n == 1 && check_problem_is_unreadable(b.replies[0].problem))
                b.problem = b.replies[0].problem;
        if (b.problem == CHECK_NONE && b.n == 0)
                b.problem = CHECK_NOT_A_CERTIFICATE;
        if (b.problem != CHECK_NONE)
                drop_replies(&b);
        *ret = b;
        b = (BundleReply) { 0 };
        return 0;
}
