/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.CA1: Initialize. The root is made once, with a key of its own in the store, or with one that the key host has. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "ca/methods.h"
#include "ca/reply.h"
#include "ca/root-key.h"
#include "ca/task.h"

typedef struct Initialize {
        Task task;
        Subject *subject;
        KeyAlgorithm algorithm;
        bool algorithm_given;
        uint32_t days;
        bool hosted;    /* the key is the key host's, */
        bool adopt;     /* and has signed its root before */
        RootKey key;
        Root *made;
} Initialize;

static void initialize_destroy(Task *t) {
        Initialize *i = (Initialize *) t;

        subject_free(i->subject);
        root_free(i->made);
        root_key_done(&i->key);
}

static int read_subject(sd_bus_message *m, Subject *s, sd_bus_error *error) {
        static const char *const names[] = { "countryName", "organizationName", "commonName" };
        const char *values[ELEMENTSOF(names)] = { NULL };
        BusOption options[ELEMENTSOF(names)];
        int r;

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                options[i] = (BusOption) { names[i], bus_option_string, &values[i], false };
        r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(names); i++) {
                if (!values[i])
                        continue;
                r = subject_set(s, names[i], values[i]);
                if (r == -EINVAL)
                        return bus_error_set(error, ERROR_INVALID_ARGUMENT, "This cannot be a %s: it is empty, too long, or not of the characters allowed.",
                                             names[i]);
        }
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

static int read_initialize(sd_bus_message *m, Initialize *i, sd_bus_error *error) {
        const char *algorithm = "p384", *problem;
        BusOption options[] = {
                { "algorithm", bus_option_string, &algorithm },
                { "days", bus_option_u32, &i->days },
                { "key_host", bus_option_bool, &i->hosted },
                { "adopt", bus_option_bool, &i->adopt },
        };
        int r;

        i->days = ROOT_DAYS_DEFAULT;
        r = subject_new(&i->subject);
        if (r < 0)
                return bus_error_set_errno(error, r);
        r = read_subject(m, i->subject, error);
        if (r >= 0)
                r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        if (r >= 0)
                r = check_days(i->days, ROOT_DAYS_MAX, error);
        if (r < 0)
                return r;
        if (i->adopt)
                return i->hosted && !options[0].given && !options[1].given && subject_count(i->subject) == 0 ? 0 :
                       bus_error_set(error, ERROR_INVALID_ARGUMENT, "A root that is adopted is taken as it is, from a token.");
        i->algorithm = key_algorithm_from_string(algorithm);
        i->algorithm_given = options[0].given;
        if (i->algorithm == KEY_ALGORITHM_INVALID)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "There is no such algorithm: it is p256, p384, rsa3072, rsa4096 or ed25519.");
        if (root_subject_check(i->subject, &problem) < 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "%s", problem);
        return 0;
}

static int make_key(Initialize *i, Root *root) {
        _cleanup_secret_ Secret *pkcs8 = NULL;
        int r;

        r = key_generate(i->algorithm, &i->key.key);
        if (r >= 0)
                r = key_to_public(i->key.key, &i->key.public_key);
        if (r >= 0)
                r = key_export(i->key.key, &pkcs8);
        return r < 0 ? r : root_seal_key(i->task.store, secret_view(pkcs8), &root->private_key);
}

static int import_hosted(Initialize *i, View spki) {
        const gnutls_datum_t der = { .data = (unsigned char *) (uintptr_t) spki.data, .size = (unsigned) spki.len };
        KeyAlgorithm found = KEY_ALGORITHM_INVALID;

        if (gnutls_pubkey_init(&i->key.public_key) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_import(i->key.public_key, &der, GNUTLS_X509_FMT_DER) >= 0)
                found = key_algorithm_of_pubkey(i->key.public_key);
        if (found != KEY_ALGORITHM_INVALID && found != KEY_RSA2048 && (found == i->algorithm || !i->algorithm_given))
                return 0;
        return asprintf(&i->key.problem, "The key that is in the token already is of the algorithm %s.", key_algorithm_to_string(found) ?: "of another kind") < 0 ?
               -ENOMEM : -EREMOTEIO;
}

/* A key that is in the token already is taken: somebody made it there on purpose, or the last attempt came no further. */
static int find_hosted(Initialize *i) {
        _cleanup_bytes_ Bytes spki = BYTES_NULL;
        int r;

        r = key_host_public_key(i->key.host, &spki, &i->key.problem);
        if (r == 0) {
                i->algorithm_given = true;
                r = key_host_generate(i->key.host, i->algorithm, &spki, &i->key.problem);
        }
        return r < 0 ? r : import_hosted(i, bytes_view(&spki));
}

/* The root that the key signed once, for a store that does not know of it: that one is lost, or the last attempt ended before it was recorded. */
static int adopt_root(Initialize *i, Root *root) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        int r;

        r = key_host_root(i->key.host, &root->certificate, &i->key.problem);
        if (r > 0)
                return root_import(root, &crt);
        if (r == 0)
                i->key.problem = strdup("The key in the token has signed no root yet: there is nothing to adopt.");
        return r < 0 ? r : i->key.problem ? -EREMOTEIO : -ENOMEM;
}

static int make_root(Initialize *i, Root *root) {
        _cleanup_certificate_ Certificate certificate = { 0 };
        Signatory by;
        int r;

        r = i->hosted ? find_hosted(i) : make_key(i, root);
        by = root_key_signatory(&i->key);
        if (r >= 0)
                r = root_create(&by, i->key.public_key, i->subject, i->task.now, i->days, &certificate);
        if (r < 0)
                return r;
        root->certificate = bytes_take(&certificate.der);
        return 0;
}

static int initialize_work(void *userdata) {
        _cleanup_(root_freep) Root *root = NULL;
        Initialize *i = userdata;
        int r;

        root = calloc(1, sizeof(*root));
        if (!root)
                return -ENOMEM;
        root->created = i->task.now;
        root->uid = i->task.uid;
        r = i->adopt ? adopt_root(i, root) : make_root(i, root);
        if (r < 0)
                return r;
        i->made = TAKE_PTR(root);
        return 0;
}

static int initialize_store(Txn *t, void *userdata) {
        return register_insert_root(t, ((Initialize *) userdata)->made);
}

/* The root is there whether the first list could be published or not; that is tried again. */
static int initialize_published(Task *t, int result, sd_bus_error *error) {
        return reply_bytes(t->message, bytes_view(&t->authority->root->certificate));
}

static int initialize_stored(Task *t, int result, sd_bus_error *error) {
        Initialize *i = (Initialize *) t;

        if (result == -EEXIST)
                return bus_error_set(error, ERROR_EXISTS, "The CA has its root already; it is made once.");
        if (result < 0)
                return result;
        t->authority->root = TAKE_PTR(i->made);
        return task_publish(t, true, initialize_published, error);
}

static int initialize_worked(Task *t, int result, sd_bus_error *error) {
        int r;

        if (result == -EREMOTEIO)
                return bus_error_set(error, ERROR_KEY_UNAVAILABLE, "%s", ((Initialize *) t)->key.problem);
        /* A key host signs one root, ever: that one is recorded also for a caller who has gone. */
        if (result < 0 || (watch_gone(t->watch) && !((Initialize *) t)->hosted))
                return result < 0 ? result : 0;
        r = task_store(t, initialize_store, initialize_stored, error);
        return r < 0 ? r : TASK_CONTINUES;
}

int method_initialize(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ Initialize *i = NULL;
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_INITIALIZE, method_initialize, userdata, error);
        if (r != 0)
                return r;
        r = task_new(a, m, sizeof(*i), initialize_destroy, &i, error);
        if (r < 0)
                return r;
        r = read_initialize(m, i, error);
        if (r < 0)
                return r;
        i->key.host = a->key_host;
        if (a->root)
                return bus_error_set(error, ERROR_EXISTS, "The CA has its root already; it is made once.");
        r = task_sign(&i->task, i->hosted, initialize_work, initialize_worked, error);
        if (r < 0)
                return r;
        TAKE_PTR(i);
        return 1;
}
