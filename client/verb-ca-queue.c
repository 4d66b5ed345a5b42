/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet ca: requests that wait for an operator. Who asks fetches the answer later; operators decide. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/issue.h"
#include "client/output.h"
#include "client/verb-ca.h"
#include "client/verbs.h"

#define DAYS_MAX 36500U

static int parse_number(const char *s, uint64_t *ret) {
        char *end;

        errno = 0;
        *ret = strtoull(s, &end, 10);
        return errno == 0 && s[0] >= '0' && s[0] <= '9' && !*end ? 0 : fail(EXIT_USAGE, _("“%s” is not the number of a request."), s);
}

/* --- Who asks ----------------------------------------------------------------------------------------------------- */

int verb_ca_request(Client *c) {
        static const char *const needed[] = { "profile", NULL };
        _cleanup_bytes_ Bytes request = BYTES_NULL;
        uint64_t number;
        unsigned days;
        int r;

        r = arguments_need(&c->arguments, needed);
        if (r == 0)
                r = arguments_number(&c->arguments, "days", 1, DAYS_MAX, 0, &days);
        if (r == 0)
                r = request_read_file(c->arguments.words[0], &request);
        if (r == 0)
                r = issue_ask(c, bytes_view(&request), arguments_get(&c->arguments, "profile"), days, &number);
        if (r != 0)
                return r;
        if (c->json) {
                Json j = JSON_INIT(stdout);

                json_object_begin(&j, NULL);
                json_int(&j, "number", (int64_t) number);
                json_object_end(&j);
                return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
        }
        out(_("Request %llu waits for an operator of the certification authority.\n"), (unsigned long long) number);
        out(_("When it is approved: sygnet ca answer %llu -o certificate.pem\n"), (unsigned long long) number);
        return EXIT_OK;
}

static const char *status_text(const char *status) {
        static const struct {
                const char *status, *text;
        } texts[] = { { "pending", N_("waiting") }, { "issued", N_("approved") }, { "rejected", N_("rejected") } };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (strcmp(texts[i].status, status) == 0)
                        return _(texts[i].text);
        return status;
}

static void print_requests(const DictList *l) {
        const char *titles[] = { _("Number"), _("Status"), _("Subject"), _("Profile"), _("Asked"), _("Reason") };
        _cleanup_(table_freep) Table *t = table_new(ELEMENTSOF(titles), titles);

        table_keep(t, 0);
        table_keep(t, 1);
        table_keep(t, 4);
        for (size_t i = 0; i < l->n_items; i++) {
                const Dict *d = &l->items[i];
                char number[24];

                snprintf(number, sizeof(number), "%lld", (long long) dict_number(d, "number", 0));
                table_cell(t, number);
                table_cell(t, status_text(dict_string(d, "status")));
                table_cell(t, dict_string(d, "subject"));
                table_cell(t, dict_string(d, "profile"));
                table_cell(t, text_time(dict_number(d, "requested", -1)));
                table_cell(t, dict_string(d, "reason"));
        }
        table_print(t);
}

int verb_ca_requests(Client *c) {
        bool all = arguments_has(&c->arguments, "all"), pending = arguments_has(&c->arguments, "pending");
        _cleanup_dict_list_ DictList l = { 0 };
        unsigned limit;
        int r;

        r = arguments_number(&c->arguments, "limit", 1, 1000, 100, &limit);
        if (r > 0)
                return r;
        if (all)
                agent_start(&c->agent);
        r = call_for_dicts(c, &service_ca, CA_INTERFACE, "ListRequests", &l, "a{sv}", 3, "all", "b", all, "pending", "b", pending, "limit", "u", limit);
        if (r != 0)
                return r;
        if (c->json)
                return dict_list_print_json("requests", &l);
        print_requests(&l);
        return EXIT_OK;
}

int verb_ca_answer(Client *c) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        _cleanup_certificates_ CertificateList l = { 0 };
        uint64_t number;
        int r;

        r = parse_number(c->arguments.words[0], &number);
        if (r == 0)
                r = call(c, &service_ca, CA_INTERFACE, "GetAnswer", &reply, "t", number);
        if (r != 0)
                return r;
        r = certificates_read_message(reply, &l);
        return r < 0 ? fail_message(r) : ca_print_chain(c, &l);
}

/* --- Who decides -------------------------------------------------------------------------------------------------- */

static int approve(Client *c, uint64_t number, unsigned days, CertificateList *ret) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = call_new(c, &service_ca, CA_INTERFACE, "Approve", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "t", number);
        if (r >= 0)
                r = days > 0 ? sd_bus_message_append(m, "a{sv}", 1, "days", "u", days) : sd_bus_message_append(m, "a{sv}", 0);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        if (r != 0)
                return r;
        r = certificates_read_message(reply, ret);
        return r < 0 ? fail_message(r) : 0;
}

int verb_ca_approve(Client *c) {
        _cleanup_certificates_ CertificateList l = { 0 };
        uint64_t number;
        unsigned days;
        int r;

        r = parse_number(c->arguments.words[0], &number);
        if (r == 0)
                r = arguments_number(&c->arguments, "days", 1, DAYS_MAX, 0, &days);
        if (r > 0)
                return r;
        agent_start(&c->agent);
        r = approve(c, number, days, &l);
        if (r != 0)
                return r;
        if (c->json || arguments_has(&c->arguments, "output"))
                return ca_print_chain(c, &l);
        out(_("Issued. Who asked fetches it: sygnet ca answer %llu -o certificate.pem\n"), (unsigned long long) number);
        return EXIT_OK;
}

int verb_ca_reject(Client *c) {
        static const char *const needed[] = { "reason", NULL };
        uint64_t number = 0;
        int r;

        r = arguments_need(&c->arguments, needed);
        if (r == 0)
                r = parse_number(c->arguments.words[0], &number);
        if (r > 0)
                return r;
        agent_start(&c->agent);
        r = call(c, &service_ca, CA_INTERFACE, "Reject", NULL, "ts", number, arguments_get(&c->arguments, "reason"));
        if (r == 0 && !c->json)
                out("%s\n", _("Rejected; who asked can read the reason."));
        return r;
}
