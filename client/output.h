/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What people read. All text within the client is UTF-8, translations too; here it leaves in the locale's charset, with what that
 * charset lacks transliterated. Colours only on a terminal, and not where NO_COLOR is set. */

#include <libintl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "client/client.h"

typedef enum Style { STYLE_PLAIN, STYLE_BOLD, STYLE_FAINT, STYLE_GOOD, STYLE_BAD, STYLE_DOUBT, STYLE_QR } Style;

/* To standard output. */
void out(const char *format, ...) __attribute__((format(printf, 1, 2)));
void out_styled(Style style, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* To standard error, a line that begins with the program's name. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* To standard error, a line of its own that says what to do next; or, for the person at the terminal, what goes on. */
void hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* To standard error, without a newline. */
void ask(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* To standard error, a terminal: a line that stays until the next one of these or any message takes its place. From any thread, as the messages
 * above and below. */
void out_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
void out_status_end(void);

/* complain(), then the status to return. */
int fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* complain() with the errno's sentence behind; EXIT_NOT_FOUND for what does not exist, EXIT_FAILED otherwise. */
int fail_errno(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a file of the user's, as named by him, with what to do; EXIT_DENIED where he may not. */
int fail_file(int error, const char *path);

/* Memory ran out. */
int fail_memory(void);

/* Whether the locale shows UTF-8; else there are no block characters and check marks. */
bool output_is_utf8(void);
bool output_is_terminal(void);

/* Columns of the terminal; 0 when standard output is none. */
unsigned output_width(void);

/* Text of the locale's charset (arguments, strerror) as UTF-8; never fails but for memory: NULL. The caller frees. */
char *text_from_locale(const char *s);

/* Columns that a text takes. */
unsigned text_width(const char *s);

/* Bytes from elsewhere fit to be shown: see utf8_sanitize(). Never NULL: ends the program when memory runs out. The caller frees. */
char *text_clean(const char *s);

/* "2026-01-31 12:00:00", local time; "–" for what is before the epoch. The buffer is static, four in turn. */
const char *text_time(int64_t seconds);

/* "2026-01-31", where the hour does not matter. The same kind of buffer. */
const char *text_date(int64_t seconds);

/* "2 min 5 s". The same kind of buffer. */
const char *text_duration(int64_t seconds);

/* Text from column `column` on, the cursor being at `at`, wrapped at the width of the terminal (80 when there is none), with a newline. */
void out_wrapped(unsigned at, unsigned column, const char *text);

/* A paragraph, each line indented. */
void out_paragraph(unsigned indent, const char *text);

/* A table. Cells are copied. When it does not fit the terminal, the widest columns are shortened. */
typedef struct Table Table;
Table *table_new(unsigned columns, const char *const *titles);
/* A column, from 0, that is cut only when nothing else is left: an id, a time. */
void table_keep(Table *t, unsigned column);

void table_cell(Table *t, const char *text);
void table_print(const Table *t);
Table *table_free(Table *t);
DEFINE_CLEANUP(Table *, table_free);

/* Lines of `title: value`, aligned. Pairs with a NULL or empty value are left out. */
typedef struct Pair {
        const char *title;
        const char *value;
} Pair;
void out_pairs(const Pair *pairs, size_t n);

/* The same for programs: the object of JSON with these members, NULL being null. An exit code. */
int out_pairs_json(const Pair *pairs, size_t n);
