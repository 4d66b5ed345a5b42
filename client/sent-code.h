/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Codes that the service sends by mail or SMS: has one sent, says where it went, and asks for it. Programs do it in two steps: the verb with
 * --send-code, which sends and ends, then the verb with the option that names a file with the code. */

#include <systemd/sd-bus.h>

#include "base/secret.h"
#include "client/client.h"
#include "client/dict.h"

typedef struct SentCode {
        const char *option;   /* the file's: "code-file" */
        const char *question; /* translated */
        /* Makes the call that sends it, with call_send()'s `tolerated`; the reply is the dictionary a{sv} `sent` of the contract. */
        int (*request)(Client *c, void *userdata, const char *tolerated, sd_bus_message **ret_reply);
        void *userdata;
        bool sent_before; /* one may have come already: asks for it first, and has one sent where the answer is empty */
} SentCode;

/* Says where a code went and until when it holds; `sent` is that dictionary. */
void sent_code_tell(const Dict *sent);

/* In *ret the code, as typed. NULL when it was only sent (--send-code) and the verb is done. -EAGAIN when the service says NotPossible: there is
 * nowhere to send it to, and nothing was said. At a terminal an empty answer has it sent again. */
int sent_code_get(Client *c, const SentCode *s, Secret **ret);
