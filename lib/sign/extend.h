/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Timestamps for documents that are signed already: in CMS, XML and containers a signature timestamp for each signer that has none (EN 319 122-1 §5.3), in a PDF a document
 * timestamp over all of it (EN 319 142-1 §5.4.3), signed or not, in XML a SignatureTimeStamp (EN 319 132-1 §5.3). What was signed stays as it was. Nothing is verified here. */

#include "crypto/digest.h"

/* Gets a TimeStampToken over what has this digest; the caller owns it. 0 or a negative errno, which ends the work. */
typedef int (*ExtendStamp)(void *userdata, gnutls_digest_algorithm_t algorithm, View digest, Bytes *ret_token);

/* Outcomes that are not errno; there are also those of the formats (sign/document.h). extend_strerror() has the sentence of each. */
enum {
        EXTEND_E_NOT_SIGNED = 900, /* nothing that could be extended */
        EXTEND_E_HAS_ALL,          /* each signature has a timestamp already */
        EXTEND_E_CONTENT,          /* its content is of a form that is not written */
        EXTEND_E_COVERED,          /* a container in which something is over the signatures as they are */
};

/* Reads the signed document at `in_fd` and writes it with timestamps to `out_fd` (empty, readable and writable). Both stay the caller's. `document_password` is that of
 * an encrypted PDF, or empty. `*ret_n` is how many were added. 0, an outcome, or a negative errno: -EMSGSIZE for a token that is too large. */
int document_extend(int in_fd, int out_fd, View document_password, ExtendStamp stamp, void *userdata, size_t *ret_n);

const char *extend_strerror(int outcome); /* untranslated, marked for gettext */
