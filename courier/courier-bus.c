/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Courier1: the methods of dbus/org.sygnet.Courier1.xml. The bus's policy lets only one user call; the sender is looked at here once
 * more, before any argument is read. Deliveries run on workers; the loop only takes calls and sends answers. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "bus/object.h"
#include "bus/service.h"
#include "courier/attempt.h"
#include "courier/courier.h"

typedef struct Call {
        Courier *courier;
        sd_bus_message *message;
        Delivery *delivery;
        bool counted;
} Call;

static Call *call_free(Call *c) {
        if (!c)
                return NULL;
        if (c->counted)
                c->courier->n_calls[c->delivery->channel]--;
        delivery_free(c->delivery);
        sd_bus_message_unref(c->message);
        free(c);
        return NULL;
}

DEFINE_CLEANUP(Call *, call_free);

static int check_caller(const Courier *c, sd_bus_message *m, sd_bus_error *error) {
        return bus_check_caller(m, c->caller, "Only sygnetd sends messages.", error);
}

/* --- Deliver ------------------------------------------------------------------------------------------------------ */

static const char *outcome_to_error(DeliveryOutcome outcome) {
        switch (outcome) {
        case DELIVERY_E_REFUSED:
                return ERROR_DELIVERY_REFUSED;
        case DELIVERY_E_NOT_CONFIGURED:
                return ERROR_DELIVERY_NOT_CONFIGURED;
        case DELIVERY_E_INVALID:
                return ERROR_INVALID_ARGUMENT;
        case DELIVERY_DONE:
        case DELIVERY_E_TEMPORARY:
                break;
        }
        return ERROR_DELIVERY_TEMPORARY;
}

static void log_delivery(const Delivery *d) {
        const char *channel = channel_to_string(d->channel);

        if (*d->warning)
                service_log(SD_WARNING, "%s", d->warning);
        if (d->outcome == DELIVERY_DONE)
                service_log(SD_INFO, "Message %s (%s, %s) was handed over.", d->id, channel, d->template);
        else
                service_log(SD_WARNING, "Message %s (%s, %s) was not handed over. %s", d->id, channel, d->template, d->reason);
}

static int run_delivery(void *userdata) {
        attempt_run(((Call *) userdata)->delivery);
        return 0;
}

static void on_delivered(int result, void *userdata) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(call_freep) Call *c = userdata;
        const Delivery *d = c->delivery;

        log_delivery(d);
        if (d->outcome == DELIVERY_DONE) {
                (void) sd_bus_reply_method_return(c->message, "");
                return;
        }
        bus_error_set(&error, outcome_to_error(d->outcome), "%s", d->reason);
        (void) sd_bus_reply_method_error(c->message, &error);
}

static int read_delivery(Courier *c, sd_bus_message *m, Delivery **ret, sd_bus_error *error) {
        const char *id, *channel, *recipient, *template, *language;
        _cleanup_secret_ Secret *fields = NULL;
        int r;

        r = sd_bus_message_read(m, "sssss", &id, &channel, &recipient, &template, &language);
        if (r >= 0)
                r = bus_message_read_memfd(m, &fields);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = delivery_new(&c->places, id, channel, recipient, template, language, fields, ret);
        if (r == -EINVAL)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The message's id, channel, template or language is not one that there can be.");
        if (r < 0)
                return bus_error_set_errno(error, r);
        TAKE_PTR(fields);
        return 0;
}

static int start_delivery(Call *c, sd_bus_error *error) {
        Courier *courier = c->courier;
        Channel channel = c->delivery->channel;
        int r;

        if (courier->n_calls[channel] >= COURIER_CALLS_MAX)
                return bus_error_set(error, ERROR_DELIVERY_TEMPORARY, "Too many messages wait already.");
        r = worker_submit(courier->workers[channel], run_delivery, on_delivered, c);
        if (r < 0)
                return bus_error_set(error, ERROR_DELIVERY_TEMPORARY, "The message could not be taken: %s.", strerror(-r));
        c->counted = true;
        courier->n_calls[channel]++;
        return 1;
}

static int method_deliver(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        Courier *courier = userdata;
        int r;

        r = check_caller(courier, m, error);
        if (r < 0)
                return r;
        c = calloc(1, sizeof(*c));
        if (!c)
                return bus_error_set_errno(error, -ENOMEM);
        c->courier = courier;
        c->message = sd_bus_message_ref(m);
        r = read_delivery(courier, m, &c->delivery, error);
        if (r >= 0)
                r = start_delivery(c, error);
        if (r > 0)
                TAKE_PTR(c);
        return r;
}

/* --- Channels ----------------------------------------------------------------------------------------------------- */

static int method_channels(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        char reason[DELIVERY_REASON_MAX] = "";
        Courier *c = userdata;
        int r;

        r = check_caller(c, m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "s");
        for (int i = 0; r >= 0 && i < _CHANNEL_MAX; i++)
                if (attempt_is_configured(&c->places, (Channel) i, reason))
                        r = sd_bus_message_append(reply, "s", channel_to_string((Channel) i));
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (*reason)
                service_log(SD_ERR, "%s", reason);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* --- The object --------------------------------------------------------------------------------------------------- */

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        BUS_VTABLE_VERSIONS,
        SD_BUS_METHOD_WITH_ARGS("Deliver",
                                SD_BUS_ARGS("s", id, "s", channel, "s", recipient, "s", template, "s", language, "h", fields),
                                SD_BUS_NO_RESULT, method_deliver, SD_BUS_VTABLE_UNPRIVILEGED | SD_BUS_VTABLE_SENSITIVE),
        SD_BUS_METHOD_WITH_ARGS("Channels", SD_BUS_NO_ARGS, SD_BUS_RESULT("as", channels), method_channels, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int courier_bus_register(Courier *c) {
        return sd_bus_add_object_vtable(c->bus, NULL, COURIER_OBJECT_PATH, COURIER_INTERFACE, vtable, c);
}
