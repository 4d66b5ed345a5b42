/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rule of "xml-signedinfo": a ds:SignedInfo in canonical form (XML Signature 1.1 section 4.4, Canonical XML 1.0 section 2.3). Canonical
 * text has no declaration, DOCTYPE, CDATA, entity of its own, single-quoted attribute or empty-element tag, which leaves so small a grammar that
 * it is read here in one pass without a parser: tags that nest and close, the three children that SignedInfo has, in their order. By inclusive
 * canonicalization it has all namespaces that are in scope where it stands. Algorithms are those that we know: no digest that is broken. */

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "daemon/item-rules.h"

#define DEPTH_MAX 32U
#define DSIG "http://www.w3.org/2000/09/xmldsig#"
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"
#define XMLENC "http://www.w3.org/2001/04/xmlenc#"
#define C14N_10 "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define C14N_11 "http://www.w3.org/2006/12/xml-c14n11"
#define EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"

typedef struct Tag {
        View name;       /* as written, with its prefix */
        View attributes; /* from the space after the name to the closing angle bracket */
        bool end;
} Tag;

typedef struct Scan {
        View rest;
        View prefix;            /* "ds:" or "" */
        View open[DEPTH_MAX];   /* names of the open elements */
        unsigned depth;
        View canonicalization;  /* attributes of the one CanonicalizationMethod */
        View signature_method;  /* attributes of the one SignatureMethod */
        bool weak;              /* some DigestMethod is none of ours */
        unsigned child;         /* how far SignedInfo's children have come: 1, 2, then 3 for references */
} Scan;

static bool begins_with(View v, View start) {
        return v.len >= start.len && memcmp(v.data, start.data, start.len) == 0;
}

static void skip(View *v, size_t n) {
        *v = VIEW(v->data + n, v->len - n);
}

static bool is_name(uint8_t c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '_' || c == '-' ||
               c == '.' || c >= 0x80;
}

static size_t name_length(View v) {
        size_t n = 0;

        while (n < v.len && is_name(v.data[n]))
                n++;
        return n;
}

/* ` name="value"` as often as it comes. The value has neither `<` nor `"` in canonical form. */
static bool read_attributes(View *v, View *ret) {
        const uint8_t *start = v->data;

        while (v->len > 0 && v->data[0] == ' ') {
                const uint8_t *end;
                size_t n;

                skip(v, 1);
                n = name_length(*v);
                if (n == 0 || v->len < n + 2 || v->data[n] != '=' || v->data[n + 1] != '"')
                        return false;
                skip(v, n + 2);
                end = memchr(v->data, '"', v->len);
                if (!end || memchr(v->data, '<', (size_t) (end - v->data)))
                        return false;
                skip(v, (size_t) (end - v->data) + 1);
        }
        *ret = VIEW(start, (size_t) (v->data - start));
        return true;
}

/* A tag, at a `<`. Comments, processing instructions, DOCTYPE and CDATA fail here, since no name begins with ! or ?. */
static bool read_tag(View *v, Tag *ret) {
        size_t n;

        skip(v, 1);
        ret->end = v->len > 0 && v->data[0] == '/';
        if (ret->end)
                skip(v, 1);
        n = name_length(*v);
        if (n == 0)
                return false;
        ret->name = VIEW(v->data, n);
        ret->attributes = VIEW(NULL, 0);
        skip(v, n);
        if (!ret->end && !read_attributes(v, &ret->attributes))
                return false;
        if (v->len == 0 || v->data[0] != '>')
                return false;
        skip(v, 1);
        return true;
}

static bool is_ds(const Scan *s, View name, const char *local) {
        if (!begins_with(name, s->prefix))
                return false;
        skip(&name, s->prefix.len);
        return view_equal(name, view_string(local));
}

/* CanonicalizationMethod, SignatureMethod, Reference, Reference … */
static bool take_child(Scan *s, const Tag *tag) {
        if (s->child == 0 && is_ds(s, tag->name, "CanonicalizationMethod")) {
                s->child = 1;
                s->canonicalization = tag->attributes;
        } else if (s->child == 1 && is_ds(s, tag->name, "SignatureMethod")) {
                s->child = 2;
                s->signature_method = tag->attributes;
        } else if (s->child >= 2 && is_ds(s, tag->name, "Reference"))
                s->child = 3;
        else
                return false;
        return true;
}

/* Whether these attributes bind the root's prefix, or the default namespace: done anew, the children would not be what they seem. */
static bool rebinds(View attributes) {
        static const char *const bindings[] = { " xmlns=\"", " xmlns:ds=\"" };

        for (size_t i = 0; i < ELEMENTSOF(bindings); i++)
                if (attributes.len > 0 && memmem(attributes.data, attributes.len, bindings[i], strlen(bindings[i])))
                        return true;
        return false;
}

/* How often an attribute's beginning occurs. A value may end as one begins, which is then one too many. */
static size_t count_of(View attributes, const char *beginning) {
        size_t n = 0, len = strlen(beginning);
        const uint8_t *found;

        while (attributes.len > 0 && (found = memmem(attributes.data, attributes.len, beginning, len))) {
                n++;
                skip(&attributes, (size_t) (found - attributes.data) + len);
        }
        return n;
}

/* <ds:SignedInfo with xmlns:ds, or <SignedInfo with xmlns: what its name means is said once, and is what it must be. Other prefixes may be in scope. */
static bool open_root(Scan *s, const Tag *tag) {
        bool prefixed = view_equal(tag->name, VIEW_LITERAL("ds:SignedInfo"));

        if (!prefixed && !view_equal(tag->name, VIEW_LITERAL("SignedInfo")))
                return false;
        s->prefix = view_string(prefixed ? "ds:" : "");
        return count_of(tag->attributes, prefixed ? " xmlns:ds=\"" : " xmlns=\"") == 1 &&
               count_of(tag->attributes, prefixed ? " xmlns:ds=\"" DSIG "\"" : " xmlns=\"" DSIG "\"") == 1;
}

static bool is_method(View attributes, const char *const *methods, size_t n) {
        for (size_t i = 0; i < n; i++) {
                char expected[96];

                snprintf(expected, sizeof(expected), " Algorithm=\"%s\"", methods[i]);
                if (view_equal(attributes, view_string(expected)))
                        return true;
        }
        return false;
}

/* Whatever its prefix, which could be bound to anything. */
static bool is_local(View name, const char *local) {
        const uint8_t *colon = memchr(name.data, ':', name.len);

        if (colon)
                skip(&name, (size_t) (colon + 1 - name.data));
        return view_equal(name, view_string(local));
}

static bool is_good_digest(View attributes) {
        static const char *const methods[] = { XMLENC "sha256", MORE "sha384", XMLENC "sha512" };

        return is_method(attributes, methods, ELEMENTSOF(methods));
}

static bool is_canonicalization(View attributes) {
        static const char *const methods[] = { C14N_10, C14N_10 "#WithComments", C14N_11, C14N_11 "#WithComments", EXCLUSIVE, EXCLUSIVE "WithComments" };

        return is_method(attributes, methods, ELEMENTSOF(methods));
}

static bool open_element(Scan *s, const Tag *tag) {
        if (s->depth >= DEPTH_MAX)
                return false;
        if (s->depth == 0 && !open_root(s, tag))
                return false;
        if (s->depth == 1 && (!take_child(s, tag) || rebinds(tag->attributes)))
                return false;
        if (s->depth == 2 && is_local(tag->name, "DigestMethod") && !is_good_digest(tag->attributes))
                s->weak = true;
        s->open[s->depth++] = tag->name;
        return true;
}

static bool close_element(Scan *s, const Tag *tag) {
        return s->depth > 0 && view_equal(s->open[--s->depth], tag->name);
}

/* Text has no `>` (it is &gt;) and no carriage return (&#xD;) in canonical form; between SignedInfo's children only white space. */
static bool text_ok(const Scan *s, View text) {
        for (size_t i = 0; i < text.len; i++) {
                uint8_t c = text.data[i];

                if (c == '>' || (c < 0x20 && c != '\n' && c != '\t'))
                        return false;
                if (s->depth <= 1 && c != ' ' && c != '\n' && c != '\t')
                        return false;
        }
        return true;
}

static bool scan(Scan *s) {
        do {
                const uint8_t *open;
                Tag tag;

                if (!read_tag(&s->rest, &tag) || !(tag.end ? close_element(s, &tag) : open_element(s, &tag)))
                        return false;
                if (s->depth == 0)
                        break;
                open = memchr(s->rest.data, '<', s->rest.len);
                if (!open || !text_ok(s, VIEW(s->rest.data, (size_t) (open - s->rest.data))))
                        return false;
                skip(&s->rest, (size_t) (open - s->rest.data));
        } while (s->rest.len > 0);
        return s->depth == 0 && s->rest.len == 0 && s->child == 3;
}

static const char *signature_method(KeyAlgorithm a) {
        switch (a) {
        case KEY_P256:
                return " Algorithm=\"" MORE "ecdsa-sha256\"";
        case KEY_P384:
                return " Algorithm=\"" MORE "ecdsa-sha384\"";
        case KEY_RSA3072:
        case KEY_RSA4096:
        case KEY_RSA2048:
                return " Algorithm=\"" MORE "rsa-sha256\"";
        case KEY_ED25519:
                return " Algorithm=\"http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519\"";
        default:
                return NULL;
        }
}

const char *item_xml_check(const ItemRules *rules, View bytes) {
        Scan s = { .rest = bytes, .prefix = VIEW_LITERAL("") };

        if (bytes.len > ITEM_XML_SIGNEDINFO_MAX)
                return "the SignedInfo is larger than 1 MiB";
        if (!begins_with(bytes, VIEW_LITERAL("<ds:SignedInfo xmlns")) && !begins_with(bytes, VIEW_LITERAL("<SignedInfo xmlns")))
                return "the item does not begin as a canonical ds:SignedInfo";
        if (!utf8_is_valid(bytes))
                return "the SignedInfo is not UTF-8";
        if (!scan(&s))
                return "the item is not one canonical ds:SignedInfo";
        if (!view_equal(s.signature_method, view_string(signature_method(rules->scheme.algorithm))))
                return "SignatureMethod does not fit the key";
        if (!is_canonicalization(s.canonicalization))
                return "CanonicalizationMethod is not Canonical XML";
        if (s.weak)
                return "a DigestMethod is none of SHA-256, SHA-384 and SHA-512";
        return NULL;
}
