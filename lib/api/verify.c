/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Verification, and what came of it. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/api.h"
#include "base/secret.h"
#include "sign/trust/anchors.h"
#include "sign/verify-json.h"
#include "sign/verify.h"

struct sygnet_verifier {
        gnutls_x509_trust_list_t anchors;
        RevocationPool given; /* by the caller; each run has a pool of its own, since a document's answers are nobody else's */
        Secret *password; /* of encrypted documents; NULL */
        bool has_time;
        int64_t time;
};

struct sygnet_report {
        VerifyReport report;
        char *json;
};

PUBLIC int sygnet_verifier_new(sygnet_verifier **ret) {
        sygnet_verifier *v = calloc(1, sizeof(*v));
        int r;

        if (!v)
                return -ENOMEM;
        r = verify_anchors_new(&v->anchors);
        if (r < 0) {
                free(v);
                return r;
        }
        *ret = v;
        return 0;
}

PUBLIC int sygnet_verifier_add_anchors_file(sygnet_verifier *v, const char *path) {
        return verify_anchors_load_file(v->anchors, path, NULL);
}

PUBLIC int sygnet_verifier_add_system_anchors(sygnet_verifier *v) {
        return verify_anchors_load_system(v->anchors);
}

PUBLIC int sygnet_verifier_add_crl(sygnet_verifier *v, const void *der, size_t len) {
        return revocation_pool_add(&v->given, REVOCATION_CRL, REVOCATION_FROM_FILE, VIEW(der, len));
}

PUBLIC int sygnet_verifier_add_ocsp(sygnet_verifier *v, const void *der, size_t len) {
        return revocation_pool_add(&v->given, REVOCATION_OCSP, REVOCATION_FROM_FILE, VIEW(der, len));
}

PUBLIC int sygnet_verifier_set_document_password(sygnet_verifier *v, const char *password) {
        Secret *copy = NULL;
        int r;

        if (password) {
                r = secret_dup(view_string(password), &copy);
                if (r < 0)
                        return r;
        }
        secret_free(v->password);
        v->password = copy;
        return 0;
}

PUBLIC void sygnet_verifier_set_time(sygnet_verifier *v, int64_t seconds) {
        v->has_time = true;
        v->time = seconds;
}

PUBLIC void sygnet_verifier_free(sygnet_verifier *v) {
        if (!v)
                return;
        verify_anchors_free(v->anchors);
        revocation_pool_done(&v->given);
        secret_free(v->password);
        free(v);
}

static int copy_pool(const RevocationPool *from, RevocationPool *to) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < from->n; i++)
                r = revocation_pool_add(to, from->items[i].kind, from->items[i].source, bytes_view(&from->items[i].der));
        return r;
}

PUBLIC int sygnet_verify_fd(sygnet_verifier *v, int fd, int content_fd, sygnet_report **ret) {
        _cleanup_revocation_pool_ RevocationPool pool = { 0 };
        VerifyParams params = { .anchors = v->anchors, .now = v->has_time ? v->time : time(NULL), .content_fd = content_fd, .revocation = &pool };
        sygnet_report *r = calloc(1, sizeof(*r));
        int q;

        if (!r)
                return -ENOMEM;
        if (v->password)
                params.document_password = secret_view(v->password);
        q = copy_pool(&v->given, &pool);
        if (q == 0)
                q = verify_fd(fd, &params, &r->report);
        if (q < 0) {
                free(r);
                return q;
        }
        *ret = r;
        return 0;
}

PUBLIC int sygnet_report_indication(const sygnet_report *r) {
        return (int) r->report.indication;
}

PUBLIC const char *sygnet_report_subindication(const sygnet_report *r) {
        return subindication_to_string(r->report.subindication);
}

PUBLIC const char *sygnet_report_reason(const sygnet_report *r) {
        return r->report.reason;
}

PUBLIC size_t sygnet_report_signatures(const sygnet_report *r) {
        return r->report.n_signatures;
}

/* A signature that is not there has failed, and nothing else is known of it. */
static const SignatureReport *signature(const sygnet_report *r, size_t i) {
        static const SignatureReport none = { .indication = INDICATION_TOTAL_FAILED, .signing_time = -1, .proven_time = -1 };

        return i < r->report.n_signatures ? &r->report.signatures[i] : &none;
}

PUBLIC int sygnet_signature_indication(const sygnet_report *r, size_t i) {
        return (int) signature(r, i)->indication;
}

PUBLIC const char *sygnet_signature_subindication(const sygnet_report *r, size_t i) {
        return subindication_to_string(signature(r, i)->subindication);
}

PUBLIC const char *sygnet_signature_reason(const sygnet_report *r, size_t i) {
        return signature(r, i)->reason;
}

PUBLIC const char *sygnet_signature_signer(const sygnet_report *r, size_t i) {
        return signature(r, i)->signer;
}

PUBLIC const char *sygnet_signature_format(const sygnet_report *r, size_t i) {
        return signature(r, i)->format;
}

PUBLIC const char *sygnet_signature_level(const sygnet_report *r, size_t i) {
        return signature(r, i)->level;
}

PUBLIC const char *sygnet_signature_field(const sygnet_report *r, size_t i) {
        return signature(r, i)->field;
}

PUBLIC int64_t sygnet_signature_signing_time(const sygnet_report *r, size_t i) {
        return signature(r, i)->signing_time;
}

PUBLIC int64_t sygnet_signature_proven_time(const sygnet_report *r, size_t i) {
        return signature(r, i)->proven_time;
}

PUBLIC int sygnet_signature_covers_all(const sygnet_report *r, size_t i) {
        return signature(r, i)->covers_whole_document;
}

PUBLIC const void *sygnet_signature_certificate(const sygnet_report *r, size_t i, size_t *ret_len) {
        View der = bytes_view(&signature(r, i)->certificate);

        *ret_len = der.len;
        return der.len > 0 ? der.data : NULL;
}

PUBLIC const char *sygnet_report_json(sygnet_report *r) {
        size_t size;
        FILE *f;
        int q;

        if (r->json)
                return r->json;
        f = open_memstream(&r->json, &size);
        if (!f)
                return NULL;
        q = verify_report_write_json(&r->report, f);
        if (fclose(f) != 0 || q < 0)
                free(TAKE_PTR(r->json));
        return r->json;
}

PUBLIC void sygnet_report_free(sygnet_report *r) {
        if (!r)
                return;
        verify_report_done(&r->report);
        free(r->json);
        free(r);
}
