/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The configuration; see settings.h. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/conf.h"
#include "ca-key/settings.h"
#include "crypto/pkcs11-uri.h"

#define CONF_SIZE_MAX (64U * 1024U)

static int conf_module(const char *value, void *target) {
        return *value == '/' && strlen(value) < 4096 ? conf_string(value, target) : -EINVAL;
}

static bool uri_has(const char *uri, const char *name) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;

        return pkcs11_uri_get(uri, name, &value) >= 0 && value.len > 0;
}

/* What is wrong with an address; NULL for nothing. */
static const char *judge_uri(const char *uri) {
        if (!uri)
                return "Uri= does not say which key is the CA's.";
        switch (pkcs11_uri_check(uri)) {
        case 0:
                break;
        case PKCS11_URI_E_PIN:
                return "a PIN has no place in Uri=, which others may read.";
        default:
                return "Uri= is no PKCS#11 URI (RFC 7512).";
        }
        if (!uri_has(uri, "token") && !uri_has(uri, "serial"))
                return "Uri= names no token (token= or serial=).";
        return uri_has(uri, "object") || uri_has(uri, "id") ? NULL : "Uri= names no key (object= or id=).";
}

void key_settings_done(KeySettings *s) {
        free(s->uri);
        free(s->module);
        *s = (KeySettings) { 0 };
}

int key_settings_parse(const char *path, View text, KeySettings *ret, char **ret_problem) {
        _cleanup_key_settings_ KeySettings s = { 0 };
        const ConfKey keys[] = {
                { "Key", "Uri", conf_string, &s.uri },
                { "Key", "Module", conf_module, &s.module },
        };
        const char *problem;
        unsigned line;
        int r;

        r = conf_parse(text, keys, ELEMENTSOF(keys), &line);
        if (r < 0)
                return asprintf(ret_problem, "%s, line %u: not a section, setting or value of sygnet-ca-keyd(8).", path, line) < 0 ? -ENOMEM : r;
        problem = judge_uri(s.uri);
        if (problem)
                return asprintf(ret_problem, "%s: %s See sygnet-ca-keyd(8).", path, problem) < 0 ? -ENOMEM : -EINVAL;
        *ret = s;
        s = (KeySettings) { 0 };
        return 0;
}

int key_settings_read(const char *path, KeySettings *ret, char **ret_problem) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r;

        r = read_file(path, CONF_SIZE_MAX, &text);
        if (r == -ENOENT)
                return asprintf(ret_problem, "There is no %s, which says in which token the CA's key is. See sygnet-ca-keyd(8).", path) < 0 ? -ENOMEM : r;
        if (r < 0)
                return asprintf(ret_problem, "%s cannot be read: %s.", path, strerror(-r)) < 0 ? -ENOMEM : r;
        return key_settings_parse(path, bytes_view(&text), ret, ret_problem);
}
