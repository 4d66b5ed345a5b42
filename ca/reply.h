/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the methods of org.sygnet.CA1 have in common: arguments that several take, answers that several give, errors that
 * several know. */

#include <systemd/sd-bus.h>

#include "ca/issuance.h"
#include "ca/states.h"

/* A serial number as the contract has it: hexadecimal in lower case, at most 40 digits (RFC 5280 §4.1.2.2). One that cannot be
 * of this CA becomes empty. */
int read_serial(sd_bus_message *m, char ret[static SERIAL_TEXT_SIZE], sd_bus_error *error);

/* A certificate request, DER. */
int read_request(sd_bus_message *m, Bytes *ret, sd_bus_error *error);

/* The three arguments of Issue and Request: a request, the name of a profile that people may ask for, and options. */
int read_issuance(sd_bus_message *m, Issuance *i, sd_bus_error *error);

/* `days` as an option gave it. */
int check_days(uint32_t days, unsigned max, sd_bus_error *error);

/* Whether a text may be kept beside a decision: one line that can be shown. */
int check_comment(const char *text, sd_bus_error *error);

/* Each sends the answer. 0, never the positive number of sd_bus_send(), which a task would take for TASK_CONTINUES. */
int send_reply(sd_bus_message *reply);
int reply_empty(sd_bus_message *m);
int reply_bytes(sd_bus_message *m, View data);
int reply_chain(sd_bus_message *m, View certificate, const Root *root);

/* Entries of an a{sv}: state s; reason s, where it is suspended or revoked; since x; invalid_since x, where it is known. */
int append_state(sd_bus_message *reply, const StateRecord *s);

int fail_not_initialized(sd_bus_error *error);

/* What a job of the store returned that is no answer to the caller's question. */
int fail_store(int result, sd_bus_error *error);

/* register_append() returned -EKEYREJECTED. */
int fail_key_used(sd_bus_error *error);
int fail_key_revealed(sd_bus_error *error);

/* Why a certificate was not issued: a result of issuance_run(). */
int fail_issuance(int result, const Issuance *i, sd_bus_error *error);

/* It is on disk and stays, but could not be published. `problem` says why, where a person can do something about it; or NULL. */
int fail_not_published(const char *problem, sd_bus_error *error);
