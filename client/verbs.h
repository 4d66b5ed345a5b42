/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The verb table: what the client can do. Help, completion and the test of the man page are made from it. */

#include "client/client.h"

extern const Verb verbs[]; /* ends with a wordless one */

/* The verb that argv begins with, the longest that fits, and how many words it takes; NULL when there is none. */
const Verb *verb_find(int argc, char **argv, int *ret_words);

/* Whether some verb begins with this word. */
bool verb_is_group(const char *word);

/* Runs a verb within another, as if it had been called: its words and arguments, NULL at the end. */
int verb_run(Client *c, char **argv);

/* One file a verb, or a group of verbs about one thing. */
int verb_login(Client *c);
int verb_logout(Client *c);
int verb_status(Client *c);
int verb_list(Client *c);
int verb_show(Client *c);
int verb_sign(Client *c);
int verb_extend(Client *c);
int verb_verify(Client *c);
int verb_show_signatures(Client *c);
int verb_certificate(Client *c);
int verb_container_list(Client *c);
int verb_container_extract(Client *c);
int verb_otp_enroll(Client *c);
int verb_otp_confirm(Client *c);
int verb_otp_list(Client *c);
int verb_otp_revoke(Client *c);
int verb_otp_reset(Client *c);
int verb_pin_status(Client *c);
int verb_pin_set(Client *c);
int verb_pin_change(Client *c);
int verb_pin_unblock(Client *c);
int verb_pin_reset(Client *c);
int verb_policy(Client *c);
int verb_account_create(Client *c);
int verb_account_edit(Client *c);
int verb_account_delete(Client *c);
int verb_account_forgot(Client *c);
int verb_account_email(Client *c);
int verb_account_phone(Client *c);
int verb_activate(Client *c);
int verb_register(Client *c);
int verb_account_list(Client *c);
int verb_account_bind(Client *c);
int verb_account_unbind(Client *c);
int verb_account_enable(Client *c);
int verb_account_disable(Client *c);
int verb_account_password(Client *c);
int verb_seal_create(Client *c);
int verb_seal_request(Client *c);
int verb_seal_import(Client *c);
int verb_seal_users(Client *c);
int verb_seal_invite(Client *c);
int verb_seal_invitations(Client *c);
int verb_seal_activate(Client *c);
int verb_seal_add_user(Client *c);
int verb_seal_remove_user(Client *c);
int verb_seal_break_lease(Client *c);
int verb_seal_renew(Client *c);
int verb_seal_reissue(Client *c);
int verb_seal_retire(Client *c);
int verb_mandate_create(Client *c);
int verb_mandate_list(Client *c);
int verb_mandate_show(Client *c);
int verb_mandate_revoke(Client *c);
int verb_key_generate(Client *c); /* of the service, like the following ones; the table has those that know the other places too */
int verb_key_request(Client *c);
int verb_key_import(Client *c);
int verb_key_renew(Client *c);
int verb_key_retire(Client *c);
int verb_key_place_generate(Client *c);
int verb_key_place_request(Client *c);
int verb_key_place_import(Client *c);
int verb_key_place_compromise(Client *c);
int verb_key_place_renew(Client *c);
int verb_key_place_retire(Client *c);
int verb_key_export(Client *c);
int verb_key_list(Client *c);
int verb_key_terms(Client *c);
int verb_key_compromise(Client *c);
int verb_key_release(Client *c);
int verb_ca_init(Client *c);
int verb_ca_show(Client *c);
int verb_ca_issue(Client *c);
int verb_ca_list(Client *c);
int verb_ca_request(Client *c);
int verb_ca_requests(Client *c);
int verb_ca_answer(Client *c);
int verb_ca_approve(Client *c);
int verb_ca_reject(Client *c);
int verb_ca_status(Client *c);
int verb_ca_suspend(Client *c);
int verb_ca_resume(Client *c);
int verb_ca_revoke(Client *c);
int verb_ca_crl(Client *c);
int verb_ca_publish(Client *c);
int verb_setup(Client *c);
int verb_trust_list(Client *c);
int verb_trust_inspect(Client *c);
int verb_trust_status(Client *c);
int verb_trust_install(Client *c);
int verb_trust_remove(Client *c);
int verb_trust_stores(Client *c);
int verb_log(Client *c);
int verb_log_export(Client *c);
int verb_log_verify(Client *c);
int verb_outbox(Client *c);
int verb_outbox_read(Client *c);
int verb_outbox_cancel(Client *c);
int verb_completion_bash(Client *c);
