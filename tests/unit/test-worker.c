/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/bus/worker.c: the order in which jobs of many parts are run. */

#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bus/worker.h"

typedef struct Order {
        sem_t gate; /* the thread waits for it before anything else */
        char order[64];
        size_t n;
        unsigned done;
} Order;

typedef struct Part {
        Order *order;
        char name;
        int result;
} Part;

static int run_gate(void *userdata) {
        Order *o = userdata;

        return sem_wait(&o->gate) < 0 ? -errno : 0;
}

static int run_part(void *userdata, unsigned part) {
        Part *p = userdata;

        p->order->order[p->order->n++] = p->name;
        return part == 1 ? p->result : 0;
}

static void done_gate(int result, void *userdata) {
        assert_int_equal(result, 0);
}

static void done_part(int result, void *userdata) {
        Part *p = userdata;

        assert_int_equal(result, p->result);
        p->order->done++;
}

/* One thread, and all jobs submitted before it begins. */
static void run_all(Part *parts, const unsigned *counts, size_t n, const char *expected) {
        _cleanup_(worker_pool_freep) WorkerPool *pool = NULL;
        Order *o = parts[0].order;
        sd_event *event = NULL;

        assert_int_equal(sem_init(&o->gate, 0, 0), 0);
        assert_true(sd_event_new(&event) >= 0);
        assert_int_equal(worker_pool_new(event, 1, &pool), 0);
        assert_int_equal(worker_submit(pool, run_gate, done_gate, o), 0);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(worker_submit_parts(pool, counts[i], run_part, done_part, &parts[i]), 0);
        assert_true(worker_has_waiting(pool));
        sem_post(&o->gate);
        while (o->done < n)
                assert_true(sd_event_run(event, UINT64_MAX) >= 0);
        assert_int_equal(o->n, strlen(expected));
        assert_memory_equal(o->order, expected, o->n);
        assert_false(worker_has_waiting(pool));
        pool = worker_pool_free(pool);
        sd_event_unref(event);
        sem_destroy(&o->gate);
}

/* What is small is run whole, in the order it came. */
static void test_small(void **state) {
        Order o = { 0 };
        Part parts[] = { { &o, 'a', 0 }, { &o, 'b', -EIO }, { &o, 'c', 0 } };

        run_all(parts, (const unsigned[]) { 2, 2, 1 }, 3, "aabbc");
}

/* What is large lets others have their turn, whether they are large or not. */
static void test_turns(void **state) {
        Order o = { 0 };
        Part parts[] = { { &o, 'a', 0 }, { &o, 'b', 0 }, { &o, 'c', 0 } };

        run_all(parts, (const unsigned[]) { 7, 1, 5 }, 3, "aabccaaccaaca");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_small),
                cmocka_unit_test(test_turns),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
