/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The methods of org.sygnet.CA1, for the table at the foot of authority-bus.c; `userdata` is the Authority. */

#include <systemd/sd-bus.h>

/* initialize-bus.c */
int method_initialize(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* issue-bus.c */
int method_issue(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_issue_responder(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* list-bus.c */
int method_list(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* state-bus.c */
int method_get_state(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_suspend(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_resume(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_revoke(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_get_crl(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_publish_crl(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* summary-bus.c */
int method_get_summary(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* queue-bus.c */
int method_request(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_requests(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_get_answer(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_approve(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_reject(sd_bus_message *m, void *userdata, sd_bus_error *error);
