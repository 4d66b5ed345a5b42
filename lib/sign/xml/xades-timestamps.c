/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Timestamps of XAdES; see xades-timestamps.h. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "sign/xml/xades-timestamps.h"
#include "sign/xml/xml-canonical.h"
#include "sign/xml/xml-target.h"

#define TOKEN_TEXT_MAX (1024U * 1024U)

/* Children of one element that are written at once. */
#define CHILDREN_MAX 128U

/* What is written for one timestamp. */
typedef struct Stamping {
        const XmlReferences *references;
        const XadesProperties *properties;
        XadesTimestamps *timestamps; /* that were read before */
        uint32_t covers;             /* bits: those of them that were written */
        const xmlNode *property;
        TimestampKind kind;
        XmlCanonical canonical;
        gnutls_hash_hd_t hash;
} Stamping;

typedef struct Children {
        xmlNode *list[CHILDREN_MAX];
        int n;
} Children;

void xades_timestamps_done(XadesTimestamps *t) {
        for (size_t i = 0; i < t->n; i++)
                bytes_done(&t->tokens[i]);
        t->n = 0;
}

static int add_child(Children *c, xmlNode *n) {
        if (c->n == CHILDREN_MAX)
                return -E2BIG;
        c->list[c->n++] = n;
        return 0;
}

/* Each as it is written alone, one after the other; in one walk through the document, which is what it costs. */
static int write_children(Stamping *s, xmlNode *parent, Children *children) {
        xmlNodeSet set = { .nodeNr = children->n, .nodeMax = children->n, .nodeTab = children->list };
        XmlSelection selection = { .document = s->references->document, .apex = parent, .n_filters = 1,
                                   .filters = { { .type = XML_FILTER_CHILDREN, .node = parent, .nodes = &set } } };
        uint64_t cost = xml_document_size(selection.document);

        if (children->n == 0)
                return 0;
        if (cost > *s->references->budget)
                return -E2BIG;
        *s->references->budget -= cost;
        return xml_canonicalize(&selection, &s->canonical, xml_sink_hash, s->hash);
}

/* Over the signature value is also over what is signed. */
static void note_signed(Stamping *s) {
        const XadesTimestamps *t = s->timestamps;

        for (size_t i = 0; i < t->n; i++)
                if (t->list[i].kind == TIMESTAMP_CONTENT)
                        s->covers |= UINT32_C(1) << i;
}

static int write_signature(Stamping *s) {
        const XmlSignature *g = s->references->signature;
        Children c = { .list = { g->signed_info, g->value, g->key_info }, .n = g->key_info ? 3 : 2 };

        note_signed(s);
        return write_children(s, g->element, &c);
}

static int write_value(Stamping *s) {
        const XmlSignature *g = s->references->signature;
        Children c = { .list = { g->value }, .n = 1 };

        note_signed(s);
        return write_children(s, g->element, &c);
}

/* A.1.5: what SigAndRefsTimeStamp and RefsOnlyTimeStamp are over, of XAdES 1.3.2 and their second versions. */
static bool is_reference(const Stamping *s, const xmlNode *n) {
        bool second = xml_is(s->property, XML_NS_XADES_141, "SigAndRefsTimeStampV2") || xml_is(s->property, XML_NS_XADES_141, "RefsOnlyTimeStampV2");
        const char *ns = s->properties->ns;

        if (s->kind == TIMESTAMP_SIGNATURE_REFERENCES && xml_is(n, ns, "SignatureTimeStamp"))
                return true;
        if (xml_is(n, ns, "CompleteRevocationRefs") || xml_is(n, ns, "AttributeRevocationRefs"))
                return true;
        return second ? xml_is(n, XML_NS_XADES_141, "CompleteCertificateRefsV2") || xml_is(n, XML_NS_XADES_141, "AttributeCertificateRefsV2")
                      : xml_is(n, ns, "CompleteCertificateRefs") || xml_is(n, ns, "AttributeCertificateRefs");
}

/* All the timestamps in a property. */
static void note_property(Stamping *s, const xmlNode *property) {
        const XadesTimestamps *t = s->timestamps;

        for (size_t i = 0; i < t->n; i++)
                if (t->properties[i] == property)
                        s->covers |= UINT32_C(1) << i;
}

/* The unsigned properties before it; what is written is what it is over. */
static int write_properties(Stamping *s) {
        xmlNode *parent = s->properties->unsigned_properties;
        Children c = { .n = 0 };
        int r = 0;

        for (xmlNode *n = xml_first_element(parent); r >= 0 && n && n != s->property; n = xml_next_element(n))
                if (s->kind == TIMESTAMP_ARCHIVE || is_reference(s, n)) {
                        r = add_child(&c, n);
                        note_property(s, n);
                }
        return r < 0 ? r : write_children(s, parent, &c);
}

static bool holds_properties(const xmlNode *object) {
        for (const xmlNode *n = xml_first_element(object); n; n = xml_next_element(n))
                if (xml_is_xades(n, "QualifyingProperties"))
                        return true;
        return false;
}

/* The objects that references point at as a whole. */
static int find_referenced(const Stamping *s, Children *ret) {
        int error = 0, r = 0;

        for (const xmlNode *n = s->references->signature->references; r >= 0 && error >= 0 && n; n = xml_next_element(n)) {
                const char *reason;
                XmlTarget t;

                if (xml_target_resolve(s->references->document, xml_attribute(n, "URI"), &t, &reason, &error) == SUB_NONE && t.node &&
                    xml_is(t.node, XML_NS_DSIG, "Object"))
                        r = add_child(ret, t.node);
        }
        return r < 0 ? r : error;
}

static bool is_among(const Children *c, const xmlNode *n) {
        for (int i = 0; i < c->n; i++)
                if (c->list[i] == n)
                        return true;
        return false;
}

/* §5.5.2: all ds:Object but the one with the properties; XAdES 1.3.2 §7.7.1: of those only what no reference is of, since references were written before. */
static int write_objects(Stamping *s) {
        const XmlSignature *g = s->references->signature;
        Children c = { .n = 0 }, referenced = { .n = 0 };
        int r = 0;

        if (!xml_is(s->property, XML_NS_XADES_141, "ArchiveTimeStamp"))
                r = find_referenced(s, &referenced);
        for (xmlNode *n = g->objects; r >= 0 && n; n = xml_next_element(n))
                if (!holds_properties(n) && !is_among(&referenced, n))
                        r = add_child(&c, n);
        return r < 0 ? r : write_children(s, g->element, &c);
}

static int write_reference(Stamping *s, xmlNode *reference) {
        return xml_reference_write(s->references, reference, &s->canonical, xml_sink_hash, s->hash);
}

/* Of all references, or of all that are of something else than properties. */
static int write_references(Stamping *s, bool all) {
        int r = 0;

        for (xmlNode *n = s->references->signature->references; r >= 0 && n; n = xml_next_element(n))
                if (all || !xml_type_is_signed_properties(xml_attribute(n, "Type")))
                        r = write_reference(s, n);
        return r;
}

static xmlNode *find_reference(const Stamping *s, const char *uri) {
        const char *id;

        for (xmlNode *n = s->references->signature->references; n; n = xml_next_element(n)) {
                id = xml_attribute(n, "Id");
                if (id && uri && uri[0] == '#' && strcmp(uri + 1, id) == 0)
                        return n;
        }
        return NULL;
}

/* §5.2.8.2: the references that it includes, in its order. */
static int write_included(Stamping *s) {
        bool any = false;
        int r = 0;

        for (xmlNode *n = xml_child(s->property, s->properties->ns, "Include"); r >= 0 && n; n = xml_next(n)) {
                const char *data = xml_attribute(n, "referencedData");
                xmlNode *reference = find_reference(s, xml_attribute(n, "URI"));

                if (!reference || !data || (strcmp(data, "true") != 0 && strcmp(data, "1") != 0))
                        return -EOPNOTSUPP;
                any = true;
                r = write_reference(s, reference);
        }
        return r < 0 ? r : any ? 0 : -EOPNOTSUPP;
}

static int write_archived(Stamping *s) {
        int r;

        r = write_references(s, true);
        if (r >= 0)
                r = write_signature(s);
        if (r >= 0)
                r = write_properties(s);
        return r < 0 ? r : write_objects(s);
}

static int write_stamped(Stamping *s) {
        bool includes = xml_child(s->property, s->properties->ns, "Include");
        int r;

        if (xml_is(s->property, s->properties->ns, "IndividualDataObjectsTimeStamp"))
                return write_included(s);
        if (includes && s->kind != TIMESTAMP_SIGNATURE)
                return -EOPNOTSUPP;
        switch (s->kind) {
        case TIMESTAMP_CONTENT:
                return write_references(s, false);
        case TIMESTAMP_SIGNATURE:
                return write_value(s);
        case TIMESTAMP_SIGNATURE_REFERENCES:
                r = write_value(s);
                return r < 0 ? r : write_properties(s);
        case TIMESTAMP_REFERENCES:
                return write_properties(s);
        case TIMESTAMP_ARCHIVE:
                return write_archived(s);
        }
        return -EOPNOTSUPP;
}

static int digest_stamped(void *userdata, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        Digest d = { .len = gnutls_hash_get_len(algorithm) };
        Stamping *s = userdata;
        int r;

        if (d.len == 0 || d.len > sizeof(d.data))
                return -EOPNOTSUPP;
        if (gnutls_hash_init(&s->hash, algorithm) < 0)
                return -EIO;
        r = write_stamped(s);
        gnutls_hash_deinit(s->hash, d.data);
        if (r >= 0)
                *ret = d;
        return r;
}

/* One whose octets are none is not readable, like one that is no token. */
static int read_token(Stamping *s, const xmlNode *token) {
        XadesTimestamps *t = s->timestamps;
        size_t i = t->n;
        int r;

        r = xml_base64(token, TOKEN_TEXT_MAX, &t->tokens[i]);
        if (r == -ENOMEM)
                return r;
        s->covers = 0;
        r = timestamp_read(s->kind, bytes_view(&t->tokens[i]), digest_stamped, s, &t->list[i]);
        t->list[i].covers = s->covers;
        t->properties[i] = s->property;
        t->n++; /* it owns the octets */
        return r;
}

static int read_property(Stamping *s) {
        XadesTimestamps *t = s->timestamps;
        const xmlNode *method = xml_child(s->property, XML_NS_DSIG, "CanonicalizationMethod");
        int r;

        r = method ? xml_canonical_of_element(method, &s->canonical) : xml_canonical_of_uri(XML_C14N_10, &s->canonical);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (const xmlNode *n = xml_child(s->property, s->properties->ns, "EncapsulatedTimeStamp"); r >= 0 && n && t->n < SIGNATURE_TIMESTAMPS_MAX; n = xml_next(n))
                r = read_token(s, n);
        xml_canonical_done(&s->canonical);
        return r;
}

/* Archive timestamps of before XAdES 1.3.2 are made in another way. */
static bool kind_of(const xmlNode *n, const char *ns, TimestampKind *ret) {
        static const struct {
                const char *ns; /* NULL: that of the signature's version */
                const char *name;
                TimestampKind kind;
        } kinds[] = {
                { NULL, "AllDataObjectsTimeStamp", TIMESTAMP_CONTENT },
                { NULL, "IndividualDataObjectsTimeStamp", TIMESTAMP_CONTENT },
                { NULL, "SignatureTimeStamp", TIMESTAMP_SIGNATURE },
                { XML_NS_XADES_132, "SigAndRefsTimeStamp", TIMESTAMP_SIGNATURE_REFERENCES },
                { XML_NS_XADES_141, "SigAndRefsTimeStampV2", TIMESTAMP_SIGNATURE_REFERENCES },
                { XML_NS_XADES_132, "RefsOnlyTimeStamp", TIMESTAMP_REFERENCES },
                { XML_NS_XADES_141, "RefsOnlyTimeStampV2", TIMESTAMP_REFERENCES },
                { XML_NS_XADES_132, "ArchiveTimeStamp", TIMESTAMP_ARCHIVE },
                { XML_NS_XADES_141, "ArchiveTimeStamp", TIMESTAMP_ARCHIVE },
        };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (xml_is(n, kinds[i].ns ?: ns, kinds[i].name)) {
                        *ret = kinds[i].kind;
                        return true;
                }
        return false;
}

static int read_from(const XmlReferences *references, const XadesProperties *p, const xmlNode *parent, XadesTimestamps *t) {
        Stamping s = { .references = references, .properties = p, .timestamps = t };
        int r = 0;

        for (const xmlNode *n = parent ? xml_first_element(parent) : NULL; r >= 0 && n; n = xml_next_element(n)) {
                /* The places of both are known by their schema. */
                if (!kind_of(n, p->ns, &s.kind) || (s.kind == TIMESTAMP_CONTENT) != (parent == p->data_properties))
                        continue;
                s.property = n;
                r = read_property(&s);
        }
        return r;
}

int xades_timestamps_read(const XmlReferences *references, const XadesProperties *p, XadesTimestamps *ret) {
        int r;

        r = read_from(references, p, p->data_properties, ret);
        if (r >= 0)
                r = read_from(references, p, p->unsigned_properties, ret);
        return r;
}

bool xades_timestamps_have(const XadesTimestamps *t, TimestampKind kind) {
        for (size_t i = 0; i < t->n; i++)
                if (t->list[i].kind == kind && t->list[i].state == TIMESTAMP_FITS)
                        return true;
        return false;
}
