/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Places of NSS databases; see nss-places.h. */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic-file.h"
#include "client/nss-places.h"
#include "client/program.h"

#define DATABASES_MAX 256U
#define TEXT_MAX (4U * 1024U * 1024U)

typedef enum Kind {
        PROFILES, /* a folder of profiles, with profiles.ini */
        DATABASE, /* the folder of the database itself */
        SETTINGS, /* LibreOffice's settings, which may name one */
} Kind;

typedef struct Place {
        const char *program;
        const char *path;            /* below the home folder */
        Kind kind;
        bool policy;
        const char *const *made_for; /* where one of these programs is installed, the database is worth making */
} Place;

static const char *const chromium[] = { "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "brave-browser", "microsoft-edge", NULL };

static const Place places[] = {
        { "Firefox", ".mozilla/firefox", PROFILES, true, NULL },
        { "Firefox", ".config/mozilla/firefox", PROFILES, true, NULL },
        { "Firefox (snap)", "snap/firefox/common/.mozilla/firefox", PROFILES, true, NULL },
        { "Firefox (Flatpak)", ".var/app/org.mozilla.firefox/.mozilla/firefox", PROFILES, true, NULL },
        { "Firefox (Flatpak)", ".var/app/org.mozilla.firefox/config/mozilla/firefox", PROFILES, true, NULL },
        { "Thunderbird", ".thunderbird", PROFILES, false, NULL },
        { "Thunderbird (snap)", "snap/thunderbird/common/.thunderbird", PROFILES, false, NULL },
        { "Thunderbird (Flatpak)", ".var/app/org.mozilla.Thunderbird/.thunderbird", PROFILES, false, NULL },
        { "Chromium, Chrome", ".local/share/pki/nssdb", DATABASE, false, NULL },
        { "Chromium, Chrome", ".pki/nssdb", DATABASE, false, chromium },
        { "Chromium (snap)", "snap/chromium/current/.pki/nssdb", DATABASE, false, NULL },
        { "Chromium (snap)", "snap/chromium/current/.local/share/pki/nssdb", DATABASE, false, NULL },
        { "Chromium (Flatpak)", ".var/app/org.chromium.Chromium/.pki/nssdb", DATABASE, false, NULL },
        { "Chromium (Flatpak)", ".var/app/org.chromium.Chromium/data/pki/nssdb", DATABASE, false, NULL },
        { "Chrome (Flatpak)", ".var/app/com.google.Chrome/.pki/nssdb", DATABASE, false, NULL },
        { "Chrome (Flatpak)", ".var/app/com.google.Chrome/data/pki/nssdb", DATABASE, false, NULL },
        { "LibreOffice", ".config/libreoffice/4/user/registrymodifications.xcu", SETTINGS, false, NULL },
        { "LibreOffice (snap)", "snap/libreoffice/current/.config/libreoffice/4/user/registrymodifications.xcu", SETTINGS, false, NULL },
        { "LibreOffice (Flatpak)", ".var/app/org.libreoffice.LibreOffice/config/libreoffice/4/user/registrymodifications.xcu", SETTINGS, false, NULL },
};

void nss_databases_done(NssDatabases *l) {
        for (size_t i = 0; i < l->n; i++)
                free(l->items[i].path);
        free(l->items);
        *l = (NssDatabases) { 0 };
}

static bool exists_in(const char *folder, const char *name) {
        char path[PATH_MAX];

        return (size_t) snprintf(path, sizeof(path), "%s/%s", folder, name) < sizeof(path) && access(path, F_OK) == 0;
}

static int add(NssDatabases *l, char *path, const Place *place, NssForm form) {
        NssDatabase *grown;

        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->items[i].path, path) == 0) {
                        free(path);
                        return 0;
                }
        grown = l->n < DATABASES_MAX ? reallocarray(l->items, l->n + 1, sizeof(*grown)) : NULL;
        if (!grown) {
                free(path);
                return l->n < DATABASES_MAX ? -ENOMEM : -E2BIG;
        }
        l->items = grown;
        l->items[l->n++] = (NssDatabase) { path, place->program, place->policy, form };
        return 0;
}

/* Adds the database of a folder, where it has one. Links lead to one name. */
static int add_folder(NssDatabases *l, const char *folder, const Place *place) {
        bool sql = exists_in(folder, "cert9.db");
        struct stat st;
        char *path;

        if (!sql && !exists_in(folder, "cert8.db"))
                return 0;
        path = realpath(folder, NULL);
        if (!path)
                return errno == ENOMEM ? -ENOMEM : 0;
        if (stat(path, &st) < 0) {
                free(path);
                return 0;
        }
        return add(l, path, place, st.st_uid != geteuid() ? NSS_FOREIGN : sql ? NSS_SQL : NSS_LEGACY);
}

/* One profile of profiles.ini. */
static int add_named(NssDatabases *l, const char *folder, const char *path, bool relative, const Place *place) {
        _cleanup_free_ char *joined = NULL;

        if (!*path || (!relative && *path != '/'))
                return 0;
        if (asprintf(&joined, "%s%s%s", relative ? folder : "", relative ? "/" : "", path) < 0) {
                joined = NULL;
                return -ENOMEM;
        }
        return add_folder(l, joined, place);
}

/* The profiles that profiles.ini names, wherever they are. What is not understood in it is passed over: it is another program's. */
static int add_profiles_ini(NssDatabases *l, const char *folder, const Place *place) {
        _cleanup_free_ char *file = NULL, *path = NULL;
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        bool relative = true, profile = false;
        char *rest;
        int r = 0;

        if (asprintf(&file, "%s/profiles.ini", folder) < 0) {
                file = NULL;
                return -ENOMEM;
        }
        if (read_file(file, TEXT_MAX, &text) < 0)
                return 0;
        if (bytes_append_byte(&text, 0) < 0)
                return -ENOMEM;
        rest = (char *) text.data;
        for (char *line; r >= 0 && (line = strsep(&rest, "\r\n"));) {
                if (*line == '[') {
                        r = profile && path ? add_named(l, folder, path, relative, place) : 0;
                        free(TAKE_PTR(path));
                        profile = strncmp(line, "[Profile", 8) == 0;
                        relative = true;
                } else if (strncmp(line, "IsRelative=", 11) == 0)
                        relative = line[11] != '0';
                else if (strncmp(line, "Path=", 5) == 0 && !path && !(path = strdup(line + 5)))
                        r = -ENOMEM;
        }
        return r >= 0 && profile && path ? add_named(l, folder, path, relative, place) : r;
}

/* Also profiles that profiles.ini does not name: programs are started with them by --profile. */
static int add_profiles(NssDatabases *l, const char *folder, const Place *place) {
        struct dirent **names = NULL;
        int n, r;

        r = add_profiles_ini(l, folder, place);
        if (r < 0)
                return r;
        n = scandir(folder, &names, NULL, alphasort);
        for (int i = 0; i < n; i++) {
                if (r >= 0 && *names[i]->d_name != '.')
                        r = add_named(l, folder, names[i]->d_name, true, place);
                free(names[i]);
        }
        free(names);
        return r;
}

/* A value of XML text as it stands: the five entities, no others. In place. */
static void unescape(char *s) {
        static const struct {
                const char *name;
                char is;
        } entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' } };
        char *to = s;

        while (*s) {
                size_t i = 0;

                while (i < ELEMENTSOF(entities) && strncmp(s, entities[i].name, strlen(entities[i].name)) != 0)
                        i++;
                *to++ = i < ELEMENTSOF(entities) ? entities[i].is : *s;
                s += i < ELEMENTSOF(entities) ? strlen(entities[i].name) : 1;
        }
        *to = 0;
}

/* LibreOffice takes Firefox's or Thunderbird's default profile, or the folder that its settings name. */
static int add_from_settings(NssDatabases *l, const char *file, const Place *place) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        char *at, *end;

        if (read_file(file, TEXT_MAX, &text) < 0)
                return 0;
        if (bytes_append_byte(&text, 0) < 0)
                return -ENOMEM;
        at = strstr((char *) text.data, "oor:name=\"CertDir\"");
        end = at ? strstr(at, "</prop>") : NULL;
        at = at ? strstr(at, "<value>") : NULL;
        if (!at || !end || at > end)
                return 0;
        at += strlen("<value>");
        end = strstr(at, "</value>");
        if (!end)
                return 0;
        *end = 0;
        unescape(at);
        return add_named(l, "", strncmp(at, "sql:", 4) == 0 ? at + 4 : at, false, place);
}

/* One that is made hides those of other places that the same programs look in. */
static bool program_has_one(const NssDatabases *l, const char *program) {
        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->items[i].program, program) == 0)
                        return true;
        return false;
}

static int add_place(NssDatabases *l, const char *home, const Place *place) {
        _cleanup_free_ char *path = NULL;
        int r;

        if (asprintf(&path, "%s/%s", home, place->path) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (place->kind == PROFILES)
                return add_profiles(l, path, place);
        if (place->kind == SETTINGS)
                return add_from_settings(l, path, place);
        r = add_folder(l, path, place);
        if (r < 0 || program_has_one(l, place->program))
                return r;
        for (const char *const *p = place->made_for; p && *p; p++)
                if (program_exists(*p) && access(path, F_OK) < 0)
                        return add(l, TAKE_PTR(path), place, NSS_ABSENT);
        return 0;
}

int nss_places_find(const char *home, NssDatabases *ret) {
        static const Place office = { "LibreOffice", "", DATABASE, false, NULL };
        const char *folder = getenv("MOZILLA_CERTIFICATE_FOLDER");
        _cleanup_nss_databases_ NssDatabases l = { 0 };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(places); i++)
                r = add_place(&l, home, &places[i]);
        if (r >= 0 && folder)
                r = add_named(&l, "", strncmp(folder, "sql:", 4) == 0 ? folder + 4 : folder, false, &office);
        if (r < 0)
                return r;
        *ret = l;
        l = (NssDatabases) { 0 };
        return 0;
}
