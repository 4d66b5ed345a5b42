/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Inspect and InspectFile of org.sygnet.Trust1: what certificates are, in the words of the checker. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/names.h"
#include "installer/trust/call.h"

static int append_texts(sd_bus_message *reply, const char *key, char *const *texts, size_t n) {
        int r;

        r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", key);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "s");
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = sd_bus_message_append(reply, "s", texts[i]);
        for (int depth = 0; r >= 0 && depth < 3; depth++)
                r = sd_bus_message_close_container(reply);
        return r;
}

/* The entries of one certificate; of what could not be read just the problem. */
static int append_entries(sd_bus_message *reply, const CheckReply *k, const char *fingerprint, unsigned stores) {
        int r;

        r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}", "subject", "s", k->subject ?: "", "issuer", "s", k->issuer ?: "", "serial", "s",
                                  k->serial ?: "", "fingerprint", "s", fingerprint, "algorithm", "s", k->algorithm ?: "");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}", "not_before", "x", k->not_before, "not_after", "x", k->not_after, "ca", "b", (int) k->ca,
                                          "path_length", "i", (int32_t) k->path_length);
        if (r >= 0)
                r = append_texts(reply, "constraints", k->constraints, k->n_constraints);
        if (r >= 0)
                r = append_store_words(reply, "stores", stores);
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "installed", "b", (int) (stores != 0), "acceptable", "b", (int) (k->problem == CHECK_NONE),
                                          "problem", "s", check_problem_sentence(k->problem));
        return r;
}

/* `numbered` for InspectFile: with its place in the file and the certificate itself. */
static int append_info(sd_bus_message *reply, const Call *c, const Surveys *surveys, size_t i, bool numbered) {
        const CheckReply *k = &c->reply.replies[i];
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_entries(reply, k, c->fingerprints[i], surveys_find(surveys, c->fingerprints[i]));
        if (r >= 0 && numbered)
                r = bus_append_u32(reply, "number", (uint32_t) (i + 1));
        if (r >= 0 && numbered)
                r = bus_append_bytes(reply, "certificate", bytes_view(&k->der));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int inspected(Call *c, bool numbered) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_surveys_ Surveys surveys = { 0 };
        int r;

        r = call_take_fingerprints(c);
        if (r >= 0)
                r = surveys_make(&c->trust->stores, &surveys);
        if (r >= 0)
                r = sd_bus_message_new_method_return(c->message, &reply);
        if (r >= 0 && numbered)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < c->reply.n; i++)
                r = append_info(reply, c, &surveys, i, numbered);
        if (r >= 0 && numbered)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = sd_bus_send(NULL, reply, NULL);
        return r < 0 ? r : 0;
}

static int inspect_checked(Call *c, sd_bus_error *error) {
        return inspected(c, false);
}

int method_inspect(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        int r;

        r = call_begin(m, userdata, ACTION_TRUST_READ, method_inspect, &c, error);
        if (r != 0)
                return r;
        r = call_read_input(c, CERTIFICATE_SIZE_MAX, CHECK_TOO_LARGE, error);
        if (r >= 0)
                r = call_check(c, false, inspect_checked, error);
        return call_started(r, &c);
}

static int inspect_file_checked(Call *c, sd_bus_error *error) {
        return inspected(c, true);
}

int method_inspect_file(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_(call_freep) Call *c = NULL;
        int r;

        r = call_begin(m, userdata, ACTION_TRUST_READ, method_inspect_file, &c, error);
        if (r != 0)
                return r;
        r = call_read_input(c, BUNDLE_SIZE_MAX, CHECK_FILE_TOO_LARGE, error);
        if (r >= 0)
                r = call_check(c, true, inspect_file_checked, error);
        return call_started(r, &c);
}
