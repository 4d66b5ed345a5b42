/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The account's PIN, as it is asked for wherever it is needed. */

#include "base/secret.h"
#include "client/client.h"
#include "client/dict.h"

/* The PIN from the file of --pin-file, or from a prompt; blanks within are dropped, anything but eight digits is refused before it is sent, so that
 * a slip costs neither a code nor an attempt. */
int pin_prompt(Client *c, Secret **ret);

/* The same from a prompt alone, where an empty answer is none: then *ret stays NULL. */
int pin_prompt_optional(const char *question, Secret **ret);

/* A new one, from the file of `option` or a prompt that asks twice. */
int pin_prompt_new(Client *c, const char *option, const char *question, Secret **ret);

/* What the service tells of the PIN of the session's account. */
int pin_status(Client *c, const char *session, Dict *ret);

/* PIN and code as making and requesting with a signature's key take them; says what to do where there is no PIN yet. */
int pin_prompt_with_code(Client *c, const char *session, Secret **ret_pin, Secret **ret_otp);

/* The one-time code that goes with it, where the account has a token; *ret stays NULL elsewhere. */
int pin_prompt_code(Client *c, const Dict *status, Secret **ret);
