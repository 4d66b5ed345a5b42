/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The command line against the verb table. The table says which options a verb has; whoever asks for another is stopped by an
 * assertion, so that table, help, completion and code cannot drift apart. */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

typedef struct Client Client;

typedef struct Option {
        const char *name;     /* long form, without dashes */
        char letter;          /* short form, or 0 */
        const char *argument; /* what follows, as shown; NULL for a flag. "FILE" is a path, kept as it was typed; "[=N]" may be left out, and stands
                               * after = only */
        const char *help;     /* untranslated */
} Option;

typedef struct Verb {
        const char *words;       /* "sign", "otp enroll" */
        const char *arguments;   /* as shown in the usage line; "" when there are none */
        unsigned min, max;       /* number of arguments; max of UINT_MAX is any */
        const char *summary;     /* untranslated, one line */
        const char *description; /* untranslated, a paragraph or NULL */
        const Option *options;   /* ends with a nameless one; NULL when there are none */
        int (*run)(Client *c);   /* an exit code; what went wrong was said */
} Verb;

/* Options that each verb has. */
extern const Option common_options[];

/* Marks text for xgettext. */
#define N_(s) s

typedef struct Given {
        const Option *option;
        char *value; /* NULL for a flag, and where it was left out */
} Given;

typedef struct Arguments {
        const Verb *verb;
        char **words;
        size_t n_words;
        Given *given;
        size_t n_given;
} Arguments;

/* Parses what stands after the verb. Text is converted from the locale's charset to UTF-8, paths are kept. 0, or an exit code after it
 * was said what is wrong. `a` is filled in any case, to be released by arguments_done(). */
int arguments_parse(const Verb *verb, int argc, char **argv, Arguments *a);
void arguments_done(Arguments *a);

bool arguments_has(const Arguments *a, const char *option);

/* The value given last, or NULL. Borrowed. */
const char *arguments_get(const Arguments *a, const char *option);

/* The i-th value of an option that may be repeated, or NULL when there are no more. */
const char *arguments_nth(const Arguments *a, const char *option, size_t i);

/* 0 when all options of the list (ends with NULL) were given, else EXIT_USAGE after naming those that are missing. */
int arguments_need(const Arguments *a, const char *const *options);

/* Says what the verb takes, where words are missing that the table does not ask for. EXIT_USAGE. */
int arguments_missing(const Arguments *a);

/* An unsigned number between min and max, `fallback` when it was not given. 0, or EXIT_USAGE after saying so. */
int arguments_number(const Arguments *a, const char *option, unsigned min, unsigned max, unsigned fallback, unsigned *ret);
