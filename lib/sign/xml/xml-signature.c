/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ds:Signature taken apart; see xml-signature.h. */

#include <errno.h>
#include <string.h>

#include "sign/xml/xml-signature.h"

bool xml_has_elements_only(const xmlNode *element) {
        for (const xmlNode *n = element->children; n; n = n->next) {
                if (n->type == XML_ELEMENT_NODE || n->type == XML_COMMENT_NODE)
                        continue;
                if (n->type != XML_TEXT_NODE || strspn((const char *) n->content, " \t\r\n") != strlen((const char *) n->content))
                        return false;
        }
        return true;
}

bool xml_is_xades(const xmlNode *element, const char *name) {
        return xml_is(element, XML_NS_XADES_132, name) || xml_is(element, XML_NS_XADES_122, name) || xml_is(element, XML_NS_XADES_111, name);
}

/* The element at `*at`, if it is that one; moves behind it. */
static xmlNode *take(xmlNode **at, const char *name) {
        xmlNode *n = *at;

        if (!n || !xml_is(n, XML_NS_DSIG, name))
                return NULL;
        *at = xml_next_element(n);
        return n;
}

static int read_signed_info(XmlSignature *s) {
        xmlNode *at = xml_first_element(s->signed_info);
        size_t n = 0;

        s->canonicalization = take(&at, "CanonicalizationMethod");
        s->method = take(&at, "SignatureMethod");
        s->references = at;
        while (take(&at, "Reference"))
                if (++n > XML_REFERENCES_MAX)
                        return -E2BIG;
        return !s->canonicalization || !s->method || n == 0 || at || !xml_has_elements_only(s->signed_info) ? -EBADMSG : 0;
}

/* EN 319 132-1 section 5.2.7.2: UnsignedSignatureProperties/CounterSignature/ds:Signature; the namespaces of XAdES differ by version. */
static const xmlNode *find_countersigned(const xmlNode *element) {
        static const char *const names[] = { "CounterSignature", "UnsignedSignatureProperties", "UnsignedProperties", "QualifyingProperties" };
        const xmlNode *n = element->parent;

        for (size_t i = 0; i < ELEMENTSOF(names); i++, n = n->parent)
                if (!n || !xml_is_xades(n, names[i]))
                        return NULL;
        if (!n || !xml_is(n, XML_NS_DSIG, "Object") || !n->parent || !xml_is(n->parent, XML_NS_DSIG, "Signature"))
                return NULL;
        return n->parent;
}

int xml_signature_read(xmlNode *element, XmlSignature *ret) {
        xmlNode *at = xml_first_element(element);
        XmlSignature s = { .element = element };
        int r;

        s.signed_info = take(&at, "SignedInfo");
        s.value = take(&at, "SignatureValue");
        s.key_info = take(&at, "KeyInfo");
        s.objects = at;
        while (take(&at, "Object"))
                ;
        if (!s.signed_info || !s.value || at || !xml_has_elements_only(element))
                return -EBADMSG;
        r = read_signed_info(&s);
        if (r < 0)
                return r;
        s.countersigned = find_countersigned(element);
        *ret = s;
        return 0;
}

xmlNode *xml_signature_find(const XmlDocument *d, const xmlNode *after) {
        xmlNode *n = after ? xml_walk(after, NULL) : xml_document_root(d);

        while (n && !xml_is(n, XML_NS_DSIG, "Signature"))
                n = xml_walk(n, NULL);
        return n;
}
