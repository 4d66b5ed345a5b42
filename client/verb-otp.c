/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* sygnet otp: authenticators. The secret of a new one is seen once. Making or ending one is confirmed by a code that the service sends to the owner's
 * telephone; where none is known, by a code of an authenticator. */

#include <errno.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/no-core.h"
#include "bus/arguments.h"
#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/output.h"
#include "client/prompt.h"
#include "client/qr.h"
#include "client/sent-code.h"
#include "client/session-choice.h"
#include "client/verbs.h"

#define ATTEMPTS 3

static int list_tokens(Client *c, const char *session, DictList *ret) {
        return call_for_dicts(c, &service_sygnet, SYGNET_INTERFACE_TOKEN, "List", ret, "s", session);
}

/* What confirms that an authenticator may be made or ended. */
typedef struct Proof {
        Secret *code, *otp;
        bool only_sent; /* the code is on its way, and nothing else is to be done (--send-code) */
} Proof;

static void proof_done(Proof *p) {
        p->code = secret_free(p->code);
        p->otp = secret_free(p->otp);
}

typedef struct CodeCall {
        const char *session;
        const char *purpose;
} CodeCall;

static int request_code(Client *c, void *userdata, const char *tolerated, sd_bus_message **ret_reply) {
        _cleanup_message_ sd_bus_message *m = NULL;
        const CodeCall *k = userdata;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_TOKEN, "RequestCode", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", k->session, k->purpose);
        return r < 0 ? fail_message(r) : call_send(c, m, tolerated, ret_reply);
}

/* A code of an authenticator, where there is one: a stolen password alone must not enrol another. */
static int ask_otp(Client *c, const char *session, const char *purpose, Secret **ret) {
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        if (strcmp(purpose, "revoke") == 0)
                return prompt_code(c, "otp-file", _("One-time code"), ret);
        r = list_tokens(c, session, &l);
        if (r > 0)
                return r;
        for (size_t i = 0; i < l.n_items; i++)
                if (strcmp(dict_string(&l.items[i], "status"), "active") == 0)
                        return prompt_code(c, "otp-file", _("One-time code of your present authenticator"), ret);
        return 0;
}

static int ask_proof(Client *c, const char *session, const char *purpose, Proof *ret) {
        CodeCall call = { session, purpose };
        const SentCode sent = { "code-file", _("Code from the message"), request_code, &call };
        int r;

        /* A program that names no code may need none: the service tells. */
        if (arguments_get(&c->arguments, "otp-file") || !(arguments_get(&c->arguments, "code-file") || arguments_has(&c->arguments, "send-code") || prompt_possible()))
                return ask_otp(c, session, purpose, &ret->otp);
        r = sent_code_get(c, &sent, &ret->code);
        if (r == -EAGAIN)
                return ask_otp(c, session, purpose, &ret->otp);
        ret->only_sent = r == 0 && !ret->code;
        return r;
}

static int append_proof(sd_bus_message *m, const Proof *p) {
        int r;

        r = p->code ? append_secret_entry(m, "code", p->code) : 0;
        return r >= 0 && p->otp ? append_secret_entry(m, "otp", p->otp) : r;
}

static int append_enroll(sd_bus_message *m, const Client *c, const char *session, unsigned digits, const Proof *proof) {
        const char *label = arguments_get(&c->arguments, "label");
        int r;

        r = sd_bus_message_append(m, "s", session);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "digits", "u", digits);
        if (r >= 0 && label)
                r = append_string_entry(m, "label", label);
        if (r >= 0)
                r = append_proof(m, proof);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int enroll(Client *c, const char *session, unsigned digits, const Proof *proof, char **ret_id, Secret **ret_uri) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        const char *id, *uri;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_TOKEN, "Enroll", &m);
        if (r > 0)
                return r;
        r = append_enroll(m, c, session, digits, proof);
        if (r < 0)
                return fail_message(r);
        r = call_send(c, m, NULL, &reply);
        if (r != 0)
                return r;
        (void) sd_bus_message_sensitive(reply);
        r = sd_bus_message_read(reply, "ss", &id, &uri);
        if (r < 0)
                return fail_message(r);
        if (secret_dup(view_string(uri), ret_uri) < 0 || !(*ret_id = strdup(id)))
                return fail_memory();
        return 0;
}

static int confirm(Client *c, const char *session, const char *id, const Secret *otp, const char *tolerated) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_TOKEN, "Confirm", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", session, id);
        if (r >= 0)
                r = bus_message_append_secret(m, otp);
        return r < 0 ? fail_message(r) : call_send(c, m, tolerated, NULL);
}

static int fail_output(int error, const char *path) {
        if (error == -EEXIST)
                return fail(EXIT_FAILED, _("%s exists already; use --force to replace it."), path);
        return fail_file(error, path);
}

/* The URI itself, a line. */
static int write_uri(const Secret *uri, const char *path, bool replace) {
        _cleanup_secret_ Secret *line = NULL;
        int r;

        r = secret_new(secret_len(uri) + 1, &line);
        if (r < 0)
                return r;
        memcpy(secret_data(line), secret_view(uri).data, secret_len(uri));
        secret_data(line)[secret_len(uri)] = '\n';
        return atomic_file_write(path, secret_view(line), 0600, replace);
}

/* In which form the secret is written to a file, by option. */
static const struct {
        const char *option;
        int (*write)(const Secret *uri, const char *path, bool replace);
} forms[] = {
        { "png", qr_write_png },
        { "svg", qr_write_svg },
        { "uri-file", write_uri },
};

static bool to_files(const Client *c) {
        for (size_t i = 0; i < ELEMENTSOF(forms); i++)
                if (arguments_get(&c->arguments, forms[i].option))
                        return true;
        return false;
}

/* Before anything is made that could then not be shown. */
static int check_outputs(const Client *c) {
        for (size_t i = 0; i < ELEMENTSOF(forms); i++) {
                const char *path = arguments_get(&c->arguments, forms[i].option);

                if (path && !arguments_has(&c->arguments, "force") && access(path, F_OK) == 0)
                        return fail_output(-EEXIST, path);
        }
        return 0;
}

static int write_files(const Client *c, const Secret *uri) {
        for (size_t i = 0; i < ELEMENTSOF(forms); i++) {
                const char *path = arguments_get(&c->arguments, forms[i].option);
                int r;

                if (!path)
                        continue;
                r = forms[i].write(uri, path, arguments_has(&c->arguments, "force"));
                if (r < 0)
                        return fail_output(r, path);
        }
        return 0;
}

/* The secret parameter of the URI in groups of four, for typing. */
static void print_typed_form(const Secret *uri) {
        View v = secret_view(uri);
        const char *p = memmem(v.data, v.len, "secret=", 7);
        const char *end = (const char *) v.data + v.len;

        if (!p)
                return;
        p += 7;
        for (unsigned i = 0; p < end && *p != '&'; p++, i++)
                printf("%s%c", i > 0 && i % 4 == 0 ? " " : "", *p);
        fputc('\n', stdout);
}

static int show_secret(const Secret *uri) {
        bool fits;
        int r;

        out_paragraph(0, _("Scan this with your authenticator. It is shown once; who has it can make your codes."));
        out("\n%s ", _("Or type this secret:"));
        print_typed_form(uri);
        fwrite(secret_view(uri).data, 1, secret_len(uri), stdout);
        fputs("\n\n", stdout);
        /* Last, for with the question below it fills a terminal of 24 lines. */
        r = qr_print(uri, &fits);
        if (r < 0)
                return fail_errno(r, "%s", _("The QR code could not be made"));
        if (!fits)
                out("%s\n", _("(The QR code does not fit this terminal: make it wider, or use --png or --svg FILE.)"));
        fflush(stdout);
        return 0;
}

static int confirm_at_terminal(Client *c, const char *session, const char *id) {
        int r = 0;

        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                _cleanup_secret_ Secret *otp = NULL;

                r = prompt_ask_code(_("First code that the authenticator shows"), &otp);
                if (r == EXIT_DENIED)
                        continue;
                if (r > 0)
                        return r;
                r = confirm(c, session, id, otp, attempt + 1 < ATTEMPTS ? ERROR_WRONG_CODE : NULL);
                if (r != -EAGAIN)
                        return r;
                hint("%s", _("The one-time code is not right. Try again."));
        }
        return r;
}

static int print_enrolled_json(const Client *c, const char *id, const Secret *uri, bool confirmed) {
        _cleanup_secret_ Secret *text = NULL;
        Json j = JSON_INIT(stdout);

        if (secret_new(secret_len(uri) + 1, &text) < 0)
                return fail_memory();
        memcpy(secret_data(text), secret_view(uri).data, secret_len(uri));
        json_object_begin(&j, NULL);
        json_string(&j, "id", id);
        json_bool(&j, "confirmed", confirmed);
        if (!to_files(c))
                json_string(&j, "uri", (const char *) secret_data(text));
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}

static int finish_enroll(Client *c, const char *session, const char *id, const Secret *uri) {
        bool quiet = c->json || to_files(c);
        bool later = arguments_has(&c->arguments, "no-confirm");
        int r;

        r = write_files(c, uri);
        if (r > 0)
                return r;
        if (!quiet) {
                r = show_secret(uri);
                if (r > 0)
                        return r;
        }
        if (!later) {
                r = confirm_at_terminal(c, session, id);
                if (r != 0)
                        return r;
        }
        if (c->json)
                return print_enrolled_json(c, id, uri, !later);
        if (later)
                out(_("Confirm it: sygnet otp confirm %s\n"), id);
        else
                out("%s\n", _("The authenticator is enrolled: its codes are accepted from now on. Wait for the next code before you use one."));
        return EXIT_OK;
}

int verb_otp_enroll(Client *c) {
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_(proof_done) Proof proof = { 0 };
        _cleanup_secret_ Secret *uri = NULL;
        _cleanup_free_ char *id = NULL;
        unsigned digits;
        int r;

        r = arguments_number(&c->arguments, "digits", 6, 8, 8, &digits);
        if (r > 0)
                return r;
        if (!arguments_has(&c->arguments, "no-confirm") && !arguments_has(&c->arguments, "send-code") && !prompt_possible())
                return fail(EXIT_USAGE, "%s", _("There is no terminal to ask for the first code at: use --no-confirm, and “sygnet otp confirm” afterwards."));
        r = check_outputs(c);
        if (r > 0)
                return r;
        no_core();
        r = session_choose(c, NULL, &session);
        if (r == 0)
                r = ask_proof(c, session.id, "enroll", &proof);
        if (r != 0 || proof.only_sent)
                return r;
        r = enroll(c, session.id, digits, &proof, &id, &uri);
        return r != 0 ? r : finish_enroll(c, session.id, id, uri);
}

int verb_otp_confirm(Client *c) {
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_secret_ Secret *otp = NULL;
        int r;

        r = session_choose(c, NULL, &session);
        if (r > 0)
                return r;
        r = prompt_code(c, "otp-file", _("First code that the authenticator shows"), &otp);
        if (r > 0)
                return r;
        r = confirm(c, session.id, c->arguments.words[0], otp, NULL);
        if (r == 0 && !c->json)
                out("%s\n", _("The authenticator is enrolled: its codes are accepted from now on. Wait for the next code before you use one."));
        return r;
}

int verb_otp_list(Client *c) {
        const char *titles[] = { _("Id"), _("Label"), _("Digits"), _("Status"), _("Created") };
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_(table_freep) Table *t = NULL;
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = session_choose(c, NULL, &session);
        if (r > 0)
                return r;
        r = list_tokens(c, session.id, &l);
        if (r > 0)
                return r;
        if (c->json)
                return dict_list_print_json("tokens", &l);
        if (l.n_items == 0) {
                out("%s\n", _("You have no authenticator. Enrol one: sygnet otp enroll"));
                return EXIT_OK;
        }
        t = table_new(ELEMENTSOF(titles), titles);
        for (size_t i = 0; i < l.n_items; i++) {
                char digits[8];

                snprintf(digits, sizeof(digits), "%u", (unsigned) dict_number(&l.items[i], "digits", 8) % 100);
                table_cell(t, dict_string(&l.items[i], "id"));
                table_cell(t, dict_string(&l.items[i], "label"));
                table_cell(t, digits);
                table_cell(t, status_text(dict_string(&l.items[i], "status")));
                table_cell(t, text_time(dict_number(&l.items[i], "created", -1)));
        }
        table_print(t);
        return EXIT_OK;
}

static int revoke_token(Client *c, const char *session, const Proof *proof) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(c, &service_sygnet, SYGNET_INTERFACE_TOKEN, "Revoke", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", session, c->arguments.words[0]);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = append_proof(m, proof);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? fail_message(r) : call_send(c, m, NULL, NULL);
}

int verb_otp_revoke(Client *c) {
        _cleanup_session_ SessionChoice session = { 0 };
        _cleanup_(proof_done) Proof proof = { 0 };
        int r;

        r = session_choose(c, NULL, &session);
        if (r == 0)
                r = ask_proof(c, session.id, "revoke", &proof);
        if (r != 0 || proof.only_sent)
                return r;
        r = revoke_token(c, session.id, &proof);
        if (r == 0 && !c->json)
                out("%s\n", _("The authenticator is revoked and its secret erased."));
        return r;
}

int verb_otp_reset(Client *c) {
        _cleanup_free_ char *question = NULL;
        int r;

        if (!arguments_has(&c->arguments, "yes")) {
                if (asprintf(&question, _("Revoke all authenticators of %s?"), c->arguments.words[0]) < 0)
                        return fail_memory();
                r = prompt_confirm("yes", question);
                if (r > 0)
                        return r;
        }
        agent_start(&c->agent);
        r = call(c, &service_sygnet, SYGNET_INTERFACE_TOKEN, "Reset", NULL, "s", c->arguments.words[0]);
        if (r != 0 || c->json)
                return r;
        out(_("%s has no authenticator any more.\n"), c->arguments.words[0]);
        out("%s\n", _("If the account uses or used a seal, a new one is confirmed by a code to its phone; without a phone, make a new account."));
        return EXIT_OK;
}
