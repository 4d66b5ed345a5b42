/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Attempts to hand a message over; see attempt.h. */

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"
#include "courier/address.h"
#include "courier/attempt.h"
#include "courier/fields.h"
#include "courier/gateway.h"
#include "courier/mail.h"
#include "courier/modem.h"
#include "courier/program.h"
#include "courier/settings.h"
#include "courier/sms-text.h"
#include "courier/smtp.h"
#include "courier/template.h"

bool attempt_is_configured(const CourierPlaces *places, Channel channel, char ret_reason[static DELIVERY_REASON_MAX]) {
        _cleanup_settings_ CourierSettings settings = { 0 };

        return courier_settings_read(places->conf, &settings, ret_reason) >= 0 && courier_settings_have(&settings, channel);
}

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

void attempt_run(Delivery *d) {
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
