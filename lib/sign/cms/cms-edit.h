/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Adds to a SignedData that exists (RFC 5652 §5.1): unsigned attributes to its signers, further signers. What was signed stays as it was, byte for byte, and so
 * does all that nothing is added to; lengths become definite. The content is copied, whatever its size, and not held in memory. */

#include <stdbool.h>

#include "crypto/digest.h"
#include "crypto/key.h"

typedef struct CmsEdit CmsEdit;

/* Reads the CMS at `fd`, in BER or DER, which stays the caller's and open. -EBADMSG, -ELOOP or -E2BIG for what is no SignedData, or not in the limits of
 * cms-parse.h; -EOPNOTSUPP for content that is no OCTET STRING (PKCS #7 1.5); other errnos. */
int cms_edit_open(int fd, CmsEdit **ret);

size_t cms_edit_count_signers(const CmsEdit *e);

/* The signature value of signer `i`, borrowed: what a timestamp or a countersignature is over. -EBADMSG. */
int cms_edit_signature(const CmsEdit *e, size_t i, View *ret);

/* Whether signer `i` has an unsigned attribute of this type. */
bool cms_edit_has_unsigned(const CmsEdit *e, size_t i, const char *type);

/* Whether some signer has an archive timestamp of before version 3, which is over all certificates and unsigned attributes as they are (TS 101 733 §6.4.1): nothing may be added. */
bool cms_edit_is_archived(const CmsEdit *e);

/* Gives signer `i` a further unsigned attribute with one value, an element. */
int cms_edit_add_unsigned(CmsEdit *e, size_t i, const char *type, View value);

/* Adds a signer: its SignerInfo. Certificates that are there already are not added again. */
int cms_edit_add_signer(CmsEdit *e, gnutls_digest_algorithm_t digest, View signer_info, const Bytes *certificates, size_t n_certificates);
int cms_edit_add_certificates(CmsEdit *e, const Bytes *certificates, size_t n_certificates);

/* The content's digest; -ENODATA where it is detached. */
int cms_edit_digest_content(CmsEdit *e, gnutls_digest_algorithm_t algorithm, Digest *ret);

/* The type of the content, as its OID. */
const char *cms_edit_content_type(const CmsEdit *e);

/* Writes the whole to `out_fd`. */
int cms_edit_write(CmsEdit *e, int out_fd);

CmsEdit *cms_edit_free(CmsEdit *e);
DEFINE_CLEANUP(CmsEdit *, cms_edit_free);
