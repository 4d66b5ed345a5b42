/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading XML; see xml-document.h. The parser is stopped at the first thing that is not allowed, before anything is made of it. */

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "sign/verify-report.h"
#include "sign/xml/xml-cost.h"
#include "sign/xml/xml-document.h"
#include "sign/xml/xml-guard.h"

_Static_assert(XML_COST_DEPTH_MAX >= XML_DEPTH_MAX, "each depth has a place");

typedef struct Identifier {
        const char *value;
        xmlNode *element;
} Identifier;

struct XmlDocument {
        xmlDoc *tree;
        uint64_t size;
        XmlCost cost;
        uint64_t budget; /* for what is canonicalized, XML_CANONICAL_BUDGET at first */
        Identifier *ids; /* sorted by value; made when the first is looked for */
        size_t n_ids;
        bool has_ids;
};

typedef struct Input {
        int fd; /* -1: `text` */
        View text;
        uint64_t at;
        XmlGuard guard;
        XmlCost *cost;
        charactersSAXFunc characters; /* libxml2's own, which make the nodes */
        commentSAXFunc comment;
        processingInstructionSAXFunc instruction;
        int error;
        int outcome;
} Input;

const char *xml_document_strerror(int outcome) {
        switch (outcome) {
        case XML_DOCUMENT_E_DOCTYPE:
                return N_("The XML document has a document type declaration, which could change what is read, and is not accepted.");
        case XML_DOCUMENT_E_LIMIT:
                return N_("The XML document is larger, or nested deeper, than is accepted.");
        default:
                return N_("The XML document is malformed and cannot be read.");
        }
}

static int pass_on(Input *in, View piece) {
        int r = xml_guard_feed(&in->guard, piece);

        in->at += piece.len;
        in->cost->size = in->at;
        if (r >= 0 && in->at <= XML_SIZE_MAX)
                return (int) piece.len;
        in->outcome = r == -EILSEQ ? XML_DOCUMENT_E_MALFORMED : XML_DOCUMENT_E_LIMIT;
        return -1;
}

static int input_read(void *userdata, char *buffer, int len) {
        Input *in = userdata;
        ssize_t n;

        if (in->fd < 0) {
                size_t left = in->text.len - (size_t) in->at;

                n = left < (size_t) len ? (ssize_t) left : len;
                if (n > 0)
                        memcpy(buffer, in->text.data + in->at, (size_t) n);
        } else {
                do
                        n = pread(in->fd, buffer, (size_t) len, (off_t) in->at);
                while (n < 0 && errno == EINTR);
                if (n < 0)
                        in->error = -errno;
        }
        return n > 0 ? pass_on(in, VIEW(buffer, (size_t) n)) : (int) n;
}

static int input_close(void *userdata) {
        (void) userdata;
        return 0;
}

static void refuse(void *parser, int outcome) {
        Input *in = ((xmlParserCtxt *) parser)->_private;

        if (in->outcome == 0)
                in->outcome = outcome;
        xmlStopParser(parser);
}

static void on_doctype(void *parser, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id) {
        (void) name;
        (void) public_id;
        (void) system_id;
        refuse(parser, XML_DOCUMENT_E_DOCTYPE);
}

/* What the declaration says of the encoding is known now. */
static void on_start(void *parser) {
        const xmlParserCtxt *p = parser;
        const char *encoding = (const char *) (p->encoding ?: p->input->encoding);

        if (encoding && !xml_guard_knows_encoding(encoding))
                refuse(parser, XML_DOCUMENT_E_MALFORMED);
        else
                xmlSAX2StartDocument(parser);
}

static void on_element(void *parser, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces, const xmlChar **namespaces,
                       int n_attributes, int n_defaulted, const xmlChar **attributes) {
        const xmlParserCtxt *p = parser;
        Input *in = p->_private;

        if (p->nodeNr >= XML_DEPTH_MAX || xmlDictSize(p->dict) > XML_NAMES_MAX ||
            !xml_cost_add_element(in->cost, (size_t) p->nodeNr, (size_t) n_namespaces, (size_t) n_attributes))
                refuse(parser, XML_DOCUMENT_E_LIMIT);
        else
                xmlSAX2StartElementNs(parser, name, prefix, uri, n_namespaces, namespaces, n_attributes, n_defaulted, attributes);
}

static bool add_node(void *parser) {
        const xmlParserCtxt *p = parser;
        const Input *in = p->_private;

        if (xmlDictSize(p->dict) <= XML_NAMES_MAX && xml_cost_add_node(in->cost))
                return true;
        refuse(parser, XML_DOCUMENT_E_LIMIT);
        return false;
}

/* Pieces of one text become one node. */
static void on_characters(void *parser, const xmlChar *text, int len) {
        const xmlParserCtxt *p = parser;
        const Input *in = p->_private;
        bool more = p->node && p->node->last && p->node->last->type == XML_TEXT_NODE;

        if (more || add_node(parser))
                in->characters(parser, text, len);
}

static void on_comment(void *parser, const xmlChar *text) {
        const Input *in = ((xmlParserCtxt *) parser)->_private;

        if (add_node(parser))
                in->comment(parser, text);
}

static void on_instruction(void *parser, const xmlChar *target, const xmlChar *data) {
        const Input *in = ((xmlParserCtxt *) parser)->_private;

        if (add_node(parser))
                in->instruction(parser, target, data);
}

/* What stands between the parser and its tree. */
static void watch(xmlParserCtxt *parser, Input *in) {
        xmlSAXHandler *sax = parser->sax;

        parser->_private = in;
        in->characters = sax->characters;
        in->comment = sax->comment;
        in->instruction = sax->processingInstruction;
        sax->startDocument = on_start;
        sax->internalSubset = on_doctype;
        sax->startElementNs = on_element;
        sax->characters = sax->ignorableWhitespace = on_characters;
        sax->comment = on_comment;
        sax->processingInstruction = on_instruction;
}

static int outcome_of(const xmlParserCtxt *parser, const xmlDoc *tree, const Input *in) {
        if (in->error < 0)
                return in->error;
        if (in->outcome > 0)
                return in->outcome;
        if (parser->lastError.code == XML_ERR_NO_MEMORY)
                return -ENOMEM;
        return tree && parser->wellFormed && parser->nsWellFormed ? 0 : XML_DOCUMENT_E_MALFORMED;
}

static int parse(Input *in, xmlDoc **ret) {
        /* HUGE: a text of more than 10 MB is an ordinary attachment; depth is limited above. NOENT, without a DTD: &amp; in an attribute is replaced at once. */
        const int options = XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_COMPACT | XML_PARSE_NOCDATA | XML_PARSE_NOENT | XML_PARSE_NOERROR |
                XML_PARSE_NOWARNING;
        xmlParserCtxt *parser;
        xmlDoc *tree;
        int r;

        r = xml_library_load();
        if (r < 0)
                return r;
        parser = xmlNewParserCtxt();
        if (!parser)
                return -ENOMEM;
        watch(parser, in);
        tree = xmlCtxtReadIO(parser, input_read, input_close, in, NULL, NULL, options);
        r = outcome_of(parser, tree, in);
        xmlFreeParserCtxt(parser);
        if (r != 0) {
                if (tree)
                        xmlFreeDoc(tree);
                return r;
        }
        *ret = tree;
        return 0;
}

static int document_new(Input *in, XmlDocument **ret) {
        _cleanup_xml_document_ XmlDocument *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        in->cost = &d->cost;
        r = parse(in, &d->tree);
        d->size = in->at;
        d->budget = XML_CANONICAL_BUDGET(d->size);
        if (r == 0)
                *ret = TAKE_PTR(d);
        return r;
}

int xml_document_open(int fd, XmlDocument **ret) {
        return document_new(&(Input) { .fd = fd }, ret);
}

int xml_document_read(View text, XmlDocument **ret) {
        return document_new(&(Input) { .fd = -1, .text = text }, ret);
}

XmlDocument *xml_document_free(XmlDocument *d) {
        if (!d)
                return NULL;
        if (d->tree)
                xmlFreeDoc(d->tree);
        free(d->ids);
        free(d);
        return NULL;
}

uint64_t xml_document_size(const XmlDocument *d) {
        return d->size;
}

bool xml_document_spend(XmlDocument *d, bool exclusive, size_t n_prefixes) {
        uint64_t cost = xml_cost_of_canonical(&d->cost, exclusive, n_prefixes);

        if (cost > d->budget)
                return false;
        d->budget -= cost;
        return true;
}

xmlDoc *xml_document_tree(const XmlDocument *d) {
        return d->tree;
}

xmlNode *xml_document_root(const XmlDocument *d) {
        xmlNode *node = d->tree->children;

        while (node && node->type != XML_ELEMENT_NODE)
                node = node->next;
        return node;
}

static bool is_identifier(const xmlAttr *a) {
        const char *name = (const char *) a->name;

        if (a->ns)
                return strcmp(name, "id") == 0 && strcmp((const char *) a->ns->href, "http://www.w3.org/XML/1998/namespace") == 0;
        return strcmp(name, "Id") == 0 || strcmp(name, "ID") == 0 || strcmp(name, "id") == 0;
}

static const char *value_of(const xmlAttr *a) {
        return a->children && a->children->content ? (const char *) a->children->content : "";
}

static int compare_ids(const void *a, const void *b) {
        const Identifier *x = a, *y = b;
        int r = strcmp(x->value, y->value);

        return r != 0 ? r : (x->element > y->element) - (x->element < y->element);
}

static int collect_ids(XmlDocument *d) {
        size_t allocated = 0;

        for (xmlNode *node = xml_document_root(d); node; node = xml_walk(node, NULL))
                for (xmlAttr *a = node->type == XML_ELEMENT_NODE ? node->properties : NULL; a; a = a->next) {
                        if (!is_identifier(a))
                                continue;
                        if (d->n_ids == allocated) {
                                Identifier *ids = reallocarray(d->ids, allocated ? 2 * allocated : 16, sizeof(*ids));

                                if (!ids)
                                        return -ENOMEM;
                                allocated = allocated ? 2 * allocated : 16;
                                d->ids = ids;
                        }
                        d->ids[d->n_ids++] = (Identifier) { value_of(a), node };
                }
        if (d->n_ids > 0)
                qsort(d->ids, d->n_ids, sizeof(*d->ids), compare_ids);
        d->has_ids = true;
        return 0;
}

int xml_document_find_id(XmlDocument *d, const char *id, xmlNode **ret) {
        size_t low = 0, high;
        int r;

        if (!d->has_ids) {
                d->n_ids = 0;
                r = collect_ids(d);
                if (r < 0)
                        return r;
        }
        for (high = d->n_ids; low < high;) {
                size_t middle = low + (high - low) / 2;

                if (strcmp(d->ids[middle].value, id) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        if (low == d->n_ids || strcmp(d->ids[low].value, id) != 0)
                return -ENOENT;
        for (size_t i = low + 1; i < d->n_ids && strcmp(d->ids[i].value, id) == 0; i++)
                if (d->ids[i].element != d->ids[low].element)
                        return -ENOTUNIQ;
        *ret = d->ids[low].element;
        return 0;
}

bool xml_is(const xmlNode *node, const char *ns, const char *name) {
        return node->type == XML_ELEMENT_NODE && strcmp((const char *) node->name, name) == 0 &&
               (node->ns ? strcmp((const char *) node->ns->href, ns) == 0 : *ns == '\0');
}

xmlNode *xml_child(const xmlNode *parent, const char *ns, const char *name) {
        for (xmlNode *n = parent->children; n; n = n->next)
                if (xml_is(n, ns, name))
                        return n;
        return NULL;
}

xmlNode *xml_next(const xmlNode *element) {
        const char *ns = element->ns ? (const char *) element->ns->href : "";

        for (xmlNode *n = element->next; n; n = n->next)
                if (xml_is(n, ns, (const char *) element->name))
                        return n;
        return NULL;
}

xmlNode *xml_first_element(const xmlNode *parent) {
        xmlNode *n = parent->children;

        return n && n->type != XML_ELEMENT_NODE ? xml_next_element(n) : n;
}

xmlNode *xml_next_element(const xmlNode *node) {
        xmlNode *n = node->next;

        while (n && n->type != XML_ELEMENT_NODE)
                n = n->next;
        return n;
}

xmlNode *xml_walk(const xmlNode *node, const xmlNode *apex) {
        if (node->type == XML_ELEMENT_NODE && node->children)
                return node->children;
        while (node && node != apex && !node->next)
                node = node->parent && node->parent->type == XML_ELEMENT_NODE ? node->parent : NULL;
        return node && node != apex ? node->next : NULL;
}

bool xml_is_inside(const xmlNode *node, const xmlNode *ancestor) {
        for (; node; node = node->parent)
                if (node == ancestor)
                        return true;
        return false;
}

const char *xml_attribute(const xmlNode *element, const char *name) {
        for (const xmlAttr *a = element->properties; a; a = a->next)
                if (!a->ns && strcmp((const char *) a->name, name) == 0)
                        return value_of(a);
        return NULL;
}

int xml_text(const xmlNode *element, size_t max, Bytes *ret) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r = 0;

        for (const xmlNode *n = element->children; r >= 0 && n; n = n->next) {
                View content = view_string((const char *) n->content);

                if (n->type == XML_ELEMENT_NODE)
                        return -EBADMSG;
                if (n->type != XML_TEXT_NODE && n->type != XML_CDATA_SECTION_NODE)
                        continue;
                r = content.len > max - text.len ? -E2BIG : bytes_append_view(&text, content);
        }
        if (r >= 0)
                r = bytes_append_byte(&text, 0);
        if (r < 0)
                return r;
        text.len--;
        *ret = bytes_take(&text);
        return 0;
}

int xml_base64(const xmlNode *element, size_t max, Bytes *ret) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r;

        r = xml_text(element, max, &text);
        if (r >= 0)
                r = base64_decode(bytes_view(&text), ret);
        return r == -EINVAL ? -EBADMSG : r;
}
