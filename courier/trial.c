/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The test message; see trial.h. It holds no secret, so a server's words can be shown. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "courier/attempt.h"
#include "courier/password.h"
#include "courier/settings.h"
#include "courier/transfer.h"
#include "courier/trial.h"

#define SERVICE_USER "sygnet-courier"

static bool become_service(void) {
        const struct passwd *user;

        if (geteuid() != 0)
                return true;
        user = getpwnam(SERVICE_USER);
        if (!user || setgroups(0, NULL) < 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
            setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0) {
                printf("Not tested: there is no user " SERVICE_USER ", as whom the service runs.\n");
                return false;
        }
        printf("As user " SERVICE_USER ".\n");
        return true;
}

static void tell_password(const CourierPlaces *places, const char *name) {
        _cleanup_secret_ Secret *password = NULL;
        char problem[DELIVERY_REASON_MAX];

        if (password_read(places, name, &password, problem) < 0)
                printf("  %s\n", problem);
        else if (secret_len(password) > 0)
                printf("  Password %s: there.\n", name);
        else
                printf("  Password %s: none. One that is a credential is there only for the service, and where systemd-run passes it; see sygnet-courier(8).\n",
                       name);
}

/* False when there is nothing to try. */
static bool tell_settings(const CourierPlaces *places, Channel channel) {
        _cleanup_settings_ CourierSettings s = { 0 };
        char problem[DELIVERY_REASON_MAX];

        printf("Configuration %s\n", places->conf);
        if (courier_settings_read(places->conf, &s, problem) < 0) {
                printf("Not sent: %s\n", problem);
                return false;
        }
        if (!courier_settings_have(&s, channel)) {
                printf("Not sent: no %s is configured. See courier.conf(5).\n", channel_to_string(channel));
                return false;
        }
        if (channel == CHANNEL_MAIL)
                printf("  From %s\n", s.mail.from);
        if (channel == CHANNEL_MAIL && s.mail.server && s.mail.user)
                tell_password(places, "smtp-password");
        if (channel == CHANNEL_SMS && s.sms.method == SMS_HTTP)
                tell_password(places, "sms-password");
        return true;
}

static int make_delivery(const CourierPlaces *places, const char *channel, const char *recipient, Delivery **ret) {
        const char *locale = getenv("LC_ALL") ?: getenv("LC_MESSAGES") ?: getenv("LANG") ?: "";
        _cleanup_secret_ Secret *fields = NULL;
        char id[32];
        int r;

        (void) snprintf(id, sizeof(id), "test-%llu", (unsigned long long) delivery_now());
        r = secret_dup(VIEW_LITERAL("{}"), &fields);
        if (r >= 0)
                r = delivery_new(places, id, channel, recipient, "test", strncmp(locale, "pl", 2) == 0 ? "pl" : "en", fields, ret);
        if (r >= 0)
                TAKE_PTR(fields);
        return r;
}

bool courier_trial(const CourierPlaces *places, const char *channel, const char *recipient) {
        _cleanup_(delivery_freep) Delivery *d = NULL;
        Channel c = channel_from_string(channel);
        int r;

        setvbuf(stdout, NULL, _IOLBF, 0);
        if (c == CHANNEL_INVALID) {
                printf("Not sent: a channel is mail or sms.\n");
                return false;
        }
        if (!become_service() || !tell_settings(places, c))
                return false;
        r = make_delivery(places, channel, recipient, &d);
        if (r < 0) {
                printf("Not sent: %s.\n", strerror(-r));
                return false;
        }
        d->tell = true;
        attempt_run(d);
        if (*d->warning)
                printf("%s\n", d->warning);
        if (d->outcome == DELIVERY_DONE)
                printf("Handed over. Whether it arrives is seen at the other end.\n");
        else
                printf("Not sent: %s%s\n", d->reason, d->outcome == DELIVERY_E_TEMPORARY ? " A real message would be tried again." : "");
        return d->outcome == DELIVERY_DONE;
}
