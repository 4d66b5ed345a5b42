/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a message says beside its template: a JSON object (RFC 8259) of strings, read strictly. Values are secrets. */

#include "base/secret.h"

#define FIELDS_MAX 32U
#define FIELD_NAME_MAX 32U

typedef struct Field {
        char name[FIELD_NAME_MAX + 1];
        const char *value; /* within the room of the fields */
} Field;

typedef struct Fields {
        Secret *room;
        Field fields[FIELDS_MAX];
        size_t n;
} Fields;

/* One object, nothing behind it; names of a-z, 0-9, - and _, none twice; values that are UTF-8 and fit to be shown in one line: no control characters,
 * so that no value can begin a header. -EBADMSG with a sentence in `*ret_problem` (static, without values). `ret` is the caller's, empty before. */
int fields_parse(View json, Fields *ret, const char **ret_problem);
void fields_done(Fields *f);
#define _cleanup_fields_ _cleanup_(fields_done)

/* What holds where the caller gave no such field, or an empty one. `value` is borrowed. */
void fields_set_default(Fields *f, const char *name, const char *value);

/* NULL when it was not given, or empty. */
const char *fields_get(const Fields *f, const char *name);
