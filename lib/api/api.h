/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the parts of libsygnet-sign know of each other. */

#include "api/sygnet/sign.h"
#include "sign/document.h"
#include "sign/pdf/pdf-appearance.h"

#define PUBLIC __attribute__((visibility("default")))

/* Results of crypto/key-file.h as this library has them: behind those of all formats. */
#define API_KEY_FILE 1000

/* By their place in the table of names in options.c. */
typedef enum ApiOption {
        API_FORMAT,
        API_SIGNING_TIME,
        API_TIMESTAMPED,
        API_NAME,
        API_MEDIA_TYPE,
        API_REASON,
        API_LOCATION,
        API_CONTACT,
        API_FIELD,
        API_CERTIFY,
        API_DOCUMENT_PASSWORD,
        API_VISIBLE_TEXT,
        API_VISIBLE_IMAGE,
        API_VISIBLE_FONT,
        API_VISIBLE_PAGE,
        API_VISIBLE_PLACE,
        API_VISIBLE_RECTANGLE,
        API_XML_ELEMENT,
        API_XML_PLACE,
        API_XML_PROFILE,
        API_OPTION_MAX,
} ApiOption;

/* Options as formats want them; strings are borrowed. `*ret_appearance` (NULL where nothing is to be seen) has to live as long as the parameters. */
int api_options_read(const sygnet_options *o, int in_fd, DocumentParams *ret, PdfAppearance **ret_appearance);

/* The value that was set, or NULL. */
const char *api_option(const sygnet_options *o, ApiOption option);

struct sygnet_signer {
        Signer signer;
        gnutls_privkey_t key; /* of a file; NULL for the caller's */
        gnutls_x509_crt_t *chain;
        size_t n_chain;
        sygnet_sign_func *sign;
        void *userdata;
};

/* One signature value, by the key of the file or the caller's function. */
int api_sign(const sygnet_signer *s, const SignerItem *item, Bytes *ret);
