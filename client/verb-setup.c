/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet setup: the first run, and every later repair. Shows certificates, asks, installs them, has other programs check; at a terminal it leads through
 * all of that, to a program it does what the options say. */

#include <errno.h>
#include <string.h>

#include "client/output.h"
#include "client/prompt.h"
#include "client/setup.h"
#include "client/trust-table.h"
#include "client/verbs.h"

#define STEPS 3

static void heading(const Setup *s, unsigned number, const char *title) {
        if (!s->guided)
                return;
        out_styled(STYLE_BOLD, _("\nStep %u of %u: %s\n"), number, STEPS, title);
        fflush(stdout);
}

/* --- What a person is asked ------------------------------------------------------------------------------------------ */

/* Without options that say what to do, a person at a terminal is asked. */
static bool is_guided(const Client *c) {
        return c->arguments.n_given == 0 && !c->json && prompt_possible();
}

static int ask_sources(Setup *s) {
        int r;

        if (setup_anchors_folder())
                out(_("The administrator has put CA certificates into %s.\n"), setup_anchors_folder());
        else {
                r = prompt_line(_("File or folder with the CA certificates of your certification centre (press Enter for none)"), &s->from);
                if (r > 0)
                        return r;
                if (!*s->from)
                        free(TAKE_PTR(s->from));
        }
        return prompt_yes(_("Shall documents be signed with certificates of this machine's own certification authority, too?"), &s->local_ca);
}

static int ask_account(Setup *s) {
        _cleanup_free_ char *login = NULL;
        int r;

        heading(s, 3, _("your account"));
        r = prompt_line(_("Your login, if you were sent one (press Enter for none)"), &login);
        return r == 0 && *login ? setup_account(s, login) : r;
}

/* --- What is agreed to ----------------------------------------------------------------------------------------------- */

static int check_candidate(const Setup *s, const Candidate *candidate) {
        const char *fingerprint = dict_string(&candidate->info, "fingerprint"), *problem = dict_string(&candidate->info, "problem");
        _cleanup_free_ char *clean = text_clean(*problem ? _(problem) : "");

        if (*problem) {
                (void) fail(EXIT_FAILED, _("This certificate cannot be installed: %s"), clean);
                hint(_("It is the one with SHA-256 %s. Nothing was changed; take it out of what you named."), fingerprint);
                return EXIT_FAILED;
        }
        if (candidate->must_be_named && !setup_named(s, candidate)) {
                (void) fail(EXIT_DENIED, _("The certificate with SHA-256 %s came over the network, and no --fingerprint names it."), fingerprint);
                hint("%s", _("Compare it with what the certification centre publishes elsewhere. Nothing was changed."));
                return EXIT_DENIED;
        }
        return 0;
}

/* Each fingerprint that was given has to be among them: else something else than was meant is at hand. */
static int check_fingerprints(const Setup *s) {
        const char *given;

        for (size_t i = 0; (given = arguments_nth(&s->c->arguments, "fingerprint", i)); i++) {
                _cleanup_free_ char *tidy = fingerprint_tidy(given);
                bool found = false;

                for (size_t k = 0; k < s->n_candidates; k++)
                        found |= strcmp(dict_string(&s->candidates[k].info, "fingerprint"), tidy) == 0;
                if (!found)
                        return fail(EXIT_DENIED, _("No certificate has the fingerprint %s; nothing was changed."), tidy);
        }
        return 0;
}

static int show(const Setup *s) {
        int r = 0;

        for (size_t i = 0; i < s->n_candidates; i++) {
                if (!s->c->json) {
                        out("%s", i > 0 ? "\n" : "");
                        trust_print_info(&s->candidates[i].info);
                }
        }
        for (size_t i = 0; r == 0 && i < s->n_candidates; i++)
                r = check_candidate(s, &s->candidates[i]);
        return r == 0 ? check_fingerprints(s) : r;
}

static int agree(const Setup *s) {
        bool agreed = true;

        for (size_t i = 0; i < s->n_candidates; i++)
                agreed &= s->candidates[i].recorded || setup_named(s, &s->candidates[i]);
        if (agreed || arguments_has(&s->c->arguments, "yes"))
                return 0;
        if (!s->c->json)
                out("\n");
        return prompt_confirm("yes", _("Have this machine and your programs trust them?"));
}

/* --- The steps ------------------------------------------------------------------------------------------------------- */

static int install(Setup *s) {
        int r;

        heading(s, 1, _("the certificates"));
        r = s->guided ? ask_sources(s) : 0;
        if (r == 0)
                r = setup_gather(s);
        if (r == 0 && s->n_candidates == 0) {
                if (!s->c->json)
                        out("%s\n", _("No certificates: there is nothing to install."));
                return 0;
        }
        if (r == 0)
                r = setup_survey(s);
        if (r == 0)
                r = show(s);
        if (r > 0 || s->dry_run)
                return r > 0 ? r : setup_preview(s);
        heading(s, 2, _("where they are trusted"));
        if (setup_needed(s))
                r = agree(s);
        if (r == 0)
                r = setup_apply(s);
        return r == 0 ? setup_check(s) : r;
}

static int conclude(const Setup *s) {
        if (s->failed > 0) {
                (void) fail(EXIT_FAILED, _("Not all of it came about (%u failed)."), s->failed);
                hint("%s", _("When the cause is mended, run “sygnet setup” again; “sygnet setup --undo” takes all of it back."));
                return EXIT_FAILED;
        }
        if (s->dry_run && !s->c->json)
                out("\n%s\n", _("Nothing was changed."));
        else if (!s->c->json && s->n_candidates > 0)
                out("\n%s\n%s\n", _("All is as it should be. Programs that are running may have to be started anew."), _("To take it back: sygnet setup --undo"));
        return EXIT_OK;
}

static int set_up(Setup *s) {
        const char *login = arguments_get(&s->c->arguments, "account");
        int r;

        r = install(s);
        if (r == 0 && s->guided)
                r = ask_account(s);
        else if (r == 0 && login && !s->dry_run)
                r = setup_account(s, login);
        if (s->c->json && setup_print_json(s) != 0)
                return EXIT_FAILED;
        return r == 0 ? conclude(s) : r;
}

static int undo(Setup *s) {
        int r = setup_undo(s);

        if (s->c->json && setup_print_json(s) != 0)
                return EXIT_FAILED;
        if (r == 0 && s->records.n > 0 && !s->c->json)
                out("\n%s\n", s->dry_run ? _("Nothing was changed.") : _("All stands as before."));
        return r;
}

static int check_usage(const Client *c) {
        static const char *const others[] = { "from", "url", "fingerprint", "purpose", "local-ca", "no-system", "no-browsers", "account" };
        const Arguments *a = &c->arguments;

        if (arguments_has(a, "undo"))
                for (size_t i = 0; i < ELEMENTSOF(others); i++)
                        if (arguments_has(a, others[i]))
                                return fail(EXIT_USAGE, _("--undo takes back everything: --%s does not go with it."), others[i]);
        if (arguments_has(a, "url") && !arguments_has(a, "fingerprint"))
                return fail(EXIT_USAGE, "%s", _("What comes over the network is trusted by its fingerprint only: name it by --fingerprint."));
        if (!arguments_has(a, "local-ca") && (arguments_has(a, "organization") || arguments_has(a, "ca-name") || arguments_has(a, "country")))
                return fail(EXIT_USAGE, "%s", _("--organization, --ca-name and --country tell of the local authority: use --local-ca."));
        return 0;
}

int verb_setup(Client *c) {
        _cleanup_setup_ Setup s = {
                .c = c,
                .guided = is_guided(c),
                .dry_run = arguments_has(&c->arguments, "dry-run"),
                .system = !arguments_has(&c->arguments, "no-system"),
                .browsers = !arguments_has(&c->arguments, "no-browsers"),
                .local_ca = arguments_has(&c->arguments, "local-ca"),
        };
        _cleanup_close_ int lock = -1;
        int r;

        r = check_usage(c);
        if (r == 0)
                r = setup_purposes(&s);
        if (r == 0)
                r = setup_account_need(&s);
        if (r == 0)
                r = trust_records_lock(&lock);
        if (r == 0)
                r = trust_records_read(&s.records);
        if (r > 0)
                return r;
        return arguments_has(&c->arguments, "undo") ? undo(&s) : set_up(&s);
}
