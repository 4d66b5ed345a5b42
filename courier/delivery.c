/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deliveries; see delivery.h. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "courier/delivery.h"

#define ID_MAX 64U
#define TEMPLATE_NAME_MAX 40U
#define LANGUAGE_MAX 8U
#define RECIPIENT_MAX 320U

static const char *const channels[_CHANNEL_MAX] = {
        [CHANNEL_MAIL] = "mail",
        [CHANNEL_SMS] = "sms",
};

const char *channel_to_string(Channel c) {
        return c >= 0 && c < _CHANNEL_MAX ? channels[c] : NULL;
}

Channel channel_from_string(const char *s) {
        for (int c = 0; c < _CHANNEL_MAX; c++)
                if (strcmp(channels[c], s) == 0)
                        return (Channel) c;
        return CHANNEL_INVALID;
}

uint64_t delivery_now(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000 + (uint64_t) t.tv_nsec / 1000;
}

int delivery_time_left(const Delivery *d) {
        uint64_t now = delivery_now();

        return atomic_load(&d->places->stopping) || now >= d->deadline ? 0 : (int) ((d->deadline - now + 999) / 1000);
}

void delivery_fail(Delivery *d, DeliveryOutcome outcome, const char *format, ...) {
        va_list ap;

        if (d->outcome != DELIVERY_DONE)
                return;
        d->outcome = outcome;
        va_start(ap, format);
        (void) vsnprintf(d->reason, sizeof(d->reason), format, ap);
        va_end(ap);
}

/* Words that become part of headers and paths: nothing but these characters, and not only dots. */
static bool is_word(const char *s, size_t max, const char *more) {
        static const char basic[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
        size_t n = strlen(s);

        if (n < 1 || n > max)
                return false;
        for (size_t i = 0; i < n; i++)
                if (!strchr(basic, s[i]) && !strchr(more, s[i]))
                        return false;
        return true;
}

int delivery_new(const CourierPlaces *places, const char *id, const char *channel, const char *recipient, const char *template,
                 const char *language, Secret *fields, Delivery **ret) {
        _cleanup_(delivery_freep) Delivery *d = NULL;
        Channel c = channel_from_string(channel);

        if (c == CHANNEL_INVALID || !is_word(id, ID_MAX, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.") || !is_word(template, TEMPLATE_NAME_MAX, "") ||
            !is_word(language, LANGUAGE_MAX, "") || strlen(recipient) > RECIPIENT_MAX)
                return -EINVAL;
        d = calloc(1, sizeof(*d));
        if (!d)
                return -ENOMEM;
        d->places = places;
        d->channel = c;
        d->deadline = delivery_now() + (uint64_t) DELIVERY_SECONDS * 1000000;
        d->id = strdup(id);
        d->recipient = strdup(recipient);
        d->template = strdup(template);
        d->language = strdup(language);
        if (!d->id || !d->recipient || !d->template || !d->language)
                return -ENOMEM;
        d->fields = fields;
        *ret = TAKE_PTR(d);
        return 0;
}

Delivery *delivery_free(Delivery *d) {
        if (!d)
                return NULL;
        free(d->id);
        free(d->recipient);
        free(d->template);
        free(d->language);
        secret_free(d->fields);
        free(d);
        return NULL;
}
