/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One message that is to be handed over: what is asked for, and what came of it. Everything that takes part in an attempt knows this; attempt.h makes it. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/secret.h"

/* How long an attempt may take, from when it was asked for. */
#define DELIVERY_SECONDS 45U

#define DELIVERY_REASON_MAX 512U

typedef enum Channel {
        CHANNEL_MAIL,
        CHANNEL_SMS,
        _CHANNEL_MAX,
        CHANNEL_INVALID = -1,
} Channel;

typedef enum DeliveryOutcome {
        DELIVERY_DONE = 0,        /* accepted by the next in line */
        DELIVERY_E_TEMPORARY,     /* may work later */
        DELIVERY_E_REFUSED,       /* the recipient or the message was refused for good */
        DELIVERY_E_NOT_CONFIGURED,
        DELIVERY_E_INVALID,       /* the caller's mistake: no such template, a field that is not given, bad JSON */
} DeliveryOutcome;

/* What all deliveries of a process share; nothing in it changes while one runs but `stopping`. */
typedef struct CourierPlaces {
        const char *conf;      /* courier.conf */
        const char *templates; /* the administrator's own, LANG/KIND.CHANNEL */
        const char *shipped;   /* those that came with the program */
        const char *passwords; /* 0600 files, where systemd hands over no credentials */
        atomic_bool stopping;  /* the process ends: give up */
} CourierPlaces;

typedef struct Delivery {
        const CourierPlaces *places;
        char *id;
        Channel channel;
        char *recipient;
        char *template;
        char *language;
        Secret *fields;        /* JSON */
        uint64_t deadline;     /* CLOCK_MONOTONIC, µs */
        bool tell;             /* each step to standard output, for an administrator who looks on */

        DeliveryOutcome outcome;
        char reason[DELIVERY_REASON_MAX];  /* a sentence for people, without recipient, fields and passwords; empty when done */
        char warning[DELIVERY_REASON_MAX]; /* for the log: what is wrong though it was delivered; empty for nothing */
} Delivery;

/* Takes copies; `fields` is taken over on success. -EINVAL for an id, channel, template or language that cannot be. */
int delivery_new(const CourierPlaces *places, const char *id, const char *channel, const char *recipient, const char *template,
                 const char *language, Secret *fields, Delivery **ret);
Delivery *delivery_free(Delivery *d);
DEFINE_CLEANUP(Delivery *, delivery_free);

const char *channel_to_string(Channel c);
Channel channel_from_string(const char *s);

/* Sets the outcome and its sentence. The first failure stays. */
void delivery_fail(Delivery *d, DeliveryOutcome outcome, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Milliseconds that are left, 0 when there are none or the process ends. */
int delivery_time_left(const Delivery *d);

uint64_t delivery_now(void); /* CLOCK_MONOTONIC, µs */
