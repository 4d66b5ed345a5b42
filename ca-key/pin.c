/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The PIN; see pin.h. */

#include <gnutls/pkcs11.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/secret-file.h"
#include "ca-key/pin.h"

#define CREDENTIAL "pin"

void pin_done(Pin *p) {
        p->refused = secret_free(p->refused);
        free(TAKE_PTR(p->problem));
}

static int no_pin(Pin *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int no_pin(Pin *p, const char *format, ...) {
        va_list ap;

        free(TAKE_PTR(p->problem));
        va_start(ap, format);
        if (vasprintf(&p->problem, format, ap) < 0)
                p->problem = NULL;
        va_end(ap);
        return -1;
}

static int read_pin(Pin *p, Secret **ret) {
        _cleanup_free_ char *path = NULL;
        const char *problem = "";
        int r = secret_credential_read(CREDENTIAL, p->file, ret, &path, &problem);

        if (r > 0)
                return 0;
        if (r == 0)
                return no_pin(p, "There is no PIN of the token: neither a credential “%s” nor %s. See sygnet-ca-keyd(8).", CREDENTIAL, p->file);
        return no_pin(p, "The PIN in %s %s.", path ?: p->file, problem);
}

/* The third wrong PIN locks most tokens: one that was refused is not tried again, and none when it would be the last attempt. */
static int judge_pin(Pin *p, const Secret *pin, unsigned flags) {
        if (flags & GNUTLS_PIN_WRONG) {
                secret_free(p->refused);
                if (secret_dup(secret_view(pin), &p->refused) < 0)
                        p->refused = NULL;
        }
        if (p->refused && secret_equal(secret_view(p->refused), secret_view(pin)))
                return no_pin(p, "The token did not accept the PIN. It is not tried again: put the right one into its place and start sygnet-ca-key anew.");
        if (flags & GNUTLS_PIN_FINAL_TRY)
                return no_pin(p, "One more wrong PIN would lock the token, so none is tried. Log in by hand once, as with: pkcs11-tool --login --test");
        return 0;
}

int pin_give(void *userdata, int attempt, const char *token_url, const char *token_label, unsigned flags, char *pin, size_t pin_max) {
        _cleanup_secret_ Secret *s = NULL;
        Pin *p = userdata;

        free(TAKE_PTR(p->problem));
        if (flags & GNUTLS_PIN_SO)
                return no_pin(p, "The token wants the PIN of its security officer.");
        if (read_pin(p, &s) < 0 || judge_pin(p, s, attempt > 0 ? flags | GNUTLS_PIN_WRONG : flags) < 0)
                return -1;
        if (secret_len(s) >= pin_max)
                return no_pin(p, "The PIN of the token is too long.");
        memcpy(pin, secret_data(s), secret_len(s));
        pin[secret_len(s)] = 0;
        return 0;
}
