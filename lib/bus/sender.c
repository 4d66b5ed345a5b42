/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who senders are; see sender.h. */

#include <errno.h>
#include <string.h>

#include "bus/arguments.h"
#include "bus/sender.h"

/* SENDERS_MAX where it is not known. */
static unsigned find(const SenderTable *t, const char *name) {
        unsigned i;

        for (i = 0; i < SENDERS_MAX; i++)
                if (strcmp(t->senders[i].name, name) == 0)
                        break;
        return i;
}

static void note(SenderTable *t, const char *name, uid_t uid) {
        unsigned i = t->next;

        if (strlen(name) >= sizeof(t->senders[i].name))
                return;
        strcpy(t->senders[i].name, name);
        t->senders[i].uid = uid;
        t->next = (i + 1) % SENDERS_MAX;
}

int sender_uid(SenderTable *t, sd_bus_message *m, uid_t *ret) {
        const char *name = sd_bus_message_get_sender(m);
        unsigned i;
        int r;

        if (!name || !name[0])
                return -EINVAL;
        i = find(t, name);
        if (i < SENDERS_MAX) {
                *ret = t->senders[i].uid;
                return 0;
        }
        r = bus_sender_uid(m, ret);
        if (r >= 0)
                note(t, name, *ret);
        return r;
}

void sender_forget(SenderTable *t, const char *name) {
        unsigned i = find(t, name);

        if (i < SENDERS_MAX && name[0])
                t->senders[i].name[0] = '\0';
}
