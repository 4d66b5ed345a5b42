/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* qpdf's C API, loaded when the first PDF is opened. qpdf brings the C++ library and thousands of symbols to resolve: linked into a program it
 * took as long at each start as half a signature, also for `sygnet --version` and for documents that are no PDF. Included instead of
 * <qpdf/qpdf-c.h>; the functions keep their names, and only those that stand here can be called. */

#include <qpdf/qpdf-c.h>

#define QPDF_FUNCTIONS(f) \
        f(cleanup) f(get_error) f(get_error_code) f(get_error_message_detail) f(get_last_string_length) f(get_num_pages) f(get_object_by_id) f(get_root) \
        f(get_trailer) f(has_error) f(init) f(init_write) f(is_encrypted) f(more_warnings) f(next_warning) f(oh_begin_dict_key_iter) \
        f(oh_dict_more_keys) f(oh_dict_next_key) f(oh_get_array_item) f(oh_get_array_n_items) f(oh_get_binary_string_value) \
        f(oh_get_bool_value) f(oh_get_dict) f(oh_get_generation) f(oh_get_int_value) f(oh_get_key) f(oh_get_key_if_dict) \
        f(oh_get_name) f(oh_get_numeric_value) f(oh_get_object_id) f(oh_get_stream_data) f(oh_get_type_code) \
        f(oh_get_utf8_value) f(oh_has_key) f(oh_is_array) f(oh_is_bool) f(oh_is_dictionary) f(oh_is_indirect) f(oh_is_integer) \
        f(oh_is_name) f(oh_is_name_and_equals) f(oh_is_null) f(oh_is_number) f(oh_is_stream) f(oh_is_string) f(oh_new_integer) f(oh_new_name) \
        f(oh_new_null) f(oh_new_object) f(oh_new_unicode_string) f(oh_release) f(oh_replace_key) f(oh_unparse) f(oh_unparse_resolved) f(read) \
        f(read_memory) f(set_attempt_recovery) f(set_deterministic_ID) \
        f(set_stream_data_mode) f(set_suppress_warnings) f(silence_errors) f(write)

typedef struct QpdfLibrary {
#define QPDF_MEMBER(name) __typeof__(&qpdf_##name) name;
        QPDF_FUNCTIONS(QPDF_MEMBER)
#undef QPDF_MEMBER
} QpdfLibrary;

extern QpdfLibrary qpdf_library;

/* Loads the library, once; call before any of its functions. -ELIBACC when it, or one of the functions, is not there. */
int qpdf_library_load(void);

#ifndef QPDF_LIBRARY_IMPLEMENTATION
#define qpdf_cleanup qpdf_library.cleanup
#define qpdf_get_error qpdf_library.get_error
#define qpdf_get_error_code qpdf_library.get_error_code
#define qpdf_get_error_message_detail qpdf_library.get_error_message_detail
#define qpdf_get_last_string_length qpdf_library.get_last_string_length
#define qpdf_get_num_pages qpdf_library.get_num_pages
#define qpdf_get_object_by_id qpdf_library.get_object_by_id
#define qpdf_get_root qpdf_library.get_root
#define qpdf_get_trailer qpdf_library.get_trailer
#define qpdf_has_error qpdf_library.has_error
#define qpdf_init qpdf_library.init
#define qpdf_init_write qpdf_library.init_write
#define qpdf_is_encrypted qpdf_library.is_encrypted
#define qpdf_more_warnings qpdf_library.more_warnings
#define qpdf_next_warning qpdf_library.next_warning
#define qpdf_oh_begin_dict_key_iter qpdf_library.oh_begin_dict_key_iter
#define qpdf_oh_dict_more_keys qpdf_library.oh_dict_more_keys
#define qpdf_oh_dict_next_key qpdf_library.oh_dict_next_key
#define qpdf_oh_get_array_item qpdf_library.oh_get_array_item
#define qpdf_oh_get_array_n_items qpdf_library.oh_get_array_n_items
#define qpdf_oh_get_binary_string_value qpdf_library.oh_get_binary_string_value
#define qpdf_oh_get_bool_value qpdf_library.oh_get_bool_value
#define qpdf_oh_get_dict qpdf_library.oh_get_dict
#define qpdf_oh_get_generation qpdf_library.oh_get_generation
#define qpdf_oh_get_int_value qpdf_library.oh_get_int_value
#define qpdf_oh_get_key qpdf_library.oh_get_key
#define qpdf_oh_get_key_if_dict qpdf_library.oh_get_key_if_dict
#define qpdf_oh_get_name qpdf_library.oh_get_name
#define qpdf_oh_get_numeric_value qpdf_library.oh_get_numeric_value
#define qpdf_oh_get_object_id qpdf_library.oh_get_object_id
#define qpdf_oh_get_stream_data qpdf_library.oh_get_stream_data
#define qpdf_oh_get_type_code qpdf_library.oh_get_type_code
#define qpdf_oh_get_utf8_value qpdf_library.oh_get_utf8_value
#define qpdf_oh_has_key qpdf_library.oh_has_key
#define qpdf_oh_is_array qpdf_library.oh_is_array
#define qpdf_oh_is_bool qpdf_library.oh_is_bool
#define qpdf_oh_is_dictionary qpdf_library.oh_is_dictionary
#define qpdf_oh_is_indirect qpdf_library.oh_is_indirect
#define qpdf_oh_is_integer qpdf_library.oh_is_integer
#define qpdf_oh_is_name qpdf_library.oh_is_name
#define qpdf_oh_is_name_and_equals qpdf_library.oh_is_name_and_equals
#define qpdf_oh_is_null qpdf_library.oh_is_null
#define qpdf_oh_is_number qpdf_library.oh_is_number
#define qpdf_oh_is_stream qpdf_library.oh_is_stream
#define qpdf_oh_is_string qpdf_library.oh_is_string
#define qpdf_oh_new_integer qpdf_library.oh_new_integer
#define qpdf_oh_new_name qpdf_library.oh_new_name
#define qpdf_oh_new_null qpdf_library.oh_new_null
#define qpdf_oh_new_object qpdf_library.oh_new_object
#define qpdf_oh_new_unicode_string qpdf_library.oh_new_unicode_string
#define qpdf_oh_release qpdf_library.oh_release
#define qpdf_oh_replace_key qpdf_library.oh_replace_key
#define qpdf_oh_unparse qpdf_library.oh_unparse
#define qpdf_oh_unparse_resolved qpdf_library.oh_unparse_resolved
#define qpdf_read qpdf_library.read
#define qpdf_read_memory qpdf_library.read_memory
#define qpdf_set_attempt_recovery qpdf_library.set_attempt_recovery
#define qpdf_set_deterministic_ID qpdf_library.set_deterministic_ID
#define qpdf_set_stream_data_mode qpdf_library.set_stream_data_mode
#define qpdf_set_suppress_warnings qpdf_library.set_suppress_warnings
#define qpdf_silence_errors qpdf_library.silence_errors
#define qpdf_write qpdf_library.write
#endif
