/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* courier.conf(5). No password is in it. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "courier/delivery.h"

#define HEADERS_MAX 16U
#define STATUSES_MAX 16U

typedef enum MailSecurity {
        MAIL_STARTTLS,
        MAIL_TLS,
} MailSecurity;

typedef enum SmsMethod {
        SMS_NONE,
        SMS_MODEMMANAGER,
        SMS_HTTP,
        SMS_PROGRAM,
} SmsMethod;

typedef enum BodyForm {
        BODY_FORM, /* application/x-www-form-urlencoded */
        BODY_JSON,
        BODY_TEXT,
} BodyForm;

typedef struct MailSettings {
        char *server;            /* NULL where sendmail is used, or there is no mail */
        unsigned port;
        MailSecurity security;
        char *user;
        char *from_name, *from;
        char *ca_file;
        char *sendmail;
} MailSettings;

typedef struct SmsHeaders {
        char *lines[HEADERS_MAX];
        size_t n;
} SmsHeaders;

typedef struct SmsStatuses {
        unsigned codes[STATUSES_MAX];
        size_t n; /* 0: 200 to 299 */
} SmsStatuses;

typedef struct SmsSettings {
        SmsMethod method;
        char *modem;             /* equipment identifier; NULL for the first that can send */
        char *url;
        char *http_method;       /* GET, POST or PUT */
        SmsHeaders headers;
        BodyForm form;
        char *body;
        SmsStatuses success;
        char *user;
        char *ca_file;
        char *program;
} SmsSettings;

typedef struct CourierSettings {
        MailSettings mail;
        SmsSettings sms;
} CourierSettings;

/* Reads and checks. -EINVAL or another errno with a sentence in `ret_problem`. A file that is not there configures nothing. */
int courier_settings_read(const char *path, CourierSettings *ret, char ret_problem[static DELIVERY_REASON_MAX]);

/* The same over a text in memory; `path` is for sentences only. */
int courier_settings_parse(const char *path, View text, CourierSettings *ret, char ret_problem[static DELIVERY_REASON_MAX]);

void courier_settings_done(CourierSettings *s);
#define _cleanup_settings_ _cleanup_(courier_settings_done)

bool courier_settings_have(const CourierSettings *s, Channel channel);
