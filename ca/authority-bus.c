/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.CA1: the root, the properties, and the table of all methods of dbus/org.sygnet.CA1.xml. Each asks the gate before
 * it reads an argument, does what takes long on a worker, writes in one job of the store, and answers when that is on disk. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "bus/object.h"
#include "ca/methods.h"
#include "ca/reply.h"
#include "ca/task.h"

/* --- GetCertificate ----------------------------------------------------------------------------------------------- */

static int method_get_certificate(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Authority *a = userdata;
        int r;

        if (!a->root)
                return fail_not_initialized(error);
        r = reply_bytes(m, bytes_view(&a->root->certificate));
        return r < 0 ? r : 1;
}

/* --- Properties and the object ------------------------------------------------------------------------------------ */

static int property_initialized(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply, void *userdata,
                                sd_bus_error *error) {
        Authority *a = userdata;

        return sd_bus_message_append(reply, "b", a->root != NULL);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        BUS_VTABLE_VERSIONS,
        SD_BUS_PROPERTY("Initialized", "b", property_initialized, 0, 0),
        SD_BUS_METHOD_WITH_ARGS("Initialize", SD_BUS_ARGS("a{sv}", subject, "a{sv}", options), SD_BUS_RESULT("ay", certificate), method_initialize,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetCertificate", SD_BUS_NO_ARGS, SD_BUS_RESULT("ay", certificate), method_get_certificate,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Issue", SD_BUS_ARGS("ay", request, "s", profile, "a{sv}", options), SD_BUS_RESULT("aay", chain), method_issue,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetSummary", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", summary), method_get_summary, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("IssueResponder", SD_BUS_ARGS("ay", request), SD_BUS_RESULT("aay", chain), method_issue_responder,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("aa{sv}", certificates), method_list,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetState", SD_BUS_ARGS("s", serial), SD_BUS_RESULT("a{sv}", state), method_get_state, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Suspend", SD_BUS_ARGS("s", serial, "a{sv}", options), SD_BUS_NO_RESULT, method_suspend, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Resume", SD_BUS_ARGS("s", serial, "a{sv}", options), SD_BUS_NO_RESULT, method_resume, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Revoke", SD_BUS_ARGS("s", serial, "s", reason, "a{sv}", options), SD_BUS_NO_RESULT, method_revoke,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetCrl", SD_BUS_NO_ARGS, SD_BUS_RESULT("ay", crl), method_get_crl, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("PublishCrl", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_publish_crl, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Request", SD_BUS_ARGS("ay", request, "s", profile, "a{sv}", options), SD_BUS_RESULT("t", number), method_request,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListRequests", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("aa{sv}", requests), method_list_requests,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetAnswer", SD_BUS_ARGS("t", number), SD_BUS_RESULT("aay", chain), method_get_answer, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Approve", SD_BUS_ARGS("t", number, "a{sv}", options), SD_BUS_RESULT("aay", chain), method_approve,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Reject", SD_BUS_ARGS("t", number, "s", reason), SD_BUS_NO_RESULT, method_reject, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int authority_bus_register(Authority *a) {
        return sd_bus_add_object_vtable(a->bus, NULL, CA_OBJECT_PATH, CA_INTERFACE, vtable, a);
}
