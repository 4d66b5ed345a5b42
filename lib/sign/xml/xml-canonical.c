/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Canonical XML; see xml-canonical.h. libxml2 writes it; which nodes are in, is said here. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "sign/xml/xml-canonical.h"

/* The longest PrefixList, in bytes. */
#define PREFIXES_MAX 4096U

static const struct {
        const char *uri;
        int mode;
        bool comments;
} methods[] = {
        { XML_C14N_10, XML_C14N_1_0, false },
        { XML_C14N_10 "#WithComments", XML_C14N_1_0, true },
        { XML_C14N_11, XML_C14N_1_1, false },
        { XML_C14N_11 "#WithComments", XML_C14N_1_1, true },
        { XML_C14N_EXCLUSIVE, XML_C14N_EXCLUSIVE_1_0, false },
        { XML_C14N_EXCLUSIVE "WithComments", XML_C14N_EXCLUSIVE_1_0, true },
};

void xml_canonical_done(XmlCanonical *c) {
        if (c->prefixes)
                free(c->prefixes[0]);
        free(c->prefixes);
        *c = (XmlCanonical) { 0 };
}

int xml_canonical_of_uri(const char *uri, XmlCanonical *ret) {
        for (size_t i = 0; uri && i < ELEMENTSOF(methods); i++)
                if (strcmp(uri, methods[i].uri) == 0) {
                        *ret = (XmlCanonical) { .mode = methods[i].mode, .comments = methods[i].comments };
                        return 0;
                }
        return -EOPNOTSUPP;
}

/* Exclusive XML Canonicalization section 3: a list of tokens. They share one allocation, which the first begins. */
static int read_prefixes(const char *list, char ***ret) {
        static const char space[] = " \t\r\n";
        _cleanup_free_ char *copy = NULL, **prefixes = NULL;
        size_t n = 0;
        char *rest;

        list += strspn(list, space);
        if (*list == '\0')
                return 0;
        if (strlen(list) > PREFIXES_MAX)
                return -EBADMSG;
        copy = strdup(list);
        prefixes = calloc(strlen(list) / 2 + 2, sizeof(*prefixes));
        if (!copy || !prefixes)
                return -ENOMEM;
        for (char *token = strtok_r(copy, space, &rest); token; token = strtok_r(NULL, space, &rest))
                prefixes[n++] = token;
        copy = NULL; /* the first token */
        *ret = TAKE_PTR(prefixes);
        return 0;
}

int xml_canonical_of_element(const xmlNode *element, XmlCanonical *ret) {
        const xmlNode *parameter = xml_first_element(element);
        const char *list;
        XmlCanonical c;
        int r;

        r = xml_canonical_of_uri(xml_attribute(element, "Algorithm"), &c);
        if (r >= 0 && parameter) {
                list = xml_attribute(parameter, "PrefixList");
                if (c.mode != XML_C14N_EXCLUSIVE_1_0 || !xml_is(parameter, XML_C14N_EXCLUSIVE, "InclusiveNamespaces") || xml_next_element(parameter))
                        return -EBADMSG;
                r = list ? read_prefixes(list, &c.prefixes) : 0;
        }
        if (r >= 0)
                *ret = c;
        return r;
}

/* In a set of XPath, a namespace node has its element as the next one. */
static bool is_in_nodes(xmlNodeSet *nodes, xmlNode *node, const xmlNode *element) {
        xmlNs ns;

        if (!nodes)
                return false;
        if (node->type != XML_NAMESPACE_DECL)
                return xmlXPathNodeSetContains(nodes, node);
        memcpy(&ns, node, sizeof(ns));
        ns.next = (xmlNs *) element;
        return xmlXPathNodeSetContains(nodes, (xmlNode *) &ns);
}

static bool is_in_subtrees(xmlNodeSet *nodes, xmlNode *node, const xmlNode *element) {
        if (is_in_nodes(nodes, node, element))
                return true;
        for (const xmlNode *n = element; nodes && n; n = n->parent)
                if (xmlXPathNodeSetContains(nodes, (xmlNode *) n))
                        return true;
        return false;
}

static bool is_in_child(const XmlFilter *f, const xmlNode *element) {
        while (element && element->parent != f->node)
                element = element->parent;
        for (int i = 0; element && i < f->nodes->nodeNr; i++)
                if (f->nodes->nodeTab[i] == element)
                        return true;
        return false;
}

static bool is_in_signature(const xmlNode *element) {
        for (const xmlNode *n = element; n && n->type == XML_ELEMENT_NODE; n = n->parent)
                if (xml_is(n, XML_NS_DSIG, "Signature"))
                        return true;
        return false;
}

/* A namespace node is no xmlNode but for its type; `element` is the one that it, or an attribute, belongs to, else the node itself. */
static bool filter_passes(const XmlFilter *f, bool in, xmlNode *node, const xmlNode *element) {
        switch (f->type) {
        case XML_FILTER_WITHOUT_SUBTREE:
                return in && !xml_is_inside(element, f->node);
        case XML_FILTER_WITHOUT_SIGNATURES:
                return in && !is_in_signature(element->type == XML_ELEMENT_NODE ? element : element->parent);
        case XML_FILTER_NODES:
                return in && is_in_nodes(f->nodes, node, element);
        case XML_FILTER_INTERSECT:
                return in && is_in_subtrees(f->nodes, node, element);
        case XML_FILTER_SUBTRACT:
                return in && !is_in_subtrees(f->nodes, node, element);
        case XML_FILTER_UNION:
                return in || is_in_subtrees(f->nodes, node, element);
        case XML_FILTER_CHILDREN:
                return in && is_in_child(f, element);
        }
        return false;
}

bool xml_selection_has(const XmlSelection *s, xmlNode *node, xmlNode *parent) {
        const xmlNode *element = node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE ? parent : node;
        bool in;

        if (element && element->type == XML_ATTRIBUTE_NODE)
                element = element->parent;
        if (s->without_comments && node->type == XML_COMMENT_NODE)
                return false;
        in = !s->apex || xml_is_inside(element, s->apex);
        for (size_t i = 0; i < s->n_filters; i++)
                in = filter_passes(&s->filters[i], in, node, element);
        return in;
}

static int is_visible(void *userdata, xmlNode *node, xmlNode *parent) {
        return xml_selection_has(userdata, node, parent);
}

typedef struct Output {
        XmlSink sink;
        void *userdata;
        int error;
} Output;

static int output_write(void *userdata, const char *buffer, int len) {
        Output *o = userdata;

        if (o->error == 0)
                o->error = o->sink(o->userdata, VIEW(buffer, (size_t) len));
        return o->error < 0 ? -1 : len;
}

static int output_close(void *userdata) {
        (void) userdata;
        return 0;
}

static size_t count_prefixes(const XmlCanonical *c) {
        size_t n = 0;

        while (c->prefixes && c->prefixes[n])
                n++;
        return n;
}

int xml_canonicalize(const XmlSelection *s, const XmlCanonical *c, XmlSink sink, void *userdata) {
        Output output = { .sink = sink, .userdata = userdata };
        bool all = !s->apex && s->n_filters == 0;
        xmlOutputBuffer *buffer;
        int r;

        if (!xml_document_spend(s->document, c->mode == XML_C14N_EXCLUSIVE_1_0, count_prefixes(c)))
                return -E2BIG;
        buffer = xmlOutputBufferCreateIO(output_write, output_close, &output, NULL);
        if (!buffer)
                return -ENOMEM;
        r = xmlC14NExecute(xml_document_tree(s->document), all ? NULL : is_visible, (void *) s, c->mode, (xmlChar **) c->prefixes,
                           c->comments && !s->without_comments, buffer);
        if (xmlOutputBufferClose(buffer) < 0)
                r = -1;
        if (output.error < 0)
                return output.error;
        return r < 0 ? -EBADMSG : 0;
}

int xml_sink_hash(void *hash, View piece) {
        return gnutls_hash(hash, piece.data, piece.len) < 0 ? -EIO : 0;
}

typedef struct Buffer {
        Bytes bytes;
        size_t max;
} Buffer;

static int sink_buffer(void *userdata, View piece) {
        Buffer *b = userdata;

        return piece.len > b->max - b->bytes.len ? -E2BIG : bytes_append_view(&b->bytes, piece);
}

int xml_canonical_digest(const XmlSelection *s, const XmlCanonical *c, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        Digest d = { .len = gnutls_hash_get_len(algorithm) };
        gnutls_hash_hd_t hash;
        int r;

        if (d.len == 0 || d.len > sizeof(d.data))
                return -EOPNOTSUPP;
        if (gnutls_hash_init(&hash, algorithm) < 0)
                return -EIO;
        r = xml_canonicalize(s, c, xml_sink_hash, hash);
        gnutls_hash_deinit(hash, d.data);
        if (r == 0)
                *ret = d;
        return r;
}

int xml_canonical_bytes(const XmlSelection *s, const XmlCanonical *c, size_t max, Bytes *ret) {
        Buffer b = { .max = max };
        int r;

        r = xml_canonicalize(s, c, sink_buffer, &b);
        if (r == 0)
                *ret = bytes_take(&b.bytes);
        bytes_done(&b.bytes);
        return r;
}
