/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Arguments that need care; see arguments.h. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/atomic-file.h"
#include "base/utf8.h"
#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

/* --- Secrets ------------------------------------------------------------------------------------------------------ */

/* Only a sealed memfd is sure to give its bytes at once and to stay as it is meanwhile. Reads from the start, wherever its position is. */
static int read_memfd(int fd, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        struct stat st;
        size_t done = 0;
        int seals, r;

        seals = fcntl(fd, F_GET_SEALS);
        if (seals < 0 || (seals & SEALS) != SEALS)
                return -EBADF;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_size > (off_t) SECRET_MAX)
                return -E2BIG;
        r = secret_new((size_t) st.st_size, &s);
        if (r < 0)
                return r;
        while (done < secret_len(s)) {
                ssize_t n = pread(fd, secret_data(s) + done, secret_len(s) - done, (off_t) done);

                if (n < 0)
                        return errno == EACCES ? -EBADF : -errno;
                if (n == 0)
                        return -EBADF;
                done += (size_t) n;
        }
        *ret = TAKE_PTR(s);
        return 0;
}

int bus_message_read_secret(sd_bus_message *m, Secret **ret) {
        const char *contents, *text;
        char type;
        int fd, r;

        r = sd_bus_message_peek_type(m, &type, &contents);
        if (r < 0)
                return r;
        if (r == 0 || type != 'v')
                return -EBADMSG;
        if (strcmp(contents, "s") == 0) {
                r = sd_bus_message_read(m, "v", "s", &text);
                if (r < 0)
                        return r;
                if (strlen(text) > SECRET_MAX)
                        return -E2BIG;
                return secret_dup(view_string(text), ret);
        }
        if (strcmp(contents, "h") != 0)
                return -EBADMSG;
        r = sd_bus_message_read(m, "v", "h", &fd);
        return r < 0 ? r : read_memfd(fd, ret);
}

int bus_message_read_memfd(sd_bus_message *m, Secret **ret) {
        int fd, r;

        r = sd_bus_message_read(m, "h", &fd);
        return r < 0 ? r : read_memfd(fd, ret);
}

static int make_memfd(const Secret *s) {
        _cleanup_close_ int fd = -1;
        int r;

        fd = memfd_create("secret", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return -errno;
        r = write_all(fd, secret_view(s));
        if (r < 0)
                return r;
        if (fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int bus_message_append_secret(sd_bus_message *m, const Secret *s) {
        _cleanup_close_ int fd = make_memfd(s);

        return fd < 0 ? fd : sd_bus_message_append(m, "v", "h", fd);
}

int bus_message_append_memfd(sd_bus_message *m, const Secret *s) {
        _cleanup_close_ int fd = make_memfd(s);

        return fd < 0 ? fd : sd_bus_message_append(m, "h", fd);
}

int bus_sender_uid(sd_bus_message *m, uid_t *ret) {
        _cleanup_(sd_bus_creds_unrefp) sd_bus_creds *creds = NULL;
        int r;

        r = sd_bus_query_sender_creds(m, SD_BUS_CREDS_EUID, &creds);
        if (r < 0)
                return r;
        return sd_bus_creds_get_euid(creds, ret);
}

/* --- Size --------------------------------------------------------------------------------------------------------- */

#define SIZE_OF_VALUE 64U

/* Of numbers that lie side by side and are so counted at once. */
static bool is_numbers(char type, const char *contents) {
        return type == SD_BUS_TYPE_ARRAY && contents[0] != '\0' && contents[1] == '\0' && strchr("ynqiuxtd", contents[0]);
}

static bool is_string(char type) {
        return type == SD_BUS_TYPE_STRING || type == SD_BUS_TYPE_OBJECT_PATH || type == SD_BUS_TYPE_SIGNATURE;
}

static int size_of_basic(sd_bus_message *m, char type, size_t *size) {
        union {
                const char *text;
                uint64_t number;
        } value;
        int r;

        r = sd_bus_message_read_basic(m, type, &value);
        if (r > 0)
                *size += is_string(type) ? strlen(value.text) : 0;
        return r;
}

/* Of what is left in the container that the message stands in. -E2BIG beyond `max`. Nested as deeply as sd-bus lets a message be, 128. */
static int add_size(sd_bus_message *m, size_t max, size_t *size) {
        const char *contents;
        const void *p;
        size_t n = 0;
        char type;
        int r;

        while ((r = sd_bus_message_peek_type(m, &type, &contents)) > 0) {
                *size += SIZE_OF_VALUE;
                if (is_numbers(type, contents)) {
                        r = sd_bus_message_read_array(m, contents[0], &p, &n);
                        *size += n;
                } else if (contents) {
                        r = sd_bus_message_enter_container(m, type, contents);
                        if (r >= 0)
                                r = add_size(m, max, size);
                        if (r >= 0)
                                r = sd_bus_message_exit_container(m);
                } else
                        r = size_of_basic(m, type, size);
                if (r < 0)
                        return r;
                if (*size > max)
                        return -E2BIG;
        }
        return r;
}

int bus_message_size(sd_bus_message *m, size_t max, size_t *ret) {
        size_t size = 0;
        int r, rewound;

        r = add_size(m, max, &size);
        rewound = sd_bus_message_rewind(m, true);
        if (r < 0 && r != -E2BIG)
                return r;
        if (rewound < 0)
                return rewound;
        *ret = size < max ? size : max;
        return 0;
}

/* --- Options ------------------------------------------------------------------------------------------------------ */

int bus_option_string(sd_bus_message *m, void *target) {
        return sd_bus_message_read(m, "v", "s", target);
}

int bus_option_bool(sd_bus_message *m, void *target) {
        int v, r;

        r = sd_bus_message_read(m, "v", "b", &v);
        if (r >= 0)
                *(bool *) target = v;
        return r;
}

int bus_option_u32(sd_bus_message *m, void *target) {
        return sd_bus_message_read(m, "v", "u", target);
}

int bus_option_u64(sd_bus_message *m, void *target) {
        return sd_bus_message_read(m, "v", "t", target);
}

int bus_option_i64(sd_bus_message *m, void *target) {
        return sd_bus_message_read(m, "v", "x", target);
}

int bus_option_bytes(sd_bus_message *m, void *target) {
        const void *data;
        size_t size;
        int r;

        r = sd_bus_message_enter_container(m, 'v', "ay");
        if (r >= 0)
                r = sd_bus_message_read_array(m, 'y', &data, &size);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *(View *) target = VIEW(data, size);
        return 0;
}

int bus_option_secret(sd_bus_message *m, void *target) {
        return bus_message_read_secret(m, target);
}

static int read_option(sd_bus_message *m, const char *name, BusOption *options, size_t n, sd_bus_error *error) {
        int r;

        for (size_t i = 0; i < n; i++) {
                if (strcmp(options[i].name, name) != 0)
                        continue;
                if (options[i].given)
                        return bus_error_set(error, ERROR_INVALID_ARGUMENT, "“%s” is given twice.", name);
                r = options[i].read(m, options[i].target);
                if (r == -EBADF || r == -E2BIG)
                        return bus_error_set_argument(error, r);
                if (r < 0)
                        return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The value of “%s” is not of its type.", name);
                options[i].given = true;
                return 0;
        }
        return bus_error_set(error, ERROR_INVALID_ARGUMENT, "“%s” is not known to this method.",
                             strlen(name) <= 64 && utf8_is_printable(name) ? name : "?");
}

int bus_message_read_options(sd_bus_message *m, BusOption *options, size_t n, sd_bus_error *error) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return bus_error_set_argument(error, r);
        /* Mostly there are none. */
        while ((r = sd_bus_message_at_end(m, false)) == 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *name;

                r = sd_bus_message_read(m, "s", &name);
                if (r < 0)
                        break;
                r = read_option(m, name, options, n, error);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        break;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        return r < 0 ? bus_error_set_argument(error, r) : 0;
}

/* --- Dictionaries ------------------------------------------------------------------------------------------------- */

int bus_check_limit(uint32_t limit, uint32_t max, sd_bus_error *error) {
        return limit >= 1 && limit <= max ? 0 : bus_error_set(error, ERROR_INVALID_ARGUMENT, "The limit is 1 to %u.", max);
}

int bus_append_string(sd_bus_message *m, const char *key, const char *value) {
        return sd_bus_message_append(m, "{sv}", key, "s", value ? value : "");
}

int bus_append_bool(sd_bus_message *m, const char *key, bool value) {
        return sd_bus_message_append(m, "{sv}", key, "b", (int) value);
}

int bus_append_u32(sd_bus_message *m, const char *key, uint32_t value) {
        return sd_bus_message_append(m, "{sv}", key, "u", value);
}

int bus_append_u64(sd_bus_message *m, const char *key, uint64_t value) {
        return sd_bus_message_append(m, "{sv}", key, "t", value);
}

int bus_append_i64(sd_bus_message *m, const char *key, int64_t value) {
        return sd_bus_message_append(m, "{sv}", key, "x", value);
}

int bus_append_bytes(sd_bus_message *m, const char *key, View value) {
        int r;

        r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", key);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "ay");
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'y', value.data, value.len);
        for (int depth = 0; r >= 0 && depth < 2; depth++)
                r = sd_bus_message_close_container(m);
        return r;
}
