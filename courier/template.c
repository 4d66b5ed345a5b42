/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Templates; see template.h. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/atomic-file.h"
#include "base/utf8.h"
#include "courier/template.h"

typedef struct Filling {
        TemplateLookup lookup;
        const void *userdata;
        TemplateEscape escape;
        Text *out;
        TemplateProblem *problem;
} Filling;

static int __attribute__((format(printf, 2, 3))) problem(TemplateProblem *p, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        (void) vsnprintf(p->text, sizeof(p->text), format, ap);
        va_end(ap);
        return -EINVAL;
}

/* --- Filling ------------------------------------------------------------------------------------------------------ */

static int put_value(Filling *f, const char *value) {
        return f->escape ? f->escape(f->out, value) : text_append_string(f->out, value);
}

/* A name in braces, `*line` behind "${". 1 when the line is to be left out. */
static int fill_name(Filling *f, View *line) {
        const uint8_t *end = line->len > 0 ? memchr(line->data, '}', line->len) : NULL;
        bool optional = line->len > 0 && *line->data == '?';
        const char *value;
        View name;

        if (!end)
                return problem(f->problem, "“${” without a “}”");
        name = VIEW(line->data + optional, (size_t) (end - line->data) - optional);
        line->len -= (size_t) (end + 1 - line->data);
        line->data = end + 1;
        if (name.len < 1 || name.len > FIELD_NAME_MAX)
                return problem(f->problem, "a name in “${}” has 1 to %u characters", FIELD_NAME_MAX);
        value = f->lookup(name, f->userdata);
        if (!value && optional)
                return 1;
        if (!value)
                return problem(f->problem, "there is no “%.*s” for this message", (int) name.len, (const char *) name.data);
        return put_value(f, value);
}

/* 1 when the line is to be left out. */
static int fill_line(Filling *f, View line) {
        while (line.len > 0) {
                const uint8_t *dollar = memchr(line.data, '$', line.len);
                size_t plain = dollar ? (size_t) (dollar - line.data) : line.len;
                int r = text_append(f->out, VIEW(line.data, plain));

                if (r < 0 || !dollar)
                        return r;
                line = VIEW(dollar + 1, line.len - plain - 1);
                if (line.len < 1 || (*line.data != '{' && *line.data != '$'))
                        return problem(f->problem, "“$” is followed by “{name}”, or by another “$” where it stands for itself");
                line = VIEW(line.data + 1, line.len - 1);
                r = line.data[-1] == '{' ? fill_name(f, &line) : text_append_byte(f->out, '$');
                if (r != 0)
                        return r;
        }
        return 0;
}

static bool is_text(View text) {
        for (size_t i = 0; i < text.len; i++) {
                uint8_t c = text.data[i];
                bool end_of_line = c == '\n' || (c == '\r' && i + 1 < text.len && text.data[i + 1] == '\n');

                if ((c < 0x20 && c != '\t' && !end_of_line) || c == 0x7f)
                        return false;
        }
        return utf8_is_valid(text);
}

/* Where a line was left out between two empty ones, one of those goes with it. */
static bool is_superfluous(View line, const Text *out, bool after_gap) {
        View v = text_view(out);

        return after_gap && line.len == 0 && v.len >= 2 && memcmp(v.data + v.len - 2, "\n\n", 2) == 0;
}

int template_fill(View text, TemplateLookup lookup, const void *userdata, TemplateEscape escape, Text *out, TemplateProblem *ret_problem) {
        Filling f = { lookup, userdata, escape, out, ret_problem };
        bool gap = false;

        *ret_problem = (TemplateProblem) { 0 };
        if (!is_text(text))
                return problem(ret_problem, "this is not text in UTF-8, or has control characters");
        while (text.len > 0) {
                const uint8_t *newline = memchr(text.data, '\n', text.len);
                size_t len = newline ? (size_t) (newline - text.data) : text.len, before = out->len;
                View line = VIEW(text.data, len > 0 && text.data[len - 1] == '\r' ? len - 1 : len);
                bool skip = is_superfluous(line, out, gap);
                int r = 0;

                ret_problem->line++;
                if (!skip && (r = fill_line(&f, line)) < 0)
                        return r;
                gap = r > 0;
                if (gap || skip)
                        out->len = before;
                else if (newline && (r = text_append_byte(out, '\n')) < 0)
                        return r;
                len += !!newline;
                text = VIEW(text.data + len, text.len - len);
        }
        return 0;
}

/* --- The forms ---------------------------------------------------------------------------------------------------- */

int template_split_mail(View filled, View *ret_subject, View *ret_body) {
        static const char word[] = "Subject: ";
        const size_t skip = sizeof(word) - 1;
        const uint8_t *end = filled.len > 0 ? memchr(filled.data, '\n', filled.len) : NULL;
        size_t first = end ? (size_t) (end - filled.data) : 0;

        if (first <= skip || memcmp(filled.data, word, skip) != 0 || filled.len < first + 3 || filled.data[first + 1] != '\n')
                return -EINVAL;
        *ret_subject = VIEW(filled.data + skip, first - skip);
        *ret_body = VIEW(filled.data + first + 2, filled.len - first - 2);
        return 0;
}

int template_one_line(View filled, View *ret) {
        while (filled.len > 0 && filled.data[filled.len - 1] == '\n')
                filled.len--;
        if (filled.len == 0 || memchr(filled.data, '\n', filled.len))
                return -EINVAL;
        *ret = filled;
        return 0;
}

static int check_form(Channel channel, View filled, TemplateProblem *ret_problem) {
        View a, b;

        *ret_problem = (TemplateProblem) { .line = 1 };
        if (channel == CHANNEL_MAIL && template_split_mail(filled, &a, &b) < 0)
                return problem(ret_problem, "a mail is “Subject: ” with a text, an empty line, and what it says");
        if (channel == CHANNEL_SMS && template_one_line(filled, &a) < 0)
                return problem(ret_problem, "an SMS is one line");
        return 0;
}

/* --- The files ---------------------------------------------------------------------------------------------------- */

static const char *lookup_field(View name, const void *userdata) {
        char s[FIELD_NAME_MAX + 1];

        memcpy(s, name.data, name.len);
        s[name.len] = 0;
        return fields_get(userdata, s);
}

/* 0; -ENOENT; -EINVAL with `reason` told; another errno. */
static int render_file(const char *path, Channel channel, const Fields *fields, Text *ret, char reason[static DELIVERY_REASON_MAX]) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        _cleanup_text_ Text t = { 0 };
        TemplateProblem p = { 0 };
        int r;

        r = read_file(path, TEMPLATE_SIZE_MAX, &text);
        if (r == -ENOENT || r == -ENOTDIR || r == -ENOMEM)
                return r == -ENOTDIR ? -ENOENT : r;
        if (r < 0) {
                (void) snprintf(reason, DELIVERY_REASON_MAX, "%s cannot be read: %s.", path, strerror(-r));
                return -EINVAL;
        }
        r = text_new(TEMPLATE_FILLED_MAX, &t);
        if (r < 0)
                return r;
        r = template_fill(bytes_view(&text), lookup_field, fields, NULL, &t, &p);
        if (r == -E2BIG)
                r = problem(&p, "the text becomes longer than %u bytes", TEMPLATE_FILLED_MAX);
        if (r >= 0)
                r = check_form(channel, text_view(&t), &p);
        if (r == -EINVAL)
                (void) snprintf(reason, DELIVERY_REASON_MAX, "%s, line %u: %s.", path, p.line, p.text);
        if (r < 0)
                return r;
        *ret = t;
        t = (Text) { 0 };
        return 0;
}

static int render_in(Delivery *d, const char *folder, const char *language, const Fields *fields, Text *ret, char reason[static DELIVERY_REASON_MAX]) {
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/%s/%s.%s", folder, language, d->template, channel_to_string(d->channel)) < 0)
                return -ENOMEM;
        return render_file(path, d->channel, fields, ret, reason);
}

/* A broken text of the administrator's must not keep a code back: the shipped one goes out, and the log says why. */
static int render_language(Delivery *d, const char *language, const Fields *fields, Text *ret, char reason[static DELIVERY_REASON_MAX]) {
        int r = render_in(d, d->places->templates, language, fields, ret, reason);

        if (r == -EINVAL)
                (void) snprintf(d->warning, sizeof(d->warning), "%.400s The text that came with the program is sent instead.", reason);
        return r == -EINVAL || r == -ENOENT ? render_in(d, d->places->shipped, language, fields, ret, reason) : r;
}

int template_render(Delivery *d, const Fields *fields, Text *ret) {
        char reason[DELIVERY_REASON_MAX] = "";
        int r;

        r = render_language(d, d->language, fields, ret, reason);
        if (r == -ENOENT && strcmp(d->language, "en") != 0)
                r = render_language(d, "en", fields, ret, reason);
        if (r == -ENOENT)
                delivery_fail(d, DELIVERY_E_INVALID, "There is no template “%s” for %s.", d->template, channel_to_string(d->channel));
        else if (r == -EINVAL)
                delivery_fail(d, DELIVERY_E_INVALID, "%s", reason);
        else if (r < 0)
                delivery_fail(d, DELIVERY_E_TEMPORARY, "The text cannot be made: %s.", strerror(-r));
        return r;
}
