/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The check; see check.h. */

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "crypto/key.h"
#include "installer/trust/check.h"

#define PEM_BEGIN "-----BEGIN "
#define PEM_BEGIN_CERTIFICATE "-----BEGIN CERTIFICATE-----"
#define PEM_END_CERTIFICATE "-----END CERTIFICATE-----"

DEFINE_CLEANUP(gnutls_x509_name_constraints_t, gnutls_x509_name_constraints_deinit);
DEFINE_CLEANUP(gnutls_x509_privkey_t, gnutls_x509_privkey_deinit);

/* --- From the file to DER ----------------------------------------------------------------------------------------- */

static bool is_blank(View v) {
        for (size_t i = 0; i < v.len; i++)
                if (!strchr(" \t\r\n", v.data[i]) || v.data[i] == 0)
                        return false;
        return true;
}

static int read_pem(View input, CheckProblem *problem, Bytes *ret) {
        const uint8_t *begin = view_find(input, PEM_BEGIN), *end;
        View rest;

        *problem = CHECK_NONE;
        if (view_find(input, "PRIVATE KEY-----"))
                *problem = CHECK_PRIVATE_KEY;
        else if (begin != view_find(input, PEM_BEGIN_CERTIFICATE))
                *problem = CHECK_NOT_A_CERTIFICATE;
        if (*problem != CHECK_NONE)
                return 0;
        rest = view_from(input, begin + strlen(PEM_BEGIN_CERTIFICATE));
        end = view_find(rest, PEM_END_CERTIFICATE);
        if (!end)
                *problem = CHECK_NOT_A_CERTIFICATE;
        else if (view_find(rest, PEM_BEGIN_CERTIFICATE))
                *problem = CHECK_SEVERAL;
        else if (!is_blank(VIEW(input.data, (size_t) (begin - input.data))) || !is_blank(view_from(rest, end + strlen(PEM_END_CERTIFICATE))))
                *problem = CHECK_TRAILING_DATA;
        else {
                int r = base64_decode(VIEW(rest.data, (size_t) (end - rest.data)), ret);

                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        *problem = CHECK_NOT_A_CERTIFICATE;
        }
        return 0;
}

/* The length of the element at the head of `v`, header and all; 0 when there is none of definite length that fits. */
static size_t element_length(View v, size_t *ret_header) {
        size_t len, n;

        if (v.len < 2)
                return 0;
        len = v.data[1];
        n = 0;
        if (len > 0x80) {
                n = len & 0x7f;
                if (n > 3 || v.len < 2 + n)
                        return 0;
                len = 0;
                for (size_t i = 0; i < n; i++)
                        len = len << 8 | v.data[2 + i];
        } else if (len == 0x80)
                return 0;
        *ret_header = 2 + n;
        return len <= v.len - 2 - n ? 2 + n + len : 0;
}

static bool is_private_key(const gnutls_datum_t *datum) {
        _cleanup_(gnutls_x509_privkey_deinitp) gnutls_x509_privkey_t key = NULL;

        return gnutls_x509_privkey_init(&key) >= 0 && gnutls_x509_privkey_import2(key, datum, GNUTLS_X509_FMT_DER, NULL, 0) >= 0;
}

static CheckProblem import(View der, gnutls_x509_crt_t *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        gnutls_datum_t datum = { .data = (unsigned char *) der.data, .size = (unsigned) der.len };
        size_t header, length = element_length(der, &header);

        if (length > 0 && length < der.len && der.data[0] == 0x30)
                return CHECK_TRAILING_DATA;
        if (gnutls_x509_crt_init(&crt) < 0)
                return CHECK_NOT_A_CERTIFICATE;
        if (length != der.len || gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER) < 0)
                return is_private_key(&datum) ? CHECK_PRIVATE_KEY : CHECK_NOT_A_CERTIFICATE;
        *ret = TAKE_PTR(crt);
        return CHECK_NONE;
}

/* --- What it says ------------------------------------------------------------------------------------------------- */

/* A copy fit to be shown, cut at a character where it is too long. */
static char *shown(View v) {
        char *s = utf8_sanitize(v);
        size_t n = 0, l;

        if (!s || strlen(s) <= REPLY_TEXT_MAX)
                return s;
        while ((l = utf8_char_length(s + n)) > 0 && n + l <= REPLY_TEXT_MAX)
                n += l;
        s[n] = 0;
        return s;
}

static char *shown_name(gnutls_x509_crt_t crt, int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned)) {
        gnutls_datum_t d = { 0 };
        char *s;

        if (get(crt, &d, 0) < 0)
                return strdup("");
        s = shown(VIEW(d.data, d.size));
        gnutls_free(d.data);
        return s;
}

static char *serial(gnutls_x509_crt_t crt) {
        uint8_t data[64];
        size_t size = sizeof(data);

        if (gnutls_x509_crt_get_serial(crt, data, &size) < 0 || size == 0)
                return strdup("00");
        return hex_encode(VIEW(data, size));
}

static char *algorithm(gnutls_x509_crt_t crt) {
        const char *pk, *sign;
        unsigned bits = 0;
        char *s;

        pk = gnutls_pk_get_name((gnutls_pk_algorithm_t) gnutls_x509_crt_get_pk_algorithm(crt, &bits));
        sign = gnutls_sign_get_name((gnutls_sign_algorithm_t) gnutls_x509_crt_get_signature_algorithm(crt));
        return asprintf(&s, "%s, %u bits, signed with %s", pk ?: "unknown", bits, sign ?: "an unknown algorithm") < 0 ? NULL : s;
}

/* An address under a mask, RFC 5280 §4.2.1.10. */
static char *address(View v) {
        int family = v.len == 8 ? AF_INET : AF_INET6;
        char base[INET6_ADDRSTRLEN], mask[INET6_ADDRSTRLEN], *s;

        if (v.len != 8 && v.len != 32)
                return strdup("malformed");
        if (!inet_ntop(family, v.data, base, sizeof(base)) || !inet_ntop(family, v.data + v.len / 2, mask, sizeof(mask)))
                return NULL;
        return asprintf(&s, "%s/%s", base, mask) < 0 ? NULL : s;
}

static char *directory_name(View v) {
        gnutls_datum_t in = { .data = (unsigned char *) v.data, .size = (unsigned) v.len }, out;
        char *s;

        if (gnutls_x509_rdn_get2(&in, &out, 0) < 0)
                return strdup("malformed");
        s = shown(VIEW(out.data, out.size));
        gnutls_free(out.data);
        return s;
}

static char *constraint(const char *verdict, unsigned type, View name) {
        _cleanup_free_ char *value = NULL, *line = NULL;
        const char *kind = "other name";
        char *s;

        switch (type) {
        case GNUTLS_SAN_DNSNAME:
                kind = "DNS name";
                break;
        case GNUTLS_SAN_RFC822NAME:
                kind = "e-mail address";
                break;
        case GNUTLS_SAN_URI:
                kind = "URI";
                break;
        case GNUTLS_SAN_IPADDRESS:
                kind = "IP address";
                value = address(name);
                break;
        case GNUTLS_SAN_DN:
                kind = "directory name";
                value = directory_name(name);
                break;
        default:
                value = strdup("");
        }
        if (!value)
                value = name.len > 0 ? shown(name) : strdup("every");
        if (!value || asprintf(&line, "%s %s: %s", verdict, kind, value) < 0)
                return NULL;
        s = shown(view_string(line));
        return s;
}

typedef int (*GetConstraint)(gnutls_x509_name_constraints_t, unsigned, unsigned *, gnutls_datum_t *);

/* CHECK_TOO_COMPLEX when there are more than are shown. */
static int add_constraints(gnutls_x509_name_constraints_t nc, const char *verdict, GetConstraint get, CheckReply *reply, bool *too_many) {
        gnutls_datum_t name;
        unsigned type;

        for (unsigned i = 0; get(nc, i, &type, &name) >= 0; i++) {
                if (reply->n_constraints >= REPLY_CONSTRAINTS_MAX) {
                        *too_many = true;
                        return 0;
                }
                reply->constraints[reply->n_constraints] = constraint(verdict, type, VIEW(name.data, name.size));
                if (!reply->constraints[reply->n_constraints])
                        return -ENOMEM;
                reply->n_constraints++;
        }
        return 0;
}

static int describe_constraints(gnutls_x509_crt_t crt, CheckReply *reply, bool *too_many) {
        _cleanup_(gnutls_x509_name_constraints_deinitp) gnutls_x509_name_constraints_t nc = NULL;
        unsigned critical;
        int r;

        if (gnutls_x509_name_constraints_init(&nc) < 0)
                return -ENOMEM;
        r = gnutls_x509_crt_get_name_constraints(crt, nc, 0, &critical);
        if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                return 0;
        if (r < 0) {
                *too_many = true; /* what cannot be read cannot be shown */
                return 0;
        }
        r = add_constraints(nc, "permitted", gnutls_x509_name_constraints_get_permitted, reply, too_many);
        return r < 0 ? r : add_constraints(nc, "excluded", gnutls_x509_name_constraints_get_excluded, reply, too_many);
}

static int describe(gnutls_x509_crt_t crt, CheckReply *reply) {
        unsigned critical, ca = 0;
        int path_length = -1;

        reply->subject = shown_name(crt, gnutls_x509_crt_get_dn3);
        reply->issuer = shown_name(crt, gnutls_x509_crt_get_issuer_dn3);
        reply->serial = serial(crt);
        reply->algorithm = algorithm(crt);
        if (!reply->subject || !reply->issuer || !reply->serial || !reply->algorithm)
                return -ENOMEM;
        reply->not_before = gnutls_x509_crt_get_activation_time(crt);
        reply->not_after = gnutls_x509_crt_get_expiration_time(crt);
        if (gnutls_x509_crt_get_basic_constraints(crt, &critical, &ca, &path_length) < 0)
                ca = 0;
        reply->ca = ca;
        reply->path_length = path_length < -1 ? -1 : path_length;
        return 0;
}

/* --- Whether it will do ------------------------------------------------------------------------------------------- */

static bool may_sign_certificates(gnutls_x509_crt_t crt) {
        unsigned usage, critical;
        int r = gnutls_x509_crt_get_key_usage(crt, &usage, &critical);

        /* Old roots have no keyUsage; then every use is allowed (RFC 5280 §4.2.1.3). */
        return r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE || (r >= 0 && (usage & GNUTLS_KEY_KEY_CERT_SIGN));
}

static bool key_is_strong(gnutls_x509_crt_t crt) {
        unsigned bits = 0;

        switch (gnutls_x509_crt_get_pk_algorithm(crt, &bits)) {
        case GNUTLS_PK_RSA:
        case GNUTLS_PK_RSA_PSS:
                return bits >= 2048;
        case GNUTLS_PK_ECDSA:
                return bits >= 256;
        case GNUTLS_PK_EDDSA_ED25519:
        case GNUTLS_PK_EDDSA_ED448:
                return true;
        default:
                return false;
        }
}

/* Nobody verifies the signature that an anchor bears, so a weak one harms nothing by itself; but an authority whose newest certificate rests
 * on such a digest is none to be added today. */
static bool digest_is_strong(gnutls_x509_crt_t crt) {
        int sign = gnutls_x509_crt_get_signature_algorithm(crt);

        return sign > 0 && gnutls_sign_is_secure2((gnutls_sign_algorithm_t) sign, GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS);
}

static bool is_pss(gnutls_x509_crt_t crt) {
        int sign = gnutls_x509_crt_get_signature_algorithm(crt);

        return sign == GNUTLS_SIGN_RSA_PSS_SHA256 || sign == GNUTLS_SIGN_RSA_PSS_SHA384 || sign == GNUTLS_SIGN_RSA_PSS_SHA512 ||
               sign == GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 || sign == GNUTLS_SIGN_RSA_PSS_RSAE_SHA384 || sign == GNUTLS_SIGN_RSA_PSS_RSAE_SHA512;
}

/* Whether `issuer` signed it. RSA-PSS passes, since GnuTLS takes no length of the salt from us. */
static bool is_signed_by(gnutls_x509_crt_t crt, View der, gnutls_x509_crt_t issuer) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        uint8_t value[1024];
        size_t size = sizeof(value), header, length;
        gnutls_datum_t tbs, signature = { .data = value };
        View inner;

        if (is_pss(crt))
                return true;
        if (gnutls_x509_crt_get_signature(crt, (char *) value, &size) < 0 || gnutls_pubkey_init(&key) < 0 ||
            gnutls_pubkey_import_x509(key, issuer, 0) < 0)
                return false;
        if (element_length(der, &header) == 0)
                return false;
        inner = VIEW(der.data + header, der.len - header);
        length = element_length(inner, &header);
        if (length == 0)
                return false;
        tbs = (gnutls_datum_t) { .data = (unsigned char *) inner.data, .size = (unsigned) length };
        signature.size = (unsigned) size;
        return gnutls_pubkey_verify_data2(key, (gnutls_sign_algorithm_t) gnutls_x509_crt_get_signature_algorithm(crt), 0, &tbs, &signature) >= 0;
}

/* Where it says that it signed itself, the signature must fit: nothing else shows that the file is whole. */
static bool signature_fits(gnutls_x509_crt_t crt, View der) {
        return !gnutls_x509_crt_check_issuer(crt, crt) || is_signed_by(crt, der, crt);
}

static bool knows_critical_extensions(gnutls_x509_crt_t crt) {
        static const char *const known[] = {
                "2.5.29.15", "2.5.29.17", "2.5.29.18", "2.5.29.19", "2.5.29.30", "2.5.29.32", "2.5.29.33", "2.5.29.36", "2.5.29.37", "2.5.29.54",
        };

        for (unsigned i = 0;; i++) {
                char oid[128];
                size_t size = sizeof(oid);
                unsigned critical;
                bool found = false;
                int r = gnutls_x509_crt_get_extension_info(crt, i, oid, &size, &critical);

                if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                        return true;
                if (r < 0)
                        return false;
                for (size_t k = 0; k < ELEMENTSOF(known) && !found; k++)
                        found = strcmp(known[k], oid) == 0;
                if (critical && !found)
                        return false;
        }
}

static CheckProblem judge(gnutls_x509_crt_t crt, const CheckReply *reply, int64_t now) {
        if (!reply->ca || gnutls_x509_crt_get_version(crt) != 3 || !may_sign_certificates(crt))
                return CHECK_NOT_A_CA;
        if (now > reply->not_after)
                return CHECK_EXPIRED;
        if (now < reply->not_before)
                return CHECK_NOT_YET_VALID;
        if (!key_is_strong(crt))
                return CHECK_WEAK_KEY;
        if (!digest_is_strong(crt))
                return CHECK_WEAK_DIGEST;
        if (!signature_fits(crt, bytes_view(&reply->der)))
                return CHECK_BAD_SIGNATURE;
        return knows_critical_extensions(crt) ? CHECK_NONE : CHECK_UNKNOWN_EXTENSION;
}

static int read_der(View input, CheckProblem *problem, Bytes *ret) {
        *problem = input.len == 0 ? CHECK_EMPTY : input.len > CERTIFICATE_SIZE_MAX ? CHECK_TOO_LARGE : CHECK_NONE;
        if (*problem != CHECK_NONE)
                return 0;
        return view_find(input, PEM_BEGIN) ? read_pem(input, problem, ret) : bytes_dup(input, ret);
}

int check_certificate_der(View der, int64_t now, CheckReply *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_(check_reply_done) CheckReply reply = { 0 };
        bool too_many = false;
        int r;

        reply.problem = import(der, &crt);
        if (reply.problem == CHECK_NONE) {
                r = bytes_dup(der, &reply.der);
                if (r >= 0)
                        r = describe(crt, &reply);
                if (r >= 0)
                        r = describe_constraints(crt, &reply, &too_many);
                if (r < 0)
                        return r;
                reply.problem = judge(crt, &reply, now);
                if (reply.problem == CHECK_NONE && too_many)
                        reply.problem = CHECK_TOO_COMPLEX;
        }
        *ret = reply;
        reply = (CheckReply) { 0 };
        return 0;
}

int check_certificate(View input, int64_t now, CheckReply *ret) {
        CheckProblem problem;
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        int r = read_der(input, &problem, &der);

        if (r < 0)
                return r;
        if (problem == CHECK_NONE)
                return check_certificate_der(bytes_view(&der), now, ret);
        *ret = (CheckReply) { .problem = problem };
        return 0;
}

/* --- Several together --------------------------------------------------------------------------------------------- */

/* Of the others those count that could be its issuer by name and key identifier; where there are some, one of them must be it. */
static bool has_true_issuer(gnutls_x509_crt_t *crts, size_t n, size_t i, View der) {
        bool candidates = false;

        for (size_t k = 0; k < n; k++) {
                if (k == i || !crts[k] || !gnutls_x509_crt_check_issuer(crts[i], crts[k]))
                        continue;
                if (is_signed_by(crts[i], der, crts[k]))
                        return true;
                candidates = true;
        }
        return !candidates;
}

int check_signatures(CheckReply *replies, size_t n) {
        gnutls_x509_crt_t *crts = calloc(n + 1, sizeof(*crts));

        if (!crts)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                if (!check_problem_is_unreadable(replies[i].problem))
                        (void) import(bytes_view(&replies[i].der), &crts[i]);
        for (size_t i = 0; i < n; i++)
                if (crts[i] && replies[i].problem == CHECK_NONE && !gnutls_x509_crt_check_issuer(crts[i], crts[i]) &&
                    !has_true_issuer(crts, n, i, bytes_view(&replies[i].der)))
                        replies[i].problem = CHECK_BAD_SIGNATURE;
        for (size_t i = 0; i < n; i++)
                gnutls_x509_crt_deinit(crts[i]);
        free(crts);
        return 0;
}
