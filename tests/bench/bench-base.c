/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the service is measured against, each alone. Prints the seconds of one run.
 *
 *   bench-base sign ALGORITHM THREADS COUNT   so many threads sign COUNT hashes together with raw GnuTLS, one key
 *   bench-base check COUNT                    CheckAuthorization of org.sygnet.use, for ourselves, COUNT times
 *   bench-base commit FILE COUNT              COUNT transactions of one row in SQLite, on disk each (WAL, synchronous=FULL) */

#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/abstract.h>
#include <sqlite3.h>
#include <systemd/sd-bus.h>

#include "bus/names.h"
#include "crypto/key.h"

static gnutls_privkey_t key;
static unsigned long per_thread;

static double seconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void *sign_many(void *unused) {
        uint8_t digest[32] = { 1 };
        const gnutls_datum_t hash = { digest, sizeof(digest) };

        for (unsigned long i = 0; i < per_thread; i++) {
                gnutls_datum_t value;

                if (gnutls_privkey_sign_hash(key, GNUTLS_DIG_SHA256, 0, &hash, &value) < 0)
                        errx(1, "sign");
                gnutls_free(value.data);
        }
        return NULL;
}

static double bench_sign(const char *algorithm, unsigned threads, unsigned long count) {
        pthread_t t[64];
        double begin;

        if (threads < 1 || threads > 64 || key_generate(key_algorithm_from_string(algorithm), &key) < 0)
                errx(1, "key");
        per_thread = count / threads;
        begin = seconds();
        for (unsigned i = 0; i < threads; i++)
                if (pthread_create(&t[i], NULL, sign_many, NULL) != 0)
                        errx(1, "thread");
        for (unsigned i = 0; i < threads; i++)
                pthread_join(t[i], NULL);
        return seconds() - begin;
}

static double bench_check(unsigned long count) {
        sd_bus *bus = NULL;
        const char *self;
        double begin;

        if (sd_bus_open_system(&bus) < 0 || sd_bus_get_unique_name(bus, &self) < 0)
                errx(1, "bus");
        begin = seconds();
        for (unsigned long i = 0; i < count; i++) {
                sd_bus_error error = SD_BUS_ERROR_NULL;
                int r = sd_bus_call_method(bus, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
                                "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization", &error, NULL, "(sa{sv})sa{ss}us",
                                "system-bus-name", 1, "name", "s", self, ACTION_USE, 0, 0, "");

                if (r < 0)
                        errx(1, "polkit: %s", error.message);
        }
        return seconds() - begin;
}

static double bench_commit(const char *file, unsigned long count) {
        sqlite3 *db;
        double begin;

        if (sqlite3_open(file, &db) != SQLITE_OK ||
            sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS t (x)", NULL, NULL, NULL) != SQLITE_OK)
                errx(1, "%s", file);
        begin = seconds();
        for (unsigned long i = 0; i < count; i++)
                if (sqlite3_exec(db, "INSERT INTO t VALUES (randomblob(200))", NULL, NULL, NULL) != SQLITE_OK)
                        errx(1, "insert");
        begin = seconds() - begin;
        sqlite3_close(db);
        return begin;
}

int main(int argc, char **argv) {
        double took;

        if (argc == 5 && strcmp(argv[1], "sign") == 0)
                took = bench_sign(argv[2], (unsigned) strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
        else if (argc == 3 && strcmp(argv[1], "check") == 0)
                took = bench_check(strtoul(argv[2], NULL, 10));
        else if (argc == 4 && strcmp(argv[1], "commit") == 0)
                took = bench_commit(argv[2], strtoul(argv[3], NULL, 10));
        else
                errx(2, "sign ALGORITHM THREADS COUNT | check COUNT | commit FILE COUNT");
        printf("%.6f\n", took);
        return 0;
}
