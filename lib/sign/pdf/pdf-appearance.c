/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Appearances; see pdf-appearance.h. The form XObject is drawn upright in a box of the widget's size as the page is shown; its Matrix turns it
 * against the page's own turn. */

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/atomic-file.h"
#include "sign/pdf/pdf-appearance.h"
#include "sign/pdf/pdf-stream.h"

/* Marks a sentence for xgettext. */
#define N_(s) s

/* Points. */
#define FRAME 0.5
#define PADDING 4.0
#define SIZE_MAX_TEXT 11.0
#define SIZE_READABLE 7.0
#define SIZE_MIN_TEXT 3.0
#define SIZE_STEP 0.95
#define LEADING 1.15 /* distance of lines, by their height */

/* What a picture beside text takes of the longer side, at most. */
#define IMAGE_SHARE 0.4

struct PdfAppearance {
        PdfPlace place;
        char *text; /* NULL: none */
        PdfFont *font;
        PdfImage image;
        bool has_image;
};

/* Drawing one appearance. */
typedef struct Drawing {
        const PdfAppearance *a;
        Bytes content;
        PdfFontUse font;
        double width, height;
} Drawing;

static int font_outcome(int r) {
        switch (r) {
        case PDF_FONT_UNUSABLE:
        case -EFBIG:
                return PDF_APPEARANCE_FONT;
        case PDF_FONT_FORBIDDEN:
                return PDF_APPEARANCE_FONT_FORBIDDEN;
        case -ENOMEM:
        case -ELIBACC:
                return r;
        default:
                return r < 0 ? PDF_APPEARANCE_FONT_FILE : 0;
        }
}

static int image_outcome(int r) {
        switch (r) {
        case PDF_IMAGE_UNKNOWN:
                return PDF_APPEARANCE_IMAGE;
        case PDF_IMAGE_DAMAGED:
                return PDF_APPEARANCE_IMAGE_DAMAGED;
        case PDF_IMAGE_TOO_LARGE:
                return PDF_APPEARANCE_IMAGE_TOO_LARGE;
        default:
                return r;
        }
}

static int load_image(const char *path, PdfImage *ret) {
        _cleanup_bytes_ Bytes file = BYTES_NULL;
        int r;

        r = read_file(path, PDF_IMAGE_FILE_MAX, &file);
        if (r < 0)
                return r == -ENOMEM ? r : r == -EFBIG ? PDF_APPEARANCE_IMAGE_TOO_LARGE : PDF_APPEARANCE_IMAGE_FILE;
        return image_outcome(pdf_image_read(bytes_view(&file), ret));
}

int pdf_appearance_new(const PdfAppearanceParams *params, PdfAppearance **ret) {
        _cleanup_(pdf_appearance_freep) PdfAppearance *a = calloc(1, sizeof(*a));
        int r;

        if (!a)
                return -ENOMEM;
        a->place = params->place;
        if (params->text && *params->text) {
                if (!pdf_text_is_template(params->text))
                        return PDF_APPEARANCE_TEMPLATE;
                a->text = strdup(params->text);
                if (!a->text)
                        return -ENOMEM;
                r = font_outcome(pdf_font_open(params->font ?: PDF_FONT_DEFAULT, &a->font));
                if (r != 0)
                        return r;
        }
        if (params->image) {
                r = load_image(params->image, &a->image);
                if (r != 0)
                        return r;
                a->has_image = true;
        }
        if (!a->text && !a->has_image)
                return PDF_APPEARANCE_EMPTY;
        *ret = TAKE_PTR(a);
        return 0;
}

PdfAppearance *pdf_appearance_free(PdfAppearance *a) {
        if (!a)
                return NULL;
        pdf_font_free(a->font);
        pdf_image_done(&a->image);
        free(a->text);
        free(a);
        return NULL;
}

int pdf_appearance_place(const PdfAppearance *a, PdfDocument *d, PdfPlacement *ret) {
        int r = pdf_place_find(d, &a->place, ret);

        switch (r) {
        case PDF_PLACE_NO_PAGE:
                return PDF_APPEARANCE_NO_PAGE;
        case PDF_PLACE_OUTSIDE:
                return PDF_APPEARANCE_OUTSIDE;
        case PDF_PLACE_DAMAGED:
                return PDF_APPEARANCE_DAMAGED;
        default:
                return r;
        }
}

static int append_numbers(Bytes *b, const double *v, size_t n, const char *end) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < n; i++)
                r = pdf_append_number(b, v[i]);
        return r < 0 ? r : bytes_append_view(b, view_string(end));
}

/* A thin grey line within the edge. */
static int draw_frame(Drawing *d) {
        const double frame[] = { FRAME / 2, FRAME / 2, d->width - FRAME, d->height - FRAME };
        int r;

        r = bytes_append_view(&d->content, VIEW_LITERAL("q 0.5 w 0.6 G "));
        return r < 0 ? r : append_numbers(&d->content, frame, ELEMENTSOF(frame), "re S Q\n");
}

/* The picture in the middle of a box, as large as its proportions let it be. */
static int draw_image(Drawing *d, const PdfRectangle *box) {
        double w = box->x1 - box->x0, h = box->y1 - box->y0, proportion = pdf_image_proportion(&d->a->image);
        double width = fmin(w, h * proportion), height = width / proportion;

        return pdf_image_draw(&d->a->image, box->x0 + (w - width) / 2, box->y0 + (h - height) / 2, width, height, &d->content);
}

static bool fits(const PdfFont *f, const PdfTextLines *lines, double size, double height) {
        return lines->complete && (double) lines->n * (pdf_font_ascent(f) + pdf_font_descent(f)) * LEADING * size <= height;
}

/* The largest size down to `smallest` at which the text fits its box, its lines broken only where `broken` allows it; 0 when none does. */
static double try_sizes(const PdfFont *f, View text, double width, double height, double smallest, bool broken, PdfTextLines *ret) {
        PdfTextLines whole;

        pdf_text_wrap(f, text, HUGE_VAL, &whole);
        for (double size = SIZE_MAX_TEXT; size >= smallest; size *= SIZE_STEP) {
                pdf_text_wrap(f, text, width / size, ret);
                if (fits(f, ret, size, height) && (broken || ret->n == whole.n))
                        return size;
        }
        return 0;
}

/* Lines are broken rather than made hard to read; what fits at no size is drawn at the smallest. */
static double fit_text(const PdfFont *f, View text, double width, double height, PdfTextLines *ret) {
        double size = try_sizes(f, text, width, height, SIZE_READABLE, false, ret);

        if (size == 0)
                size = try_sizes(f, text, width, height, SIZE_MIN_TEXT, true, ret);
        if (size > 0)
                return size;
        pdf_text_wrap(f, text, width / SIZE_MIN_TEXT, ret);
        return SIZE_MIN_TEXT;
}

/* What does not even fit at the smallest size is cut off by the box. */
static int draw_lines(Drawing *d, const PdfRectangle *box, const PdfTextLines *lines, double size) {
        const PdfFont *f = d->a->font;
        double line = (pdf_font_ascent(f) + pdf_font_descent(f)) * LEADING * size, used = line * (double) lines->n;
        double top = fmin(box->y1, (box->y0 + box->y1 + used) / 2);
        int r;

        r = bytes_append_view(&d->content, VIEW_LITERAL("BT 0 g /F "));
        if (r == 0)
                r = append_numbers(&d->content, &size, 1, "Tf\n");
        for (size_t i = 0; r == 0 && i < lines->n; i++) {
                const double matrix[] = { 1, 0, 0, 1, box->x0, top - line * (double) i - pdf_font_ascent(f) * size };

                r = append_numbers(&d->content, matrix, ELEMENTSOF(matrix), "Tm ");
                if (r == 0)
                        r = pdf_font_show(&d->font, lines->lines[i], &d->content);
        }
        return r < 0 ? r : bytes_append_view(&d->content, VIEW_LITERAL("ET\n"));
}

static bool has_letters(const PdfFont *f, View text) {
        while (text.len > 0) {
                const uint8_t *end = memchr(text.data, '\n', text.len);
                size_t n = end ? (size_t) (end - text.data) : text.len;

                if (!pdf_font_has(f, VIEW(text.data, n)))
                        return false;
                text = VIEW(text.data + n + (end ? 1 : 0), text.len - n - (end ? 1 : 0));
        }
        return true;
}

static int draw_text(Drawing *d, const PdfTextFacts *facts, const PdfRectangle *box) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        PdfTextLines lines;
        double size;
        int r;

        r = pdf_text_fill(d->a->text, facts, &text);
        if (r < 0)
                return r == -E2BIG ? PDF_APPEARANCE_TEMPLATE : r;
        if (!has_letters(d->a->font, bytes_view(&text)))
                return PDF_APPEARANCE_LETTER;
        size = fit_text(d->a->font, bytes_view(&text), box->x1 - box->x0, box->y1 - box->y0, &lines);
        return draw_lines(d, box, &lines, size);
}

/* Picture and text side by side, in a tall box one above the other. */
static void split(const PdfAppearance *a, PdfRectangle *text, PdfRectangle *image) {
        double width = text->x1 - text->x0, height = text->y1 - text->y0, gap = fmin(PADDING, fmin(width, height) / 10), used;

        *image = *text;
        if (width >= height) {
                used = fmin(width * IMAGE_SHARE, height * pdf_image_proportion(&a->image));
                image->x1 = text->x0 + used;
                text->x0 = image->x1 + gap;
        } else {
                used = fmin(height * IMAGE_SHARE, width / pdf_image_proportion(&a->image));
                image->y0 = text->y1 - used;
                text->y1 = image->y0 - gap;
        }
}

static int draw(Drawing *d, const PdfTextFacts *facts) {
        double padding = d->a->text ? fmin(PADDING, fmin(d->width, d->height) / 10) : 0;
        PdfRectangle box = { padding, padding, d->width - padding, d->height - padding }, image = box;
        int r = 0;

        if (d->a->text && d->a->has_image)
                split(d->a, &box, &image);
        if (d->a->text)
                r = draw_frame(d);
        if (r == 0 && d->a->has_image)
                r = draw_image(d, &image);
        if (r == 0 && d->a->text)
                r = draw_text(d, facts, &box);
        return r;
}

static int write_form(const Drawing *d, int rotate, PdfUpdate *u, int id, int font_id, int image_id) {
        static const char *const matrices[] = { "1 0 0 1 0 0", "0 1 -1 0 0 0", "-1 0 0 -1 0 0", "0 -1 1 0 0 0" };
        const double box[] = { 0, 0, d->width, d->height };
        _cleanup_bytes_ Bytes entries = BYTES_NULL;
        int r;

        r = bytes_printf(&entries, "/Type /XObject\n/Subtype /Form\n/Matrix [%s]\n/BBox [", matrices[rotate / 90]);
        if (r == 0)
                r = append_numbers(&entries, box, ELEMENTSOF(box), "]\n/Resources <<");
        if (r == 0 && font_id > 0)
                r = bytes_printf(&entries, " /Font << /F %d 0 R >>", font_id);
        if (r == 0 && image_id > 0)
                r = bytes_printf(&entries, " /XObject << /Im %d 0 R >>", image_id);
        if (r == 0)
                r = bytes_append_view(&entries, VIEW_LITERAL(" >>\n"));
        return r < 0 ? r : pdf_write_deflated(u, id, bytes_view(&entries), bytes_view(&d->content));
}

static int write_all_parts(Drawing *d, int rotate, PdfUpdate *u, int id) {
        int font_id = d->a->text ? pdf_update_reserve(u) : 0, image_id = d->a->has_image ? pdf_update_reserve(u) : 0, r;

        r = write_form(d, rotate, u, id, font_id, image_id);
        if (r == 0 && font_id > 0)
                r = pdf_font_write(&d->font, u, font_id);
        if (r == 0 && image_id > 0)
                r = pdf_image_write(&d->a->image, u, image_id);
        return r;
}

int pdf_appearance_write(const PdfAppearance *a, const PdfPlacement *p, const PdfTextFacts *facts, PdfUpdate *u, int *ret_id) {
        Drawing d = { .a = a, .font.font = a->font, .width = p->shown.x1 - p->shown.x0, .height = p->shown.y1 - p->shown.y0 };
        int id = pdf_update_reserve(u), r;

        r = draw(&d, facts);
        if (r == 0)
                r = write_all_parts(&d, p->page.rotate, u, id);
        bytes_done(&d.content);
        pdf_font_use_done(&d.font);
        if (r == 0)
                *ret_id = id;
        return r;
}

const char *pdf_appearance_strerror(int outcome) {
        switch (outcome) {
        case PDF_APPEARANCE_TEMPLATE:
                return N_("The text of the visible signature is too long, or has a name in braces that is none of those that the manual lists.");
        case PDF_APPEARANCE_EMPTY:
                return N_("A visible signature needs a text or an image.");
        case PDF_APPEARANCE_FONT_FILE:
                return N_("The font for the visible signature cannot be read: install fonts-dejavu-core, or name a TrueType file.");
        case PDF_APPEARANCE_FONT:
                return N_("The font for the visible signature is no TrueType font that could be embedded: name another file.");
        case PDF_APPEARANCE_FONT_FORBIDDEN:
                return N_("The font's licence forbids to embed it in documents: name another file.");
        case PDF_APPEARANCE_IMAGE_FILE:
                return N_("The image for the visible signature cannot be read.");
        case PDF_APPEARANCE_IMAGE:
                return N_("The image for the visible signature is neither PNG nor a JPEG that PDF can show: convert it.");
        case PDF_APPEARANCE_IMAGE_DAMAGED:
                return N_("The image for the visible signature is damaged.");
        case PDF_APPEARANCE_IMAGE_TOO_LARGE:
                return N_("The image for the visible signature is too large: at most 8 MiB and 8 million pixels.");
        case PDF_APPEARANCE_NO_PAGE:
                return N_("The PDF document has no page of that number.");
        case PDF_APPEARANCE_OUTSIDE:
                return N_("The place of the visible signature is not on the page.");
        case PDF_APPEARANCE_DAMAGED:
                return N_("The PDF document has no page on which a signature could be shown.");
        case PDF_APPEARANCE_LETTER:
                return N_("The font lacks a letter of the visible signature's text: name another font.");
        default:
                return N_("The signature cannot be shown.");
        }
}
