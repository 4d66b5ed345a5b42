/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* CMS attributes (RFC 5652 §5.3) as they are signed: a SET OF Attribute in DER, and the few values that matter. All views are
 * into the input; limits are small, because signed attributes are. */

#include "der/der.h"
#include "der/oids.h"

#define ATTRIBUTES_MAX 128U

typedef struct Attribute {
        char type[DER_OID_MAX];
        View element;  /* the whole Attribute */
        View contents; /* attrType and attrValues */
        View values;   /* contents of the SET OF values: elements one after the other, at least one */
} Attribute;

typedef struct Attributes {
        size_t n;
        Attribute list[];
} Attributes;

Attributes *attributes_free(Attributes *a);
DEFINE_CLEANUP(Attributes *, attributes_free);
#define _cleanup_attributes_ _cleanup_(attributes_freep)

/* Reads the contents of a SET OF Attribute (its header taken off: it is [0] in a SignerInfo). -EBADMSG, -E2BIG beyond
 * ATTRIBUTES_MAX attributes or values of one, -ENOMEM. Order is not looked at. */
int attributes_read(View contents, Attributes **ret);

size_t attributes_count(const Attributes *a, const char *type);
bool attributes_has(const Attributes *a, const char *type);

/* The one value of the one attribute of a type. -ENOENT when there is none, -EBADMSG when the attribute or its value is there twice. */
int attributes_single(const Attributes *a, const char *type, View *ret_element);

/* signing-time's value (§11.3), UTCTime or GeneralizedTime in the forms of DER, as seconds since the epoch. Years of two digits
 * are 1950 to 2049. -EBADMSG. */
int attribute_time_read(View element, int64_t *ret);

/* What signing-certificate (`v2` false: SHA-1) or signing-certificate-v2 says of the signing certificate, the first of its list
 * (RFC 5035 §5.4.1). */
typedef struct EssCertId {
        char hash_algorithm[DER_OID_MAX];
        View hash;
        View issuer; /* the Name, an element; empty when there is no issuerSerial */
        View serial; /* contents of the INTEGER; empty likewise */
} EssCertId;

/* -EBADMSG when the value is none, or names no certificate. */
int attribute_ess_cert_id_read(View element, bool v2, EssCertId *ret);
