/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A new password of a key (requirement C2): from a file, generated on wish, or typed twice at a terminal that says while it
 * is typed what is still missing. */

#include "base/json.h"
#include "base/secret.h"
#include "client/client.h"

/* `option` names the file ("password-file"), as in prompt.h. Where --generate-password was given the password is made here,
 * and new_password_show() is to be called once the key is kept. 0 or an exit code after saying why. */
int new_password(Client *c, const char *option, const char *question, Secret **ret);

bool new_password_generated(const Client *c);

/* Prints a generated password, once; nothing where it was not generated, or under --json, where it is a member of the document: "password". Takes NULL. */
void new_password_show(const Client *c, const Secret *password);
void new_password_json(Json *j, const Secret *password);
