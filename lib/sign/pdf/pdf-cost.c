/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The budget of a file; see pdf-cost.h. */

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "sign/pdf/pdf-cost.h"

/* So much of a string, or of what is between tokens, counts as one; of what the file has at its full length, four times as much. */
#define STRING_BYTES 32U

#define SLOTS_BITS 16

/* An object whose end is looked for. `key` says that a dictionary's next token should be one. */
typedef struct Frame {
        bool is_dictionary, key;
        uint32_t dictionary;
} Frame;

/* How things stood before an integer, which may turn out to be of a reference. */
typedef struct Before {
        bool key;
        uint64_t used;
} Before;

typedef struct Counter {
        PdfCost *cost;
        PdfLexer *lexer;
        uint64_t used, reference;
        size_t depth, n_integers; /* that directly precede */
        Before before[2];
        Frame frames[PDF_NESTING_MAX];
} Counter;

int pdf_cost_init(PdfCost *c, uint64_t budget) {
        *c = (PdfCost) { .left = budget, .keys = calloc(1U << SLOTS_BITS, sizeof(*c->keys)) };
        if (!c->keys)
                return -ENOMEM;
        if (getrandom(&c->seed, sizeof(c->seed), GRND_NONBLOCK) != sizeof(c->seed))
                c->seed = (uint64_t) (uintptr_t) c->keys;
        c->seed |= 1;
        return 0;
}

void pdf_cost_done(PdfCost *c) {
        free(c->keys);
        c->keys = NULL;
}

int pdf_cost_spend(PdfCost *c, uint64_t n) {
        if (n > c->left) {
                c->left = 0;
                return PDF_SCAN_EXCESSIVE;
        }
        c->left -= n;
        return 0;
}

bool pdf_cost_is_repeated(PdfCost *c, uint64_t key) {
        uint64_t *slot = &c->keys[key * c->seed >> (64 - SLOTS_BITS)];
        bool repeated = *slot == key;

        *slot = key;
        return repeated;
}

/* A slot that the same dictionary took before counts as the same key: with more keys than slots each would else be forgotten before it comes again. */
static bool takes_slot_again(PdfCost *c, uint64_t key) {
        uint64_t *slot = &c->keys[key * c->seed >> (64 - SLOTS_BITS)];
        bool again = *slot != 0 && *slot >> 32 == key >> 32;

        *slot = key;
        return again;
}

/* As qpdf has it, what is no name where a key should be is a value, for which it makes a key up. */
static void take_item(Counter *k, PdfToken t) {
        Frame *f = k->depth > 0 ? &k->frames[k->depth - 1] : NULL;

        if (!f || !f->is_dictionary)
                return;
        if (!f->key)
                f->key = true;
        else if (t != PDF_TOKEN_NAME)
                k->used += PDF_COST_WARNING;
        else {
                f->key = false;
                if (takes_slot_again(k->cost, (uint64_t) f->dictionary << 32 | k->lexer->hash))
                        k->used += PDF_COST_WARNING;
        }
}

static void take_integer(Counter *k) {
        k->before[1] = k->before[0];
        k->before[0] = (Before) { k->depth > 0 && k->frames[k->depth - 1].key, k->used };
        k->n_integers++;
        k->used++;
        take_item(k, PDF_TOKEN_INTEGER);
}

static bool is_known_word(const PdfLexer *l) {
        bool digit = false, dot = false;

        if (pdf_lexer_is(l, "null") || pdf_lexer_is(l, "true") || pdf_lexer_is(l, "false"))
                return true;
        for (size_t i = 0; i < l->len && i < sizeof(l->text) - 1; i++) {
                char c = l->text[i];

                if (c >= '0' && c <= '9')
                        digit = true;
                else if (c == '.' && !dot)
                        dot = true;
                else if (i > 0 || (c != '+' && c != '-'))
                        return false;
        }
        return digit;
}

static void take_word(Counter *k) {
        if (pdf_lexer_is(k->lexer, "R") && k->n_integers >= 2) {
                k->used = k->before[1].used + k->reference;
                if (k->depth > 0)
                        k->frames[k->depth - 1].key = k->before[1].key;
        } else
                k->used += is_known_word(k->lexer) ? 1 : PDF_COST_WARNING;
        take_item(k, PDF_TOKEN_WORD);
}

static int open_frame(Counter *k, PdfToken t) {
        k->used++;
        take_item(k, t);
        if (k->depth == PDF_NESTING_MAX)
                return PDF_SCAN_EXCESSIVE;
        k->frames[k->depth++] = (Frame) { t == PDF_TOKEN_DICT_OPEN, true, k->cost->n_dictionaries & INT32_MAX };
        k->cost->n_dictionaries += t == PDF_TOKEN_DICT_OPEN;
        return 0;
}

/* One that closes nothing is null to qpdf. */
static void close_frame(Counter *k, PdfToken t) {
        if (k->depth == 0 || k->frames[k->depth - 1].is_dictionary != (t == PDF_TOKEN_DICT_CLOSE)) {
                k->used += PDF_COST_WARNING;
                take_item(k, t);
                return;
        }
        k->used += k->frames[--k->depth].is_dictionary && !k->frames[k->depth].key ? PDF_COST_WARNING : 1;
}

static int take_token(Counter *k, PdfToken t) {
        if (t == PDF_TOKEN_INTEGER) {
                take_integer(k);
                return 0;
        }
        switch (t) {
        case PDF_TOKEN_END:
                return PDF_SCAN_BROKEN;
        case PDF_TOKEN_ARRAY_OPEN:
        case PDF_TOKEN_DICT_OPEN:
                k->n_integers = 0;
                return open_frame(k, t);
        case PDF_TOKEN_ARRAY_CLOSE:
        case PDF_TOKEN_DICT_CLOSE:
                close_frame(k, t);
                break;
        case PDF_TOKEN_WORD:
                take_word(k);
                break;
        default:
                k->used += t == PDF_TOKEN_BAD || k->lexer->odd ? PDF_COST_WARNING : 1;
                take_item(k, t);
        }
        k->n_integers = 0;
        return 0;
}

int pdf_cost_object(PdfCost *c, PdfLexer *l, bool compressed) {
        Counter k;
        uint64_t begin = l->at;
        int r, q;

        k.cost = c;
        k.lexer = l;
        k.used = k.depth = k.n_integers = 0;
        k.reference = compressed ? 2 : 1;
        do {
                r = take_token(&k, pdf_lexer_next(l));
                if (r == 0 && k.used > c->left)
                        r = PDF_SCAN_EXCESSIVE;
        } while (r == 0 && k.depth > 0);
        q = pdf_cost_spend(c, k.used + (l->at - begin) / (compressed ? STRING_BYTES : 4 * STRING_BYTES));
        return q != 0 ? q : r;
}
