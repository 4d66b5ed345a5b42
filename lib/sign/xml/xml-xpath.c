/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* XPath of signatures; see xml-xpath.h. */

#include <errno.h>
#include <string.h>

#include "sign/xml/xml-xpath.h"

#define EXPRESSION_MAX 4096U

/* Steps of one evaluation; a fraction of a second. */
#define STEPS_MAX (4UL * 1000 * 1000)

static void context_freep(xmlXPathContext **c) {
        if (*c)
                xmlXPathFreeContext(*c);
}

static void expression_freep(xmlXPathCompExpr **e) {
        if (*e)
                xmlXPathFreeCompExpr(*e);
}

static void list_freep(xmlNs ***list) {
        if (*list)
                xml_release(*list);
}

/* XPath Filter 2.0 section 3.3; XML Signature 6.6.3: the element that the expression stands in. */
static void function_here(xmlXPathParserContext *parser, int n) {
        if (n != 0)
                xmlXPathErr(parser, XPATH_INVALID_ARITY);
        else
                valuePush(parser, xmlXPathNewNodeSet(parser->context->here));
}

/* A path of child steps, or from here() to what it is in: its cost is its steps, whatever the size of the document. Functions and comparisons of strings and sets
 * cost what is not counted. */
static bool is_plain_path(const char *expression) {
        static const char here[] = "here()/ancestor::";
        const char *path = expression + strspn(expression, " \t\r\n");

        path += strncmp(path, here, sizeof(here) - 1) == 0 ? sizeof(here) - 1 : 0;
        for (const char *c = path; *c; c++)
                if (strchr("()=<>!|$+,'\"", *c) || (c[0] == ':' && c[1] == ':'))
                        return false;
        return true;
}

/* Of each element all namespaces in scope are nodes, too, and sets of nodes are searched from end to end. */
static bool is_small(const XmlDocument *d) {
        size_t n = 0, elements = 0, namespaces = 1;

        if (xml_document_size(d) > XPATH_SIZE_MAX)
                return false;
        for (const xmlNode *node = xml_document_root(d); node; node = xml_walk(node, NULL)) {
                n++;
                if (node->type == XML_ELEMENT_NODE) {
                        elements++;
                        for (const xmlAttr *a = node->properties; a; a = a->next)
                                n++;
                        for (const xmlNs *ns = node->nsDef; ns; ns = ns->next)
                                namespaces++;
                }
                if (n > XPATH_NODES_MAX || elements * namespaces > XPATH_NAMESPACES_MAX)
                        return false;
        }
        return true;
}

static int context_new(const XmlDocument *d, xmlNode *element, xmlNs **namespaces, xmlXPathContext **ret) {
        xmlXPathContext *c = xmlXPathNewContext(xml_document_tree(d));

        if (!c)
                return -ENOMEM;
        c->node = (xmlNode *) xml_document_tree(d);
        c->here = element;
        c->opLimit = STEPS_MAX;
        c->namespaces = namespaces;
        for (c->nsNr = 0; namespaces && namespaces[c->nsNr];)
                c->nsNr++;
        *ret = c;
        return xmlXPathRegisterFunc(c, (const xmlChar *) "here", function_here) < 0 ? -ENOMEM : 0;
}

/* It must be an expression by itself before it stands in another one. */
static int compile(xmlXPathContext *c, const char *text, bool each, xmlXPathCompExpr **ret) {
        _cleanup_free_ char *whole = NULL;
        xmlXPathCompExpr *e = xmlXPathCtxtCompile(c, (const xmlChar *) text);

        if (!e)
                return -EBADMSG;
        if (each) {
                xmlXPathFreeCompExpr(e);
                if (asprintf(&whole, "(//. | //@* | //namespace::*)[boolean(%s)]", text) < 0)
                        return -ENOMEM;
                e = xmlXPathCtxtCompile(c, (const xmlChar *) whole);
        }
        if (!e)
                return -EBADMSG;
        *ret = e;
        return 0;
}

static int check_result(const xmlXPathContext *c, xmlXPathObject *object, bool each) {
        if (!object)
                return c->lastError.code == XML_ERR_NO_MEMORY ? -ENOMEM : c->opCount >= c->opLimit ? -E2BIG : -EBADMSG;
        if (object->type != XPATH_NODESET)
                return -EBADMSG;
        return !each && object->nodesetval && object->nodesetval->nodeNr > (int) XPATH_CHOSEN_MAX ? -E2BIG : 0;
}

int xpath_choose(const XmlDocument *document, xmlNode *element, bool each, xmlXPathObject **ret) {
        _cleanup_(expression_freep) xmlXPathCompExpr *expression = NULL;
        _cleanup_(list_freep) xmlNs **namespaces = NULL;
        _cleanup_(context_freep) xmlXPathContext *context = NULL;
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        xmlXPathObject *object;
        int r;

        r = xml_library_load();
        if (r >= 0)
                r = xml_text(element, EXPRESSION_MAX, &text);
        if (r < 0)
                return r;
        if ((each || !is_plain_path((const char *) text.data)) && !is_small(document))
                return -E2BIG;
        namespaces = xmlGetNsList(element->doc, element);
        r = context_new(document, element, namespaces, &context);
        if (r >= 0)
                r = compile(context, (const char *) text.data, each, &expression);
        if (r < 0)
                return r;
        object = xmlXPathCompiledEval(expression, context);
        r = check_result(context, object, each);
        if (r >= 0)
                *ret = object;
        else if (object)
                xmlXPathFreeObject(object);
        return r;
}

static void remove_spaces(char *s) {
        char *to = s;

        for (; *s; s++)
                if (!strchr(" \t\r\n", *s))
                        *to++ = *s;
        *to = '\0';
}

/* The namespace of a prefix in scope. */
static const char *namespace_of(const xmlNode *element, const char *prefix) {
        for (const xmlNode *n = element; n && n->type == XML_ELEMENT_NODE; n = n->parent)
                for (const xmlNs *ns = n->nsDef; ns; ns = ns->next)
                        if (ns->prefix && strcmp((const char *) ns->prefix, prefix) == 0)
                                return (const char *) ns->href;
        return NULL;
}

bool xpath_is_about_signature(const xmlNode *element, const char *before, const char *after) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        const char *ns;
        char *s, *end;

        if (xml_text(element, EXPRESSION_MAX, &text) < 0)
                return false;
        s = (char *) text.data;
        remove_spaces(s);
        if (strncmp(s, before, strlen(before)) != 0)
                return false;
        s += strlen(before);
        end = strstr(s, ":Signature");
        if (!end || strcmp(end + strlen(":Signature"), after) != 0)
                return false;
        *end = '\0';
        ns = namespace_of(element, s);
        return ns && strcmp(ns, XML_NS_DSIG) == 0;
}
