/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Elements in canonical form; see xml-writer.h. Which namespaces an element declares is the whole difference between the forms: exclusive canonicalization has
 * each where it is first used, inclusive all of them at the outermost element. */

#include <errno.h>
#include <string.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "sign/xml/xml-names.h"
#include "sign/xml/xml-writer.h"

#define SCOPE_MAX 256U

static const struct {
        const char *prefix;
        const char *uri;
} namespaces[] = {
        { "ds", XML_NS_DSIG },
        { "xades", XML_NS_XADES_132 },
        { "dsig-filter2", XML_TRANSFORM_FILTER2 },
        { "asic", XML_NS_ASIC },
        { "vr", XML_NS_VALIDATION_REPORT },
};

/* --- Scopes ------------------------------------------------------------------------------------------------------- */

static void bindings_done(XmlBinding *b, size_t n) {
        for (size_t i = 0; i < n; i++) {
                free(b[i].name);
                free(b[i].value);
        }
        free(b);
}

void xml_scope_done(XmlScope *s) {
        bindings_done(s->namespaces, s->n_namespaces);
        bindings_done(s->attributes, s->n_attributes);
        *s = (XmlScope) { 0 };
}

static int bind(XmlBinding **list, size_t *n, const char *name, const char *value) {
        _cleanup_free_ char *n_copy = NULL, *v_copy = strdup(value);
        XmlBinding *larger;

        if (!v_copy)
                return -ENOMEM;
        for (size_t i = 0; i < *n; i++)
                if (strcmp((*list)[i].name, name) == 0) {
                        free((*list)[i].value);
                        (*list)[i].value = TAKE_PTR(v_copy);
                        return 0;
                }
        if (*n >= SCOPE_MAX)
                return -E2BIG;
        n_copy = strdup(name);
        larger = n_copy ? reallocarray(*list, *n + 1, sizeof(**list)) : NULL;
        if (!larger)
                return -ENOMEM;
        *list = larger;
        larger[(*n)++] = (XmlBinding) { TAKE_PTR(n_copy), TAKE_PTR(v_copy) };
        return 0;
}

int xml_scope_bind(XmlScope *s, const char *prefix, const char *uri) {
        return bind(&s->namespaces, &s->n_namespaces, prefix, uri);
}

int xml_scope_inherit(XmlScope *s, const char *name, const char *value) {
        return bind(&s->attributes, &s->n_attributes, name, value);
}

int xml_scope_copy(const XmlScope *s, XmlScope *ret) {
        _cleanup_xml_scope_ XmlScope copy = { 0 };
        int r = 0;

        for (size_t i = 0; r >= 0 && s && i < s->n_namespaces; i++)
                r = xml_scope_bind(&copy, s->namespaces[i].name, s->namespaces[i].value);
        for (size_t i = 0; r >= 0 && s && i < s->n_attributes; i++)
                r = xml_scope_inherit(&copy, s->attributes[i].name, s->attributes[i].value);
        if (r < 0)
                return r;
        *ret = copy;
        copy = (XmlScope) { 0 };
        return 0;
}

/* --- Text --------------------------------------------------------------------------------------------------------- */

void xml_put_fail(XmlWriter *w, int error) {
        if (error < 0 && w->error >= 0)
                w->error = error;
}

static void put(XmlWriter *w, const char *s) {
        if (w->error >= 0)
                xml_put_fail(w, bytes_append(&w->out, s, strlen(s)));
}

/* The five of Canonical XML 1.0 §2.3; attributes and text escape different ones. */
static const char *escape(char c, bool attribute) {
        switch (c) {
        case '&':
                return "&amp;";
        case '<':
                return "&lt;";
        case '>':
                return attribute ? NULL : "&gt;";
        case '"':
                return attribute ? "&quot;" : NULL;
        case '\t':
                return attribute ? "&#x9;" : NULL;
        case '\n':
                return attribute ? "&#xA;" : NULL;
        case '\r':
                return "&#xD;";
        default:
                return NULL;
        }
}

static unsigned code_point(const char *s, size_t n) {
        unsigned c = (uint8_t) s[0] & (0xffU >> (n + 1));

        for (size_t i = 1; i < n; i++)
                c = c << 6 | ((uint8_t) s[i] & 0x3f);
        return c;
}

static void put_wide(XmlWriter *w, const char *s, size_t n) {
        unsigned c = code_point(s, n);

        if (c == 0xfffe || c == 0xffff)
                xml_put_fail(w, -EILSEQ);
        else if (w->form == XML_FORM_DOCUMENT)
                xml_put_fail(w, bytes_printf(&w->out, "&#x%X;", c));
        else
                xml_put_fail(w, bytes_append(&w->out, s, n));
}

static void put_escaped(XmlWriter *w, const char *s, bool attribute) {
        while (*s && w->error >= 0) {
                size_t n = utf8_char_length(s);
                const char *escaped = n == 1 ? escape(*s, attribute) : NULL;

                if (n == 0 || (n == 1 && (uint8_t) *s < 0x20 && *s != '\t' && *s != '\n' && *s != '\r'))
                        xml_put_fail(w, -EILSEQ);
                else if (escaped)
                        put(w, escaped);
                else if (n > 1)
                        put_wide(w, s, n);
                else
                        xml_put_fail(w, bytes_append(&w->out, s, n));
                s += n;
        }
}

/* --- Elements ----------------------------------------------------------------------------------------------------- */

void xml_writer_done(XmlWriter *w) {
        bytes_done(&w->out);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(((const XmlBinding *) a)->name, ((const XmlBinding *) b)->name);
}

static void put_namespace(XmlWriter *w, const char *prefix, const char *uri) {
        put(w, *prefix ? " xmlns:" : " xmlns");
        put(w, prefix);
        put(w, "=\"");
        put_escaped(w, uri, true);
        put(w, "\"");
}

/* An outermost element has no use for xmlns="": nothing is there to be undone (§2.3). */
static void put_scope(XmlWriter *w, size_t own) {
        _cleanup_xml_scope_ XmlScope all = { 0 };
        int r;

        r = xml_scope_copy(w->scope, &all);
        if (r >= 0)
                r = xml_scope_bind(&all, namespaces[own].prefix, namespaces[own].uri);
        if (r < 0) {
                xml_put_fail(w, r);
                return;
        }
        qsort(all.namespaces, all.n_namespaces, sizeof(*all.namespaces), compare_names);
        for (size_t i = 0; i < all.n_namespaces; i++)
                if (*all.namespaces[i].name || *all.namespaces[i].value)
                        put_namespace(w, all.namespaces[i].name, all.namespaces[i].value);
}

/* Which of ours the scope binds just so. */
static unsigned declared_in(const XmlScope *s) {
        unsigned bits = 0;

        for (size_t i = 0; s && i < s->n_namespaces; i++)
                for (size_t k = 0; k < ELEMENTSOF(namespaces); k++)
                        if (strcmp(s->namespaces[i].name, namespaces[k].prefix) == 0 && strcmp(s->namespaces[i].value, namespaces[k].uri) == 0)
                                bits |= 1U << k;
        return bits;
}

static void declare(XmlWriter *w, size_t k) {
        if (w->form == XML_FORM_INCLUSIVE && w->depth == 0) {
                put_scope(w, k);
                w->declared[0] = declared_in(w->scope) | 1U << k;
                return;
        }
        w->declared[w->depth] = w->depth > 0 ? w->declared[w->depth - 1] : 0;
        if (w->declared[w->depth] & 1U << k)
                return;
        w->declared[w->depth] |= 1U << k;
        put_namespace(w, namespaces[k].prefix, namespaces[k].uri);
}

static size_t namespace_of(const char *name) {
        size_t len = strcspn(name, ":"), k = 0;

        while (k < ELEMENTSOF(namespaces) && (strlen(namespaces[k].prefix) != len || strncmp(namespaces[k].prefix, name, len) != 0))
                k++;
        return k;
}

/* Inherited xml: attributes have a namespace, so they come after those that have none. */
static void end_tag(XmlWriter *w) {
        if (!w->in_tag)
                return;
        w->in_tag = false;
        if (w->form == XML_FORM_INCLUSIVE && w->depth == 1 && w->scope && w->scope->n_attributes > 0) {
                _cleanup_xml_scope_ XmlScope copy = { 0 };

                xml_put_fail(w, xml_scope_copy(w->scope, &copy));
                if (copy.n_attributes > 0)
                        qsort(copy.attributes, copy.n_attributes, sizeof(XmlBinding), compare_names);
                for (size_t i = 0; i < copy.n_attributes; i++) {
                        put(w, " xml:");
                        put(w, copy.attributes[i].name);
                        put(w, "=\"");
                        put_escaped(w, copy.attributes[i].value, true);
                        put(w, "\"");
                }
        }
        put(w, ">");
}

void xml_put_open(XmlWriter *w, const char *name) {
        size_t k = namespace_of(name);

        end_tag(w);
        if (k == ELEMENTSOF(namespaces) || w->depth == XML_WRITER_DEPTH_MAX) {
                xml_put_fail(w, -EINVAL);
                return;
        }
        put(w, "<");
        put(w, name);
        declare(w, k);
        w->names[w->depth++] = name;
        w->in_tag = true;
}

void xml_put_close(XmlWriter *w) {
        end_tag(w);
        if (w->depth == 0) {
                xml_put_fail(w, -EINVAL);
                return;
        }
        put(w, "</");
        put(w, w->names[--w->depth]);
        put(w, ">");
}

void xml_put_attribute(XmlWriter *w, const char *name, const char *value) {
        put(w, " ");
        put(w, name);
        put(w, "=\"");
        put_escaped(w, value, true);
        put(w, "\"");
}

void xml_put_text(XmlWriter *w, const char *text) {
        end_tag(w);
        put_escaped(w, text, false);
}

void xml_put_base64(XmlWriter *w, View v) {
        _cleanup_free_ char *text = base64_encode(v);

        end_tag(w);
        if (text)
                put(w, text);
        else
                xml_put_fail(w, -ENOMEM);
}

void xml_put_element(XmlWriter *w, const char *name, const char *text) {
        if (!text)
                return;
        xml_put_open(w, name);
        xml_put_text(w, text);
        xml_put_close(w);
}

void xml_put_algorithm(XmlWriter *w, const char *name, const char *algorithm) {
        xml_put_open(w, name);
        xml_put_attribute(w, "Algorithm", algorithm);
        xml_put_close(w);
}

void xml_put_raw(XmlWriter *w, View v) {
        end_tag(w);
        if (w->error >= 0)
                xml_put_fail(w, bytes_append_view(&w->out, v));
}

int xml_writer_finish(XmlWriter *w, Bytes *ret) {
        if (w->error >= 0 && w->depth > 0)
                w->error = -EINVAL;
        if (w->error < 0)
                return w->error;
        *ret = bytes_take(&w->out);
        return 0;
}
