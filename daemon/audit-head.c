/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Heads of the audit, sent away; see audit-head.h. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "bus/service.h"
#include "daemon/audit-head.h"
#include "daemon/audit.h"
#include "daemon/clock.h"
#include "daemon/outbox.h"

#define EVENT "audit-head"

/* After a failure: the disk was full, say. */
#define AGAIN_SECONDS 60

/* One look whether it is due, and the doing. */
typedef struct Head {
        Manager *manager;
        int64_t now;
        int64_t due;     /* the next time; out */
        bool done;
        uint64_t entries;
        char hex[2 * AUDIT_HEAD_SIZE + 1];
} Head;

static int put_message(Txn *t, const Head *h) {
        const Settings *s = &h->manager->settings;
        char host[65] = "", entries[24];

        if (!s->audit_head_mail)
                return 0;
        (void) gethostname(host, sizeof(host) - 1);
        snprintf(entries, sizeof(entries), "%" PRIu64, h->entries);
        const OutboxField fields[] = { { "host", view_string(host) }, { "entries", view_string(entries) }, { "head", view_string(h->hex) } };
        const OutboxMessage m = { .channel = CHANNEL_MAIL, .recipient = s->audit_head_mail, .kind = EVENT, .fields = fields,
                                  .n_fields = ELEMENTSOF(fields), .uid = -1, .now = h->now, .settings = s };

        return outbox_put(t, &m, NULL);
}

/* The head is that of the entries before the one that tells of it. */
static int make(Txn *t, Head *h) {
        _cleanup_bytes_ Bytes payload = BYTES_NULL;
        _cleanup_free_ char *hex = NULL;
        uint8_t head[AUDIT_HEAD_SIZE];
        int r;

        r = audit_head(t, &h->entries, head);
        if (r < 0)
                return r;
        hex = hex_encode(VIEW(head, sizeof(head)));
        if (!hex)
                return -ENOMEM;
        strcpy(h->hex, hex);
        r = bytes_printf(&payload, "{\"entries\":%" PRIu64 ",\"head\":\"%s\"}", h->entries, h->hex);
        if (r < 0)
                return r;
        const AuditEntry e = { .event = EVENT, .uid = -1, .payload = bytes_view(&payload), .now = h->now };

        r = audit_append(t, &e);
        return r < 0 ? r : put_message(t, h);
}

static int run(Txn *t, void *userdata) {
        Head *h = userdata;
        int64_t last;
        int r;

        r = audit_event_time(t, EVENT, &last);
        if (r < 0)
                return r;
        h->due = last + h->manager->settings.audit_head_interval;
        if (r > 0 && h->due > h->now)
                return 0;
        h->due = h->now + h->manager->settings.audit_head_interval;
        r = make(t, h);
        h->done = r >= 0;
        return r;
}

static void arm(Manager *m, int64_t seconds) {
        uint64_t now;

        if (sd_event_now(m->event, CLOCK_BOOTTIME, &now) < 0)
                return;
        sd_event_source_set_time(m->audit_head, now + (uint64_t) (seconds > 1 ? seconds : 1) * UINT64_C(1000000));
        sd_event_source_set_enabled(m->audit_head, SD_EVENT_ONESHOT);
}

static void on_run(int result, void *userdata) {
        _cleanup_free_ Head *h = userdata;
        Manager *m = h->manager;

        if (result < 0)
                service_log(SD_ERR, "The head of the audit could not be recorded or sent: %s", strerror(-result));
        else if (h->done)
                service_log(SD_NOTICE, "Audit: %" PRIu64 " entries, head %s", h->entries, h->hex);
        if (m->audit_head)
                arm(m, result < 0 ? AGAIN_SECONDS : h->due - h->now);
}

static int look(Manager *m) {
        Head *h;
        int r;

        h = calloc(1, sizeof(*h));
        if (!h)
                return -ENOMEM;
        *h = (Head) { .manager = m, .now = clock_now() };
        r = store_submit(m->store, run, on_run, h);
        if (r < 0)
                free(h);
        return r;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        if (look(m) < 0)
                arm(m, AGAIN_SECONDS);
        return 0;
}

int audit_head_start(Manager *m) {
        int r;

        if (m->settings.audit_head_interval == 0)
                return 0;
        r = sd_event_add_time(m->event, &m->audit_head, CLOCK_BOOTTIME, UINT64_MAX, 0, on_time, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->audit_head, SD_EVENT_OFF);
        return r < 0 ? r : look(m);
}
