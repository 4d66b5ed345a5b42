/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command line; see arguments.h. */

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "client/output.h"

const Option common_options[] = {
        { "json", 0, NULL, N_("print JSON for programs") },
        { "help", 'h', NULL, N_("show this help") },
        {},
};

static const Option *find_in(const Option *options, const char *name, size_t len, char letter) {
        for (const Option *o = options; o && o->name; o++)
                if (letter ? o->letter == letter : strlen(o->name) == len && memcmp(o->name, name, len) == 0)
                        return o;
        return NULL;
}

static const Option *find_option(const Verb *verb, const char *name, size_t len, char letter) {
        return find_in(verb->options, name, len, letter) ?: find_in(common_options, name, len, letter);
}

static bool is_path(const Option *o) {
        return strcmp(o->argument, "FILE") == 0;
}

static bool needs_value(const Option *o) {
        return o->argument && o->argument[0] != '[';
}

/* Paths are bytes to the kernel, all else is text. */
static char *copy_value(const char *value, bool path) {
        char *copy = path ? strdup(value) : text_from_locale(value);

        if (!copy)
                abort();
        return copy;
}

static void add_given(Arguments *a, const Option *o, const char *value) {
        Given *grown = reallocarray(a->given, a->n_given + 1, sizeof(*grown));

        if (!grown)
                abort();
        a->given = grown;
        a->given[a->n_given++] = (Given) { o, value ? copy_value(value, is_path(o)) : NULL };
}

static void add_word(Arguments *a, const char *word) {
        char **grown = reallocarray(a->words, a->n_words + 1, sizeof(*grown));

        if (!grown)
                abort();
        a->words = grown;
        a->words[a->n_words++] = copy_value(word, strstr(a->verb->arguments, "FILE"));
}

static int usage_error(const Verb *verb) {
        hint(_("Try “sygnet %s --help”."), verb->words);
        return EXIT_USAGE;
}

/* Takes the option at argv[*i] and its value, which may be the next word. */
static int parse_option(Arguments *a, int argc, char **argv, int *i) {
        const char *word = argv[*i], *value = NULL;
        bool is_long = word[1] == '-';
        size_t len = is_long ? strcspn(word + 2, "=") : 1;
        const Option *o = find_option(a->verb, word + 2, len, is_long ? 0 : word[1]);

        if (!o) {
                _cleanup_free_ char *clean = text_clean(word);

                complain(_("There is no option %s here."), clean);
                return usage_error(a->verb);
        }
        if (is_long && word[2 + len] == '=')
                value = word + 2 + len + 1;
        else if (!is_long && word[2])
                value = word + 2;
        if (value && !o->argument) {
                complain(_("The option --%s takes no value."), o->name);
                return usage_error(a->verb);
        }
        if (needs_value(o) && !value) {
                if (*i + 1 >= argc) {
                        complain(_("The option --%s needs a value: %s."), o->name, o->argument);
                        return usage_error(a->verb);
                }
                value = argv[++*i];
        }
        add_given(a, o, value);
        return 0;
}

int arguments_missing(const Arguments *a) {
        complain(_("Something is missing: sygnet %s %s"), a->verb->words, a->verb->arguments);
        return usage_error(a->verb);
}

static int check_count(const Arguments *a) {
        if (arguments_has(a, "help"))
                return 0;
        if (a->n_words < a->verb->min)
                return arguments_missing(a);
        if (a->n_words > a->verb->max) {
                _cleanup_free_ char *clean = text_clean(a->words[a->verb->max]);

                complain(_("“%s” is too much here."), clean);
                return usage_error(a->verb);
        }
        return 0;
}

int arguments_parse(const Verb *verb, int argc, char **argv, Arguments *a) {
        bool options = true;

        *a = (Arguments) { .verb = verb };
        for (int i = 0; i < argc; i++) {
                int r = 0;

                if (options && strcmp(argv[i], "--") == 0)
                        options = false;
                else if (options && argv[i][0] == '-' && argv[i][1])
                        r = parse_option(a, argc, argv, &i);
                else
                        add_word(a, argv[i]);
                if (r > 0)
                        return r;
        }
        return check_count(a);
}

void arguments_done(Arguments *a) {
        for (size_t i = 0; i < a->n_words; i++)
                free(a->words[i]);
        for (size_t i = 0; i < a->n_given; i++)
                free(a->given[i].value);
        free(a->words);
        free(a->given);
        *a = (Arguments) { 0 };
}

static const Given *nth(const Arguments *a, const char *option, size_t n) {
        const Option *o = find_option(a->verb, option, strlen(option), 0);

        assert(o);
        for (size_t i = 0; i < a->n_given; i++)
                if (a->given[i].option == o && n-- == 0)
                        return &a->given[i];
        return NULL;
}

bool arguments_has(const Arguments *a, const char *option) {
        return nth(a, option, 0);
}

const char *arguments_nth(const Arguments *a, const char *option, size_t i) {
        const Given *g = nth(a, option, i);

        return g ? g->value : NULL;
}

const char *arguments_get(const Arguments *a, const char *option) {
        const char *value = NULL, *next;

        for (size_t i = 0; (next = arguments_nth(a, option, i)); i++)
                value = next;
        return value;
}

int arguments_need(const Arguments *a, const char *const *options) {
        int r = 0;

        for (; *options; options++)
                if (!arguments_has(a, *options)) {
                        complain(_("The option --%s is missing."), *options);
                        r = EXIT_USAGE;
                }
        return r == 0 ? 0 : usage_error(a->verb);
}

int arguments_number(const Arguments *a, const char *option, unsigned min, unsigned max, unsigned fallback, unsigned *ret) {
        const char *s = arguments_get(a, option);
        unsigned long v;
        char *end;

        if (!s) {
                *ret = fallback;
                return 0;
        }
        errno = 0;
        v = strtoul(s, &end, 10);
        if (errno || end == s || *end || *s == '-' || v < min || v > max) {
                complain(_("The option --%s takes a number from %u to %u."), option, min, max);
                return usage_error(a->verb);
        }
        *ret = (unsigned) v;
        return 0;
}
