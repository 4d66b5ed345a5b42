/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Firefox's enterprise policy: /etc/firefox/policies/policies.json names certificates to install, by path, and they lie beside it, where a Firefox
 * in a snap may read them too. Firefox takes them into each profile when it starts. There is no command: the file is all. */

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "installer/trust/policy-file.h"
#include "installer/trust/store.h"

#define FOLDER "/etc/firefox/policies"
#define FILE_NAME FOLDER "/policies.json"
#define CERTIFICATE_FILE_MAX (256U * 1024U)

static bool is_present(const Stores *s) {
        static const char *const programs[] = {
                "/usr/bin/firefox", "/usr/bin/firefox-esr", "/usr/lib/firefox", "/usr/lib/firefox-esr", "/usr/lib64/firefox", "/opt/firefox", "/snap/bin/firefox",
        };

        for (size_t i = 0; i < ELEMENTSOF(programs); i++)
                if (stores_has(s, programs[i]))
                        return true;
        return false;
}

static char *place(const Stores *s) {
        return stores_path(s, "%s", FILE_NAME);
}

static char *path(const Stores *s, const Record *r) {
        return stores_path(s, FOLDER "/sygnet-%.16s.pem", r->fingerprint);
}

/* Empty where there is none. */
static int read_policies(const Stores *s, Bytes *ret) {
        _cleanup_free_ char *file = place(s);
        int r = file ? read_file(file, POLICY_SIZE_MAX, ret) : -ENOMEM;

        return r == -ENOENT ? 0 : r;
}

/* Firefox reads one file: where there is one in /etc, that of its own directory counts no more. */
static bool would_hide_others(const Stores *s) {
        static const char *const files[] = {
                "/usr/lib/firefox/distribution/policies.json", "/usr/lib/firefox-esr/distribution/policies.json", "/usr/lib64/firefox/distribution/policies.json",
                "/opt/firefox/distribution/policies.json",
        };

        if (stores_has(s, FILE_NAME))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(files); i++)
                if (stores_has(s, files[i]))
                        return true;
        return false;
}

static int nothing(void *userdata, View entry) {
        return 0;
}

static const char *problem(const Stores *s) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        const char *parent = stores_has(s, FOLDER) ? FOLDER : stores_has(s, "/etc/firefox") ? "/etc/firefox" : "/etc", *writable = directory_problem(s, parent);
        int r;

        if (writable)
                return writable;
        if (would_hide_others(s))
                return N_("Its policies are in its own directory, and would no longer count beside others in /etc/firefox. Move them there.");
        r = read_policies(s, &text);
        if (r >= 0 && text.len > 0)
                r = policy_walk(bytes_view(&text), nothing, NULL);
        return r < 0 ? N_("Its policies.json is not of the form that policies have, and is left alone.") : NULL;
}

/* --- What is in it ------------------------------------------------------------------------------------------------ */

typedef struct Walk {
        const Stores *stores;
        Survey *survey;
} Walk;

/* Firefox takes PEM and DER, and looks for what is no whole path in two places. */
static int survey_entry(void *userdata, View entry) {
        static const char *const folders[] = { "", "/usr/lib/mozilla/certificates/", "/usr/lib64/mozilla/certificates/" };
        Walk *w = userdata;

        for (size_t i = 0; i < ELEMENTSOF(folders); i++) {
                _cleanup_free_ char *file = stores_path(w->stores, "%s%.*s", folders[i], (int) entry.len, (const char *) entry.data);
                _cleanup_bytes_ Bytes content = BYTES_NULL;
                int r;

                if (!file)
                        return -ENOMEM;
                if ((entry.len > 0 && entry.data[0] == '/') != (i == 0) || read_file(file, CERTIFICATE_FILE_MAX, &content) < 0)
                        continue;
                r = survey_add_pem(w->survey, bytes_view(&content), PURPOSE_ALL);
                if (r >= 0 && content.len > 0 && content.data[0] == 0x30)
                        r = survey_add_binary(w->survey, bytes_view(&content), PURPOSE_ALL);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int survey(const Stores *s, Survey *ret) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        Walk walk = { s, ret };
        int r = read_policies(s, &text);

        return r < 0 || text.len == 0 ? r : policy_walk(bytes_view(&text), survey_entry, &walk);
}

/* --- Changes ------------------------------------------------------------------------------------------------------ */

static int make_folders(const Stores *s) {
        _cleanup_free_ char *outer = stores_path(s, "/etc/firefox"), *inner = stores_path(s, "%s", FOLDER);

        if (!outer || !inner)
                return -ENOMEM;
        if (mkdir(outer, 0755) < 0 && errno != EEXIST)
                return -errno;
        return mkdir(inner, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* The policies with the certificate's path, or without; an empty file is none. */
static int rewrite(const Stores *s, const Record *r, int (*edit)(View text, const char *path, Bytes *ret)) {
        _cleanup_free_ char *file = place(s), *certificate = path(s, r);
        _cleanup_bytes_ Bytes text = BYTES_NULL, edited = BYTES_NULL;
        struct stat st;
        int k = file && certificate ? read_policies(s, &text) : -ENOMEM;

        if (k >= 0)
                k = edit(bytes_view(&text), certificate + strlen(s->root), &edited);
        if (k < 0)
                return k;
        if (edited.len == 0)
                return delete_file(file);
        return atomic_file_write(file, bytes_view(&edited), stat(file, &st) < 0 ? 0644 : st.st_mode & 07777, true);
}

static int with_file(const Stores *s, const Record *r, int (*f)(const char *path, View content)) {
        _cleanup_free_ char *file = path(s, r);
        _cleanup_bytes_ Bytes pem = BYTES_NULL;
        int k = file ? certificate_to_pem(bytes_view(&r->der), &pem) : -ENOMEM;

        return k < 0 ? k : f(file, bytes_view(&pem));
}

static int put(const Stores *s, const Record *r) {
        int k = make_folders(s);

        if (k >= 0)
                k = with_file(s, r, content_put);
        if (k >= 0)
                k = rewrite(s, r, policy_add);
        return k;
}

static int drop(const Stores *s, const Record *r) {
        int k = rewrite(s, r, policy_remove);

        return k < 0 && k != -ENOENT ? k : with_file(s, r, content_drop);
}

static int commands(const Stores *s, const RecordList *l, bool leaving, bool torn, CommandList *ret) {
        return 0;
}

static bool has_file(const Stores *s, const Record *r) {
        return with_file(s, r, content_is) > 0;
}

const Store store_firefox_policy = {
        .id = STORE_FIREFOX_POLICY,
        .name = N_("Firefox, by policy"),
        .is_present = is_present,
        .place = place,
        .path = path,
        .problem = problem,
        .survey = survey,
        .put = put,
        .drop = drop,
        .commands = commands,
        .has_file = has_file,
};
