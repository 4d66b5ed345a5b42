/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Coverage; see xml-coverage.h. */

#include <string.h>

#include "sign/xml/xml-coverage.h"

/* Whether octets and nodes are all of what they are made from. */
static bool is_canonical_only(const XmlTransforms *t) {
        for (size_t i = 0; i < t->n; i++)
                if (t->list[i].type != XML_TRANSFORM_TYPE_CANONICAL)
                        return false;
        return true;
}

static bool is_text_decoded(const XmlTransforms *t, const xmlNode *node) {
        return t->n == 1 && t->list[0].type == XML_TRANSFORM_TYPE_BASE64 && !xml_first_element(node);
}

static void add_object(XmlCoverage *v, const xmlNode *object) {
        for (size_t i = 0; i < v->n_objects; i++)
                if (v->objects[i] == object)
                        return;
        if (v->n_objects < XML_OBJECTS_MAX)
                v->objects[v->n_objects++] = object;
}

/* A ds:Object of the signature, or the one element in it. */
static void note_object(XmlCoverage *v, const XmlSignature *s, const xmlNode *node, const XmlTransforms *t) {
        const xmlNode *object = node->parent;

        if (xml_is(node, XML_NS_DSIG, "Object") && node->parent == s->element) {
                if (is_canonical_only(t) || is_text_decoded(t, node))
                        add_object(v, node);
        } else if (object && xml_is(object, XML_NS_DSIG, "Object") && object->parent == s->element && xml_has_elements_only(object) &&
                   xml_first_element(object) == node && !xml_next_element(node) && is_canonical_only(t))
                add_object(v, object);
}

/* Beside the root a processing instruction may tell a reader by what style sheet it shows the document. */
static bool has_instructions(const xmlNode *root) {
        for (const xmlNode *n = root->parent->children; n; n = n->next)
                if (n->type == XML_PI_NODE)
                        return true;
        return false;
}

static void note_whole(XmlCoverage *v, const xmlNode *root, const XmlTransforms *t) {
        if (!xml_transforms_keep_all(t) || (root && has_instructions(root)))
                return;
        v->document = true;
        for (size_t i = 0; i < t->n; i++)
                v->without_signatures = v->without_signatures || t->list[i].type == XML_TRANSFORM_TYPE_NOT_SIGNATURES;
}

static void note_element(XmlCoverage *v, const XmlSignature *s, const xmlNode *node, const XmlTransforms *t) {
        if (node == s->element || xml_is(node, XML_NS_DSIG, "KeyInfo") || xml_is(node, XML_NS_DSIG, "SignatureProperties") || xml_is(node, XML_NS_DSIG, "SignatureProperty"))
                return;
        v->n_data++;
        if (xml_is(node, XML_NS_DSIG, "SignatureValue"))
                v->countersigned = is_canonical_only(t);
        note_object(v, s, node, t);
}

bool xml_coverage_is_all_of_file(const XmlTransforms *t) {
        return is_canonical_only(t);
}

void xml_coverage_add(XmlCoverage *v, const XmlSignature *s, const XmlDocument *d, const XmlTarget *t, const XmlTransforms *transforms, XmlLoss loss) {
        if (t->external) {
                v->n_data++;
                v->files = true;
                v->parts_of_files = v->parts_of_files || loss != XML_LOSS_NONE || !xml_coverage_is_all_of_file(transforms);
        } else if (!t->node || t->node == xml_document_root(d)) {
                v->n_data++;
                note_whole(v, t->node, transforms);
        } else
                note_element(v, s, t->node, transforms);
}

static bool is_of_signatures(const char *ns) {
        static const char *const starts[] = { XML_NS_DSIG, "http://uri.etsi.org/", "http://www.w3.org/2009/xmldsig11#", "http://www.w3.org/2001/04/xmldsig-more#" };

        for (size_t i = 0; i < ELEMENTSOF(starts); i++)
                if (strncmp(ns, starts[i], strlen(starts[i])) == 0)
                        return true;
        return false;
}

static bool is_of_others(const xmlNode *n) {
        return n->type == XML_ELEMENT_NODE && (!n->ns || !is_of_signatures((const char *) n->ns->href));
}

/* Whether keys or unsigned properties hold an element of another vocabulary: a reader that looks for it by its name finds it there. */
static bool hides_others(const xmlNode *root) {
        for (const xmlNode *n = root->children; n; n = xml_walk(n, root)) {
                const xmlNode *within = n;

                if (!is_of_others(n))
                        continue;
                while (within != root && !(within->ns && strcmp((const char *) within->name, "SignedProperties") == 0 && within->parent && xml_is_xades(within->parent, "QualifyingProperties")))
                        within = within->parent;
                if (within == root)
                        return true;
        }
        return false;
}

static bool is_covered(const XmlCoverage *v, const xmlNode *object) {
        const xmlNode *inside = xml_first_element(object);

        for (size_t i = 0; i < v->n_objects; i++)
                if (v->objects[i] == object)
                        return true;
        if (hides_others(object))
                return false;
        return xml_has_elements_only(object) && (!inside || (xml_is_xades(inside, "QualifyingProperties") && !xml_next_element(inside)));
}

static bool has_left_over(const XmlCoverage *v, const XmlSignature *s) {
        for (const xmlNode *object = s->objects; object; object = xml_next_element(object))
                if (!is_covered(v, object))
                        return true;
        return s->key_info && hides_others(s->key_info);
}

/* Other signatures that a transform took out hold nothing that might be taken for a part of the document. */
static bool others_are_signatures(const XmlDocument *d) {
        const XmlCoverage none = { .n_objects = 0 };

        for (xmlNode *n = xml_signature_find(d, NULL); n; n = xml_signature_find(d, n)) {
                XmlSignature s;

                if (xml_signature_read(n, &s) < 0 || has_left_over(&none, &s))
                        return false;
        }
        return true;
}

/* A document that is nothing but signatures, as those beside their files are. */
static bool holds_signatures_only(const XmlSignature *s, const XmlDocument *d) {
        const xmlNode *root = xml_document_root(d);

        if (root == s->element)
                return true;
        for (const xmlNode *n = xml_first_element(root); n; n = xml_next_element(n))
                if (!xml_is(n, XML_NS_DSIG, "Signature"))
                        return false;
        return xml_has_elements_only(root) && others_are_signatures(d);
}

bool xml_coverage_is_whole(const XmlCoverage *v, const XmlSignature *s, const XmlDocument *d) {
        if (has_left_over(v, s))
                return false;
        if (v->document)
                return !v->without_signatures || others_are_signatures(d);
        if (v->files)
                return !v->parts_of_files && holds_signatures_only(s, d);
        return v->n_objects > 0 && s->element == xml_document_root(d);
}
