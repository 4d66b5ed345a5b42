/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* policies.json; see policy-file.h. The text is walked, never made anew. */

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "installer/trust/policy-file.h"

/* A file that is ours altogether is this with the rest put in. */
#define OWN_FILE "{\t}\n"

typedef struct Cursor {
        View text;
        size_t at;
        unsigned depth;
} Cursor;

/* A value: where it begins and where it ends. */
typedef struct Span {
        size_t begin, end;
} Span;

/* --- Walking JSON ------------------------------------------------------------------------------------------------- */

static int peek(Cursor *c) {
        while (c->at < c->text.len && strchr(" \t\r\n", c->text.data[c->at]) && c->text.data[c->at] != 0)
                c->at++;
        return c->at < c->text.len ? c->text.data[c->at] : -1;
}

static bool take(Cursor *c, char wanted) {
        if (peek(c) != wanted)
                return false;
        c->at++;
        return true;
}

static int skip_string(Cursor *c) {
        if (!take(c, '"'))
                return -EBADMSG;
        while (c->at < c->text.len) {
                uint8_t k = c->text.data[c->at++];

                if (k == '"')
                        return 0;
                if (k < 0x20)
                        return -EBADMSG;
                if (k == '\\' && (c->at >= c->text.len || !strchr("\"\\/bfnrtu", c->text.data[c->at++])))
                        return -EBADMSG;
        }
        return -EBADMSG;
}

/* Numbers and words, by their alphabet: whether a number is well-formed is Firefox's to say. */
static int skip_scalar(Cursor *c) {
        static const char *const words[] = { "true", "false", "null" };
        size_t begin = c->at, left = c->text.len - c->at;

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                if (left < strlen(words[i]) || memcmp(c->text.data + c->at, words[i], strlen(words[i])) != 0)
                        continue;
                c->at += strlen(words[i]);
                return 0;
        }
        while (c->at < c->text.len && c->text.data[c->at] != 0 && strchr("+-.0123456789eE", c->text.data[c->at]))
                c->at++;
        return c->at > begin ? 0 : -EBADMSG;
}

static int skip_value(Cursor *c, Span *ret);

/* Members or elements up to the closing bracket; the opening one is taken. */
static int skip_items(Cursor *c, bool object) {
        char end = object ? '}' : ']';
        Span ignored;

        if (take(c, end))
                return 0;
        do {
                int r = 0;

                if (object)
                        r = skip_string(c) < 0 || !take(c, ':') ? -EBADMSG : 0;
                if (r >= 0)
                        r = skip_value(c, &ignored);
                if (r < 0)
                        return r;
        } while (take(c, ','));
        return take(c, end) ? 0 : -EBADMSG;
}

static int skip_value(Cursor *c, Span *ret) {
        int first = peek(c), r;

        ret->begin = c->at;
        if (first == '"')
                r = skip_string(c);
        else if (first == '{' || first == '[') {
                if (++c->depth > POLICY_DEPTH_MAX)
                        return -EBADMSG;
                c->at++;
                r = skip_items(c, first == '{');
                c->depth--;
        } else
                r = first < 0 ? -EBADMSG : skip_scalar(c);
        ret->end = c->at;
        return r;
}

/* The member of that name in the object at `object`. 1 when it is there, 0 when not; -EBADMSG when it is there twice. */
static int find_member(View text, Span object, const char *name, Span *ret) {
        Cursor c = { .text = text, .at = object.begin + 1 };
        bool found = false;

        if (text.data[object.begin] != '{')
                return -EBADMSG;
        if (take(&c, '}'))
                return 0;
        do {
                Span value;
                size_t begin;

                (void) peek(&c);
                begin = c.at + 1;
                if (skip_string(&c) < 0)
                        return -EBADMSG;
                bool is_it = view_equal(VIEW(text.data + begin, c.at - 1 - begin), view_string(name));

                if (!take(&c, ':') || skip_value(&c, &value) < 0 || (is_it && found))
                        return -EBADMSG;
                if (is_it)
                        *ret = value;
                found |= is_it;
        } while (take(&c, ','));
        return found;
}

static int find_root(View text, Span *ret) {
        Cursor c = { .text = text };
        int r;

        if (text.len > POLICY_SIZE_MAX || !utf8_is_valid(text))
                return -EBADMSG;
        r = skip_value(&c, ret);
        if (r < 0 || peek(&c) >= 0 || text.data[ret->begin] != '{')
                return -EBADMSG;
        return 0;
}

static const char *const steps[] = { "policies", "Certificates", "Install" };

/* Goes down as far as there is something: `*ret_depth` steps, and the value there. */
static int find_place(View text, Span *ret, size_t *ret_depth) {
        size_t depth = 0;
        int r = find_root(text, ret);

        while (r >= 0 && depth < ELEMENTSOF(steps)) {
                Span inner;

                r = find_member(text, *ret, steps[depth], &inner);
                if (r <= 0)
                        break;
                *ret = inner;
                depth++;
        }
        if (r < 0)
                return r;
        if (depth == ELEMENTSOF(steps) && text.data[ret->begin] != '[')
                return -EBADMSG;
        *ret_depth = depth;
        return 0;
}

/* --- Putting in --------------------------------------------------------------------------------------------------- */

static bool is_empty(View text, Span span) {
        Cursor c = { .text = text, .at = span.begin + 1 };
        int k = peek(&c);

        return k == ']' || k == '}';
}

static int append_steps(Bytes *b, size_t depth, const char *path) {
        int r = 0;

        for (size_t i = depth; r >= 0 && i < ELEMENTSOF(steps); i++)
                r = bytes_printf(b, "\"%s\":\t%c ", steps[i], i + 1 < ELEMENTSOF(steps) ? '{' : '[');
        if (r >= 0)
                r = bytes_printf(b, "\"%s\"", path);
        for (size_t i = ELEMENTSOF(steps); r >= 0 && i > depth; i--)
                r = bytes_printf(b, " %c", i < ELEMENTSOF(steps) ? '}' : ']');
        return r;
}

static bool begins_with(View text, size_t at, const char *s) {
        return text.len - at >= strlen(s) && memcmp(text.data + at, s, strlen(s)) == 0;
}

static bool ends_with(View text, size_t at, const char *s) {
        return at >= strlen(s) && memcmp(text.data + at - strlen(s), s, strlen(s)) == 0;
}

static int splice(View text, size_t at, size_t drop, View insert, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = bytes_append_view(&b, VIEW(text.data, at));
        if (r >= 0)
                r = bytes_append_view(&b, insert);
        if (r >= 0)
                r = bytes_append_view(&b, VIEW(text.data + at + drop, text.len - at - drop));
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}

static int add_unchecked(View text, const char *path, Bytes *ret) {
        _cleanup_bytes_ Bytes piece = BYTES_NULL;
        size_t depth, at;
        Span place;
        int r;

        r = find_place(text, &place, &depth);
        if (r < 0)
                return r;
        at = place.begin + 1;
        /* In a list of ours the path comes behind the blank. */
        if (depth == ELEMENTSOF(steps) && ends_with(text, place.begin, ":\t"))
                at++;
        r = append_steps(&piece, depth, path);
        if (r >= 0 && !is_empty(text, place))
                r = bytes_printf(&piece, ", ");
        return r < 0 ? r : splice(text, at, 0, bytes_view(&piece), ret);
}

typedef struct Search {
        const char *path;
        bool found;
} Search;

static int compare(void *userdata, View path) {
        Search *s = userdata;

        s->found |= view_equal(path, view_string(s->path));
        return 0;
}

int policy_add(View text, const char *path, Bytes *ret) {
        _cleanup_bytes_ Bytes added = BYTES_NULL, back = BYTES_NULL;
        Search search = { .path = path };
        int r = text.len > 0 ? policy_walk(text, compare, &search) : 0;

        if (r < 0 || search.found)
                return r < 0 ? r : -EEXIST;
        r = add_unchecked(text.len > 0 ? text : VIEW_LITERAL(OWN_FILE), path, &added);
        if (r >= 0)
                r = policy_remove(bytes_view(&added), path, &back);
        if (r < 0)
                return r;
        if (!view_equal(bytes_view(&back), text))
                return -EBADMSG; /* it looks as if it were ours already */
        *ret = bytes_take(&added);
        return 0;
}

/* --- Taking out --------------------------------------------------------------------------------------------------- */

/* Widens what goes by the comma and blank behind it, if any. */
static void widen_comma(View text, Span *gone) {
        if (begins_with(text, gone->end, ", "))
                gone->end += 2;
}

/* The list that was ours and is empty now, and what was made around it. */
static void widen_steps(View text, Span *gone) {
        for (size_t i = ELEMENTSOF(steps); i > 0; i--) {
                char before[32], after[3] = { ' ', i < ELEMENTSOF(steps) ? '}' : ']', 0 };

                snprintf(before, sizeof(before), "\"%s\":\t%c ", steps[i - 1], i < ELEMENTSOF(steps) ? '{' : '[');
                if (!ends_with(text, gone->begin, before) || !begins_with(text, gone->end, after))
                        return;
                gone->begin -= strlen(before);
                gone->end += strlen(after);
                if (begins_with(text, gone->end, ", ")) {
                        gone->end += 2;
                        return;
                }
        }
}

/* Where the path stands in the list, quotes and all. */
static int find_path(View text, const char *path, Span *ret) {
        Span list, value;
        size_t depth;
        Cursor c;
        int r = find_place(text, &list, &depth);

        if (r < 0 || depth < ELEMENTSOF(steps))
                return r < 0 ? r : -ENOENT;
        c = (Cursor) { .text = text, .at = list.begin + 1 };
        while (peek(&c) == '"' || peek(&c) == ',') {
                if (take(&c, ','))
                        continue;
                if (skip_value(&c, &value) < 0)
                        return -EBADMSG;
                if (!view_equal(VIEW(text.data + value.begin + 1, value.end - value.begin - 2), view_string(path)))
                        continue;
                *ret = value;
                return 0;
        }
        return -ENOENT;
}

int policy_remove(View text, const char *path, Bytes *ret) {
        _cleanup_bytes_ Bytes rest = BYTES_NULL;
        Span gone, path_span;
        int r = text.len > 0 ? find_path(text, path, &gone) : -ENOENT;

        if (r < 0)
                return r;
        path_span = gone;
        widen_comma(text, &gone);
        if (gone.end == path_span.end && ends_with(text, gone.begin, ", "))
                gone.begin -= 2;
        else if (gone.end == path_span.end)
                widen_steps(text, &gone);
        r = splice(text, gone.begin, gone.end - gone.begin, VIEW("", 0), &rest);
        if (r < 0)
                return r;
        if (view_equal(bytes_view(&rest), VIEW_LITERAL(OWN_FILE)))
                bytes_done(&rest);
        *ret = bytes_take(&rest);
        return 0;
}

int policy_walk(View text, int (*f)(void *userdata, View path), void *userdata) {
        Span list, value;
        size_t depth;
        Cursor c;
        int r = find_place(text, &list, &depth);

        if (r < 0 || depth < ELEMENTSOF(steps))
                return r;
        c = (Cursor) { .text = text, .at = list.begin + 1 };
        for (int k; (k = peek(&c)) >= 0 && k != ']';) {
                if (take(&c, ','))
                        continue;
                r = skip_value(&c, &value);
                if (r >= 0 && k == '"')
                        r = f(userdata, VIEW(text.data + value.begin + 1, value.end - value.begin - 2));
                if (r < 0)
                        return r;
        }
        return 0;
}
