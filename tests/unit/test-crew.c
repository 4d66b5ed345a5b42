/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/crew.c: each job once, none before it was offered, all done when the crew is freed; one that waits does not hold up the others. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/crew.h"

#define JOBS 10000

static atomic_uint runs[JOBS];

static void count(void *userdata, size_t job) {
        atomic_uint *total = userdata;

        atomic_fetch_add(&runs[job], 1);
        atomic_fetch_add(total, 1);
}

static void forget(void) {
        for (size_t i = 0; i < JOBS; i++)
                atomic_store(&runs[i], 0);
}

static void test_each_once(void **state) {
        atomic_uint total = 0;

        forget();
        assert_int_equal(crew_each("test", JOBS, count, &total), 0);
        assert_int_equal(atomic_load(&total), JOBS);
        for (size_t i = 0; i < JOBS; i++)
                assert_int_equal(atomic_load(&runs[i]), 1);
        assert_int_equal(crew_each("test", 0, count, &total), 0);
        assert_int_equal(atomic_load(&total), JOBS);
}

static void test_offered(void **state) {
        atomic_uint total = 0;
        Crew *c = NULL;

        forget();
        assert_int_equal(crew_new("test", 7, count, &total, &c), 0);
        for (size_t end = 0; end < JOBS - 1; end += 13)
                crew_offer(c, end);
        crew_offer(c, 1);
        c = crew_free(c);
        assert_null(c);
        /* The last of the steps of 13 below JOBS - 1. */
        assert_int_equal(atomic_load(&total), 9997);
        assert_int_equal(atomic_load(&runs[9996]), 1);
        assert_int_equal(atomic_load(&runs[9997]), 0);
}

typedef struct Meeting {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        unsigned there;
} Meeting;

/* Goes on when all three are there, so it ends only if three run at once. */
static void meet(void *userdata, size_t job) {
        Meeting *m = userdata;

        pthread_mutex_lock(&m->lock);
        m->there++;
        pthread_cond_broadcast(&m->changed);
        while (m->there < 3)
                pthread_cond_wait(&m->changed, &m->lock);
        pthread_mutex_unlock(&m->lock);
}

static void test_at_once(void **state) {
        Meeting m = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
        Crew *c = NULL;

        assert_int_equal(crew_new("test", 3, meet, &m, &c), 0);
        crew_offer(c, 3);
        crew_free(c);
        assert_int_equal(m.there, 3);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each_once),
                cmocka_unit_test(test_offered),
                cmocka_unit_test(test_at_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
