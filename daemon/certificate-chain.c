/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Chains of certificates; see certificate-chain.h. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "crypto/name.h"
#include "daemon/certificate-chain.h"
#include "daemon/der-reader.h"

#define OID_ORGANIZATION_IDENTIFIER "2.5.4.97" /* X.520 */

static int import(View der, gnutls_x509_crt_t *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        const gnutls_datum_t data = { (unsigned char *) der.data, (unsigned) der.len };
        View rest = der, content;

        /* GnuTLS would not mind bytes that follow. */
        if (der.len > CHAIN_CERTIFICATE_MAX || der_expect(&rest, DER_SEQUENCE, &content) < 0 || rest.len > 0)
                return -EBADMSG;
        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_DER) < 0)
                return -EBADMSG;
        *ret = TAKE_PTR(crt);
        return 0;
}

typedef struct Given {
        gnutls_x509_crt_t crt;
        View der;
        bool taken;
} Given;

typedef struct Chain {
        Given given[CHAIN_GIVEN_MAX];
        size_t n;
        const Given *links[CHAIN_MAX];
        size_t n_links;
} Chain;

static void chain_done(Chain *c) {
        for (size_t i = 0; i < c->n; i++)
                gnutls_x509_crt_deinit(c->given[i].crt);
}

/* --- What a certificate is for ------------------------------------------------------------------------------------ */

/* Of the extended key usages, what a certificate without any other is for. Unknown ones are somebody's for signing. */
typedef struct Purposes {
        bool any, client, other_machine, signing;
} Purposes;

static Purposes read_purposes(gnutls_x509_crt_t crt) {
        static const char *const machines[] = { GNUTLS_KP_TLS_WWW_SERVER, GNUTLS_KP_CODE_SIGNING, GNUTLS_KP_TIME_STAMPING, GNUTLS_KP_OCSP_SIGNING };
        Purposes p = { 0 };
        char oid[128];
        size_t size = sizeof(oid);

        for (unsigned i = 0; gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size, NULL) >= 0; i++, size = sizeof(oid)) {
                bool machine = false;

                p.any = true;
                for (size_t k = 0; k < ELEMENTSOF(machines); k++)
                        machine |= strcmp(oid, machines[k]) == 0;
                if (strcmp(oid, GNUTLS_KP_ANY) == 0)
                        p.client = p.signing = true;
                else if (strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT) == 0)
                        p.client = true;
                else if (machine)
                        p.other_machine = true;
                else
                        p.signing = true;
        }
        return p;
}

/* A certificate of KSeF is told by its key usage alone. */
static const char *check_purposes(gnutls_x509_crt_t crt, Profile profile) {
        Purposes p = read_purposes(crt);

        if (!p.any || profile_keeps_order(profile))
                return NULL;
        if (profile_key_usage(profile) == GNUTLS_KEY_DIGITAL_SIGNATURE)
                return p.client ? NULL : "The certificate's extended key usage does not allow client authentication.";
        return p.signing ? NULL : "The certificate's extended key usage is for computers and logins, not for signing documents.";
}

static const char *check_own(gnutls_x509_crt_t crt, Profile profile) {
        unsigned usage = 0, critical;
        const char *problem;

        if (gnutls_x509_crt_get_key_usage(crt, &usage, &critical) < 0)
                usage = 0;
        problem = profile_key_usage_problem(profile, usage);
        return problem ?: check_purposes(crt, profile);
}

/* --- Building ----------------------------------------------------------------------------------------------------- */

static bool is_given(const Chain *c, View der) {
        for (size_t i = 0; i < c->n; i++)
                if (view_equal(c->given[i].der, der))
                        return true;
        return false;
}

static int import_all(Chain *c, const View *certificates, size_t n, const char **ret_problem) {
        for (size_t i = 0; i < n; i++) {
                Given *g = &c->given[c->n];
                int r;

                if (is_given(c, certificates[i]))
                        continue;
                r = import(certificates[i], &g->crt);
                if (r == -EBADMSG) {
                        *ret_problem = "What was given is no certificate in DER, or larger than 16 KiB.";
                        return -EINVAL;
                }
                if (r < 0)
                        return r;
                g->der = certificates[i];
                c->n++;
        }
        return 0;
}

static bool has_expired(const Given *g, int64_t now) {
        return now > gnutls_x509_crt_get_expiration_time(g->crt);
}

/* Checks names, signature, and that the issuer may be one; times are checked apart, revocation is not known here. */
static bool is_issuer(const Given *of, Given *issuer) {
        unsigned status = 0;

        return gnutls_x509_crt_check_issuer(of->crt, issuer->crt) &&
                gnutls_x509_crt_verify(of->crt, &issuer->crt, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) >= 0 && status == 0;
}

/* Of several one that has not expired: cross-signed and renewed CAs leave more than one behind. */
static Given *find_issuer(Chain *c, const Given *of, int64_t now) {
        Given *found = NULL;

        for (size_t i = 0; i < c->n; i++) {
                Given *g = &c->given[i];

                if (!g->taken && is_issuer(of, g) && (!found || (has_expired(found, now) && !has_expired(g, now))))
                        found = g;
        }
        return found;
}

/* The newest of those for the key: a renewal of the same key may come together with what it renews. */
static Given *find_own(Chain *c, View public_key) {
        Given *found = NULL;

        for (size_t i = 0; i < c->n; i++) {
                Given *g = &c->given[i];

                if (key_matches_certificate(public_key, g->crt) >= 0 &&
                    (!found || gnutls_x509_crt_get_expiration_time(g->crt) > gnutls_x509_crt_get_expiration_time(found->crt)))
                        found = g;
        }
        return found;
}

static const char *link_all(Chain *c, Given *own, int64_t now) {
        for (Given *g = own; g; g = find_issuer(c, g, now)) {
                if (c->n_links == CHAIN_MAX)
                        return "A chain has at most 10 certificates.";
                if (has_expired(g, now))
                        return "A certificate has expired.";
                g->taken = true;
                c->links[c->n_links++] = g;
        }
        return c->n_links == 1 && c->n > 1 ? "None of the other certificates is its issuer's: they are no chain." : NULL;
}

static int join(const Chain *c, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        for (size_t i = 0; i < c->n_links; i++) {
                int r = bytes_append_u32be(&b, (uint32_t) c->links[i]->der.len);

                if (r >= 0)
                        r = bytes_append_view(&b, c->links[i]->der);
                if (r < 0)
                        return r;
        }
        *ret = bytes_take(&b);
        return 0;
}

int chain_build(const View *certificates, size_t n, View public_key, Profile profile, int64_t now, Bytes *ret, const char **ret_problem) {
        _cleanup_(chain_done) Chain c = { 0 };
        const char *problem;
        Given *own;
        int r;

        if (n < 1 || n > CHAIN_GIVEN_MAX) {
                *ret_problem = "1 to 32 certificates are taken at once.";
                return -EINVAL;
        }
        r = import_all(&c, certificates, n, ret_problem);
        if (r < 0)
                return r;
        own = find_own(&c, public_key);
        if (!own) {
                *ret_problem = "None of the certificates is for this key.";
                return -EKEYREJECTED;
        }
        problem = link_all(&c, own, now);
        if (!problem)
                problem = check_own(own->crt, profile);
        if (problem) {
                *ret_problem = problem;
                return -EINVAL;
        }
        return join(&c, ret);
}

/* --- Fields ------------------------------------------------------------------------------------------------------- */

void certificate_fields_done(CertificateFields *f) {
        free(f->subject);
        free(f->issuer);
        free(f->organization);
        free(f->organization_identifier);
        free(f->serial);
        *f = (CertificateFields) { 0 };
}

/* The content of the string type that a CA chose. GnuTLS prints an attribute that it has no name for in hexadecimal, so the DER is asked for. */
static char *attribute(gnutls_x509_crt_t crt, const char *oid) {
        uint8_t der[1024];
        size_t n = sizeof(der);
        DerElement e;
        View v;

        if (gnutls_x509_crt_get_dn_by_oid(crt, oid, 0, 1, der, &n) < 0)
                return NULL;
        v = VIEW(der, n);
        return der_next(&v, &e) < 0 ? NULL : utf8_sanitize(e.content);
}

int certificate_fields_read(View certificate, CertificateFields *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        uint8_t serial[64];
        size_t n = sizeof(serial);
        int r;

        r = import(certificate, &crt);
        if (r < 0)
                return r;
        if (gnutls_x509_crt_get_serial(crt, serial, &n) < 0)
                return -EBADMSG;
        *ret = (CertificateFields) {
                .subject = certificate_subject(crt),
                .issuer = certificate_issuer(crt),
                .organization = attribute(crt, GNUTLS_OID_X520_ORGANIZATION_NAME),
                .organization_identifier = attribute(crt, OID_ORGANIZATION_IDENTIFIER),
                .serial = hex_encode(VIEW(serial, n)),
                .not_before = gnutls_x509_crt_get_activation_time(crt),
                .not_after = gnutls_x509_crt_get_expiration_time(crt),
        };
        return 0;
}
