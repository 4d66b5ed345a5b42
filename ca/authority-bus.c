/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.CA1: the methods of dbus/org.sygnet.CA1.xml. Each asks the gate before it reads an argument, does what takes long on a worker,
 * writes in one job of the store, and answers when that is on disk. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "ca/task.h"
#include "config.h"

#define LIST_DEFAULT 100U
#define LIST_MAX 1000U

/* --- Arguments ---------------------------------------------------------------------------------------------------- */

/* `days` as an option gave it; the default where it did not. */
static int check_days(uint32_t days, unsigned max, sd_bus_error *error) {
        if (days >= 1 && days <= max)
                return 0;
        return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The days of validity must be 1 to %u.", max);
}

static int read_bytes(sd_bus_message *m, size_t max, Bytes *ret, sd_bus_error *error) {
        const void *data;
        size_t size;
        int r = sd_bus_message_read_array(m, 'y', &data, &size);

        if (r < 0)
                return bus_error_set_argument(error, r);
        if (size == 0 || size > max)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The request must have 1 to %zu bytes.", max);
        r = bytes_dup(VIEW(data, size), ret);
        return r < 0 ? bus_error_set_errno(error, r) : 0;
}

static int not_initialized(sd_bus_error *error) {
        return bus_error_set(error, ERROR_NOT_INITIALIZED, NULL);
}

/* 0, never the positive number of sd_bus_send(), which a task would take for TASK_CONTINUES. */
static int send_reply(sd_bus_message *reply) {
        int r = sd_bus_send(NULL, reply, NULL);

        return r < 0 ? r : 0;
}

static int reply_certificate(sd_bus_message *m, View der) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = sd_bus_message_new_method_return(m, &reply);

        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', der.data, der.len);
        return r < 0 ? r : send_reply(reply);
}

/* --- Initialize --------------------------------------------------------------------------------------------------- */

typedef struct Initialize {
        Task task;
        Subject *subject;
        KeyAlgorithm algorithm;
        uint32_t days;
        Root *made;
} Initialize;

static void initialize_destroy(Task *t) {
        Initialize *i = (Initialize *) t;

        subject_free(i->subject);
        root_free(i->made);
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
        i->algorithm = key_algorithm_from_string(algorithm);
        if (i->algorithm == KEY_ALGORITHM_INVALID || i->algorithm == KEY_RSA2048)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "There is no such algorithm: it is p256, p384, rsa3072, rsa4096 or ed25519.");
        if (root_subject_check(i->subject, &problem) < 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "%s", problem);
        return 0;
}

static int initialize_work(void *userdata) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_certificate_ Certificate certificate = { 0 };
        _cleanup_(root_freep) Root *root = NULL;
        _cleanup_secret_ Secret *pkcs8 = NULL;
        Initialize *i = userdata;
        int r;

        root = calloc(1, sizeof(*root));
        if (!root)
                return -ENOMEM;
        root->created = i->task.now;
        root->uid = i->task.uid;
        r = key_generate(i->algorithm, &key);
        if (r >= 0)
                r = root_create(key, i->subject, i->task.now, i->days, &certificate);
        if (r >= 0)
                r = key_export(key, &pkcs8);
        if (r >= 0)
                r = root_seal_key(i->task.store, secret_view(pkcs8), &root->private_key);
        if (r < 0)
                return r;
        root->certificate = bytes_take(&certificate.der);
        i->made = TAKE_PTR(root);
        return 0;
}

static int initialize_store(Txn *t, void *userdata) {
        return register_insert_root(t, ((Initialize *) userdata)->made);
}

static int initialize_stored(Task *t, int result, sd_bus_error *error) {
        Initialize *i = (Initialize *) t;

        if (result == -EEXIST)
                return bus_error_set(error, ERROR_EXISTS, "The CA has its root already; it is made once.");
        if (result < 0)
                return result;
        t->authority->root = TAKE_PTR(i->made);
        return reply_certificate(t->message, bytes_view(&t->authority->root->certificate));
}

static int initialize_worked(Task *t, int result, sd_bus_error *error) {
        int r;

        if (result < 0 || watch_gone(t->watch))
                return result < 0 ? result : 0;
        r = task_store(t, initialize_store, initialize_stored, error);
        return r < 0 ? r : TASK_CONTINUES;
}

static int method_initialize(sd_bus_message *m, void *userdata, sd_bus_error *error) {
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
        if (a->root)
                return bus_error_set(error, ERROR_EXISTS, "The CA has its root already; it is made once.");
        r = task_work(&i->task, initialize_work, initialize_worked, error);
        if (r < 0)
                return r;
        TAKE_PTR(i);
        return 1;
}

/* --- GetCertificate ----------------------------------------------------------------------------------------------- */

static int method_get_certificate(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Authority *a = userdata;
        int r;

        if (!a->root)
                return not_initialized(error);
        r = reply_certificate(m, bytes_view(&a->root->certificate));
        return r < 0 ? r : 1;
}

/* --- Issue -------------------------------------------------------------------------------------------------------- */

typedef struct Issue {
        Task task;
        Bytes request;
        uint32_t days;
        Entry entry;
        const char *problem; /* with -EINVAL of the worker */
} Issue;

static void issue_destroy(Task *t) {
        Issue *i = (Issue *) t;

        bytes_done(&i->request);
        entry_done(&i->entry);
}

/* The root as a certificate of this thread's own: GnuTLS does not say that one may be shared. */
static int import_root(const Root *root, gnutls_x509_crt_t *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        gnutls_datum_t der = { .data = root->certificate.data, .size = (unsigned) root->certificate.len };

        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) < 0)
                return -EIO;
        *ret = TAKE_PTR(crt);
        return 0;
}

static int issue_work(void *userdata) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t root_key = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t root = NULL;
        _cleanup_(subject_freep) Subject *subject = NULL;
        Issue *i = userdata;
        int r;

        r = import_root(i->task.root, &root);
        if (r >= 0)
                r = request_read(bytes_view(&i->request), &subject, &key);
        if (r >= 0)
                r = certificate_check(root, subject, key, i->entry.profile, &i->problem);
        if (r >= 0 && profile_keeps_order(i->entry.profile))
                subject_keep_order(subject);
        if (r >= 0)
                r = pubkey_fingerprint(key, i->entry.key);
        if (r >= 0)
                r = root_open_key(i->task.store, i->task.root, &root_key);
        if (r >= 0)
                r = certificate_issue(root_key, root, subject, key, i->entry.profile, i->task.now, i->days, &i->entry.certificate);
        return r;
}

static int issue_store(Txn *t, void *userdata) {
        return register_append(t, &((Issue *) userdata)->entry);
}

static int issue_stored(Task *t, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        Issue *i = (Issue *) t;
        int r;

        if (result == -EKEYREJECTED)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT,
                                     "This key was certified before for another subject or profile. Make a new key: one key has one holder and one purpose.");
        if (result < 0)
                return result;
        r = sd_bus_message_new_method_return(t->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "ay");
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', i->entry.certificate.der.data, i->entry.certificate.der.len);
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', t->root->certificate.data, t->root->certificate.len);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : send_reply(reply);
}

/* Why the worker would not issue. `problem` is set where the profile's rules said no. */
static int issue_refused(int result, const char *problem, sd_bus_error *error) {
        if (problem)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "%s", problem);
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
        default:
                return result;
        }
}

static int issue_worked(Task *t, int result, sd_bus_error *error) {
        Issue *i = (Issue *) t;
        int r;

        if (result < 0)
                return issue_refused(result, i->problem, error);
        if (watch_gone(t->watch))
                return 0;
        r = task_store(t, issue_store, issue_stored, error);
        return r < 0 ? r : TASK_CONTINUES;
}

static int read_issue(Issue *i, sd_bus_message *m, sd_bus_error *error) {
        BusOption options[] = { { "days", bus_option_u32, &i->days } };
        const char *profile;
        int r;

        i->days = CERTIFICATE_DAYS_DEFAULT;
        r = read_bytes(m, REQUEST_SIZE_MAX, &i->request, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(m, "s", &profile);
        if (r < 0)
                return bus_error_set_argument(error, r);
        i->entry.profile = profile_from_string(profile);
        if (i->entry.profile == PROFILE_INVALID || profile_is_internal(i->entry.profile))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT,
                                     "There is no such profile: it is seal, customs, personal, authentication, ksef-authentication or ksef-offline.");
        r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        return r < 0 ? r : check_days(i->days, CERTIFICATE_DAYS_MAX, error);
}

static int method_issue(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ Issue *i = NULL;
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_ISSUE, method_issue, userdata, error);
        if (r != 0)
                return r;
        if (!a->root)
                return not_initialized(error);
        r = task_new(a, m, sizeof(*i), issue_destroy, &i, error);
        if (r < 0)
                return r;
        i->entry.issued = i->task.now;
        i->entry.uid = i->task.uid;
        r = read_issue(i, m, error);
        if (r >= 0)
                r = task_work(&i->task, issue_work, issue_worked, error);
        if (r < 0)
                return r;
        TAKE_PTR(i);
        return 1;
}

/* --- List --------------------------------------------------------------------------------------------------------- */

typedef struct List {
        Task task;
        uint32_t limit;
        uint64_t before;
        EntryList list;
} List;

static void list_destroy(Task *t) {
        entry_list_done(&((List *) t)->list);
}

static int read_list(List *l, sd_bus_message *m, sd_bus_error *error) {
        BusOption options[] = {
                { "before", bus_option_u64, &l->before },
                { "limit", bus_option_u32, &l->limit },
        };
        int r;

        l->limit = LIST_DEFAULT;
        r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        if (r >= 0 && (l->limit < 1 || l->limit > LIST_MAX))
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The limit must be 1 to %u.", LIST_MAX);
        return r;
}

static int list_store(Txn *t, void *userdata) {
        List *l = userdata;

        return register_list(t, l->limit, l->before > INT64_MAX ? INT64_MAX : (int64_t) l->before, &l->list);
}

static int append_entry(sd_bus_message *reply, const Entry *e) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}", "number", "t", (uint64_t) e->number, "serial", "s", e->certificate.serial,
                                          "subject", "s", e->certificate.subject, "profile", "s", profile_to_string(e->profile));
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "not_before", "x", e->certificate.not_before, "not_after", "x",
                                          e->certificate.not_after, "issued", "x", e->issued);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", "certificate");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', "ay");
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', e->certificate.der.data, e->certificate.der.len);
        for (int depth = 0; r >= 0 && depth < 3; depth++)
                r = sd_bus_message_close_container(reply);
        return r;
}

static int list_stored(Task *t, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        List *l = (List *) t;
        int r;

        if (result == -EBADMSG)
                return bus_error_set(error, ERROR_STORE, "The register of certificates was altered or damaged. Restore a backup, and find out how it happened.");
        if (result < 0)
                return result;
        r = sd_bus_message_new_method_return(t->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < l->list.n; i++)
                r = append_entry(reply, &l->list.entries[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : send_reply(reply);
}

static int method_list(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ List *l = NULL;
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_READ, method_list, userdata, error);
        if (r != 0)
                return r;
        r = task_new(a, m, sizeof(*l), list_destroy, &l, error);
        if (r < 0)
                return r;
        r = read_list(l, m, error);
        if (r >= 0)
                r = task_store(&l->task, list_store, list_stored, error);
        if (r < 0)
                return r;
        TAKE_PTR(l);
        return 1;
}

/* --- Properties and the object ------------------------------------------------------------------------------------ */

static int property_version(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply, void *userdata,
                            sd_bus_error *error) {
        return sd_bus_message_append(reply, "s", SYGNET_VERSION);
}

static int property_contract_version(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply,
                                     void *userdata, sd_bus_error *error) {
        return sd_bus_message_append(reply, "u", 1U);
}

static int property_initialized(sd_bus *bus, const char *path, const char *interface, const char *property, sd_bus_message *reply, void *userdata,
                                sd_bus_error *error) {
        Authority *a = userdata;

        return sd_bus_message_append(reply, "b", a->root != NULL);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", property_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("ContractVersion", "u", property_contract_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Initialized", "b", property_initialized, 0, 0),
        SD_BUS_METHOD_WITH_ARGS("Initialize", SD_BUS_ARGS("a{sv}", subject, "a{sv}", options), SD_BUS_RESULT("ay", certificate), method_initialize,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetCertificate", SD_BUS_NO_ARGS, SD_BUS_RESULT("ay", certificate), method_get_certificate,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Issue", SD_BUS_ARGS("ay", request, "s", profile, "a{sv}", options), SD_BUS_RESULT("aay", chain), method_issue,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("aa{sv}", certificates), method_list,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int authority_bus_register(Authority *a) {
        return sd_bus_add_object_vtable(a->bus, NULL, CA_OBJECT_PATH, CA_INTERFACE, vtable, a);
}
