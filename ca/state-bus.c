/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.CA1: the state of certificates, its changes, and what is published of it. A change is on disk before it is
 * published, and published before it is told. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "ca/methods.h"
#include "ca/reply.h"
#include "ca/task.h"

#define REPLIES_WAITING_MAX 16U

/* --- GetState ----------------------------------------------------------------------------------------------------- */

typedef struct Query {
        Task task;
        States *states;
        char serial[SERIAL_TEXT_SIZE];
        StateRecord record;
} Query;

static int query_store(Txn *t, void *userdata) {
        const StateRecord *record;
        Query *q = userdata;
        int r;

        r = states_update(q->states, t);
        if (r < 0)
                return r;
        record = states_find(q->states, q->serial);
        if (record)
                q->record = *record;
        else
                q->record.state = CERTIFICATE_UNKNOWN;
        return 0;
}

static int query_stored(Task *t, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        if (result < 0)
                return fail_store(result, error);
        r = sd_bus_message_new_method_return(t->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_state(reply, &((Query *) t)->record);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : send_reply(reply);
}

/* Everybody may know this: the list of revocations says it to the world. */
int method_get_state(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ Query *q = NULL;
        Authority *a = userdata;
        int r;

        r = task_new(a, m, sizeof(*q), NULL, &q, error);
        if (r < 0)
                return r;
        q->states = a->states;
        r = read_serial(m, q->serial, error);
        if (r >= 0)
                r = task_store(&q->task, query_store, query_stored, error);
        if (r < 0)
                return r;
        TAKE_PTR(q);
        return 1;
}

/* --- Changes ------------------------------------------------------------------------------------------------------ */

enum {
        CHANGE_DONE,
        CHANGE_E_UNKNOWN,
        CHANGE_E_SUSPENDED, /* already */
        CHANGE_E_NOT_SUSPENDED,
        CHANGE_E_REVOKED,   /* already, and for good */
        CHANGE_E_DATE,      /* invalid_since is not between the certificate's beginning and now */
};

typedef struct Change {
        Task task;
        States *states;
        Event event;
        char comment[EVENT_COMMENT_MAX + 1];
        View certificate; /* that it must be; empty: the serial number suffices. Borrowed from the message. */
        int64_t since; /* with CHANGE_E_SUSPENDED and CHANGE_E_REVOKED: since when */
        int refused;   /* what is to be said of the certificate itself, when others were suspended */
} Change;

static int judge(Change *c, const StateRecord *record) {
        const Event *e = &c->event;

        if (!record)
                return CHANGE_E_UNKNOWN;
        c->since = record->since;
        if (record->state == CERTIFICATE_REVOKED)
                return CHANGE_E_REVOKED;
        if (e->state == CERTIFICATE_SUSPENDED && record->state == CERTIFICATE_SUSPENDED)
                return CHANGE_E_SUSPENDED;
        if (e->state == CERTIFICATE_GOOD && record->state != CERTIFICATE_SUSPENDED)
                return CHANGE_E_NOT_SUSPENDED;
        if (e->invalid_since != 0 && (e->invalid_since < record->not_before || e->invalid_since > e->at))
                return CHANGE_E_DATE;
        return CHANGE_DONE;
}

static int check_certificate(Txn *t, const Change *c) {
        Entry e = { 0 };
        bool same;
        int r;

        if (c->certificate.len == 0)
                return CHANGE_DONE;
        r = register_find(t, c->event.serial, &e);
        if (r < 0)
                return r;
        same = r > 0 && view_equal(bytes_view(&e.certificate.der), c->certificate);
        entry_done(&e);
        return same ? CHANGE_DONE : CHANGE_E_UNKNOWN;
}

/* A report is of the key: whoever has that signs by any certificate of it. 1 when there were others. */
static int suspend_others(Txn *t, const Change *c) {
        Event event = c->event;
        int r, others = 0;

        while ((r = states_find_good(c->states, t, c->event.serial, event.serial)) > 0) {
                r = event_append(t, &event);
                if (r < 0)
                        return r;
                others = 1;
        }
        return r < 0 ? r : others;
}

static int change_one(Txn *t, Change *c) {
        int r = judge(c, states_find(c->states, c->event.serial));

        if (r != CHANGE_DONE)
                return r;
        c->event.comment = c->comment;
        r = event_append(t, &c->event);
        return r < 0 ? r : CHANGE_DONE;
}

static int change_store(Txn *t, void *userdata) {
        Change *c = userdata;
        int r, others;

        r = states_update(c->states, t);
        if (r < 0)
                return r;
        r = check_certificate(t, c);
        if (r != CHANGE_DONE)
                return r;
        r = change_one(t, c);
        if (c->certificate.len == 0 || (r != CHANGE_DONE && r != CHANGE_E_SUSPENDED && r != CHANGE_E_REVOKED))
                return r;
        c->event.comment = c->comment;
        others = suspend_others(t, c);
        if (others <= 0)
                return others < 0 ? others : r;
        c->refused = r;
        return CHANGE_DONE;
}

static int change_refused(const Change *c, int outcome, sd_bus_error *error) {
        char since[32];

        switch (outcome) {
        case CHANGE_E_UNKNOWN:
                return bus_error_set(error, ERROR_NOT_FOUND, "This CA issued no certificate of that serial number.");
        case CHANGE_E_SUSPENDED:
                return bus_error_set(error, ERROR_EXISTS, "The certificate is suspended already, since %s.", bus_error_time(c->since, since));
        case CHANGE_E_NOT_SUSPENDED:
                return bus_error_set(error, ERROR_NOT_POSSIBLE, "The certificate is not suspended.");
        case CHANGE_E_REVOKED:
                if (c->event.state == CERTIFICATE_REVOKED)
                        return bus_error_set(error, ERROR_EXISTS, "The certificate is revoked already, since %s.", bus_error_time(c->since, since));
                return bus_error_set(error, ERROR_NOT_POSSIBLE, "The certificate is revoked, since %s, and a revocation is final.", bus_error_time(c->since, since));
        default:
                return bus_error_set(error, ERROR_INVALID_ARGUMENT,
                                     "The key can be no longer trusted since a time between the beginning of its certificate's validity and now.");
        }
}

static int change_published(Task *t, int result, sd_bus_error *error) {
        const Change *c = (Change *) t;

        if (result < 0)
                return fail_not_published(publisher_problem(t->authority->publisher), error);
        return c->refused != CHANGE_DONE ? change_refused(c, c->refused, error) : reply_empty(t->message);
}

static int change_stored(Task *t, int result, sd_bus_error *error) {
        if (result < 0)
                return fail_store(result, error);
        if (result != CHANGE_DONE)
                return change_refused((Change *) t, result, error);
        return task_publish(t, true, change_published, error);
}

static int read_change(Change *c, sd_bus_message *m, sd_bus_error *error) {
        const char *comment = "";
        BusOption options[] = {
                { "comment", bus_option_string, &comment },
                { "invalid_since", bus_option_i64, &c->event.invalid_since },
                { "certificate", bus_option_bytes, &c->certificate },
        };
        int r;

        /* Only a revocation says since when the key is not to be trusted, and only who suspends may know the certificate alone. */
        if (c->event.state == CERTIFICATE_SUSPENDED)
                options[1] = options[2];
        r = bus_message_read_options(m, options, c->event.state == CERTIFICATE_GOOD ? 1 : 2, error);
        if (r >= 0)
                r = check_comment(comment, error);
        if (r >= 0 && c->event.state == CERTIFICATE_REVOKED && options[1].given && c->event.invalid_since == 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, NULL);
        if (r < 0)
                return r;
        strcpy(c->comment, comment);
        return 0;
}

/* Reasons that a certificate of a person or an organisation can be revoked for, and that somebody may give. */
static int read_reason(sd_bus_message *m, CertificateReason *ret, sd_bus_error *error) {
        static const CertificateReason reasons[] = {
                REASON_UNSPECIFIED, REASON_KEY_COMPROMISE,           REASON_AFFILIATION_CHANGED,
                REASON_SUPERSEDED,  REASON_CESSATION_OF_OPERATION, REASON_PRIVILEGE_WITHDRAWN,
        };
        const char *name;
        int r = sd_bus_message_read(m, "s", &name);

        if (r < 0)
                return bus_error_set_argument(error, r);
        for (size_t i = 0; i < ELEMENTSOF(reasons); i++) {
                if (strcmp(certificate_reason_to_string(reasons[i]), name) != 0)
                        continue;
                *ret = reasons[i];
                return 0;
        }
        return bus_error_set(error, ERROR_INVALID_ARGUMENT,
                             "There is no such reason: it is unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation or "
                             "privilegeWithdrawn.");
}

static int change_new(Authority *a, sd_bus_message *m, CertificateState state, CertificateReason reason, Change **ret, sd_bus_error *error) {
        _cleanup_task_ Change *c = NULL;
        int r;

        if (!a->root)
                return fail_not_initialized(error);
        r = task_new(a, m, sizeof(*c), NULL, &c, error);
        if (r < 0)
                return r;
        c->states = a->states;
        c->event = (Event) { .state = state, .reason = reason, .at = c->task.now, .uid = c->task.uid };
        r = read_serial(m, c->event.serial, error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

/* Takes the change over. */
static int change_start(Change *change, sd_bus_message *m, sd_bus_error *error) {
        _cleanup_task_ Change *c = change;
        int r;

        r = read_change(c, m, error);
        if (r >= 0 && c->task.uid == c->task.authority->reporter && c->event.state == CERTIFICATE_SUSPENDED && c->certificate.len == 0)
                return bus_error_set(error, ERROR_INVALID_ARGUMENT, "The certificate is needed.");
        if (r >= 0)
                r = task_store(&c->task, change_store, change_stored, error);
        if (r < 0)
                return r;
        TAKE_PTR(c);
        return 1;
}

/* sygnetd suspends what its holder reports, without asking: who holds a key may have it stopped. Nobody is given anything by that.
 * It names the whole certificate, since another CA may have given one of its own the serial number of one of ours. */
static int pass_suspend(Authority *a, sd_bus_message *m, sd_bus_error *error) {
        uid_t uid;
        int r = gate_sender_uid(a->gate, m, &uid);

        if (r < 0)
                return bus_error_set_errno(error, r);
        return uid == a->reporter ? 0 : gate_pass(a->gate, m, ACTION_CA_REVOKE, method_suspend, a, error);
}

int method_suspend(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Change *c = NULL;
        int r;

        r = pass_suspend(userdata, m, error);
        if (r != 0)
                return r;
        r = change_new(userdata, m, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD, &c, error);
        return r < 0 ? r : change_start(c, m, error);
}

int method_resume(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Authority *a = userdata;
        Change *c = NULL;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_REVOKE, method_resume, userdata, error);
        if (r != 0)
                return r;
        r = change_new(a, m, CERTIFICATE_GOOD, REASON_UNSPECIFIED, &c, error);
        return r < 0 ? r : change_start(c, m, error);
}

int method_revoke(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ Change *c = NULL;
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_REVOKE, method_revoke, userdata, error);
        if (r != 0)
                return r;
        r = change_new(a, m, CERTIFICATE_REVOKED, REASON_UNSPECIFIED, &c, error);
        if (r >= 0)
                r = read_reason(m, &c->event.reason, error);
        return r < 0 ? r : change_start(TAKE_PTR(c), m, error);
}

/* --- What is published -------------------------------------------------------------------------------------------- */

static int crl_published(Task *t, int result, sd_bus_error *error) {
        return result < 0 ? fail_not_published(publisher_problem(t->authority->publisher), error) : reply_bytes(t->message, publisher_crl(t->authority->publisher));
}

static int empty_published(Task *t, int result, sd_bus_error *error) {
        return result < 0 ? fail_not_published(publisher_problem(t->authority->publisher), error) : reply_empty(t->message);
}

static int publish(Authority *a, sd_bus_message *m, TaskThen then, sd_bus_error *error) {
        _cleanup_task_ Task *t = NULL;
        int r;

        r = task_new(a, m, sizeof(*t), NULL, &t, error);
        if (r < 0)
                return r;
        r = task_publish(t, true, then, error);
        if (r < 0)
                return r;
        if (r == TASK_CONTINUES)
                TAKE_PTR(t);
        return 1;
}

/* A list may have megabytes, and polkit is not asked: what the bus does not take away fast enough is not let pile up here. */
int method_get_crl(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Authority *a = userdata;
        uint64_t waiting;
        int r;

        if (!a->root)
                return fail_not_initialized(error);
        if (sd_bus_get_n_queued_write(a->bus, &waiting) >= 0 && waiting > REPLIES_WAITING_MAX)
                return bus_error_set(error, ERROR_LIMIT, NULL);
        if (publisher_crl(a->publisher).len == 0)
                return publish(a, m, crl_published, error);
        r = reply_bytes(m, publisher_crl(a->publisher));
        return r < 0 ? r : 1;
}

int method_publish_crl(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_REVOKE, method_publish_crl, userdata, error);
        if (r != 0)
                return r;
        return a->root ? publish(a, m, empty_published, error) : fail_not_initialized(error);
}
