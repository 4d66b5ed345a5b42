/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Help; see help.h. */

#include <stdio.h>
#include <string.h>

#include "client/help.h"
#include "client/output.h"
#include "client/verbs.h"

#define GAP 2U

/* "  left   right", the right column beginning at `column` and wrapped there. */
static void entry(const char *left, const char *right, unsigned column) {
        out("  %s", left);
        out_wrapped(GAP + text_width(left), column, right);
}

static bool belongs(const Verb *v, const char *group) {
        size_t len;

        if (!group)
                return true;
        len = strlen(group);
        return strncmp(v->words, group, len) == 0 && (v->words[len] == ' ' || !v->words[len]);
}

/* Whether a verb is about another thing than the one before it. */
static bool begins_group(const Verb *v) {
        size_t here = strcspn(v->words, " "), before = strcspn(v[-1].words, " ");

        if (!v->words[here] && !v[-1].words[before])
                return false;
        return here != before || memcmp(v->words, v[-1].words, here) != 0;
}

static void exit_codes(void) {
        out("\n%s\n", _("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 not found,\n5 signature not valid, 6 validity cannot be told."));
}

void help_overview(const char *group) {
        char verb[64];
        unsigned column = 0;

        snprintf(verb, sizeof(verb), "%s%s%s ", group ?: "", group ? " " : "", _("VERB"));
        for (const Verb *v = verbs; v->words; v++)
                if (belongs(v, group) && text_width(v->words) + 2 * GAP > column)
                        column = text_width(v->words) + 2 * GAP;
        out_styled(STYLE_BOLD, _("Usage: sygnet %s[OPTION…] [ARGUMENT…]"), verb);
        out("\n\n%s\n\n", _("Signs and seals documents with keys that the service keeps, and verifies signatures."));
        for (const Verb *v = verbs; v->words; v++) {
                if (!belongs(v, group))
                        continue;
                if (!group && v != verbs && begins_group(v))
                        out("\n");
                entry(v->words, _(v->summary), column);
        }
        if (!group) {
                out("\n");
                entry("--help", _("show this help; after a verb, the verb's"), column);
                entry("--version", _("show the version"), column);
        }
        exit_codes();
}

static void describe_option(const Option *o, char *buffer, size_t size) {
        char letter[8] = "    ";

        if (o->letter)
                snprintf(letter, sizeof(letter), "-%c, ", o->letter);
        snprintf(buffer, size, "%s--%s%s%s", letter, o->name, o->argument && o->argument[0] != '[' ? " " : "", o->argument ?: "");
}

static void list_options(const Option *options) {
        char buffer[64];

        for (const Option *o = options; o && o->name; o++) {
                describe_option(o, buffer, sizeof(buffer));
                entry(buffer, _(o->help), 30);
        }
}

void help_verb(const Verb *v) {
        out_styled(STYLE_BOLD, _("Usage: sygnet %s%s%s"), v->words, *v->arguments ? " " : "", v->arguments);
        out("\n\n");
        out_paragraph(0, _(v->summary));
        if (v->description) {
                out("\n");
                out_paragraph(0, _(v->description));
        }
        out("\n");
        list_options(v->options);
        list_options(common_options);
        exit_codes();
}
