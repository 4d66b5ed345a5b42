/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The configuration; see settings.h. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/conf.h"
#include "base/utf8.h"
#include "courier/address.h"
#include "courier/gateway.h"
#include "courier/settings.h"

#define CONF_SIZE_MAX (256U * 1024U)

/* --- Values ------------------------------------------------------------------------------------------------------- */

/* The place of `value` in a NULL-terminated list of words. */
static int word_index(const char *value, const char *const *words) {
        for (int i = 0; words[i]; i++)
                if (strcmp(words[i], value) == 0)
                        return i;
        return -EINVAL;
}

static int conf_security(const char *value, void *target) {
        int i = word_index(value, (const char *const[]) { "starttls", "tls", NULL });

        if (i >= 0)
                *(MailSecurity *) target = (MailSecurity) i;
        return i < 0 ? i : 0;
}

static int conf_method(const char *value, void *target) {
        int i = word_index(value, (const char *const[]) { "none", "modemmanager", "http", "program", NULL });

        if (i >= 0)
                *(SmsMethod *) target = (SmsMethod) i;
        return i < 0 ? i : 0;
}

static int conf_form(const char *value, void *target) {
        int i = word_index(value, (const char *const[]) { "application/x-www-form-urlencoded", "application/json", "text/plain", NULL });

        if (i >= 0)
                *(BodyForm *) target = (BodyForm) i;
        return i < 0 ? i : 0;
}

static int conf_http_method(const char *value, void *target) {
        return word_index(value, (const char *const[]) { "GET", "POST", "PUT", NULL }) < 0 ? -EINVAL : conf_string(value, target);
}

/* One line of text that is not empty. */
static int conf_text(const char *value, void *target) {
        return *value && strlen(value) <= 4096 && utf8_is_printable(value) ? conf_string(value, target) : -EINVAL;
}

static int conf_path(const char *value, void *target) {
        return *value == '/' ? conf_text(value, target) : -EINVAL;
}

/* Always TLS: passwords and codes go this way. */
static int conf_url(const char *value, void *target) {
        return strncmp(value, "https://", strlen("https://")) == 0 && value[strlen("https://")] && !strchr(value, ' ') ? conf_text(value, target) : -EINVAL;
}

/* A host name or an address; goes into a URL. */
static int conf_host(const char *value, void *target) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]";

        return strlen(value) <= 253 && strspn(value, allowed) == strlen(value) ? conf_text(value, target) : -EINVAL;
}

static int conf_port(const char *value, void *target) {
        unsigned port;

        if (conf_unsigned(value, &port) < 0 || port < 1 || port > 65535)
                return -EINVAL;
        *(unsigned *) target = port;
        return 0;
}

static int conf_from(const char *value, void *target) {
        MailSettings *m = target;
        char *name, *address;
        int r;

        r = mail_address_split(value, &name, &address);
        if (r < 0)
                return r;
        free(m->from_name);
        free(m->from);
        m->from_name = name;
        m->from = address;
        return 0;
}

/* May come several times. */
static int conf_header(const char *value, void *target) {
        SmsHeaders *h = target;
        const char *colon = strchr(value, ':');

        if (h->n == HEADERS_MAX || !colon || colon == value || memchr(value, ' ', (size_t) (colon - value)))
                return -EINVAL;
        return conf_text(value, &h->lines[h->n]) < 0 ? -EINVAL : (int) (h->n++, 0);
}

static int conf_statuses(const char *value, void *target) {
        SmsStatuses s = { 0 };

        while (*value) {
                char *end;
                unsigned long n = strtoul(value, &end, 10);

                if (end == value || n < 200 || n > 399 || s.n == STATUSES_MAX || (*end && *end != ' '))
                        return -EINVAL;
                s.codes[s.n++] = (unsigned) n;
                value = end + strspn(end, " ");
        }
        *(SmsStatuses *) target = s;
        return s.n > 0 ? 0 : -EINVAL;
}

/* --- The whole ---------------------------------------------------------------------------------------------------- */

/* What contradicts itself or lacks something; NULL for nothing. */
static const char *find_mail_problem(MailSettings *m) {
        if (m->server && m->sendmail)
                return "[Mail] has both Server= and Sendmail=; one of them is meant.";
        if ((m->server || m->sendmail) && !m->from)
                return "[Mail] has no From=, the address that messages come from.";
        if (!m->server && !m->sendmail && (m->from || m->user || m->ca_file || m->port))
                return "[Mail] has neither Server= nor Sendmail=.";
        if (m->sendmail && (m->user || m->ca_file || m->port))
                return "[Mail] has Sendmail=; User=, CAFile= and Port= are for Server=.";
        if (m->server && m->port == 0)
                m->port = m->security == MAIL_TLS ? 465 : 587;
        return NULL;
}

static const char *find_sms_problem(SmsSettings *s) {
        if (s->method != SMS_HTTP && (s->url || s->http_method || s->headers.n > 0 || s->body || s->user || s->ca_file || s->success.n > 0))
                return "[SMS] has settings of a gateway without Method=http.";
        if (s->method != SMS_MODEMMANAGER && s->modem)
                return "[SMS] has Modem= without Method=modemmanager.";
        if ((s->method == SMS_PROGRAM) != (s->program != NULL))
                return "[SMS] Method=program and Program= belong together.";
        if (s->method != SMS_HTTP)
                return NULL;
        if (!s->url)
                return "[SMS] Method=http has no URL=.";
        if (!s->http_method && !(s->http_method = strdup("POST")))
                return "There is no memory.";
        if ((strcmp(s->http_method, "GET") == 0) == (s->body != NULL))
                return "[SMS] POST and PUT have a Body=, GET has none.";
        return NULL;
}

static int check(const char *path, CourierSettings *s, char ret_problem[static DELIVERY_REASON_MAX]) {
        const char *wrong = find_mail_problem(&s->mail) ?: find_sms_problem(&s->sms);

        if (wrong) {
                (void) snprintf(ret_problem, DELIVERY_REASON_MAX, "%.200s: %s", path, wrong);
                return -EINVAL;
        }
        return s->sms.method == SMS_HTTP ? gateway_check(path, &s->sms, ret_problem) : 0;
}

int courier_settings_parse(const char *path, View text, CourierSettings *ret, char ret_problem[static DELIVERY_REASON_MAX]) {
        _cleanup_settings_ CourierSettings s = { 0 };
        const ConfKey keys[] = {
                { "Mail", "Server", conf_host, &s.mail.server },
                { "Mail", "Port", conf_port, &s.mail.port },
                { "Mail", "Security", conf_security, &s.mail.security },
                { "Mail", "User", conf_text, &s.mail.user },
                { "Mail", "From", conf_from, &s.mail },
                { "Mail", "CAFile", conf_path, &s.mail.ca_file },
                { "Mail", "Sendmail", conf_path, &s.mail.sendmail },
                { "SMS", "Method", conf_method, &s.sms.method },
                { "SMS", "Modem", conf_text, &s.sms.modem },
                { "SMS", "URL", conf_url, &s.sms.url },
                { "SMS", "HTTPMethod", conf_http_method, &s.sms.http_method },
                { "SMS", "Header", conf_header, &s.sms.headers },
                { "SMS", "ContentType", conf_form, &s.sms.form },
                { "SMS", "Body", conf_text, &s.sms.body },
                { "SMS", "Success", conf_statuses, &s.sms.success },
                { "SMS", "User", conf_text, &s.sms.user },
                { "SMS", "CAFile", conf_path, &s.sms.ca_file },
                { "SMS", "Program", conf_path, &s.sms.program },
        };
        unsigned line;
        int r;

        ret_problem[0] = 0;
        r = conf_parse(text, keys, ELEMENTSOF(keys), &line);
        if (r < 0)
                (void) snprintf(ret_problem, DELIVERY_REASON_MAX, "%.200s, line %u: not a section, setting or value of courier.conf(5).", path, line);
        else
                r = check(path, &s, ret_problem);
        if (r < 0)
                return r;
        *ret = s;
        s = (CourierSettings) { 0 };
        return 0;
}

int courier_settings_read(const char *path, CourierSettings *ret, char ret_problem[static DELIVERY_REASON_MAX]) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r;

        r = read_file(path, CONF_SIZE_MAX, &text);
        if (r < 0 && r != -ENOENT) {
                (void) snprintf(ret_problem, DELIVERY_REASON_MAX, "%.200s cannot be read: %s.", path, strerror(-r));
                return r;
        }
        return courier_settings_parse(path, bytes_view(&text), ret, ret_problem);
}

void courier_settings_done(CourierSettings *s) {
        free(s->mail.server);
        free(s->mail.user);
        free(s->mail.from_name);
        free(s->mail.from);
        free(s->mail.ca_file);
        free(s->mail.sendmail);
        free(s->sms.modem);
        free(s->sms.url);
        free(s->sms.http_method);
        for (size_t i = 0; i < s->sms.headers.n; i++)
                free(s->sms.headers.lines[i]);
        free(s->sms.body);
        free(s->sms.user);
        free(s->sms.ca_file);
        free(s->sms.program);
        *s = (CourierSettings) { 0 };
}

bool courier_settings_have(const CourierSettings *s, Channel channel) {
        return channel == CHANNEL_MAIL ? s->mail.server || s->mail.sendmail : s->sms.method != SMS_NONE;
}
