/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for what a caller and an administrator write: fields, a NUL, and a template that is filled with them. Whatever comes of it is a mail
 * whose headers are ours, line by line, and an SMS that a modem takes. */

#include <string.h>

#include "courier/mail.h"
#include "courier/sms-text.h"
#include "courier/template.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *lookup(View name, const void *userdata) {
        char s[FIELD_NAME_MAX + 1];

        require(name.len >= 1 && name.len <= FIELD_NAME_MAX, NULL);
        memcpy(s, name.data, name.len);
        s[name.len] = 0;
        return fields_get(userdata, s);
}

/* Nine headers, some of them folded, then the empty line; nothing but ASCII and no bare end of line. */
static void require_headers(View mail) {
        static const char *const names[] = {
                "Date: ", "From: ", "To: ", "Subject: ", "Message-ID: ", "Auto-Submitted: ", "MIME-Version: ", "Content-Type: ", "Content-Transfer-Encoding: ",
        };
        size_t n = 0;

        for (;;) {
                const uint8_t *end = memmem(mail.data, mail.len, "\r\n", 2);
                size_t len = end ? (size_t) (end - mail.data) : 0;

                require(end && len <= 998);
                for (size_t i = 0; i < len; i++)
                        require((mail.data[i] >= 0x20 || mail.data[i] == '\t') && mail.data[i] < 0x7f);
                if (len == 0)
                        break;
                if (mail.data[0] != ' ') {
                        require(n < ELEMENTSOF(names) && len > strlen(names[n]) && memcmp(mail.data, names[n], strlen(names[n])) == 0);
                        n++;
                }
                mail = VIEW(end + 2, mail.len - len - 2);
        }
        require(n == ELEMENTSOF(names));
}

static void try_mail(View filled) {
        Mail mail = { .id = "1", .from_name = "Sygnet", .from = "seal@example.com", .to = "anna@example.com" };
        _cleanup_text_ Text t = { 0 };
        int r;

        if (template_split_mail(filled, &mail.subject, &mail.body) < 0)
                return;
        r = mail_compose(&mail, "\r\n", &t);
        require(r == 0);
        require_headers(text_view(&t));
}

static void try_sms(View filled) {
        _cleanup_text_ Text t = { 0 };
        View line;
        bool ucs2;

        if (template_one_line(filled, &line) >= 0 && sms_fit(line, &t) >= 0)
                require(sms_parts(text_view(&t), &ucs2) <= SMS_PARTS_MAX && !memchr(text_view(&t).data, '\n', t.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
        _cleanup_fields_ Fields fields = { 0 };
        _cleanup_text_ Text filled = { 0 };
        const char *problem = NULL;
        TemplateProblem p;

        if (!end || size > TEMPLATE_SIZE_MAX)
                return 0;
        if (fields_parse(VIEW(data, (size_t) (end - data)), &fields, &problem) < 0) {
                require(problem, 0);
                return 0;
        }
        require(text_new(TEMPLATE_FILLED_MAX, &filled) == 0, 0);
        if (template_fill(VIEW(end + 1, size - (size_t) (end + 1 - data)), lookup, &fields, NULL, &filled, &p) < 0)
                return 0;
        try_mail(text_view(&filled));
        try_sms(text_view(&filled));
        return 0;
}
