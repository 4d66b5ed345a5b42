/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Nodes and namespaces; see xml-cost.h. */

#include "sign/xml/xml-cost.h"

/* Measured, in bytes of an ordinary document: an element that is looked at, and a step through a list. */
#define ELEMENT_COST 8U
#define STEPS_A_BYTE 3U

bool xml_cost_add_node(XmlCost *c) {
        return ++c->nodes <= XML_NODES_MAX(c->size);
}

bool xml_cost_add_element(XmlCost *c, size_t depth, size_t n_namespaces, size_t n_attributes) {
        uint64_t scope = (depth > 0 ? c->scopes[depth - 1] : 0) + n_namespaces, all = n_attributes + n_namespaces;

        c->scopes[depth] = (uint32_t) scope;
        if (scope > c->scope_max)
                c->scope_max = (uint32_t) scope;
        c->elements++;
        /* An attribute has its value as a node of its own. */
        c->nodes += 1 + n_namespaces + 2 * n_attributes;
        c->comparisons += all * all;
        c->inclusive += scope * (scope + n_attributes) + n_attributes * n_attributes;
        c->exclusive += (1 + n_attributes) * scope + n_attributes * n_attributes;
        return c->nodes <= XML_NODES_MAX(c->size) && c->comparisons <= XML_COMPARISONS_MAX(c->size);
}

uint64_t xml_cost_of_canonical(const XmlCost *c, bool exclusive, size_t n_prefixes) {
        uint64_t steps = exclusive ? c->exclusive + c->elements * n_prefixes * c->scope_max : c->inclusive;

        return c->elements * ELEMENT_COST + steps / STEPS_A_BYTE + c->size / 8;
}
