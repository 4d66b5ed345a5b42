/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Sygnet1.Manager: what every local user may know. */

#include "bus/names.h"
#include "bus/object.h"
#include "crypto/key.h"
#include "daemon/manager.h"

static int property_algorithms(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
                               void *userdata, sd_bus_error *error) {
        static const KeyAlgorithm algorithms[] = { KEY_P256, KEY_P384, KEY_RSA3072, KEY_RSA4096, KEY_ED25519, KEY_RSA2048 };
        int r;

        r = sd_bus_message_open_container(reply, 'a', "s");
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(algorithms); i++)
                r = sd_bus_message_append(reply, "s", key_algorithm_to_string(algorithms[i]));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int property_support_contact(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
                                    void *userdata, sd_bus_error *error) {
        Manager *m = userdata;

        return sd_bus_message_append(reply, "s", m->settings.support_contact ? m->settings.support_contact : "");
}

static int property_software(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply, void *userdata,
                             sd_bus_error *error) {
        Manager *m = userdata;

        return sd_bus_message_append(reply, "s", m->settings.software ? m->settings.software : "");
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        BUS_VTABLE_VERSIONS,
        SD_BUS_PROPERTY("Algorithms", "as", property_algorithms, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("SupportContact", "s", property_support_contact, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Software", "s", property_software, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_VTABLE_END,
};

int manager_bus_register(Manager *m) {
        return sd_bus_add_object_vtable(m->bus, NULL, SYGNET_OBJECT_PATH, SYGNET_INTERFACE_MANAGER, vtable, m);
}
