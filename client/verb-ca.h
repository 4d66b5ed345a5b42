/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the verbs of sygnet ca share. */

/* A state of the contract ("good", "suspended", "revoked", "unknown") in the user's language. */
const char *certificate_state_text(const char *state);
