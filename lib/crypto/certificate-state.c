/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* States and reasons by name; see certificate-state.h. */

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/certificate-state.h"

static const char *const states[_CERTIFICATE_STATE_MAX] = {
        [CERTIFICATE_GOOD] = "good",
        [CERTIFICATE_SUSPENDED] = "suspended",
        [CERTIFICATE_REVOKED] = "revoked",
        [CERTIFICATE_UNKNOWN] = "unknown",
};

static const char *const reasons[_CERTIFICATE_REASON_MAX] = {
        [REASON_UNSPECIFIED] = "unspecified",
        [REASON_KEY_COMPROMISE] = "keyCompromise",
        [REASON_CA_COMPROMISE] = "cACompromise",
        [REASON_AFFILIATION_CHANGED] = "affiliationChanged",
        [REASON_SUPERSEDED] = "superseded",
        [REASON_CESSATION_OF_OPERATION] = "cessationOfOperation",
        [REASON_CERTIFICATE_HOLD] = "certificateHold",
        [REASON_REMOVE_FROM_CRL] = "removeFromCRL",
        [REASON_PRIVILEGE_WITHDRAWN] = "privilegeWithdrawn",
        [REASON_AA_COMPROMISE] = "aACompromise",
};

static const char *name_of(const char *const *names, size_t n, unsigned i) {
        return i < n ? names[i] : NULL;
}

static int number_of(const char *const *names, size_t n, const char *s) {
        for (size_t i = 0; s && i < n; i++)
                if (names[i] && strcmp(names[i], s) == 0)
                        return (int) i;
        return -EINVAL;
}

const char *certificate_state_to_string(CertificateState s) {
        return name_of(states, ELEMENTSOF(states), (unsigned) s);
}

int certificate_state_from_string(const char *s, CertificateState *ret) {
        int n = number_of(states, ELEMENTSOF(states), s);

        if (n < 0)
                return n;
        *ret = (CertificateState) n;
        return 0;
}

const char *certificate_reason_to_string(CertificateReason r) {
        return name_of(reasons, ELEMENTSOF(reasons), (unsigned) r);
}

int certificate_reason_from_string(const char *s, CertificateReason *ret) {
        int n = number_of(reasons, ELEMENTSOF(reasons), s);

        if (n < 0)
                return n;
        *ret = (CertificateReason) n;
        return 0;
}

bool certificate_state_fits(CertificateState s, CertificateReason r) {
        switch (s) {
        case CERTIFICATE_GOOD:
        case CERTIFICATE_UNKNOWN:
                return r == REASON_UNSPECIFIED;
        case CERTIFICATE_SUSPENDED:
                return r == REASON_CERTIFICATE_HOLD;
        case CERTIFICATE_REVOKED:
                return certificate_reason_to_string(r) && r != REASON_CERTIFICATE_HOLD && r != REASON_REMOVE_FROM_CRL;
        case _CERTIFICATE_STATE_MAX:
                break;
        }
        return false;
}
