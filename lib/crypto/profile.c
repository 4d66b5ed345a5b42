/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Profiles of certificates; see profile.h. */

#include <errno.h>
#include <string.h>

#include "crypto/profile.h"
#include "crypto/subject.h"

static const struct {
        const char *name;
        unsigned usage;
} profiles[] = {
        [PROFILE_SEAL] = { "seal", GNUTLS_KEY_NON_REPUDIATION },
        [PROFILE_CUSTOMS] = { "customs", GNUTLS_KEY_NON_REPUDIATION },
        [PROFILE_PERSONAL] = { "personal", GNUTLS_KEY_NON_REPUDIATION },
        [PROFILE_AUTHENTICATION] = { "authentication", GNUTLS_KEY_DIGITAL_SIGNATURE },
        [PROFILE_KSEF_AUTHENTICATION] = { "ksef-authentication", GNUTLS_KEY_DIGITAL_SIGNATURE },
        [PROFILE_KSEF_OFFLINE] = { "ksef-offline", GNUTLS_KEY_NON_REPUDIATION },
        [PROFILE_OCSP_RESPONDER] = { "ocsp-responder", GNUTLS_KEY_DIGITAL_SIGNATURE },
};

const char *profile_to_string(Profile p) {
        return (size_t) p < ELEMENTSOF(profiles) ? profiles[p].name : NULL;
}

Profile profile_from_string(const char *s) {
        for (size_t i = 1; s && i < ELEMENTSOF(profiles); i++)
                if (strcmp(profiles[i].name, s) == 0)
                        return (Profile) i;
        return PROFILE_INVALID;
}

bool profile_is_internal(Profile p) {
        return p == PROFILE_OCSP_RESPONDER;
}

bool profile_keeps_order(Profile p) {
        return p == PROFILE_KSEF_AUTHENTICATION || p == PROFILE_KSEF_OFFLINE;
}

unsigned profile_key_usage(Profile p) {
        return (size_t) p < ELEMENTSOF(profiles) ? profiles[p].usage : 0;
}

const char *profile_key_usage_problem(Profile p, unsigned usage) {
        const unsigned both = usage & (GNUTLS_KEY_NON_REPUDIATION | GNUTLS_KEY_DIGITAL_SIGNATURE);
        unsigned wanted = profile_key_usage(p);

        if (both == 0)
                return "The certificate's key usage allows neither nonRepudiation nor digitalSignature.";
        if (p == PROFILE_KSEF_AUTHENTICATION && both != wanted)
                return "This is no KSeF certificate of type Authentication, whose key usage is digitalSignature alone.";
        if (p == PROFILE_KSEF_OFFLINE && both != wanted)
                return "This is no KSeF certificate of type Offline, whose key usage is nonRepudiation alone.";
        if (wanted == GNUTLS_KEY_DIGITAL_SIGNATURE && both != wanted)
                return "A certificate for authentication has the key usage digitalSignature and not nonRepudiation.";
        if (p == PROFILE_PERSONAL && !(both & wanted))
                return "The certificate of a signature needs the key usage nonRepudiation.";
        return NULL;
}

bool profile_allows_key(Profile p, KeyAlgorithm a) {
        if (a == KEY_ALGORITHM_INVALID || p == PROFILE_INVALID)
                return false;
        if (profile_keeps_order(p))
                return a == KEY_P256 || a == KEY_RSA2048;
        return a != KEY_RSA2048;
}

/* --- Identifiers -------------------------------------------------------------------------------------------------- */

/* ASCII whatever the locale. */
static bool is_upper(char c) {
        return c >= 'A' && c <= 'Z';
}

static bool all_digits(const char *s, size_t n) {
        if (strlen(s) != n)
                return false;
        for (; *s; s++)
                if (*s < '0' || *s > '9')
                        return false;
        return true;
}

/* The references whose form we know. */
static bool reference_is_valid(const char *prefix, const char *reference) {
        static const struct {
                const char *prefix;
                size_t digits;
        } known[] = {
                { "VATPL", 10 }, /* NIP */
                { "TINPL", 10 }, /* NIP of a person */
                { "PNOPL", 11 }, /* PESEL */
                { "NTRPL", 10 }, /* KRS */
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (strncmp(prefix, known[i].prefix, 5) == 0)
                        return all_digits(reference, known[i].digits);
        return *reference != 0 && *reference != ' ';
}

/* A semantics identifier of EN 319 412-1 §5.1.3 and §5.1.4: three letters that name the kind of reference (or two letters and a colon: a national
 * scheme), a country, a hyphen, the reference. `kinds` are those allowed, of three letters each, one after the other. */
static bool is_semantics_identifier(const char *s, const char *kinds) {
        bool known = false;

        if (strlen(s) < 7 || !is_upper(s[3]) || !is_upper(s[4]) || s[5] != '-')
                return false;
        for (const char *k = kinds; *k && !known; k += 3)
                known = strncmp(s, k, 3) == 0;
        if (!known && !(is_upper(s[0]) && is_upper(s[1]) && s[2] == ':'))
                return false;
        return reference_is_valid(s, s + 6);
}

/* --- Subjects ----------------------------------------------------------------------------------------------------- */

typedef struct Needed {
        const char *name, *missing;
} Needed;

#define COUNTRY { "countryName", "The subject has no countryName." }
#define ORGANIZATION { "organizationName", "The subject has no organizationName." }
#define COMMON_NAME { "commonName", "The subject has no commonName." }

static const Needed organization[] = {
        COUNTRY, ORGANIZATION, { "organizationIdentifier", "The subject has no organizationIdentifier." }, COMMON_NAME, {},
};
static const Needed person[] = {
        COUNTRY, { "surname", "The subject has no surname." }, { "givenName", "The subject has no givenName." },
        { "serialNumber", "The subject has no serialNumber." }, COMMON_NAME, {},
};
static const Needed responder[] = { COUNTRY, ORGANIZATION, COMMON_NAME, {} };
static const Needed ksef[] = { COUNTRY, COMMON_NAME, {} };

static const char *missing(const Subject *s, const Needed *needed) {
        for (; needed->name; needed++)
                if (!subject_get(s, needed->name))
                        return needed->missing;
        return NULL;
}

/* Whether there is more than what is needed, or one of them twice. */
static bool has_more(const Subject *s, const Needed *needed) {
        size_t n = 0;

        while (needed[n].name)
                n++;
        return subject_count(s) > n;
}

/* EN 319 412-3 §4.2.1, and nothing of a natural person. */
static const char *check_organization(const Subject *s) {
        const char *problem = missing(s, organization);

        if (problem)
                return problem;
        if (has_more(s, organization))
                return "The subject of a seal is an organisation: it has no givenName, surname or serialNumber, and no other attribute.";
        if (!is_semantics_identifier(subject_get(s, "organizationIdentifier"), "VATNTRPSDLEI"))
                return "The organizationIdentifier is none of EN 319 412-1, such as VATPL-5250000000 or NTRPL-0000123456.";
        return NULL;
}

/* EN 319 412-2 §4.2.4, with givenName and surname, never a pseudonym. An organisation beside the person would say that the person acts for it, which
 * nothing here could check. */
static const char *check_person(const Subject *s) {
        const char *problem = missing(s, person);

        if (problem)
                return problem;
        if (subject_get(s, "organizationName") || subject_get(s, "organizationIdentifier"))
                return "The subject is a person: it has no organizationName or organizationIdentifier.";
        if (has_more(s, person))
                return "The subject of a person has each attribute once, and no other: several first names are one givenName.";
        if (!is_semantics_identifier(subject_get(s, "serialNumber"), "PASIDCPNOTAXTIN"))
                return "The serialNumber is none of EN 319 412-1, such as PNOPL-90010112345 or TINPL-5250000000.";
        return NULL;
}

/* What KSeF hands out is read from the certificate that its user logged in with, so no more is asked than what each has. */
static const char *check_ksef(const Subject *s) {
        bool of_organization = subject_get(s, "organizationName") || subject_get(s, "organizationIdentifier");
        bool of_person = subject_get(s, "surname") || subject_get(s, "givenName") || subject_get(s, "serialNumber");

        if (of_organization && of_person)
                return "The subject that KSeF hands out is a person's or an organisation's: this one has attributes of both.";
        return missing(s, ksef);
}

static const char *check_responder(const Subject *s) {
        const char *problem = missing(s, responder);

        return problem || !has_more(s, responder) ? problem : "The subject of a responder has countryName, organizationName and commonName, nothing else.";
}

int subject_check(const Subject *s, Profile profile, const char **ret_problem) {
        const char *problem = "There is no such profile.";

        if (profile == PROFILE_SEAL)
                problem = check_organization(s);
        else if (profile == PROFILE_CUSTOMS || profile == PROFILE_PERSONAL || profile == PROFILE_AUTHENTICATION)
                problem = check_person(s);
        else if (profile == PROFILE_KSEF_AUTHENTICATION || profile == PROFILE_KSEF_OFFLINE)
                problem = check_ksef(s);
        else if (profile == PROFILE_OCSP_RESPONDER)
                problem = check_responder(s);
        if (!problem)
                return 0;
        *ret_problem = problem;
        return -EINVAL;
}
