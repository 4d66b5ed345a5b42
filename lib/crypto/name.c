/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of certificates; see name.h. GnuTLS writes RFC 4514 and escapes what a value holds, so an attribute type begins at the
 * start of the text or behind a separator that no backslash escapes: there, and nowhere else, the type is replaced. */

#include <string.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "crypto/name.h"

#define TYPE "2.5.4.97=#"
#define TAG_UTF8_STRING 0x0c
#define TAG_PRINTABLE_STRING 0x13

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

static char *name_of(gnutls_x509_crt_t certificate, int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned)) {
        gnutls_datum_t d = { 0 };
        char *s = NULL;

        if (get(certificate, &d, 0) < 0)
                return NULL;
        /* GnuTLS ends the text with a NUL; one within it would hide what follows. */
        if (strlen((const char *) d.data) == d.size)
                s = readable((const char *) d.data);
        else
                s = utf8_sanitize(VIEW(d.data, d.size));
        gnutls_free(d.data);
        return s;
}

char *certificate_subject(gnutls_x509_crt_t certificate) {
        return name_of(certificate, gnutls_x509_crt_get_dn3);
}

char *certificate_issuer(gnutls_x509_crt_t certificate) {
        return name_of(certificate, gnutls_x509_crt_get_issuer_dn3);
}
