/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* PKCS#11 URIs; see pkcs11-uri.h. */

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "crypto/pkcs11-uri.h"

#define SCHEME "pkcs11:"
#define SCHEME_LEN 7U

/* What of a path names a token, RFC 7512 §2.3. */
static const char *const token_attributes[] = { "token", "serial", "manufacturer", "model" };

bool pkcs11_uri_is(const char *s) {
        return s && strncmp(s, SCHEME, SCHEME_LEN) == 0;
}

static int hex_value(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* pct-encoded octets and what may stand for itself; nothing that ends an attribute. */
static bool value_is_sound(const char *s, size_t len) {
        for (size_t i = 0; i < len; i++) {
                if (s[i] == '%' && (i + 2 >= len || hex_value(s[i + 1]) < 0 || hex_value(s[i + 2]) < 0))
                        return false;
                if (s[i] <= 0x20 || s[i] == 0x7f || strchr("\"<>\\^`{|}#", s[i]))
                        return false;
        }
        return true;
}

typedef struct Attribute {
        const char *name, *value;
        size_t name_len, value_len;
} Attribute;

/* The next attribute of path or query; false at the end. */
static bool next_attribute(const char **at, Attribute *ret) {
        const char *s = *at;
        size_t len;

        if (*s == 0)
                return false;
        len = strcspn(s, ";?&");
        ret->name = s;
        ret->name_len = strcspn(s, "=;?&");
        ret->value = s + ret->name_len + (s[ret->name_len] == '=');
        ret->value_len = (size_t) (s + len - ret->value);
        *at = s[len] ? s + len + 1 : s + len;
        return true;
}

static bool is_named(const Attribute *a, const char *name) {
        return a->name_len == strlen(name) && memcmp(a->name, name, a->name_len) == 0;
}

int pkcs11_uri_check(const char *uri) {
        const char *at = uri + SCHEME_LEN;
        Attribute a;

        if (!pkcs11_uri_is(uri) || strlen(uri) > PKCS11_URI_MAX || !utf8_is_printable(uri))
                return PKCS11_URI_E_MALFORMED;
        while (next_attribute(&at, &a)) {
                if (is_named(&a, "pin-value") || is_named(&a, "pin-source"))
                        return PKCS11_URI_E_PIN;
                if (a.name_len == 0 && a.value_len == 0)
                        continue;
                if (a.name_len == 0 || a.name[a.name_len] != '=' || !value_is_sound(a.value, a.value_len))
                        return PKCS11_URI_E_MALFORMED;
        }
        return 0;
}

static int decode(const Attribute *a, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r = bytes_reserve(&b, a->value_len + 1);

        for (size_t i = 0; r >= 0 && i < a->value_len; i++) {
                if (a->value[i] != '%') {
                        r = bytes_append_byte(&b, (uint8_t) a->value[i]);
                        continue;
                }
                if (i + 2 >= a->value_len)
                        return -EBADMSG;
                r = bytes_append_byte(&b, (uint8_t) (hex_value(a->value[i + 1]) << 4 | hex_value(a->value[i + 2])));
                i += 2;
        }
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}

/* The path ends at the "?". */
static const char *path_end(const char *uri) {
        return strchrnul(uri, '?');
}

int pkcs11_uri_get(const char *uri, const char *name, Bytes *ret) {
        const char *at = uri + SCHEME_LEN, *end = path_end(uri);
        Attribute a;

        while (at < end && next_attribute(&at, &a))
                if (is_named(&a, name))
                        return decode(&a, ret);
        return -ENOENT;
}

static bool names_token(const Attribute *a) {
        for (size_t i = 0; i < ELEMENTSOF(token_attributes); i++)
                if (is_named(a, token_attributes[i]))
                        return true;
        return false;
}

int pkcs11_uri_matches_token(const char *pattern, const char *token) {
        const char *at = pattern + SCHEME_LEN, *end = path_end(pattern);
        Attribute a;
        int r;

        while (at < end && next_attribute(&at, &a)) {
                _cleanup_bytes_ Bytes wanted = BYTES_NULL, found = BYTES_NULL;
                _cleanup_free_ char *name = NULL;

                if (!names_token(&a))
                        continue;
                name = strndup(a.name, a.name_len);
                if (!name)
                        return -ENOMEM;
                r = decode(&a, &wanted);
                if (r >= 0)
                        r = pkcs11_uri_get(token, name, &found);
                if (r == -ENOENT)
                        return 0;
                if (r < 0)
                        return r;
                if (!view_equal(bytes_view(&wanted), bytes_view(&found)))
                        return 0;
        }
        return 1;
}

int pkcs11_uri_append(Bytes *uri, const char *name, View value) {
        int r = bytes_printf(uri, ";%s=", name);

        for (size_t i = 0; r >= 0 && i < value.len; i++)
                r = bytes_printf(uri, "%%%02x", value.data[i]);
        return r;
}

int pkcs11_uri_append_id(Bytes *uri, View id) {
        return pkcs11_uri_append(uri, "id", id);
}
