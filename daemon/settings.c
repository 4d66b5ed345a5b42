/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The settings; see settings.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/contact.h"
#include "base/utf8.h"
#include "daemon/settings.h"

#define HOUR 3600
#define DAY (24 * HOUR)

static int defaults(Settings *s) {
        *s = (Settings) {
                .session_idle = 180,
                .session_max_age = 8 * HOUR,
                .session_max_signatures = 10000,
                .lease_idle = 180,
                .lease_max_age = HOUR / 2,
                .password = password_rule_account,
                .code_sms_lifetime = 300,
                .code_mail_lifetime = DAY,
                .code_attempts = 3,
                .code_resends = 3,
                .code_pause = 60,
                .code_window = HOUR,
                .delivery_per_account = 40,
                .delivery_per_user = 100,
                .delivery_per_recipient = 20,
                .delivery_lifetime = 3 * DAY,
                .delivery_keep = 7 * DAY,
                .issuer = strdup("Sygnet"),
        };
        return s->issuer ? 0 : -ENOMEM;
}

static bool between(int64_t v, int64_t min, int64_t max) {
        return v >= min && v <= max;
}

/* Envelopes stay for a day at least, because a day's messages are counted by them. */
static bool delivery_is_sound(const Settings *s) {
        return between(s->code_sms_lifetime, 60, HOUR) &&
                between(s->code_mail_lifetime, 10 * 60, 7 * DAY) &&
                between(s->code_attempts, 1, 10) &&
                between(s->code_resends, 0, 10) &&
                between(s->code_pause, 10, HOUR) &&
                between(s->code_window, s->code_pause, DAY) &&
                between(s->delivery_per_account, 1, 10000) &&
                between(s->delivery_per_user, 1, 10000) &&
                between(s->delivery_per_recipient, 1, 10000) &&
                between(s->delivery_lifetime, HOUR, 30 * DAY) &&
                between(s->delivery_keep, DAY, 365 * DAY);
}

static bool audit_is_sound(const Settings *s) {
        return (s->audit_head_interval == 0 || between(s->audit_head_interval, 60, 30 * DAY)) &&
                (!s->audit_head_mail || (s->audit_head_interval > 0 && email_is_valid(s->audit_head_mail)));
}

/* To be shown; NULL is none. */
static bool is_line(const char *s) {
        return !s || (strlen(s) <= 1024 && utf8_is_printable(s));
}

/* The issuer is part of a label that authenticators split at the colon. */
static bool is_sound(const Settings *s) {
        return between(s->session_idle, 10, HOUR) &&
                between(s->session_max_age, s->session_idle, 7 * DAY) &&
                between(s->session_max_signatures, 1, 1000000) &&
                between(s->lease_idle, 10, HOUR) &&
                between(s->lease_max_age, s->lease_idle, DAY) &&
                between(s->password.length, 8, 64) && between(s->password.repeat, 0, 64) &&
                delivery_is_sound(s) && audit_is_sound(s) &&
                between((int64_t) strlen(s->issuer), 1, 64) && utf8_is_printable(s->issuer) && !strchr(s->issuer, ':') &&
                is_line(s->support_contact) && is_line(s->software);
}

int settings_read(const char *path, Settings *ret, unsigned *ret_line) {
        _cleanup_(settings_done) Settings s = { 0 };
        const ConfKey keys[] = {
                { "Session", "Idle", conf_seconds, &s.session_idle },
                { "Session", "MaxAge", conf_seconds, &s.session_max_age },
                { "Session", "MaxSignatures", conf_unsigned, &s.session_max_signatures },
                { "Lease", "Idle", conf_seconds, &s.lease_idle },
                { "Lease", "MaxAge", conf_seconds, &s.lease_max_age },
                { "Password", "MinLength", conf_unsigned, &s.password.length },
                { "Password", "UpperCase", conf_bool, &s.password.upper },
                { "Password", "LowerCase", conf_bool, &s.password.lower },
                { "Password", "Digit", conf_bool, &s.password.digit },
                { "Password", "Special", conf_bool, &s.password.special },
                { "Password", "MaxRepeat", conf_unsigned, &s.password.repeat },
                { "Codes", "SmsLifetime", conf_seconds, &s.code_sms_lifetime },
                { "Codes", "MailLifetime", conf_seconds, &s.code_mail_lifetime },
                { "Codes", "Attempts", conf_unsigned, &s.code_attempts },
                { "Codes", "Resends", conf_unsigned, &s.code_resends },
                { "Codes", "Pause", conf_seconds, &s.code_pause },
                { "Codes", "Window", conf_seconds, &s.code_window },
                { "Delivery", "PerAccount", conf_unsigned, &s.delivery_per_account },
                { "Delivery", "PerUser", conf_unsigned, &s.delivery_per_user },
                { "Delivery", "PerRecipient", conf_unsigned, &s.delivery_per_recipient },
                { "Delivery", "Lifetime", conf_seconds, &s.delivery_lifetime },
                { "Delivery", "Keep", conf_seconds, &s.delivery_keep },
                { "Audit", "HeadInterval", conf_seconds, &s.audit_head_interval },
                { "Audit", "HeadMail", conf_string, &s.audit_head_mail },
                { "Display", "SupportContact", conf_string, &s.support_contact },
                { "Display", "Software", conf_string, &s.software },
                { "Display", "Issuer", conf_string, &s.issuer },
        };
        int r;

        *ret_line = 0;
        r = defaults(&s);
        if (r < 0)
                return r;
        r = conf_read(path, keys, ELEMENTSOF(keys), ret_line);
        if (r < 0)
                return r;
        if (!is_sound(&s))
                return -EINVAL;
        *ret = s;
        s = (Settings) { 0 };
        return 0;
}

void settings_done(Settings *s) {
        free(s->audit_head_mail);
        free(s->support_contact);
        free(s->software);
        free(s->issuer);
        *s = (Settings) { 0 };
}
