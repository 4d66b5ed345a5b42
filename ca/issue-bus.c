/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* org.sygnet.CA1: certificates that are issued at once, to who an operator is, and to the CA's own OCSP responder. The
 * register has them before they are returned, and so has the list of states, so that the responder knows them. */

#include <errno.h>

#include "bus/error.h"
#include "bus/names.h"
#include "ca/methods.h"
#include "ca/reply.h"
#include "ca/task.h"

typedef struct Issue {
        Task task;
        Issuance issuance;
        bool responder;
} Issue;

static void issue_destroy(Task *t) {
        issuance_done(&((Issue *) t)->issuance);
}

static int issue_work(void *userdata) {
        Issue *i = userdata;

        return i->responder ? issuance_run_responder(&i->issuance) : issuance_run(&i->issuance);
}

static int issue_store(Txn *t, void *userdata) {
        Issue *i = userdata;
        int r = states_check_key(i->task.authority->states, t, i->issuance.entry.key);

        return r < 0 ? r : register_append(t, &i->issuance.entry);
}

/* A certificate that could not be published is issued all the same: what others see is that it is not known yet. */
static int issue_published(Task *t, int result, sd_bus_error *error) {
        return reply_chain(t->message, bytes_view(&((Issue *) t)->issuance.entry.certificate.der), t->root);
}

static int issue_stored(Task *t, int result, sd_bus_error *error) {
        if (result == -EKEYREVOKED)
                return fail_key_revealed(error);
        if (result < 0)
                return result == -EKEYREJECTED ? fail_key_used(error) : fail_store(result, error);
        return task_publish(t, false, issue_published, error);
}

static int issue_worked(Task *t, int result, sd_bus_error *error) {
        Issue *i = (Issue *) t;
        int r;

        if (result < 0)
                return fail_issuance(result, &i->issuance, error);
        if (watch_gone(t->watch))
                return 0;
        r = task_store(t, issue_store, issue_stored, error);
        return r < 0 ? r : TASK_CONTINUES;
}

static int issue_new(Authority *a, sd_bus_message *m, Issue **ret, sd_bus_error *error) {
        Issue *i;
        int r;

        if (!a->root)
                return fail_not_initialized(error);
        r = task_new(a, m, sizeof(*i), issue_destroy, &i, error);
        if (r < 0)
                return r;
        task_issuance(&i->task, &i->issuance);
        *ret = i;
        return 0;
}

static int issue_start(Issue *i, sd_bus_error *error) {
        return task_sign(&i->task, root_is_hosted(i->task.root), issue_work, issue_worked, error);
}

int method_issue(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ Issue *i = NULL;
        Authority *a = userdata;
        int r;

        r = gate_pass(a->gate, m, ACTION_CA_ISSUE, method_issue, userdata, error);
        if (r != 0)
                return r;
        r = issue_new(a, m, &i, error);
        if (r >= 0)
                r = read_issuance(m, &i->issuance, error);
        if (r >= 0)
                r = issue_start(i, error);
        if (r < 0)
                return r;
        TAKE_PTR(i);
        return 1;
}

/* No person calls, so polkit is not asked: the responder's Unix user is all that counts. */
int method_issue_responder(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        _cleanup_task_ Issue *i = NULL;
        Authority *a = userdata;
        uid_t uid;
        int r;

        r = gate_sender_uid(a->gate, m, &uid);
        if (r < 0)
                return bus_error_set_errno(error, r);
        if (uid != a->responder)
                return bus_error_set(error, ERROR_DENIED, "Only the OCSP responder is given such a certificate.");
        r = issue_new(a, m, &i, error);
        if (r < 0)
                return r;
        i->responder = true;
        r = read_request(m, &i->issuance.request, error);
        if (r >= 0)
                r = issue_start(i, error);
        if (r < 0)
                return r;
        TAKE_PTR(i);
        return 1;
}
