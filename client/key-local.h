/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What “sygnet key …” does with keys that are not in the service: in a file or on a card. Each returns an exit code. */

#include "client/key-record.h"
#include "client/terms.h"
#include "crypto/subject.h"

/* Makes a key where --place says, records it, and, unless --no-issue was given, has the local CA certify it. `terms` may be
 * NULL; they were accepted. */
int key_local_generate(Client *c, KeyPlace place, Profile profile, const Subject *subject, const Terms *terms);

/* Writes the request of a key whose subject is recorded. */
int key_local_request(Client *c, const KeyRecord *k);

/* Takes in certificates from the files that stand behind the key on the command line. */
int key_local_import_certificates(Client *c, KeyRecord *k);

/* Records a key that is there already: a file or, by its URI, one on a card. */
int key_local_import(Client *c, const char *word);

/* Another file with the key, in a form and under a password of choice. */
int key_local_export(Client *c, const KeyRecord *k);

/* Erases a key that was made here; forgets one that was imported. */
int key_local_retire(Client *c, const KeyRecord *k);

/* As JSON, an object of its own; `password` may be NULL, and `waits` is the number of a request that has to be decided about, or 0. */
void key_local_json(Json *j, const char *name, const KeyRecord *k, const Secret *password, uint64_t waits);
const char *key_local_status(const KeyRecord *k); /* "requested", "active", "expired" */
