/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Publishing as it goes on: one publication at a time, for all who wait for one together; a new list of revocations when the
 * last one is old enough; and again each minute where it failed. It begins with one: what was committed before a crash and not
 * published then, is published at the next start. */

#include <stdbool.h>

#include "ca/authority.h"

typedef struct Publisher Publisher;

int publisher_new(Authority *a, Publisher **ret);
Publisher *publisher_free(Publisher *p);

/* On the loop: publishes what is committed by now, and calls `done` on the loop when the files are there, with 0, or a
 * negative errno when they could not be written. With `crl` a list of revocations as well, not only the states. On an error of
 * its own nothing is called, and `userdata` stays the caller's; -ENODATA when there is no root. */
typedef void (*PublisherDone)(int result, void *userdata);
int publisher_want(Publisher *p, bool crl, PublisherDone done, void *userdata);

/* The list of revocations that was published last, DER; empty when there is none yet. Borrowed. */
View publisher_crl(const Publisher *p);

/* Number, thisUpdate and nextUpdate of that list; false when there is none. */
bool publisher_last(const Publisher *p, int64_t *ret_number, int64_t *ret_made, int64_t *ret_next);

/* What keeps it from publishing, a sentence or the system's word, borrowed; "" when nothing does. */
const char *publisher_trouble(const Publisher *p);

/* Why there is no new list of revocations, where it is the key host's doing: a sentence, borrowed. NULL else. */
const char *publisher_problem(const Publisher *p);

/* No more publications from here on: those that wait are told so. What is under way goes on. */
void publisher_stop(Publisher *p);
