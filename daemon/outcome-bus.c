/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Outcomes as errors of the contract; see outcome-bus.h. */

#include <errno.h>
#include <time.h>

#include "base/cleanup.h"
#include "bus/error.h"
#include "bus/names.h"
#include "daemon/outcome-bus.h"
#include "daemon/outcome.h"

static const struct {
        int outcome;
        const char *name;
} names[] = {
        { TOTP_E_WRONG, ERROR_WRONG_CODE },
        { TOTP_E_REPLAYED, ERROR_CODE_USED },
        { TOTP_E_CLOCK, ERROR_CLOCK },
        { OUTCOME_NOT_FOUND, ERROR_NOT_FOUND },
        { OUTCOME_DENIED, ERROR_DENIED },
        { OUTCOME_EXISTS, ERROR_EXISTS },
        { OUTCOME_STATE, ERROR_OPERATION_STATE },
        { OUTCOME_CERTIFICATE, ERROR_CERTIFICATE },
        { OUTCOME_DISABLED, ERROR_DISABLED },
        { OUTCOME_BLOCKED, ERROR_KEY_COMPROMISED },
        { OUTCOME_WRONG_PASSWORD, ERROR_WRONG_PASSWORD },
        { OUTCOME_NO_TOKEN, ERROR_NO_TOKEN },
        { OUTCOME_NO_SESSION, ERROR_NO_SESSION },
        { OUTCOME_FULL, ERROR_LIMIT },
        { OUTCOME_CODE_NEEDED, ERROR_CODE_REQUIRED },
        { OUTCOME_NO_PIN, ERROR_NO_PIN },
        { OUTCOME_PIN_NEEDED, ERROR_PIN_REQUIRED },
        { OUTCOME_WRONG_PIN, ERROR_WRONG_PIN },
        { OUTCOME_PIN_BLOCKED, ERROR_PIN_BLOCKED },
};

/* RFC 3339, for programs and people alike. */
static const char *format_until(int64_t until, char ret[static 32]) {
        time_t t = until;
        struct tm tm;

        if (!gmtime_r(&t, &tm) || strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
                return "later";
        return ret;
}

int outcome_set_error(sd_bus_error *error, int outcome, int64_t until) {
        char text[32];

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (names[i].outcome == outcome)
                        return bus_error_set(error, names[i].name, NULL);
        if (outcome == OUTCOME_BUSY)
                return bus_error_set(error, ERROR_SEAL_BUSY, "The seal is in use by another account until %s.", format_until(until, text));
        if (outcome == OUTCOME_LATER)
                return bus_error_set(error, ERROR_TRY_LATER, "Too many failed attempts. Try again after %s.", format_until(until, text));
        if (outcome == OUTCOME_EXPIRED)
                return bus_error_set(error, ERROR_CERTIFICATE, "The certificate expired at %s.", format_until(until, text));
        if (outcome == OUTCOME_NOT_YET)
                return bus_error_set(error, ERROR_CERTIFICATE, "The certificate is not valid before %s.", format_until(until, text));
        return bus_error_set_errno(error, outcome < 0 ? outcome : -EIO);
}
