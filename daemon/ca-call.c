/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Calls of the local CA; see ca-call.h. */

#include <errno.h>

#include <gnutls/x509.h>

#include "base/codec.h"
#include "bus/arguments.h"
#include "bus/names.h"
#include "crypto/key.h"
#include "daemon/ca-call.h"

/* It may have to be started first, and to publish a long list. */
#define TIMEOUT_USEC (60 * UINT64_C(1000000))
#define SERIAL_MAX 32U /* bytes; more than any CA may use (RFC 5280 §4.1.2.2) */

static int read_serial(View certificate, char **ret) {
        const gnutls_datum_t datum = { (unsigned char *) certificate.data, (unsigned) certificate.len };
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        uint8_t serial[SERIAL_MAX];
        size_t size = sizeof(serial);

        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER) < 0 || gnutls_x509_crt_get_serial(crt, serial, &size) < 0)
                return -EBADMSG;
        *ret = hex_encode(VIEW(serial, size));
        return *ret ? 0 : -ENOMEM;
}

static int append(sd_bus_message *m, const char *serial, View certificate) {
        int r;

        r = sd_bus_message_append(m, "s", serial);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = bus_append_bytes(m, "certificate", certificate);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int ca_suspend(sd_bus *bus, View certificate, sd_bus_message_handler_t then, void *userdata, sd_bus_slot **ret_slot) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_free_ char *serial = NULL;
        int r;

        r = read_serial(certificate, &serial);
        if (r >= 0)
                r = sd_bus_message_new_method_call(bus, &m, CA_BUS_NAME, CA_OBJECT_PATH, CA_INTERFACE, "Suspend");
        if (r >= 0)
                r = append(m, serial, certificate);
        if (r < 0)
                return r;
        r = sd_bus_call_async(bus, ret_slot, m, then, userdata, TIMEOUT_USEC);
        return r < 0 ? r : 0;
}

const char *ca_suspend_result(sd_bus_message *reply, const char **ret_problem) {
        const sd_bus_error *e = sd_bus_message_get_error(reply);

        *ret_problem = NULL;
        if (!e || sd_bus_error_has_name(e, ERROR_EXISTS))
                return "suspended";
        if (sd_bus_error_has_name(e, ERROR_NOT_POSSIBLE))
                return "revoked";
        if (sd_bus_error_has_names(e, ERROR_NOT_FOUND, ERROR_NOT_INITIALIZED))
                return "outside";
        *ret_problem = e->message;
        return "failed";
}
