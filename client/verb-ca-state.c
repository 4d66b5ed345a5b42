/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet ca: the state of certificates of the local authority: shown, changed, published. A certificate is named by its serial
 * number or by its file. */

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/certificates.h"
#include "client/dict.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/verb-ca.h"
#include "client/verbs.h"
#include "crypto/key.h"

#define SERIAL_SIZE_MAX 20U /* RFC 5280 §4.1.2.2 */
#define SERIAL_TEXT_MAX (2U * SERIAL_SIZE_MAX + 1U)

/* --- Which certificate -------------------------------------------------------------------------------------------- */

/* As people copy serial numbers: in either case, with colons or blanks between, with leading zeros. False when it is none. */
static bool parse_serial(const char *s, char ret[static SERIAL_TEXT_MAX]) {
        bool digits = false;
        size_t n = 0;

        for (; *s; s++) {
                if (*s == ':' || *s == ' ')
                        continue;
                if (!isxdigit((unsigned char) *s) || n == SERIAL_TEXT_MAX - 1)
                        return false;
                digits = true;
                if (n > 0 || *s != '0')
                        ret[n++] = (char) tolower((unsigned char) *s);
        }
        if (digits && n == 0)
                ret[n++] = '0';
        ret[n] = '\0';
        return digits;
}

static int read_serial_of_file(const char *path, char ret[static SERIAL_TEXT_MAX]) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        _cleanup_free_ char *text = NULL;
        uint8_t serial[64];
        size_t size = sizeof(serial);
        gnutls_datum_t datum;
        int r;

        r = certificate_read_file(path, &der);
        if (r > 0)
                return r;
        datum = (gnutls_datum_t) { der.data, (unsigned) der.len };
        if (gnutls_x509_crt_init(&crt) < 0)
                return fail_memory();
        if (gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER) < 0 || gnutls_x509_crt_get_serial(crt, serial, &size) < 0)
                return fail(EXIT_FAILED, _("%s: this is no certificate."), path);
        text = hex_encode(VIEW(serial, size));
        if (!text)
                return fail_memory();
        return parse_serial(text, ret) ? 0 : fail(EXIT_FAILED, _("%s: this is no certificate."), path);
}

static int find_serial(const Client *c, char ret[static SERIAL_TEXT_MAX]) {
        const char *word = c->arguments.words[0];

        return parse_serial(word, ret) ? 0 : read_serial_of_file(word, ret);
}

/* --- status ------------------------------------------------------------------------------------------------------- */

const char *certificate_state_text(const char *state) {
        static const struct {
                const char *state, *text;
        } texts[] = {
                { "good", N_("good") },
                { "suspended", N_("suspended") },
                { "revoked", N_("revoked") },
                { "unknown", N_("not issued by this authority") },
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (strcmp(texts[i].state, state) == 0)
                        return _(texts[i].text);
        return state;
}

static int state_exit(const char *state) {
        return strcmp(state, "good") == 0 ? EXIT_OK : strcmp(state, "unknown") == 0 ? EXIT_NOT_FOUND : EXIT_NOT_VALID;
}

static void print_state(const char *serial, const Dict *d) {
        const Pair pairs[] = {
                { _("Serial number"), serial },
                { _("State"), certificate_state_text(dict_string(d, "state")) },
                { _("Reason"), dict_string(d, "reason") },
                { _("Since"), dict_has(d, "since") ? text_time(dict_number(d, "since", -1)) : NULL },
                { _("Key not trusted since"), dict_has(d, "invalid_since") ? text_time(dict_number(d, "invalid_since", -1)) : NULL },
        };

        out_pairs(pairs, ELEMENTSOF(pairs));
}

int verb_ca_status(Client *c) {
        char serial[SERIAL_TEXT_MAX];
        _cleanup_dict_ Dict d = { 0 };
        int r;

        if (c->arguments.n_words == 0)
                return ca_print_summary(c);
        r = find_serial(c, serial);
        if (r == 0)
                r = call_for_dict(c, &service_ca, CA_INTERFACE, "GetState", &d, "s", serial);
        if (r != 0)
                return r;
        if (c->json) {
                Json j = JSON_INIT(stdout);

                dict_json(&j, NULL, &d);
                if (json_finish(&j) < 0)
                        return EXIT_FAILED;
        } else {
                print_state(serial, &d);
        }
        return state_exit(dict_string(&d, "state"));
}

/* --- suspend, resume, revoke -------------------------------------------------------------------------------------- */

static int append_options(sd_bus_message *m, const Client *c, int64_t since) {
        const char *comment = arguments_get(&c->arguments, "comment");
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && comment)
                r = append_string_entry(m, "comment", comment);
        if (r >= 0 && since != 0)
                r = sd_bus_message_append(m, "{sv}", "invalid_since", "x", since);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int change(Client *c, const char *method, const char *reason, int64_t since, const char *done) {
        _cleanup_message_ sd_bus_message *m = NULL;
        char serial[SERIAL_TEXT_MAX];
        int r;

        r = find_serial(c, serial);
        if (r > 0)
                return r;
        agent_start(&c->agent);
        r = call_new(c, &service_ca, CA_INTERFACE, method, &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", serial);
        if (r >= 0 && reason)
                r = sd_bus_message_append(m, "s", reason);
        if (r >= 0)
                r = append_options(m, c, since);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, NULL);
        if (r == 0 && !c->json)
                out("%s\n", done);
        return r;
}

int verb_ca_suspend(Client *c) {
        return change(c, "Suspend", NULL, 0, _("The certificate is suspended, and the list of revocations says so. To end that: sygnet ca resume"));
}

int verb_ca_resume(Client *c) {
        return change(c, "Resume", NULL, 0, _("The certificate is good again, and the list of revocations does not name it any more."));
}

/* A day or a day and a time, as a clock on the wall shows it. */
static int parse_since(const char *s, int64_t *ret) {
        static const char *const formats[] = { "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S" };

        *ret = 0;
        for (size_t i = 0; s && i < ELEMENTSOF(formats); i++) {
                struct tm tm = { .tm_isdst = -1 };
                const char *end = strptime(s, formats[i], &tm);

                if (!end || *end)
                        continue;
                *ret = mktime(&tm);
                return *ret > 0 ? 0 : fail(EXIT_USAGE, "%s", _("--since is a day, or a day and a time, as in “2026-12-31 12:00”."));
        }
        return s ? fail(EXIT_USAGE, "%s", _("--since is a day, or a day and a time, as in “2026-12-31 12:00”.")) : 0;
}

int verb_ca_revoke(Client *c) {
        static const char *const needed[] = { "reason", NULL };
        int64_t since = 0;
        int r;

        r = arguments_need(&c->arguments, needed);
        if (r == 0)
                r = parse_since(arguments_get(&c->arguments, "since"), &since);
        if (r == 0 && !arguments_has(&c->arguments, "yes"))
                r = prompt_confirm("yes", _("Revoke the certificate for good?"));
        if (r > 0)
                return r;
        return change(c, "Revoke", arguments_get(&c->arguments, "reason"), since, _("The certificate is revoked, and the list of revocations says so."));
}

/* --- crl, publish ------------------------------------------------------------------------------------------------- */

int verb_ca_crl(Client *c) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        const void *data;
        size_t size;
        int r;

        r = call(c, &service_ca, CA_INTERFACE, "GetCrl", &reply, NULL);
        if (r != 0)
                return r;
        r = sd_bus_message_read_array(reply, 'y', &data, &size);
        if (r < 0)
                return fail_message(r);
        if (arguments_has(&c->arguments, "der"))
                return write_output(c, VIEW(data, size));
        if (pem_append(&text, "X509 CRL", VIEW(data, size)) < 0 || bytes_append_byte(&text, 0) < 0)
                return fail_memory();
        if (c->json)
                return out_pairs_json((Pair[]) { { "pem", (const char *) text.data } }, 1);
        return write_output(c, VIEW(text.data, text.len - 1));
}

int verb_ca_publish(Client *c) {
        int r;

        agent_start(&c->agent);
        r = call(c, &service_ca, CA_INTERFACE, "PublishCrl", NULL, NULL);
        if (r == 0 && !c->json)
                out("%s\n", _("A new list of revocations is published."));
        return r;
}
