/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of certificates as people read them. */

#include <gnutls/x509.h>

/* The subject's or issuer's name as RFC 4514 has it, UTF-8 and fit to be shown (utf8_sanitize()). organizationIdentifier
 * (X.520 §6.4.4), which a seal's certificate always has, stands there by its name and value instead of as 2.5.4.97=#hex.
 * The caller frees; NULL when there is none or memory ran out. */
char *certificate_subject(gnutls_x509_crt_t certificate);
char *certificate_issuer(gnutls_x509_crt_t certificate);

/* Both; NULL is what there is not. For who has to tell that from memory that ran out: 0 or -ENOMEM. The caller frees them. */
int certificate_names(gnutls_x509_crt_t certificate, char **ret_subject, char **ret_issuer);

/* The first attribute of that type (an object identifier), as people read it: without the escapes of RFC 4514, UTF-8, fit to be shown. The caller
 * frees; NULL when there is none, or it is no text. */
char *certificate_subject_attribute(gnutls_x509_crt_t certificate, const char *oid);
char *certificate_issuer_attribute(gnutls_x509_crt_t certificate, const char *oid);

#define OID_ORGANIZATION_IDENTIFIER "2.5.4.97"
