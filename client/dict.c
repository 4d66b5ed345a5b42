/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Records of the services; see dict.h. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "client/dict.h"
#include "client/output.h"

static int add_list(Field *f, char *item) {
        char **grown = item ? reallocarray(f->list, f->n_list + 1, sizeof(*grown)) : NULL;

        if (!grown) {
                free(item);
                return -ENOMEM;
        }
        f->list = grown;
        f->list[f->n_list++] = item;
        return 0;
}

static int read_strings(sd_bus_message *m, Field *f) {
        const char *s;
        int r;

        f->type = 'S';
        r = sd_bus_message_enter_container(m, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "s", &s)) > 0) {
                r = add_list(f, strdup(s));
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_users(sd_bus_message *m, Field *f) {
        const char *name;
        uint32_t uid;
        int r;

        f->type = 'U';
        r = sd_bus_message_enter_container(m, 'a', "(us)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(us)", &uid, &name)) > 0) {
                char *item = NULL;

                if (asprintf(&item, "%s (%u)", name, uid) < 0)
                        item = NULL;
                r = add_list(f, item);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_bytes(sd_bus_message *m, Field *f) {
        const void *data;
        size_t size;
        int r;

        f->type = 'y';
        r = sd_bus_message_read_array(m, 'y', &data, &size);
        if (r < 0)
                return r;
        f->text = base64_encode(VIEW(data, size));
        return f->text ? 0 : -ENOMEM;
}

static int read_number(sd_bus_message *m, char type, Field *f) {
        union {
                uint8_t y;
                int b;
                int32_t i;
                uint32_t u;
                int64_t x;
                uint64_t t;
        } v = { 0 };
        int r = sd_bus_message_read_basic(m, type, &v);

        if (r < 0)
                return r;
        f->type = type == 'b' || type == 'x' ? type : 'i';
        f->number = type == 'b' ? v.b : type == 'i' ? v.i : type == 'u' ? v.u : type == 'x' ? v.x : (int64_t) v.t;
        return 0;
}

static int read_value(sd_bus_message *m, const char *contents, Field *f) {
        const char *s;
        int r;

        if (strcmp(contents, "as") == 0)
                return read_strings(m, f);
        if (strcmp(contents, "a(us)") == 0)
                return read_users(m, f);
        if (strcmp(contents, "ay") == 0)
                return read_bytes(m, f);
        if (strlen(contents) == 1 && strchr("biuxt", contents[0]))
                return read_number(m, contents[0], f);
        if (strcmp(contents, "s") != 0)
                return sd_bus_message_skip(m, contents);
        r = sd_bus_message_read(m, "s", &s);
        if (r < 0)
                return r;
        f->type = 's';
        f->text = strdup(s);
        return f->text ? 0 : -ENOMEM;
}

static int read_field(sd_bus_message *m, Dict *d) {
        Field *grown, *f;
        const char *key, *contents;
        int r;

        r = sd_bus_message_read(m, "s", &key);
        if (r < 0)
                return r;
        r = sd_bus_message_peek_type(m, NULL, &contents);
        if (r < 0)
                return r;
        grown = reallocarray(d->fields, d->n_fields + 1, sizeof(*grown));
        if (!grown)
                return -ENOMEM;
        d->fields = grown;
        f = &d->fields[d->n_fields++];
        *f = (Field) { .key = strdup(key) };
        if (!f->key)
                return -ENOMEM;
        r = sd_bus_message_enter_container(m, 'v', contents);
        if (r < 0)
                return r;
        r = read_value(m, contents, f);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int dict_read(sd_bus_message *m, Dict *ret) {
        _cleanup_dict_ Dict d = { 0 };
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_field(m, &d);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret = d;
        d = (Dict) { 0 };
        return 0;
}

static void field_done(Field *f) {
        for (size_t i = 0; i < f->n_list; i++)
                free(f->list[i]);
        free(f->list);
        free(f->text);
        free(f->key);
}

void dict_done(Dict *d) {
        for (size_t i = 0; i < d->n_fields; i++)
                field_done(&d->fields[i]);
        free(d->fields);
        *d = (Dict) { 0 };
}

int dict_list_read(sd_bus_message *m, DictList *ret) {
        _cleanup_dict_list_ DictList l = { 0 };
        int r;

        r = sd_bus_message_enter_container(m, 'a', "a{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_at_end(m, false)) == 0) {
                Dict *grown = reallocarray(l.items, l.n_items + 1, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                l.items = grown;
                r = dict_read(m, &l.items[l.n_items]);
                if (r < 0)
                        return r;
                l.n_items++;
        }
        if (r < 0)
                return r;
        *ret = l;
        l = (DictList) { 0 };
        return sd_bus_message_exit_container(m);
}

void dict_list_done(DictList *l) {
        for (size_t i = 0; i < l->n_items; i++)
                dict_done(&l->items[i]);
        free(l->items);
        *l = (DictList) { 0 };
}

const Field *dict_field(const Dict *d, const char *key) {
        for (size_t i = 0; i < d->n_fields; i++)
                if (strcmp(d->fields[i].key, key) == 0)
                        return &d->fields[i];
        return NULL;
}

const char *dict_string(const Dict *d, const char *key) {
        const Field *f = dict_field(d, key);

        return f && f->type == 's' ? f->text : "";
}

int64_t dict_number(const Dict *d, const char *key, int64_t fallback) {
        const Field *f = dict_field(d, key);

        return f && strchr("bix", f->type) ? f->number : fallback;
}

bool dict_has(const Dict *d, const char *key) {
        return dict_field(d, key);
}

int dict_set_string(Dict *d, const char *key, const char *value) {
        Field *grown, f = { .key = strdup(key), .type = 's', .text = strdup(value) };

        grown = f.key && f.text ? reallocarray(d->fields, d->n_fields + 1, sizeof(*grown)) : NULL;
        if (!grown) {
                field_done(&f);
                return -ENOMEM;
        }
        d->fields = grown;
        d->fields[d->n_fields++] = f;
        return 0;
}

void dict_remove(Dict *d, const char *key) {
        Field *f = (Field *) (uintptr_t) dict_field(d, key);

        if (!f)
                return;
        field_done(f);
        *f = d->fields[--d->n_fields];
}

static void field_json(Json *j, const Field *f) {
        switch (f->type) {
        case 's':
        case 'y':
                json_string(j, f->key, f->text);
                break;
        case 'b':
                json_bool(j, f->key, f->number != 0);
                break;
        case 'x':
                json_time(j, f->key, f->number);
                break;
        case 'i':
                json_int(j, f->key, f->number);
                break;
        case 'S':
        case 'U':
                json_strings(j, f->key, f->list, f->n_list);
                break;
        default:
                break;
        }
}

void dict_json(Json *j, const char *name, const Dict *d) {
        json_object_begin(j, name);
        for (size_t i = 0; i < d->n_fields; i++)
                field_json(j, &d->fields[i]);
        json_object_end(j);
}

int dict_list_print_json(const char *name, const DictList *l) {
        Json j = JSON_INIT(stdout);

        json_object_begin(&j, NULL);
        json_array_begin(&j, name);
        for (size_t i = 0; i < l->n_items; i++)
                dict_json(&j, NULL, &l->items[i]);
        json_array_end(&j);
        json_object_end(&j);
        return json_finish(&j) < 0 ? EXIT_FAILED : EXIT_OK;
}
