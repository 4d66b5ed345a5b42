/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Timestamps added to signatures; see xades-extend.h. */

#include <errno.h>

#include "sign/xml/xades-draft.h"
#include "sign/xml/xades-extend.h"
#include "sign/xml/xades-place.h"
#include "sign/xml/xml-canonical.h"

#define SIGNATURES_MAX 256U
#define PIECE_SIZE (1024U * 1024U)
#define VALUE_MAX (64U * 1024U) /* bytes of a canonical ds:SignatureValue */

/* What is missing above the timestamp. */
typedef enum Missing {
        MISSING_NOTHING,
        MISSING_SIGNATURE_PROPERTIES, /* xades:UnsignedSignatureProperties */
        MISSING_PROPERTIES,           /* and xades:UnsignedProperties */
} Missing;

typedef struct Target {
        Bytes stamped;
        Missing missing;
        XmlInsertion place;
} Target;

struct XadesExtension {
        Bytes file; /* where the text is our own */
        View text;
        Target *targets; /* in the order of their places */
        size_t n;
        bool signed_at_all;
};

XadesExtension *xades_extension_free(XadesExtension *e) {
        if (!e)
                return NULL;
        for (size_t i = 0; i < e->n; i++) {
                bytes_done(&e->targets[i].stamped);
                xml_insertion_done(&e->targets[i].place);
        }
        free(e->targets);
        bytes_done(&e->file);
        free(e);
        return NULL;
}

/* The QualifyingProperties in one of its own objects; NULL where it is no XAdES signature, or one of before version 1.3.2. */
static xmlNode *qualifying_properties(const xmlNode *signature) {
        for (const xmlNode *o = xml_child(signature, XML_NS_DSIG, "Object"); o; o = xml_next(o)) {
                xmlNode *p = xml_child(o, XML_NS_XADES_132, "QualifyingProperties");

                if (p && xml_child(p, XML_NS_XADES_132, "SignedProperties"))
                        return p;
        }
        return NULL;
}

/* A counter-signature is part of the signature that it is in. */
static bool is_counter_signature(const xmlNode *signature) {
        return signature->parent && xml_is(signature->parent, XML_NS_XADES_132, "CounterSignature");
}

/* Where the timestamp goes. What has more than a signature timestamp already is not touched: archive timestamps may be over what is there. */
static xmlNode *find_parent(xmlNode *qualifying, Missing *ret_missing) {
        xmlNode *properties = xml_child(qualifying, XML_NS_XADES_132, "UnsignedProperties"), *own;

        *ret_missing = MISSING_PROPERTIES;
        if (!properties)
                return qualifying;
        *ret_missing = MISSING_SIGNATURE_PROPERTIES;
        own = xml_child(properties, XML_NS_XADES_132, "UnsignedSignatureProperties");
        if (!own)
                return xml_first_element(properties) ? NULL : properties;
        *ret_missing = MISSING_NOTHING;
        for (const xmlNode *n = xml_first_element(own); n; n = xml_next_element(n))
                if (!xml_is(n, XML_NS_XADES_132, "CounterSignature"))
                        return NULL;
        return own;
}

static int canonical_value(XmlDocument *document, const xmlNode *signature, Bytes *ret) {
        _cleanup_xml_canonical_ XmlCanonical canonical = { 0 };
        XmlSelection value = { .document = document, .apex = xml_child(signature, XML_NS_DSIG, "SignatureValue"), .without_comments = true };
        int r;

        if (!value.apex)
                return XADES_E_SIGNED;
        r = xml_canonical_of_uri(XML_C14N_EXCLUSIVE, &canonical);
        return r < 0 ? r : xml_canonical_bytes(&value, &canonical, VALUE_MAX, ret);
}

static int describe(XadesExtension *e, XmlDocument *document, const xmlNode *signature, const xmlNode *parent, Target *t) {
        _cleanup_xml_element_place_ XmlElementPlace place = { 0 };
        int r;

        r = xades_place_breaks(document, parent, signature);
        if (r == 0)
                r = canonical_value(document, signature, &t->stamped);
        if (r == 0)
                r = xades_place_scan_text(e->text, document, parent, &place);
        return r != 0 ? r : xml_insertion_make(&place, &t->place);
}

static int add(XadesExtension *e, XmlDocument *document, const xmlNode *signature) {
        xmlNode *qualifying = is_counter_signature(signature) ? NULL : qualifying_properties(signature), *parent;
        Missing missing;
        Target *larger;

        e->signed_at_all = e->signed_at_all || qualifying;
        parent = qualifying ? find_parent(qualifying, &missing) : NULL;
        if (!parent)
                return 0;
        if (e->n == SIGNATURES_MAX)
                return XADES_E_LIMIT;
        larger = reallocarray(e->targets, e->n + 1, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        e->targets = larger;
        larger[e->n] = (Target) { .missing = missing };
        return describe(e, document, signature, parent, &larger[e->n++]);
}

/* A signature inside of another one's object begins later and ends earlier. */
static int compare_places(const void *a, const void *b) {
        const Target *x = a, *y = b;

        return (x->place.head > y->place.head) - (x->place.head < y->place.head);
}

static int read_all(int fd, Bytes *ret) {
        size_t n;
        int r;

        do {
                r = bytes_reserve(ret, PIECE_SIZE);
                if (r >= 0)
                        r = xades_read(fd, ret->len, ret->data + ret->len, PIECE_SIZE, &n);
                if (r < 0)
                        return r;
                ret->len += n;
        } while (n == PIECE_SIZE && ret->len <= XML_SIZE_MAX);
        return 0;
}

/* The text is there, in `e` or elsewhere. */
static int look(XadesExtension *e, View text) {
        _cleanup_xml_document_ XmlDocument *document = NULL;
        int r;

        e->text = text;
        r = xades_place_outcome(xml_document_read(text, &document));
        for (const xmlNode *n = r == 0 ? xml_document_root(document) : NULL; r == 0 && n; n = xml_walk(n, NULL))
                if (xml_is(n, XML_NS_DSIG, "Signature"))
                        r = add(e, document, n);
        if (r == 0 && e->n == 0)
                r = e->signed_at_all ? XADES_E_STAMPED : XADES_E_SIGNED;
        if (r == 0)
                qsort(e->targets, e->n, sizeof(*e->targets), compare_places);
        return r;
}

int xades_extension_new(View text, XadesExtension **ret) {
        _cleanup_(xades_extension_freep) XadesExtension *e = calloc(1, sizeof(*e));
        int r;

        if (!e)
                return -ENOMEM;
        r = look(e, text);
        if (r == 0)
                *ret = TAKE_PTR(e);
        return r;
}

int xades_extension_open(int fd, XadesExtension **ret) {
        _cleanup_(xades_extension_freep) XadesExtension *e = calloc(1, sizeof(*e));
        int r;

        if (!e)
                return -ENOMEM;
        r = read_all(fd, &e->file);
        if (r == 0)
                r = look(e, bytes_view(&e->file));
        if (r == 0)
                *ret = TAKE_PTR(e);
        return r;
}

size_t xades_extension_count(const XadesExtension *e) {
        return e->n;
}

int xades_extension_stamped(const XadesExtension *e, size_t i, Bytes *ret) {
        return i < e->n ? bytes_dup(bytes_view(&e->targets[i].stamped), ret) : -EINVAL;
}

static int timestamp(const Target *t, View token, Bytes *ret) {
        _cleanup_xml_writer_ XmlWriter w = XML_WRITER(XML_FORM_DOCUMENT, NULL);

        if (t->missing == MISSING_PROPERTIES)
                xml_put_open(&w, "xades:UnsignedProperties");
        if (t->missing != MISSING_NOTHING)
                xml_put_open(&w, "xades:UnsignedSignatureProperties");
        xades_put_timestamp(&w, token);
        while (w.depth > 0)
                xml_put_close(&w);
        return xml_writer_finish(&w, ret);
}

static int append_range(Bytes *b, View text, uint64_t from, uint64_t until) {
        return bytes_append(b, text.data + from, (size_t) (until - from));
}

static int insert(const XadesExtension *e, const Target *t, View token, uint64_t *at, Bytes *b) {
        _cleanup_bytes_ Bytes piece = BYTES_NULL;
        int r;

        r = timestamp(t, token, &piece);
        if (r >= 0)
                r = append_range(b, e->text, *at, t->place.head);
        if (r >= 0)
                r = bytes_append_view(b, bytes_view(&t->place.before));
        if (r >= 0)
                r = bytes_append_view(b, bytes_view(&piece));
        if (r >= 0)
                r = bytes_append_view(b, bytes_view(&t->place.after));
        *at = t->place.tail;
        return r;
}

int xades_extension_complete(const XadesExtension *e, const View *tokens, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        uint64_t at = 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < e->n; i++)
                if (tokens[i].len > 0)
                        r = insert(e, &e->targets[i], tokens[i], &at, &b);
        if (r >= 0)
                r = append_range(&b, e->text, at, e->text.len);
        if (r >= 0)
                *ret = bytes_take(&b);
        return r;
}
