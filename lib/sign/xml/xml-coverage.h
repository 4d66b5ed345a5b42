/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the references of a signature are of, taken together, and whether that is all of the document. */

#include "sign/xml/xml-signature.h"
#include "sign/xml/xml-target.h"
#include "sign/xml/xml-transform.h"

/* Notes that a reference to `t` through these transforms fits, and what it leaves out of the target. */
void xml_coverage_add(XmlCoverage *v, const XmlSignature *s, const XmlDocument *d, const XmlTarget *t, const XmlTransforms *transforms, XmlLoss loss);

/* Whether a signature through these transforms is of all of a file, if only of its comments not: others leave out what they like. */
bool xml_coverage_is_all_of_file(const XmlTransforms *transforms);

/* Whether nothing of the document is left over: of an enveloped signature all but signatures that hold nothing else, of an enveloping one each object, of a
 * detached one the files. */
bool xml_coverage_is_whole(const XmlCoverage *v, const XmlSignature *s, const XmlDocument *d);
