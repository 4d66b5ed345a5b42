/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The contract's errors in words; see error-text.h. */

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "bus/error.h"
#include "bus/names.h"
#include "client/error-text.h"
#include "client/output.h"

typedef struct ErrorText {
        const char *name;
        int status;
        bool detail;          /* the service's sentence says more: until when, which rule */
        const char *sentence;
        const char *next;     /* what to do; NULL when the sentence says it */
} ErrorText;

static const ErrorText texts[] = {
        { ERROR_DENIED, EXIT_DENIED, true, N_("You are not allowed to do this."), NULL },
        { ERROR_AUTHORITY_UNAVAILABLE, EXIT_DENIED, false, N_("polkit, which decides who may do what, does not answer; so nothing was done."),
          N_("Install or start polkit (Debian: package polkitd) and try again.") },
        { ERROR_AUTHENTICATION_FAILED, EXIT_DENIED, false, N_("Login failed: no such account, a wrong password, or an account that is not bound to your Unix user."),
          N_("An administrator binds an account with “sygnet account bind LOGIN USER”.") },
        { ERROR_NO_SESSION, EXIT_DENIED, false, N_("Your session has ended."), N_("Log in again: sygnet login LOGIN") },
        { ERROR_TRY_LATER, EXIT_DENIED, true, N_("Too many wrong attempts: please wait."), NULL },
        { ERROR_WRONG_CODE, EXIT_DENIED, false, N_("The one-time code is not right."),
          N_("Take the code that your authenticator shows now; check that the clocks of both devices are right.") },
        { ERROR_CODE_REQUIRED, EXIT_DENIED, false, N_("A one-time code is needed here, also in a remembered session."),
          N_("Give it: --otp-file FILE, or at a terminal. Who sets this: sygnet policy") },
        { ERROR_CODE_USED, EXIT_DENIED, false, N_("This one-time code was used already."), N_("Wait until your authenticator shows the next one.") },
        { ERROR_SENT_CODE_REQUIRED, EXIT_DENIED, false, N_("A code that is sent to you is needed here."), N_("Have it sent with --send-code, and give it with --code-file.") },
        { ERROR_CODE_VOID, EXIT_DENIED, false, N_("The code does not hold: it has expired, was used, replaced by a newer one, or tried too often."),
          N_("Ask for a new one.") },
        { ERROR_CODE_SEEN, EXIT_DENIED, false, N_("An operator has read this code in the outbox, and such a code does not suffice here."),
          N_("Have a new one sent by mail or SMS.") },
        { ERROR_NOT_POSSIBLE, EXIT_FAILED, true, N_("This is not possible as things are."), NULL },
        { ERROR_CLOCK, EXIT_DENIED, true, N_("The machine's clock is behind what was recorded; nothing was done."),
          N_("Set the clock right. If it was ahead once and codes are still refused, an administrator runs “sygnet otp reset LOGIN” and you enrol anew.") },
        { ERROR_NO_TOKEN, EXIT_DENIED, false, N_("The account has no authenticator yet."), N_("Enrol one first: sygnet otp enroll") },
        { ERROR_NO_PIN, EXIT_DENIED, false, N_("The account has no PIN yet."), N_("Set one: sygnet pin set") },
        { ERROR_PIN_REQUIRED, EXIT_DENIED, false, N_("The PIN is needed here."), NULL },
        { ERROR_WRONG_PIN, EXIT_DENIED, false, N_("The PIN is not right."),
          N_("A one-time code that was given with it is used up: wait for the next one. Five wrong PINs in a row block it: see “sygnet pin status”.") },
        { ERROR_PIN_BLOCKED, EXIT_DENIED, false, N_("The PIN is blocked after five wrong ones."),
          N_("Unblock it: sygnet pin unblock. If you have forgotten it: sygnet pin reset") },
        { ERROR_WRONG_PASSWORD, EXIT_DENIED, false, N_("The key's password is not right."),
          N_("A forgotten password of a key cannot be recovered: retire the key and generate a new one.") },
        { ERROR_WEAK_PASSWORD, EXIT_FAILED, true, N_("The password is too weak."), NULL },
        { ERROR_PASSWORD_CHANGE_REQUIRED, EXIT_DENIED, false, N_("Somebody else gave you your password: change it before anything else."),
          N_("Change it: sygnet account password") },
        { ERROR_NOT_FOUND, EXIT_NOT_FOUND, true, N_("There is no such thing, or you may not see it."), NULL },
        { ERROR_EXISTS, EXIT_FAILED, true, N_("It exists already."), NULL },
        { ERROR_INVALID_ARGUMENT, EXIT_FAILED, true, N_("The service cannot accept this."), NULL },
        { ERROR_LIMIT, EXIT_FAILED, true, N_("Too many, or too large."), NULL },
        { ERROR_ITEM_REFUSED, EXIT_FAILED, true, N_("The service refused to sign this."), N_("Check that this machine's clock is right.") },
        { ERROR_KEY_COMPROMISED, EXIT_DENIED, false, N_("The key was reported as revealed and is blocked: nothing is signed with it."),
          N_("If that was wrong, an operator takes it back: sygnet key release CREDENTIAL") },
        { ERROR_OPERATION_STATE, EXIT_FAILED, true, N_("The operation has ended, or was not authorised."), N_("Start again; nothing was signed.") },
        { ERROR_SEAL_BUSY, EXIT_FAILED, true, N_("Somebody else is using the seal now."),
          N_("Wait for it: sygnet sign --wait. The seal's Administrator can free it: sygnet seal break-lease SEAL") },
        { ERROR_MANDATE, EXIT_DENIED, true, N_("The mandate does not serve."), N_("Ask the seal's Administrator for another: sygnet mandate create SEAL") },
        { ERROR_CERTIFICATE, EXIT_FAILED, true, N_("The certificate cannot be used."), N_("See “sygnet show CREDENTIAL”; perhaps a new certificate is needed.") },
        { ERROR_DISABLED, EXIT_DENIED, true, N_("The account or credential is disabled."), N_("Ask your administrator.") },
        { ERROR_STORE, EXIT_FAILED, true, N_("The service could not write to its store; nothing was changed."), N_("Is the disk full? See the service's log.") },
        { ERROR_NOT_INITIALIZED, EXIT_FAILED, false, N_("The local certification authority has no root yet."),
          N_("Make it: sygnet ca init --organization NAME --name NAME --country CC") },
        { ERROR_NOT_READY, EXIT_FAILED, false, N_("No operator has decided about the request yet."), N_("Try again later, or ask an operator of the certification authority.") },
        { ERROR_REJECTED, EXIT_DENIED, true, N_("An operator rejected the request."), N_("Make another request when the cause is gone.") },
        { ERROR_KEY_UNAVAILABLE, EXIT_FAILED, true, N_("The CA's key is in a token and cannot be used now."),
          N_("sygnet-ca-keyd(8) tells how token, PIN and key are set up; the log of sygnet-ca-key says more.") },
        { ERROR_NOT_PUBLISHED, EXIT_FAILED, true, N_("It is done and recorded, but could not be published: others go on to see the state of before."),
          N_("It is tried again each minute. See the log of sygnet-cad; is the disk full?") },
        { SD_BUS_ERROR_ACCESS_DENIED, EXIT_DENIED, false, N_("The message bus does not let you call the service."), NULL },
        { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EXIT_DENIED, false, N_("You are not allowed to do this without confirming who you are."), NULL },
        { SD_BUS_ERROR_LIMITS_EXCEEDED, EXIT_FAILED, true, N_("Too many, or too large."), NULL },
        { SD_BUS_ERROR_NO_REPLY, EXIT_FAILED, false, N_("The service did not answer."), N_("See its log; try again.") },
        { SD_BUS_ERROR_TIMEOUT, EXIT_FAILED, false, N_("The service did not answer in time."), N_("See its log; try again.") },
        { SD_BUS_ERROR_DISCONNECTED, EXIT_FAILED, false, N_("The connection to the message bus was lost."), N_("Try again.") },
        { SD_BUS_ERROR_UNKNOWN_METHOD, EXIT_FAILED, true, N_("The service is of another version than this program."), NULL },
        { SD_BUS_ERROR_UNKNOWN_INTERFACE, EXIT_FAILED, true, N_("The service is of another version than this program."), NULL },
};

static const ErrorText *find_text(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (strcmp(texts[i].name, name) == 0)
                        return &texts[i];
        return NULL;
}

static const char *unit_of(const char *service) {
        if (service && strcmp(service, CA_BUS_NAME) == 0)
                return "sygnet-cad";
        if (service && strcmp(service, TRUST_BUS_NAME) == 0)
                return "sygnet-trustd";
        return "sygnetd";
}

/* The service is not there, and could not be started. */
static bool is_absent(const sd_bus_error *e, int r) {
        return sd_bus_error_has_name(e, SD_BUS_ERROR_SERVICE_UNKNOWN) || sd_bus_error_has_name(e, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
               (e->name && strncmp(e->name, "org.freedesktop.DBus.Error.Spawn.", 33) == 0) ||
               (e->name && strncmp(e->name, "org.freedesktop.systemd1.", 25) == 0) || (!e->name && r == -EHOSTUNREACH);
}

static int explain_absent(const sd_bus_error *e, const char *service) {
        _cleanup_free_ char *detail = text_clean(e->message ?: "");

        complain(_("The service %s is not running and could not be started."), unit_of(service));
        if (*detail)
                hint("  %s", detail);
        hint(_("Start it: systemctl start %s. Is Sygnet installed on this machine?"), unit_of(service));
        return EXIT_FAILED;
}

/* What may help somebody whom polkit refused. */
static void hint_denied(const Client *c) {
        if (c->agent.missing)
                hint("%s", _("pkttyagent is not installed, so polkit cannot ask you here; install it (Debian: package polkitd) or run this as root."));
        else if (geteuid() != 0)
                hint("%s", _("Ask an administrator, or run this as root."));
}

/* A service that has nothing particular to say says the name's own sentence. */
static bool is_usual(const char *name, const char *detail) {
        const char *usual = bus_error_sentence(name);

        return usual && strcmp(usual, detail) == 0;
}

/* What to do; the same error means a credential's certificate here and a file's there. */
static const char *next_step(const ErrorText *t, const char *service) {
        if (strcmp(t->name, ERROR_CERTIFICATE) == 0 && service && strcmp(service, TRUST_BUS_NAME) == 0)
                return N_("Name a file that holds certificates of certification authorities: PEM, DER or PKCS #7 (p7b).");
        return t->next;
}

int error_explain(Client *c, const sd_bus_error *error, int r, const char *service) {
        _cleanup_free_ char *detail = text_clean(error->message ?: "");
        const ErrorText *t = error->name ? find_text(error->name) : NULL;

        if (is_absent(error, r))
                return explain_absent(error, service);
        if (!t && *detail)
                return fail(EXIT_FAILED, _("The service failed: %s"), detail);
        if (!t)
                return fail_errno(r, "%s", _("The service failed"));
        complain("%s", _(t->sentence));
        if (t->detail && *detail && !is_usual(error->name, detail))
                hint("  %s", _(detail));
        if (next_step(t, service))
                hint("%s", _(next_step(t, service)));
        else if (t->status == EXIT_DENIED && strcmp(t->name, ERROR_TRY_LATER) != 0)
                hint_denied(c);
        return t->status;
}
