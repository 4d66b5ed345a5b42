/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ModemManager; see modem.h. */

#include <errno.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "courier/modem.h"
#include "courier/transfer.h"

#define MM_NAME "org.freedesktop.ModemManager1"
#define MM_PATH "/org/freedesktop/ModemManager1"
#define MM_MODEM MM_NAME ".Modem"
#define MM_MESSAGING MM_NAME ".Modem.Messaging"
#define MM_SMS MM_NAME ".Sms"

#define MM_STATE_REGISTERED 8 /* MMModemState: from here on there is a network */
#define MM_STATE_LOCKED 2
#define MM_STATE_DISABLED 3

#define SLICE_USEC (UINT64_C(500) * 1000)    /* how soon a process that ends is noticed */
#define DELETE_USEC (UINT64_C(2) * 1000000)

/* One modem of ModemManager's list. */
typedef struct Modem {
        char *path;
        char *identifier;
        int32_t state;
        bool messaging;
} Modem;

static void modem_done(Modem *m) {
        free(m->path);
        free(m->identifier);
        *m = (Modem) { 0 };
}

/* --- Calls -------------------------------------------------------------------------------------------------------- */

typedef struct Answer {
        sd_bus_message *message;
} Answer;

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        ((Answer *) userdata)->message = sd_bus_message_ref(m);
        return 0;
}

static int wait_for_answer(Delivery *d, sd_bus *bus, const Answer *answer) {
        for (;;) {
                int r = sd_bus_process(bus, NULL);

                if (r < 0)
                        return r;
                if (answer->message)
                        return 0;
                if (atomic_load(&d->places->stopping))
                        return -ECANCELED;
                if (r == 0 && (r = sd_bus_wait(bus, SLICE_USEC)) < 0 && r != -EINTR)
                        return r;
        }
}

/* As sd_bus_call(), which can't be ended when the process ends. The answer may be an error: then -EREMOTEIO with `error` set. */
static int call(Delivery *d, sd_bus *bus, sd_bus_message *m, uint64_t usec, sd_bus_message **ret, sd_bus_error *error) {
        _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *slot = NULL;
        Answer answer = { 0 };
        int r;

        r = sd_bus_call_async(bus, &slot, m, on_answer, &answer, usec);
        if (r >= 0)
                r = wait_for_answer(d, bus, &answer);
        if (r >= 0 && sd_bus_message_is_method_error(answer.message, NULL)) {
                (void) sd_bus_error_copy(error, sd_bus_message_get_error(answer.message));
                r = -EREMOTEIO;
        }
        if (r < 0) {
                sd_bus_message_unref(answer.message);
                return r;
        }
        *ret = answer.message;
        return 0;
}

static uint64_t usec_left(const Delivery *d) {
        return (uint64_t) delivery_time_left(d) * 1000 ?: 1;
}

/* --- What went wrong ---------------------------------------------------------------------------------------------- */

static const struct {
        const char *name;
        DeliveryOutcome outcome;
        const char *sentence;
} errors[] = {
        { SD_BUS_ERROR_SERVICE_UNKNOWN, DELIVERY_E_TEMPORARY, "ModemManager does not run, and cannot be started." },
        { SD_BUS_ERROR_NAME_HAS_NO_OWNER, DELIVERY_E_TEMPORARY, "ModemManager does not run." },
        { SD_BUS_ERROR_NO_REPLY, DELIVERY_E_TEMPORARY, "ModemManager did not answer in time, or went away." },
        { SD_BUS_ERROR_TIMEOUT, DELIVERY_E_TEMPORARY, "ModemManager did not answer in time." },
        { SD_BUS_ERROR_UNKNOWN_OBJECT, DELIVERY_E_TEMPORARY, "The modem was taken away." },
        { SD_BUS_ERROR_UNKNOWN_METHOD, DELIVERY_E_TEMPORARY, "The modem was taken away." },
        { SD_BUS_ERROR_ACCESS_DENIED, DELIVERY_E_TEMPORARY, "The message bus does not let the courier call ModemManager." },
        { MM_NAME ".Error.Core.Unauthorized", DELIVERY_E_TEMPORARY,
          "polkit does not let the courier send: org.sygnet.courier.rules is not installed, or the service does not run as sygnet-courier." },
        { MM_NAME ".Error.Core.InvalidArgs", DELIVERY_E_REFUSED, "The modem refuses the number or the text." },
        { MM_NAME ".Error.Message.InvalidPduParameter", DELIVERY_E_REFUSED, "The modem refuses the number or the text." },
        { MM_NAME ".Error.Message.InvalidTextParameter", DELIVERY_E_REFUSED, "The modem refuses the number or the text." },
        { MM_NAME ".Error.Message.SimNotInserted", DELIVERY_E_TEMPORARY, "There is no SIM card in the modem." },
        { MM_NAME ".Error.Message.SimPin", DELIVERY_E_TEMPORARY, "The SIM card wants its PIN (mmcli)." },
        { MM_NAME ".Error.Message.NoNetwork", DELIVERY_E_TEMPORARY, "The modem has no network." },
        { MM_NAME ".Error.Message.NetworkTimeout", DELIVERY_E_TEMPORARY, "The network did not answer the modem." },
        { MM_NAME ".Error.Message.SmscAddressUnknown", DELIVERY_E_TEMPORARY, "The SIM card knows no message centre." },
};

/* ModemManager's own words are left out: they may hold the number. */
static void explain(Delivery *d, int r, const sd_bus_error *error) {
        if (r == -ECANCELED) {
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The service was stopped.");
                return;
        }
        if (!sd_bus_error_is_set(error)) {
                delivery_fail(d, DELIVERY_E_TEMPORARY, "ModemManager cannot be asked: %s.", strerror(-r));
                return;
        }
        transfer_tell(d, "%s: %s", error->name, error->message);
        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (strcmp(errors[i].name, error->name) == 0)
                        delivery_fail(d, errors[i].outcome, "%s", errors[i].sentence);
        delivery_fail(d, DELIVERY_E_TEMPORARY, "The modem could not send (%.100s).", error->name);
}

/* --- Choosing a modem --------------------------------------------------------------------------------------------- */

/* One property {sv}. */
static int read_property(sd_bus_message *m, Modem *modem) {
        const char *name, *text;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        if (strcmp(name, "State") == 0)
                return sd_bus_message_read(m, "v", "i", &modem->state);
        if (strcmp(name, "EquipmentIdentifier") != 0)
                return sd_bus_message_skip(m, "v");
        r = sd_bus_message_read(m, "v", "s", &text);
        if (r < 0)
                return r;
        free(modem->identifier);
        modem->identifier = strdup(text);
        return modem->identifier ? 0 : -ENOMEM;
}

/* One interface {sa{sv}}. */
static int read_interface(sd_bus_message *m, Modem *modem) {
        const char *name;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;
        if (strcmp(name, MM_MESSAGING) == 0)
                modem->messaging = true;
        if (strcmp(name, MM_MODEM) != 0)
                return sd_bus_message_skip(m, "a{sv}");
        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_property(m, modem);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* One object {oa{sa{sv}}}. */
static int read_modem(sd_bus_message *m, Modem *ret) {
        _cleanup_(modem_done) Modem modem = { 0 };
        const char *path;
        int r;

        r = sd_bus_message_read(m, "o", &path);
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
                r = read_interface(m, &modem);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        modem.path = strdup(path);
        if (!modem.path)
                return -ENOMEM;
        *ret = modem;
        modem = (Modem) { 0 };
        return 0;
}

static void explain_no_modem(Delivery *d, const char *wanted, unsigned seen, int32_t state) {
        if (seen == 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, wanted ? "The modem that Modem= names is not there." : "There is no modem that sends SMS.");
        else
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The modem is not ready: %s.",
                              state == MM_STATE_LOCKED ? "its SIM card wants its PIN (mmcli --sim)" :
                              state == MM_STATE_DISABLED ? "it is disabled (mmcli --enable)" : "it is not registered with a network");
}

/* The path of the first modem that can send; -ENODEV with the delivery failed. */
static int choose_modem(Delivery *d, sd_bus_message *list, const char *wanted, char **ret) {
        int32_t state = 0;
        unsigned seen = 0;
        int r;

        r = sd_bus_message_enter_container(list, 'a', "{oa{sa{sv}}}");
        while (r >= 0 && (r = sd_bus_message_enter_container(list, 'e', "oa{sa{sv}}")) > 0) {
                _cleanup_(modem_done) Modem modem = { 0 };

                r = read_modem(list, &modem);
                if (r >= 0)
                        r = sd_bus_message_exit_container(list);
                if (r < 0 || !modem.messaging || (wanted && strcmp(modem.identifier ?: "", wanted) != 0))
                        continue;
                transfer_tell(d, "Modem %s, equipment identifier %s, state %d", modem.path, modem.identifier ?: "unknown", modem.state);
                if (modem.state >= MM_STATE_REGISTERED) {
                        *ret = TAKE_PTR(modem.path);
                        return 0;
                }
                seen++;
                state = modem.state;
        }
        if (r < 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "ModemManager's answer cannot be read: %s.", strerror(-r));
        else
                explain_no_modem(d, wanted, seen, state);
        return -ENODEV;
}

static int find_modem(Delivery *d, sd_bus *bus, const char *wanted, char **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *list = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, MM_NAME, MM_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
        if (r >= 0)
                r = call(d, bus, m, usec_left(d), &list, &error);
        if (r < 0) {
                explain(d, r, &error);
                return r;
        }
        return choose_modem(d, list, wanted, ret);
}

/* --- Sending ------------------------------------------------------------------------------------------------------ */

static int create_message(Delivery *d, sd_bus *bus, const char *modem, const char *number, const char *text, char **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const char *path = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, MM_NAME, modem, MM_MESSAGING, "Create");
        if (r >= 0)
                r = sd_bus_message_sensitive(m);
        if (r >= 0)
                r = sd_bus_message_append(m, "a{sv}", 2, "number", "s", number, "text", "s", text);
        if (r >= 0)
                r = call(d, bus, m, usec_left(d), &reply, &error);
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r >= 0 && !(*ret = strdup(path)))
                r = -ENOMEM;
        if (r < 0)
                explain(d, r, &error);
        return r;
}

static void send_message(Delivery *d, sd_bus *bus, const char *sms) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        transfer_tell(d, "Sending %s", sms);
        r = sd_bus_message_new_method_call(bus, &m, MM_NAME, sms, MM_SMS, "Send");
        if (r >= 0)
                r = call(d, bus, m, usec_left(d), &reply, &error);
        if (r < 0)
                explain(d, r, &error);
}

/* So that no code stays in the modem's list. One that can't be deleted goes when ModemManager ends: it was never stored. */
static void delete_message(Delivery *d, sd_bus *bus, const char *modem, const char *sms) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, MM_NAME, modem, MM_MESSAGING, "Delete");
        if (r >= 0)
                r = sd_bus_message_append(m, "o", sms);
        if (r >= 0)
                r = call(d, bus, m, DELETE_USEC, &reply, &error);
        if (r < 0)
                transfer_tell(d, "%s could not be deleted", sms);
}

void modem_send(Delivery *d, const char *modem, const char *number, View text) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_free_ char *path = NULL, *sms = NULL;
        _cleanup_text_ Text message = { 0 };
        const char *s;
        int r;

        r = text_of_secret(text, &message);
        if (r >= 0)
                r = text_string(&message, &s);
        if (r >= 0)
                r = sd_bus_open_system(&bus);
        if (r < 0) {
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The system bus cannot be reached: %s.", strerror(-r));
                return;
        }
        r = find_modem(d, bus, modem, &path);
        if (r >= 0)
                r = create_message(d, bus, path, number, s, &sms);
        if (r < 0)
                return;
        send_message(d, bus, sms);
        delete_message(d, bus, path, sms);
}
