/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Calls of org.sygnet.Trust1 that are answered later: because polkit is asked, the checker reads what was sent, or stores are changed. */

#include "installer/trust/bundle.h"
#include "installer/trust/trust.h"

typedef struct Call Call;
struct Child;

/* What comes after the checker's answer. 1 when the call goes on; 0 when it was answered; -errno with `error` set. */
typedef int (*CallChecked)(Call *c, sd_bus_error *error);

struct Call {
        Call *next;
        Trust *trust;
        sd_bus_message *message;
        Watch *watch;
        uid_t uid;
        Bytes input;
        struct Child *child;
        BundleReply reply; /* one, unless several were asked about */
        char (*fingerprints)[FINGERPRINT_TEXT_SIZE]; /* that the caller named, or of the reply's certificates */
        size_t n_fingerprints;
        unsigned stores, purposes; /* install: bits; 0 stores for all */
        bool several;
        CallChecked checked;
};

/* What every method begins with that is answered later. 1: parked; `handler` is called again. */
int call_begin(sd_bus_message *m, Trust *t, const char *action, sd_bus_message_handler_t handler, Call **ret, sd_bus_error *error);

/* What a handler returns of the first step: the call belongs to that now, or still to the handler. */
int call_started(int r, Call **c);

/* Answers with an error, and forgets the call. */
void call_fail(Call *c, int result, sd_bus_error *error);

Call *call_free(Call *c);
DEFINE_CLEANUP(Call *, call_free);

/* Has the checker read c->input; `several` certificates, or just one. Of what it answers only such DER is let through as the input contains. */
int call_check(Call *c, bool several, CallChecked checked, sd_bus_error *error);

/* Takes the fingerprints of the reply's certificates; "" for what could not be read. */
int call_take_fingerprints(Call *c);

/* Makes room for `n` fingerprints. */
int call_reserve_fingerprints(Call *c, size_t n);

/* Reads bytes that stand next in the message into c->input. `too_large` says what is wrong beyond `max`. */
int call_read_input(Call *c, size_t max, CheckProblem too_large, sd_bus_error *error);

/* InvalidArgument unless it is one. */
int call_check_fingerprint(const char *fingerprint, sd_bus_error *error);
