/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options by their names, so that further ones need no further symbols. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "api/api.h"
#include "base/secret.h"
#include "base/utf8.h"

#define VALUE_MAX 65536U

struct sygnet_options {
        char *values[API_OPTION_MAX];
};

static bool number(const char *s, long long min, long long max, long long *ret) {
        char *end;

        if (*s < '0' || *s > '9')
                return false;
        errno = 0;
        *ret = strtoll(s, &end, 10);
        return errno == 0 && !*end && *ret >= min && *ret <= max;
}

static bool is_format(const char *s) {
        SignatureFormat format;

        return document_format_from_string(s, &format) >= 0;
}

static bool is_time(const char *s) {
        long long v;

        return number(s, 0, INT64_MAX, &v);
}

static bool is_yes_or_no(const char *s) {
        return strcmp(s, "yes") == 0 || strcmp(s, "no") == 0;
}

static bool is_certification(const char *s) {
        long long v;

        return number(s, 1, 3, &v);
}

static bool is_page(const char *s) {
        long long v;

        return strcmp(s, "last") == 0 || number(s, 1, INT32_MAX, &v);
}

static bool is_place(const char *s) {
        PdfPlaceName name;

        return pdf_place_parse(s, &name);
}

static bool is_rectangle(const char *s) {
        PdfRectangle r;

        return pdf_place_parse_rectangle(s, &r);
}

static bool is_profile(const char *s) {
        return strcmp(s, "ksef") == 0 || strcmp(s, "customs") == 0;
}

static const struct {
        const char *name;
        bool (*is_valid)(const char *s); /* beside being UTF-8; NULL: any text */
} names[API_OPTION_MAX] = {
        [API_FORMAT] = { "format", is_format },
        [API_SIGNING_TIME] = { "signing-time", is_time },
        [API_TIMESTAMPED] = { "timestamped", is_yes_or_no },
        [API_NAME] = { "name", NULL },
        [API_MEDIA_TYPE] = { "media-type", NULL },
        [API_REASON] = { "reason", NULL },
        [API_LOCATION] = { "location", NULL },
        [API_CONTACT] = { "contact", NULL },
        [API_FIELD] = { "field", NULL },
        [API_CERTIFY] = { "certify", is_certification },
        [API_DOCUMENT_PASSWORD] = { "document-password", NULL },
        [API_VISIBLE_TEXT] = { "visible-text", pdf_text_is_template },
        [API_VISIBLE_IMAGE] = { "visible-image", NULL },
        [API_VISIBLE_FONT] = { "visible-font", NULL },
        [API_VISIBLE_PAGE] = { "visible-page", is_page },
        [API_VISIBLE_PLACE] = { "visible-place", is_place },
        [API_VISIBLE_RECTANGLE] = { "visible-rectangle", is_rectangle },
        [API_XML_ELEMENT] = { "xml-element", NULL },
        [API_XML_PLACE] = { "xml-place", NULL },
        [API_XML_PROFILE] = { "xml-profile", is_profile },
};

PUBLIC int sygnet_options_new(sygnet_options **ret) {
        sygnet_options *o = calloc(1, sizeof(*o));

        if (!o)
                return -ENOMEM;
        *ret = o;
        return 0;
}

static void clear(sygnet_options *o, size_t i) {
        if (o->values[i])
                secret_wipe(o->values[i], strlen(o->values[i])); /* one of them is a password */
        free(TAKE_PTR(o->values[i]));
}

PUBLIC int sygnet_options_set(sygnet_options *o, const char *name, const char *value) {
        char *copy = NULL;
        size_t i = 0;

        while (i < API_OPTION_MAX && strcmp(name, names[i].name) != 0)
                i++;
        if (i == API_OPTION_MAX)
                return -ENOENT;
        if (value) {
                if (strlen(value) > VALUE_MAX || !utf8_is_valid(view_string(value)) || (names[i].is_valid && !names[i].is_valid(value)))
                        return -EINVAL;
                copy = strdup(value);
                if (!copy)
                        return -ENOMEM;
        }
        clear(o, i);
        o->values[i] = copy;
        return 0;
}

PUBLIC void sygnet_options_free(sygnet_options *o) {
        if (!o)
                return;
        for (size_t i = 0; i < API_OPTION_MAX; i++)
                clear(o, i);
        free(o);
}

const char *api_option(const sygnet_options *o, ApiOption option) {
        return o ? o->values[option] : NULL;
}

/* -1 where it is not set. */
static long long number_of(const sygnet_options *o, ApiOption option) {
        const char *s = api_option(o, option);
        long long v;

        return s && number(s, 0, INT64_MAX, &v) ? v : -1;
}

static int read_appearance(const sygnet_options *o, PdfAppearance **ret) {
        PdfAppearanceParams p = {
                .place.name = PDF_PLACE_BOTTOM_RIGHT,
                .place.page = PDF_PAGE_LAST,
                .text = api_option(o, API_VISIBLE_TEXT),
                .font = api_option(o, API_VISIBLE_FONT),
                .image = api_option(o, API_VISIBLE_IMAGE),
        };
        const char *rectangle = api_option(o, API_VISIBLE_RECTANGLE), *place = api_option(o, API_VISIBLE_PLACE);

        if (!p.text && !p.image) {
                *ret = NULL;
                return 0;
        }
        if (place)
                (void) pdf_place_parse(place, &p.place.name);
        if (rectangle && pdf_place_parse_rectangle(rectangle, &p.place.rectangle))
                p.place.name = PDF_PLACE_RECTANGLE;
        if (number_of(o, API_VISIBLE_PAGE) > 0)
                p.place.page = (size_t) number_of(o, API_VISIBLE_PAGE) - 1;
        return pdf_appearance_new(&p, ret);
}

static XadesProfile read_profile(const sygnet_options *o) {
        const char *s = api_option(o, API_XML_PROFILE);

        return !s ? XADES_PROFILE_NONE : strcmp(s, "ksef") == 0 ? XADES_PROFILE_KSEF : XADES_PROFILE_CUSTOMS;
}

int api_options_read(const sygnet_options *o, int in_fd, DocumentParams *ret, PdfAppearance **ret_appearance) {
        const char *format = api_option(o, API_FORMAT), *timestamped = api_option(o, API_TIMESTAMPED);
        PdfAppearance *appearance;
        DocumentParams p = {
                .signing_time = number_of(o, API_SIGNING_TIME) >= 0 ? number_of(o, API_SIGNING_TIME) : time(NULL),
                .timestamped = timestamped && strcmp(timestamped, "yes") == 0,
                .pades.reason = api_option(o, API_REASON),
                .pades.location = api_option(o, API_LOCATION),
                .pades.contact = api_option(o, API_CONTACT),
                .pades.field = api_option(o, API_FIELD),
                .pades.certify = number_of(o, API_CERTIFY) > 0 ? (int) number_of(o, API_CERTIFY) : 0,
                .pades.password = view_string(api_option(o, API_DOCUMENT_PASSWORD)),
                .xades.element = api_option(o, API_XML_ELEMENT),
                .xades.place = api_option(o, API_XML_PLACE),
                .xades.profile = read_profile(o),
        };
        int r;

        if (!format || document_format_from_string(format, &p.format) < 0)
                p.format = document_format_recognize(in_fd);
        r = read_appearance(o, &appearance);
        if (r != 0)
                return r;
        p.pades.appearance = appearance;
        *ret = p;
        *ret_appearance = appearance;
        return 0;
}
