/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Subjects; see key-subject.h. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/utf8.h"
#include "client/key-subject.h"
#include "client/output.h"

#define SUBJECT_FILE_MAX 16384U

/* In the order in which KSeF's documentation lists them. */
static const struct {
        const char *option, *attribute;
} told[] = {
        { "name", "commonName" },
        { "surname", "surname" },
        { "serial-number", "serialNumber" },
        { "country", "countryName" },
        { "organization", "organizationName" },
        { "given-name", "givenName" },
        { "unique-identifier", "uniqueIdentifier" },
        { "identifier", "organizationIdentifier" },
};

Profile key_profile_of_kind(const char *kind) {
        static const struct {
                const char *kind;
                Profile profile;
        } kinds[] = {
                { "customs", PROFILE_CUSTOMS },
                { "signature", PROFILE_PERSONAL },
                { "authentication", PROFILE_AUTHENTICATION },
                { "ksef-authentication", PROFILE_KSEF_AUTHENTICATION },
                { "ksef-offline", PROFILE_KSEF_OFFLINE },
        };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (strcmp(kinds[i].kind, kind) == 0)
                        return kinds[i].profile;
        return PROFILE_INVALID;
}

static int set(Subject *s, const char *name, const char *value) {
        int r = subject_set(s, name, value);

        if (r == -EEXIST)
                return fail(EXIT_USAGE, _("The subject has its %s twice."), name);
        if (r == -E2BIG)
                return fail(EXIT_USAGE, _("The subject has more than %u attributes."), SUBJECT_ATTRIBUTES_MAX);
        if (r == -EINVAL) {
                _cleanup_free_ char *clean = text_clean(name);

                return fail(EXIT_USAGE, _("The subject's %s has a value that it may not have, or there is no such attribute."), clean);
        }
        return r < 0 ? fail_memory() : 0;
}

/* --- From a file ---------------------------------------------------------------------------------------------------- */

static char *trim(char *s) {
        size_t n;

        s += strspn(s, " \t");
        n = strlen(s);
        while (n > 0 && strchr(" \t\r", s[n - 1]))
                s[--n] = 0;
        return s;
}

static int set_line(Subject *s, char *line, const char *path, unsigned number) {
        char *text = trim(line), *equals = strchr(text, '=');

        if (!*text || *text == '#')
                return 0;
        if (!equals)
                return fail(EXIT_USAGE, _("%s, line %u: this is not name=value."), path, number);
        *equals = 0;
        return set(s, trim(text), trim(equals + 1));
}

static int read_lines(Subject *s, const char *path) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        unsigned number = 0;
        char *rest, *line;
        int r;

        r = read_file(path, SUBJECT_FILE_MAX, &b);
        if (r < 0)
                return fail_file(r, path);
        if (!utf8_is_valid(bytes_view(&b)) || memchr(b.data, 0, b.len))
                return fail(EXIT_USAGE, _("%s is not text in UTF-8."), path);
        if (bytes_append_byte(&b, 0) < 0)
                return fail_memory();
        rest = (char *) b.data;
        while ((line = strsep(&rest, "\n"))) {
                r = set_line(s, line, path, ++number);
                if (r > 0)
                        return r;
        }
        return subject_count(s) > 0 ? 0 : fail(EXIT_USAGE, _("%s: there is no subject in it."), path);
}

/* --- From options --------------------------------------------------------------------------------------------------- */

static bool any_option(const Client *c) {
        for (size_t i = 0; i < ELEMENTSOF(told); i++)
                if (arguments_has(&c->arguments, told[i].option))
                        return true;
        return false;
}

static int set_common_name(const Client *c, Subject *s) {
        const char *given = arguments_get(&c->arguments, "given-name"), *surname = arguments_get(&c->arguments, "surname");
        _cleanup_free_ char *full = NULL;

        if (!given || !surname || arguments_has(&c->arguments, "name"))
                return 0;
        return asprintf(&full, "%s %s", given, surname) < 0 ? fail_memory() : set(s, "commonName", full);
}

static int read_options(const Client *c, Profile profile, Subject *s) {
        static const char *const person[] = { "given-name", "surname", "serial-number", "country", NULL };
        static const char *const ksef[] = { "name", "country", NULL };
        int r;

        r = arguments_need(&c->arguments, profile_keeps_order(profile) ? ksef : person);
        if (r == 0 && !profile_keeps_order(profile))
                r = set_common_name(c, s);
        for (size_t i = 0; r == 0 && i < ELEMENTSOF(told); i++)
                for (size_t k = 0; r == 0; k++) {
                        const char *value = arguments_nth(&c->arguments, told[i].option, k);

                        if (!value)
                                break;
                        r = set(s, told[i].attribute, value);
                }
        return r;
}

int key_subject_read(const Client *c, Profile profile, Subject **ret) {
        const char *path = arguments_get(&c->arguments, "subject-file");
        _cleanup_(subject_freep) Subject *s = NULL;
        int r;

        if (path && any_option(c))
                return fail(EXIT_USAGE, "%s", _("The file of --subject-file has all of the subject: no other option tells of it."));
        if (subject_new(&s) < 0)
                return fail_memory();
        r = path ? read_lines(s, path) : read_options(c, profile, s);
        if (r > 0)
                return r;
        if (profile_keeps_order(profile))
                subject_keep_order(s);
        *ret = TAKE_PTR(s);
        return 0;
}

int key_subject_append(sd_bus_message *m, const Subject *s) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", "attributes");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "a(ss)");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "(ss)");
        for (size_t i = 0; r >= 0 && i < subject_count(s); i++)
                r = sd_bus_message_append(m, "(ss)", subject_name_at(s, i), subject_value_at(s, i));
        for (unsigned i = 0; r >= 0 && i < 4; i++)
                r = sd_bus_message_close_container(m);
        return r;
}
