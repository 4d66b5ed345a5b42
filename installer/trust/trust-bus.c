/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.Trust1: the object of dbus/org.sygnet.Trust1.xml. Each method asks the gate before it reads an argument. */

#include "bus/names.h"
#include "bus/object.h"
#include "installer/trust/trust.h"

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        BUS_VTABLE_VERSIONS,
        SD_BUS_METHOD_WITH_ARGS("Inspect", SD_BUS_ARGS("ay", certificate), SD_BUS_RESULT("a{sv}", info), method_inspect, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("InspectFile", SD_BUS_ARGS("ay", file), SD_BUS_RESULT("aa{sv}", certificates), method_inspect_file,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Install", SD_BUS_ARGS("ay", certificate, "s", fingerprint), SD_BUS_NO_RESULT, method_install,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("InstallAll", SD_BUS_ARGS("aay", certificates, "as", fingerprints, "a{sv}", options), SD_BUS_RESULT("aa{sv}", results),
                                method_install_all, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Remove", SD_BUS_ARGS("s", fingerprint), SD_BUS_NO_RESULT, method_remove, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", certificates), method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListStores", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", stores), method_list_stores, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("State", SD_BUS_ARGS("as", fingerprints), SD_BUS_RESULT("aa{sv}", states), method_state, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int trust_bus_register(Trust *t) {
        return sd_bus_add_object_vtable(t->bus, NULL, TRUST_OBJECT_PATH, TRUST_INTERFACE, vtable, t);
}
