/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Subjects and options of new keys; see subject-bus.h. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/subject-bus.h"

static int set_attribute(Subject *s, const char *name, const char *value, sd_bus_error *error) {
        int r = subject_set(s, name, value);

        if (r == -EINVAL)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The subject's %s has a value that it may not have, or there is no such attribute.", name);
        if (r == -EEXIST)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The subject has its %s twice.", name);
        if (r == -E2BIG)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The subject has more than %u attributes.", SUBJECT_ATTRIBUTES_MAX);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

/* --- All of them, in order ------------------------------------------------------------------------------------------ */

/* One more than there may be, so that too many are told from none. */
typedef struct List {
        const char *names[SUBJECT_ATTRIBUTES_MAX + 1], *values[SUBJECT_ATTRIBUTES_MAX + 1];
        size_t n;
} List;

/* A BusOption's reader. */
static int read_list(sd_bus_message *m, void *target) {
        List *l = target;
        int r;

        r = sd_bus_message_enter_container(m, 'v', "a(ss)");
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "(ss)");
        if (r < 0)
                return r;
        for (;;) {
                const char *name, *value;

                r = sd_bus_message_read(m, "(ss)", &name, &value);
                if (r <= 0)
                        break;
                if (l->n == ELEMENTSOF(l->names))
                        continue;
                l->names[l->n] = name;
                l->values[l->n++] = value;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int subject_bus_read(sd_bus_message *m, Subject **ret, sd_bus_error *error) {
        static const char *const names[] = { "organizationName", "organizationIdentifier", "commonName", "countryName",
                                             "givenName", "surname", "serialNumber", "uniqueIdentifier" };
        _cleanup_(subject_freep) Subject *s = NULL;
        const char *values[ELEMENTSOF(names)] = { NULL };
        BusOption options[ELEMENTSOF(names) + 1];
        List list = { .n = 0 };
        int r;

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                options[i] = (BusOption) { names[i], bus_option_string, &values[i], false };
        options[ELEMENTSOF(names)] = (BusOption) { "attributes", read_list, &list, false };
        r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        r = subject_new(&s);
        if (r < 0)
                return bus_error_set_errno(error, r);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(names); i++)
                if (values[i])
                        r = set_attribute(s, names[i], values[i], error);
        if (r >= 0 && list.n > 0 && subject_count(s) > 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The subject's `attributes` are all of it: no others go beside.");
        for (size_t i = 0; r >= 0 && i < list.n; i++)
                r = set_attribute(s, list.names[i], list.values[i], error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

/* --- Options -------------------------------------------------------------------------------------------------------- */

/* So that it needs no escape anywhere. */
static bool terms_are_sound(const char *s) {
        size_t n = strlen(s);

        return n >= 1 && n <= CREDENTIAL_TERMS_MAX &&
                strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

static bool is_made_here(CredentialKind kind, Profile profile) {
        CredentialKind of = credential_kind_of_profile(profile);

        return kind == 0 ? credential_kind_has_password(of) : of == kind;
}

static int check(CredentialKind kind, const char *algorithm, Subject *subject, const KeyOptions *o, sd_bus_error *error) {
        const char *problem = NULL;

        if (!is_made_here(kind, o->profile))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT,
                                     "No such key is made here: with a password, the profile is customs, authentication, ksef-authentication or ksef-offline.");
        if (o->terms && !terms_are_sound(o->terms))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The version of the terms is 1 to %u letters, digits, dots and hyphens.", CREDENTIAL_TERMS_MAX);
        if (o->algorithm == KEY_ALGORITHM_INVALID)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "There is no such algorithm; see the property Algorithms.");
        if (!profile_allows_key(o->profile, o->algorithm))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, profile_keeps_order(o->profile) ? "KSeF takes p256 and rsa2048, not %s." :
                                     "The algorithm %s is for KSeF's certificates only.", algorithm);
        if (subject_check(subject, o->profile, &problem) < 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "%s", problem ? problem : "The subject does not fit the kind of credential.");
        if (profile_keeps_order(o->profile))
                subject_keep_order(subject);
        return 0;
}

int subject_bus_read_options(sd_bus_message *m, CredentialKind kind, Subject *subject, KeyOptions *ret, sd_bus_error *error) {
        const char *algorithm = "p256", *profile = profile_to_string(ret->profile);
        BusOption options[] = {
                { "algorithm", bus_option_string, &algorithm, false },
                { "terms", bus_option_string, &ret->terms, false },
                { "profile", bus_option_string, &profile, false },
        };
        int r;

        r = bus_message_read_options(m, options, kind == CREDENTIAL_SEAL ? 1 : ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        ret->algorithm = key_algorithm_from_string(algorithm);
        ret->profile = profile_from_string(profile);
        return check(kind, algorithm, subject, ret, error);
}
