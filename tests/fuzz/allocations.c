/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Failing allocations; see allocations.h. The program's own malloc() is the one that all its libraries find first; what it hands on to is the sanitizer's where there is one. */

#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/fuzz/allocations.h"

#define PUBLIC __attribute__((visibility("default")))

#if defined(__SANITIZE_ADDRESS__)
#define REAL(name) __interceptor_##name
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define REAL(name) __interceptor_##name
#endif
#endif
#ifndef REAL
#define REAL(name) __libc_##name
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t n, size_t size);
void *REAL(realloc)(void *p, size_t size);

/* Where the code of those lies whose allocations fail. */
#define RANGES_MAX 64
static struct {
        uintptr_t begin, end;
} ranges[RANGES_MAX];
static size_t n_ranges;

static bool active, all_after, failed;
static size_t count, fail_at;

/* To find what a failure of allocation n does: SYGNET_TEST_ALLOCATION=n prints from where it is made. */
void __sanitizer_print_stack_trace(void) __attribute__((weak));
static bool print_stack;

static bool survives(const char *library) {
        static const char *const names[] = { "libc.so", "libp11-kit.so", "libz.so" };
        const char *name = strrchr(library, '/');

        name = name ? name + 1 : library;
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strncmp(name, names[i], strlen(names[i])) == 0)
                        return true;
        return *library == 0; /* the program */
}

static int note_ranges(struct dl_phdr_info *info, size_t size, void *userdata) {
        (void) size;
        (void) userdata;
        if (!survives(info->dlpi_name))
                return 0;
        for (size_t i = 0; i < info->dlpi_phnum && n_ranges < RANGES_MAX; i++)
                if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X)) {
                        ranges[n_ranges].begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
                        ranges[n_ranges].end = ranges[n_ranges].begin + info->dlpi_phdr[i].p_memsz;
                        n_ranges++;
                }
        return 0;
}

void allocations_start(size_t n, bool all) {
        const char *wanted = getenv("SYGNET_TEST_ALLOCATION");

        print_stack = wanted && n > 0 && strtoul(wanted, NULL, 10) == n && !all;
        n_ranges = 0;
        dl_iterate_phdr(note_ranges, NULL);
        count = 0;
        fail_at = n;
        all_after = all;
        failed = false;
        active = true;
}

size_t allocations_stop(void) {
        active = false;
        return count;
}

bool allocations_failed(void) {
        return failed;
}

static bool is_to_fail(const void *caller) {
        bool ours = false;

        for (size_t i = 0; i < n_ranges && !ours; i++)
                ours = (uintptr_t) caller >= ranges[i].begin && (uintptr_t) caller < ranges[i].end;
        if (!ours)
                return false;
        count++;
        if (fail_at == 0 || (all_after ? count < fail_at : count != fail_at))
                return false;
        failed = true;
        if (print_stack && __sanitizer_print_stack_trace)
                __sanitizer_print_stack_trace();
        errno = ENOMEM;
        return true;
}

#define FAIL_OR(allocation) (active && is_to_fail(__builtin_return_address(0)) ? NULL : (allocation))

PUBLIC void *malloc(size_t size) {
        return FAIL_OR(REAL(malloc)(size));
}

PUBLIC void *calloc(size_t n, size_t size) {
        return FAIL_OR(REAL(calloc)(n, size));
}

PUBLIC void *realloc(void *p, size_t size) {
        return FAIL_OR(REAL(realloc)(p, size));
}

static char *copy(const char *s, size_t len) {
        char *p = REAL(malloc)(len + 1);

        if (p) {
                memcpy(p, s, len);
                p[len] = 0;
        }
        return p;
}

PUBLIC char *strdup(const char *s) {
        return FAIL_OR(copy(s, strlen(s)));
}

PUBLIC char *strndup(const char *s, size_t n) {
        return FAIL_OR(copy(s, strnlen(s, n)));
}
