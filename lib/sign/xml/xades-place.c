/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The place of a signature; see xades-place.h. */

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "sign/xml/xades-place.h"
#include "sign/xml/xml-transform.h"
#include "sign/xml/xml-xpath.h"

#define XPATH_MAX 4096U
#define STEPS_MAX (20UL * 1000 * 1000)
#define XML_NAMESPACE "http://www.w3.org/XML/1998/namespace"

int xades_place_outcome(int outcome) {
        switch (outcome) {
        case XML_DOCUMENT_E_DOCTYPE:
                return XADES_E_DOCTYPE;
        case XML_DOCUMENT_E_LIMIT:
                return XADES_E_LIMIT;
        default:
                return outcome > 0 ? XADES_E_NOT_XML : outcome;
        }
}

/* --- Choosing ----------------------------------------------------------------------------------------------------- */

static void list_freep(xmlNs ***list) {
        if (*list)
                xml_release(*list);
}

static void on_error(void *userdata, xmlErrorPtr error) {
        (void) userdata;
        (void) error;
}

static int evaluate(xmlXPathContext *c, const char *xpath, xmlXPathObject **ret) {
        xmlXPathCompExpr *e = xmlXPathCtxtCompile(c, (const xmlChar *) xpath);
        xmlXPathObject *found;

        if (!e)
                return XADES_E_XPATH;
        found = xmlXPathCompiledEval(e, c);
        xmlXPathFreeCompExpr(e);
        if (!found)
                return XADES_E_XPATH;
        *ret = found;
        return 0;
}

static int one_element(const xmlXPathObject *found, xmlNode **ret) {
        const xmlNodeSet *nodes = found->type == XPATH_NODESET ? found->nodesetval : NULL;

        if (!nodes || nodes->nodeNr != 1 || nodes->nodeTab[0]->type != XML_ELEMENT_NODE)
                return XADES_E_NO_ELEMENT;
        *ret = nodes->nodeTab[0];
        return 0;
}

/* XPath 1.0 has no default namespace; documents do. */
static void name_default(xmlNs **namespaces, xmlNs *named, xmlXPathContext *c) {
        c->namespaces = namespaces;
        for (c->nsNr = 0; namespaces && namespaces[c->nsNr]; c->nsNr++)
                if (!namespaces[c->nsNr]->prefix) {
                        *named = *namespaces[c->nsNr];
                        named->prefix = (const xmlChar *) "default";
                        namespaces[c->nsNr] = named;
                }
}

int xades_place_choose(const XmlDocument *document, const char *xpath, xmlNode **ret) {
        _cleanup_(list_freep) xmlNs **namespaces = NULL;
        xmlDoc *tree = xml_document_tree(document);
        xmlXPathObject *found = NULL;
        xmlXPathContext *c;
        xmlNs named;
        int r;

        if (strlen(xpath) > XPATH_MAX)
                return XADES_E_XPATH;
        c = xmlXPathNewContext(tree);
        if (!c)
                return -ENOMEM;
        namespaces = xmlGetNsList(tree, xml_document_root(document));
        name_default(namespaces, &named, c);
        c->node = (xmlNode *) tree;
        c->opLimit = STEPS_MAX;
        c->error = on_error;
        r = evaluate(c, xpath, &found);
        if (r == 0)
                r = one_element(found, ret);
        if (found)
                xmlXPathFreeObject(found);
        xmlXPathFreeContext(c);
        return r;
}

/* --- Other signatures --------------------------------------------------------------------------------------------- */

/* A filter that lets through what the place is not in. */
static bool filters_out(const XmlDocument *document, const xmlNode *transform, const xmlNode *place) {
        xmlNode *expression = xml_child(transform, XML_TRANSFORM_FILTER2, "XPath");
        const char *filter = expression ? xml_attribute(expression, "Filter") : NULL;
        xmlXPathObject *found;
        bool out = true;

        if (!filter || strcmp(filter, "intersect") != 0 || xpath_choose(document, expression, false, &found) < 0)
                return false;
        for (int i = 0; found->nodesetval && i < found->nodesetval->nodeNr; i++)
                if (xml_is_inside(place, found->nodesetval->nodeTab[i]))
                        out = false;
        xmlXPathFreeObject(found);
        return out;
}

static bool leaves_room(const XmlDocument *document, xmlNode *transforms, const xmlNode *place, bool own) {
        _cleanup_xml_transforms_ XmlTransforms list = { 0 };

        if (xml_transforms_read(transforms, &list) < 0)
                return false;
        for (size_t i = 0; i < list.n; i++)
                if (list.list[i].type == XML_TRANSFORM_TYPE_NOT_SIGNATURES || (own && list.list[i].type == XML_TRANSFORM_TYPE_ENVELOPED) ||
                    (list.list[i].type == XML_TRANSFORM_TYPE_FILTER2 && filters_out(document, list.list[i].element, place)))
                        return true;
        return false;
}

/* What a Reference is to; NULL when it is not within the document. What cannot be told is taken for all of it. */
static xmlNode *target_of(XmlDocument *document, const xmlNode *reference) {
        const char *uri = xml_attribute(reference, "URI");
        xmlNode *target;

        if (uri && *uri != '\0' && *uri != '#')
                return NULL;
        if (uri && uri[0] == '#' && xml_document_find_id(document, uri + 1, &target) >= 0)
                return target;
        return xml_document_root(document);
}

static bool signature_breaks(XmlDocument *document, const xmlNode *signature, const xmlNode *place, bool own) {
        const xmlNode *info = xml_child(signature, XML_NS_DSIG, "SignedInfo"), *reference;

        for (reference = info ? xml_child(info, XML_NS_DSIG, "Reference") : NULL; reference; reference = xml_next(reference)) {
                const xmlNode *target = target_of(document, reference);
                xmlNode *transforms = xml_child(reference, XML_NS_DSIG, "Transforms");

                if (target && xml_is_inside(place, target) && !leaves_room(document, transforms, place, own))
                        return true;
        }
        return false;
}

/* What is in a signature has its form. */
static bool is_in_signature(const xmlNode *place) {
        for (const xmlNode *n = place; n && n->type == XML_ELEMENT_NODE; n = n->parent)
                if (xml_is(n, XML_NS_DSIG, "Signature"))
                        return true;
        return false;
}

int xades_place_breaks(XmlDocument *document, const xmlNode *place, const xmlNode *own) {
        if (!own && is_in_signature(place))
                return XADES_E_BREAKS;
        for (const xmlNode *node = xml_document_root(document); node; node = xml_walk(node, NULL))
                if (xml_is(node, XML_NS_DSIG, "Signature") && signature_breaks(document, node, place, node == own))
                        return XADES_E_BREAKS;
        return 0;
}

/* --- Scope -------------------------------------------------------------------------------------------------------- */

static bool is_of_xml(const xmlAttr *a) {
        return a->ns && strcmp((const char *) a->ns->href, XML_NAMESPACE) == 0;
}

static bool is_bound(const XmlScope *s, const char *name) {
        for (size_t i = 0; i < s->n_attributes; i++)
                if (strcmp(s->attributes[i].name, name) == 0)
                        return true;
        return false;
}

/* Canonical XML 1.0 §2.4 has all xml: attributes inherited, 1.1 §2.4 lang and space only, and puts base together, which is left out here. */
static int inherit(const xmlAttr *a, XadesCanonicalization canonicalization, XmlScope *s) {
        const char *name = (const char *) a->name, *value = a->children && a->children->content ? (const char *) a->children->content : "";

        if (canonicalization == XADES_C14N_INCLUSIVE_11) {
                if (strcmp(name, "base") == 0)
                        return XADES_E_XML_BASE;
                if (strcmp(name, "lang") != 0 && strcmp(name, "space") != 0)
                        return 0;
        }
        return is_bound(s, name) ? 0 : xml_scope_inherit(s, name, value);
}

static int inherit_all(const xmlNode *place, XadesCanonicalization canonicalization, XmlScope *s) {
        int r = 0;

        for (const xmlNode *n = place; r == 0 && n && n->type == XML_ELEMENT_NODE; n = n->parent)
                for (const xmlAttr *a = n->properties; r == 0 && a; a = a->next)
                        if (is_of_xml(a))
                                r = inherit(a, canonicalization, s);
        return r;
}

int xades_place_scope(const XmlDocument *document, xmlNode *place, XadesCanonicalization canonicalization, XmlScope *ret) {
        _cleanup_(list_freep) xmlNs **namespaces = NULL;
        _cleanup_xml_scope_ XmlScope scope = { 0 };
        int r = 0;

        if (canonicalization == XADES_C14N_EXCLUSIVE)
                return 0;
        namespaces = xmlGetNsList(xml_document_tree(document), place);
        for (size_t i = 0; r == 0 && namespaces && namespaces[i]; i++) {
                const char *prefix = namespaces[i]->prefix ? (const char *) namespaces[i]->prefix : "";

                /* "xml" may be declared, and never is in canonical form. */
                if (strcmp(prefix, "xml") != 0)
                        r = xml_scope_bind(&scope, prefix, namespaces[i]->href ? (const char *) namespaces[i]->href : "");
        }
        if (r == 0)
                r = inherit_all(place, canonicalization, &scope);
        if (r != 0)
                return r == -E2BIG ? XADES_E_LIMIT : r;
        *ret = scope;
        scope = (XmlScope) { 0 };
        return 0;
}

/* --- Bytes -------------------------------------------------------------------------------------------------------- */

static const char *encoding_of(const XmlDocument *document) {
        const char *name = (const char *) xml_document_tree(document)->encoding;

        return name ?: "UTF-8";
}

bool xades_place_is_utf8(const XmlDocument *document) {
        const char *name = encoding_of(document);

        return strcasecmp(name, "UTF-8") == 0 || strcasecmp(name, "UTF8") == 0 || strcasecmp(name, "US-ASCII") == 0 || strcasecmp(name, "ASCII") == 0;
}

/* Encodings of one byte a character that have ASCII in its place, and UTF-8. */
static bool has_ascii(const XmlDocument *document) {
        static const char *const beginnings[] = { "ISO-8859-", "ISO_8859-", "windows-125", "CP125", "ISO-IR-100", "KOI8-" };
        const char *name = encoding_of(document);

        for (size_t i = 0; i < ELEMENTSOF(beginnings); i++)
                if (strncasecmp(name, beginnings[i], strlen(beginnings[i])) == 0)
                        return true;
        return xades_place_is_utf8(document);
}

static size_t number_of(const XmlDocument *document, const xmlNode *element) {
        size_t number = 0;

        for (const xmlNode *n = xml_document_root(document); n && n != element; n = xml_walk(n, NULL))
                number += n->type == XML_ELEMENT_NODE;
        return number;
}

/* UTF-16 and UTF-32 need not be declared: their marks, and a "<" of which it is not known, all have one of these among the first two bytes. */
static bool is_wide(View beginning) {
        for (size_t i = 0; i < beginning.len && i < 2; i++)
                if (beginning.data[i] == 0 || beginning.data[i] >= 0xfe)
                        return true;
        return false;
}

/* That the bytes are those of the tree: both name the element alike, where the name is ASCII. */
static bool is_named(const XmlElementPlace *place, const xmlNode *element) {
        View name = bytes_view(&place->name), local = view_string((const char *) element->name);
        const uint8_t *colon = memchr(name.data, ':', name.len);

        for (size_t i = 0; i < local.len; i++)
                if (local.data[i] >= 0x80)
                        return true;
        if (colon)
                name = VIEW(colon + 1, name.len - (size_t) (colon + 1 - name.data));
        return view_equal(name, local);
}

static int check(int r, const XmlElementPlace *place, const xmlNode *element) {
        /* A name that is too long. */
        if (r == -EBADMSG)
                return XADES_E_LIMIT;
        return r < 0 ? r : is_named(place, element) ? 0 : -EBADMSG;
}

int xades_place_scan(int fd, const XmlDocument *document, const xmlNode *element, XmlElementPlace *ret) {
        uint8_t beginning[2];
        ssize_t n = pread(fd, beginning, sizeof(beginning), 0);

        if (n < 0)
                return -errno;
        if (!has_ascii(document) || is_wide(VIEW(beginning, n)))
                return XADES_E_ENCODING;
        return check(xml_scan_file(fd, number_of(document, element), ret), ret, element);
}

int xades_place_scan_text(View text, const XmlDocument *document, const xmlNode *element, XmlElementPlace *ret) {
        if (!has_ascii(document) || is_wide(text))
                return XADES_E_ENCODING;
        return check(xml_scan_text(text, number_of(document, element), ret), ret, element);
}
