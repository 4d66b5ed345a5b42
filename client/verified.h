/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the verbs have in common that verify a document and show what was found. */

#include "client/client.h"
#include "sign/verify.h"

/* lib/sign maps files: where another program shortens this one meanwhile, the program ends with a sentence that says so. `path` is borrowed, and is
 * this thread's. */
void verified_guard(const char *path);

/* A regular file. 0, or an exit code after saying what is wrong. */
int verified_open(const char *path, int *ret);

/* The document of a detached signature: --content, else the file beside it (declaration.xml for declaration.xml.p7s), or of a .xades file the
 * folder that it is in; -1 where there is none. */
int verified_open_content(const Client *c, const char *path, int *ret);

/* The file beside it alone; -1 where there is none. */
int verified_open_beside(const char *path);

/* The certificates of --anchors, else the system's. */
int verified_load_anchors(const Client *c, gnutls_x509_trust_list_t *ret);

/* "valid", "cannot be told", "NOT VALID", translated, and the mark before it. */
const char *verdict_text(Indication i);
void verdict_print_mark(Indication i);

/* Whether what is valid is a timestamp alone: nobody may take it for a signature. */
bool verdict_is_time_alone(const VerifyReport *r);

/* The line of a file, whose name is fit to be shown, and that of one of its signatures or timestamps. */
void verdict_print(const char *path, const VerifyReport *r);
void verdict_print_title(const SignatureReport *s, size_t number);

/* What a signature that holds is of, and what was added since; translated. */
const char *verdict_coverage(const SignatureReport *s);

/* 0, 4 for a valid timestamp without a signature, 5 or 6. */
int verdict_exit_code(const VerifyReport *r);

/* "a.pdf, b.pdf" of a container's files; NULL for none. The caller frees. */
char *verified_names(char *const *list, size_t n);
