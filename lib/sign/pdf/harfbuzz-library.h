/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* HarfBuzz and its subsetter, loaded when the first visible signature is drawn: two megabytes that no other document needs. Included instead
 * of <hb-subset.h>; the functions keep their names, and only those that stand here can be called. */

#include <hb-ot.h>
#include <hb-subset.h>

#define HARFBUZZ_FUNCTIONS(f) \
        f(blob_create) f(blob_destroy) f(blob_get_data) f(blob_get_length) f(face_create) f(face_destroy) f(face_get_glyph_count) \
        f(face_get_table_tags) f(face_get_upem) f(face_make_immutable) f(face_reference_blob) f(face_reference_table) f(font_create) \
        f(font_destroy) f(font_get_glyph_h_advance) f(font_get_h_extents) f(font_get_nominal_glyph) f(font_make_immutable) \
        f(ot_name_get_utf8) f(set_add) f(subset_input_create_or_fail) f(subset_input_destroy) f(subset_input_glyph_set) \
        f(subset_input_set) f(subset_input_set_flags) f(subset_or_fail)

typedef struct HarfbuzzLibrary {
#define HARFBUZZ_MEMBER(name) __typeof__(&hb_##name) name;
        HARFBUZZ_FUNCTIONS(HARFBUZZ_MEMBER)
#undef HARFBUZZ_MEMBER
} HarfbuzzLibrary;

extern HarfbuzzLibrary harfbuzz_library;

/* Loads the libraries, once, whichever thread comes first; call before any of their functions. -ELIBACC when one of them, or of the functions,
 * is not there. */
int harfbuzz_library_load(void);

#ifndef HARFBUZZ_LIBRARY_IMPLEMENTATION
#define hb_blob_create harfbuzz_library.blob_create
#define hb_blob_destroy harfbuzz_library.blob_destroy
#define hb_blob_get_data harfbuzz_library.blob_get_data
#define hb_blob_get_length harfbuzz_library.blob_get_length
#define hb_face_create harfbuzz_library.face_create
#define hb_face_destroy harfbuzz_library.face_destroy
#define hb_face_get_glyph_count harfbuzz_library.face_get_glyph_count
#define hb_face_get_table_tags harfbuzz_library.face_get_table_tags
#define hb_face_get_upem harfbuzz_library.face_get_upem
#define hb_face_make_immutable harfbuzz_library.face_make_immutable
#define hb_face_reference_blob harfbuzz_library.face_reference_blob
#define hb_face_reference_table harfbuzz_library.face_reference_table
#define hb_font_create harfbuzz_library.font_create
#define hb_font_destroy harfbuzz_library.font_destroy
#define hb_font_get_glyph_h_advance harfbuzz_library.font_get_glyph_h_advance
#define hb_font_get_h_extents harfbuzz_library.font_get_h_extents
#define hb_font_get_nominal_glyph harfbuzz_library.font_get_nominal_glyph
#define hb_font_make_immutable harfbuzz_library.font_make_immutable
#define hb_ot_name_get_utf8 harfbuzz_library.ot_name_get_utf8
#define hb_set_add harfbuzz_library.set_add
#define hb_subset_input_create_or_fail harfbuzz_library.subset_input_create_or_fail
#define hb_subset_input_destroy harfbuzz_library.subset_input_destroy
#define hb_subset_input_glyph_set harfbuzz_library.subset_input_glyph_set
#define hb_subset_input_set harfbuzz_library.subset_input_set
#define hb_subset_input_set_flags harfbuzz_library.subset_input_set_flags
#define hb_subset_or_fail harfbuzz_library.subset_or_fail
#endif
