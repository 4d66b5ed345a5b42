/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deliveries; see delivery.h. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "courier/address.h"
#include "courier/delivery.h"
#include "courier/fields.h"
#include "courier/gateway.h"
#include "courier/mail.h"
#include "courier/modem.h"
#include "courier/program.h"
#include "courier/settings.h"
#include "courier/sms-text.h"
#include "courier/smtp.h"
#include "courier/template.h"

#define ID_MAX 64U
#define TEMPLATE_NAME_MAX 40U
#define LANGUAGE_MAX 8U
#define RECIPIENT_MAX 320U

static const char *const channels[_CHANNEL_MAX] = {
        [CHANNEL_MAIL] = "mail",
        [CHANNEL_SMS] = "sms",
};

const char *channel_to_string(Channel c) {
        return c >= 0 && c < _CHANNEL_MAX ? channels[c] : NULL;
}

Channel channel_from_string(const char *s) {
        for (int c = 0; c < _CHANNEL_MAX; c++)
                if (strcmp(channels[c], s) == 0)
                        return (Channel) c;
        return CHANNEL_INVALID;
}

uint64_t delivery_now(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000 + (uint64_t) t.tv_nsec / 1000;
}

int delivery_time_left(const Delivery *d) {
        uint64_t now = delivery_now();

        return atomic_load(&d->places->stopping) || now >= d->deadline ? 0 : (int) ((d->deadline - now + 999) / 1000);
}

void delivery_fail(Delivery *d, DeliveryOutcome outcome, const char *format, ...) {
        va_list ap;

        if (d->outcome != DELIVERY_DONE)
                return;
        d->outcome = outcome;
        va_start(ap, format);
        (void) vsnprintf(d->reason, sizeof(d->reason), format, ap);
        va_end(ap);
}

/* Words that become part of headers and paths: nothing but these characters, and not only dots. */
static bool is_word(const char *s, size_t max, const char *more) {
        static const char basic[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
        size_t n = strlen(s);

        if (n < 1 || n > max)
                return false;
        for (size_t i = 0; i < n; i++)
                if (!strchr(basic, s[i]) && !strchr(more, s[i]))
                        return false;
        return true;
}

int delivery_new(const CourierPlaces *places, const char *id, const char *channel, const char *recipient, const char *template,
                 const char *language, Secret *fields, Delivery **ret) {
        _cleanup_(delivery_freep) Delivery *d = NULL;
        Channel c = channel_from_string(channel);

        if (c == CHANNEL_INVALID || !is_word(id, ID_MAX, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.") || !is_word(template, TEMPLATE_NAME_MAX, "") ||
            !is_word(language, LANGUAGE_MAX, "") || strlen(recipient) > RECIPIENT_MAX)
                return -EINVAL;
        d = calloc(1, sizeof(*d));
        if (!d)
                return -ENOMEM;
        d->places = places;
        d->channel = c;
        d->deadline = delivery_now() + (uint64_t) DELIVERY_SECONDS * 1000000;
        d->id = strdup(id);
        d->recipient = strdup(recipient);
        d->template = strdup(template);
        d->language = strdup(language);
        if (!d->id || !d->recipient || !d->template || !d->language)
                return -ENOMEM;
        d->fields = fields;
        *ret = TAKE_PTR(d);
        return 0;
}

Delivery *delivery_free(Delivery *d) {
        if (!d)
                return NULL;
        free(d->id);
        free(d->recipient);
        free(d->template);
        free(d->language);
        secret_free(d->fields);
        free(d);
        return NULL;
}

bool delivery_channel_is_configured(const CourierPlaces *places, Channel channel, char ret_reason[static DELIVERY_REASON_MAX]) {
        _cleanup_settings_ CourierSettings settings = { 0 };

        return courier_settings_read(places->conf, &settings, ret_reason) >= 0 && courier_settings_have(&settings, channel);
}

/* --- The attempt -------------------------------------------------------------------------------------------------- */

static void send_mail(Delivery *d, const MailSettings *settings, View filled) {
        Mail mail = { .id = d->id, .from_name = settings->from_name, .from = settings->from, .to = d->recipient, .date = time(NULL) };
        _cleanup_text_ Text message = { 0 };
        int r;

        if (!mail_address_is_valid(d->recipient)) {
                delivery_fail(d, DELIVERY_E_REFUSED, "The recipient's e-mail address is not one that mail can be sent to.");
                return;
        }
        r = template_split_mail(filled, &mail.subject, &mail.body);
        if (r >= 0)
                r = mail_compose(&mail, settings->sendmail ? "\n" : "\r\n", &message);
        if (r < 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The mail cannot be made: %s.", strerror(-r));
        else if (settings->sendmail)
                program_run(d, (const char *const[]) { settings->sendmail, "-i", "-f", settings->from, "--", d->recipient, NULL }, text_view(&message));
        else
                smtp_send(d, settings, d->recipient, text_view(&message));
}

static int run_sms_program(Delivery *d, const char *program, const char *number, View text) {
        _cleanup_text_ Text input = { 0 };
        int r;

        r = text_new(strlen(number) + text.len + 2, &input);
        if (r >= 0)
                r = text_append_string(&input, number);
        if (r >= 0)
                r = text_append_byte(&input, '\n');
        if (r >= 0)
                r = text_append(&input, text);
        if (r >= 0)
                r = text_append_byte(&input, '\n');
        if (r >= 0)
                program_run(d, (const char *const[]) { program, NULL }, text_view(&input));
        return r;
}

static void send_sms(Delivery *d, const SmsSettings *settings, View filled) {
        _cleanup_text_ Text text = { 0 };
        char number[PHONE_MAX];
        View line;
        int r;

        if (phone_normalize(d->recipient, number) < 0) {
                delivery_fail(d, DELIVERY_E_REFUSED, "The recipient's phone number is not one that an SMS can be sent to.");
                return;
        }
        r = template_one_line(filled, &line);
        if (r >= 0)
                r = sms_fit(line, &text);
        if (r == -E2BIG) {
                delivery_fail(d, DELIVERY_E_INVALID, "The text takes more than %u SMS. Shorten the template.", SMS_PARTS_MAX);
                return;
        }
        if (r >= 0 && settings->method == SMS_MODEMMANAGER)
                modem_send(d, settings->modem, number, text_view(&text));
        else if (r >= 0 && settings->method == SMS_HTTP)
                gateway_send(d, settings, number, text_view(&text));
        else if (r >= 0)
                r = run_sms_program(d, settings->program, number, text_view(&text));
        if (r < 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The SMS cannot be made: %s.", strerror(-r));
}

static void render_and_send(Delivery *d, const CourierSettings *settings) {
        _cleanup_fields_ Fields fields = { 0 };
        _cleanup_text_ Text filled = { 0 };
        const char *problem = NULL;
        char host[256] = "";
        int r;

        r = fields_parse(secret_view(d->fields), &fields, &problem);
        if (r < 0)
                delivery_fail(d, r == -EBADMSG ? DELIVERY_E_INVALID : DELIVERY_E_TEMPORARY, "%s", r == -EBADMSG ? problem : strerror(-r));
        if (r >= 0 && gethostname(host, sizeof(host) - 1) == 0 && utf8_is_printable(host))
                fields_set_default(&fields, "host", host);
        if (r < 0 || template_render(d, &fields, &filled) < 0)
                return;
        if (d->channel == CHANNEL_MAIL)
                send_mail(d, &settings->mail, text_view(&filled));
        else
                send_sms(d, &settings->sms, text_view(&filled));
}

void delivery_run(Delivery *d) {
        _cleanup_settings_ CourierSettings settings = { 0 };
        char problem[DELIVERY_REASON_MAX];

        if (delivery_time_left(d) == 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The message's turn did not come in time: others take long.");
        else if (courier_settings_read(d->places->conf, &settings, problem) < 0)
                delivery_fail(d, DELIVERY_E_NOT_CONFIGURED, "%s", problem);
        else if (!courier_settings_have(&settings, d->channel))
                delivery_fail(d, DELIVERY_E_NOT_CONFIGURED, "No %s is configured on this machine. See courier.conf(5).", channel_to_string(d->channel));
        else
                render_and_send(d, &settings);
}
