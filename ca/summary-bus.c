/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.CA1: how the authority is, in one answer: for who looks after it. */

#include <errno.h>

#include "base/codec.h"
#include "bus/arguments.h"
#include "bus/names.h"
#include "ca/methods.h"
#include "ca/queue.h"
#include "ca/reply.h"
#include "ca/root-key.h"
#include "ca/task.h"
#include "crypto/digest.h"
#include "crypto/name.h"

typedef struct Summary {
        Task task;
        States *states;
        uint64_t n[CERTIFICATE_UNKNOWN]; /* by state */
        uint64_t expired;                /* of the good ones */
        uint64_t pending;
} Summary;

static int summary_store(Txn *t, void *userdata) {
        Summary *s = userdata;
        int r;

        r = states_update(s->states, t);
        if (r < 0)
                return r;
        for (size_t i = 0; i < s->states->n; i++) {
                const StateRecord *record = &s->states->records[i];

                s->n[record->state]++;
                if (record->state == CERTIFICATE_GOOD && record->not_after < s->task.now)
                        s->expired++;
        }
        return queue_count_pending(t, &s->pending);
}

static int append_root(sd_bus_message *reply, const Root *root) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_free_ char *subject = NULL, *fingerprint = NULL;
        uint8_t digest[SHA256_SIZE];
        int r;

        r = root_import(root, &crt);
        if (r >= 0)
                r = sha256(bytes_view(&root->certificate), digest);
        if (r < 0)
                return r;
        subject = certificate_subject(crt);
        fingerprint = hex_encode(VIEW(digest, sizeof(digest)));
        if (!subject || !fingerprint)
                return -ENOMEM;
        return sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}", "subject", "s", subject, "fingerprint", "s", fingerprint, "not_before", "x",
                                     (int64_t) gnutls_x509_crt_get_activation_time(crt), "not_after", "x", (int64_t) gnutls_x509_crt_get_expiration_time(crt));
}

static int append_numbers(sd_bus_message *reply, const Summary *s) {
        int r;

        r = bus_append_u64(reply, "good", s->n[CERTIFICATE_GOOD] - s->expired);
        if (r >= 0)
                r = bus_append_u64(reply, "expired", s->expired);
        if (r >= 0)
                r = bus_append_u64(reply, "suspended", s->n[CERTIFICATE_SUSPENDED]);
        if (r >= 0)
                r = bus_append_u64(reply, "revoked", s->n[CERTIFICATE_REVOKED]);
        return r < 0 ? r : bus_append_u64(reply, "pending", s->pending);
}

static int append_url(sd_bus_message *reply, const char *key, const char *url) {
        return url ? bus_append_string(reply, key, url) : 0;
}

/* What is told of the list is of the one that others see. */
static int append_publication(sd_bus_message *reply, const Authority *a) {
        const CaSettings *settings = &a->settings;
        int64_t number, made, next;
        int r;

        r = bus_append_string(reply, "directory", a->directory);
        if (r >= 0 && publisher_last(a->publisher, &number, &made, &next)) {
                r = bus_append_u64(reply, "crl_number", (uint64_t) number);
                if (r >= 0)
                        r = bus_append_i64(reply, "crl_made", made);
                if (r >= 0)
                        r = bus_append_i64(reply, "crl_next", next);
        }
        if (r >= 0)
                r = bus_append_string(reply, "problem", publisher_trouble(a->publisher));
        if (r >= 0)
                r = append_url(reply, "crl_url", settings->crl_url);
        if (r >= 0)
                r = append_url(reply, "ocsp_url", settings->ocsp_url);
        return r < 0 ? r : append_url(reply, "ca_url", settings->ca_url);
}

static int summary_stored(Task *t, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        if (result < 0)
                return fail_store(result, error);
        r = sd_bus_message_new_method_return(t->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_root(reply, t->root);
        if (r >= 0)
                r = bus_append_string(reply, "key", root_is_hosted(t->root) ? "token" : "store");
        if (r >= 0)
                r = append_numbers(reply, (Summary *) t);
        if (r >= 0)
                r = append_publication(reply, t->authority);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : send_reply(reply);
}

int method_get_summary(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ Summary *s = NULL;
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_READ, method_get_summary, userdata, error);
        if (r != 0)
                return r;
        if (!a->root)
                return fail_not_initialized(error);
        r = task_new(a, m, sizeof(*s), NULL, &s, error);
        if (r < 0)
                return r;
        s->states = a->states;
        r = task_store(&s->task, summary_store, summary_stored, error);
        if (r < 0)
                return r;
        TAKE_PTR(s);
        return 1;
}
