/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Renewal; see renewal.h. The connection to the bus lasts as long as the call: a responder that was taken over has none at hand. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "bus/names.h"
#include "crypto/subject.h"
#include "ocsp/renewal.h"

#define COMMON_NAME "OCSP responder"
#define CALL_TIMEOUT_USEC (UINT64_C(20) * 1000000)
#define VALUE_SIZE 256U

static void bus_done(sd_bus **bus) {
        sd_bus_flush_close_unref(*bus);
}

/* --- The request -------------------------------------------------------------------------------------------------- */

static int copy_attribute(gnutls_x509_crt_t root, const char *oid, const char *name, Subject *s) {
        char value[VALUE_SIZE];
        size_t size = sizeof(value);

        if (gnutls_x509_crt_get_dn_by_oid(root, oid, 0, 0, value, &size) < 0)
                return -EBADMSG;
        return subject_set(s, name, value);
}

/* The CA's country and organisation. */
static int make_subject(const Issuer *issuer, Subject **ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t root = NULL;
        _cleanup_(subject_freep) Subject *s = NULL;
        int r;

        r = certificate_import(bytes_view(&issuer->certificate), &root);
        if (r >= 0)
                r = subject_new(&s);
        if (r >= 0)
                r = copy_attribute(root, GNUTLS_OID_X520_COUNTRY_NAME, "countryName", s);
        if (r >= 0)
                r = copy_attribute(root, GNUTLS_OID_X520_ORGANIZATION_NAME, "organizationName", s);
        if (r >= 0)
                r = subject_set(s, "commonName", COMMON_NAME);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

static int make_request(const Issuer *issuer, gnutls_privkey_t *ret_key, Bytes *ret) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_(subject_freep) Subject *subject = NULL;
        int r;

        r = make_subject(issuer, &subject);
        if (r >= 0)
                r = key_generate(KEY_P256, &key);
        if (r >= 0)
                r = request_create(key, subject, ret);
        if (r >= 0)
                *ret_key = TAKE_PTR(key);
        return r;
}

/* --- The call ----------------------------------------------------------------------------------------------------- */

/* The first certificate of the chain is the answer. */
static int read_reply(sd_bus_message *reply, Bytes *ret) {
        const void *data;
        size_t size;
        int r;

        r = sd_bus_message_enter_container(reply, 'a', "ay");
        if (r >= 0)
                r = sd_bus_message_read_array(reply, 'y', &data, &size);
        if (r < 0)
                return r;
        return r == 0 ? -EBADMSG : bytes_dup(VIEW(data, size), ret);
}

static int ask(View request, Bytes *ret, char ret_problem[static RENEWAL_PROBLEM_MAX]) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(bus_done) sd_bus *bus = NULL;
        int r;

        r = sd_bus_open_system(&bus);
        if (r >= 0)
                r = sd_bus_message_new_method_call(bus, &call, CA_BUS_NAME, CA_OBJECT_PATH, CA_INTERFACE, "IssueResponder");
        if (r >= 0)
                r = sd_bus_message_append_array(call, 'y', request.data, request.len);
        if (r >= 0)
                r = sd_bus_call(bus, call, CALL_TIMEOUT_USEC, &error, &reply);
        if (r >= 0)
                r = read_reply(reply, ret);
        if (r < 0 && error.message)
                snprintf(ret_problem, RENEWAL_PROBLEM_MAX, "%s", error.message);
        return r;
}

static int join(gnutls_privkey_t *key, View certificate, const Issuer *issuer, Delegate **ret) {
        _cleanup_(delegate_freep) Delegate *d = NULL;
        int r;

        r = delegate_new(*key, certificate, &d);
        if (r < 0)
                return r;
        TAKE_PTR(*key);
        r = delegate_check(d, issuer);
        if (r >= 0)
                *ret = TAKE_PTR(d);
        return r;
}

int renewal_run(const Issuer *issuer, Delegate **ret, char ret_problem[static RENEWAL_PROBLEM_MAX]) {
        _cleanup_bytes_ Bytes request = BYTES_NULL, certificate = BYTES_NULL;
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        int r;

        *ret_problem = 0;
        r = make_request(issuer, &key, &request);
        if (r >= 0)
                r = ask(bytes_view(&request), &certificate, ret_problem);
        if (r >= 0)
                r = join(&key, bytes_view(&certificate), issuer, ret);
        if (r == -EKEYREJECTED)
                snprintf(ret_problem, RENEWAL_PROBLEM_MAX, "What the CA issued is not for this key, not for OCSP, or of another CA.");
        else if (r < 0 && !*ret_problem)
                snprintf(ret_problem, RENEWAL_PROBLEM_MAX, "%s", strerror(-r));
        return r;
}
