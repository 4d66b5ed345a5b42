/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text with secrets; see text.h. */

#include <errno.h>
#include <string.h>

#include "courier/text.h"

int text_new(size_t size, Text *ret) {
        Secret *room;
        int r;

        r = secret_new(size, &room);
        if (r < 0)
                return r;
        *ret = (Text) { .room = room };
        return 0;
}

void text_done(Text *t) {
        t->room = secret_free(t->room);
        t->len = 0;
}

int text_append(Text *t, View v) {
        if (v.len > secret_len(t->room) - t->len)
                return -E2BIG;
        if (v.len > 0)
                memcpy(secret_data(t->room) + t->len, v.data, v.len);
        t->len += v.len;
        return 0;
}

int text_append_string(Text *t, const char *s) {
        return text_append(t, view_string(s));
}

int text_append_byte(Text *t, char c) {
        return text_append(t, VIEW(&c, 1));
}

int text_string(Text *t, const char **ret) {
        if (t->len == secret_len(t->room))
                return -E2BIG;
        secret_data(t->room)[t->len] = 0;
        *ret = (const char *) secret_data(t->room);
        return 0;
}

int text_of_secret(View secret, Text *ret) {
        int r;

        if (secret.len > 0 && memchr(secret.data, 0, secret.len))
                return -EINVAL;
        r = text_new(secret.len + 1, ret);
        return r < 0 ? r : text_append(ret, secret);
}
