/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* HTTP for what certificates point to; see fetch.h. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "client/client.h"
#include "client/curl-library.h"
#include "client/fetch.h"
#include "config.h"

#define CONNECT_SECONDS 10L
#define REDIRECTIONS_MAX 5L

typedef struct Transfer {
        CURL *curl;
        struct curl_slist *headers;
        const char *scheme; /* the one that is allowed */
        char host[128];     /* for sentences */
        Bytes received;
        size_t size_max;
        int error; /* what on_data() stopped for */
} Transfer;

static void transfer_done(Transfer *t) {
        if (t->curl)
                curl_easy_cleanup(t->curl);
        if (t->headers)
                curl_slist_free_all(t->headers);
        bytes_done(&t->received);
}

/* Sets the sentence and gives the error back. */
__attribute__((format(printf, 3, 4))) static int problem(int error, char **ret_problem, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        if (ret_problem)
                *ret_problem = n < 0 ? NULL : utf8_sanitize(view_string(text));
        return error;
}

/* "http" or "https", whatever its case; NULL for anything else, spaces and control characters too. */
static const char *scheme_of(const char *url) {
        static const char *const schemes[] = { "http", "https" };

        for (const char *p = url; *p; p++)
                if ((unsigned char) *p <= ' ' || (unsigned char) *p >= 0x7f)
                        return NULL;
        for (size_t i = 0; i < ELEMENTSOF(schemes); i++) {
                size_t n = strlen(schemes[i]);

                if (strncasecmp(url, schemes[i], n) == 0 && strncmp(url + n, "://", 3) == 0)
                        return schemes[i];
        }
        return NULL;
}

bool fetch_is_address(const char *url) {
        return scheme_of(url) && strlen(url) <= FETCH_URL_MAX;
}

/* The rest of an address may hold what is nobody's business. */
static void host_of(const char *url, char ret[static 128]) {
        const char *host = strstr(url, "://") + 3, *at;
        size_t n = strcspn(host, "/?#");

        at = memrchr(host, '@', n);
        if (at) {
                n -= (size_t) (at + 1 - host);
                host = at + 1;
        }
        (void) snprintf(ret, 128, "%.*s", (int) (n < 100 ? n : 100), host);
}

static size_t on_data(char *data, size_t size, size_t n, void *userdata) {
        Transfer *t = userdata;
        size_t len = size * n;

        t->error = len > t->size_max - t->received.len ? -EFBIG : bytes_append(&t->received, data, len);
        return t->error < 0 ? 0 : len;
}

static int append_header(Transfer *t, const char *name, const char *value) {
        _cleanup_free_ char *line = NULL;
        struct curl_slist *longer;

        if (asprintf(&line, "%s:%s%s", name, *value ? " " : "", value) < 0)
                return -ENOMEM;
        longer = curl_slist_append(t->headers, line);
        if (!longer)
                return -ENOMEM;
        t->headers = longer;
        return 0;
}

static int set_body(Transfer *t, const FetchParams *params) {
        int r;

        if (!params->content_type)
                return 0;
        r = append_header(t, "Content-Type", params->content_type);
        if (r >= 0)
                r = append_header(t, "Expect", ""); /* no "100 Continue" to wait for */
        if (r < 0)
                return r;
        curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
        curl_easy_setopt(t->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) params->body.len);
        curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, (const char *) params->body.data);
        curl_easy_setopt(t->curl, CURLOPT_POSTREDIR, (long) CURL_REDIR_POST_ALL);
        return 0;
}

/* curl takes a copy of its own. */
static int set_account(const Transfer *t, const FetchParams *params) {
        _cleanup_secret_ Secret *password = NULL;
        size_t len = params->password ? secret_len(params->password) : 0;
        int r;

        if (!params->user)
                return 0;
        r = secret_new(len + 1, &password);
        if (r < 0)
                return r;
        if (len > 0)
                memcpy(secret_data(password), secret_view(params->password).data, len);
        curl_easy_setopt(t->curl, CURLOPT_HTTPAUTH, strcmp(t->scheme, "https") == 0 ? (long) CURLAUTH_BASIC : (long) CURLAUTH_DIGEST);
        curl_easy_setopt(t->curl, CURLOPT_USERNAME, params->user);
        curl_easy_setopt(t->curl, CURLOPT_PASSWORD, (const char *) secret_data(password));
        return 0;
}

static int set_options(Transfer *t, const char *url, const FetchParams *params) {
        CURL *curl = t->curl;
        int r;

        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, t->scheme);
        curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, t->scheme);
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTIONS_MAX);
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long) (params->timeout_s ?: FETCH_TIMEOUT_S));
        curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) t->size_max);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
        curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "sygnet/" SYGNET_VERSION);
#if CURL_AT_LEAST_VERSION(7, 87, 0)
        /* A resolver that hangs is left behind rather than waited for. */
        curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
#endif
        r = set_account(t, params);
        return r < 0 ? r : set_body(t, params);
}

static int judge(const Transfer *t, CURLcode code, char **ret_problem) {
        long status = 0;

        switch (t->error == -EFBIG ? CURLE_FILESIZE_EXCEEDED : code) {
        case CURLE_OK:
                curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
                if (status == 200)
                        return 0;
                if (status == 401 || status == 407)
                        return problem(-EPROTO, ret_problem, _("%s wants a user and a password that it accepts."), t->host);
                return problem(-EPROTO, ret_problem, _("%s does not have it: it answers with status %ld."), t->host, status);
        case CURLE_FILESIZE_EXCEEDED:
                return problem(-EFBIG, ret_problem, _("%s sends more than is taken."), t->host);
        case CURLE_OPERATION_TIMEDOUT:
                return problem(-ETIMEDOUT, ret_problem, _("%s did not answer in time."), t->host);
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
                return problem(-EHOSTUNREACH, ret_problem, _("The name of %s cannot be found. Is there a network?"), t->host);
        case CURLE_COULDNT_CONNECT:
                return problem(-EHOSTUNREACH, ret_problem, _("%s cannot be reached: nothing answers there."), t->host);
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CONNECT_ERROR:
                return problem(-EHOSTUNREACH, ret_problem, _("%s does not prove by TLS that it is that server."), t->host);
        case CURLE_URL_MALFORMAT:
                return problem(-EINVAL, ret_problem, _("The address is malformed."));
        case CURLE_UNSUPPORTED_PROTOCOL:
                return problem(-EPROTO, ret_problem, _("%s leads to an address of another kind, which is not followed."), t->host);
        case CURLE_TOO_MANY_REDIRECTS:
                return problem(-EPROTO, ret_problem, _("%s leads from one address to the next without end."), t->host);
        case CURLE_OUT_OF_MEMORY:
                return -ENOMEM;
        default:
                return t->error < 0 ? t->error : problem(-EPROTO, ret_problem, _("%s broke off: %s."), t->host, curl_easy_strerror(code));
        }
}

int fetch_url(const char *url, const FetchParams *params, Bytes *ret, char **ret_problem) {
        static const FetchParams defaults = { 0 };
        _cleanup_(transfer_done) Transfer t = { 0 };
        int r;

        if (ret_problem)
                *ret_problem = NULL;
        if (!params)
                params = &defaults;
        t.scheme = scheme_of(url);
        if (!fetch_is_address(url))
                return problem(-EINVAL, ret_problem, _("Only http and https addresses are fetched."));
        host_of(url, t.host);
        t.size_max = params->size_max ?: FETCH_SIZE_MAX;
        r = curl_library_load();
        if (r < 0)
                return problem(r, ret_problem, _("libcurl is not installed, which fetches what is on the network."));
        t.curl = curl_easy_init();
        r = t.curl ? set_options(&t, url, params) : -ENOMEM;
        if (r >= 0)
                r = judge(&t, curl_easy_perform(t.curl), ret_problem);
        if (r >= 0)
                *ret = bytes_take(&t.received);
        return r;
}
