/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Secrets and answers from the user. Secrets come from the file that an option names ("-" is standard input, /dev/fd/N works), or are
 * asked for without echo. There is a prompt only where standard input and standard error are a terminal; elsewhere an error that
 * names the option. Whatever ends the program while it asks, the terminal has its echo back. */

#include "base/secret.h"
#include "client/client.h"

/* Whether a person can be asked. */
bool prompt_possible(void);

/* A secret from the file of `option`, or from a prompt with `question`. Typed text is converted to UTF-8. */
int prompt_secret(Client *c, const char *option, const char *question, Secret **ret);

/* A new secret in the same way; a prompt asks twice. `problem` (may be NULL) says in an untranslated sentence what is wrong with it, before
 * it is asked for again; NULL when nothing is. */
int prompt_new_secret(Client *c, const char *option, const char *question, const char *(*problem)(View secret), Secret **ret);

/* From a prompt alone, for what no option names. Only where prompt_possible(). */
int prompt_ask_secret(const char *question, Secret **ret);
int prompt_ask_new_secret(const char *question, Secret **ret); /* twice */
int prompt_ask_code(const char *question, Secret **ret);

/* A one-time code in the same way; blanks within are dropped, anything but 6 to 8 digits is refused. */
int prompt_code(Client *c, const char *option, const char *question, Secret **ret);

/* A line of text that may be seen, such as a login. Only where prompt_possible(). The caller frees. */
int prompt_line(const char *question, char **ret);

/* Yes or no; no is the default. Only where prompt_possible(). */
int prompt_yes(const char *question, bool *ret);

/* The same, before something is done. Without a terminal an error that names `option`. 0 for yes, EXIT_FAILED for no. */
int prompt_confirm(const char *option, const char *question);
