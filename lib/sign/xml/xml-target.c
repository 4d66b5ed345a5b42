/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Targets of references; see xml-target.h. */

#include <errno.h>
#include <string.h>

#include "sign/verify-report.h"
#include "sign/xml/xml-target.h"

#define XADES_PREFIX "http://uri.etsi.org/01903"
#define ID_MAX 1024U

/* "1.1.1" and the like stand between the two. */
static bool is_xades_type(const char *type, const char *name) {
        return type && strncmp(type, XADES_PREFIX, strlen(XADES_PREFIX)) == 0 && strchr(type, '#') && strcmp(strchr(type, '#') + 1, name) == 0;
}

bool xml_type_is_signed_properties(const char *type) {
        return is_xades_type(type, "SignedProperties");
}

static int hex_of(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void xml_unescape(char *s) {
        char *to = s;

        for (; *s; s++) {
                int high = s[0] == '%' ? hex_of(s[1]) : -1, low = high >= 0 ? hex_of(s[2]) : -1;

                if (low >= 0 && (high || low)) {
                        *to++ = (char) (high << 4 | low);
                        s += 2;
                } else
                        *to++ = *s;
        }
        *to = '\0';
}

/* XML Signature 1.1 section 4.4.3.3: xpointer(id('ID')), which comes with comments. NULL when it is anything else. */
static char *id_of_pointer(char *fragment) {
        static const char start[] = "xpointer(id(";
        size_t len = strlen(fragment);
        char *id, quote;

        if (strncmp(fragment, start, sizeof(start) - 1) != 0 || len < sizeof(start) + 3 || strcmp(fragment + len - 2, "))") != 0)
                return NULL;
        id = fragment + sizeof(start);
        quote = id[-1];
        if ((quote != '\'' && quote != '"') || fragment[len - 3] != quote)
                return NULL;
        fragment[len - 3] = '\0';
        return strchr(id, quote) ? NULL : id;
}

static SubIndication find(XmlDocument *d, const char *id, XmlTarget *ret, const char **ret_reason, int *ret_error) {
        int r = xml_document_find_id(d, id, &ret->node);

        switch (r) {
        case 0:
                return SUB_NONE;
        case -ENOENT:
                *ret_reason = N_("The signature is of an element that is not in the document.");
                return SUB_SIGNED_DATA_NOT_FOUND;
        case -ENOTUNIQ:
                *ret_reason = N_("The signature is of an element whose identifier another element bears as well, so that it is open which one was signed.");
                return SUB_FORMAT_FAILURE;
        default:
                *ret_error = r;
                return SUB_NONE;
        }
}

SubIndication xml_target_resolve(XmlDocument *d, const char *uri, XmlTarget *ret, const char **ret_reason, int *ret_error) {
        _cleanup_free_ char *fragment = NULL;
        char *id;

        *ret = (XmlTarget) { .without_comments = true };
        if (uri && *uri == '\0')
                return SUB_NONE;
        if (!uri || *uri != '#') {
                ret->external = true;
                return SUB_NONE;
        }
        if (strlen(uri) > ID_MAX) {
                *ret_reason = N_("The signature refers to what it signs in a way that is not supported.");
                return SUB_SIGNED_DATA_NOT_FOUND;
        }
        id = fragment = strdup(uri + 1);
        if (!fragment) {
                *ret_error = -ENOMEM;
                return SUB_NONE;
        }
        xml_unescape(fragment);
        if (strncmp(fragment, "xpointer(", 9) == 0) {
                ret->without_comments = false;
                if (strcmp(fragment, "xpointer(/)") == 0)
                        return SUB_NONE;
                id = id_of_pointer(fragment);
        }
        if (!id || *id == '\0') {
                *ret_reason = N_("The signature refers to what it signs in a way that is not supported.");
                return SUB_SIGNED_DATA_NOT_FOUND;
        }
        return find(d, id, ret, ret_reason, ret_error);
}

static SubIndication misplaced(const char **ret_reason) {
        *ret_reason = N_("The signature is of an element that was moved away from its place: something else stands there now.");
        return SUB_SIGNED_DATA_NOT_FOUND;
}

static bool has_name(const xmlNode *node, const char *name) {
        return strcmp((const char *) node->name, name) == 0;
}

/* The ds:Signature that a node is part of; NULL. */
static const xmlNode *signature_of(const xmlNode *node) {
        const xmlNode *n = node->parent;

        while (n && n->type == XML_ELEMENT_NODE && !xml_is(n, XML_NS_DSIG, "Signature"))
                n = n->parent;
        return n && n->type == XML_ELEMENT_NODE ? n : NULL;
}

/* An element of XML Signature itself. */
static bool is_in_place(const XmlReferences *r, const xmlNode *node) {
        const xmlNode *own = r->signature->element;

        /* Outside of signatures an object is an element as any other: containers of XML have their documents in such. */
        if (has_name(node, "Object") && !signature_of(node))
                return true;
        if (has_name(node, "Object") || has_name(node, "KeyInfo"))
                return node->parent == own;
        if (has_name(node, "SignatureValue"))
                return r->signature->countersigned && node->parent == r->signature->countersigned;
        if (has_name(node, "Manifest") || has_name(node, "SignatureProperties"))
                return xml_is(node->parent, XML_NS_DSIG, "Object") && node->parent->parent == own;
        if (has_name(node, "SignatureProperty"))
                return signature_of(node) == own;
        /* Another signature as a whole; a part of one, like a SignedInfo, says nothing by itself. */
        return has_name(node, "Signature");
}

SubIndication xml_target_check(const XmlReferences *r, const XmlTarget *t, const char *type, const char **ret_reason) {
        const xmlNode *node = t->node;
        bool properties = xml_type_is_signed_properties(type);

        if (!node)
                return properties ? misplaced(ret_reason) : SUB_NONE;
        if (node->ns && strcmp((const char *) node->ns->href, XML_NS_DSIG) == 0 && !is_in_place(r, node))
                return misplaced(ret_reason);
        if (node->ns && has_name(node, "SignedProperties") && strncmp((const char *) node->ns->href, XADES_PREFIX, strlen(XADES_PREFIX)) == 0)
                properties = true;
        if (properties && node != r->signed_properties)
                return misplaced(ret_reason);
        /* Some have the type for their keys. */
        if (type && strcmp(type, XML_NS_DSIG "Object") == 0 && !xml_is(node, XML_NS_DSIG, "Object") && !xml_is(node, XML_NS_DSIG, "KeyInfo"))
                return misplaced(ret_reason);
        if (r->signature->countersigned && is_xades_type(type, "CountersignedSignature") && !xml_is(node, XML_NS_DSIG, "SignatureValue"))
                return misplaced(ret_reason);
        return SUB_NONE;
}
