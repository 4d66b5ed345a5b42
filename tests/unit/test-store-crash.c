/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/store under kill -9 and on a full disk: what was told is there, what is there is whole, and the store works afterwards. */

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store-fixture.h"

/* --- kill -9 ------------------------------------------------------------------------------------------------------ */

/* Shared with the child that is killed: how many pairs it was told are on disk. */
typedef struct Progress {
        volatile int64_t told;
} Progress;

typedef struct Pair {
        int64_t n;
        Progress *progress;
} Pair;

/* Two rows that belong together. Every seventh job changes its mind in between. */
static int run_pair(Txn *t, void *userdata) {
        Pair *p = userdata;
        char name[32];
        int r;

        snprintf(name, sizeof(name), "%lld", (long long) p->n);
        r = txn_exec(t, "INSERT INTO item VALUES (?1, ?2, NULL)", "si", name, p->n);
        if (r < 0)
                return r;
        if (p->n % 7 == 6)
                return -ECANCELED;
        return txn_exec(t, "INSERT INTO part VALUES (?1, ?2)", "si", name, p->n);
}

static void done_pair(int result, void *userdata) {
        Pair *p = userdata;

        if (result >= 0)
                p->progress->told = p->n;
        free(p);
}

static void write_until_killed(const char *directory, Progress *progress, int64_t from) {
        Store *s;
        int64_t n = from;

        if (store_open(directory, &test_schema, host_key, &s) < 0)
                _exit(1);
        for (;;) {
                struct pollfd fd = { .events = POLLIN };

                for (int i = 0; i < 5; i++) {
                        Pair *p = malloc(sizeof(*p));

                        *p = (Pair) { .n = n++, .progress = progress };
                        if (store_submit(s, run_pair, done_pair, p) < 0)
                                _exit(1);
                }
                fd.fd = store_fd(s);
                if (poll(&fd, 1, -1) < 0)
                        _exit(1);
                store_dispatch(s);
        }
}

static int run_check(Txn *t, void *userdata) {
        int64_t *highest = userdata;
        Row *row;

        if (txn_query(t, &row, "SELECT COUNT(*) FROM item WHERE name NOT IN (SELECT item FROM part)", "") != 1 || row_int(row, 0) != 0)
                return -EBADMSG;
        if (txn_query(t, &row, "SELECT COUNT(*) FROM part WHERE n % 7 = 6", "") != 1 || row_int(row, 0) != 0)
                return -EBADMSG;
        if (txn_query(t, &row, "SELECT COALESCE(MAX(n), -1), COUNT(*) FROM part", "") != 1)
                return -EBADMSG;
        *highest = row_int(row, 0);
        /* Groups are committed in the order of their jobs: nothing is missing below the highest. */
        return row_int(row, 1) == *highest + 1 - (*highest + 1) / 7 ? 0 : -EBADMSG;
}

static void sleep_us(unsigned us) {
        struct timespec t = { .tv_nsec = us * 1000L };

        nanosleep(&t, NULL);
}

static unsigned random_below(unsigned n) {
        unsigned v = 0;

        assert_int_equal(getrandom(&v, sizeof(v), 0), sizeof(v));
        return v % n;
}

static void kill_child(pid_t pid) {
        int status;

        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
}

static void test_killed_while_writing(void **state) {
        Progress *progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int64_t highest = -1;

        store_close(create_and_open(*state));
        progress->told = -1;
        /* At least until something was written, which takes more rounds where the machine is busy. */
        for (int i = 0; i < 20 || highest <= 20; i++) {
                Store *s = NULL;
                pid_t pid = fork();

                if (pid == 0)
                        write_until_killed(*state, progress, highest + 1);
                sleep_us(2000 + random_below(60000));
                kill_child(pid);
                assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
                assert_false(store_is_rolled_back(s));
                assert_int_equal(store_run(s, run_check, &highest), 0);
                assert_true(highest >= progress->told);
                store_close(s);
        }
        munmap(progress, sizeof(*progress));
}

static void remove_all(const char *directory) {
        DIR *d = opendir(directory);

        for (struct dirent *e; (e = readdir(d));)
                unlinkat(dirfd(d), e->d_name, 0);
        closedir(d);
}

/* Killed at any moment of its creation, a store is whole or counts as none and can be made. */
static void test_killed_while_creating(void **state) {
        unsigned whole = 0, none = 0;

        for (int i = 0; i < 40; i++) {
                _cleanup_secret_ Secret *recovery = NULL;
                Store *s = NULL;
                pid_t pid = fork();
                int r;

                if (pid == 0) {
                        (void) store_create(*state, &test_schema, host_key, &recovery);
                        pause();
                }
                sleep_us(random_below(i < 20 ? 4000 : 40000));
                kill_child(pid);
                r = store_open(*state, &test_schema, host_key, &s);
                if (r == -ENOENT) {
                        none++;
                        assert_int_equal(store_create(*state, &test_schema, host_key, &recovery), 0);
                        r = store_open(*state, &test_schema, host_key, &s);
                } else
                        whole++;
                assert_int_equal(r, 0);
                store_close(s);
                remove_all(*state);
        }
        assert_int_equal(whole + none, 40);
}

/* --- A full disk -------------------------------------------------------------------------------------------------- */

static int run_fill(Txn *t, void *userdata) {
        _cleanup_free_ uint8_t *data = malloc(64 * 1024);
        char name[32];

        memset(data, 7, 64 * 1024);
        snprintf(name, sizeof(name), "fill-%p", userdata);
        return txn_exec(t, "INSERT INTO item VALUES (?1, 1, ?2)", "sb", name, VIEW(data, 64 * 1024));
}

static int run_small(Txn *t, void *userdata) {
        return txn_exec(t, "INSERT OR REPLACE INTO item VALUES ('small', ?1, NULL)", "i", (int64_t) (intptr_t) userdata);
}

static int run_count_filled(Txn *t, void *userdata) {
        Row *row;
        int r = txn_query(t, &row, "SELECT COUNT(*) FROM item WHERE name LIKE 'fill%'", "");

        return r < 0 ? r : (int) row_int(row, 0);
}

/* Fills until nothing goes any more; returns how many rows were told to be there. */
static int fill(Store *s) {
        for (intptr_t i = 1; i < 1000; i++) {
                int r = store_run(s, run_fill, (void *) i);

                if (r == 1)
                        continue;
                assert_int_equal(r, -ENOSPC);
                return (int) i - 1;
        }
        fail();
        return 0;
}

/* RLIMIT_FSIZE is the full disk that needs no privilege: write(2) fails half-way. */
static void test_file_size_limit(void **state) {
        struct rlimit before, limit;
        Store *s = create_and_open(*state);
        int n;

        signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        limit = before;
        limit.rlim_cur = 1024 * 1024;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        n = fill(s);
        assert_true(n > 0);
        assert_int_equal(store_run(s, run_fill, NULL), -ENOSPC);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(store_run(s, run_count_filled, NULL), n);
        assert_int_equal(store_run(s, run_small, (void *) 5), 1);
        store_close(s);
        assert_int_equal(store_open(*state, &test_schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_count_filled, NULL), n);
        store_close(s);
}

static void test_full_disk(void **state) {
        _cleanup_free_ char *directory = path_in(*state, "disk"), *ballast = path_in(*state, "disk/ballast");
        _cleanup_free_ uint8_t *data = calloc(1, 1700 * 1024);
        Store *s = NULL;
        int n;

        assert_int_equal(mkdir(directory, 0700), 0);
        assert_int_equal(mount("tmpfs", directory, "tmpfs", 0, "size=3m,mode=0700"), 0);
        s = create_and_open(directory);
        assert_int_equal(atomic_file_write(ballast, VIEW(data, 1700 * 1024), 0600, false), 0);
        n = fill(s);
        assert_true(n > 0);
        assert_int_equal(store_run(s, run_count_filled, NULL), n);
        assert_int_equal(unlink(ballast), 0);
        assert_int_equal(store_run(s, run_small, (void *) 5), 1);
        store_close(s);
        assert_int_equal(store_open(directory, &test_schema, host_key, &s), 0);
        assert_int_equal(store_run(s, run_count_filled, NULL), n);
        store_close(s);
        assert_int_equal(umount(directory), 0);
        assert_int_equal(rmdir(directory), 0);
}

/* No room for a new store: none is there afterwards, and one can be made when there is room. */
static void test_create_on_full_disk(void **state) {
        _cleanup_secret_ Secret *recovery = NULL;
        struct rlimit before, limit;
        Store *none = NULL;

        signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        limit = before;
        limit.rlim_cur = 4096;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        assert_int_equal(store_create(*state, &test_schema, host_key, &recovery), -ENOSPC);
        assert_null(recovery);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(store_open(*state, &test_schema, host_key, &none), -ENOENT);
        store_close(create_and_open(*state));
}

/* Mounting takes a mount namespace of its own, so that nothing is left behind whatever happens. */
static bool may_mount(void) {
        return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static int start(void **state) {
        return crypto_init();
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, directory_setup, directory_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                STORE_TEST(test_killed_while_writing),
                STORE_TEST(test_killed_while_creating),
                STORE_TEST(test_file_size_limit),
                STORE_TEST(test_create_on_full_disk),
        };
        const struct CMUnitTest mounting[] = {
                STORE_TEST(test_full_disk),
        };
        int r = cmocka_run_group_tests(tests, start, NULL);

        return may_mount() ? r + cmocka_run_group_tests(mounting, NULL, NULL) : r;
}
