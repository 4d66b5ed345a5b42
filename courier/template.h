/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Texts with names in them, sygnet-templates(5): ${name} is replaced by its value; a line with ${?name} is left out where there is no such value;
 * with one of two empty lines around it. $$ is a dollar sign. Anything else after a dollar sign is a mistake. */

#include "courier/delivery.h"
#include "courier/fields.h"
#include "courier/text.h"

#define TEMPLATE_SIZE_MAX 16384U
#define TEMPLATE_FILLED_MAX 65536U

/* Gives the value of a name, NULL for none. The name is not terminated. */
typedef const char *(*TemplateLookup)(View name, const void *userdata);

/* Appends a value so that it stays one where it is put; NULL: as it is. */
typedef int (*TemplateEscape)(Text *t, const char *value);

typedef struct TemplateProblem {
        unsigned line; /* from 1 */
        char text[160];
} TemplateProblem;

/* Fills `text` into `out`. -EINVAL with the problem told, -E2BIG. */
int template_fill(View text, TemplateLookup lookup, const void *userdata, TemplateEscape escape, Text *out, TemplateProblem *ret_problem);

/* Finds the text for a delivery and fills it: the administrator's own, else, also when that one is broken (then a warning is left in the
 * delivery), the shipped one; in the language, else in English. 0, or -EINVAL or another errno with the delivery failed. */
int template_render(Delivery *d, const Fields *fields, Text *ret);

/* Takes a filled text of mail apart: "Subject: …", an empty line, the body. -EINVAL. The views are borrowed. */
int template_split_mail(View filled, View *ret_subject, View *ret_body);

/* A filled text of an SMS is one line; cuts off its end of line. -EINVAL when there are more, or none. */
int template_one_line(View filled, View *ret);
