/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The configuration; see settings.h. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/conf.h"
#include "ca/settings.h"

#define CONF_SIZE_MAX (64U * 1024U)
#define URL_MAX 1000U
#define CRL_HOURS_DEFAULT 168U
#define CRL_EVERY_HOURS_DEFAULT 24U
#define HOURS_MAX 8760U

/* A URI that a certificate may name: http or https, printable ASCII (IA5String) without blanks. */
static int conf_url(const char *value, void *target) {
        const char *rest = strncmp(value, "http://", 7) == 0 ? value + 7 : strncmp(value, "https://", 8) == 0 ? value + 8 : "";

        if (!*rest || strlen(value) > URL_MAX)
                return -EINVAL;
        for (const char *c = value; *c; c++)
                if (*c <= ' ' || *c > '~')
                        return -EINVAL;
        return conf_string(value, target);
}

static int conf_hours(const char *value, void *target) {
        unsigned hours;

        if (conf_unsigned(value, &hours) < 0 || hours < 1 || hours > HOURS_MAX)
                return -EINVAL;
        *(unsigned *) target = hours;
        return 0;
}

void ca_settings_done(CaSettings *s) {
        free(s->crl_url);
        free(s->ocsp_url);
        free(s->ca_url);
        *s = (CaSettings) { 0 };
}

int ca_settings_parse(const char *path, View text, CaSettings *ret, char **ret_problem) {
        _cleanup_ca_settings_ CaSettings s = { .crl_hours = CRL_HOURS_DEFAULT, .crl_every_hours = CRL_EVERY_HOURS_DEFAULT };
        const ConfKey keys[] = {
                { "CA", "CrlUrl", conf_url, &s.crl_url },
                { "CA", "OcspUrl", conf_url, &s.ocsp_url },
                { "CA", "CaUrl", conf_url, &s.ca_url },
                { "CA", "CrlHours", conf_hours, &s.crl_hours },
                { "CA", "CrlEveryHours", conf_hours, &s.crl_every_hours },
        };
        unsigned line;
        int r;

        r = conf_parse(text, keys, ELEMENTSOF(keys), &line);
        if (r < 0) {
                if (asprintf(ret_problem, "%s, line %u: not a section, setting or value of sygnet-cad.conf(5).", path, line) < 0)
                        return -ENOMEM;
                return r;
        }
        if (s.crl_every_hours >= s.crl_hours) {
                if (asprintf(ret_problem, "%s: CrlEveryHours= must be less than CrlHours=, or lists run out before there is a new one.", path) < 0)
                        return -ENOMEM;
                return -EINVAL;
        }
        *ret = s;
        s = (CaSettings) { 0 };
        return 0;
}

int ca_settings_read(const char *path, CaSettings *ret, char **ret_problem) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r;

        r = read_file(path, CONF_SIZE_MAX, &text);
        if (r < 0 && r != -ENOENT) {
                if (asprintf(ret_problem, "%s cannot be read: %s", path, strerror(-r)) < 0)
                        return -ENOMEM;
                return r;
        }
        return ca_settings_parse(path, bytes_view(&text), ret, ret_problem);
}
