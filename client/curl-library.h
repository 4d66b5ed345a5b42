/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* libcurl, loaded when the first address is fetched. With its own libraries it is thirty files to map and resolve; linked into the client, every
 * verb would pay for it at each start, also those that never see a network. Included instead of <curl/curl.h>; the functions keep their
 * names, and only those that stand here can be called. */

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo

#define CURL_FUNCTIONS(f) \
        f(easy_cleanup) f(easy_getinfo) f(easy_init) f(easy_perform) f(easy_setopt) f(easy_strerror) f(global_init) f(slist_append) \
        f(slist_free_all)

typedef struct CurlLibrary {
#define CURL_MEMBER(name) __typeof__(&curl_##name) name;
        CURL_FUNCTIONS(CURL_MEMBER)
#undef CURL_MEMBER
} CurlLibrary;

extern CurlLibrary curl_library;

/* Loads and initialises the library, once; call before any of its functions. -ELIBACC when it, or one of the
 * functions, is not there. */
int curl_library_load(void);

#ifndef CURL_LIBRARY_IMPLEMENTATION
#define curl_easy_cleanup curl_library.easy_cleanup
#define curl_easy_getinfo curl_library.easy_getinfo
#define curl_easy_init curl_library.easy_init
#define curl_easy_perform curl_library.easy_perform
#define curl_easy_setopt curl_library.easy_setopt
#define curl_easy_strerror curl_library.easy_strerror
#define curl_global_init curl_library.global_init
#define curl_slist_append curl_library.slist_append
#define curl_slist_free_all curl_library.slist_free_all
#endif
