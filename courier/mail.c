/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Mails; see mail.h. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "courier/mail-encoding.h"
#include "courier/mail.h"

#define MAIL_SIZE_MAX (256U * 1024U)

/* RFC 5322 section 3.3, whatever the locale. */
static int append_date(int64_t date, Text *out) {
        static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        time_t t = (time_t) date;
        char text[80];
        struct tm tm;

        if (!gmtime_r(&t, &tm))
                return -EINVAL;
        (void) snprintf(text, sizeof(text), "%.3s, %d %.3s %04d %02d:%02d:%02d +0000", days + tm.tm_wday * 3, tm.tm_mday, months + tm.tm_mon * 3,
                        tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
        return text_append_string(out, text);
}

/* Appends strings up to a NULL. */
static int append_all(Text *out, const char *const *strings) {
        int r = 0;

        for (size_t i = 0; r >= 0 && strings[i]; i++)
                r = text_append_string(out, strings[i]);
        return r;
}

static int append_from(const Mail *mail, const char *eol, Text *out) {
        size_t before = out->len;
        int r = text_append_string(out, "From: ");

        if (r >= 0 && mail->from_name) {
                bool one_line;

                r = mail_encode_name(mail->from_name, strlen("From: "), eol, out);
                one_line = out->len - before + strlen(mail->from) + strlen(" <>") <= 76;
                if (r >= 0)
                        r = append_all(out, (const char *const[]) { one_line ? "" : eol, " ", NULL });
        }
        return r < 0 ? r : append_all(out, (const char *const[]) { "<", mail->from, ">", eol, NULL });
}

static int append_headers(const Mail *mail, MailEncoding encoding, const char *eol, Text *out) {
        int r;

        r = text_append_string(out, "Date: ");
        if (r >= 0)
                r = append_date(mail->date, out);
        if (r >= 0)
                r = text_append_string(out, eol);
        if (r >= 0)
                r = append_from(mail, eol, out);
        if (r >= 0)
                r = append_all(out, (const char *const[]) { "To: <", mail->to, ">", eol, "Subject: ", NULL });
        if (r >= 0)
                r = mail_encode_header(mail->subject, strlen("Subject: "), eol, out);
        if (r < 0)
                return r;
        return append_all(out, (const char *const[]) {
                eol, "Message-ID: <", mail->id, "@", strchr(mail->from, '@') + 1, ">", eol,
                "Auto-Submitted: auto-generated", eol,
                "MIME-Version: 1.0", eol,
                "Content-Type: text/plain; charset=utf-8", eol,
                "Content-Transfer-Encoding: ", mail_encoding_to_string(encoding), eol, eol, NULL });
}

int mail_compose(const Mail *mail, const char *eol, Text *ret) {
        MailEncoding encoding = mail_encoding_choose(mail->body);
        _cleanup_text_ Text t = { 0 };
        int r;

        if (mail->subject.len == 0 || memchr(mail->subject.data, '\n', mail->subject.len) || memchr(mail->subject.data, '\r', mail->subject.len))
                return -EINVAL;
        r = text_new(MAIL_SIZE_MAX, &t);
        if (r >= 0)
                r = append_headers(mail, encoding, eol, &t);
        if (r >= 0)
                r = mail_encode_body(encoding, mail->body, eol, &t);
        if (r < 0)
                return r;
        *ret = t;
        t = (Text) { 0 };
        return 0;
}
