/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One certificate in one NSS database (the folder with cert9.db): whether it is there and for what it is trusted; putting it in, and taking it out so
 * that the database holds what it held before. Trust is written as certutil(1) does: three lists of letters, for TLS, e-mail and code.
 *
 * Read is the SQLite file itself, since certutil finds certificates by nickname only, which several share and none need have. Put in is by certutil: where
 * there is a primary password, trust is sealed with it. Taken out are the rows of this one certificate; certutil could take another's of the same name. */

#include <stdint.h>

#include "base/bytes.h"
#include "base/secret.h"

#define NSS_FINGERPRINT 32U /* SHA-256 */
#define NSS_TRUST_MAX 24U

typedef struct NssEntry {
        bool present;
        char trust[NSS_TRUST_MAX]; /* "C,C,C"; ",," when not trusted */
        char newer[NSS_TRUST_MAX]; /* the same as programs of 2025 and later note it; "" where none did */
} NssEntry;

/* -ENOENT when there is no database, -EBADMSG when it is none that we understand, -EBUSY when another program keeps it locked. */
int nss_read(const char *folder, const uint8_t fingerprint[static NSS_FINGERPRINT], NssEntry *ret);

/* Whether it has a primary password, without which trust cannot be written; -ENOENT without certutil. */
int nss_needs_password(const char *folder);

/* Puts the certificate in, or sets the trust of the one that is there, and reads it back. 0; -ENOENT without certutil, -EACCES when the password is not right
 * (then nothing is left of it), -EIO when it did not come about; then `ret_problem` may hold what certutil said, to be freed. */
int nss_put(const char *folder, View certificate, const char *trust, const Secret *password, char **ret_problem);

/* Takes it out; 0 also where it is not there. */
int nss_take_out(const char *folder, const uint8_t fingerprint[static NSS_FINGERPRINT]);

/* Makes an empty database, and takes an empty one away again with the folders that it left empty (at most two). */
int nss_create(const char *folder);
int nss_discard(const char *folder);

/* Whether NSS itself takes it for an authority for TLS there: 1 or 0. -ENOTSUP where it has another name than nss_put() gives, by which certutil might
 * find another. */
int nss_verifies(const char *folder, const uint8_t fingerprint[static NSS_FINGERPRINT]);
