/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Visible signatures from the command line; see sign-appearance.h. */

#include <errno.h>
#include <string.h>

#include "client/output.h"
#include "client/sign-appearance.h"

static int parse_page(const Arguments *a, size_t *ret) {
        const char *s = arguments_get(a, "page");
        unsigned n;
        int r;

        if (!s || strcmp(s, "last") == 0) {
                *ret = PDF_PAGE_LAST;
                return 0;
        }
        r = arguments_number(a, "page", 1, 1000000, 1, &n);
        if (r == 0)
                *ret = n - 1;
        return r;
}

static int parse_place(const Arguments *a, PdfPlace *ret) {
        const char *rectangle = arguments_get(a, "rect"), *place = arguments_get(a, "place");

        ret->name = PDF_PLACE_BOTTOM_RIGHT;
        if (rectangle && place)
                return fail(EXIT_USAGE, "%s", _("Give --place or --rect, not both."));
        if (rectangle) {
                if (!pdf_place_parse_rectangle(rectangle, &ret->rectangle))
                        return fail(EXIT_USAGE, "%s", _("--rect takes four lengths, as in 20mm,20mm,70mm,25mm: from the left, from the bottom, width and height."));
                ret->name = PDF_PLACE_RECTANGLE;
        }
        if (place && !pdf_place_parse(place, &ret->name))
                return fail(EXIT_USAGE, "%s", _("--place is one of top-left, top, top-right, left, center, right, bottom-left, bottom, bottom-right."));
        return parse_page(a, &ret->page);
}

/* The text with \n for ends of line, which a shell makes hard to type. NULL when memory ran out. */
static char *unescape(const char *s) {
        char *text = malloc(strlen(s) + 1), *p = text;

        if (!text)
                return NULL;
        for (; *s; s++)
                if (s[0] == '\\' && s[1] == 'n') {
                        *p++ = '\n';
                        s++;
                } else
                        *p++ = *s;
        *p = '\0';
        return text;
}

static bool is_visible(const Arguments *a) {
        static const char *const options[] = { "visible", "page", "rect", "place", "text", "image", "font" };

        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (arguments_has(a, options[i]))
                        return true;
        return false;
}

int sign_appearance_parse(const Arguments *a, PdfAppearance **ret) {
        PdfAppearanceParams params = { .image = arguments_get(a, "image"), .font = arguments_get(a, "font") };
        _cleanup_free_ char *text = NULL;
        int r;

        if (!is_visible(a)) {
                *ret = NULL;
                return 0;
        }
        r = parse_place(a, &params.place);
        if (r > 0)
                return r;
        text = unescape(arguments_get(a, "text") ?: _("Signed by {name}\n{date} {time}\nReason: {reason}\nLocation: {location}"));
        if (!text)
                return fail_memory();
        params.text = text;
        r = pdf_appearance_new(&params, ret);
        if (r == -ENOMEM)
                return fail_memory();
        if (r == -ELIBACC)
                return fail(EXIT_FAILED, "%s", _("Visible signatures need HarfBuzz: install libharfbuzz-subset0."));
        if (r == PDF_APPEARANCE_IMAGE_FILE || r == PDF_APPEARANCE_FONT_FILE)
                return fail(EXIT_NOT_FOUND, "%s", _(pdf_appearance_strerror(r)));
        return r == 0 ? 0 : fail(EXIT_USAGE, "%s", r > 0 ? _(pdf_appearance_strerror(r)) : strerror(-r));
}
