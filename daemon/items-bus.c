/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Items in calls; see items-bus.h. */

#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/items-bus.h"
#include "daemon/operation.h"

static int read_declared(sd_bus_message *m, const char **ret_name, sd_bus_error *error) {
        const char *name = NULL;
        BusOption options[] = { { "name", bus_option_string, &name, false } };
        int r;

        r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        if (r < 0)
                return r;
        if (name && strlen(name) > BATCH_NAME_MAX)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The name of a document is longer than %u bytes.", BATCH_NAME_MAX);
        *ret_name = name;
        return 0;
}

static int read_item(sd_bus_message *m, Batch *b, sd_bus_error *error) {
        const char *type_name, *name = NULL;
        const void *data;
        ItemType type;
        size_t n;
        int r;

        r = sd_bus_message_read_basic(m, 's', &type_name);
        if (r >= 0)
                r = sd_bus_message_read_array(m, 'y', &data, &n);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = read_declared(m, &name, error);
        if (r < 0)
                return r;
        type = item_type_from_string(type_name);
        if (type == ITEM_TYPE_INVALID)
                return bus_error_set(error, ERROR_ITEM_REFUSED, "Item %zu is of a type that is not known.", b->n + 1);
        if (n > item_type_size_max(type))
                return bus_error_set(error, ERROR_ITEM_REFUSED, "Item %zu is larger than its type may be.", b->n + 1);
        r = batch_add(b, type, VIEW(data, n), name);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

int items_read(sd_bus_message *m, Manager *manager, size_t max, Batch *b, size_t *ret_parked, sd_bus_error *error) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(saya{sv})");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "saya{sv}")) > 0) {
                if (b->n >= max)
                        return bus_error_set(error, ERROR_LIMIT, "A call takes at most %zu items.", max);
                r = read_item(m, b, error);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (b->n == 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "There is no item.");
        r = operation_park(manager, b->size);
        if (r < 0)
                return bus_error_set(error, ERROR_LIMIT, "Too much is being signed at the moment. Try again.");
        *ret_parked = b->size;
        return 0;
}

int items_reply(sd_bus_message *call, const Batch *b) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "ay");
        for (size_t i = 0; r >= 0 && i < b->n; i++)
                r = sd_bus_message_append_array(reply, 'y', b->items[i].signature.data, b->items[i].signature.len);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}
