/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The delivery of what is in the outbox; see delivery.h.
 *
 * A round is a job of the store that ends what expired and claims what is due; one at a time. Each claim becomes a Hand: a call of the courier, then the
 * job that settles it. A hand whose settling fails keeps its result and tries again, so that a full disk does not make a message go out twice. */

#include <errno.h>
#include <string.h>

#include "bus/names.h"
#include "bus/service.h"
#include "daemon/clock.h"
#include "daemon/courier-call.h"
#include "daemon/delivery.h"
#include "daemon/outbox.h"

#define NOT_CONFIGURED_PAUSE 60 /* seconds until a channel is tried again that nobody configured */
#define LONGEST_PAUSE 60        /* the clock may be set meanwhile */
#define USEC_PER_SEC UINT64_C(1000000)

typedef struct Hand {
        struct Hand *next;
        Manager *manager;
        OutboxClaim claim;
        sd_bus_slot *slot;   /* of the call that is under way */
        bool answered;       /* by the courier; then it waits to be settled */
        bool settling;       /* the job is under way */
        OutboxResult result;
        char reason[OUTBOX_REASON_MAX + 1];
} Hand;

struct Delivery {
        sd_event_source *timer;
        sd_bus_slot *courier;
        Hand *hands;
        int64_t blocked_until[2]; /* by channel, clock_now(); 0: it is tried */
        bool running;             /* a round is */
        bool again;               /* and another one is wanted */
        bool recovered;           /* what the last run left is taken up */
        bool stopping;
        bool failing;             /* the store; logged once */
};

typedef struct Round {
        Manager *manager;
        OutboxRound round;
} Round;

/* --- Hands ------------------------------------------------------------------------------------------------------------- */

static Hand *hand_free(Hand *h) {
        if (!h)
                return NULL;
        sd_bus_slot_unref(h->slot);
        outbox_claim_done(&h->claim);
        free(h);
        return NULL;
}

DEFINE_CLEANUP(Hand *, hand_free);

static unsigned count_hands(const Delivery *d, Channel c) {
        unsigned n = 0;

        for (const Hand *h = d->hands; h; h = h->next)
                if (h->claim.channel == c)
                        n++;
        return n;
}

static void unlink_hand(Delivery *d, Hand *h) {
        for (Hand **i = &d->hands; *i; i = &(*i)->next) {
                if (*i != h)
                        continue;
                *i = h->next;
                return;
        }
}

/* --- Settling ---------------------------------------------------------------------------------------------------------- */

static void arm(Manager *m, int64_t next);

static int run_settle(Txn *t, void *userdata) {
        const Hand *h = userdata;

        return outbox_settle(t, h->claim.id, h->result, h->reason, clock_now());
}

static void raise_alarm(const Hand *h) {
        if (h->result == OUTBOX_REFUSED)
                service_log(SD_ERR, "Message %s (%s, by %s) was refused and is given up%s%s. See “sygnet outbox”.", h->claim.id, h->claim.kind,
                            channel_to_string(h->claim.channel), h->reason[0] ? ": " : "", h->reason);
        else if (h->result == OUTBOX_EXPIRED)
                service_log(SD_ERR, "Message %s (%s, by %s) expired before it could be handed over. See “sygnet outbox”.", h->claim.id, h->claim.kind,
                            channel_to_string(h->claim.channel));
}

static void note_store(Delivery *d, int r) {
        if (r < 0 && !d->failing)
                service_log(SD_ERR, "The outbox cannot be kept: %s. Messages wait until it can.", strerror(-r));
        d->failing = r < 0;
}

static void on_settled(int result, void *userdata) {
        Hand *h = userdata;
        Manager *m = h->manager;

        h->settling = false;
        if (m->delivery->stopping)
                return;
        note_store(m->delivery, result);
        if (result < 0) {
                arm(m, clock_now() + LONGEST_PAUSE);
                return;
        }
        raise_alarm(h);
        unlink_hand(m->delivery, h);
        hand_free(h);
        delivery_wake(m);
}

static void settle(Hand *h) {
        Manager *m = h->manager;

        if (h->settling || m->delivery->stopping)
                return;
        if (store_submit(m->store, run_settle, on_settled, h) < 0)
                arm(m, clock_now() + 1);
        else
                h->settling = true;
}

static void answered(Hand *h, OutboxResult result) {
        h->answered = true;
        h->result = result;
        settle(h);
}

static int on_answer(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        Hand *h = userdata;
        OutboxResult result = courier_result(reply, &h->claim, h->reason);

        /* A text that cannot be made is for an administrator to mend, before the code expires. */
        if (sd_bus_error_has_name(sd_bus_message_get_error(reply), ERROR_INVALID_ARGUMENT) && h->claim.attempts == 1)
                service_log(SD_WARNING, "Message %s (%s, by %s) cannot be made: %s", h->claim.id, h->claim.kind, channel_to_string(h->claim.channel),
                            h->reason);
        h->slot = sd_bus_slot_unref(h->slot);
        h->manager->delivery->blocked_until[h->claim.channel] = result == OUTBOX_NOT_CONFIGURED ? clock_now() + NOT_CONFIGURED_PAUSE : 0;
        answered(h, result);
        return 0;
}

/* Time has passed since it was claimed: waiting for the disk, perhaps with the machine asleep. */
static void hand_over(Manager *m, OutboxClaim *c) {
        _cleanup_(hand_freep) Hand *h = NULL;
        int r;

        h = calloc(1, sizeof(*h));
        if (!h)
                return; /* it stays claimed, and is repeated when the service starts */
        h->manager = m;
        h->claim = *c;
        *c = (OutboxClaim) { 0 };
        h->next = m->delivery->hands;
        m->delivery->hands = h;
        r = clock_now() >= h->claim.expires ? -ETIME : courier_deliver(m->bus, &h->claim, on_answer, h, &h->slot);
        if (r == -ETIME)
                answered(h, OUTBOX_EXPIRED);
        else if (r < 0) {
                snprintf(h->reason, sizeof(h->reason), "it could not be handed to sygnet-courier: %s", strerror(-r));
                answered(h, r == -E2BIG || r == -EBADMSG ? OUTBOX_REFUSED : OUTBOX_TEMPORARY);
        }
        TAKE_PTR(h);
}

/* --- Rounds ------------------------------------------------------------------------------------------------------------ */

static void raise_alarms(const OutboxRound *round) {
        for (size_t i = 0; i < round->n_alarms; i++) {
                const OutboxAlarm *a = &round->alarms[i];

                if (a->damaged)
                        service_log(SD_ERR, "Message %s was altered or is damaged; it is not sent.", a->id);
                else
                        service_log(SD_ERR, "Message %s (%s, by %s) is given up: it expired after %u attempts%s%s. See “sygnet outbox”.", a->id, a->kind,
                                    channel_to_string(a->channel), a->attempts, a->reason[0] ? "; the last one: " : "", a->reason);
        }
}

static bool is_tried(const Delivery *d, Channel c, int64_t now) {
        return d->blocked_until[c] <= now || d->blocked_until[c] > now + NOT_CONFIGURED_PAUSE; /* the clock was set back */
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        delivery_wake(userdata);
        return 0;
}

static void arm(Manager *m, int64_t next) {
        int64_t pause = next - clock_now();
        uint64_t now;

        if (next == INT64_MAX || sd_event_now(m->event, CLOCK_BOOTTIME, &now) < 0) {
                (void) sd_event_source_set_enabled(m->delivery->timer, SD_EVENT_OFF);
                return;
        }
        pause = pause < 1 ? 1 : pause > LONGEST_PAUSE ? LONGEST_PAUSE : pause;
        (void) sd_event_source_set_time(m->delivery->timer, now + (uint64_t) pause * USEC_PER_SEC);
        (void) sd_event_source_set_enabled(m->delivery->timer, SD_EVENT_ONESHOT);
}

/* When to look again: what the store says, and channels for which something waits. */
static int64_t next_look(const Delivery *d, const OutboxRound *round) {
        int64_t next = round->next;

        for (Channel c = CHANNEL_MAIL; c <= CHANNEL_SMS; c++)
                if (round->waiting[c] && !round->channels[c] && d->blocked_until[c] < next)
                        next = d->blocked_until[c];
        return next;
}

static int run_round(Txn *t, void *userdata) {
        return outbox_round(t, &((Round *) userdata)->round);
}

static int run_first_round(Txn *t, void *userdata) {
        int r;

        r = outbox_recover(t, ((Round *) userdata)->round.now);
        return r < 0 ? r : run_round(t, userdata);
}

static void on_round(int result, void *userdata) {
        Round *r = userdata;
        Manager *m = r->manager;
        Delivery *d = m->delivery;
        bool again = d->again;

        d->running = d->again = false;
        if (!d->stopping) {
                note_store(d, result);
                if (result >= 0) {
                        d->recovered = true;
                        raise_alarms(&r->round);
                        arm(m, next_look(d, &r->round));
                        for (size_t i = 0; i < r->round.n_claims; i++)
                                hand_over(m, &r->round.claims[i]);
                } else
                        arm(m, clock_now() + LONGEST_PAUSE);
        }
        outbox_round_done(&r->round);
        free(r);
        if (again)
                delivery_wake(m);
}

static int submit_round(Manager *m) {
        _cleanup_free_ Round *r = NULL;
        int q;

        r = calloc(1, sizeof(*r));
        if (!r)
                return -ENOMEM;
        r->manager = m;
        r->round.now = clock_now();
        r->round.keep = m->settings.delivery_keep;
        for (Channel c = CHANNEL_MAIL; c <= CHANNEL_SMS; c++) {
                r->round.max[c] = OUTBOX_CLAIMS_MAX - count_hands(m->delivery, c);
                r->round.channels[c] = is_tried(m->delivery, c, r->round.now);
        }
        q = store_submit(m->store, m->delivery->recovered ? run_round : run_first_round, on_round, r);
        if (q < 0)
                return q;
        TAKE_PTR(r);
        m->delivery->running = true;
        return 0;
}

void delivery_wake(Manager *m) {
        Delivery *d = m->delivery;

        if (!d || d->stopping)
                return;
        for (Hand *h = d->hands; h; h = h->next)
                if (h->answered)
                        settle(h);
        if (d->running)
                d->again = true;
        else if (submit_round(m) < 0)
                arm(m, clock_now() + 1);
}

/* --- Start and end ----------------------------------------------------------------------------------------------------- */

/* Another courier, perhaps with another configuration. That it came because it was called for nothing is no matter: its answer comes after this. */
static int on_courier(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
        const char *name, *before, *after;
        Manager *m = userdata;

        if (sd_bus_message_read(message, "sss", &name, &before, &after) < 0 || !*after)
                return 0;
        memset(m->delivery->blocked_until, 0, sizeof(m->delivery->blocked_until));
        delivery_wake(m);
        return 0;
}

int delivery_start(Manager *m) {
        _cleanup_free_ Delivery *d = NULL;
        int r;

        d = calloc(1, sizeof(*d));
        if (!d)
                return -ENOMEM;
        r = sd_event_add_time(m->event, &d->timer, CLOCK_BOOTTIME, UINT64_MAX, 0, on_timer, m);
        if (r < 0)
                return r;
        m->delivery = TAKE_PTR(d);
        r = sd_event_source_set_enabled(m->delivery->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = sd_bus_add_match(m->bus, &m->delivery->courier,
                             "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
                             "member='NameOwnerChanged',arg0='" COURIER_BUS_NAME "'", on_courier, m);
        return r < 0 ? r : submit_round(m);
}

void delivery_stop(Manager *m) {
        if (!m->delivery)
                return;
        m->delivery->stopping = true;
        m->delivery->timer = sd_event_source_disable_unref(m->delivery->timer);
        m->delivery->courier = sd_bus_slot_unref(m->delivery->courier);
        for (Hand *h = m->delivery->hands; h; h = h->next)
                h->slot = sd_bus_slot_unref(h->slot);
}

Delivery *delivery_free(Delivery *d) {
        if (!d)
                return NULL;
        for (Hand *h; (h = d->hands);) {
                d->hands = h->next;
                hand_free(h);
        }
        free(d);
        return NULL;
}
