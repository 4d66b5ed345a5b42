/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signing through the daemon; see daemon-signer.h and the Operation interface of dbus/org.sygnet.Sygnet1.xml. */

#include <errno.h>
#include <string.h>

#include "bus/names.h"
#include "client/bus-call.h"
#include "client/credential-choice.h"
#include "client/daemon-signer.h"
#include "client/mandate-choice.h"
#include "client/output.h"
#include "client/pin-prompt.h"
#include "client/prompt.h"
#include "crypto/digest.h"

#define ONCE_MAX 256U   /* items that SignOnce takes */
#define CHUNK_ITEMS 256U
#define CHUNK_BYTES (4U * 1024U * 1024U)
#define ATTEMPTS 3
#define MANDATE_WAIT 60U      /* seconds for a mandate's turn at the seal */
#define MANDATE_WAIT_MAX 240U

static const char *type_name(SignerItemType type) {
        return type == SIGNER_ITEM_CMS_ATTRIBUTES ? "cms-attributes" : "xml-signedinfo";
}

static int hash_item(const SignerItem *item, uint8_t ret[static SHA256_SIZE]) {
        const char *type = type_name(item->type);
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = bytes_append_byte(&b, (uint8_t) strlen(type));
        if (r >= 0)
                r = bytes_append(&b, type, strlen(type));
        if (r >= 0)
                r = bytes_append_view(&b, item->tbs);
        return r < 0 ? r : sha256(bytes_view(&b), ret);
}

/* rest[0] is the list hash, rest[n] zero: see the XML. */
static int chain_hashes(const SignerItem *items, size_t n, uint8_t (*rest)[SHA256_SIZE]) {
        memset(rest[n], 0, SHA256_SIZE);
        for (size_t i = n; i-- > 0;) {
                uint8_t both[2 * SHA256_SIZE];
                int r;

                r = hash_item(&items[i], both);
                if (r < 0)
                        return r;
                memcpy(both + SHA256_SIZE, rest[i + 1], SHA256_SIZE);
                r = sha256(VIEW(both, sizeof(both)), rest[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int append_item(sd_bus_message *m, const SignerItem *item) {
        int r;

        r = sd_bus_message_open_container(m, 'r', "saya{sv}");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", type_name(item->type));
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'y', item->tbs.data, item->tbs.len);
        if (r >= 0)
                r = item->name ? sd_bus_message_append(m, "a{sv}", 1, "name", "s", item->name) : sd_bus_message_append(m, "a{sv}", 0);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_items(sd_bus_message *m, const SignerItem *items, size_t n) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "(saya{sv})");
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_item(m, &items[i]);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_factors(sd_bus_message *m, const DaemonSigner *s) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && s->otp)
                r = append_secret_entry(m, "otp", s->otp);
        if (r >= 0 && s->pin)
                r = append_secret_entry(m, "pin", s->pin);
        if (r >= 0 && s->password)
                r = append_secret_entry(m, "password", s->password);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int read_signatures(sd_bus_message *reply, size_t n, Bytes *ret) {
        const void *data;
        size_t size, got = 0;
        int r;

        r = sd_bus_message_enter_container(reply, 'a', "ay");
        if (r < 0)
                return fail_message(r);
        while (got < n && (r = sd_bus_message_read_array(reply, 'y', &data, &size)) > 0) {
                r = bytes_dup(VIEW(data, size), &ret[got]);
                if (r < 0)
                        return fail_memory();
                got++;
        }
        return r < 0 || got < n ? fail_message(r < 0 ? r : -EBADMSG) : 0;
}

/* What activates the credential here; its policy decides. What was given for the session as a whole is not needed. The code comes last, for it does
 * not last. */
static int ask_factors(DaemonSigner *s) {
        const char *factors = dict_string(&s->credential, "factors");
        int r;

        if (strcmp(factors, "password") == 0)
                return s->password ? 0 : prompt_secret(s->client, "password-file", _("Password of the key"), &s->password);
        if (strcmp(factors, "pin+otp") == 0 && !s->session.pin && !s->pin) {
                r = pin_prompt(s->client, &s->pin);
                if (r > 0)
                        return r;
        }
        if (s->session.remembered || s->otp)
                return 0;
        return prompt_code(s->client, "otp-file", _("One-time code"), &s->otp);
}

static bool was_typed(const DaemonSigner *s, const Secret *factor, const char *option) {
        return factor && !arguments_has(&s->client->arguments, option);
}

/* What a person may try again: only what was typed, and not too often. A wrong PIN has used up the code. */
static const char *may_retry(const DaemonSigner *s, int attempt) {
        bool code = was_typed(s, s->otp, "otp-file"), pin = was_typed(s, s->pin, "pin-file") && (code || !s->otp);

        if (attempt + 1 >= ATTEMPTS || !prompt_possible())
                return NULL;
        if (s->password)
                return was_typed(s, s->password, "password-file") ? ERROR_WRONG_PASSWORD : NULL;
        if (code && pin)
                return ERROR_WRONG_CODE " " ERROR_WRONG_PIN;
        return code ? ERROR_WRONG_CODE : pin ? ERROR_WRONG_PIN : NULL;
}

/* The PIN stays where only the code was wrong. */
static void forget_factors(DaemonSigner *s) {
        if (strcmp(s->client->tolerated, ERROR_WRONG_PIN) == 0) {
                hint("%s", s->otp ? _("The PIN is not right, and the one-time code is used up. Wait for the next one and try again.")
                                  : _("The PIN is not right. Try again."));
                s->pin = secret_free(s->pin);
        } else
                hint("%s", s->password ? _("The key's password is not right. Try again.") : _("The one-time code is not right. Try again."));
        s->otp = secret_free(s->otp);
        s->password = secret_free(s->password);
}

static int sign_once(DaemonSigner *s, const SignerItem *items, size_t n, const char *tolerated, Bytes *ret) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = call_new(s->client, &service_sygnet, SYGNET_INTERFACE_OPERATION, "SignOnce", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ss", s->session.id, dict_string(&s->credential, "id"));
        if (r >= 0)
                r = append_items(m, items, n);
        if (r >= 0)
                r = append_factors(m, s);
        if (r >= 0)
                r = sd_bus_message_append(m, "a{sv}", 0);
        if (r < 0)
                return fail_message(r);
        r = call_send(s->client, m, tolerated, &reply);
        return r != 0 ? r : read_signatures(reply, n, ret);
}

static int prepare(DaemonSigner *s, size_t n, const uint8_t *list_hash, char **ret) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(s->client, &service_sygnet, SYGNET_INTERFACE_OPERATION, "Prepare", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "ssu", s->session.id, dict_string(&s->credential, "id"), (uint32_t) n);
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'y', list_hash, SHA256_SIZE);
        if (r >= 0)
                r = sd_bus_message_append(m, "a{sv}", 0);
        if (r < 0)
                return fail_message(r);
        r = call_for_string(s->client, m, s->may_log_in ? ERROR_NO_SESSION : NULL, ret);
        return r == -EAGAIN ? -ESTALE : r;
}

static int authorize(DaemonSigner *s, const char *operation, const char *tolerated) {
        _cleanup_message_ sd_bus_message *m = NULL;
        int r;

        r = call_new(s->client, &service_sygnet, SYGNET_INTERFACE_OPERATION, "Authorize", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", operation);
        if (r >= 0)
                r = append_factors(m, s);
        return r < 0 ? fail_message(r) : call_send(s->client, m, tolerated, NULL);
}

static int sign_chunk(DaemonSigner *s, const char *operation, const SignerItem *items, size_t n, const uint8_t *rest, Bytes *ret) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        int r;

        r = call_new(s->client, &service_sygnet, SYGNET_INTERFACE_OPERATION, "Sign", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", operation);
        if (r >= 0)
                r = append_items(m, items, n);
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'y', rest, SHA256_SIZE);
        if (r < 0)
                return fail_message(r);
        r = call_send(s->client, m, NULL, &reply);
        return r != 0 ? r : read_signatures(reply, n, ret);
}

static size_t chunk_length(const SignerItem *items, size_t n) {
        size_t bytes = 0, i;

        for (i = 0; i < n && i < CHUNK_ITEMS; i++) {
                bytes += items[i].tbs.len;
                if (i > 0 && bytes > CHUNK_BYTES)
                        break;
        }
        return i;
}

static int sign_chunks(DaemonSigner *s, const char *operation, const SignerItem *items, size_t n, uint8_t (*rest)[SHA256_SIZE], Bytes *ret) {
        int r = 0;

        for (size_t done = 0; r == 0 && done < n;) {
                size_t k = chunk_length(items + done, n - done);

                r = sign_chunk(s, operation, items + done, k, rest[done + k], ret + done);
                if (r == 0)
                        signer_tell(&s->signer, done += k);
        }
        return r;
}

static bool can_give_code(const DaemonSigner *s) {
        return prompt_possible() || arguments_has(&s->client->arguments, "otp-file");
}

/* Errors that are no end yet. An operation goes with its session. */
static const char *tolerated_errors(const DaemonSigner *s, int attempt, char *buffer, size_t size) {
        const char *retry = may_retry(s, attempt);

        snprintf(buffer, size, "%s %s %s", s->may_log_in ? ERROR_NO_SESSION " " ERROR_OPERATION_STATE : "",
                 s->session.remembered && can_give_code(s) ? ERROR_CODE_REQUIRED : "", retry ?: "");
        return buffer;
}

static bool is_session_gone(const DaemonSigner *s) {
        return strcmp(s->client->tolerated, ERROR_NO_SESSION) == 0 || strcmp(s->client->tolerated, ERROR_OPERATION_STATE) == 0;
}

/* Asks for the factors and calls `step` with them, again when they were mistyped. -ESTALE when the session has ended. */
static int with_factors(DaemonSigner *s, int (*step)(DaemonSigner *s, const char *tolerated, void *userdata), void *userdata) {
        for (int attempt = 0;; attempt++) {
                char tolerated[256];
                int r;

                r = ask_factors(s);
                if (r > 0)
                        return r;
                r = step(s, tolerated_errors(s, attempt, tolerated, sizeof(tolerated)), userdata);
                if (r != -EAGAIN)
                        return r;
                if (is_session_gone(s))
                        return -ESTALE;
                /* The policy lets the session stand for the code no longer. */
                if (strcmp(s->client->tolerated, ERROR_CODE_REQUIRED) == 0) {
                        s->session.remembered = false;
                        continue;
                }
                forget_factors(s);
        }
}

typedef struct Job {
        const SignerItem *items;
        size_t n;
        Bytes *ret;
        const char *operation;
} Job;

static int step_once(DaemonSigner *s, const char *tolerated, void *userdata) {
        Job *j = userdata;

        return sign_once(s, j->items, j->n, tolerated, j->ret);
}

static int step_authorize(DaemonSigner *s, const char *tolerated, void *userdata) {
        Job *j = userdata;

        return authorize(s, j->operation, tolerated);
}

static int sign_many(DaemonSigner *s, Job *job) {
        _cleanup_free_ uint8_t (*rest)[SHA256_SIZE] = calloc(job->n + 1, sizeof(*rest));
        _cleanup_free_ char *operation = NULL;
        int r;

        if (!rest)
                return fail_memory();
        r = chain_hashes(job->items, job->n, rest);
        if (r < 0)
                return fail_message(r);
        r = prepare(s, job->n, rest[0], &operation);
        if (r != 0)
                return r;
        job->operation = operation;
        r = with_factors(s, step_authorize, job);
        return r != 0 ? r : sign_chunks(s, operation, job->items, job->n, rest, job->ret);
}

static int sign_with_factors(DaemonSigner *s, Job *job) {
        return job->n <= ONCE_MAX ? with_factors(s, step_once, job) : sign_many(s, job);
}

/* A session may end while its owner looks for the code. What was typed was not looked at then, and is kept. */
static int sign_in_session(DaemonSigner *s, Job *job) {
        int r;

        s->may_log_in = prompt_possible();
        r = sign_with_factors(s, job);
        if (r != -ESTALE)
                return r;
        s->may_log_in = false;
        hint("%s", _("Your session has ended. Log in again to go on."));
        r = session_renew(s->client, &s->session);
        return r > 0 ? r : sign_with_factors(s, job);
}

/* --- Under a mandate ---------------------------------------------------------------------------------------------- */

static bool has_mandate(const DaemonSigner *s) {
        return s->mandate.n_fields > 0;
}

/* What one call may bring: all files of a call are sealed or none. */
static int check_mandate(const DaemonSigner *s, size_t n) {
        size_t most = (size_t) dict_number(&s->mandate, "per_minute", ONCE_MAX);

        if (most > ONCE_MAX)
                most = ONCE_MAX;
        if (n > most)
                return fail(EXIT_USAGE, _("Under this mandate at most %zu files are sealed in one go."), most);
        return 0;
}

static int sign_under_mandate(DaemonSigner *s, const Job *job) {
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        unsigned wait;
        int r;

        r = check_mandate(s, job->n);
        if (r == 0)
                r = arguments_number(&s->client->arguments, "wait", 0, MANDATE_WAIT_MAX, MANDATE_WAIT, &wait);
        if (r == 0)
                r = call_new(s->client, &service_sygnet, SYGNET_INTERFACE_MANDATE, "Sign", &m);
        if (r > 0)
                return r;
        r = sd_bus_message_append(m, "s", dict_string(&s->mandate, "id"));
        if (r >= 0)
                r = append_items(m, job->items, job->n);
        if (r >= 0)
                r = sd_bus_message_append(m, "a{sv}", 1, "wait", "u", (uint32_t) wait);
        if (r < 0)
                return fail_message(r);
        r = call_send_within(s->client, m, wait, NULL, &reply);
        return r != 0 ? r : read_signatures(reply, job->n, job->ret);
}

static int choose_mandate(DaemonSigner *s) {
        Client *c = s->client;

        if (arguments_has(&c->arguments, "credential"))
                return fail(EXIT_USAGE, "%s", _("--mandate and --credential exclude each other: a mandate is for one seal."));
        return mandate_find(c, arguments_get(&c->arguments, "mandate"), false, false, &s->mandate);
}

/* ------------------------------------------------------------------------------------------------------------------ */

static int daemon_sign(Signer *signer, const SignerItem *items, size_t n, Bytes *ret) {
        DaemonSigner *s = signer->userdata;
        Job job = { .items = items, .n = n, .ret = ret };

        if (has_mandate(s))
                s->status = sign_under_mandate(s, &job);
        else
                s->status = sign_in_session(s, &job);
        if (s->status != 0)
                return -EIO;
        signer_tell(signer, n);
        return 0;
}

static int fetch_chain(DaemonSigner *s) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        const Dict *d = has_mandate(s) ? &s->mandate : &s->credential;
        KeyAlgorithm algorithm;
        int r;

        r = call(s->client, &service_sygnet, has_mandate(s) ? SYGNET_INTERFACE_MANDATE : SYGNET_INTERFACE_CREDENTIAL, "GetCertificates", &reply,
                 "s", dict_string(d, "id"));
        if (r > 0)
                return r;
        r = certificates_read_message(reply, &s->chain);
        if (r < 0 || s->chain.n == 0)
                return fail_message(r < 0 ? r : -ENODATA);
        algorithm = key_algorithm_from_string(dict_string(d, "algorithm"));
        r = signature_scheme_of(algorithm, &s->signer.scheme);
        if (r < 0)
                return fail(EXIT_FAILED, _("This program does not know the key algorithm “%s”."), dict_string(d, "algorithm"));
        s->signer.chain = s->chain.items;
        s->signer.n_chain = s->chain.n;
        return 0;
}

int daemon_signer_init(DaemonSigner *s, Client *c, bool login) {
        int r;

        *s = (DaemonSigner) { .client = c };
        s->signer.sign = daemon_sign;
        s->signer.userdata = s;
        if (arguments_has(&c->arguments, "rsa-pss"))
                return fail(EXIT_USAGE, "%s", _("--rsa-pss is for keys in files and on cards: a key of the service signs in one way only."));
        if (arguments_has(&c->arguments, "mandate")) {
                r = choose_mandate(s);
                return r != 0 ? r : fetch_chain(s);
        }
        r = credential_choose(c, login, &s->credential);
        if (r > 0)
                return r;
        r = session_choose(c, dict_string(&s->credential, "login"), &s->session);
        return r > 0 ? r : fetch_chain(s);
}

void daemon_signer_done(DaemonSigner *s) {
        dict_done(&s->credential);
        dict_done(&s->mandate);
        session_choice_done(&s->session);
        certificate_list_done(&s->chain);
        s->otp = secret_free(s->otp);
        s->password = secret_free(s->password);
        s->pin = secret_free(s->pin);
}
