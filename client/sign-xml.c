/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options about XML; see sign-xml.h. */

#include <string.h>

#include "client/output.h"
#include "client/sign-xml.h"

typedef struct Name {
        const char *name;
        int value;
} Name;

static bool find(const Name *names, size_t n, const char *name, int *ret) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(names[i].name, name) == 0) {
                        *ret = names[i].value;
                        return true;
                }
        return false;
}

static int parse_canonicalization(const Arguments *a, XadesCanonicalization *ret) {
        static const Name names[] = { { "exclusive", XADES_C14N_EXCLUSIVE }, { "inclusive", XADES_C14N_INCLUSIVE },
                                      { "inclusive-1.1", XADES_C14N_INCLUSIVE_11 } };
        const char *s = arguments_get(a, "xml-canonical");
        int value;

        if (!s)
                return 0;
        if (!find(names, ELEMENTSOF(names), s, &value))
                return fail(EXIT_USAGE, "%s", _("--xml-canonical is one of exclusive, inclusive, inclusive-1.1."));
        *ret = (XadesCanonicalization) value;
        return 0;
}

static int parse_profile(const Arguments *a, XadesProfile *ret) {
        static const Name names[] = { { "ksef", XADES_PROFILE_KSEF }, { "customs", XADES_PROFILE_CUSTOMS } };
        const char *s = arguments_get(a, "profile");
        int value;

        if (!s)
                return 0;
        if (!find(names, ELEMENTSOF(names), s, &value))
                return fail(EXIT_USAGE, "%s", _("--profile is one of ksef, customs."));
        *ret = (XadesProfile) value;
        return 0;
}

/* Those that mean XAdES by themselves. */
static const char *given(const Arguments *a) {
        static const char *const options[] = { "profile", "role", "xml-element", "xml-place", "xml-parallel", "xml-canonical" };

        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (arguments_has(a, options[i]))
                        return options[i];
        return NULL;
}

static bool is_xades(SignatureFormat f) {
        return f == FORMAT_XADES || f == FORMAT_XADES_ENVELOPING || f == FORMAT_XADES_DETACHED;
}

static int check_format(const Arguments *a, const DocumentParams *params) {
        const XadesOptions *o = &params->xades;

        if (!is_xades(params->format))
                return fail(EXIT_USAGE, _("--%s goes with --format xades, xades-enveloping or xades-detached."), given(a));
        if (params->format != FORMAT_XADES && (o->element || o->place || o->parallel))
                return fail(EXIT_USAGE, "%s", _("--xml-element, --xml-place and --xml-parallel go with --format xades alone."));
        return 0;
}

int sign_xml_parse(const Arguments *a, DocumentParams *params) {
        XadesOptions o = {
                .element = arguments_get(a, "xml-element"),
                .place = arguments_get(a, "xml-place"),
                .parallel = arguments_has(a, "xml-parallel"),
                .city = arguments_get(a, "location"),
                .role = arguments_get(a, "role"),
        };
        int r;

        r = parse_canonicalization(a, &o.canonicalization);
        if (r == 0)
                r = parse_profile(a, &o.profile);
        if (r > 0)
                return r;
        params->xades = o;
        if (!given(a))
                return 0;
        if (params->format == FORMAT_AUTOMATIC)
                params->format = FORMAT_XADES;
        return check_format(a, params);
}

bool sign_xml_is_login(const DocumentParams *params) {
        return params->xades.profile == XADES_PROFILE_KSEF;
}
