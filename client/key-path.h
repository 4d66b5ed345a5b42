/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Key files as the user's files: who else could read or replace them, and the password that opens them. What is in them is
 * crypto/key-file.h's. */

#include "base/secret.h"
#include "client/client.h"
#include "crypto/key-file.h"

/* Whether a word of the command line names a key file: it begins like a path, or has a slash or one of the endings of such files and is there. */
bool key_path_is(const char *word);

/* Reads the file and checks all that can be told without the password. A file that others may write is refused, one that
 * they may read warned of. */
int key_path_read(const char *path, Bytes *ret);

/* Opens it with the password of --password-file, or one that is asked for; typed ones may be tried again. `ret_password`
 * may be NULL. */
int key_path_unlock(Client *c, View file, const char *question, KeyFile *ret, Secret **ret_password);

/* Writes a key file, 0600 and whole. Without `replace` nothing that is there is touched, wherever a symbolic link may lead. */
int key_path_write(const char *path, View content, bool replace);

/* Whether nothing of that name is there, before anybody types a password for it. Says so when not. */
int key_path_check_new(const char *path);

/* The absolute path, without symbolic links, of a file that is there. */
int key_path_resolve(const char *path, char **ret);
