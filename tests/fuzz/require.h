/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What must hold of every input. Where an allocation was made to fail, what is asked for may not have been done: then require() leaves the function, with the value behind the
 * condition in one that has a value. forbid() is for what must not be whatever failed: above all a verdict that nothing supports. */

#include <stdlib.h>

#include "tests/fuzz/allocations.h"

#define require(condition, ...) \
        do { \
                if (!(condition)) { \
                        if (!allocations_failed()) \
                                abort(); \
                        return __VA_ARGS__; \
                } \
        } while (0)

#define forbid(condition) \
        do { \
                if (condition) \
                        abort(); \
        } while (0)
