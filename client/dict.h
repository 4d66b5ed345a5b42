/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Records as the services return them (a{sv}), kept with their D-Bus types, so that one writer gives JSON for all of them: `x` is a time,
 * numbers are numbers, `ay` is base64, a(us) a list of Unix users. Unknown types are left out. */

#include <systemd/sd-bus.h>

#include "base/cleanup.h"
#include "base/json.h"

typedef struct Field {
        char *key;
        char type;       /* s, b, i (all integers), x (time), S (as), U (a(us)), y (ay: base64 in `text`) */
        int64_t number;
        char *text;
        char **list;     /* S: strings; U: "name (uid)" */
        size_t n_list;
} Field;

typedef struct Dict {
        Field *fields;
        size_t n_fields;
} Dict;

typedef struct DictList {
        Dict *items;
        size_t n_items;
} DictList;

/* Reads an a{sv} where the message stands. 0 or negative errno. */
int dict_read(sd_bus_message *m, Dict *ret);
void dict_done(Dict *d);

/* Reads an aa{sv}. */
int dict_list_read(sd_bus_message *m, DictList *ret);
void dict_list_done(DictList *l);

/* "" when there is no such string. Borrowed. */
const char *dict_string(const Dict *d, const char *key);
int64_t dict_number(const Dict *d, const char *key, int64_t fallback);
bool dict_has(const Dict *d, const char *key);
const Field *dict_field(const Dict *d, const char *key);

/* Adds a string that the service does not tell. -ENOMEM. */
int dict_set_string(Dict *d, const char *key, const char *value);

/* Takes the field out of the dictionary. */
void dict_remove(Dict *d, const char *key);

void dict_json(Json *j, const char *name, const Dict *d);

/* The whole document { name: [ … ] }. An exit code. */
int dict_list_print_json(const char *name, const DictList *l);

#define _cleanup_dict_ _cleanup_(dict_done)
#define _cleanup_dict_list_ _cleanup_(dict_list_done)
