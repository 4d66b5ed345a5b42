/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What sygnet setup tells of its work; see setup.h. */

#include <string.h>

#include "client/output.h"
#include "client/setup.h"

void setup_done(Setup *s) {
        for (size_t i = 0; i < s->n_candidates; i++) {
                dict_done(&s->candidates[i].info);
                bytes_done(&s->candidates[i].der);
        }
        free(s->candidates);
        for (size_t i = 0; i < s->n_changes; i++) {
                free(s->changes[i].fingerprint);
                free(s->changes[i].store);
                free(s->changes[i].path);
                free(s->changes[i].problem);
        }
        free(s->changes);
        free(s->from);
        nss_databases_done(&s->databases);
        trust_records_done(&s->records);
        dict_list_done(&s->states);
        *s = (Setup) { 0 };
}

static const char *result_text(Result r) {
        static const char *const texts[] = {
                [RESULT_WOULD_INSTALL] = N_("would be installed"), [RESULT_WOULD_REMOVE] = N_("would be taken out"), [RESULT_INSTALLED] = N_("installed"),
                [RESULT_PRESENT] = N_("is there"),                 [RESULT_REMOVED] = N_("taken out"),               [RESULT_LEFT] = N_("left as it is"),
                [RESULT_FAILED] = N_("failed"),
        };

        return _(texts[r]);
}

/* For programs. */
static const char *result_word(Result r) {
        static const char *const words[] = { "would-install", "would-remove", "installed", "present", "removed", "left", "failed" };

        return words[r];
}

static Style result_style(Result r) {
        return r == RESULT_FAILED ? STYLE_BAD : r == RESULT_INSTALLED || r == RESULT_REMOVED ? STYLE_GOOD : STYLE_PLAIN;
}

void setup_heading(const char *fingerprint, const char *subject) {
        out_styled(STYLE_BOLD, "\n%s\n", subject && *subject ? subject : fingerprint);
        if (subject && *subject)
                out("  SHA-256 %s\n", fingerprint);
}

static char *copy(const char *s) {
        char *new = s ? text_clean(s) : NULL;

        return new;
}

void setup_note(Setup *s, const char *fingerprint, const char *store, const char *path, Result result, const char *problem) {
        Change *grown = reallocarray(s->changes, s->n_changes + 1, sizeof(*grown)), *change;

        if (!grown)
                abort();
        s->changes = grown;
        change = &grown[s->n_changes++];
        *change = (Change) { copy(fingerprint), copy(store), copy(path), copy(problem), result };
        s->failed += result == RESULT_FAILED;
        if (s->c->json)
                return;
        out("  %s: ", change->store);
        out_styled(result_style(result), "%s", result_text(result));
        if (change->problem && *change->problem)
                out(" (%s)", change->problem);
        out("\n");
        fflush(stdout);
}

int setup_print_json(const Setup *s) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_array_begin(&j, "changes");
        for (size_t i = 0; i < s->n_changes; i++) {
                const Change *change = &s->changes[i];

                json_object_begin(&j, NULL);
                json_string(&j, "fingerprint", change->fingerprint);
                json_string(&j, "store", change->store);
                json_string(&j, "path", change->path);
                json_string(&j, "result", result_word(change->result));
                json_string(&j, "problem", change->problem);
                json_object_end(&j);
        }
        json_array_end(&j);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}
