/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet: the client. Finds the verb, parses its options, runs it, and sees that what was printed has arrived. */

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "client/help.h"
#include "client/output.h"
#include "client/verbs.h"
#include "config.h"
#include "crypto/init.h"

static void set_up_language(void) {
        setlocale(LC_ALL, "");
        bindtextdomain("sygnet", SYGNET_LOCALEDIR);
        /* UTF-8 within; output.c converts. */
        bind_textdomain_codeset("sygnet", "UTF-8");
        textdomain("sygnet");
}

static int unknown(const char *word) {
        _cleanup_free_ char *clean = text_clean(word);

        complain(_("There is no verb “%s”."), clean);
        hint("%s", _("See which there are: sygnet --help"));
        return EXIT_USAGE;
}

static int run_group(int argc, char **argv) {
        if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
                help_overview(argv[0]);
                return EXIT_OK;
        }
        if (argc > 1)
                return unknown(argv[1]);
        complain(_("What about “%s”? There is more than one verb."), argv[0]);
        hint(_("Try “sygnet %s --help”."), argv[0]);
        return EXIT_USAGE;
}

/* The overview, or what the words name. */
static int run_help(int argc, char **argv) {
        const Verb *verb;
        int words;

        if (argc == 0) {
                help_overview(NULL);
                return EXIT_OK;
        }
        verb = verb_find(argc, argv, &words);
        if (verb)
                help_verb(verb);
        else if (verb_is_group(argv[0]))
                help_overview(argv[0]);
        else
                return unknown(argv[0]);
        return EXIT_OK;
}

static int run_verb(const Verb *verb, int argc, char **argv, bool json) {
        Client c = { .json = json };
        int r;

        r = arguments_parse(verb, argc, argv, &c.arguments);
        c.json |= arguments_has(&c.arguments, "json");
        if (r == 0 && arguments_has(&c.arguments, "help"))
                help_verb(verb);
        else if (r == 0)
                r = verb->run(&c);
        agent_stop(&c.agent);
        sd_bus_flush_close_unref(c.bus);
        arguments_done(&c.arguments);
        return r;
}

static int run(int argc, char **argv) {
        const Verb *verb;
        bool json = false;
        int words, i = 1;

        if (i < argc && strcmp(argv[i], "--json") == 0) {
                json = true;
                i++;
        }
        if (i >= argc) {
                complain("%s", _("Say what to do."));
                hint("%s", _("See what there is: sygnet --help"));
                return EXIT_USAGE;
        }
        if (strcmp(argv[i], "--version") == 0) {
                out("sygnet %s\n", SYGNET_VERSION);
                return EXIT_OK;
        }
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "help") == 0)
                return run_help(argc - i - 1, argv + i + 1);
        verb = verb_find(argc - i, argv + i, &words);
        if (verb)
                return run_verb(verb, argc - i - words, argv + i + words, json);
        return verb_is_group(argv[i]) ? run_group(argc - i, argv + i) : unknown(argv[i]);
}

int main(int argc, char **argv) {
        int r;

        set_up_language();
        /* Before anything of GnuTLS: no PKCS#11 module is loaded into this process. */
        if (crypto_init() < 0)
                return fail(EXIT_FAILED, "%s", _("The cryptographic library does not start."));
        r = run(argc, argv);
        errno = 0;
        if (fflush(stdout) != 0 || ferror(stdout))
                return fail_errno(errno ?: EIO, "%s", _("The output could not be written"));
        return r;
}
