/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The references of a signature (XML Signature 1.1 section 4.4.3): each is resolved once, to one thing; its digest is held against what is there; and what that
 * thing is, is told, so that nobody takes one element's signature for another's. Nothing is fetched. */

#include "crypto/digest.h"
#include "sign/report.h"
#include "sign/xml/xml-canonical.h"
#include "sign/xml/xml-signature.h"

/* Who has the files that a detached signature refers to. A URI stands as the document has it, and is empty where it has none. Each returns 0, -ENOENT when there is no such file; for one that is
 * there -EBADMSG when it cannot be made out, -E2BIG when it is too large, -EOPNOTSUPP for a digest that cannot be made; or another negative errno, which ends the verification. */
typedef struct XmlResolver {
        int (*digest)(void *userdata, const char *uri, gnutls_digest_algorithm_t algorithm, Digest *ret);
        int (*read)(void *userdata, const char *uri, Bytes *ret); /* for transforms, which need it whole */
        /* The report with that index covers the file; called while it is made, also when something else about it turns out wrong. May be NULL. */
        void (*covered)(void *userdata, size_t report, const char *uri);
        void *userdata;
} XmlResolver;

#define XML_OBJECTS_MAX 64U

/* What a signature's references are of. */
typedef struct XmlCoverage {
        bool document;           /* all of the document but its signature */
        bool without_signatures; /* and but all others */
        unsigned n_data;         /* how many references are of something beside properties and keys */
        bool files;              /* files outside of the document */
        bool parts_of_files;     /* and of one of them not all */
        bool missing;            /* a file that a manifest lists was not to be had */
        bool signed_properties;  /* the signature's own */
        bool countersigned;      /* the value of the signature that it countersigns */
        const xmlNode *objects[XML_OBJECTS_MAX]; /* of its own ds:Object elements those that are covered whole */
        size_t n_objects;
        gnutls_digest_algorithm_t digest; /* the weakest */
} XmlCoverage;

typedef struct XmlReferences {
        XmlDocument *document;
        const XmlSignature *signature;
        const xmlNode *signed_properties; /* its own; NULL */
        const XmlResolver *resolver;      /* NULL: there are no files */
        SignatureReport *report;          /* gets the names of elements, and of files */
        size_t index;                     /* its number, for resolver->covered */
        uint64_t *budget;                 /* octets that may still be walked through, for all signatures of a document */
} XmlReferences;

/* Octets that may be walked through for a document of `size`. */
uint64_t xml_references_budget(uint64_t size);

/* Verifies all references. 0 when all fit, but for what a manifest lists and nobody has (ret->missing); 1 when not, with why: a subindication and its sentence. A negative errno. */
int xml_references_verify(const XmlReferences *r, XmlCoverage *ret, SubIndication *ret_sub, const char **ret_reason);

/* Writes what one ds:Reference is of, as XAdES has its timestamps over it: octets, and nodes by `rest`. Only after xml_references_verify() found them to fit. 0, or a negative errno: also
 * for what cannot be had (-ENOENT), or goes beyond the budget. */
int xml_reference_write(const XmlReferences *r, xmlNode *reference, const XmlCanonical *rest, XmlSink f, void *userdata);
