/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls of the services; see bus-call.h. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/error-text.h"
#include "client/output.h"

/* A person may have to find a password for polkit first. */
#define CALL_TIMEOUT (5 * 60U) /* seconds */

const Service service_sygnet = { SYGNET_BUS_NAME, SYGNET_OBJECT_PATH };
const Service service_ca = { CA_BUS_NAME, CA_OBJECT_PATH };
const Service service_trust = { TRUST_BUS_NAME, TRUST_OBJECT_PATH };

int fail_message(int error) {
        return fail_errno(error, "%s", _("The service and this program do not understand each other"));
}

static int connect_bus(Client *c) {
        int r;

        if (c->bus)
                return 0;
        r = sd_bus_open_system(&c->bus);
        if (r >= 0)
                return 0;
        c->bus = NULL;
        (void) fail_errno(r, "%s", _("The system's message bus cannot be reached"));
        hint("%s", _("Is D-Bus running? Without it there is no signing service; “sygnet verify” works all the same."));
        return EXIT_FAILED;
}

int call_new(Client *c, const Service *service, const char *interface, const char *method, sd_bus_message **ret) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = connect_bus(c);
        if (r > 0)
                return r;
        r = sd_bus_message_new_method_call(c->bus, &m, service->bus_name, service->path, interface, method);
        if (r >= 0)
                r = sd_bus_message_set_allow_interactive_authorization(m, true);
        if (r < 0)
                return fail_message(r);
        *ret = TAKE_PTR(m);
        return 0;
}

/* Whether the error's name is one of those in `names`, which blanks separate; notes it. */
static bool is_tolerated(Client *c, const sd_bus_error *error, const char *names) {
        size_t n = error->name ? strlen(error->name) : 0;

        for (const char *p = names; n > 0 && p && (p = strstr(p, error->name)); p += n)
                if (p[n] == 0 || p[n] == ' ') {
                        snprintf(c->tolerated, sizeof(c->tolerated), "%s", error->name);
                        return true;
                }
        return false;
}

int call_send_within(Client *c, sd_bus_message *m, unsigned seconds, const char *tolerated, sd_bus_message **ret_reply) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_message_ sd_bus_message *reply = NULL;
        int r;

        /* The secrets that it carries are descriptors; this has the string variants wiped too. */
        (void) sd_bus_message_sensitive(m);
        r = sd_bus_call(c->bus, m, (seconds + CALL_TIMEOUT) * UINT64_C(1000000), &error, &reply);
        if (r < 0 && is_tolerated(c, &error, tolerated))
                return -EAGAIN;
        if (r < 0)
                return error_explain(c, &error, r, sd_bus_message_get_destination(m));
        if (ret_reply)
                *ret_reply = TAKE_PTR(reply);
        return 0;
}

int call_send(Client *c, sd_bus_message *m, const char *tolerated, sd_bus_message **ret_reply) {
        return call_send_within(c, m, 0, tolerated, ret_reply);
}

int call_quietly(Client *c, const Service *service, const char *interface, const char *method, sd_bus_message **ret_reply, const char *types, ...) {
        va_list ap;
        int r = 0;

        if (!c->bus)
                r = sd_bus_open_system(&c->bus);
        if (r < 0) {
                c->bus = NULL;
                return r;
        }
        va_start(ap, types);
        r = sd_bus_call_methodv(c->bus, service->bus_name, service->path, interface, method, NULL, ret_reply, types, ap);
        va_end(ap);
        return r < 0 ? r : 0;
}

static int callv(Client *c, const Service *service, const char *interface, const char *method, sd_bus_message **ret_reply, const char *types, va_list ap) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, service, interface, method, &m);
        if (r > 0)
                return r;
        r = types && *types ? sd_bus_message_appendv(m, types, ap) : 0;
        if (r < 0)
                return fail_message(r);
        return call_send(c, m, NULL, ret_reply);
}

int call(Client *c, const Service *service, const char *interface, const char *method, sd_bus_message **ret_reply, const char *types, ...) {
        va_list ap;
        int r;

        va_start(ap, types);
        r = callv(c, service, interface, method, ret_reply, types, ap);
        va_end(ap);
        return r;
}

int call_for_dict(Client *c, const Service *service, const char *interface, const char *method, Dict *ret, const char *types, ...) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = callv(c, service, interface, method, &reply, types, ap);
        va_end(ap);
        if (r > 0)
                return r;
        r = dict_read(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

int call_for_dicts(Client *c, const Service *service, const char *interface, const char *method, DictList *ret, const char *types, ...) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = callv(c, service, interface, method, &reply, types, ap);
        va_end(ap);
        if (r > 0)
                return r;
        r = dict_list_read(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

int call_for_string(Client *c, sd_bus_message *m, const char *tolerated, char **ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        const char *s;
        int r;

        r = call_send(c, m, tolerated, &reply);
        if (r != 0)
                return r;
        r = sd_bus_message_read(reply, "s", &s);
        if (r < 0)
                return fail_message(r);
        *ret = strdup(s);
        return *ret ? 0 : fail_memory();
}

int get_property(Client *c, const Service *service, const char *interface, const char *name, bool quiet, char **ret) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = connect_bus(c);
        if (r > 0)
                return r;
        r = sd_bus_get_property_string(c->bus, service->bus_name, service->path, interface, name, &error, ret);
        if (r >= 0)
                return 0;
        return quiet ? EXIT_FAILED : error_explain(c, &error, r, service->bus_name);
}

int append_secret_entry(sd_bus_message *m, const char *key, const Secret *s) {
        int r;

        r = sd_bus_message_open_container(m, 'e', "sv");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", key);
        if (r < 0)
                return r;
        r = bus_message_append_secret(m, s);
        if (r < 0)
                return r;
        return sd_bus_message_close_container(m);
}

int append_string_entry(sd_bus_message *m, const char *key, const char *value) {
        return sd_bus_message_append(m, "{sv}", key, "s", value);
}
