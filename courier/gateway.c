/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* HTTP gateways for SMS; see gateway.h. Redirections are not followed: a code goes where the administrator said and nowhere else. */

#include <errno.h>
#include <string.h>

#include "courier/gateway.h"
#include "courier/password.h"
#include "courier/template.h"
#include "courier/transfer.h"

#define REQUEST_MAX 16384U

typedef struct Values {
        const char *number, *text, *user, *password;
} Values;

/* What a request is made of, filled. */
typedef struct Request {
        Text url, body;
        Text headers[HEADERS_MAX];
} Request;

/* --- Escapes and names -------------------------------------------------------------------------------------------- */

int gateway_escape_url(Text *t, const char *value) {
        static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", digits[] = "0123456789ABCDEF";
        int r = 0;

        for (; r >= 0 && *value; value++) {
                unsigned char c = (unsigned char) *value;

                if (strchr(unreserved, c))
                        r = text_append_byte(t, (char) c);
                else
                        r = text_append(t, VIEW(((const char[]) { '%', digits[c >> 4], digits[c & 15] }), 3));
        }
        return r;
}

int gateway_escape_json(Text *t, const char *value) {
        int r = 0;

        for (; r >= 0 && *value; value++) {
                static const char digits[] = "0123456789abcdef";
                unsigned char c = (unsigned char) *value;

                if (c == '"' || c == '\\')
                        r = text_append(t, VIEW(((const char[]) { '\\', (char) c }), 2));
                else if (c < 0x20 || c == 0x7f)
                        r = text_append(t, VIEW(((const char[]) { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 15] }), 6));
                else
                        r = text_append_byte(t, (char) c);
        }
        return r;
}

static const char *lookup(View name, const void *userdata) {
        const Values *v = userdata;
        const struct {
                const char *name, *value;
        } known[] = {
                { "number", v->number }, { "digits", *v->number == '+' ? v->number + 1 : v->number }, { "text", v->text },
                { "user", v->user }, { "password", v->password },
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (view_equal(name, view_string(known[i].name)))
                        return known[i].value;
        return NULL;
}

/* --- The request -------------------------------------------------------------------------------------------------- */

static void request_done(Request *q) {
        text_done(&q->url);
        text_done(&q->body);
        for (size_t i = 0; i < HEADERS_MAX; i++)
                text_done(&q->headers[i]);
}

static int fill(const char *template, TemplateEscape escape, const Values *values, Text *ret, TemplateProblem *p) {
        int r = text_new(REQUEST_MAX, ret);

        return r < 0 ? r : template_fill(view_string(template), lookup, values, escape, ret, p);
}

static int make_request(const SmsSettings *s, const Values *values, Request *ret, const char **ret_key, TemplateProblem *p) {
        static const TemplateEscape escapes[] = { [BODY_FORM] = gateway_escape_url, [BODY_JSON] = gateway_escape_json, [BODY_TEXT] = NULL };
        int r;

        *ret_key = "URL=";
        r = fill(s->url, gateway_escape_url, values, &ret->url, p);
        if (r >= 0 && s->body) {
                *ret_key = "Body=";
                r = fill(s->body, escapes[s->form], values, &ret->body, p);
        }
        for (size_t i = 0; r >= 0 && i < s->headers.n; i++) {
                *ret_key = "Header=";
                r = fill(s->headers.lines[i], NULL, values, &ret->headers[i], p);
        }
        return r;
}

int gateway_check(const char *path, const SmsSettings *settings, char ret_problem[static DELIVERY_REASON_MAX]) {
        static const Values values = { .number = "+48", .text = "text", .user = "user", .password = "password" };
        _cleanup_(request_done) Request request = { 0 };
        TemplateProblem p = { 0 };
        const char *key;
        int r;

        r = make_request(settings, &values, &request, &key, &p);
        if (r < 0)
                (void) snprintf(ret_problem, DELIVERY_REASON_MAX, "%.200s: [SMS] %s %s.", path, key, r == -EINVAL ? p.text : strerror(-r));
        return r;
}

/* --- Sending ------------------------------------------------------------------------------------------------------ */

static size_t pass_over(char *data, size_t size, size_t n, void *userdata) {
        const Delivery *d = userdata;

        if (d->tell)
                transfer_tell(d, "< %.*s", (int) (size * n < 300 ? size * n : 300), data);
        return size * n;
}

static bool is_success(const SmsStatuses *s, long status) {
        if (s->n == 0)
                return status >= 200 && status <= 299;
        for (size_t i = 0; i < s->n; i++)
                if ((long) s->codes[i] == status)
                        return true;
        return false;
}

static void judge(Delivery *d, CURL *curl, CURLcode code, const SmsSettings *s, const char *server) {
        long status = 0;

        (void) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        transfer_tell(d, "Status %ld", status);
        if (code != CURLE_OK) {
                if (!transfer_explain(d, curl, code, server, s->ca_file))
                        delivery_fail(d, DELIVERY_E_TEMPORARY, "The gateway %s broke off: %s.", server, curl_easy_strerror(code));
        } else if (is_success(&s->success, status)) {
                return;
        } else if (status == 401 || status == 403 || status == 407) {
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The gateway %s does not let this machine send (%ld). See the password sms-password.", server, status);
        } else if (status >= 400 && status <= 499 && status != 408 && status != 425 && status != 429) {
                delivery_fail(d, DELIVERY_E_REFUSED, "The gateway %s refuses the message (%ld).", server, status);
        } else {
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The gateway %s does not take the message now (%ld).", server, status);
        }
}

/* The host of the address, for sentences: the rest may hold a password. */
static void server_of(const char *url, char ret[static 128]) {
        const char *host = url + strlen("https://"), *at;
        size_t n = strcspn(host, "/?#");

        at = memrchr(host, '@', n);
        if (at) {
                n -= (size_t) (at + 1 - host);
                host = at + 1;
        }
        (void) snprintf(ret, 128, "%.*s", (int) (n < 100 ? n : 100), host);
}

static int append_header(struct curl_slist **list, const char *line) {
        struct curl_slist *longer = curl_slist_append(*list, line);

        if (!longer)
                return -ENOMEM;
        *list = longer;
        return 0;
}

static int set_headers(Request *q, const SmsSettings *s, struct curl_slist **list) {
        static const char *const types[] = {
                [BODY_FORM] = "Content-Type: application/x-www-form-urlencoded",
                [BODY_JSON] = "Content-Type: application/json",
                [BODY_TEXT] = "Content-Type: text/plain; charset=utf-8",
        };
        int r = s->body ? append_header(list, types[s->form]) : 0;

        for (size_t i = 0; r >= 0 && i < s->headers.n; i++) {
                const char *line;

                r = text_string(&q->headers[i], &line);
                if (r >= 0)
                        r = append_header(list, line);
        }
        /* No "100 Continue" to wait for. */
        return r < 0 ? r : append_header(list, "Expect:");
}

static int set_request(CURL *curl, Request *q, const SmsSettings *s, struct curl_slist **headers) {
        const char *url;
        int r;

        r = text_string(&q->url, &url);
        if (r >= 0)
                r = set_headers(q, s, headers);
        if (r < 0)
                return r;
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers);
        if (s->body) {
                curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) q->body.len);
                curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *) text_view(&q->body).data);
        }
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, s->http_method);
        return 0;
}

static void set_login(CURL *curl, const SmsSettings *s, const Values *values) {
        if (!s->user)
                return;
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long) CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, s->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, values->password ?: "");
}

static void transfer(Delivery *d, const SmsSettings *s, const Values *values) {
        _cleanup_(curl_easy_cleanupp) CURL *curl = transfer_new(d, s->ca_file);
        _cleanup_(request_done) Request request = { 0 };
        struct curl_slist *headers = NULL;
        TemplateProblem p = { 0 };
        const char *key = "URL=";
        char server[128];
        int r;

        server_of(s->url, server);
        transfer_tell(d, "Gateway %s, %s", server, s->http_method);
        r = curl ? make_request(s, values, &request, &key, &p) : -ENOMEM;
        if (r >= 0)
                r = set_request(curl, &request, s, &headers);
        if (r == -EINVAL)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The gateway cannot be called. [SMS] %s in courier.conf: %s.", key, p.text);
        else if (r < 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The gateway cannot be called: %s.", strerror(-r));
        if (r >= 0) {
                set_login(curl, s, values);
                curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, pass_over);
                curl_easy_setopt(curl, CURLOPT_WRITEDATA, d);
                judge(d, curl, curl_easy_perform(curl), s, server);
        }
        curl_slist_free_all(headers);
}

void gateway_send(Delivery *d, const SmsSettings *settings, const char *number, View text) {
        Values values = { .number = number, .user = settings->user };
        _cleanup_text_ Text message = { 0 }, word = { 0 };
        _cleanup_secret_ Secret *password = NULL;
        char problem[DELIVERY_REASON_MAX];
        int r;

        r = password_read(d->places, "sms-password", &password, problem);
        if (r < 0) {
                delivery_fail(d, DELIVERY_E_TEMPORARY, "%s", *problem ? problem : strerror(-r));
                return;
        }
        r = text_of_secret(text, &message);
        if (r >= 0)
                r = text_string(&message, &values.text);
        if (r >= 0 && secret_len(password) > 0) {
                r = text_of_secret(secret_view(password), &word);
                if (r >= 0)
                        r = text_string(&word, &values.password);
        }
        if (r < 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The message cannot be made: %s.", strerror(-r));
        else
                transfer(d, settings, &values);
}
