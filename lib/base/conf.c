/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Configuration files; see conf.h. */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/conf.h"

/* No configuration of ours comes near it; what does is a mistake or an attack. */
#define CONF_SIZE_MAX (256U * 1024U)

static char *strip(char *s) {
        size_t n;

        s += strspn(s, " \t\r");
        n = strlen(s);
        while (n > 0 && strchr(" \t\r", s[n - 1]))
                s[--n] = 0;
        return s;
}

static int apply(const char *section, const char *key, const char *value, const ConfKey *keys, size_t n_keys) {
        for (size_t i = 0; i < n_keys; i++)
                if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].key, key) == 0)
                        return keys[i].parse(value, keys[i].target);
        return -EINVAL;
}

static bool section_exists(const char *section, const ConfKey *keys, size_t n_keys) {
        for (size_t i = 0; i < n_keys; i++)
                if (strcmp(keys[i].section, section) == 0)
                        return true;
        return false;
}

/* Takes one line apart in place. `*section` is the section in force; the caller frees it. */
static int parse_line(char *line, char **section, const ConfKey *keys, size_t n_keys) {
        char *equals;

        line = strip(line);
        if (!*line || *line == '#' || *line == ';')
                return 0;
        if (*line == '[') {
                size_t n = strlen(line);

                if (n < 3 || line[n - 1] != ']')
                        return -EINVAL;
                free(*section);
                *section = strndup(line + 1, n - 2);
                if (!*section)
                        return -ENOMEM;
                return section_exists(*section, keys, n_keys) ? 0 : -EINVAL;
        }
        equals = strchr(line, '=');
        if (!equals || !*section)
                return -EINVAL;
        *equals = 0;
        return apply(*section, strip(line), strip(equals + 1), keys, n_keys);
}

int conf_parse(View text, const ConfKey *keys, size_t n_keys, unsigned *ret_line) {
        _cleanup_free_ char *copy = NULL, *section = NULL;
        unsigned number = 0;
        char *rest;

        *ret_line = 0;
        if (text.len > 0 && memchr(text.data, 0, text.len))
                return -EINVAL;
        copy = strndup(text.len > 0 ? (const char *) text.data : "", text.len);
        if (!copy)
                return -ENOMEM;
        rest = copy;
        for (char *line; (line = strsep(&rest, "\n"));) {
                int r;

                number++;
                r = parse_line(line, &section, keys, n_keys);
                if (r < 0) {
                        *ret_line = number;
                        return r;
                }
        }
        return 0;
}

int conf_read(const char *path, const ConfKey *keys, size_t n_keys, unsigned *ret_line) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r;

        *ret_line = 0;
        r = read_file(path, CONF_SIZE_MAX, &text);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        return conf_parse(bytes_view(&text), keys, n_keys, ret_line);
}

static int parse_number(const char *value, char **ret_rest, int64_t *ret) {
        long long n;

        if (*value < '0' || *value > '9')
                return -EINVAL;
        errno = 0;
        n = strtoll(value, ret_rest, 10);
        if (errno != 0)
                return -EINVAL;
        *ret = n;
        return 0;
}

int conf_seconds(const char *value, void *target) {
        static const struct {
                const char *name;
                int64_t seconds;
        } units[] = { { "", 1 }, { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 } };
        char *rest;
        int64_t n;

        if (parse_number(value, &rest, &n) < 0)
                return -EINVAL;
        rest += strspn(rest, " ");
        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                if (strcmp(rest, units[i].name) != 0)
                        continue;
                if (__builtin_mul_overflow(n, units[i].seconds, &n))
                        return -EINVAL;
                *(int64_t *) target = n;
                return 0;
        }
        return -EINVAL;
}

int conf_unsigned(const char *value, void *target) {
        char *rest;
        int64_t n;

        if (parse_number(value, &rest, &n) < 0 || *rest || n > INT32_MAX)
                return -EINVAL;
        *(unsigned *) target = (unsigned) n;
        return 0;
}

int conf_bool(const char *value, void *target) {
        static const char *const yes[] = { "yes", "true", "1" }, *const no[] = { "no", "false", "0" };

        for (size_t i = 0; i < ELEMENTSOF(yes); i++) {
                if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
                        *(bool *) target = strcmp(value, yes[i]) == 0;
                        return 0;
                }
        }
        return -EINVAL;
}

int conf_string(const char *value, void *target) {
        char *copy = strdup(value);

        if (!copy)
                return -ENOMEM;
        free(*(char **) target);
        *(char **) target = copy;
        return 0;
}
