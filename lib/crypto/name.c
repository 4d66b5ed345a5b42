/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of certificates; see name.h. GnuTLS writes RFC 4514 and escapes what a value holds, so an attribute type begins at the
 * start of the text or behind a separator that no backslash escapes: there, and nowhere else, the type is replaced. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/der-tag.h"
#include "base/utf8.h"
#include "crypto/name.h"

#define TYPE "2.5.4.97=#"
#define ATTRIBUTE_MAX 4096U

static bool begins_attribute(const char *text, const char *p) {
        size_t backslashes = 0;

        if (p == text)
                return true;
        if (p[-1] != ',' && p[-1] != '+')
                return false;
        for (const char *b = p - 1; b > text && b[-1] == '\\'; b--)
                backslashes++;
        return backslashes % 2 == 0;
}

/* The characters of a short DER string in hexadecimal; false for anything else, which is then left as it is. */
static bool decode_string(const char *hex, size_t digits, Bytes *ret) {
        _cleanup_free_ char *copy = strndup(hex, digits);
        _cleanup_bytes_ Bytes der = BYTES_NULL;

        if (!copy || hex_decode(copy, &der) < 0 || der.len < 3 || der.data[1] >= 0x80 || der.len != 2U + der.data[1])
                return false;
        if (der.data[0] != TAG_UTF8_STRING && der.data[0] != TAG_PRINTABLE_STRING)
                return false;
        return bytes_dup(VIEW(der.data + 2, der.len - 2), ret) == 0;
}

/* RFC 4514 §2.4; a space or # matters at the ends only, but may be escaped anywhere. */
static int append_escaped(Bytes *b, View value) {
        int r = 0;

        for (size_t i = 0; i < value.len && r == 0; i++) {
                if (strchr(",+\"\\<>;#", value.data[i]))
                        r = bytes_append_byte(b, '\\');
                if (r == 0)
                        r = bytes_append_byte(b, value.data[i]);
        }
        return r;
}

static int append_named(Bytes *b, const char **p) {
        const char *hex = *p + strlen(TYPE);
        size_t digits = strspn(hex, "0123456789abcdefABCDEF");
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        int r;

        if (!decode_string(hex, digits, &value))
                return bytes_append_byte(b, (uint8_t) *(*p)++);
        r = bytes_append_view(b, VIEW_LITERAL("organizationIdentifier="));
        if (r == 0)
                r = append_escaped(b, bytes_view(&value));
        *p = hex + digits;
        return r;
}

static char *readable(const char *text) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r = 0;

        for (const char *p = text; *p && r == 0;) {
                if (begins_attribute(text, p) && strncmp(p, TYPE, strlen(TYPE)) == 0)
                        r = append_named(&b, &p);
                else
                        r = bytes_append_byte(&b, (uint8_t) *p++);
        }
        return r == 0 ? utf8_sanitize(bytes_view(&b)) : NULL;
}

static int name_of(gnutls_x509_crt_t certificate, int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned), char **ret) {
        gnutls_datum_t d = { 0 };
        char *s;
        int r;

        r = get(certificate, &d, 0);
        if (r == GNUTLS_E_MEMORY_ERROR)
                return -ENOMEM;
        if (r < 0) {
                *ret = NULL;
                return 0;
        }
        /* GnuTLS ends the text with a NUL; one within it would hide what follows. */
        if (strlen((const char *) d.data) == d.size)
                s = readable((const char *) d.data);
        else
                s = utf8_sanitize(VIEW(d.data, d.size));
        gnutls_free(d.data);
        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

int certificate_names(gnutls_x509_crt_t certificate, char **ret_subject, char **ret_issuer) {
        _cleanup_free_ char *subject = NULL;
        int r;

        r = name_of(certificate, gnutls_x509_crt_get_dn3, &subject);
        if (r >= 0)
                r = name_of(certificate, gnutls_x509_crt_get_issuer_dn3, ret_issuer);
        if (r >= 0)
                *ret_subject = TAKE_PTR(subject);
        return r;
}

char *certificate_subject(gnutls_x509_crt_t certificate) {
        char *s = NULL;

        return name_of(certificate, gnutls_x509_crt_get_dn3, &s) < 0 ? NULL : s;
}

char *certificate_issuer(gnutls_x509_crt_t certificate) {
        char *s = NULL;

        return name_of(certificate, gnutls_x509_crt_get_issuer_dn3, &s) < 0 ? NULL : s;
}

static bool is_hex(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The value behind RFC 4514's escapes: a character, or the two digits of a byte. */
static char *unescaped(const char *text) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r = 0;

        for (const char *p = text; *p && r == 0;) {
                if (p[0] == '\\' && is_hex(p[1]) && is_hex(p[2])) {
                        const char digits[] = { p[1], p[2], 0 };

                        r = bytes_append_byte(&b, (uint8_t) strtoul(digits, NULL, 16));
                        p += 3;
                        continue;
                }
                p += p[0] == '\\' && p[1];
                r = bytes_append_byte(&b, (uint8_t) *p++);
        }
        return r == 0 ? utf8_sanitize(bytes_view(&b)) : NULL;
}

/* What GnuTLS gives of an attribute: escaped text, or #DER of those that it does not know. */
static char *attribute_of(const char *text, size_t len) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;

        if (strlen(text) != len)
                return utf8_sanitize(VIEW(text, len));
        if (text[0] != '#')
                return unescaped(text);
        return decode_string(text + 1, len - 1, &value) ? utf8_sanitize(bytes_view(&value)) : NULL;
}

typedef int (*GetAttribute)(gnutls_x509_crt_t, const char *, unsigned, unsigned, void *, size_t *);

static char *get_attribute(gnutls_x509_crt_t certificate, const char *oid, GetAttribute get) {
        char text[ATTRIBUTE_MAX];
        size_t size = sizeof(text);

        if (get(certificate, oid, 0, 0, text, &size) < 0 || size >= sizeof(text))
                return NULL;
        text[size] = '\0';
        return attribute_of(text, size);
}

char *certificate_subject_attribute(gnutls_x509_crt_t certificate, const char *oid) {
        return get_attribute(certificate, oid, gnutls_x509_crt_get_dn_by_oid);
}

char *certificate_issuer_attribute(gnutls_x509_crt_t certificate, const char *oid) {
        return get_attribute(certificate, oid, gnutls_x509_crt_get_issuer_dn_by_oid);
}
