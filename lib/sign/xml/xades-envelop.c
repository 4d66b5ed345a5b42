/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signatures inside of XML documents, and XML documents inside of signatures: what is signed is chosen and digested in a tree (xml-document.h), the place of
 * the signature is looked up in the bytes. */

#include <errno.h>
#include <string.h>

#include "sign/xml/xades-draft.h"
#include "sign/xml/xades-place.h"
#include "sign/xml/xml-scan.h"
#include "sign/xml/xml-transform.h"

#define OBJECT "http://www.w3.org/2000/09/xmldsig#Object"
#define TEXT_XML "text/xml"
#define KSEF_NAMESPACE "http://ksef.mf.gov.pl/"

/* What https://ksef.mf.gov.pl has a login's document be, of whatever version. */
static bool is_ksef_login(XmlDocument *document) {
        const xmlNode *root = xml_document_root(document);

        return strcmp((const char *) root->name, "AuthTokenRequest") == 0 && root->ns &&
               strncmp((const char *) root->ns->href, KSEF_NAMESPACE, strlen(KSEF_NAMESPACE)) == 0;
}

/* --- Within ------------------------------------------------------------------------------------------------------- */

/* Children by their position, so that no prefix is needed. The signature becomes somebody's last child and moves nobody. */
static int path_of(const xmlNode *element, char **ret) {
        _cleanup_free_ char *parent = NULL;
        size_t position = 1;

        if (element->parent->type != XML_ELEMENT_NODE) {
                *ret = strdup("/*");
                return *ret ? 0 : -ENOMEM;
        }
        for (const xmlNode *n = element->prev; n; n = n->prev)
                position += n->type == XML_ELEMENT_NODE;
        if (path_of(element->parent, &parent) < 0 || asprintf(ret, "%s/*[%zu]", parent, position) < 0)
                return -ENOMEM;
        return 0;
}

static const char *identifier_of(const xmlNode *element) {
        const char *id = xml_attribute(element, "Id") ?: xml_attribute(element, "ID") ?: xml_attribute(element, "id");

        /* What stands in a URI as it is, and is a name everywhere. */
        return id && *id && id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0' ? id : NULL;
}

/* By its identifier where it has one that is its alone, else by a filter. */
static int refer_to_element(XadesReference *reference, XmlDocument *document, xmlNode *element) {
        const char *id = identifier_of(element);
        xmlNode *found;
        int r;

        r = id ? xml_document_find_id(document, id, &found) : -ENOENT;
        if (r >= 0)
                return asprintf(&reference->uri, "#%s", id) < 0 ? -ENOMEM : 0;
        if (r != -ENOENT && r != -ENOTUNIQ)
                return r;
        reference->uri = strdup("");
        return reference->uri ? path_of(element, &reference->filter) : -ENOMEM;
}

static int digest_nodes(const XadesParts *p, const XadesReference *reference, XmlDocument *document, xmlNode *apex, Digest *ret) {
        _cleanup_xml_canonical_ XmlCanonical canonical = { 0 };
        XmlSelection selection = { .document = document, .apex = apex, .without_comments = true };
        int r;

        if (reference->without_signatures)
                selection.filters[selection.n_filters++] = (XmlFilter) { .type = XML_FILTER_WITHOUT_SIGNATURES };
        r = xml_canonical_of_uri(reference->canonicalization, &canonical);
        if (r >= 0)
                r = xml_canonical_digest(&selection, &canonical, p->scheme.message_digest, ret);
        return r == -EBADMSG ? XADES_E_CANONICAL : r;
}

static int refer(XadesDraft *d, const XadesParams *params, XmlDocument *document, xmlNode *element, xmlNode *place) {
        bool whole = element == xml_document_root(document), inside = xml_is_inside(place, element);
        XadesReference *reference = xades_parts_add(&d->parts);
        int r = 0;

        if (!reference)
                return -ENOMEM;
        reference->without_signatures = params->options.parallel;
        reference->enveloped = inside && !params->options.parallel;
        reference->canonicalization = d->parts.canonicalization;
        reference->media_type = strdup(params->media_type ?: TEXT_XML);
        if (whole)
                reference->uri = strdup("");
        else
                r = refer_to_element(reference, document, element);
        if (r >= 0 && (!reference->media_type || !reference->uri))
                r = -ENOMEM;
        return r < 0 ? r : digest_nodes(&d->parts, reference, document, whole ? NULL : element, &reference->digest);
}

static int find_place(XadesDraft *d, XmlDocument *document, const xmlNode *place) {
        _cleanup_xml_element_place_ XmlElementPlace found = { 0 };
        int r;

        r = xades_place_scan(d->in_fd, document, place, &found);
        return r != 0 ? r : xml_insertion_make(&found, &d->place);
}

int xades_envelop(XadesDraft *d, const XadesParams *params) {
        const XadesOptions *o = &params->options;
        _cleanup_xml_document_ XmlDocument *document = NULL;
        xmlNode *element, *place;
        int r;

        r = xades_place_outcome(xml_document_open(d->in_fd, &document));
        if (r == 0 && o->profile == XADES_PROFILE_KSEF && !is_ksef_login(document))
                r = XADES_E_KSEF;
        if (r != 0)
                return r;
        element = place = xml_document_root(document);
        if (o->element)
                r = xades_place_choose(document, o->element, &element);
        if (r == 0)
                place = element;
        if (r == 0 && o->place)
                r = xades_place_choose(document, o->place, &place);
        if (r == 0)
                r = xades_place_breaks(document, place, NULL);
        if (r == 0)
                r = xades_place_scope(document, place, params->options.canonicalization, &d->parts.scope);
        if (r == 0)
                r = find_place(d, document, place);
        if (r == 0)
                r = refer(d, params, document, element, place);
        return r;
}

/* --- Around ------------------------------------------------------------------------------------------------------- */

/* The root element's own bytes: what stands before and behind it is not signed, and has no place in an object. */
static int read_root(XadesDraft *d, XmlDocument *document, Bytes *ret) {
        _cleanup_xml_element_place_ XmlElementPlace place = { 0 };
        size_t size;
        int r;

        if (!xades_place_is_utf8(document))
                return XADES_E_ENCODING;
        r = xades_place_scan(d->in_fd, document, xml_document_root(document), &place);
        if (r != 0)
                return r;
        size = (size_t) (place.after - place.start);
        r = bytes_reserve(ret, size);
        if (r >= 0)
                r = xades_read(d->in_fd, place.start, ret->data, size, &ret->len);
        return r >= 0 && ret->len < size ? -EIO : r;
}

/* The object alone has in scope what it will have within the signature, so that its canonical form is the same. */
static int digest_object(XadesDraft *d, XadesReference *reference) {
        _cleanup_xml_writer_ XmlWriter w = XML_WRITER(XML_FORM_DOCUMENT, NULL);
        _cleanup_xml_document_ XmlDocument *document = NULL;
        _cleanup_bytes_ Bytes object = BYTES_NULL;
        int r;

        xades_put_object(&w, d);
        xml_put_close(&w);
        r = xml_writer_finish(&w, &object);
        if (r >= 0)
                r = xml_document_read(bytes_view(&object), &document);
        if (r != 0)
                return r > 0 ? XADES_E_LIMIT : r;
        return digest_nodes(&d->parts, reference, document, xml_document_root(document), &reference->digest);
}

int xades_embed(XadesDraft *d, const XadesParams *params) {
        XadesReference *reference = xades_parts_add(&d->parts);
        _cleanup_xml_document_ XmlDocument *document = NULL;
        int r;

        if (!reference)
                return -ENOMEM;
        r = xades_place_outcome(xml_document_open(d->in_fd, &document));
        if (r == 0 && !is_ksef_login(document))
                r = XADES_E_KSEF;
        if (r == 0)
                r = read_root(d, document, &d->object);
        if (r != 0)
                return r;
        d->prolog = true;
        d->media_type = strdup(TEXT_XML);
        reference->media_type = strdup(TEXT_XML);
        reference->type = OBJECT;
        reference->canonicalization = d->parts.canonicalization;
        if (!d->media_type || !reference->media_type || asprintf(&reference->uri, "#%s-object", d->parts.id) < 0)
                return -ENOMEM;
        return digest_object(d, reference);
}
