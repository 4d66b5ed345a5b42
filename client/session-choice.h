/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which of the caller's sessions a verb works in. The service lists the sessions of the calling Unix user, so nothing is kept on
 * this side. */

#include "base/secret.h"
#include "client/client.h"
#include "client/dict.h"

typedef struct SessionChoice {
        char *id;
        char *login;
        bool remembered;
        bool pin; /* it stands for the PIN as well */
} SessionChoice;

/* The open session of account `login`; with NULL the one that --login names, or the only one. Where there is none a person at a terminal
 * is asked for the password (and login) and a session is opened; elsewhere it is an error. The verb has the option --login. */
int session_choose(Client *c, const char *login, SessionChoice *ret);
void session_choice_done(SessionChoice *s);
#define _cleanup_session_ _cleanup_(session_choice_done)

/* Opens another session of the same account, for a person at a terminal, in place of one that has ended. */
int session_renew(Client *c, SessionChoice *s);

/* The caller's sessions. */
int session_list(Client *c, DictList *ret);

/* Changes the password of a session's account; a restricted session is an ordinary one from then on. */
int session_change_password(Client *c, const char *id, const Secret *old, const Secret *new);

/* What a session is opened with. */
typedef struct LoginFactors {
        const Secret *password;
        const Secret *otp; /* NULL unless it shall be remembered */
        const Secret *pin; /* NULL unless it shall stand for the PIN too; only with `otp` */
} LoginFactors;

/* Opens a session. */
int session_login(Client *c, const char *login, const LoginFactors *factors, char **ret_id, Dict *ret_info);
