/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* SMTP; see smtp.h. What the server says is looked at for its code and the command it answers; its words are shown to an administrator who looks on
 * and to nobody else, since a server may repeat what it was sent. */

#include <errno.h>
#include <string.h>

#include "courier/password.h"
#include "courier/smtp.h"
#include "courier/transfer.h"

typedef struct Dialogue {
        Delivery *delivery;
        View mail;
        size_t sent;
        char command[16]; /* the last one that was sent */
        unsigned code;    /* of the last reply to it */
        bool over;        /* the rest is leave-taking */
} Dialogue;

/* --- libcurl's callbacks ------------------------------------------------------------------------------------------ */

static size_t read_mail(char *buffer, size_t size, size_t n, void *userdata) {
        Dialogue *g = userdata;
        size_t left = g->mail.len - g->sent, room = size * n, take = left < room ? left : room;

        memcpy(buffer, g->mail.data + g->sent, take);
        g->sent += take;
        return take;
}

static void on_reply(Dialogue *g, View line) {
        while (line.len > 0 && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r'))
                line.len--;
        if (g->over || line.len < 3 || strspn((const char *) line.data, "0123456789") < 3)
                return;
        g->code = (unsigned) ((line.data[0] - '0') * 100 + (line.data[1] - '0') * 10 + line.data[2] - '0');
        transfer_tell(g->delivery, "< %.*s", (int) (line.len < 200 ? line.len : 200), (const char *) line.data);
}

/* Keeps and shows the command's first word; what follows AUTH is a password in another form, and is a line of its own at times. */
static void on_command(Dialogue *g, View line) {
        static const char *const known[] = { "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA" };

        if (line.len >= 4 && strncasecmp((const char *) line.data, "QUIT", 4) == 0)
                g->over = true;

        for (size_t i = 0; i < ELEMENTSOF(known); i++) {
                size_t n = strlen(known[i]);

                if (line.len < n || strncasecmp((const char *) line.data, known[i], n) != 0)
                        continue;
                strcpy(g->command, known[i]);
                transfer_tell(g->delivery, "> %s", known[i]);
                return;
        }
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t size, void *userdata) {
        if (type == CURLINFO_HEADER_IN) {
                char line[256];
                size_t n = size < sizeof(line) - 1 ? size : sizeof(line) - 1;

                memcpy(line, data, n);
                line[n] = 0;
                on_reply(userdata, VIEW(line, n));
        } else if (type == CURLINFO_HEADER_OUT) {
                on_command(userdata, VIEW(data, size));
        }
        return 0;
}

/* --- The outcome -------------------------------------------------------------------------------------------------- */

static void explain_reply(Delivery *d, const Dialogue *g, const char *server) {
        bool permanent = g->code >= 500;

        if (strcmp(g->command, "AUTH") == 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "%s does not accept the user name or password (%u). See User= in courier.conf and the password smtp-password.",
                              server, g->code);
        else if (strcmp(g->command, "RCPT") == 0)
                delivery_fail(d, permanent ? DELIVERY_E_REFUSED : DELIVERY_E_TEMPORARY,
                              permanent ? "%s refuses the recipient (%u)." : "%s puts the recipient off (%u); greylisting does that, and full mailboxes.", server,
                              g->code);
        else if (strcmp(g->command, "DATA") == 0)
                delivery_fail(d, permanent ? DELIVERY_E_REFUSED : DELIVERY_E_TEMPORARY,
                              permanent ? "%s refuses the message (%u)." : "%s puts the message off (%u).", server, g->code);
        else if (strcmp(g->command, "MAIL") == 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "%s does not accept the sender (%u). See From= and User= in courier.conf.", server, g->code);
        else
                delivery_fail(d, DELIVERY_E_TEMPORARY, "%s does not go on (%u, after %s).", server, g->code, *g->command ? g->command : "connecting");
}

static void judge(Delivery *d, CURL *curl, CURLcode code, const Dialogue *g, const MailSettings *settings, const char *server) {
        if (code == CURLE_OK)
                return;
        if (code == CURLE_LOGIN_DENIED && strcmp(g->command, "AUTH") != 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "%s offers no way to log in that is known here. See User= in courier.conf.", server);
        else if (g->code >= 400 && code != CURLE_OPERATION_TIMEDOUT && code != CURLE_ABORTED_BY_CALLBACK)
                explain_reply(d, g, server);
        else if (!transfer_explain(d, curl, code, server, settings->ca_file))
                delivery_fail(d, DELIVERY_E_TEMPORARY, "%s broke off: %s.", server, curl_easy_strerror(code));
}

/* --- Sending ------------------------------------------------------------------------------------------------------ */

static int set_login(CURL *curl, Delivery *d, const MailSettings *settings) {
        _cleanup_secret_ Secret *password = NULL;
        _cleanup_text_ Text text = { 0 };
        char problem[DELIVERY_REASON_MAX];
        const char *s;
        int r;

        if (!settings->user)
                return 0;
        r = password_read(d->places, "smtp-password", &password, problem);
        if (r < 0) {
                delivery_fail(d, DELIVERY_E_TEMPORARY, "%s", *problem ? problem : strerror(-r));
                return r;
        }
        if (secret_len(password) == 0) {
                delivery_fail(d, DELIVERY_E_TEMPORARY, "There is a User= for mail but no password: smtp-password is neither a credential nor a file. See courier.conf(5).");
                return -ENOKEY;
        }
        r = text_of_secret(secret_view(password), &text);
        if (r >= 0)
                r = text_string(&text, &s);
        if (r < 0)
                return r;
        curl_easy_setopt(curl, CURLOPT_USERNAME, settings->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, s);
        return 0;
}

static void transfer(CURL *curl, Dialogue *g, const MailSettings *settings, const char *to, const char *server) {
        Delivery *d = g->delivery;
        _cleanup_free_ char *url = NULL, *from = NULL, *recipient = NULL;
        struct curl_slist *recipients = NULL;

        if (asprintf(&url, "%s://%s", settings->security == MAIL_TLS ? "smtps" : "smtp", server) < 0 || asprintf(&from, "<%s>", settings->from) < 0 ||
            asprintf(&recipient, "<%s>", to) < 0 || !(recipients = curl_slist_append(NULL, recipient))) {
                delivery_fail(d, DELIVERY_E_TEMPORARY, "There is no memory.");
                return;
        }
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
        curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t) g->mail.len);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_mail);
        curl_easy_setopt(curl, CURLOPT_READDATA, g);
        curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
        curl_easy_setopt(curl, CURLOPT_DEBUGDATA, g);
        curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
        judge(d, curl, curl_easy_perform(curl), g, settings, server);
        curl_slist_free_all(recipients);
}

void smtp_send(Delivery *d, const MailSettings *settings, const char *to, View mail) {
        _cleanup_(curl_easy_cleanupp) CURL *curl = transfer_new(d, settings->ca_file);
        Dialogue g = { .delivery = d, .mail = mail };
        _cleanup_free_ char *server = NULL;

        if (!curl || asprintf(&server, "%s:%u", settings->server, settings->port) < 0) {
                delivery_fail(d, DELIVERY_E_TEMPORARY, "There is no memory.");
                return;
        }
        transfer_tell(d, "Mail server %s, %s, %s", server, settings->security == MAIL_TLS ? "TLS from the start" : "STARTTLS",
                      settings->user ? "with a password" : "without a password");
        if (set_login(curl, d, settings) >= 0)
                transfer(curl, &g, settings, to, server);
        else
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The password cannot be used.");
}
