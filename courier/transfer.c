/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Transfers by libcurl; see transfer.h. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/utf8.h"
#include "courier/transfer.h"

#define CONNECT_SECONDS 20L

int transfer_init(void) {
        return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -ENOMEM;
}

void transfer_tell(const Delivery *d, const char *format, ...) {
        _cleanup_free_ char *text = NULL, *shown = NULL;
        va_list ap;
        int n;

        if (!d->tell)
                return;
        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        shown = n < 0 ? NULL : utf8_sanitize(view_string(text));
        if (shown)
                printf("  %s\n", shown);
}

/* Called at least once a second: ends a transfer whose process ends. */
static int on_progress(void *userdata, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow) {
        const Delivery *d = userdata;

        return delivery_time_left(d) == 0;
}

CURL *transfer_new(Delivery *d, const char *ca_file) {
        CURL *curl = curl_easy_init();

        if (!curl)
                return NULL;
        /* Signals belong to the loop. A resolver that hangs is left behind rather than waited for. */
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
#if CURL_AT_LEAST_VERSION(7, 87, 0)
        curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
#endif
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long) delivery_time_left(d) ?: 1L);
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, d);
        curl_easy_setopt(curl, CURLOPT_USE_SSL, (long) CURLUSESSL_ALL);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
        curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
        curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
        if (ca_file) {
                curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
                curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
        }
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
        return curl;
}

/* --- What went wrong ---------------------------------------------------------------------------------------------- */

/* A line "name:value" of the server's own certificate, fit to be shown; empty where there is none. */
static void certificate_line(CURL *curl, const char *name, char ret[static 128]) {
        struct curl_certinfo *info = NULL;
        _cleanup_free_ char *shown = NULL;
        size_t n = strlen(name);

        ret[0] = 0;
        if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) != CURLE_OK || !info || info->num_of_certs < 1)
                return;
        for (struct curl_slist *l = info->certinfo[0]; l && !shown; l = l->next)
                if (strncmp(l->data, name, n) == 0 && l->data[n] == ':')
                        shown = utf8_sanitize(view_string(l->data + n + 1));
        if (shown)
                (void) snprintf(ret, 128, "%s", shown);
}

static void explain_certificate(Delivery *d, CURL *curl, const char *server, const char *ca_file) {
        char subject[128], issuer[128], end[128];

        certificate_line(curl, "Subject", subject);
        certificate_line(curl, "Issuer", issuer);
        certificate_line(curl, "Expire date", end);
        delivery_fail(d, DELIVERY_E_TEMPORARY,
                      "The certificate of %.100s is not to be trusted. It is for “%.80s”, issued by “%.80s”, valid until %.40s. Either its issuer is not among the CAs of %.80s "
                      "(see CAFile= in courier.conf), or it is for another name, or expired.",
                      server, subject, issuer, end, ca_file ?: "the system");
}

bool transfer_explain(Delivery *d, CURL *curl, CURLcode code, const char *server, const char *ca_file) {
        switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The name of %s cannot be found.", server);
                return true;
        case CURLE_COULDNT_CONNECT:
                delivery_fail(d, DELIVERY_E_TEMPORARY, "%s cannot be reached: nothing answers there.", server);
                return true;
        case CURLE_OPERATION_TIMEDOUT:
        case CURLE_ABORTED_BY_CALLBACK:
                if (atomic_load(&d->places->stopping))
                        delivery_fail(d, DELIVERY_E_TEMPORARY, "The service was stopped.");
                else
                        delivery_fail(d, DELIVERY_E_TEMPORARY, "%s did not answer in time.", server);
                return true;
        case CURLE_PEER_FAILED_VERIFICATION:
                explain_certificate(d, curl, server, ca_file);
                return true;
        case CURLE_SSL_CACERT_BADFILE:
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The CA certificates in %s cannot be read.", ca_file ?: "the system's store");
                return true;
        case CURLE_USE_SSL_FAILED:
                delivery_fail(d, DELIVERY_E_TEMPORARY, "%s does not offer TLS, without which nothing is sent.", server);
                return true;
        case CURLE_SSL_CONNECT_ERROR:
                delivery_fail(d, DELIVERY_E_TEMPORARY, "TLS with %s did not come about. Is it the right port, and the right Security=?", server);
                return true;
        default:
                return false;
        }
}
