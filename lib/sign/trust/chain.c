/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Chain building and validation; see chain.h. GnuTLS validates a path but takes its time from the process's clock and its
 * order from the caller: paths are tried here one after the other, bounded in number and length, and the times checked apart. */

#include <errno.h>
#include <string.h>

#include <gnutls/x509.h>

#include "crypto/key.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/trust/chain.h"
#include "sign/trust/name-constraints.h"
#include "sign/trust/path.h"
#include "sign/trust/purposes.h"

#define PATHS_MAX 64U

typedef struct Search {
        const gnutls_x509_crt_t *others;
        size_t n_others;
        const VerifyParams *params;
        gnutls_x509_crt_t path[CHAIN_PATH_MAX];
        size_t n_path;
        unsigned tried;
        unsigned status; /* of the path that came furthest */
} Search;

/* Bits by how far the path came: one whose issuer is missing came least far. */
static bool came_further(unsigned status, unsigned than) {
        return than == 0 || ((than & GNUTLS_CERT_SIGNER_NOT_FOUND) && !(status & GNUTLS_CERT_SIGNER_NOT_FOUND));
}

static bool in_path(const Search *s, gnutls_x509_crt_t crt) {
        for (size_t i = 0; i < s->n_path; i++)
                if (gnutls_x509_crt_equals(s->path[i], crt))
                        return true;
        return false;
}

static bool signed_by(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer) {
        const unsigned flags = GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS | GNUTLS_VERIFY_ALLOW_BROKEN |
                               GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1;
        unsigned status = 0;

        if (gnutls_x509_crt_check_issuer(crt, issuer) == 0)
                return false;
        if (path_has_other_key(issuer))
                return path_is_signed_by(crt, issuer);
        return gnutls_x509_crt_verify(crt, &issuer, 1, flags, &status) >= 0 &&
               !(status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNATURE_FAILURE));
}

/* The anchor above a certificate. Two may bear one name; then it is the one whose key signed. */
static gnutls_x509_crt_t find_anchor(gnutls_x509_trust_list_t anchors, gnutls_x509_crt_t crt) {
        gnutls_x509_trust_list_iter_t iter = NULL;
        gnutls_x509_crt_t anchor = NULL, found = NULL;

        if (gnutls_x509_trust_list_get_issuer(anchors, crt, &anchor, GNUTLS_TL_GET_COPY) >= 0) {
                if (signed_by(crt, anchor))
                        return anchor;
                gnutls_x509_crt_deinit(anchor);
        }
        while (gnutls_x509_trust_list_iter_get_ca(anchors, &iter, &anchor) >= 0) {
                if (!found && (gnutls_x509_crt_equals(anchor, crt) || signed_by(crt, anchor)))
                        found = anchor;
                else
                        gnutls_x509_crt_deinit(anchor);
        }
        return found;
}

/* GnuTLS says of an unknown key what it says of a wrong signature. */
static bool has_other_key(const Search *s, gnutls_x509_crt_t anchor) {
        bool found = path_has_other_key(anchor);

        for (size_t i = 1; i < s->n_path && !found; i++)
                found = path_has_other_key(s->path[i]);
        return found;
}

/* The path from the signer to what is below the anchor, which may also have come along. An anchor that was not issued by itself was met with the path before. */
static unsigned follow_other_keys(const Search *s, unsigned status) {
        gnutls_x509_crt_t anchor = NULL, last = s->path[s->n_path - 1];
        size_t n = s->n_path;

        if (gnutls_x509_trust_list_get_issuer(s->params->anchors, last, &anchor, 0) < 0) /* by name alone */
                return status;
        anchor = find_anchor(s->params->anchors, last);
        if (!anchor)
                return status;
        if (n > 1 && gnutls_x509_crt_equals(anchor, last))
                n--;
        if (has_other_key(s, anchor))
                status = path_status(s->path, n, anchor);
        gnutls_x509_crt_deinit(anchor);
        return status;
}

/* What GnuTLS does not look at in a path that holds otherwise. Who trusts an anchor has decided what for. */
static unsigned limits_status(const Search *s) {
        gnutls_x509_crt_t anchor = find_anchor(s->params->anchors, s->path[s->n_path - 1]);
        size_t n = s->n_path;
        unsigned status = 0;

        if (!anchor)
                return 0; /* see set_path() */
        if (gnutls_x509_crt_equals(anchor, s->path[n - 1]))
                n--;
        for (size_t i = 1; i < n; i++)
                if (!purposes_fit_authority(s->path[i], s->path[0]))
                        status = GNUTLS_CERT_INVALID | GNUTLS_CERT_PURPOSE_MISMATCH;
        if (status == 0 && n > 0 && !name_constraints_hold(s->path, n, anchor))
                status = GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE;
        gnutls_x509_crt_deinit(anchor);
        return status;
}

/* Of the path as it is. -EKEYREJECTED when no longer one can hold either. */
static int verify_path(Search *s, unsigned *ret) {
        const unsigned flags = GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |
                               GNUTLS_VERIFY_DO_NOT_ALLOW_UNSORTED_CHAIN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1; /* see check_digest() */

        *ret = GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE;
        if (!name_constraints_are_affordable(s->path, s->n_path))
                return -EKEYREJECTED;
        if (gnutls_x509_trust_list_verify_crt2(s->params->anchors, s->path, (unsigned) s->n_path, NULL, 0, flags, ret, NULL) < 0) {
                *ret = 0;
                return -EKEYREJECTED;
        }
        if (*ret != 0)
                *ret = follow_other_keys(s, *ret);
        if (*ret == 0)
                *ret = limits_status(s);
        return 0;
}

/* Depth-first: the path as it is, then with each certificate that may have issued its last. */
static bool search(Search *s) {
        unsigned status = 0;
        int r;

        if (s->tried++ >= PATHS_MAX || (s->params->paths && *s->params->paths == 0))
                return false;
        if (s->params->paths)
                --*s->params->paths;
        r = verify_path(s, &status);
        if (r >= 0 && status == 0)
                return true;
        if (came_further(status, s->status))
                s->status = status;
        if (r < 0 || s->n_path >= CHAIN_PATH_MAX)
                return false;
        for (size_t i = 0; i < s->n_others; i++) {
                if (!gnutls_x509_crt_check_issuer(s->path[s->n_path - 1], s->others[i]) || in_path(s, s->others[i]))
                        continue;
                s->path[s->n_path++] = s->others[i];
                if (search(s))
                        return true;
                s->n_path--;
        }
        return false;
}

static SubIndication from_status(const Search *s, const char **ret_reason) {
        if (s->status & (GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE | GNUTLS_CERT_SIGNER_NOT_CA | GNUTLS_CERT_PURPOSE_MISMATCH)) {
                *ret_reason = N_("A certificate of the chain was used against the limits that its issuer set.");
                return SUB_CHAIN_CONSTRAINTS_FAILURE;
        }
        if (s->status & GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS) {
                *ret_reason = N_("A certificate of the chain has a critical extension that is not understood.");
                return SUB_CHAIN_CONSTRAINTS_FAILURE;
        }
        if (s->status & GNUTLS_CERT_SIGNATURE_FAILURE) {
                *ret_reason = N_("A certificate of the chain is not signed by the key of its issuer.");
                return SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE;
        }
        if (!(s->status & GNUTLS_CERT_SIGNER_NOT_FOUND) && (s->status & GNUTLS_CERT_INSECURE_ALGORITHM)) {
                *ret_reason = N_("A certificate of the chain is signed with an algorithm that is no longer secure.");
                return SUB_CRYPTO_CONSTRAINTS_FAILURE;
        }
        *ret_reason = gnutls_x509_crt_check_issuer(s->path[0], s->path[0])
                              ? N_("The signer's certificate is signed by itself, and nobody who is trusted vouches for it.")
                              : N_("The signer's certificate does not lead to a certification authority that is trusted.");
        return SUB_NO_CERTIFICATE_CHAIN_FOUND;
}

/* RFC 5280 §6.1.3 (a)(2). A signature that exists now was made before now: a certificate that is not valid yet was not valid then,
 * while an expired one may have been. */
static SubIndication check_time(gnutls_x509_crt_t crt, bool signer, int64_t now, const char **ret_reason) {
        if (now < (int64_t) gnutls_x509_crt_get_activation_time(crt)) {
                *ret_reason = signer ? N_("The signer's certificate is not valid yet.")
                                     : N_("The certificate of an authority in the chain is not valid yet.");
                return signer ? SUB_NOT_YET_VALID : SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE;
        }
        if (now > (int64_t) gnutls_x509_crt_get_expiration_time(crt)) {
                *ret_reason = signer ? N_("The signer's certificate has expired, and nothing proves that the signature is older.")
                                     : N_("The certificate of an authority in the chain has expired, and nothing proves that the signature is "
                                          "older.");
                return SUB_OUT_OF_BOUNDS_NO_POE;
        }
        return SUB_NONE;
}

static SubIndication check_digest(gnutls_x509_crt_t crt, int64_t when, const char **ret_reason) {
        int sign = gnutls_x509_crt_get_signature_algorithm(crt);

        if (sign > 0 && cms_digest_is_secure_for_authorities(gnutls_sign_get_hash_algorithm(sign), when))
                return SUB_NONE;
        *ret_reason = N_("A certificate of the chain is signed with an algorithm that is no longer secure.");
        return SUB_CRYPTO_CONSTRAINTS_FAILURE;
}

/* The signer's own is looked at with the signature (cms_algorithms_check()). */
static SubIndication check_authority(gnutls_x509_crt_t crt, int64_t when, const char **ret_reason) {
        SubIndication sub = check_time(crt, false, when, ret_reason);

        if (sub != SUB_NONE || cms_key_is_secure(crt, when))
                return sub;
        *ret_reason = N_("The key of an authority in the chain is too short to be secure any longer.");
        return SUB_CRYPTO_CONSTRAINTS_FAILURE;
}

/* The dates of an authority that is an anchor do count, as they do for everybody else's programs: who let a root expire vouches for nothing new; and a key
 * that anybody can work out vouches for nothing at all. */
SubIndication chain_check_times(const ChainPath *path, int64_t when, const char **ret_reason) {
        SubIndication sub;

        *ret_reason = NULL;
        if (!path->anchor)
                return SUB_NONE;
        for (size_t i = 0; i < path->n; i++) {
                sub = i == 0 ? check_time(path->certificates[i], true, when, ret_reason) : check_authority(path->certificates[i], when, ret_reason);
                if (sub == SUB_NONE && !gnutls_x509_crt_equals(path->certificates[i], path->anchor))
                        sub = check_digest(path->certificates[i], when, ret_reason);
                if (sub != SUB_NONE)
                        return sub;
        }
        return check_authority(path->anchor, when, ret_reason);
}

/* Who put the signer's own certificate among the anchors has decided about it: an anchor is no part of the path (RFC 5280 §6.1). False when nobody is found
 * above the path, whose states and dates could then not be looked at. */
static bool set_path(const Search *s, ChainPath *ret) {
        gnutls_x509_crt_t last = s->path[s->n_path - 1];

        memcpy(ret->certificates, s->path, s->n_path * sizeof(s->path[0]));
        ret->n = s->n_path;
        ret->anchor = find_anchor(s->params->anchors, last);
        if (!ret->anchor)
                return false;
        if (ret->n == 1 && gnutls_x509_crt_equals(ret->anchor, last)) {
                gnutls_x509_crt_deinit(ret->anchor);
                ret->anchor = NULL;
        }
        return true;
}

void chain_path_done(ChainPath *p) {
        if (p->anchor)
                gnutls_x509_crt_deinit(p->anchor);
        *p = (ChainPath) { 0 };
}

/* EN 319 102-1 has no subindication of its own for it; a certificate for other uses breaks a constraint of its issuer. */
static bool may_sign(gnutls_x509_crt_t crt) {
        unsigned usage = 0;

        if (gnutls_x509_crt_get_key_usage(crt, &usage, NULL) < 0)
                return true; /* the extension is absent: any use, RFC 5280 §4.2.1.3 */
        return usage & (GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_NON_REPUDIATION);
}

SubIndication chain_validate(gnutls_x509_crt_t signer, const gnutls_x509_crt_t *others, size_t n_others, const VerifyParams *params, ChainPath *ret_path,
                             const char **ret_reason) {
        Search s = { .others = others, .n_others = n_others, .params = params, .path = { signer }, .n_path = 1 };

        *ret_reason = NULL;
        if (!params->anchors) {
                *ret_reason = N_("No certification authority was given as trusted, so the signer could not be established.");
                return SUB_NO_CERTIFICATE_CHAIN_FOUND;
        }
        if (!search(&s))
                return from_status(&s, ret_reason);
        if (!set_path(&s, ret_path)) {
                *ret_reason = N_("The signer's certificate does not lead to a certification authority that is trusted.");
                return SUB_NO_CERTIFICATE_CHAIN_FOUND;
        }
        if (!may_sign(signer) || !purposes_fit_signer(signer)) {
                *ret_reason = N_("The signer's certificate is not meant for signing documents.");
                return SUB_CHAIN_CONSTRAINTS_FAILURE;
        }
        return chain_check_times(ret_path, params->now, ret_reason);
}
