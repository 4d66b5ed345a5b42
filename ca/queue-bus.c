/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.CA1: requests that wait for an operator. Anybody may ask, within caps, and learns of own requests; an operator
 * decides. A request is judged when it comes, and again when it is approved. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/names.h"
#include "ca/methods.h"
#include "ca/queue.h"
#include "ca/reply.h"
#include "ca/task.h"

#define LIST_DEFAULT 100U
#define LIST_MAX 1000U

enum {
        DECISION_E_UNKNOWN = 1,
        DECISION_E_DECIDED, /* already */
};

/* One request, asked for or decided about. */
typedef struct Decision {
        Task task;
        Issuance issuance;
        QueueEntry entry;
        Entry issued;   /* of GetAnswer */
        int64_t number;
        uint32_t days;  /* of Approve; 0: as was asked for */
        bool any;       /* also somebody else's */
        char reason[QUEUE_REASON_MAX + 1];
} Decision;

static void decision_destroy(Task *t) {
        Decision *d = (Decision *) t;

        issuance_done(&d->issuance);
        queue_entry_done(&d->entry);
        entry_done(&d->issued);
}

static int decision_new(Authority *a, sd_bus_message *m, Decision **ret, sd_bus_error *error) {
        Decision *d;
        int r;

        if (!a->root)
                return fail_not_initialized(error);
        r = task_new(a, m, sizeof(*d), decision_destroy, &d, error);
        if (r < 0)
                return r;
        task_issuance(&d->task, &d->issuance);
        *ret = d;
        return 0;
}

static int read_number(Decision *d, sd_bus_message *m, sd_bus_error *error) {
        uint64_t number;
        int r = sd_bus_message_read(m, "t", &number);

        if (r < 0)
                return bus_error_set_argument(error, r);
        d->number = number > INT64_MAX ? INT64_MAX : (int64_t) number;
        return 0;
}

static int refused(int outcome, sd_bus_error *error) {
        if (outcome == DECISION_E_DECIDED)
                return bus_error_set(error, ERROR_NOT_POSSIBLE, "This request was decided about already.");
        return bus_error_set(error, ERROR_NOT_FOUND, "There is no request of that number that you may see.");
}

/* --- Request ------------------------------------------------------------------------------------------------------ */

static int request_work(void *userdata) {
        return issuance_check(&((Decision *) userdata)->issuance);
}

static int request_store(Txn *t, void *userdata) {
        Decision *d = userdata;
        Entry *e = &d->issuance.entry;
        int r = states_check_key(d->task.authority->states, t, e->key);

        if (r < 0)
                return r;
        d->entry.subject = TAKE_PTR(e->certificate.subject);
        d->entry.profile = e->profile;
        d->entry.days = d->issuance.days;
        d->entry.requested = d->task.now;
        d->entry.uid = d->task.uid;
        d->entry.request = bytes_take(&d->issuance.request);
        memcpy(d->entry.key, e->key, sizeof(e->key));
        return queue_add(t, &d->entry);
}

static int request_stored(Task *t, int result, sd_bus_error *error) {
        int r;

        if (result == -EKEYREVOKED)
                return fail_key_revealed(error);
        if (result == -ENOBUFS)
                return bus_error_set(error, ERROR_LIMIT, "Too many requests wait already. An operator decides about them: %u of one user may wait.",
                                     QUEUE_PER_USER_MAX);
        if (result < 0)
                return fail_store(result, error);
        r = sd_bus_reply_method_return(t->message, "t", (uint64_t) ((Decision *) t)->entry.number);
        return r < 0 ? r : 0;
}

static int request_worked(Task *t, int result, sd_bus_error *error) {
        int r;

        if (result < 0)
                return fail_issuance(result, &((Decision *) t)->issuance, error);
        r = task_store(t, request_store, request_stored, error);
        return r < 0 ? r : TASK_CONTINUES;
}

int method_request(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ Decision *d = NULL;
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_REQUEST, method_request, userdata, error);
        if (r != 0)
                return r;
        r = decision_new(a, m, &d, error);
        if (r >= 0)
                r = read_issuance(m, &d->issuance, error);
        if (r >= 0)
                r = task_work(&d->task, request_work, request_worked, error);
        if (r < 0)
                return r;
        TAKE_PTR(d);
        return 1;
}

/* --- ListRequests ------------------------------------------------------------------------------------------------- */

typedef struct RequestList {
        Task task;
        bool all, pending;
        uint32_t limit;
        uint64_t before;
        QueueList list;
} RequestList;

static void request_list_destroy(Task *t) {
        queue_list_done(&((RequestList *) t)->list);
}

static int list_store(Txn *t, void *userdata) {
        RequestList *l = userdata;

        return queue_list(t, l->all ? NULL : &l->task.uid, l->pending, l->limit, l->before > INT64_MAX ? INT64_MAX : (int64_t) l->before, &l->list);
}

static int append_request(sd_bus_message *reply, const QueueEntry *e) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = bus_append_u64(reply, "number", (uint64_t) e->number);
        if (r >= 0)
                r = bus_append_string(reply, "status", queue_status_to_string(e->status));
        if (r >= 0)
                r = bus_append_string(reply, "subject", e->subject);
        if (r >= 0)
                r = bus_append_string(reply, "profile", profile_to_string(e->profile));
        if (r >= 0)
                r = bus_append_u32(reply, "days", e->days);
        if (r >= 0)
                r = bus_append_i64(reply, "requested", e->requested);
        if (r >= 0)
                r = bus_append_u32(reply, "uid", (uint32_t) e->uid);
        if (r >= 0 && e->status != QUEUE_PENDING)
                r = bus_append_i64(reply, "decided", e->decided);
        if (r >= 0 && e->status == QUEUE_REJECTED)
                r = bus_append_string(reply, "reason", e->reason);
        if (r >= 0 && e->status == QUEUE_ISSUED)
                r = bus_append_string(reply, "serial", e->serial);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int list_stored(Task *t, int result, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const QueueList *l = &((RequestList *) t)->list;
        int r;

        if (result < 0)
                return fail_store(result, error);
        r = sd_bus_message_new_method_return(t->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < l->n; i++)
                r = append_request(reply, &l->entries[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : send_reply(reply);
}

static int read_list(RequestList *l, sd_bus_message *m, sd_bus_error *error) {
        BusOption options[] = {
                { "all", bus_option_bool, &l->all },
                { "pending", bus_option_bool, &l->pending },
                { "before", bus_option_u64, &l->before },
                { "limit", bus_option_u32, &l->limit },
        };
        int r;

        l->limit = LIST_DEFAULT;
        r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        return r < 0 ? r : bus_check_limit(l->limit, LIST_MAX, error);
}

int method_list_requests(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ RequestList *l = NULL;
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_REQUEST, method_list_requests, userdata, error);
        if (r != 0)
                return r;
        r = task_new(a, m, sizeof(*l), request_list_destroy, &l, error);
        if (r >= 0)
                r = read_list(l, m, error);
        if (r >= 0 && l->all)
                r = gate_pass(a->gate, m, ACTION_CA_READ, method_list_requests, userdata, error);
        if (r != 0)
                return r;
        r = task_store(&l->task, list_store, list_stored, error);
        if (r < 0)
                return r;
        TAKE_PTR(l);
        return 1;
}

/* --- GetAnswer ---------------------------------------------------------------------------------------------------- */

static int answer_store(Txn *t, void *userdata) {
        Decision *d = userdata;
        int r;

        r = queue_get(t, d->number, &d->entry);
        if (r < 0)
                return r;
        if (r == 0 || (!d->any && d->entry.uid != d->task.uid))
                return DECISION_E_UNKNOWN;
        if (d->entry.status != QUEUE_ISSUED)
                return 0;
        r = register_find(t, d->entry.serial, &d->issued);
        return r < 0 ? r : r == 0 ? -EBADMSG : 0;
}

static int answer_any_stored(Task *t, int result, sd_bus_error *error) {
        Decision *d = (Decision *) t;

        if (result != 0)
                return result < 0 ? fail_store(result, error) : refused(result, error);
        switch (d->entry.status) {
        case QUEUE_PENDING:
                return bus_error_set(error, ERROR_NOT_READY, NULL);
        case QUEUE_REJECTED:
                return bus_error_set(error, ERROR_REJECTED, *d->entry.reason ? "An operator rejected the request: %s" : NULL, d->entry.reason);
        default:
                return reply_chain(t->message, bytes_view(&d->issued.certificate.der), t->root);
        }
}

static int get_answer(sd_bus_message *m, Authority *a, bool any, TaskThen then, sd_bus_error *error) {
        _cleanup_task_ Decision *d = NULL;
        int r;

        r = decision_new(a, m, &d, error);
        if (r >= 0)
                r = read_number(d, m, error);
        if (r < 0)
                return r;
        d->any = any;
        r = task_store(&d->task, answer_store, then, error);
        if (r < 0)
                return r;
        TAKE_PTR(d);
        return 1;
}

static int method_get_any_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Authority *a = userdata;
        int r = gate_pass(a->gate, m, ACTION_CA_READ, method_get_any_answer, userdata, error);

        return r != 0 ? r : get_answer(m, a, true, answer_any_stored, error);
}

/* Not the caller's own, or there is none: that is the operator's to learn. The call starts anew in the operator's name. */
static int answer_stored(Task *t, int result, sd_bus_error *error) {
        int r;

        if (result != DECISION_E_UNKNOWN)
                return answer_any_stored(t, result, error);
        r = sd_bus_message_rewind(t->message, true);
        if (r >= 0)
                r = method_get_any_answer(t->message, t->authority, error);
        return r < 0 ? r : 0; /* what goes on owns the message */
}

int method_get_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Authority *a = userdata;
        int r = gate_pass(a->gate, m, ACTION_CA_REQUEST, method_get_answer, userdata, error);

        return r != 0 ? r : get_answer(m, a, false, answer_stored, error);
}

/* --- Approve ------------------------------------------------------------------------------------------------------ */

static int find_pending(Txn *t, Decision *d) {
        int r;

        queue_entry_done(&d->entry);
        r = queue_get(t, d->number, &d->entry);
        if (r < 0)
                return r;
        return r == 0 ? DECISION_E_UNKNOWN : d->entry.status != QUEUE_PENDING ? DECISION_E_DECIDED : 0;
}

static int approve_find(Txn *t, void *userdata) {
        return find_pending(t, userdata);
}

static int approve_work(void *userdata) {
        return issuance_run(&((Decision *) userdata)->issuance);
}

static int decide(Txn *t, Decision *d, QueueStatus status) {
        d->entry.status = status;
        d->entry.decided = d->task.now;
        d->entry.operator = d->task.uid;
        return queue_decide(t, &d->entry);
}

/* Looked up again: another operator may have decided meanwhile. */
static int approve_store(Txn *t, void *userdata) {
        Decision *d = userdata;
        int r;

        r = find_pending(t, d);
        if (r == 0)
                r = states_check_key(d->task.authority->states, t, d->issuance.entry.key);
        if (r == 0)
                r = register_append(t, &d->issuance.entry);
        if (r != 0)
                return r;
        strcpy(d->entry.serial, d->issuance.entry.certificate.serial);
        return decide(t, d, QUEUE_ISSUED);
}

static int approve_published(Task *t, int result, sd_bus_error *error) {
        return reply_chain(t->message, bytes_view(&((Decision *) t)->issuance.entry.certificate.der), t->root);
}

static int approve_stored(Task *t, int result, sd_bus_error *error) {
        if (result == -EKEYREJECTED)
                return fail_key_used(error);
        if (result == -EKEYREVOKED)
                return fail_key_revealed(error);
        if (result != 0)
                return result < 0 ? fail_store(result, error) : refused(result, error);
        return task_publish(t, false, approve_published, error);
}

static int approve_worked(Task *t, int result, sd_bus_error *error) {
        int r;

        if (result < 0)
                return fail_issuance(result, &((Decision *) t)->issuance, error);
        if (watch_gone(t->watch))
                return 0;
        r = task_store(t, approve_store, approve_stored, error);
        return r < 0 ? r : TASK_CONTINUES;
}

static int approve_found(Task *t, int result, sd_bus_error *error) {
        Decision *d = (Decision *) t;
        int r;

        if (result != 0)
                return result < 0 ? fail_store(result, error) : refused(result, error);
        d->issuance.request = bytes_take(&d->entry.request);
        d->issuance.entry.profile = d->entry.profile;
        d->issuance.days = d->days > 0 ? d->days : d->entry.days;
        r = task_sign(t, root_is_hosted(t->root), approve_work, approve_worked, error);
        return r < 0 ? r : TASK_CONTINUES;
}

static int read_approve(Decision *d, sd_bus_message *m, sd_bus_error *error) {
        BusOption options[] = { { "days", bus_option_u32, &d->days } };
        int r;

        r = read_number(d, m, error);
        if (r >= 0)
                r = bus_message_read_options(m, options, ELEMENTSOF(options), error);
        return r < 0 || !options[0].given ? r : check_days(d->days, CERTIFICATE_DAYS_MAX, error);
}

int method_approve(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ Decision *d = NULL;
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_ISSUE, method_approve, userdata, error);
        if (r != 0)
                return r;
        r = decision_new(a, m, &d, error);
        if (r >= 0)
                r = read_approve(d, m, error);
        if (r >= 0)
                r = task_store(&d->task, approve_find, approve_found, error);
        if (r < 0)
                return r;
        TAKE_PTR(d);
        return 1;
}

/* --- Reject ------------------------------------------------------------------------------------------------------- */

static int reject_store(Txn *t, void *userdata) {
        Decision *d = userdata;
        int r;

        r = find_pending(t, d);
        if (r != 0)
                return r;
        free(d->entry.reason);
        d->entry.reason = strdup(d->reason);
        return d->entry.reason ? decide(t, d, QUEUE_REJECTED) : -ENOMEM;
}

static int reject_stored(Task *t, int result, sd_bus_error *error) {
        if (result != 0)
                return result < 0 ? fail_store(result, error) : refused(result, error);
        return reply_empty(t->message);
}

static int read_reject(Decision *d, sd_bus_message *m, sd_bus_error *error) {
        const char *reason;
        int r;

        r = read_number(d, m, error);
        if (r < 0)
                return r;
        r = sd_bus_message_read(m, "s", &reason);
        if (r < 0)
                return bus_error_set_argument(error, r);
        r = check_comment(reason, error);
        if (r < 0)
                return r;
        strcpy(d->reason, reason);
        return 0;
}

int method_reject(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ Decision *d = NULL;
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_ISSUE, method_reject, userdata, error);
        if (r != 0)
                return r;
        r = decision_new(a, m, &d, error);
        if (r >= 0)
                r = read_reject(d, m, error);
        if (r >= 0)
                r = task_store(&d->task, reject_store, reject_stored, error);
        if (r < 0)
                return r;
        TAKE_PTR(d);
        return 1;
}
