/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fonts; see pdf-font.h. HarfBuzz reads the tables and makes the subset. Glyph numbers are kept: the few tables that grow by that are
 * nearly all zeros, which deflates to nothing, and CIDToGIDMap is Identity. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "crypto/digest.h"
#include "sign/pdf/harfbuzz-library.h"
#include "sign/pdf/pdf-font.h"
#include "sign/pdf/pdf-stream.h"

#define NAME_MAX_LENGTH 64U

/* OS/2 fsType (OpenType 1.9, OS/2): bits 0 to 3 are 2 for a restricted licence, then no subsetting and bitmaps only. */
#define FS_TYPE_OFFSET 8U
#define FS_TYPE_USAGE 0x000fU
#define FS_TYPE_RESTRICTED 0x0002U
#define FS_TYPE_NO_SUBSET 0x0100U
#define FS_TYPE_BITMAP_ONLY 0x0200U

#define HEAD_BOX_OFFSET 36U /* xMin, yMin, xMax, yMax */

/* A ToUnicode map lists at most so many characters in one operator (§9.10.3, Adobe's CMap rules). */
#define CMAP_CHUNK 100U

struct PdfFont {
        Bytes file;
        hb_face_t *face;
        hb_font_t *font;
        double upem, ascent, descent;
        int box[4]; /* of all glyphs, in font units */
        char name[NAME_MAX_LENGTH + 1];
};

/* The next character of well-formed UTF-8. */
static uint32_t next_character(View *v) {
        static const uint8_t masks[] = { 0x7f, 0x7f, 0x1f, 0x0f, 0x07 };
        uint8_t c = v->data[0];
        size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        uint32_t u = c & masks[n];

        if (n > v->len)
                n = v->len;
        for (size_t i = 1; i < n; i++)
                u = u << 6 | (v->data[i] & 0x3fU);
        v->data += n;
        v->len -= n;
        return u;
}

static uint32_t glyph_of(const PdfFont *f, uint32_t character) {
        hb_codepoint_t glyph;

        return hb_font_get_nominal_glyph(f->font, character, &glyph) ? glyph : 0;
}

static double advance(const PdfFont *f, uint32_t glyph) {
        return hb_font_get_glyph_h_advance(f->font, glyph) / f->upem;
}

static unsigned table_u16(const uint8_t *p) {
        return (unsigned) p[0] << 8 | p[1];
}

/* What stands in the font's head and OS/2 tables. */
static int read_tables(PdfFont *f) {
        hb_blob_t *head = hb_face_reference_table(f->face, HB_TAG('h', 'e', 'a', 'd'));
        hb_blob_t *os2 = hb_face_reference_table(f->face, HB_TAG('O', 'S', '/', '2'));
        unsigned head_len, os2_len, fs_type = 0;
        const uint8_t *h = (const uint8_t *) hb_blob_get_data(head, &head_len);
        const uint8_t *o = (const uint8_t *) hb_blob_get_data(os2, &os2_len);

        if (os2_len >= FS_TYPE_OFFSET + 2)
                fs_type = table_u16(o + FS_TYPE_OFFSET);
        for (unsigned i = 0; i < 4 && head_len >= HEAD_BOX_OFFSET + 8; i++)
                f->box[i] = (int16_t) table_u16(h + HEAD_BOX_OFFSET + 2 * i);
        hb_blob_destroy(head);
        hb_blob_destroy(os2);
        if (head_len < HEAD_BOX_OFFSET + 8)
                return PDF_FONT_UNUSABLE;
        return (fs_type & FS_TYPE_USAGE) == FS_TYPE_RESTRICTED || (fs_type & (FS_TYPE_NO_SUBSET | FS_TYPE_BITMAP_ONLY)) ? PDF_FONT_FORBIDDEN : 0;
}

static bool has_table(const PdfFont *f, hb_tag_t tag) {
        hb_blob_t *blob = hb_face_reference_table(f->face, tag);
        bool has = hb_blob_get_length(blob) > 0;

        hb_blob_destroy(blob);
        return has;
}

/* The PostScript name, of which a PDF name keeps what needs no escape. */
static void read_name(PdfFont *f) {
        char text[NAME_MAX_LENGTH + 1] = "";
        unsigned size = sizeof(text);
        size_t n = 0;

        hb_ot_name_get_utf8(f->face, HB_OT_NAME_ID_POSTSCRIPT_NAME, HB_LANGUAGE_INVALID, &size, text);
        for (const char *p = text; *p; p++)
                if ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-')
                        f->name[n++] = *p;
        if (n == 0)
                strcpy(f->name, "Font");
}

static int read_font(PdfFont *f) {
        hb_blob_t *blob = hb_blob_create((const char *) f->file.data, (unsigned) f->file.len, HB_MEMORY_MODE_READONLY, NULL, NULL);
        hb_font_extents_t extents;

        f->face = hb_face_create(blob, 0);
        hb_blob_destroy(blob);
        hb_face_make_immutable(f->face);
        f->font = hb_font_create(f->face);
        hb_font_make_immutable(f->font);
        f->upem = hb_face_get_upem(f->face);
        if (hb_face_get_glyph_count(f->face) == 0 || f->upem < 1 || !has_table(f, HB_TAG('g', 'l', 'y', 'f')) ||
            !has_table(f, HB_TAG('l', 'o', 'c', 'a')) || !hb_font_get_h_extents(f->font, &extents))
                return PDF_FONT_UNUSABLE;
        f->ascent = extents.ascender / f->upem;
        f->descent = -extents.descender / f->upem;
        read_name(f);
        return read_tables(f);
}

int pdf_font_open(const char *path, PdfFont **ret) {
        _cleanup_(pdf_font_freep) PdfFont *f = calloc(1, sizeof(*f));
        int r;

        if (!f)
                return -ENOMEM;
        r = harfbuzz_library_load();
        if (r < 0)
                return r;
        r = read_file(path, PDF_FONT_FILE_MAX, &f->file);
        if (r < 0)
                return r;
        r = read_font(f);
        if (r != 0)
                return r;
        *ret = TAKE_PTR(f);
        return 0;
}

PdfFont *pdf_font_free(PdfFont *f) {
        if (!f)
                return NULL;
        if (f->font)
                hb_font_destroy(f->font);
        if (f->face)
                hb_face_destroy(f->face);
        bytes_done(&f->file);
        free(f);
        return NULL;
}

double pdf_font_width(const PdfFont *f, View text) {
        double width = 0;

        while (text.len > 0)
                width += advance(f, glyph_of(f, next_character(&text)));
        return width;
}

double pdf_font_ascent(const PdfFont *f) {
        return f->ascent;
}

double pdf_font_descent(const PdfFont *f) {
        return f->descent;
}

bool pdf_font_has(const PdfFont *f, View text) {
        while (text.len > 0)
                if (glyph_of(f, next_character(&text)) == 0)
                        return false;
        return true;
}

static int note_glyph(PdfFontUse *use, uint32_t id, uint32_t character) {
        PdfGlyph *grown;

        for (size_t i = 0; i < use->n_glyphs; i++)
                if (use->glyphs[i].id == id)
                        return 0;
        if (use->n_glyphs >= PDF_FONT_GLYPHS_MAX)
                return -E2BIG;
        grown = reallocarray(use->glyphs, use->n_glyphs + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        use->glyphs = grown;
        use->glyphs[use->n_glyphs++] = (PdfGlyph) { id, character };
        return 0;
}

int pdf_font_show(PdfFontUse *use, View text, Bytes *content) {
        int r;

        r = bytes_append_byte(content, '<');
        while (r == 0 && text.len > 0) {
                uint32_t character = next_character(&text), id = glyph_of(use->font, character);

                r = note_glyph(use, id, character);
                if (r == 0)
                        r = bytes_printf(content, "%04x", id);
        }
        return r < 0 ? r : bytes_append_view(content, VIEW_LITERAL("> Tj\n"));
}

static int by_id(const void *a, const void *b) {
        const PdfGlyph *x = a, *y = b;

        return x->id < y->id ? -1 : x->id > y->id;
}

/* Leaves only the tables that a CIDFontType2 needs (§9.9 table 126). */
static void drop_tables(const PdfFont *f, hb_subset_input_t *input) {
        static const hb_tag_t kept[] = { HB_TAG('g', 'l', 'y', 'f'), HB_TAG('h', 'e', 'a', 'd'), HB_TAG('h', 'h', 'e', 'a'),
                                         HB_TAG('h', 'm', 't', 'x'), HB_TAG('l', 'o', 'c', 'a'), HB_TAG('m', 'a', 'x', 'p') };
        hb_set_t *drop = hb_subset_input_set(input, HB_SUBSET_SETS_DROP_TABLE_TAG);
        hb_tag_t tags[64];
        unsigned n = ELEMENTSOF(tags);

        hb_face_get_table_tags(f->face, 0, &n, tags);
        for (unsigned i = 0; i < n; i++) {
                bool keep = false;

                for (size_t k = 0; k < ELEMENTSOF(kept); k++)
                        keep = keep || tags[i] == kept[k];
                if (!keep)
                        hb_set_add(drop, tags[i]);
        }
}

static int make_subset(const PdfFontUse *use, Bytes *ret) {
        hb_subset_input_t *input = hb_subset_input_create_or_fail();
        hb_face_t *subset;
        hb_blob_t *blob;
        unsigned len;
        int r;

        if (!input)
                return -ENOMEM;
        hb_subset_input_set_flags(input, HB_SUBSET_FLAGS_NO_HINTING | HB_SUBSET_FLAGS_RETAIN_GIDS | HB_SUBSET_FLAGS_NOTDEF_OUTLINE);
        drop_tables(use->font, input);
        for (size_t i = 0; i < use->n_glyphs; i++)
                hb_set_add(hb_subset_input_glyph_set(input), use->glyphs[i].id);
        subset = hb_subset_or_fail(use->font->face, input);
        hb_subset_input_destroy(input);
        if (!subset)
                return -EBADMSG;
        blob = hb_face_reference_blob(subset);
        r = bytes_dup(VIEW(hb_blob_get_data(blob, &len), hb_blob_get_length(blob)), ret);
        hb_blob_destroy(blob);
        hb_face_destroy(subset);
        return r;
}

static int write_program(const PdfFontUse *use, PdfUpdate *u, int id) {
        _cleanup_bytes_ Bytes program = BYTES_NULL, entries = BYTES_NULL;
        int r;

        r = make_subset(use, &program);
        if (r == 0)
                r = bytes_printf(&entries, "/Length1 %zu\n", program.len);
        return r < 0 ? r : pdf_write_deflated(u, id, bytes_view(&entries), bytes_view(&program));
}

static int append_utf16(Bytes *b, uint32_t c) {
        if (c < 0x10000)
                return bytes_printf(b, "%04x", c);
        return bytes_printf(b, "%04x%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
}

static int write_to_unicode(const PdfFontUse *use, PdfUpdate *u, int id) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = bytes_append_view(&b, VIEW_LITERAL("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
                                               "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
                                               "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
                                               "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"));
        for (size_t i = 0; r == 0 && i < use->n_glyphs; i++) {
                if (i % CMAP_CHUNK == 0)
                        r = bytes_printf(&b, "%s%zu beginbfchar\n", i > 0 ? "endbfchar\n" : "",
                                         use->n_glyphs - i < CMAP_CHUNK ? use->n_glyphs - i : CMAP_CHUNK);
                if (r == 0)
                        r = bytes_printf(&b, "<%04x> <", use->glyphs[i].id);
                if (r == 0)
                        r = append_utf16(&b, use->glyphs[i].character);
                if (r == 0)
                        r = bytes_append_view(&b, VIEW_LITERAL(">\n"));
        }
        if (r == 0)
                r = bytes_printf(&b, "%sendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n", use->n_glyphs > 0 ? "endbfchar\n" : "");
        return r < 0 ? r : pdf_write_deflated(u, id, VIEW(NULL, 0), bytes_view(&b));
}

static int to_thousandths(const PdfFont *f, int units) {
        return (int) (units * 1000.0 / f->upem);
}

static int write_descriptor(const PdfFont *f, PdfUpdate *u, int id, const char *tag, int program_id) {
        int r;

        r = pdf_update_begin_object(u, id, 0);
        /* Flags: symbolic, as no simple encoding is meant; StemV is not in the font, and nobody draws by it. */
        if (r == 0)
                r = bytes_printf(&u->out, "<<\n/Type /FontDescriptor\n/FontName /%s+%s\n/Flags 4\n/FontBBox [%d %d %d %d]\n/ItalicAngle 0\n"
                                 "/Ascent %d\n/Descent %d\n/CapHeight %d\n/StemV 80\n/FontFile2 %d 0 R\n>>", tag, f->name,
                                 to_thousandths(f, f->box[0]), to_thousandths(f, f->box[1]), to_thousandths(f, f->box[2]),
                                 to_thousandths(f, f->box[3]), (int) (f->ascent * 1000), (int) (-f->descent * 1000),
                                 (int) (f->ascent * 1000), program_id);
        return r < 0 ? r : pdf_update_end_object(u);
}

static int write_descendant(const PdfFontUse *use, PdfUpdate *u, int id, const char *tag, int descriptor_id) {
        int r;

        r = pdf_update_begin_object(u, id, 0);
        if (r == 0)
                r = bytes_printf(&u->out, "<<\n/Type /Font\n/Subtype /CIDFontType2\n/BaseFont /%s+%s\n/FontDescriptor %d 0 R\n/CIDToGIDMap /Identity\n"
                                 "/CIDSystemInfo <<\n/Supplement 0\n", tag, use->font->name, descriptor_id);
        if (r == 0)
                r = pdf_update_append_text(u, "/Registry", "Adobe");
        if (r == 0)
                r = pdf_update_append_text(u, "/Ordering", "Identity");
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL(">>\n/W ["));
        for (size_t i = 0; r == 0 && i < use->n_glyphs; i++)
                r = bytes_printf(&u->out, "%s%u [%d]", i > 0 ? " " : "", use->glyphs[i].id,
                                 (int) (advance(use->font, use->glyphs[i].id) * 1000 + 0.5));
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("]\n>>"));
        return r < 0 ? r : pdf_update_end_object(u);
}

/* Six capitals that differ where the glyphs differ (§9.6.4). */
static int make_tag(const PdfFontUse *use, char tag[static 7]) {
        Digest digest;
        int r;

        r = digest_of(GNUTLS_DIG_SHA256, VIEW(use->glyphs, use->n_glyphs * sizeof(*use->glyphs)), &digest);
        if (r < 0)
                return r;
        for (unsigned i = 0; i < 6; i++)
                tag[i] = (char) ('A' + digest.data[i] % 26);
        tag[6] = '\0';
        return 0;
}

int pdf_font_write(PdfFontUse *use, PdfUpdate *u, int id) {
        int descendant = pdf_update_reserve(u), descriptor = pdf_update_reserve(u), program = pdf_update_reserve(u);
        int map = pdf_update_reserve(u), r;
        char tag[7];

        qsort(use->glyphs, use->n_glyphs, sizeof(*use->glyphs), by_id);
        r = make_tag(use, tag);
        if (r == 0)
                r = pdf_update_begin_object(u, id, 0);
        if (r == 0)
                r = bytes_printf(&u->out, "<<\n/Type /Font\n/Subtype /Type0\n/BaseFont /%s+%s\n/Encoding /Identity-H\n"
                                 "/DescendantFonts [%d 0 R]\n/ToUnicode %d 0 R\n>>",
                                 tag, use->font->name, descendant, map);
        if (r == 0)
                r = pdf_update_end_object(u);
        if (r == 0)
                r = write_descendant(use, u, descendant, tag, descriptor);
        if (r == 0)
                r = write_descriptor(use->font, u, descriptor, tag, program);
        if (r == 0)
                r = write_program(use, u, program);
        return r < 0 ? r : write_to_unicode(use, u, map);
}

void pdf_font_use_done(PdfFontUse *use) {
        free(use->glyphs);
        *use = (PdfFontUse) { 0 };
}
