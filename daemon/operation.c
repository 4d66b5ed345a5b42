/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of operations; see operation.h. */

#include <errno.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/operation.h"

/* How often what lapsed is looked for, so that no key waits long in memory for a use that does not come. */
#define SWEEP_SECONDS 30

/* How long what was looked at is believed by Prepare: a certificate may expire meanwhile, which Authorize and Sign find all the same. */
#define PREPARATION_SECONDS 60

typedef struct Preparation {
        char session[33];
        char account[17];
        char credential[CREDENTIAL_ID_SIZE];
        ItemRules *rules; /* NULL: a free place */
        int64_t until;    /* clock_age() */
} Preparation;

struct OperationTable {
        Manager *manager;
        sd_event_source *sweep;
        Operation *first;
        unsigned n;
        size_t parked;
        Preparation preparations[OPERATION_PREPARATIONS_MAX];
        unsigned next_preparation;
};

static Operation *operation_ref(Operation *o) {
        o->refs++;
        return o;
}

Operation *operation_unref(Operation *o) {
        if (!o || --o->refs > 0)
                return NULL;
        item_rules_unref(o->rules);
        signing_key_unref(o->key);
        free(o);
        return NULL;
}

void operation_touch(Operation *o) {
        o->lapses = clock_age() + OPERATION_LAPSE;
}

/* --- What was prepared before -------------------------------------------------------------------------------------- */

static Preparation *find_preparation(OperationTable *t, const char *session, const char *credential) {
        for (unsigned i = 0; i < OPERATION_PREPARATIONS_MAX; i++) {
                Preparation *p = &t->preparations[i];

                if (p->rules && strcmp(p->session, session) == 0 && strcmp(p->credential, credential) == 0)
                        return p;
        }
        return NULL;
}

bool operation_prepare_again(Manager *m, Operation *o) {
        Preparation *p = find_preparation(m->operations, o->session, o->credential);

        if (!p || p->until <= clock_age())
                return false;
        o->kind = CREDENTIAL_SEAL;
        o->rules = item_rules_ref(p->rules);
        return true;
}

void operation_note_prepared(Manager *m, const Operation *o) {
        OperationTable *t = m->operations;
        Preparation *p;

        /* A customs key's password may be tried only so often: that is looked at each time. */
        if (o->kind != CREDENTIAL_SEAL)
                return;
        p = find_preparation(t, o->session, o->credential);
        if (!p) {
                p = &t->preparations[t->next_preparation];
                t->next_preparation = (t->next_preparation + 1) % OPERATION_PREPARATIONS_MAX;
        }
        item_rules_unref(p->rules);
        strcpy(p->session, o->session);
        strcpy(p->account, o->account);
        strcpy(p->credential, o->credential);
        p->rules = item_rules_ref(o->rules);
        p->until = clock_age() + PREPARATION_SECONDS;
}

/* NULL: any. */
static void forget_preparations(OperationTable *t, const char *session, const char *credential, const char *account) {
        for (unsigned i = 0; i < OPERATION_PREPARATIONS_MAX; i++) {
                Preparation *p = &t->preparations[i];

                if (!p->rules || (session && strcmp(p->session, session) != 0) || (credential && strcmp(p->credential, credential) != 0) ||
                    (account && strcmp(p->account, account) != 0))
                        continue;
                item_rules_unref(p->rules);
                *p = (Preparation) { 0 };
        }
}

/* --- Ends --------------------------------------------------------------------------------------------------------- */

/* Ends those that `ends` picks. */
static void end_where(OperationTable *t, bool (*ends)(const Operation *o, const void *a, const void *b), const void *a, const void *b) {
        Operation **p = &t->first;

        while (*p) {
                Operation *o = *p;

                if (!ends(o, a, b)) {
                        p = &o->next;
                        continue;
                }
                *p = o->next;
                t->n--;
                o->state = OPERATION_ENDED;
                o->key = signing_key_unref(o->key);
                operation_unref(o);
        }
}

static bool is_same(const Operation *o, const void *a, const void *b) {
        return o == a;
}

static bool is_of_session(const Operation *o, const void *a, const void *b) {
        return strcmp(o->session, a) == 0;
}

static bool is_of_credential(const Operation *o, const void *a, const void *b) {
        return strcmp(o->credential, a) == 0 && (!b || strcmp(o->account, b) == 0);
}

static bool is_under_lease(const Operation *o, const void *a, const void *b) {
        return strcmp(o->credential, a) == 0 && o->state != OPERATION_PREPARED;
}

static bool has_lapsed(const Operation *o, const void *a, const void *b) {
        const int64_t *age = a;

        return *age >= o->lapses && o->state != OPERATION_SIGNING && o->state != OPERATION_AUTHORIZING;
}

static bool is_any(const Operation *o, const void *a, const void *b) {
        return true;
}

void operation_end(Manager *m, Operation *o) {
        end_where(m->operations, is_same, o, NULL);
}

void operation_end_session(Manager *m, const char *session) {
        forget_preparations(m->operations, session, NULL, NULL);
        end_where(m->operations, is_of_session, session, NULL);
}

void operation_end_credential(Manager *m, const char *credential, const char *account) {
        forget_preparations(m->operations, NULL, credential, account);
        end_where(m->operations, is_of_credential, credential, account);
}

void operation_end_lease(Manager *m, const char *credential) {
        end_where(m->operations, is_under_lease, credential, NULL);
}

static void sweep(OperationTable *t) {
        int64_t age = clock_age();

        end_where(t, has_lapsed, &age, NULL);
}

/* --- The table ---------------------------------------------------------------------------------------------------- */

static int on_sweep(sd_event_source *source, uint64_t usec, void *userdata) {
        OperationTable *t = userdata;

        sweep(t);
        return sd_event_source_set_time_relative(source, SWEEP_SECONDS * UINT64_C(1000000));
}

int operation_table_new(Manager *m, OperationTable **ret) {
        _cleanup_(operation_table_freep) OperationTable *t = NULL;
        int r;

        t = calloc(1, sizeof(*t));
        if (!t)
                return -ENOMEM;
        t->manager = m;
        r = sd_event_add_time_relative(m->event, &t->sweep, CLOCK_MONOTONIC, SWEEP_SECONDS * UINT64_C(1000000), 1000000, on_sweep, t);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(t->sweep, SD_EVENT_ON);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(t);
        return 0;
}

OperationTable *operation_table_free(OperationTable *t) {
        if (!t)
                return NULL;
        forget_preparations(t, NULL, NULL, NULL);
        end_where(t, is_any, NULL, NULL);
        sd_event_source_disable_unref(t->sweep);
        free(t);
        return NULL;
}

static unsigned count_session(const OperationTable *t, const char *session) {
        unsigned n = 0;

        for (const Operation *o = t->first; o; o = o->next)
                if (strcmp(o->session, session) == 0)
                        n++;
        return n;
}

int operation_new(Manager *m, const Session *s, Operation **ret) {
        _cleanup_(operation_unrefp) Operation *o = NULL;
        OperationTable *t = m->operations;
        int r;

        sweep(t);
        if (t->n >= OPERATIONS_MAX || count_session(t, s->id) >= OPERATIONS_PER_SESSION)
                return -EDQUOT;
        o = calloc(1, sizeof(*o));
        if (!o)
                return -ENOMEM;
        o->refs = 1;
        r = id_random(ID_SECRET, o->id);
        if (r < 0)
                return r;
        o->state = OPERATION_PREPARED;
        strcpy(o->session, s->id);
        strcpy(o->account, s->account);
        o->uid = s->uid;
        o->prepared = clock_now();
        operation_touch(o);
        o->next = t->first;
        t->first = operation_ref(o);
        t->n++;
        *ret = TAKE_PTR(o);
        return 0;
}

int operation_find(Manager *m, const char *id, uid_t uid, Operation **ret) {
        Session *session;

        sweep(m->operations);
        for (Operation *o = m->operations->first; o; o = o->next) {
                /* Ended on the way, if session_find() found that its time is over: hold it. */
                _cleanup_(operation_unrefp) Operation *found = NULL;

                if (o->uid != uid || !secret_equal(view_string(o->id), view_string(id)))
                        continue;
                found = operation_ref(o);
                if (session_find(m, found->session, uid, &session) < 0 || found->state == OPERATION_ENDED)
                        return -ESTALE;
                *ret = TAKE_PTR(found);
                return 0;
        }
        return -ENOENT;
}

int operation_park(Manager *m, size_t bytes) {
        if (bytes > OPERATION_PARKED_MAX - m->operations->parked)
                return -EDQUOT;
        m->operations->parked += bytes;
        return 0;
}

void operation_unpark(Manager *m, size_t bytes) {
        m->operations->parked -= bytes;
}
