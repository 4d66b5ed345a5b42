/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The text of a visible signature: a template with the names of what is filled in, as in "Signed by {name}", and its lines in the width that
 * there is. */

#include <gnutls/x509.h>

#include "sign/pdf/pdf-font.h"

#define PDF_TEXT_MAX 4096U /* bytes, filled in */
#define PDF_TEXT_LINES_MAX 64U

/* What a template can say of a signature. Strings may be NULL. */
typedef struct PdfTextFacts {
        gnutls_x509_crt_t certificate;
        int64_t time; /* shown in local time, with its distance from UTC */
        const char *reason;
        const char *location;
} PdfTextFacts;

/* Whether all names in braces are known: name, organization, identifier, issuer, serial, date, time, reason, location; {{ is a brace. */
bool pdf_text_is_template(const char *text);

/* The template filled in, lines ended by \n. A line that has names and none of them a value is left out. What cannot be shown (controls,
 * bytes that are not UTF-8) becomes U+FFFD. -E2BIG, -ENOMEM. */
int pdf_text_fill(const char *text, const PdfTextFacts *facts, Bytes *ret);

/* One line of text that stands at its place; borrowed. */
typedef struct PdfTextLines {
        View lines[PDF_TEXT_LINES_MAX];
        size_t n;
        bool complete; /* no line was beyond PDF_TEXT_LINES_MAX */
} PdfTextLines;

/* Breaks text at its ends of line and, where `width` (at a size of 1) does not hold a line, at spaces, and words only where one alone is too long. */
void pdf_text_wrap(const PdfFont *f, View text, double width, PdfTextLines *ret);
