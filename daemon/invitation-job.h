/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an invited person does in the store (requirement E7): sees what invitations there are, has the code sent to the phone that the Administrator
 * gave, and accepts with it. Each job decides who may, does, and writes the audit entry, as one step; it returns 0, CODE_E_* (code.h), an outcome
 * (outcome.h), INVITATION_E_ADDRESS, or a negative errno. */

#include "crypto/subject.h"
#include "daemon/code.h"
#include "daemon/credential.h"
#include "daemon/invitation.h"

enum {
        INVITATION_E_ADDRESS = 128, /* the account has another e-mail address than was invited */
};

#define INVITATIONS_LIST_MAX 256U

/* An invitation as the invited person sees it. */
typedef struct InvitationShown {
        char id[INVITATION_ID_SIZE];
        int64_t invited;
        char *label;
        Subject *subject; /* of the seal */
} InvitationShown;

typedef struct InvitationJob {
        /* given */
        const Settings *settings;
        uint32_t uid;
        int64_t now;
        char account[17];         /* of the session */
        char id[INVITATION_ID_SIZE];
        Secret *code;
        /* made or found */
        Invitation invitation;
        CodeSent sent;
        InvitationShown *shown;
        size_t n_shown;
        int64_t until;
} InvitationJob;

void invitation_job_done(InvitationJob *j);

int invitation_job_list(Txn *t, InvitationJob *j);
int invitation_job_request(Txn *t, InvitationJob *j);  /* writes `sent` */
int invitation_job_activate(Txn *t, InvitationJob *j); /* writes `invitation` */
