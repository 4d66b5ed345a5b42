/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Certificates and requests as files hold them and as the bus carries them. */

#include <gnutls/x509.h>
#include <systemd/sd-bus.h>

#include "base/bytes.h"
#include "client/client.h"

#define CERTIFICATES_MAX 32U
#define CERTIFICATE_FILE_MAX (1024U * 1024U)

typedef struct CertificateList {
        gnutls_x509_crt_t *items;
        unsigned n;
} CertificateList;

void certificate_list_done(CertificateList *l);
#define _cleanup_certificates_ _cleanup_(certificate_list_done)

/* Adds one by its DER. -E2BIG when there are CERTIFICATES_MAX, -EBADMSG, -ENOMEM. */
int certificate_list_add(CertificateList *l, View der);

/* Adds what a file holds: PEM with one or more, DER, or PKCS#7 (p7b) in either form; both also as base64 of the DER alone. */
int certificates_read_file(const char *path, CertificateList *l);

/* The same of what was read, without a word: -EBADMSG when there is no certificate in it, -E2BIG, -ENOMEM. */
int certificates_read(View v, CertificateList *l);

/* Sets the one that no other was signed by first, its issuers behind: files come in any order. */
void certificates_sort(CertificateList *l);

/* Sets the certificate of a public key (SubjectPublicKeyInfo) first. -ENOENT when it is not among them. */
int certificates_put_first(CertificateList *l, View public_key);

/* Leaves behind the first one only its issuers, in order. */
void certificates_cut_to_chain(CertificateList *l);

/* An aay where the message stands, read or appended. */
int certificates_read_message(sd_bus_message *m, CertificateList *ret);
int certificates_append_message(sd_bus_message *m, const CertificateList *l);

/* Appends them as PEM. 0 or -ENOMEM. */
int certificates_pem(const CertificateList *l, Bytes *text);

/* Writes text to --output (not over an existing file without --force), or to standard output. */
int write_output(Client *c, View text);

/* DER of a file that holds one certificate request, in PEM ("CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST") or DER. */
int request_read_file(const char *path, Bytes *ret);

/* DER of a file that holds one certificate, in PEM or DER. */
int certificate_read_file(const char *path, Bytes *ret);

/* SHA-256 of a certificate, lower-case hexadecimal; the caller frees; NULL on error. */
char *certificate_fingerprint(gnutls_x509_crt_t crt);

/* What a signature with this certificate is in law, as far as the certificate says: an English sentence, marked for gettext. `issuer` may be NULL. */
const char *certificate_standing(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer);
