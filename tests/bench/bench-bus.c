/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* bench-bus SESSION CREDENTIAL TEMPLATE OFFSET ITEMS PART OPERATIONS CLIENTS: as many processes, each with a connection of its own, have so many
 * items an operation signed in a remembered session: with SignOnce where PART is 0, else by Prepare, Authorize and a Sign for each PART items.
 * TEMPLATE holds signed attributes; the 32 bytes at OFFSET (the message digest) differ in each item. Prints the seconds from the common start
 * to the last end. */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <systemd/sd-bus.h>

#include "bus/names.h"

#define TYPE "cms-attributes"

static uint8_t template[16384];
static size_t template_size, offset;
static unsigned items, part;

static void sha256(const void *data, size_t size, uint8_t ret[static 32]) {
        if (gnutls_hash_fast(GNUTLS_DIG_SHA256, data, size, ret) < 0)
                errx(1, "SHA-256");
}

/* Any 32 bytes are the digest of something: to digest documents is no part of what is measured, on either side. */
static void make_item(unsigned client, unsigned operation, unsigned i, uint8_t *ret) {
        uint32_t which[8] = { client, operation, i };

        memcpy(ret, template, template_size);
        memcpy(ret + offset, which, sizeof(which));
}

/* rest(i) of the list for each i of 0 to `items`, as dbus/org.sygnet.Sygnet1.xml defines it. */
static void list_hash(const uint8_t *list, uint8_t (*ret)[32]) {
        uint8_t *buffer = malloc(sizeof(TYPE) + template_size), both[64] = {};

        if (!buffer)
                errx(1, "memory");
        memset(ret[items], 0, 32);
        buffer[0] = sizeof(TYPE) - 1;
        memcpy(buffer + 1, TYPE, sizeof(TYPE) - 1);
        for (unsigned i = items; i > 0; i--) {
                memcpy(buffer + sizeof(TYPE), list + (i - 1) * template_size, template_size);
                sha256(buffer, sizeof(TYPE) + template_size, both);
                sha256(both, sizeof(both), both + 32);
                memcpy(ret[i - 1], both + 32, 32);
        }
        free(buffer);
}

static void check(int r, const char *what, const sd_bus_error *error) {
        if (r < 0)
                errx(1, "%s: %s", what, error && error->message ? error->message : strerror(-r));
}

static sd_bus_message *call_of(sd_bus *bus, const char *method) {
        sd_bus_message *m = NULL;

        check(sd_bus_message_new_method_call(bus, &m, SYGNET_BUS_NAME, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_OPERATION, method), method, NULL);
        return m;
}

static sd_bus_message *reply_to(sd_bus *bus, sd_bus_message *m, const char *method) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;

        check(sd_bus_call(bus, m, 0, &error, &reply), method, &error);
        sd_bus_message_unref(m);
        return reply;
}

static void append_items(sd_bus_message *m, const uint8_t *list, unsigned from, unsigned to) {
        check(sd_bus_message_open_container(m, 'a', "(saya{sv})"), "items", NULL);
        for (unsigned i = from; i < to; i++) {
                check(sd_bus_message_open_container(m, 'r', "saya{sv}"), "items", NULL);
                check(sd_bus_message_append_basic(m, 's', TYPE), "items", NULL);
                check(sd_bus_message_append_array(m, 'y', list + i * template_size, template_size), "items", NULL);
                check(sd_bus_message_open_container(m, 'a', "{sv}"), "items", NULL);
                check(sd_bus_message_close_container(m), "items", NULL);
                check(sd_bus_message_close_container(m), "items", NULL);
        }
        check(sd_bus_message_close_container(m), "items", NULL);
}

static void sign_part(sd_bus *bus, const char *operation, const uint8_t *list, unsigned from, unsigned to, const uint8_t rest[static 32]) {
        sd_bus_message *m = call_of(bus, "Sign");

        check(sd_bus_message_append(m, "s", operation), "Sign", NULL);
        append_items(m, list, from, to);
        check(sd_bus_message_append_array(m, 'y', rest, 32), "Sign", NULL);
        sd_bus_message_unref(reply_to(bus, m, "Sign"));
}

static void run_parts(sd_bus *bus, const char *session, const char *credential, const uint8_t *list) {
        uint8_t (*rest)[32] = malloc((items + 1) * sizeof(*rest));
        const char *operation;
        sd_bus_message *m, *prepared;

        if (!rest)
                errx(1, "memory");
        list_hash(list, rest);
        m = call_of(bus, "Prepare");
        check(sd_bus_message_append(m, "ssu", session, credential, items), "Prepare", NULL);
        check(sd_bus_message_append_array(m, 'y', rest[0], sizeof(*rest)), "Prepare", NULL);
        check(sd_bus_message_append(m, "a{sv}", 0), "Prepare", NULL);
        prepared = reply_to(bus, m, "Prepare");
        check(sd_bus_message_read(prepared, "s", &operation), "Prepare", NULL);

        m = call_of(bus, "Authorize");
        check(sd_bus_message_append(m, "sa{sv}", operation, 0), "Authorize", NULL);
        sd_bus_message_unref(reply_to(bus, m, "Authorize"));

        for (unsigned from = 0; from < items; from += part) {
                unsigned to = items - from > part ? from + part : items;

                sign_part(bus, operation, list, from, to, rest[to]);
        }
        sd_bus_message_unref(prepared);
        free(rest);
}

static void run_once(sd_bus *bus, const char *session, const char *credential, const uint8_t *list) {
        sd_bus_message *m = call_of(bus, "SignOnce");

        check(sd_bus_message_append(m, "ss", session, credential), "SignOnce", NULL);
        append_items(m, list, 0, items);
        check(sd_bus_message_append(m, "a{sv}a{sv}", 0, 0), "SignOnce", NULL);
        sd_bus_message_unref(reply_to(bus, m, "SignOnce"));
}

static void client(unsigned number, char **argv, unsigned operations, int ready, int start) {
        sd_bus *bus = NULL;
        uint8_t *list = malloc((size_t) items * template_size);
        void (*run)(sd_bus *, const char *, const char *, const uint8_t *) = part > 0 ? run_parts : run_once;
        char c;

        if (!list)
                errx(1, "memory");
        check(sd_bus_open_system(&bus), "bus", NULL);
        if (write(ready, "", 1) != 1 || read(start, &c, 1) != 0)
                errx(1, "start");
        for (unsigned k = 0; k < operations; k++) {
                for (unsigned i = 0; i < items; i++)
                        make_item(number + (unsigned) getpid(), k, i, list + (size_t) i * template_size);
                run(bus, argv[1], argv[2], list);
        }
        sd_bus_flush_close_unref(bus);
        free(list);
}

static double seconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
        unsigned operations, clients;
        int ready[2], start[2], status, failed = 0;
        FILE *f;
        double begin;
        char c;

        if (argc != 9)
                errx(2, "SESSION CREDENTIAL TEMPLATE OFFSET ITEMS PART OPERATIONS CLIENTS");
        f = fopen(argv[3], "re");
        if (!f)
                err(1, "%s", argv[3]);
        template_size = fread(template, 1, sizeof(template), f);
        fclose(f);
        offset = strtoul(argv[4], NULL, 10);
        items = (unsigned) strtoul(argv[5], NULL, 10);
        part = (unsigned) strtoul(argv[6], NULL, 10);
        operations = (unsigned) strtoul(argv[7], NULL, 10);
        clients = (unsigned) strtoul(argv[8], NULL, 10);
        if (offset + 32 > template_size || items == 0 || pipe(ready) < 0 || pipe(start) < 0)
                errx(1, "bad arguments");

        for (unsigned i = 0; i < clients; i++) {
                pid_t pid = fork();

                if (pid < 0)
                        err(1, "fork");
                if (pid == 0) {
                        close(start[1]);
                        client(i, argv, operations, ready[1], start[0]);
                        _exit(0);
                }
        }
        for (unsigned i = 0; i < clients; i++)
                if (read(ready[0], &c, 1) != 1)
                        errx(1, "a client did not come up");
        begin = seconds();
        close(start[1]);
        for (unsigned i = 0; i < clients; i++)
                if (wait(&status) < 0 || status != 0)
                        failed = 1;
        printf("%.6f\n", seconds() - begin);
        return failed;
}
