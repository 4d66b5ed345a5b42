/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Transforms; see xml-transform.h. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "base/codec.h"
#include "sign/xml/xml-transform.h"
#include "sign/xml/xml-xpath.h"

void xml_transforms_done(XmlTransforms *t) {
        for (size_t i = 0; i < t->n; i++)
                xml_canonical_done(&t->list[i].canonical);
        t->n = 0;
}

/* Filter 2: one or more XPath elements; the XPath transform: exactly one. */
static bool has_expressions(const xmlNode *transform, const char *ns, bool many) {
        const xmlNode *n = xml_first_element(transform);

        if (!n || (!many && xml_next_element(n)))
                return false;
        for (; n; n = xml_next_element(n))
                if (!xml_is(n, ns, "XPath"))
                        return false;
        return true;
}

static bool subtracts_signatures(const xmlNode *transform) {
        const xmlNode *x = xml_first_element(transform);
        const char *filter = xml_attribute(x, "Filter");

        return !xml_next_element(x) && filter && strcmp(filter, "subtract") == 0 &&
               (xpath_is_about_signature(x, "/descendant::", "") || xpath_is_about_signature(x, "//", ""));
}

static int read_transform(xmlNode *element, XmlTransform *ret) {
        const char *algorithm = xml_attribute(element, "Algorithm");

        ret->element = element;
        if (!algorithm)
                return -EBADMSG;
        if (strcmp(algorithm, XML_TRANSFORM_XPATH) == 0) {
                if (!has_expressions(element, XML_NS_DSIG, false))
                        return -EBADMSG;
                ret->type = xpath_is_about_signature(xml_first_element(element), "not(ancestor-or-self::", ")") ? XML_TRANSFORM_TYPE_NOT_SIGNATURES :
                        XML_TRANSFORM_TYPE_XPATH;
                return 0;
        }
        if (strcmp(algorithm, XML_TRANSFORM_FILTER2) == 0) {
                if (!has_expressions(element, XML_TRANSFORM_FILTER2, true))
                        return -EBADMSG;
                ret->type = subtracts_signatures(element) ? XML_TRANSFORM_TYPE_NOT_SIGNATURES : XML_TRANSFORM_TYPE_FILTER2;
                return 0;
        }
        ret->type = strcmp(algorithm, XML_TRANSFORM_ENVELOPED) == 0 ? XML_TRANSFORM_TYPE_ENVELOPED :
                strcmp(algorithm, XML_TRANSFORM_BASE64) == 0        ? XML_TRANSFORM_TYPE_BASE64
                                                                    : XML_TRANSFORM_TYPE_CANONICAL;
        if (ret->type == XML_TRANSFORM_TYPE_CANONICAL)
                return xml_canonical_of_element(element, &ret->canonical);
        return xml_first_element(element) ? -EBADMSG : 0;
}

int xml_transforms_read(xmlNode *element, XmlTransforms *ret) {
        _cleanup_xml_transforms_ XmlTransforms t = { .n = 0 };
        int r;

        for (xmlNode *n = element ? xml_first_element(element) : NULL; n; n = xml_next_element(n)) {
                if (!xml_is(n, XML_NS_DSIG, "Transform"))
                        return -EBADMSG;
                if (t.n == XML_TRANSFORMS_MAX)
                        return -E2BIG;
                t.list[t.n] = (XmlTransform) { 0 };
                r = read_transform(n, &t.list[t.n]);
                if (r < 0)
                        return r;
                t.n++;
        }
        *ret = t;
        t.n = 0;
        return 0;
}

bool xml_transforms_keep_all(const XmlTransforms *t) {
        for (size_t i = 0; i < t->n; i++)
                if (t->list[i].type != XML_TRANSFORM_TYPE_ENVELOPED && t->list[i].type != XML_TRANSFORM_TYPE_NOT_SIGNATURES &&
                    t->list[i].type != XML_TRANSFORM_TYPE_CANONICAL)
                        return false;
        return true;
}

/* What stands between two transforms: nodes, or octets where selection.document is NULL. */
typedef struct Pipe {
        XmlSelection selection;
        View octets;
        Bytes buffer; /* octets that are ours */
        const xmlNode *signature;
        XmlDocument *documents[XML_TRANSFORMS_MAX + 1];
        size_t n_documents;
        xmlXPathObject *objects[XML_FILTERS_MAX];
        size_t n_objects;
        const XmlCanonical *rest; /* for nodes that are left at the end */
        XmlSink sink;
        void *userdata;
        bool any; /* something came out */
        bool comments_lost;
} Pipe;

static void pipe_done(Pipe *p) {
        for (size_t i = 0; i < p->n_objects; i++)
                xmlXPathFreeObject(p->objects[i]);
        for (size_t i = 0; i < p->n_documents; i++)
                xml_document_free(p->documents[i]);
        bytes_done(&p->buffer);
}

static int need_nodes(Pipe *p) {
        int r;

        if (p->selection.document)
                return 0;
        r = xml_document_read(p->octets, &p->documents[p->n_documents]);
        if (r != 0)
                return r < 0 ? r : -EBADMSG;
        p->selection = (XmlSelection) { .document = p->documents[p->n_documents++] };
        p->signature = NULL;
        return 0;
}

static int add_filter(Pipe *p, XmlFilter filter) {
        if (p->selection.n_filters == XML_FILTERS_MAX)
                return -E2BIG;
        p->selection.filters[p->selection.n_filters++] = filter;
        return 0;
}

static int add_xpath(Pipe *p, xmlNode *element, bool each, XmlFilterType type) {
        xmlXPathObject *object;
        int r;

        if (p->n_objects == XML_FILTERS_MAX)
                return -E2BIG;
        r = xpath_choose(p->selection.document, element, each, &object);
        if (r < 0)
                return r;
        p->objects[p->n_objects++] = object;
        return add_filter(p, (XmlFilter) { .type = type, .nodes = object->nodesetval });
}

static int add_filter2(Pipe *p, xmlNode *transform) {
        int r = 0;

        for (xmlNode *n = xml_first_element(transform); r >= 0 && n; n = xml_next_element(n)) {
                const char *filter = xml_attribute(n, "Filter");

                if (filter && strcmp(filter, "intersect") == 0)
                        r = add_xpath(p, n, false, XML_FILTER_INTERSECT);
                else if (filter && strcmp(filter, "subtract") == 0)
                        r = add_xpath(p, n, false, XML_FILTER_SUBTRACT);
                else
                        r = filter && strcmp(filter, "union") == 0 ? add_xpath(p, n, false, XML_FILTER_UNION) : -EBADMSG;
        }
        return r;
}

/* Section 6.6.4: the signature that the transform stands in is taken out. Nodes that it is not in stay as they are, as with the expression that the
 * section gives. */
static int add_enveloped(Pipe *p) {
        if (!p->signature)
                return -EBADMSG;
        return add_filter(p, (XmlFilter) { .type = XML_FILTER_WITHOUT_SUBTREE, .node = p->signature });
}

static int choose(Pipe *p, const XmlTransform *t) {
        int r = need_nodes(p);

        if (r < 0)
                return r;
        switch (t->type) {
        case XML_TRANSFORM_TYPE_ENVELOPED:
                return add_enveloped(p);
        case XML_TRANSFORM_TYPE_NOT_SIGNATURES:
                return add_filter(p, (XmlFilter) { .type = XML_FILTER_WITHOUT_SIGNATURES });
        case XML_TRANSFORM_TYPE_XPATH:
                return add_xpath(p, xml_first_element(t->element), true, XML_FILTER_NODES);
        default:
                return add_filter2(p, t->element);
        }
}

static void set_octets(Pipe *p, Bytes *octets) {
        bytes_done(&p->buffer);
        p->buffer = bytes_take(octets);
        p->octets = bytes_view(&p->buffer);
        p->selection = (XmlSelection) { 0 };
}

/* Section 6.6.2: of nodes, the text. */
static int append_texts(const XmlSelection *s, Bytes *text) {
        xmlNode *first = s->apex ? s->apex : xml_document_root(s->document);
        int r = 0;

        for (xmlNode *n = first; r >= 0 && n; n = xml_walk(n, s->apex)) {
                View content = view_string(n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE ? (const char *) n->content : NULL);

                if (content.len == 0 || !xml_selection_has(s, n, n->parent))
                        continue;
                r = content.len > XML_OCTETS_MAX - text->len ? -E2BIG : bytes_append_view(text, content);
        }
        return r;
}

static int decode(Pipe *p) {
        _cleanup_bytes_ Bytes text = BYTES_NULL, octets = BYTES_NULL;
        View encoded = p->octets;
        int r = 0;

        if (p->selection.document) {
                r = append_texts(&p->selection, &text);
                encoded = bytes_view(&text);
        }
        if (r >= 0)
                r = base64_decode(encoded, &octets);
        if (r < 0)
                return r == -EINVAL ? -EBADMSG : r;
        set_octets(p, &octets);
        return 0;
}

static int sink(void *userdata, View piece) {
        Pipe *p = userdata;

        p->any = p->any || piece.len > 0;
        return p->sink(p->userdata, piece);
}

static bool has_comments(const XmlDocument *d) {
        for (const xmlNode *n = xml_document_tree(d)->children; n; n = xml_walk(n, NULL))
                if (n->type == XML_COMMENT_NODE)
                        return true;
        return false;
}

/* Octets go out at once, where they are the last. */
static int canonicalize(Pipe *p, const XmlTransform *t, bool last) {
        _cleanup_bytes_ Bytes octets = BYTES_NULL;
        int r = need_nodes(p);

        if (r < 0)
                return r;
        /* Of the document that the signature stands in, XML Signature 1.1 section 4.4.3.3 leaves them out already. */
        if (p->n_documents > 0 && !t->canonical.comments && !p->comments_lost)
                p->comments_lost = has_comments(p->selection.document);
        if (last)
                return xml_canonicalize(&p->selection, &t->canonical, sink, p);
        r = xml_canonical_bytes(&p->selection, &t->canonical, XML_OCTETS_MAX, &octets);
        if (r >= 0)
                set_octets(p, &octets);
        return r;
}

static int run(Pipe *p, const XmlTransforms *t) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < t->n; i++) {
                bool last = i + 1 == t->n;

                switch (t->list[i].type) {
                case XML_TRANSFORM_TYPE_CANONICAL:
                        r = canonicalize(p, &t->list[i], last);
                        if (last)
                                return r;
                        break;
                case XML_TRANSFORM_TYPE_BASE64:
                        r = decode(p);
                        break;
                default:
                        r = choose(p, &t->list[i]);
                }
        }
        if (r < 0)
                return r;
        return p->selection.document ? xml_canonicalize(&p->selection, p->rest, sink, p) : sink(p, p->octets);
}

int xml_transforms_write(const XmlTransforms *t, const XmlInput *input, const xmlNode *signature, const XmlCanonical *rest, XmlSink f, void *userdata, XmlLoss *ret_loss) {
        static const XmlCanonical c14n10 = { .mode = XML_C14N_1_0 };
        _cleanup_(pipe_done) Pipe p = { .selection = input->selection, .octets = input->octets, .signature = signature, .rest = rest ?: &c14n10, .sink = f, .userdata = userdata };
        int r;

        r = run(&p, t);
        /* An empty file may be signed; that a transform leaves nothing of one is another thing. */
        if (r >= 0)
                *ret_loss = !p.any && (input->selection.document || t->n > 0) ? XML_LOSS_ALL : p.comments_lost ? XML_LOSS_COMMENTS : XML_LOSS_NONE;
        return r < 0 ? r : 0;
}

int xml_transforms_digest(const XmlTransforms *t, const XmlInput *input, const xmlNode *signature, gnutls_digest_algorithm_t algorithm, Digest *ret,
                          XmlLoss *ret_loss) {
        Digest d = { .len = gnutls_hash_get_len(algorithm) };
        gnutls_hash_hd_t hash;
        int r;

        if (d.len == 0 || d.len > sizeof(d.data))
                return -EOPNOTSUPP;
        if (gnutls_hash_init(&hash, algorithm) < 0)
                return -EIO;
        r = xml_transforms_write(t, input, signature, NULL, xml_sink_hash, hash, ret_loss);
        gnutls_hash_deinit(hash, d.data);
        if (r >= 0)
                *ret = d;
        return r;
}
