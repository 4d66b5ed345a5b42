/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which certificates a store holds, by fingerprint, as its files say: what is read back after a change. Nothing here looks into a
 * certificate. */

#include <stdbool.h>

#include "base/bytes.h"
#include "crypto/digest.h"

/* No store has so many; what comes after is not looked at. */
#define SURVEY_MAX 8192U

typedef struct SurveyEntry {
        uint8_t digest[SHA256_SIZE];
        unsigned purposes;
} SurveyEntry;

typedef struct Survey {
        SurveyEntry *entries;
        size_t n, allocated;
} Survey;

void survey_done(Survey *s);
#define _cleanup_survey_ _cleanup_(survey_done)

/* Adds the certificates of a PEM file, trusted for `purposes`, by themselves; what is cut off or no base64 is passed over. */
int survey_add_pem(Survey *s, View text, unsigned purposes);

/* The same for a file that does not have to exist. */
int survey_add_pem_file(Survey *s, const char *path, unsigned purposes);

/* Adds whatever might be a certificate that stands in a file of another format as it is, as in Java's key stores. */
int survey_add_binary(Survey *s, View data, unsigned purposes);

/* Keeps in `s` what `other` has as well. */
void survey_intersect(Survey *s, const Survey *other);

/* For what the certificate of this SHA-256 (64 hexadecimal digits) is trusted; 0 when it is not there. */
unsigned survey_find(const Survey *s, const char *fingerprint);
