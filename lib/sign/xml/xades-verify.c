/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* XML documents with signatures; see xades-verify.h. */

#include <errno.h>
#include <sys/stat.h>
#include <string.h>
#include <unistd.h>

#include "sign/xml/xades-content.h"
#include "sign/xml/xades-signature.h"
#include "sign/xml/xades-verify.h"

bool xades_recognize(int fd) {
        uint8_t start[256] = { 0 };
        ssize_t n = pread(fd, start, sizeof(start), 0);
        size_t i = 0;

        if (n < 1)
                return false;
        /* Byte order marks of UTF-8 and UTF-16, and UTF-16 without one. */
        if (memcmp(start, "\xef\xbb\xbf", 3) == 0)
                i = 3;
        else if (memcmp(start, "\xff\xfe<\0", 4) == 0 || memcmp(start, "\xfe\xff\0<", 4) == 0 || memcmp(start, "<\0?\0", 4) == 0 || memcmp(start, "\0<\0?", 4) == 0)
                return true;
        while (i < (size_t) n && memchr(" \t\r\n", start[i], 4))
                i++;
        return i < (size_t) n && start[i] == '<';
}

static int verify_all(XadesContext *c, VerifyReport *r) {
        int q = 0;

        for (xmlNode *n = xml_signature_find(c->document, NULL); q >= 0 && n; n = xml_signature_find(c->document, n)) {
                SignatureReport *report;

                q = verify_report_add(r, &report);
                if (q >= 0)
                        q = xades_signature_verify(c, n, r, r->n_signatures - 1);
        }
        return q;
}

/* A document that somebody gave and that no signature is of is not the one that was signed; a folder was given for it to be looked for in. */
static int note_unused(const XadesContext *c, VerifyReport *r) {
        struct stat st;
        int q = 0;

        if (c->params->content_fd < 0 || c->files || (fstat(c->params->content_fd, &st) == 0 && S_ISDIR(st.st_mode)))
                return 0;
        for (size_t i = 0; q >= 0 && i < r->n_signatures; i++)
                q = signature_report_note(&r->signatures[i], SUB_SIGNED_DATA_NOT_FOUND,
                                          N_("The signature is of the document inside it, which is not the one that was given."));
        return q;
}

int xades_verify_document(XmlDocument *d, const VerifyParams *params, const XmlResolver *resolver, VerifyReport *r) {
        XadesContext c = { .document = d, .params = params, .resolver = resolver, .budget = xml_references_budget(xml_document_size(d)) };
        int q;

        q = verify_all(&c, r);
        if (q == -E2BIG)
                return -E2BIG;
        return q < 0 ? q : note_unused(&c, r);
}

/* A document that is not read has no signatures, and its own reason. */
static int conclude_unread(VerifyReport *r, int outcome) {
        return verify_report_conclude(r, xml_document_strerror(outcome));
}

static int verify_content(XmlDocument *d, const VerifyParams *params, VerifyReport *r) {
        _cleanup_xades_content_ XadesContent content = { .fd = -1 };
        XmlResolver resolver;
        int q;

        if (params->content_fd < 0)
                return xades_verify_document(d, params, NULL, r);
        q = xades_content_init(&content, params->content_fd, &resolver);
        return q < 0 ? q : xades_verify_document(d, params, &resolver, r);
}

int xades_verify_fd(int fd, const VerifyParams *params, const XmlResolver *resolver, VerifyReport *ret) {
        _cleanup_(verify_report_done) VerifyReport r = { 0 };
        _cleanup_xml_document_ XmlDocument *d = NULL;
        int q;

        q = xml_document_open(fd, &d);
        if (q > 0)
                q = conclude_unread(&r, q);
        else if (q == 0) {
                q = resolver ? xades_verify_document(d, params, resolver, &r) : verify_content(d, params, &r);
                if (q >= 0)
                        q = verify_report_conclude(&r, N_("The XML document bears no signature."));
        }
        if (q < 0)
                return q;
        *ret = r;
        r = (VerifyReport) { 0 };
        return 0;
}
