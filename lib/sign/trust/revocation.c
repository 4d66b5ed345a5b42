/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The state of a certificate; see revocation.h. */

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "crypto/digest.h"
#include "crypto/key.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/trust/revocation.h"
#include "sign/verify-report.h"

/* An answer without nextUpdate is as good as new for this long. */
#define AGE_MAX_S (24 * 3600)
#define PLACES_MAX 8U

/* Why something at hand was of no use, the more telling the higher. */
typedef enum Problem {
        PROBLEM_NONE,
        PROBLEM_NOWHERE,
        PROBLEM_OFFLINE,
        PROBLEM_UNREACHABLE,
        PROBLEM_UNSUPPORTED,
        PROBLEM_SIGNATURE,
        PROBLEM_FUTURE,
        PROBLEM_STALE,
        PROBLEM_DROPPED,
        PROBLEM_UNKNOWN,
} Problem;

static const char *const problems[] = {
        [PROBLEM_NONE] = NULL,
        [PROBLEM_NOWHERE] = N_("The certificate names no place where its state could be looked up."),
        [PROBLEM_OFFLINE] = N_("The network was not used."),
        [PROBLEM_UNREACHABLE] = N_("The places that the certificate names cannot be reached, or have no usable answer."),
        [PROBLEM_UNSUPPORTED] = N_("The revocation information is of a kind that is not understood: delta, indirect or partial."),
        [PROBLEM_SIGNATURE] = N_("The revocation information is not signed by who issued the certificate, or by a method that is no longer secure."),
        [PROBLEM_FUTURE] = N_("The revocation information is dated in the future."),
        [PROBLEM_STALE] = N_("The revocation information is out of date."),
        [PROBLEM_DROPPED] = N_("The revocation information is younger than the end of the certificate, and may leave out what has expired."),
        [PROBLEM_UNKNOWN] = N_("Who was asked does not know the certificate."),
};

typedef struct Check {
        RevocationPool *pool;
        gnutls_x509_crt_t certificate, issuer;
        int64_t now, proven;
        bool crl_only; /* a responder's certificate: no responder is asked about it */
        CertificateStatus best;
        int64_t best_update; /* its thisUpdate */
        Problem problem;
        bool given_useless; /* what who verifies gave, or the local CA published, is of this issuer and of no use */
} Check;

/* What one item says. */
typedef struct Statement {
        OcspAnswer answer; /* a CRL's in the same form */
        bool covers_expired;
} Statement;

static void note(Check *c, const RevocationItem *item, Problem problem) {
        if (problem > c->problem)
                c->problem = problem;
        if (item->source == REVOCATION_FROM_FILE || item->source == REVOCATION_FROM_LOCAL_CA)
                c->given_useless = true;
}

/* --- Whether it is authentic --------------------------------------------------------------------------------------- */

/* What an old signature brings with SHA-1 has to be of the same day: who added it later could have had better. */
#define SAME_DAY (24 * 3600)

static bool is_sha1(View algorithm) {
        CmsAlgorithms a;

        return cms_algorithms_read_identifier(algorithm, &a) == 0 && a.digest == GNUTLS_DIG_SHA1;
}

/* When it existed at the latest: by then its algorithms had to be good (EN 319 102-1 §5.5.4). */
static int64_t made_by(const Check *c, const RevocationItem *item) {
        View algorithm = item->kind == REVOCATION_CRL ? item->crl.algorithm : item->ocsp.algorithm;

        if (item->proven <= 0 || (is_sha1(algorithm) && (c->proven < 0 || item->proven > c->proven + SAME_DAY)))
                return c->now;
        return item->proven;
}

/* A CRL's signature is checked once for each issuer: it may be over megabytes. What was secure when is another matter for each signature of a document. */
static int verify_crl(Check *c, RevocationItem *item) {
        _cleanup_(datum_done) gnutls_datum_t der = { 0 };
        uint8_t issuer[SHA256_SIZE];
        int r;

        r = crl_check_algorithms(&item->crl, c->issuer, made_by(c, item));
        if (r < 0)
                return r;
        if (gnutls_x509_crt_export2(c->issuer, GNUTLS_X509_FMT_DER, &der) < 0)
                return -ENOMEM;
        r = sha256(VIEW(der.data, der.size), issuer);
        if (r < 0)
                return r;
        if (!item->checked || memcmp(item->issuer, issuer, sizeof(issuer)) != 0) {
                r = crl_verify_signature(&item->crl, c->issuer);
                if (r == -ENOMEM)
                        return r;
                item->verdict = r;
                item->checked = true;
                memcpy(item->issuer, issuer, sizeof(issuer));
        }
        return item->verdict;
}

static int check_status(Check *c);

/* RFC 6960 §4.2.2.2.1: a responder without nocheck is looked up itself, in CRLs. Where there is none, its issuer did without. */
static int check_responder(const Check *c, gnutls_x509_crt_t responder) {
        Check own = { .pool = c->pool, .certificate = responder, .issuer = c->issuer, .now = c->now, .proven = c->proven, .crl_only = true };
        int r;

        r = check_status(&own);
        if (r < 0)
                return r;
        return own.best.checked ? (own.best.state == CERTIFICATE_GOOD ? 0 : -EKEYREJECTED) : own.best.required ? -EKEYREJECTED : 0;
}

/* An answer of the day of the signature, as it says itself. A responder that who verifies has chosen is believed that much: others forge its date only if it signs with SHA-1
 * to this day, and lets itself be asked for the one of two texts that collide. */
static bool is_of_the_day(const Check *c, const OcspResponse *o) {
        return c->proven >= 0 && o->produced_at >= c->proven - REVOCATION_SKEW_S && o->produced_at <= c->proven + SAME_DAY;
}

/* The signature proves as well that who may speak for the issuer did so while the certificate was valid: with a proven time, then. */
static int verify_ocsp(const Check *c, const RevocationItem *item) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t responder = NULL;
        OcspResponse o = item->ocsp; /* the pool may grow below */
        int64_t by = made_by(c, item);
        int r;

        r = ocsp_verify(&o, c->issuer, c->pool->authorities, c->now, by, &responder);
        if (r == -EKEYREJECTED && c->proven >= 0 && o.produced_at <= c->now + REVOCATION_SKEW_S)
                r = ocsp_verify(&o, c->issuer, c->pool->authorities, o.produced_at, by, &responder);
        if (r == -EKEYREJECTED && is_of_the_day(c, &o))
                r = ocsp_verify_local(&o, c->pool->authorities, o.produced_at, o.produced_at);
        return r >= 0 && responder ? check_responder(c, responder) : r;
}

/* --- What it says --------------------------------------------------------------------------------------------------- */

static int look_up_crl(const Check *c, const Crl *crl, Statement *ret) {
        int64_t end = gnutls_x509_crt_get_expiration_time(c->certificate);
        uint8_t serial[128];
        size_t len = sizeof(serial);
        CrlEntry entry;
        int r;

        r = gnutls_x509_crt_get_serial(c->certificate, serial, &len);
        if (r < 0)
                return r == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EBADMSG;
        r = crl_find(crl, VIEW(serial, len), &entry);
        if (r != 0 && r != CRL_LISTED)
                return r;
        *ret = (Statement) { .answer = { .state = CERTIFICATE_GOOD, .since = -1, .this_update = crl->this_update, .next_update = crl->next_update },
                             .covers_expired = end >= crl->this_update || end >= crl->expired_from };
        if (r == CRL_LISTED) {
                ret->answer.state = entry.reason == REASON_CERTIFICATE_HOLD ? CERTIFICATE_SUSPENDED : CERTIFICATE_REVOKED;
                ret->answer.reason = entry.reason;
                ret->answer.since = entry.since;
        }
        return 0;
}

static int look_up_ocsp(const Check *c, const OcspResponse *o, Statement *ret) {
        int64_t end = gnutls_x509_crt_get_expiration_time(c->certificate);
        int r;

        r = ocsp_find(o, c->certificate, c->issuer, &ret->answer);
        if (r == OCSP_FOUND)
                ret->covers_expired = end >= ret->answer.this_update || end >= ret->answer.archive_cutoff;
        return r == OCSP_FOUND ? 0 : r == 0 ? -ENOENT : r;
}

/* Until when it may be taken for the present state. */
static int64_t valid_until(const RevocationItem *item, const OcspAnswer *a) {
        if (a->next_update >= 0)
                return a->next_update;
        return item->kind == REVOCATION_OCSP ? a->this_update + AGE_MAX_S : INT64_MIN;
}

/* A good state must be of now, or younger than the time that is proven; and speak of certificates that have expired, if this one has. */
static Problem why_not_good(const Check *c, const RevocationItem *item, const Statement *s) {
        if (s->answer.state == CERTIFICATE_UNKNOWN)
                return PROBLEM_UNKNOWN;
        if (valid_until(item, &s->answer) < c->now && (c->proven < 0 || s->answer.this_update < c->proven))
                return PROBLEM_STALE;
        return s->covers_expired ? PROBLEM_NONE : PROBLEM_DROPPED;
}

static void take(Check *c, const RevocationItem *item, const OcspAnswer *a) {
        c->best = (CertificateStatus) { .checked = true, .state = a->state, .reason = a->reason, .since = a->since, .next_update = a->next_update,
                                        .source = item->source, .kind = item->kind };
        c->best_update = a->this_update;
}

/* Revoked stays revoked, the earliest date counts. Of the rest the newest counts, of two equally new ones the hold. */
static void weigh(Check *c, const RevocationItem *item, const Statement *s) {
        const OcspAnswer *a = &s->answer;
        bool revoked = c->best.checked && c->best.state == CERTIFICATE_REVOKED;
        Problem problem;

        if (a->state == CERTIFICATE_REVOKED) {
                if (!revoked || a->since < c->best.since)
                        take(c, item, a);
                return;
        }
        if (revoked || (c->best.checked && a->this_update < c->best_update))
                return;
        if (a->state == CERTIFICATE_SUSPENDED) {
                take(c, item, a);
                return;
        }
        problem = why_not_good(c, item, s);
        if (problem != PROBLEM_NONE)
                note(c, item, problem);
        else if (!c->best.checked || a->this_update > c->best_update)
                take(c, item, a);
}

/* --- One item --------------------------------------------------------------------------------------------------------- */

/* -ENOENT: it is about others. A CRL's signature comes first, since it is checked once, while a list is gone through for each certificate: a document may bring large
 * ones that nobody signed. */
static int look_up(Check *c, RevocationItem *item, Statement *ret) {
        int r;

        if (item->unsupported)
                return item->kind == REVOCATION_CRL && item->source == REVOCATION_FROM_FILE ? CRL_E_UNSUPPORTED : -ENOENT;
        if (item->kind == REVOCATION_OCSP)
                return c->crl_only ? -ENOENT : look_up_ocsp(c, &item->ocsp, ret);
        r = crl_covers(&item->crl, c->certificate);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        r = verify_crl(c, item);
        return r < 0 ? r : look_up_crl(c, &item->crl, ret);
}

/* An answer is signed anew for each question: there the look-up comes first, which costs less. */
static int consider(Check *c, size_t i) {
        RevocationItem *item = &c->pool->items[i];
        Statement s = { 0 };
        int r;

        r = look_up(c, item, &s);
        if (r == -ENOENT || r == -ENOMEM)
                return r == -ENOENT ? 0 : r;
        if (r != 0) {
                note(c, item, r == -EKEYREJECTED ? PROBLEM_SIGNATURE : PROBLEM_UNSUPPORTED);
                return 0;
        }
        if (item->kind == REVOCATION_OCSP)
                r = verify_ocsp(c, item);
        if (r == -ENOMEM)
                return r;
        item = &c->pool->items[i]; /* a responder's own CRL may have been fetched */
        if (r < 0)
                note(c, item, PROBLEM_SIGNATURE);
        else if (s.answer.this_update > c->now + REVOCATION_SKEW_S)
                note(c, item, PROBLEM_FUTURE);
        else
                weigh(c, item, &s);
        return 0;
}

static int consider_from(Check *c, size_t first) {
        int r = 0;

        for (size_t i = first; r >= 0 && i < c->pool->n; i++)
                r = consider(c, i);
        return r;
}

/* --- Places ------------------------------------------------------------------------------------------------------------ */

/* The i-th address where the state can be asked for: 1; 0 behind the last, or -ENOMEM. Empty for what is no address of the network. */
static int place(gnutls_x509_crt_t crt, RevocationKind kind, unsigned i, char ret[static REVOCATION_URL_MAX]) {
        _cleanup_(datum_done) gnutls_datum_t uri = { 0 };
        char name[REVOCATION_URL_MAX];
        size_t size = sizeof(name);
        int r;

        ret[0] = '\0';
        if (i >= PLACES_MAX)
                return 0;
        if (kind == REVOCATION_OCSP) {
                r = gnutls_x509_crt_get_authority_info_access(crt, i, GNUTLS_IA_OCSP_URI, &uri, NULL);
                if (r >= 0 && uri.size < REVOCATION_URL_MAX && !memchr(uri.data, '\0', uri.size)) {
                        memcpy(ret, uri.data, uri.size);
                        ret[uri.size] = '\0';
                }
                return r == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : r >= 0 || r == GNUTLS_E_UNKNOWN_ALGORITHM;
        }
        r = gnutls_x509_crt_get_crl_dist_points(crt, i, name, &size, NULL, NULL);
        if (r == GNUTLS_SAN_URI && size < sizeof(name) && !memchr(name, '\0', size)) {
                memcpy(ret, name, size);
                ret[size] = '\0';
        }
        return r == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : r >= 0 || r == GNUTLS_E_SHORT_MEMORY_BUFFER;
}

static bool is_network(const char *url) {
        return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

/* 1, 0, -ENOMEM. */
static int names_place(gnutls_x509_crt_t crt, RevocationKind kind) {
        char url[REVOCATION_URL_MAX];
        int r;

        for (unsigned i = 0; (r = place(crt, kind, i, url)) > 0; i++)
                if (is_network(url))
                        return 1;
        return r;
}

static int is_offered(gnutls_x509_crt_t crt) {
        int r = names_place(crt, REVOCATION_OCSP);

        return r != 0 ? r : names_place(crt, REVOCATION_CRL);
}

bool revocation_is_offered(gnutls_x509_crt_t certificate) {
        return is_offered(certificate) != 0;
}

/* Whether nobody need be asked any more. Who signs with a key that was revoked chooses what stands in the signature: an answer of before the revocation, which is
 * not out of date yet. Unless it is younger than the time that is proven, it serves only where there is no newer one. */
static bool is_settled(const Check *c) {
        if (!c->best.checked || c->best.source != REVOCATION_FROM_SIGNATURE || c->best.state == CERTIFICATE_REVOKED)
                return c->best.checked;
        return c->proven >= 0 && c->best.state == CERTIFICATE_GOOD && c->best_update >= c->proven;
}

/* Asks one place after the other, until the state is known. */
static int ask(Check *c, RevocationKind kind) {
        _cleanup_bytes_ Bytes request = BYTES_NULL;
        char url[REVOCATION_URL_MAX];
        int r = kind == REVOCATION_OCSP ? names_place(c->certificate, kind) : 0;

        if (r > 0)
                r = ocsp_request(c->certificate, c->issuer, &request);
        for (unsigned i = 0; r != -ENOMEM && !is_settled(c); i++) {
                size_t first = c->pool->n;

                r = place(c->certificate, kind, i, url);
                if (r <= 0)
                        break;
                r = is_network(url) ? revocation_pool_fetch(c->pool, kind, url, bytes_view(&request)) : -EPROTONOSUPPORT;
                if (r >= 0)
                        r = consider_from(c, first);
        }
        return r == -ENOMEM ? r : 0;
}

static int conclude(Check *c) {
        int offered;

        if (c->best.checked)
                return 0;
        offered = is_offered(c->certificate);
        if (offered < 0)
                return offered;
        if (c->problem == PROBLEM_NONE)
                c->problem = !offered ? PROBLEM_NOWHERE : !c->pool->fetch ? PROBLEM_OFFLINE : PROBLEM_UNREACHABLE;
        c->best = (CertificateStatus) { .state = CERTIFICATE_UNKNOWN, .since = -1, .next_update = -1, .problem = problems[c->problem],
                                        .required = (offered && c->pool->fetch) || c->given_useless };
        return 0;
}

static int check_status(Check *c) {
        int r;

        r = consider_from(c, 0);
        if (r >= 0 && !is_settled(c) && c->pool->fetch && !c->crl_only)
                r = ask(c, REVOCATION_OCSP);
        if (r >= 0 && !is_settled(c) && c->pool->fetch)
                r = ask(c, REVOCATION_CRL);
        return r < 0 ? r : conclude(c);
}

int revocation_check(RevocationPool *p, gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, int64_t now, int64_t proven,
                     CertificateStatus *ret) {
        Check c = { .pool = p, .certificate = certificate, .issuer = issuer, .now = now, .proven = proven };
        int r;

        r = check_status(&c);
        if (r >= 0)
                *ret = c.best;
        return r;
}

int revocation_check_responder(RevocationPool *p, gnutls_x509_crt_t responder, gnutls_x509_crt_t issuer, int64_t now, int64_t proven,
                               CertificateStatus *ret) {
        Check c = { .pool = p, .certificate = responder, .issuer = issuer, .now = now, .proven = proven, .crl_only = true };
        int r;

        r = check_status(&c);
        if (r >= 0)
                *ret = c.best;
        return r;
}
