/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a document costs as a tree, and to canonicalize, counted while it is parsed. libxml2 makes 120 bytes and more of a node, compares each attribute of an element
 * with the others, and, whatever part of the document is to be written, looks at all of its elements and for each at all namespaces that are in scope. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nodes, counted as what the tree holds, some 125 bytes each: 25 MB of them, and one for eight bytes of what was read so far. What people exchange has one for ten
 * or more; a document of empty elements is given up after 2 MB. */
#define XML_NODES_MAX(size) (200000U + (size) / 8)

/* Different names, of which libxml2 searches a table that stops to grow. A vocabulary has hundreds. */
#define XML_NAMES_MAX 50000

/* Comparisons of attributes: half a second at most, and none that is felt with elements of ten. */
#define XML_COMPARISONS_MAX(size) (UINT64_C(100) * 1000 * 1000 + 16 * (size))

/* What all canonicalizations of a document may cost, in the time that a byte of a document takes (some 8 ns): about a second and a half, and sixteen times all of
 * it. Five hundred references into a document of a megabyte stay below. */
#define XML_CANONICAL_BUDGET(size) (UINT64_C(192) * 1024 * 1024 + 16 * (size))

#define XML_COST_DEPTH_MAX 256U

typedef struct XmlCost {
        uint64_t size; /* of the document, in bytes, as far as it was read */
        uint64_t nodes, elements, comparisons;
        uint64_t inclusive, exclusive; /* steps through namespaces and attributes */
        uint32_t scope_max;
        uint32_t scopes[XML_COST_DEPTH_MAX]; /* namespaces that are declared, by the depth of elements */
} XmlCost;

/* Adds an element at a depth (the root's is 0); false when the limits above are passed. `depth` is below XML_COST_DEPTH_MAX. */
bool xml_cost_add_element(XmlCost *c, size_t depth, size_t n_namespaces, size_t n_attributes);

/* The same for any other node. */
bool xml_cost_add_node(XmlCost *c);

/* What one canonicalization costs, in the unit of XML_CANONICAL_BUDGET. `n_prefixes` are those of InclusiveNamespaces. */
uint64_t xml_cost_of_canonical(const XmlCost *c, bool exclusive, size_t n_prefixes);
