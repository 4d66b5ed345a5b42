/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes XML elements that are in canonical form from the start (Canonical XML 1.0 §2.3), so that what is signed needs no parser: no empty-element tags, double
 * quotes, one space between attributes, text escaped as canonicalization does. Attributes are written in the order of the calls, which must be the
 * canonical one: those without a namespace by their names. Errors are kept and told at the end. */

#include "base/bytes.h"


/* Where an element will stand, as inclusive canonicalization sees it from there. */
typedef struct XmlBinding {
        char *name; /* a prefix, "" for the default namespace; or the name of an xml: attribute without that prefix */
        char *value;
} XmlBinding;

typedef struct XmlScope {
        XmlBinding *namespaces; /* in scope, whatever their order; each prefix once */
        size_t n_namespaces;
        XmlBinding *attributes; /* xml: attributes that are inherited */
        size_t n_attributes;
} XmlScope;

/* Each takes copies. 0 or -ENOMEM. An earlier binding of the same name is replaced. */
int xml_scope_bind(XmlScope *s, const char *prefix, const char *uri);
int xml_scope_inherit(XmlScope *s, const char *name, const char *value);
int xml_scope_copy(const XmlScope *s, XmlScope *ret);
void xml_scope_done(XmlScope *s);
#define _cleanup_xml_scope_ _cleanup_(xml_scope_done)

typedef enum XmlForm {
        XML_FORM_DOCUMENT,  /* as it stands in the document: namespaces are declared where they are first used, and what is not ASCII is written as character
                        * references, so that it is right in every encoding */
        XML_FORM_EXCLUSIVE, /* the exclusive canonical form of the element (Exclusive XML Canonicalization 1.0 §3) */
        XML_FORM_INCLUSIVE, /* the inclusive one (Canonical XML 1.0 and 1.1), within a scope */
} XmlForm;

#define XML_WRITER_DEPTH_MAX 24U

typedef struct XmlWriter {
        XmlForm form;
        const XmlScope *scope; /* XML_FORM_INCLUSIVE: of the outermost element, with what stands between it and the document; may be NULL */
        Bytes out;
        int error;
        const char *names[XML_WRITER_DEPTH_MAX]; /* of open elements; constants */
        unsigned declared[XML_WRITER_DEPTH_MAX]; /* a bit for each namespace that has been declared outside of the element or at it */
        unsigned depth;
        bool in_tag; /* the start tag is still open for attributes */
} XmlWriter;

#define XML_WRITER(f, s) ((XmlWriter) { .form = (f), .scope = (s) })

void xml_writer_done(XmlWriter *w);
#define _cleanup_xml_writer_ _cleanup_(xml_writer_done)

/* Opens an element. The name is a constant with one of the prefixes ds, xades, dsig-filter2, asic and vr. */
void xml_put_open(XmlWriter *w, const char *name);
void xml_put_close(XmlWriter *w);
void xml_put_attribute(XmlWriter *w, const char *name, const char *value);

/* Text; UTF-8. What XML 1.0 cannot hold (§2.2) makes it fail with -EILSEQ. */
void xml_put_text(XmlWriter *w, const char *text);
void xml_put_base64(XmlWriter *w, View v);

/* An element with text and nothing else, where `text` is not NULL; and an empty one with an Algorithm. */
void xml_put_element(XmlWriter *w, const char *name, const char *text);
void xml_put_algorithm(XmlWriter *w, const char *name, const char *algorithm);

/* What is XML already. */
void xml_put_raw(XmlWriter *w, View v);

/* Makes the whole fail; 0 and more change nothing. */
void xml_put_fail(XmlWriter *w, int error);

/* Hands over what was written; all elements must be closed. 0 or the first error. */
int xml_writer_finish(XmlWriter *w, Bytes *ret);
