/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the methods have in common; see reply.h. */

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "ca/event.h"
#include "ca/reply.h"

#define SERIAL_DIGITS_MAX 40U

/* --- Arguments ---------------------------------------------------------------------------------------------------- */

int read_serial(sd_bus_message *m, char ret[static SERIAL_TEXT_SIZE], sd_bus_error *error) {
        const char *text;
        int r = sd_bus_message_read(m, "s", &text);
        size_t n;

        if (r < 0)
                return bus_error_set_argument(error, r);
        n = strlen(text);
        if (n < 1 || n > SERIAL_DIGITS_MAX || strspn(text, "0123456789abcdef") != n)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "A serial number is at most %u hexadecimal digits, in lower case.", SERIAL_DIGITS_MAX);
        ret[0] = '\0';
        if (n == SERIAL_TEXT_SIZE - 1)
                strcpy(ret, text);
        return 0;
}

int read_request(sd_bus_message *m, Bytes *ret, sd_bus_error *error) {
        const void *data;
        size_t size;
        int r = sd_bus_message_read_array(m, 'y', &data, &size);

        if (r < 0)
                return bus_error_set_argument(error, r);
        if (size == 0 || size > REQUEST_SIZE_MAX)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The request must have 1 to %u bytes.", REQUEST_SIZE_MAX);
        r = bytes_dup(VIEW(data, size), ret);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

static int read_profile(sd_bus_message *m, Profile *ret, sd_bus_error *error) {
        const char *name;
        int r = sd_bus_message_read(m, "s", &name);

        if (r < 0)
                return bus_error_set_argument(error, r);
        *ret = profile_from_string(name);
        if (*ret == PROFILE_INVALID || profile_is_internal(*ret))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT,
                                     "There is no such profile: it is seal, customs, personal, authentication, ksef-authentication or ksef-offline.");
        return 0;
}

int check_days(uint32_t days, unsigned max, sd_bus_error *error) {
        if (days >= 1 && days <= max)
                return 0;
        return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The days of validity must be 1 to %u.", max);
}

int read_issuance(sd_bus_message *m, Issuance *i, sd_bus_error *error) {
        BusOption options[] = { { "days", bus_option_u32, &i->days } };
        int r;

        i->days = CERTIFICATE_DAYS_DEFAULT;
        r = read_request(m, &i->request, error);
        if (r >= 0)
                r = read_profile(m, &i->entry.profile, error);
        if (r >= 0)
                r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        return r < 0 ? r : check_days(i->days, CERTIFICATE_DAYS_MAX, error);
}

int check_comment(const char *text, sd_bus_error *error) {
        if (strlen(text) <= EVENT_COMMENT_MAX && utf8_is_printable(text))
                return 0;
        return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The comment must be one line of at most %u bytes.", EVENT_COMMENT_MAX);
}

/* --- Answers ------------------------------------------------------------------------------------------------------ */

int send_reply(sd_bus_message *reply) {
        int r = sd_bus_send(NULL, reply, NULL);

        return r < 0 ? r : 0;
}

int reply_empty(sd_bus_message *m) {
        int r = sd_bus_reply_method_return(m, "");

        return r < 0 ? r : 0;
}

int reply_bytes(sd_bus_message *m, View data) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = sd_bus_message_new_method_return(m, &reply);

        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', data.data, data.len);
        return r < 0 ? r : send_reply(reply);
}

int reply_chain(sd_bus_message *m, View certificate, const Root *root) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = sd_bus_message_new_method_return(m, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "ay");
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', certificate.data, certificate.len);
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', root->certificate.data, root->certificate.len);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : send_reply(reply);
}

int append_state(sd_bus_message *reply, const StateRecord *s) {
        bool reason = s->state == CERTIFICATE_SUSPENDED || s->state == CERTIFICATE_REVOKED;
        int r;

        r = bus_append_string(reply, "state", certificate_state_to_string(s->state));
        if (r >= 0 && reason)
                r = bus_append_string(reply, "reason", certificate_reason_to_string(s->reason));
        if (r >= 0 && s->state != CERTIFICATE_UNKNOWN)
                r = bus_append_i64(reply, "since", s->since);
        if (r >= 0 && s->invalid_since != 0)
                r = bus_append_i64(reply, "invalid_since", s->invalid_since);
        return r;
}

/* --- Errors ------------------------------------------------------------------------------------------------------- */

int fail_not_initialized(sd_bus_error *error) {
        return bus_error_set(error, ERROR_NOT_INITIALIZED, NULL);
}

int fail_store(int result, sd_bus_error *error) {
        if (result == -EBADMSG)
                return bus_error_set(error, ERROR_STORE, "The register of certificates was altered or damaged. Restore a backup, and find out how it happened.");
        return result;
}

int fail_key_used(sd_bus_error *error) {
        return bus_error_set(error, ERROR_INVALID_ARGUMENT,
                             "This key was certified before for another subject or profile. Make a new key: one key has one holder and one purpose.");
}

int fail_key_revealed(sd_bus_error *error) {
        return bus_error_set(error, ERROR_KEY_COMPROMISED,
                             "No certificate is issued for this key: one that it has is suspended, or was revoked because the key was revealed.");
}

int fail_issuance(int result, const Issuance *i, sd_bus_error *error) {
        if (i->problem)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "%s", i->problem);
        switch (-result) {
        case EBADMSG:
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "This is no certificate request (PKCS#10 in DER).");
        case EKEYREJECTED:
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The request is not signed with its own key: there is no proof of possession.");
        case EOPNOTSUPP:
                return bus_error_set(error, ERROR_INVALID_ARGUMENT,
                                     "The request's key, digest or subject is of a kind that is not certified here. Keys are P-256, P-384, RSA of 3072 or "
                                     "4096 bits, or Ed25519; the subject has the attributes of its profile.");
        case EKEYEXPIRED:
                return bus_error_set(error, ERROR_CERTIFICATE, "The root of the CA has expired, or is not yet valid by this machine's clock.");
        case EREMOTEIO:
                return bus_error_set(error, ERROR_KEY_UNAVAILABLE, "%s", i->key.problem);
        default:
                return result;
        }
}

int fail_not_published(const char *problem, sd_bus_error *error) {
        if (!problem)
                return bus_error_set(error, ERROR_NOT_PUBLISHED, NULL);
        return bus_error_set(error, ERROR_NOT_PUBLISHED,
                             "It is done and recorded, but there is no new list of revocations: others may go on to see the state of before. It is tried again each minute. %s",
                             problem);
}
