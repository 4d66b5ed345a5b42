/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The gate; see gate.h.
 *
 * A query is one (message, action) pair. polkit is first asked without interaction: what it allows then needed nobody's
 * password, and only such an answer is remembered. Where it would challenge and the message permits that, it is asked once
 * more with interaction. Answers stay beside their message until its handler has run through without parking again. */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "bus/answers.h"
#include "bus/arguments.h"
#include "bus/error.h"
#include "bus/gate.h"
#include "bus/names.h"
#include "bus/sender.h"
#include "bus/watch.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"

#define USEC_PER_SEC UINT64_C(1000000)
#define ANSWER_TIMEOUT (25 * USEC_PER_SEC)
#define DIALOG_TIMEOUT (600 * USEC_PER_SEC) /* a person looks for a password */
#define NOBODY ((uid_t) -1)

enum {
        CHECK_ALLOW_INTERACTION = 1, /* CheckAuthorizationFlags of polkit's D-Bus interface */
};

typedef enum Verdict {
        VERDICT_PENDING,
        VERDICT_ALLOWED,
        VERDICT_DENIED,
        VERDICT_CHALLENGE, /* polkit wants a password, and there was nobody to ask */
        VERDICT_UNAVAILABLE,
} Verdict;

typedef struct Query {
        struct Query *next;
        Gate *gate;
        sd_bus_message *message;
        char *action;
        sd_bus_message_handler_t handler;
        void *userdata;
        sd_bus_slot *slot;     /* of the call to polkit that is under way */
        char cancellation[32]; /* its id, ours alone */
        bool dialog;           /* it is the second question */
        uid_t uid;             /* of the sender; NOBODY where it was not asked for */
        size_t size;           /* of the arguments, where they are not small */
        Verdict verdict;
} Query;

struct Gate {
        sd_bus *bus;
        sd_bus_slot *names, *polkit_name, *polkit_changed;
        Query *queries;
        AnswerMemory answers;
        WatchList watches;
        uint64_t last_cancellation;
        SenderTable senders;
};

/* --- Queries ------------------------------------------------------------------------------------------------------ */

/* Tells polkit to take its dialog away; nobody waits for the answer. */
static void cancel(Query *q) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        if (!q->slot)
                return;
        q->slot = sd_bus_slot_unref(q->slot);
        if (sd_bus_message_new_method_call(q->gate->bus, &m, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE, "CancelCheckAuthorization") < 0 ||
            sd_bus_message_append(m, "s", q->cancellation) < 0 ||
            sd_bus_message_set_auto_start(m, false) < 0 ||
            sd_bus_message_set_expect_reply(m, false) < 0)
                return;
        (void) sd_bus_send(q->gate->bus, m, NULL);
}

static Query *query_free(Query *q) {
        if (!q)
                return NULL;
        cancel(q);
        sd_bus_message_unref(q->message);
        free(q->action);
        free(q);
        return NULL;
}

DEFINE_CLEANUP(Query *, query_free);

static Query *query_find(Gate *g, sd_bus_message *m, const char *action) {
        for (Query *q = g->queries; q; q = q->next)
                if (q->message == m && strcmp(q->action, action) == 0)
                        return q;
        return NULL;
}

static bool is_pending(Gate *g, sd_bus_message *m) {
        for (Query *q = g->queries; q; q = q->next)
                if (q->message == m && q->verdict == VERDICT_PENDING)
                        return true;
        return false;
}

/* Frees the queries of one message, or of one sender. */
static void drop(Gate *g, sd_bus_message *m, const char *sender) {
        for (Query **i = &g->queries; *i;) {
                Query *q = *i;

                if (q->message != m && (!sender || strcmp(sd_bus_message_get_sender(q->message), sender) != 0)) {
                        i = &q->next;
                        continue;
                }
                *i = q->next;
                query_free(q);
        }
}

static void resume(Query *q) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = sd_bus_message_ref(q->message);
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Gate *g = q->gate;
        int r;

        r = sd_bus_message_rewind(m, true);
        if (r >= 0)
                r = q->handler(m, q->userdata, &error);
        if (r < 0)
                (void) sd_bus_reply_method_errno(m, r, &error);
        if (!is_pending(g, m))
                drop(g, m, NULL);
}

/* Reads polkit's answer. `*ret_plain` is false when it rests on an authentication, even an earlier one. */
static int read_answer(sd_bus_message *reply, Verdict *ret, bool *ret_plain) {
        int authorized, challenge, r;
        bool plain = true;

        r = sd_bus_message_enter_container(reply, 'r', "bba{ss}");
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "bb", &authorized, &challenge);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(reply, 'a', "{ss}");
        if (r < 0)
                return r;
        for (;;) {
                const char *key, *value;

                r = sd_bus_message_read(reply, "{ss}", &key, &value);
                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                if (strcmp(key, "polkit.temporary_authorization_id") == 0)
                        plain = false;
        }
        *ret = authorized ? VERDICT_ALLOWED : challenge ? VERDICT_CHALLENGE : VERDICT_DENIED;
        *ret_plain = plain;
        return 0;
}

static int ask(Query *q, bool dialog);

static int on_answer(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        Query *q = userdata;
        Verdict verdict = VERDICT_UNAVAILABLE;
        bool plain = false;

        if (sd_bus_message_is_method_error(reply, NULL)) {
                /* It may be thinking still: where the call timed out, take it back. */
                if (sd_bus_message_is_method_error(reply, SD_BUS_ERROR_NO_REPLY) ||
                    sd_bus_message_is_method_error(reply, SD_BUS_ERROR_TIMEOUT))
                        cancel(q);
        } else if (read_answer(reply, &verdict, &plain) < 0)
                verdict = VERDICT_UNAVAILABLE;
        q->slot = sd_bus_slot_unref(q->slot);

        if (verdict == VERDICT_CHALLENGE && !q->dialog && sd_bus_message_get_allow_interactive_authorization(q->message) > 0) {
                if (ask(q, true) >= 0)
                        return 0;
                verdict = VERDICT_UNAVAILABLE;
        }
        if (verdict == VERDICT_ALLOWED && plain && !q->dialog)
                answers_add(&q->gate->answers, sd_bus_message_get_sender(q->message), q->action);
        q->verdict = verdict;
        resume(q);
        return 0;
}

/* Sends the question. The subject is the bus name, which belongs to one connection for ever. */
static int ask(Query *q, bool dialog) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        q->dialog = dialog;
        snprintf(q->cancellation, sizeof(q->cancellation), "sygnet%llu", (unsigned long long) ++q->gate->last_cancellation);
        r = sd_bus_message_new_method_call(q->gate->bus, &m, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE, "CheckAuthorization");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s", sd_bus_message_get_sender(q->message),
                                  q->action, 0, dialog ? (uint32_t) CHECK_ALLOW_INTERACTION : 0U, q->cancellation);
        if (r < 0)
                return r;
        return sd_bus_call_async(q->gate->bus, &q->slot, m, on_answer, q, dialog ? DIALOG_TIMEOUT : ANSWER_TIMEOUT);
}

static unsigned count_user(const Gate *g, uid_t uid) {
        unsigned n = 0;

        for (const Query *q = g->queries; q; q = q->next)
                if (q->verdict == VERDICT_PENDING && q->uid == uid)
                        n++;
        return n;
}

static int set_limit(sd_bus_error *error) {
        return bus_error_set(error, ERROR_LIMIT, "Too many calls wait for an authorisation. Try again when they are done.");
}

/* The largest may be of any size, since it has to be in memory anyway; a second one of its kind may not wait beside it. */
static int check_bytes(Gate *g, sd_bus_message *m, uid_t *uid, size_t *ret_size, sd_bus_error *error) {
        size_t size, all, largest;
        int r;

        r = bus_message_size(m, GATE_PARKED_BYTES + 1, &size);
        if (r < 0)
                return bus_error_set_argument(error, r);
        if (size < GATE_SMALL)
                return 0;
        if (*uid == NOBODY) {
                r = sender_uid(&g->senders, m, uid);
                if (r < 0)
                        return bus_error_set_errno(error, r);
        }
        all = largest = size;
        for (const Query *q = g->queries; q; q = q->next) {
                if (q->uid != *uid || q->verdict != VERDICT_PENDING)
                        continue;
                all += q->size;
                if (q->size > largest)
                        largest = q->size;
        }
        if (all - largest > GATE_PARKED_BYTES)
                return set_limit(error);
        *ret_size = size;
        return 0;
}

/* A user may have many connections, so none may have the whole gate. Who it is may cost a question to the bus, which is asked from a number of
 * waiting calls on that is not reached unless somebody lets dialogs stand, or polkit is slow. */
static int check_caps(Gate *g, sd_bus_message *m, uid_t *ret_uid, sd_bus_error *error) {
        const char *sender = sd_bus_message_get_sender(m);
        unsigned of_sender = 0, all = 0;
        uid_t uid = NOBODY;
        int r;

        for (Query *q = g->queries; q; q = q->next) {
                if (q->verdict != VERDICT_PENDING)
                        continue;
                all++;
                if (strcmp(sd_bus_message_get_sender(q->message), sender) == 0)
                        of_sender++;
        }
        if (of_sender >= GATE_PARKED_PER_SENDER || all >= GATE_PARKED_MAX)
                return set_limit(error);
        if (all >= GATE_PARKED_PER_USER) {
                r = sender_uid(&g->senders, m, &uid);
                if (r < 0)
                        return bus_error_set_errno(error, r);
                if (count_user(g, uid) >= GATE_PARKED_PER_USER)
                        return set_limit(error);
        }
        *ret_uid = uid;
        return 0;
}

static int park(Gate *g, sd_bus_message *m, const char *action, sd_bus_message_handler_t handler, void *userdata, sd_bus_error *error) {
        _cleanup_(query_freep) Query *q = NULL;
        uid_t uid = NOBODY;
        size_t size = 0;
        int r;

        r = check_caps(g, m, &uid, error);
        if (r >= 0)
                r = check_bytes(g, m, &uid, &size, error);
        if (r < 0)
                return r;
        q = calloc(1, sizeof(*q));
        if (!q)
                return bus_error_set_errno(error, -ENOMEM);
        q->gate = g;
        q->message = sd_bus_message_ref(m);
        q->handler = handler;
        q->userdata = userdata;
        q->uid = uid;
        q->size = size;
        q->action = strdup(action);
        if (!q->action)
                return bus_error_set_errno(error, -ENOMEM);
        if (ask(q, false) < 0)
                return bus_error_set(error, ERROR_AUTHORITY_UNAVAILABLE, NULL);
        q->next = g->queries;
        g->queries = TAKE_PTR(q);
        return 1;
}

int gate_pass(Gate *g, sd_bus_message *m, const char *action, sd_bus_message_handler_t handler, void *userdata, sd_bus_error *error) {
        const char *sender = sd_bus_message_get_sender(m);
        Query *q;

        if (!sender)
                return bus_error_set(error, ERROR_DENIED, "The call came from nobody on the bus.");
        q = query_find(g, m, action);
        if (!q) {
                if (answers_have(&g->answers, sender, action))
                        return 0;
                return park(g, m, action, handler, userdata, error);
        }
        switch (q->verdict) {
        case VERDICT_PENDING:
                return 1;
        case VERDICT_ALLOWED:
                return 0;
        case VERDICT_DENIED:
                return bus_error_set(error, ERROR_DENIED, "You are not allowed to do this: polkit refused the action %s.", action);
        case VERDICT_CHALLENGE:
                return bus_error_set(error, ERROR_DENIED,
                                     "This needs an administrator (action %s), and nobody could be asked for a password: there is no "
                                     "authentication agent in this session, or the program did not allow it. Run it as root, or where an agent is.",
                                     action);
        default:
                return bus_error_set(error, ERROR_AUTHORITY_UNAVAILABLE, NULL);
        }
}

bool gate_is_idle(const Gate *g) {
        return !g->queries;
}

int gate_sender_uid(Gate *g, sd_bus_message *m, uid_t *ret) {
        return sender_uid(&g->senders, m, ret);
}

/* --- Senders that leave ------------------------------------------------------------------------------------------- */

int gate_watch(Gate *g, sd_bus_message *m, Watch **ret) {
        const char *sender = sd_bus_message_get_sender(m);

        return sender ? watch_new(&g->watches, sender, ret) : -EINVAL;
}

static int on_name_gone(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        const char *name;
        Gate *g = userdata;

        if (sd_bus_message_read(m, "s", &name) < 0)
                return 0;
        drop(g, NULL, name);
        answers_forget(&g->answers, name);
        sender_forget(&g->senders, name);
        watch_list_tell(&g->watches, name);
        return 0;
}

static int on_polkit_changed(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Gate *g = userdata;

        answers_forget(&g->answers, NULL);
        return 0;
}

/* --- The gate ----------------------------------------------------------------------------------------------------- */

#define MATCH_NAMES "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',"

int gate_new(sd_bus *bus, Gate **ret) {
        _cleanup_(gate_freep) Gate *g = NULL;
        int r;

        g = calloc(1, sizeof(*g));
        if (!g)
                return -ENOMEM;
        g->bus = sd_bus_ref(bus);
        r = sd_bus_add_match(bus, &g->names, MATCH_NAMES "arg2=''", on_name_gone, g);
        if (r < 0)
                return r;
        r = sd_bus_add_match(bus, &g->polkit_name, MATCH_NAMES "arg0='" POLKIT_NAME "'", on_polkit_changed, g);
        if (r < 0)
                return r;
        r = sd_bus_match_signal(bus, &g->polkit_changed, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE, "Changed", on_polkit_changed, g);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(g);
        return 0;
}

Gate *gate_free(Gate *g) {
        if (!g)
                return NULL;
        for (Query *q; (q = g->queries);) {
                g->queries = q->next;
                query_free(q);
        }
        answers_forget(&g->answers, NULL);
        watch_list_end(&g->watches);
        sd_bus_slot_unref(g->names);
        sd_bus_slot_unref(g->polkit_name);
        sd_bus_slot_unref(g->polkit_changed);
        sd_bus_unref(g->bus);
        free(g);
        return NULL;
}
