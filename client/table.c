/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables that fit the terminal; declared in output.h. */

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "client/output.h"

#define GAP 2U
#define NARROWEST 6U

struct Table {
        unsigned columns;
        unsigned kept; /* a bit for each column that is cut only when nothing else is left */
        char **cells; /* the titles are the first row */
        size_t n_cells;
};

Table *table_new(unsigned columns, const char *const *titles) {
        Table *t = calloc(1, sizeof(*t));

        if (!t)
                abort();
        t->columns = columns;
        for (unsigned i = 0; i < columns; i++)
                table_cell(t, titles[i]);
        return t;
}

void table_keep(Table *t, unsigned column) {
        t->kept |= 1U << column;
}

void table_cell(Table *t, const char *text) {
        char **grown = reallocarray(t->cells, t->n_cells + 1, sizeof(*grown));

        if (!grown)
                abort();
        t->cells = grown;
        t->cells[t->n_cells++] = text_clean(text ?: "");
}

static void measure(const Table *t, unsigned *widths) {
        for (size_t i = 0; i < t->n_cells; i++) {
                unsigned width = text_width(t->cells[i]);

                if (width > widths[i % t->columns])
                        widths[i % t->columns] = width;
        }
}

/* Takes columns away from the widest, but for the kept ones, until the table fits, or all are narrow. */
static void shrink(unsigned *widths, unsigned columns, unsigned kept, unsigned limit) {
        for (;;) {
                unsigned total = GAP * (columns - 1), widest = columns;

                for (unsigned i = 0; i < columns; i++) {
                        total += widths[i];
                        if (!(kept & 1U << i) && (widest == columns || widths[i] > widths[widest]))
                                widest = i;
                }
                if (total <= limit || widest == columns || widths[widest] <= NARROWEST)
                        return;
                widths[widest]--;
        }
}

/* As much of `s` as `width` columns hold, with an ellipsis where it was cut; NULL when memory ran out. */
static char *cut(const char *s, unsigned width) {
        char *copy = NULL;
        size_t n = 0;

        if (text_width(s) <= width)
                return strdup(s);
        for (unsigned used = 0; s[n];) {
                size_t len = utf8_char_length(s + n);
                char one[5] = "";

                memcpy(one, s + n, len > 0 ? len : 1);
                used += text_width(one);
                if (used + 1 > width)
                        break;
                n += len > 0 ? len : 1;
        }
        return asprintf(&copy, "%.*s…", (int) n, s) < 0 ? NULL : copy;
}

static void print_cell(const char *cell, unsigned width, bool last, Style style) {
        _cleanup_free_ char *shown = cut(cell, width);
        unsigned used = shown ? text_width(shown) : 0;

        out_styled(style, "%s", shown ?: "");
        if (!last)
                out("%*s", (int) (width - used + GAP), "");
}

void table_print(const Table *t) {
        _cleanup_free_ unsigned *widths = calloc(t->columns, sizeof(*widths));

        if (!widths)
                return;
        measure(t, widths);
        if (output_width() > 0) {
                shrink(widths, t->columns, t->kept, output_width());
                shrink(widths, t->columns, 0, output_width());
        }
        for (size_t i = 0; i < t->n_cells; i++) {
                unsigned column = i % t->columns;
                bool last = column + 1 == t->columns;

                print_cell(t->cells[i], widths[column], last, i < t->columns ? STYLE_BOLD : STYLE_PLAIN);
                if (last)
                        out("\n");
        }
}

Table *table_free(Table *t) {
        if (!t)
                return NULL;
        for (size_t i = 0; i < t->n_cells; i++)
                free(t->cells[i]);
        free(t->cells);
        free(t);
        return NULL;
}
