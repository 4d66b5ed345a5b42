/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reminders of certificates; see reminder.h. A look goes over all credentials that are active, some in each job, so that others get their turn. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "bus/service.h"
#include "crypto/subject.h"
#include "daemon/account.h"
#include "daemon/clock.h"
#include "daemon/credential.h"
#include "daemon/outbox.h"
#include "daemon/reminder.h"
#include "daemon/session-signal-bus.h"

#define TEMPLATE "certificate-reminder"
#define LOOK_SECONDS INT64_C(3600)
#define DAY INT64_C(86400)
#define CREDENTIALS_PER_JOB 64U

static const int64_t steps[] = { 1, 7, 14, 30 }; /* days */

struct Reminders {
        sd_event_source *timer;
        int64_t last;    /* clock_now() of the last look */
        bool looking;
};

/* What was told, for the signal. */
typedef struct Told {
        char account[17];
        char credential[CREDENTIAL_ID_SIZE];
        char *label;
        int64_t not_after;
} Told;

typedef struct Look {
        Manager *manager;
        int64_t now;
        char after[CREDENTIAL_ID_SIZE]; /* the last that was looked at */
        bool more;
        Told told[CREDENTIALS_PER_JOB];
        size_t n_told;
} Look;

static Look *look_free(Look *l) {
        if (!l)
                return NULL;
        for (size_t i = 0; i < l->n_told; i++)
                free(l->told[i].label);
        free(l);
        return NULL;
}

DEFINE_CLEANUP(Look *, look_free);

/* --- In a job ----------------------------------------------------------------------------------------------------- */

/* The step that is due with so much time left: the smallest that fits. 0: none. */
static int64_t due_step(int64_t left) {
        for (size_t i = 0; left >= 0 && i < ELEMENTSOF(steps); i++)
                if (left <= steps[i] * DAY)
                        return steps[i];
        return 0;
}

/* Of another certificate nothing was told yet. */
static int was_told(Txn *t, const char *credential, int64_t not_after, int64_t step) {
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT not_after, days FROM reminder WHERE credential = ?1", "s", credential);
        return r <= 0 ? r : row_int(row, 0) == not_after && row_int(row, 1) <= step;
}

static int find_person(Txn *t, const Credential *c, Account *ret) {
        char account[GRANT_ID_SIZE];
        int r;

        if (c->owner)
                return account_load(t, c->owner, ret);
        r = grant_administrator(t, c->id, account);
        return r < 0 ? r : account_load(t, account, ret);
}

static void format_day(int64_t time, char ret[static 16]) {
        time_t t = time;
        struct tm tm;

        if (!gmtime_r(&t, &tm) || strftime(ret, 16, "%Y-%m-%d", &tm) == 0)
                strcpy(ret, "?");
}

/* The first half of the recipient's messages of the day is enough: codes have to get through. */
static int put_mail(Txn *t, const Look *l, const Credential *c, const Account *a, int64_t not_after) {
        _cleanup_(subject_freep) Subject *subject = NULL;
        OutboxField fields[5];
        OutboxMessage m = { .channel = CHANNEL_MAIL, .recipient = a->email, .kind = TEMPLATE, .language = a->language, .fields = fields, .account = a->id,
                            .uid = -1, .unproven = true, .now = l->now, .settings = &l->manager->settings };
        char day[16];
        int r;

        r = subject_read(bytes_view(&c->subject), &subject);
        if (r < 0)
                return r;
        format_day(not_after, day);
        fields[m.n_fields++] = (OutboxField) { "name", view_string(a->name) };
        fields[m.n_fields++] = (OutboxField) { "credential", view_string(c->label) };
        fields[m.n_fields++] = (OutboxField) { "id", view_string(c->id) };
        fields[m.n_fields++] = (OutboxField) { "expires", view_string(day) };
        if (subject_get(subject, "organizationName"))
                fields[m.n_fields++] = (OutboxField) { "organization", view_string(subject_get(subject, "organizationName")) };
        r = outbox_put(t, &m, NULL);
        return r == -EDESTADDRREQ ? 0 : r;
}

static int note(Txn *t, const char *credential, int64_t not_after, int64_t step) {
        int r = txn_exec(t, "INSERT OR REPLACE INTO reminder (credential, not_after, days) VALUES (?1, ?2, ?3)", "sii", credential, not_after, step);

        return r < 0 ? r : 0;
}

/* What cannot be sent now is due again at the next look. */
static int tell(Txn *t, Look *l, const Credential *c, int64_t not_after, int64_t step) {
        _cleanup_(account_done) Account a = { 0 };
        Told *told = &l->told[l->n_told];
        int r;

        r = find_person(t, c, &a);
        if (r == -ENOENT)
                return 0;
        if (r >= 0 && a.email[0])
                r = put_mail(t, l, c, &a, not_after);
        if (r == -EDQUOT || r == -ENOBUFS || r == -ESTALE)
                return 0;
        if (r >= 0)
                r = note(t, c->id, not_after, step);
        if (r < 0)
                return r;
        *told = (Told) { .label = strdup(c->label), .not_after = not_after };
        if (!told->label)
                return -ENOMEM;
        l->n_told++;
        strcpy(told->account, a.id);
        strcpy(told->credential, c->id);
        return 0;
}

/* A row that is not believed is nobody's to be reminded of. */
static int look_at(Txn *t, Look *l, const char *id) {
        _cleanup_(credential_freep) Credential *c = NULL;
        int64_t not_before, not_after, step;
        int r;

        r = credential_load(t, id, &c);
        if (r >= 0)
                r = credential_validity(c, &not_before, &not_after);
        if (r < 0)
                return r == -EBADMSG || r == -ENODATA ? 0 : r;
        step = due_step(not_after - l->now);
        if (step == 0)
                return 0;
        r = was_told(t, id, not_after, step);
        return r < 0 ? r : r > 0 ? 0 : tell(t, l, c, not_after, step);
}

static int run(Txn *t, void *userdata) {
        char ids[CREDENTIALS_PER_JOB][CREDENTIAL_ID_SIZE];
        Look *l = userdata;
        size_t n = 0;
        Row *row;
        int r;

        r = txn_query(t, &row, "SELECT id FROM credential WHERE status = 'active' AND id > ?1 ORDER BY id LIMIT ?2", "si", l->after, (int64_t) CREDENTIALS_PER_JOB);
        for (; r > 0; r = txn_next(t, &row))
                if (id_is_valid(ID_RECORD, row_text(row, 0)))
                        strcpy(ids[n++], row_text(row, 0));
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = look_at(t, l, ids[i]);
        l->more = n == CREDENTIALS_PER_JOB;
        if (n > 0)
                strcpy(l->after, ids[n - 1]);
        return r < 0 ? r : 0;
}

/* --- On the loop -------------------------------------------------------------------------------------------------- */

static int signal_one(const Session *s, void *userdata) {
        const Look *l = userdata;

        for (size_t i = 0; i < l->n_told; i++)
                if (strcmp(s->account, l->told[i].account) == 0)
                        session_signal_expiring(l->manager, s, l->told[i].credential, l->told[i].label, l->told[i].not_after);
        return 0;
}

static void on_run(int result, void *userdata);

static int submit(Manager *m, int64_t now, const char *after) {
        _cleanup_(look_freep) Look *l = calloc(1, sizeof(*l));
        int r;

        if (!l)
                return -ENOMEM;
        l->manager = m;
        l->now = now;
        strcpy(l->after, after);
        r = store_submit(m->store, run, on_run, l);
        if (r >= 0)
                TAKE_PTR(l);
        return r;
}

/* Told is what is on disk. */
static void on_run(int result, void *userdata) {
        _cleanup_(look_freep) Look *l = userdata;
        Manager *m = l->manager;

        if (result < 0)
                service_log(SD_ERR, "Certificates could not be looked through for those that expire: %s", strerror(-result));
        else
                (void) session_each_user(m, signal_one, l);
        if (!m->reminders)
                return;
        m->reminders->looking = result >= 0 && l->more && submit(m, l->now, l->after) >= 0;
}

static void look(Manager *m) {
        Reminders *n = m->reminders;

        if (n->looking)
                return;
        n->last = clock_now();
        n->looking = submit(m, n->last, "") >= 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata) {
        look(userdata);
        (void) sd_event_source_set_time(source, usec + (uint64_t) LOOK_SECONDS * UINT64_C(1000000));
        return 0;
}

void reminder_poke(Manager *m) {
        int64_t since = m->reminders ? clock_now() - m->reminders->last : 0;

        if (since >= LOOK_SECONDS || since < 0)
                look(m);
}

int reminder_start(Manager *m) {
        int r;

        m->reminders = calloc(1, sizeof(*m->reminders));
        if (!m->reminders)
                return -ENOMEM;
        r = sd_event_add_time_relative(m->event, &m->reminders->timer, CLOCK_BOOTTIME, (uint64_t) LOOK_SECONDS * UINT64_C(1000000), 0, on_time, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->reminders->timer, SD_EVENT_ON);
        if (r < 0)
                return r;
        look(m);
        return 0;
}

void reminder_stop(Manager *m) {
        Reminders *n = TAKE_PTR(m->reminders);

        if (!n)
                return;
        sd_event_source_disable_unref(n->timer);
        free(n);
}
