/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* References; see xml-reference.h. */

#include <errno.h>
#include <string.h>

#include "sign/verify-report.h"
#include "sign/xml/xml-algorithms.h"
#include "sign/xml/xml-coverage.h"
#include "sign/xml/xml-target.h"
#include "sign/xml/xml-transform.h"
#include "sign/xml/xml-xpath.h"

#define DIGEST_TEXT_MAX 1024U

/* What one XPath may cost, in octets that could have been walked through instead. */
#define XPATH_COST (8U * 1024U * 1024U)

/* What an octet of a file costs that is read as XML: the first may cost all there is. */
#define FILE_COST 8U

typedef struct Reference {
        const xmlNode *element;
        const char *uri, *type; /* NULL where there is none */
        XmlTransforms transforms;
        gnutls_digest_algorithm_t algorithm;
        Bytes value;
        XmlTarget target;
        bool chooses_properties; /* the signature's own, by an expression */
        bool absent; /* a file that nobody has */
        XmlLoss loss; /* of what it points at */
} Reference;

/* What was found against a reference. */
typedef struct Finding {
        SubIndication sub;
        const char *reason;
} Finding;

static void reference_done(Reference *r) {
        xml_transforms_done(&r->transforms);
        bytes_done(&r->value);
}

static int found(Finding *f, SubIndication sub, const char *reason) {
        *f = (Finding) { sub, reason };
        return 1;
}

uint64_t xml_references_budget(uint64_t size) {
        return UINT64_C(256) * 1024 * 1024 + 16 * size;
}

/* Transforms, DigestMethod, DigestValue. 0, 1, or a negative errno. */
static int read_reference(xmlNode *element, Reference *ret, Finding *f) {
        xmlNode *n = xml_first_element(element), *transforms = NULL, *method, *value;
        int r;

        ret->element = element;
        ret->uri = xml_attribute(element, "URI");
        ret->type = xml_attribute(element, "Type");
        if (n && xml_is(n, XML_NS_DSIG, "Transforms")) {
                transforms = n;
                n = xml_next_element(n);
        }
        method = n;
        value = n ? xml_next_element(n) : NULL;
        if (!method || !value || !xml_is(method, XML_NS_DSIG, "DigestMethod") || !xml_is(value, XML_NS_DSIG, "DigestValue") || xml_next_element(value))
                return found(f, SUB_FORMAT_FAILURE, N_("The signature is malformed: what it says of what it signs cannot be read."));
        ret->algorithm = xml_digest_of_uri(xml_attribute(method, "Algorithm"));
        if (ret->algorithm == GNUTLS_DIG_UNKNOWN)
                return found(f, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The signature uses an algorithm that is not supported."));
        r = xml_transforms_read(transforms, &ret->transforms);
        if (r == -EOPNOTSUPP)
                return found(f, SUB_SIG_CONSTRAINTS_FAILURE, N_("The signature transforms what it signs in a way that is not accepted, since it could sign something else."));
        if (r >= 0)
                r = xml_base64(value, DIGEST_TEXT_MAX, &ret->value);
        if (r == -EBADMSG || r == -E2BIG)
                return found(f, SUB_FORMAT_FAILURE, N_("The signature is malformed: what it says of what it signs cannot be read."));
        return r;
}

static int spend(const XmlReferences *c, const Reference *r, Finding *f) {
        uint64_t cost = r->target.external ? 0 : xml_document_size(c->document);

        for (size_t i = 0; i < r->transforms.n; i++)
                if (r->transforms.list[i].type == XML_TRANSFORM_TYPE_XPATH || r->transforms.list[i].type == XML_TRANSFORM_TYPE_FILTER2)
                        cost += XPATH_COST;
        if (cost > *c->budget)
                return found(f, SUB_FORMAT_FAILURE, N_("The signature refers to more than is examined."));
        *c->budget -= cost;
        return 0;
}

static int digest_file(const XmlReferences *c, Reference *r, Digest *ret) {
        _cleanup_bytes_ Bytes octets = BYTES_NULL;
        int q;

        if (!c->resolver)
                return -ENOENT;
        if (r->transforms.n == 0)
                return c->resolver->digest(c->resolver->userdata, r->uri ?: "", r->algorithm, ret);
        if (*c->budget == 0)
                return -E2BIG;
        q = c->resolver->read(c->resolver->userdata, r->uri ?: "", &octets);
        if (q >= 0)
                *c->budget -= octets.len < *c->budget / FILE_COST ? FILE_COST * octets.len : *c->budget;
        return q < 0 ? q : xml_transforms_digest(&r->transforms, &(XmlInput) { .octets = bytes_view(&octets) }, NULL, r->algorithm, ret, &r->loss);
}

static int digest_target(const XmlReferences *c, Reference *r, Digest *ret) {
        XmlInput input = { .selection = { .document = c->document, .apex = r->target.node, .without_comments = r->target.without_comments } };

        return r->target.external ? digest_file(c, r, ret) : xml_transforms_digest(&r->transforms, &input, c->signature->element, r->algorithm, ret, &r->loss);
}

static int compare(const XmlReferences *c, Reference *r, Finding *f) {
        Digest digest;
        int q;

        q = digest_target(c, r, &digest);
        switch (q) {
        case 0:
                break;
        case -ENOENT:
                r->absent = true;
                return found(f, SUB_SIGNED_DATA_NOT_FOUND, N_("The document that was signed is not in this file and was not given."));
        case -EBADMSG:
                return found(f, SUB_SIGNED_DATA_NOT_FOUND, N_("What was signed cannot be made out: the signature's transforms do not fit it."));
        case -E2BIG:
                return found(f, SUB_SIGNED_DATA_NOT_FOUND, N_("What was signed is chosen by an expression that costs more than is accepted."));
        case -EOPNOTSUPP:
                return found(f, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The signature uses an algorithm that is not supported."));
        default:
                return q;
        }
        if (!view_equal(bytes_view(&r->value), digest_view(&digest)))
                return found(f, SUB_HASH_FAILURE,
                             r->target.external ? N_("The document was changed after it was signed, or is not the one that was signed.")
                                                : N_("The document was changed after it was signed."));
        return 0;
}

/* Of signed properties every bit counts: they are signed as they stand. */
static bool is_as_it_stands(const XmlTransforms *t) {
        for (size_t i = 0; i < t->n; i++)
                if (t->list[i].type != XML_TRANSFORM_TYPE_CANONICAL)
                        return false;
        return true;
}

/* Says of what the signature is: files, and elements that are not all of the document. */
static int name(const XmlReferences *c, const Reference *r, const XmlCoverage *v) {
        SignatureReport *report = c->report;

        if (r->target.external && (!r->uri || !xml_coverage_is_all_of_file(&r->transforms)))
                return 0;
        if (r->target.external && c->resolver->covered)
                c->resolver->covered(c->resolver->userdata, c->index, r->uri);
        else if (r->target.external)
                return report_append_name(&report->covered, &report->n_covered, r->uri);
        else if (!v->document && r->target.node && !xml_is(r->target.node, XML_NS_DSIG, "KeyInfo") && !xml_is(r->target.node, XML_NS_DSIG, "SignatureValue"))
                return report_append_name(&report->elements, &report->n_elements, r->uri);
        return 0;
}

/* What was signed has a digest where it is one thing. */
static int keep_digest(const XmlReferences *c, const Reference *r, const XmlCoverage *v) {
        bytes_done(&c->report->digest);
        c->report->digest_algorithm = r->algorithm;
        return v->n_data == 1 ? bytes_dup(bytes_view(&r->value), &c->report->digest) : 0;
}

static int note(const XmlReferences *c, const Reference *r, XmlCoverage *v, Finding *f) {
        unsigned before;
        int q;

        v->digest = xml_digest_weaker(v->digest, r->algorithm);
        if (r->loss == XML_LOSS_ALL)
                return 0;
        if (r->chooses_properties) {
                v->signed_properties = true;
                return 0;
        }
        if (r->target.node && r->target.node == c->signed_properties) {
                if (!is_as_it_stands(&r->transforms))
                        return found(f, SUB_SIG_CONSTRAINTS_FAILURE, N_("The signature's properties are not signed as they stand."));
                v->signed_properties = true;
                return 0;
        }
        before = v->n_data;
        xml_coverage_add(v, c->signature, c->document, &r->target, &r->transforms, r->loss);
        c->report->without_comments = c->report->without_comments || (r->target.external && r->loss == XML_LOSS_COMMENTS);
        q = v->n_data > before ? keep_digest(c, r, v) : 0;
        return q < 0 ? q : name(c, r, v);
}

static int verify_list(const XmlReferences *c, xmlNode *first, bool in_manifest, XmlCoverage *v, Finding *f);

/* Section 5.1: what a manifest lists counts as signed here, so that it is verified as well; of a file that nobody has, the signature holds for the list, and not for the file.
 * A manifest in a manifest is an element as any other. */
static int verify_manifest(const XmlReferences *c, const Reference *r, XmlCoverage *v, Finding *f) {
        const xmlNode *node = r->target.node;

        if (!node || !xml_is(node, XML_NS_DSIG, "Manifest") || !is_as_it_stands(&r->transforms))
                return 0;
        return verify_list(c, xml_first_element(node), true, v, f);
}

/* XAdES 1.1.1 knew no identifier of signed properties: an intersection with that one element, of the whole document, is as good. 1, 0, -ENOMEM. */
static int chooses_properties(const XmlReferences *c, const Reference *r) {
        xmlNode *expression = r->transforms.n > 0 ? xml_first_element(r->transforms.list[0].element) : NULL;
        const char *filter = expression ? xml_attribute(expression, "Filter") : NULL;
        xmlXPathObject *object;
        bool own;
        int q;

        if (!c->signed_properties || r->target.external || r->target.node || !xml_type_is_signed_properties(r->type) || r->transforms.n == 0 ||
            r->transforms.list[0].type != XML_TRANSFORM_TYPE_FILTER2 || xml_next_element(expression) || !filter || strcmp(filter, "intersect") != 0)
                return 0;
        for (size_t i = 1; i < r->transforms.n; i++)
                if (r->transforms.list[i].type != XML_TRANSFORM_TYPE_CANONICAL)
                        return 0;
        q = xpath_choose(c->document, expression, false, &object);
        if (q < 0)
                return q == -ENOMEM ? q : 0;
        own = object->nodesetval && object->nodesetval->nodeNr == 1 && object->nodesetval->nodeTab[0] == c->signed_properties;
        xmlXPathFreeObject(object);
        return own;
}

/* What it points at, and whether it may. As read_reference(). */
static int locate(const XmlReferences *c, Reference *r, bool in_manifest, Finding *f) {
        int q, error = 0;

        f->sub = xml_target_resolve(c->document, r->uri, &r->target, &f->reason, &error);
        if (error < 0 || f->sub != SUB_NONE)
                return error < 0 ? error : 1;
        q = spend(c, r, f);
        if (q != 0 || r->target.external)
                return q;
        q = in_manifest ? 0 : chooses_properties(c, r);
        r->chooses_properties = q > 0;
        if (q != 0)
                return q < 0 ? q : 0;
        f->sub = xml_target_check(c, &r->target, r->type, &f->reason);
        return f->sub != SUB_NONE;
}

static int verify_one(const XmlReferences *c, xmlNode *element, bool in_manifest, XmlCoverage *v, Finding *f) {
        _cleanup_(reference_done) Reference r = { 0 };
        int q;

        q = read_reference(element, &r, f);
        if (q == 0)
                q = locate(c, &r, in_manifest, f);
        if (q == 0)
                q = compare(c, &r, f);
        if (q > 0 && in_manifest && r.absent) {
                v->missing = v->files = v->parts_of_files = true;
                *f = (Finding) { 0 };
                return 0;
        }
        if (q == 0)
                q = note(c, &r, v, f);
        return q == 0 && !in_manifest ? verify_manifest(c, &r, v, f) : q;
}

static int verify_list(const XmlReferences *c, xmlNode *first, bool in_manifest, XmlCoverage *v, Finding *f) {
        unsigned unnamed = 0;
        int q = 0;

        /* Section 4.4.3.1: one may have no URI, being of what the application knows: the document that was given. */
        for (xmlNode *n = first; q == 0 && n; n = xml_next_element(n))
                q = xml_is(n, XML_NS_DSIG, "Reference") && (xml_attribute(n, "URI") || unnamed++ == 0) ?
                        verify_one(c, n, in_manifest, v, f) :
                        found(f, SUB_FORMAT_FAILURE, N_("The signature is malformed: what it says of what it signs cannot be read."));
        return q;
}

static int write_file(const XmlReferences *c, const Reference *r, const XmlCanonical *rest, XmlSink f, void *userdata) {
        _cleanup_bytes_ Bytes octets = BYTES_NULL;
        uint64_t cost;
        XmlLoss loss;
        int q;

        q = c->resolver ? c->resolver->read(c->resolver->userdata, r->uri ?: "", &octets) : -ENOENT;
        if (q < 0)
                return q;
        cost = r->transforms.n > 0 ? FILE_COST : 1;
        if (octets.len > *c->budget / cost)
                return -E2BIG;
        *c->budget -= cost * octets.len;
        return xml_transforms_write(&r->transforms, &(XmlInput) { .octets = bytes_view(&octets) }, NULL, rest, f, userdata, &loss);
}

int xml_reference_write(const XmlReferences *c, xmlNode *element, const XmlCanonical *rest, XmlSink f, void *userdata) {
        _cleanup_(reference_done) Reference r = { 0 };
        XmlInput input = { .selection = { .document = c->document } };
        Finding ignored = { 0 };
        XmlLoss loss;
        int q, error = 0;

        q = read_reference(element, &r, &ignored);
        if (q == 0 && xml_target_resolve(c->document, r.uri, &r.target, &ignored.reason, &error) != SUB_NONE)
                q = 1;
        if (q == 0)
                q = error < 0 ? error : spend(c, &r, &ignored);
        if (q != 0)
                return q < 0 ? q : -ENOENT;
        if (r.target.external)
                return write_file(c, &r, rest, f, userdata);
        input.selection.apex = r.target.node;
        input.selection.without_comments = r.target.without_comments;
        return xml_transforms_write(&r.transforms, &input, c->signature->element, rest, f, userdata, &loss);
}

int xml_references_verify(const XmlReferences *c, XmlCoverage *ret, SubIndication *ret_sub, const char **ret_reason) {
        XmlCoverage v = { .digest = GNUTLS_DIG_SHA512 }; /* no weaker one seen */
        Finding f = { 0 };
        int r;

        r = verify_list(c, c->signature->references, false, &v, &f);
        if (r < 0)
                return r;
        *ret = v;
        *ret_sub = f.sub;
        *ret_reason = f.reason;
        return r;
}
