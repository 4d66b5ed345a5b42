/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where sygnet setup takes certificates from: files and folders, a URL, the local CA, and what an earlier run noted. The service's unprivileged checker
 * takes them apart; here they are bytes. One bad certificate stops all: whoever made the bundle meant all of it. */

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/fetch.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/setup.h"
#include "client/trust-table.h"

#define ANCHORS_FOLDER "/etc/sygnet/anchors.d"
#define FILE_MAX (8U * 1024U * 1024U)
#define FETCH_SECONDS 30U
#define CANDIDATES_MAX 64U /* that Trust1.InstallAll takes, all or none of them */

/* --- The list ------------------------------------------------------------------------------------------------------- */

static Candidate *find(const Setup *s, const char *fingerprint) {
        for (size_t i = 0; i < s->n_candidates; i++)
                if (strcmp(dict_string(&s->candidates[i].info, "fingerprint"), fingerprint) == 0)
                        return &s->candidates[i];
        return NULL;
}

/* Takes the dictionary. `origin` has the marks of where it comes from; the same certificate from a file needs no name. */
static int add(Setup *s, Dict *info, const Candidate *origin) {
        const Field *certificate = dict_field(info, "certificate");
        Candidate *there = find(s, dict_string(info, "fingerprint")), *grown;
        Candidate new = *origin;

        if (origin->recorded && !there && *dict_string(info, "problem")) {
                hint(_("An earlier run began with a certificate that is no longer fit to be trusted: %s. Take it back: sygnet setup --undo"),
                     dict_string(info, "fingerprint"));
                dict_done(info);
                return 0;
        }
        if (there) {
                there->must_be_named &= origin->must_be_named;
                there->local |= origin->local;
                there->recorded |= origin->recorded;
                dict_done(info);
                return 0;
        }
        if (!certificate || certificate->type != 'y' || base64_decode(view_string(certificate->text), &new.der) < 0)
                return fail_message(-EBADMSG);
        grown = s->n_candidates < CANDIDATES_MAX ? reallocarray(s->candidates, s->n_candidates + 1, sizeof(*grown)) : NULL;
        if (!grown) {
                bytes_done(&new.der);
                return s->n_candidates < CANDIDATES_MAX ? fail_memory() : fail(EXIT_FAILED, _("Too many certificates (at most %u)."), CANDIDATES_MAX);
        }
        dict_remove(info, "certificate");
        new.info = *info;
        *info = (Dict) { 0 };
        s->candidates = grown;
        grown[s->n_candidates++] = new;
        return 0;
}

/* Has the service's checker look at bytes, and adds what is in them. `name` is what people know them by. */
static int inspect(Setup *s, View data, const char *name, const Candidate *origin) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = call_new(s->c, &service_trust, TRUST_INTERFACE, "InspectFile", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append_array(m, 'y', data.data, data.len);
        if (r < 0)
                return fail_message(r);
        r = call_send(s->c, m, NULL, &reply);
        if (r > 0) {
                hint(_("This was about %s; nothing was changed."), name);
                return r;
        }
        r = dict_list_read(reply, &l);
        if (r < 0)
                return fail_message(r);
        r = 0;
        for (size_t i = 0; r == 0 && i < l.n_items; i++)
                r = add(s, &l.items[i], origin);
        return r;
}

/* --- Files ---------------------------------------------------------------------------------------------------------- */

static int add_file(Setup *s, const char *path) {
        _cleanup_free_ char *name = text_from_locale(path);
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = read_file(path, FILE_MAX, &b);
        if (r == -EFBIG)
                return fail(EXIT_FAILED, _("%s is larger than 8 MiB: that is no file of certificates."), name ?: "?");
        if (r < 0)
                return fail_file(r, path);
        return inspect(s, bytes_view(&b), name ?: "?", &(Candidate) { 0 });
}

/* Editors and package managers leave copies of files beside them. */
static int is_wanted(const struct dirent *e) {
        size_t n = strlen(e->d_name);

        return e->d_name[0] != '.' && e->d_name[n - 1] != '~' && !strstr(e->d_name, ".dpkg-") && !strstr(e->d_name, ".rpm");
}

static int add_folder(Setup *s, const char *folder) {
        struct dirent **names = NULL;
        int n, r = 0;

        n = scandir(folder, &names, is_wanted, alphasort);
        if (n < 0)
                return fail_file(-errno, folder);
        for (int i = 0; i < n; i++) {
                _cleanup_free_ char *path = NULL;
                struct stat st;

                if (r == 0 && asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0) {
                        path = NULL;
                        r = fail_memory();
                }
                if (r == 0 && (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)))
                        r = add_file(s, path);
                free(names[i]);
        }
        free(names);
        return r;
}

static int add_path(Setup *s, const char *path) {
        struct stat st;

        return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? add_folder(s, path) : add_file(s, path);
}

const char *setup_anchors_folder(void) {
        struct dirent **names = NULL;
        int n = scandir(ANCHORS_FOLDER, &names, is_wanted, NULL);

        for (int i = 0; i < n; i++)
                free(names[i]);
        free(names);
        return n > 0 ? ANCHORS_FOLDER : NULL;
}

/* --- A URL ---------------------------------------------------------------------------------------------------------- */

static int add_url(Setup *s, const char *url) {
        _cleanup_free_ char *problem = NULL;
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = fetch_url(url, &(FetchParams) { .size_max = FILE_MAX, .timeout_s = FETCH_SECONDS }, &b, &problem);
        if (r < 0) {
                _cleanup_free_ char *clean = text_clean(problem ?: "");

                return fail(EXIT_FAILED, _("%s could not be fetched: %s"), url, *clean ? clean : strerror(-r));
        }
        return inspect(s, bytes_view(&b), url, &(Candidate) { .must_be_named = true });
}

bool setup_named(const Setup *s, const Candidate *candidate) {
        const char *given;

        for (size_t i = 0; (given = arguments_nth(&s->c->arguments, "fingerprint", i)); i++) {
                _cleanup_free_ char *tidy = fingerprint_tidy(given);

                if (strcmp(tidy, dict_string(&candidate->info, "fingerprint")) == 0)
                        return true;
        }
        return false;
}

/* --- The local CA --------------------------------------------------------------------------------------------------- */

static int initialize_local(Setup *s, sd_bus_message **ret) {
        static const char *const needed[] = { "organization", "ca-name", "country", NULL };
        _cleanup_message_ sd_bus_message *m = NULL;
        const Arguments *a = &s->c->arguments;
        _cleanup_free_ char *organization = NULL, *name = NULL, *country = NULL;
        int r;

        if (s->guided) {
                out("%s\n", _("This machine has no certification authority of its own yet; it is made now."));
                r = prompt_line(_("Name of the organisation that runs it"), &organization);
                if (r == 0)
                        r = prompt_line(_("Name of the authority, as in “Example CA”"), &name);
                if (r == 0)
                        r = prompt_line(_("Country, two letters, as in PL"), &country);
        } else
                r = arguments_need(a, needed);
        if (r == 0)
                r = call_new(s->c, &service_ca, CA_INTERFACE, "Initialize", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "a{sv}a{sv}", 3, "organizationName", "s", organization ?: arguments_get(a, "organization"), "commonName", "s",
                                  name ?: arguments_get(a, "ca-name"), "countryName", "s", country ?: arguments_get(a, "country"), 0);
        return r < 0 ? fail_message(r) : call_send(s->c, m, NULL, ret);
}

/* Its root, made where there is none yet. What a dry run would make cannot be shown. */
static int add_local(Setup *s) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        const void *data;
        size_t size;
        int r;

        r = call_new(s->c, &service_ca, CA_INTERFACE, "GetCertificate", &m);
        if (r > 0)
                return r;
        r = call_send(s->c, m, ERROR_NOT_INITIALIZED, &reply);
        if (r == -EAGAIN && s->dry_run) {
                hint("%s", _("The local certification authority has no root yet: it would be made."));
                return 0;
        }
        if (r == -EAGAIN)
                r = initialize_local(s, &reply);
        if (r > 0)
                return r;
        r = sd_bus_message_read_array(reply, 'y', &data, &size);
        if (r < 0)
                return fail_message(r);
        return inspect(s, VIEW(data, size), _("the local authority's root"), &(Candidate) { .local = true });
}

/* --- All of them ---------------------------------------------------------------------------------------------------- */

/* What an earlier run began is completed, whatever became of the file that it came from. */
static int add_recorded(Setup *s) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < s->records.n; i++) {
                const TrustRecord *record = &s->records.items[i];

                r = inspect(s, bytes_view(&record->certificate), record->fingerprint, &(Candidate) { .recorded = true });
        }
        return r;
}

int setup_gather(Setup *s) {
        const Arguments *a = &s->c->arguments;
        bool elsewhere = arguments_has(a, "from") || arguments_has(a, "url") || s->from || s->local_ca;
        const char *value;
        int r = 0;

        /* Looking at certificates takes an administrator, too. */
        agent_start(&s->c->agent);
        for (size_t i = 0; r == 0 && (value = arguments_nth(a, "from", i)); i++)
                r = add_path(s, value);
        if (r == 0 && s->from)
                r = add_path(s, s->from);
        if (r == 0 && !arguments_has(a, "from") && !s->from && setup_anchors_folder() && !arguments_has(a, "url"))
                r = add_folder(s, setup_anchors_folder());
        for (size_t i = 0; r == 0 && (value = arguments_nth(a, "url", i)); i++)
                r = add_url(s, value);
        if (r == 0 && s->local_ca)
                r = add_local(s);
        if (r == 0)
                r = add_recorded(s);
        if (r == 0 && s->n_candidates == 0 && !elsewhere && !s->guided) {
                (void) fail(EXIT_USAGE, "%s", _("There are no CA certificates to install: nothing was named, and nothing lies in /etc/sygnet/anchors.d."));
                hint("%s", _("Name a file or folder: sygnet setup --from PATH"));
                return EXIT_USAGE;
        }
        return r;
}
