/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The timestamps of a XAdES signature and what each is over (EN 319 132-1 §5.2.8, §5.3, §5.5.2, A.1.5; XAdES 1.3.2 §7.2 to §7.7): over what is signed, the signature value,
 * references, or all there is (archive). Only the case in which everything stands in its place is known; where a timestamp names what it is over, it is not
 * readable, but for IndividualDataObjectsTimeStamp. */

#include "sign/cms/timestamp.h"
#include "sign/xml/xades-properties.h"
#include "sign/xml/xml-reference.h"

typedef struct XadesTimestamps {
        Timestamp list[SIGNATURE_TIMESTAMPS_MAX];
        Bytes tokens[SIGNATURE_TIMESTAMPS_MAX];
        const xmlNode *properties[SIGNATURE_TIMESTAMPS_MAX]; /* that they stand in */
        size_t n;
} XadesTimestamps;

void xades_timestamps_done(XadesTimestamps *t);
#define _cleanup_xades_timestamps_ _cleanup_(xades_timestamps_done)

/* Reads them, the first SIGNATURE_TIMESTAMPS_MAX. Only after xml_references_verify() found the references to fit. 0 or -ENOMEM; the caller ends `ret` in every case. */
int xades_timestamps_read(const XmlReferences *references, const XadesProperties *p, XadesTimestamps *ret);

/* Whether one of that kind is of this very signature, whatever else it is worth. */
bool xades_timestamps_have(const XadesTimestamps *t, TimestampKind kind);
