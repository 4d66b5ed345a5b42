/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signature policies; see xades-policy.h. */

#include <string.h>

#include "sign/xml/xades-policy.h"

#define TEXT_MAX 4096U
#define SPACES " \t\r\n"
#define URN "urn:oid:"

static const xmlNode *descend(const xmlNode *n, const char *ns, const char *const *path) {
        for (; n && *path; path++)
                n = xml_child(n, ns, *path);
        return n;
}

/* The one word that an element holds, in `*buffer`; NULL. */
static const char *word_of(const xmlNode *n, Bytes *buffer) {
        char *s;

        if (!n || xml_text(n, TEXT_MAX, buffer) < 0)
                return NULL;
        s = (char *) buffer->data + strspn((char *) buffer->data, SPACES);
        s[strcspn(s, SPACES)] = '\0';
        return *s ? s : NULL;
}

static bool has_place(const xmlNode *policy, const char *ns) {
        const xmlNode *qualifier = descend(policy, ns, (const char *const[]) { "SigPolicyQualifiers", "SigPolicyQualifier", NULL });

        for (; qualifier; qualifier = xml_next(qualifier)) {
                _cleanup_bytes_ Bytes text = BYTES_NULL;

                if (word_of(xml_child(qualifier, ns, "SPURI"), &text))
                        return true;
        }
        return false;
}

bool xades_names_policy(const XadesProperties *p, const char *oid) {
        const xmlNode *policy = descend(p->signed_properties, p->ns,
                                        (const char *const[]) { "SignedSignatureProperties", "SignaturePolicyIdentifier", "SignaturePolicyId", NULL });
        const xmlNode *identifier = descend(policy, p->ns, (const char *const[]) { "SigPolicyId", "Identifier", NULL });
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        const char *qualifier, *name;

        if (!identifier || xml_next_element(policy) || !has_place(policy, p->ns))
                return false;
        qualifier = xml_attribute(identifier, "Qualifier");
        name = word_of(identifier, &text);
        return qualifier && strcmp(qualifier, "OIDAsURN") == 0 && name && strncmp(name, URN, strlen(URN)) == 0 && strcmp(name + strlen(URN), oid) == 0;
}
