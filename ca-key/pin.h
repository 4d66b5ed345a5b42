/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The token's PIN: read when the token asks for it and kept nowhere. The third wrong one locks most tokens, so one that was refused is not tried again, and
 * none when it would be the last attempt. */

#include "base/secret.h"

typedef struct Pin {
        const char *file; /* read where systemd hands over no credential "pin" */
        Secret *refused;  /* what the token did not accept */
        char *problem;    /* why none was given the last time it was asked for, a sentence; NULL */
} Pin;

void pin_done(Pin *p);

/* As GnuTLS calls it; `userdata` is the Pin. */
int pin_give(void *userdata, int attempt, const char *token_url, const char *token_label, unsigned flags, char *pin, size_t pin_max);
