/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* put-message DIR FILE NOW (mail|sms|PURPOSE) RECIPIENT [SUBJECT [LANGUAGE]]: puts a message without a code, or one with a code of that purpose, into the
 * outbox of a store of sygnetd that no service has open, as if it were NOW. Writes its id. For bus tests, which so need no method that has a reason to
 * send something. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "crypto/init.h"
#include "daemon/code.h"
#include "daemon/outbox.h"
#include "daemon/schema.h"
#include "daemon/settings.h"

typedef struct Put {
        Settings settings;
        const char *what, *recipient, *subject, *language;
        int64_t now;
        char id[17];
} Put;

static CodePurpose purpose_of(const char *name) {
        for (CodePurpose p = CODE_NONE + 1; p < CODE_PURPOSES_END_; p++)
                if (strcmp(code_purpose_to_string(p), name) == 0)
                        return p;
        return CODE_NONE;
}

static int run(Txn *t, void *userdata) {
        static const OutboxField fields[] = {
                { "login", { (const uint8_t *) "anna", 4 } },
                { "name", { (const uint8_t *) "Anna \"A\" Zażółć", 19 } },
                { "organization", { (const uint8_t *) "Example sp. z o.o.", 18 } },
                { "invitation", { (const uint8_t *) "0123456789abcdef", 16 } },
                { "host", { (const uint8_t *) "example", 7 } },
        };
        Put *p = userdata;
        CodePurpose purpose = purpose_of(p->what);
        int64_t not_before;
        CodeSent sent;
        int r;

        if (purpose == CODE_NONE) {
                int channel = channel_from_string(p->what);
                OutboxMessage m = { .channel = (Channel) channel, .recipient = p->recipient, .kind = "test", .fields = fields, .n_fields = ELEMENTSOF(fields),
                                    .uid = -1, .now = p->now, .settings = &p->settings };

                return channel < 0 ? channel : outbox_put(t, &m, p->id);
        }
        r = code_send(t, &(CodeRequest) { .purpose = purpose, .subject = p->subject, .uid = 1000, .recipient = p->recipient, .language = p->language, .fields = fields,
                                          .n_fields = ELEMENTSOF(fields), .now = p->now, .settings = &p->settings }, &sent, &not_before);
        if (r >= 0)
                strcpy(p->id, sent.message);
        return r;
}

int main(int argc, char *argv[]) {
        _cleanup_bytes_ Bytes key = BYTES_NULL;
        Put p = { 0 };
        unsigned line;
        Store *s;
        int r;

        if (argc < 6)
                return 2;
        p.now = atoll(argv[3]);
        p.what = argv[4];
        p.recipient = argv[5];
        p.subject = argc > 6 ? argv[6] : "aaaaaaaaaaaaaaaa";
        p.language = argc > 7 ? argv[7] : NULL;
        r = crypto_init();
        if (r >= 0)
                r = read_file(argv[2], 32, &key);
        if (r >= 0)
                r = settings_read("/nonexistent/sygnetd.conf", &p.settings, &line);
        if (r >= 0)
                r = store_open(argv[1], &daemon_schema, bytes_view(&key), &s);
        if (r >= 0) {
                r = store_run(s, run, &p);
                store_close(s);
        }
        settings_done(&p.settings);
        if (r < 0)
                fprintf(stderr, "put-message: %s\n", strerror(-r));
        else
                puts(p.id);
        return r < 0;
}
