/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Issuing; see issuance.h. */

#include <errno.h>

#include "ca/issuance.h"
#include "crypto/name.h"

void issuance_done(Issuance *i) {
        bytes_done(&i->request);
        entry_done(&i->entry);
        root_key_done(&i->key);
}

/* As it will stand in the certificate. */
static int name_subject(const Subject *subject, char **ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        int r;

        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        r = subject_to_certificate(subject, crt);
        if (r < 0)
                return r;
        *ret = certificate_subject(crt);
        return *ret ? 0 : -ENOMEM;
}

static int check(Issuance *i, gnutls_x509_crt_t root, Subject **ret_subject, gnutls_pubkey_t *ret_key) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        _cleanup_(subject_freep) Subject *subject = NULL;
        int r;

        r = request_read(bytes_view(&i->request), &subject, &key);
        if (r >= 0)
                r = certificate_check(root, subject, key, i->entry.profile, &i->problem);
        if (r < 0)
                return r;
        if (profile_keeps_order(i->entry.profile))
                subject_keep_order(subject);
        r = pubkey_fingerprint(key, i->entry.key);
        if (r < 0)
                return r;
        *ret_subject = TAKE_PTR(subject);
        *ret_key = TAKE_PTR(key);
        return 0;
}

int issuance_check(Issuance *i) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t root = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        _cleanup_(subject_freep) Subject *subject = NULL;
        int r;

        r = root_import(i->root, &root);
        if (r >= 0)
                r = check(i, root, &subject, &key);
        return r < 0 ? r : name_subject(subject, &i->entry.certificate.subject);
}

static int make(Issuance *i, gnutls_x509_crt_t root, const Subject *subject, gnutls_pubkey_t key) {
        const CertificateUrls urls = { i->settings->crl_url, i->settings->ocsp_url, i->settings->ca_url };
        int r = root_key_open(&i->key, i->store, i->root, i->key_host);
        const Signatory by = root_key_signatory(&i->key);

        return r < 0 ? r : certificate_issue(&by, root, subject, key, i->entry.profile, &urls, i->now, i->days, &i->entry.certificate);
}

int issuance_run(Issuance *i) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t root = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        _cleanup_(subject_freep) Subject *subject = NULL;
        int r;

        r = root_import(i->root, &root);
        if (r >= 0)
                r = check(i, root, &subject, &key);
        i->entry.issued = i->now;
        return r < 0 ? r : make(i, root, subject, key);
}

int issuance_run_responder(Issuance *i) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t root = NULL;
        _cleanup_(subject_freep) Subject *asked = NULL, *subject = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        int r;

        i->entry.profile = PROFILE_OCSP_RESPONDER;
        i->entry.issued = i->now;
        i->days = RESPONDER_DAYS;
        r = root_import(i->root, &root);
        if (r >= 0)
                r = request_read(bytes_view(&i->request), &asked, &key);
        if (r >= 0)
                r = responder_subject(root, &subject);
        if (r >= 0)
                r = certificate_check(root, subject, key, i->entry.profile, &i->problem);
        if (r >= 0)
                r = pubkey_fingerprint(key, i->entry.key);
        return r < 0 ? r : make(i, root, subject, key);
}
