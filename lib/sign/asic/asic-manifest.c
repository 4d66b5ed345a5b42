/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Manifests of containers; see asic-manifest.h. Names are written as relative URIs (RFC 3986), in which nothing is left that XML would want escaped. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "base/codec.h"
#include "sign/asic/asic-manifest.h"
#include "sign/xml/xades-build.h"
#include "sign/xml/xml-algorithms.h"
#include "sign/xml/xml-document.h"

#define PACKAGE_NAMESPACE "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
#define DIGEST_TEXT_MAX 4096U

void asic_manifest_done(AsicManifest *m) {
        for (size_t i = 0; i < m->n; i++)
                free(m->references[i].uri);
        free(m->references);
        free(m->signature);
        *m = (AsicManifest) { 0 };
}

static int outcome_to_errno(int outcome) {
        return outcome > 0 ? -EBADMSG : outcome;
}

static int dup_attribute(const xmlNode *element, const char *name, char **ret) {
        const char *value = xml_attribute(element, name);

        if (!value)
                return -EBADMSG;
        *ret = strdup(value);
        return *ret ? 0 : -ENOMEM;
}

static int read_digest(const xmlNode *element, AsicReference *ref) {
        const xmlNode *method = xml_child(element, XML_NS_DSIG, "DigestMethod"), *value = xml_child(element, XML_NS_DSIG, "DigestValue");
        const char *uri = method ? xml_attribute(method, "Algorithm") : NULL;
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        if (!uri || !value || xml_next(method) || xml_next(value))
                return -EBADMSG;
        r = xml_base64(value, DIGEST_TEXT_MAX, &b);
        if (r < 0)
                return r == -ENOMEM ? r : -EBADMSG;
        ref->algorithm = xml_digest_of_uri(uri);
        if (ref->algorithm != GNUTLS_DIG_UNKNOWN && b.len == (size_t) gnutls_hash_get_len(ref->algorithm) && b.len <= sizeof(ref->digest.data)) {
                memcpy(ref->digest.data, b.data, b.len);
                ref->digest.len = b.len;
        }
        return 0;
}

static int read_references(const xmlNode *root, AsicManifest *m) {
        const xmlNode *first = xml_child(root, XML_NS_ASIC, "DataObjectReference");
        size_t n = 0;
        int r = 0;

        for (const xmlNode *e = first; e; e = xml_next(e))
                n++;
        if (n > ASIC_REFERENCES_MAX)
                return -E2BIG;
        m->references = calloc(n + 1, sizeof(*m->references));
        if (!m->references)
                return -ENOMEM;
        for (const xmlNode *e = first; e && r >= 0; e = xml_next(e)) {
                AsicReference *ref = &m->references[m->n++];

                r = dup_attribute(e, "URI", &ref->uri);
                if (r >= 0)
                        r = read_digest(e, ref);
        }
        return r < 0 ? r : n > 0 ? 0 : -EBADMSG;
}

int asic_manifest_read(View xml, AsicManifest *ret) {
        _cleanup_(asic_manifest_done) AsicManifest m = { 0 };
        _cleanup_xml_document_ XmlDocument *d = NULL;
        const xmlNode *root, *signature;
        int r;

        r = outcome_to_errno(xml_document_read(xml, &d));
        if (r < 0)
                return r;
        root = xml_document_root(d);
        if (!xml_is(root, XML_NS_ASIC, "ASiCManifest"))
                return -EBADMSG;
        signature = xml_child(root, XML_NS_ASIC, "SigReference");
        if (!signature || xml_next(signature))
                return -EBADMSG;
        r = dup_attribute(signature, "URI", &m.signature);
        if (r >= 0)
                r = read_references(root, &m);
        if (r < 0)
                return r;
        *ret = m;
        m = (AsicManifest) { 0 };
        return 0;
}

/* An attribute of OpenDocument's own namespace, in which its attributes stand. */
static const char *package_attribute(const xmlNode *element, const char *name) {
        for (const xmlAttr *a = element->properties; a; a = a->next)
                if (a->ns && strcmp((const char *) a->ns->href, PACKAGE_NAMESPACE) == 0 && strcmp((const char *) a->name, name) == 0)
                        return a->children && !a->children->next ? (const char *) a->children->content : "";
        return NULL;
}

int asic_package_paths(View xml, AsicPath f, void *userdata) {
        _cleanup_xml_document_ XmlDocument *d = NULL;
        const xmlNode *root;
        int r;

        r = outcome_to_errno(xml_document_read(xml, &d));
        if (r < 0)
                return r;
        root = xml_document_root(d);
        if (!xml_is(root, PACKAGE_NAMESPACE, "manifest"))
                return -EBADMSG;
        for (const xmlNode *e = xml_child(root, PACKAGE_NAMESPACE, "file-entry"); e && r >= 0; e = xml_next(e)) {
                const char *path = package_attribute(e, "full-path");

                if (!path)
                        return -EBADMSG;
                if (path[0] != '\0' && path[strlen(path) - 1] != '/')
                        r = f(userdata, path);
        }
        return r;
}

/* A text as an attribute's value. */
static int append_text(Bytes *b, const char *text) {
        int r = 0;

        for (const char *c = text; *c && r >= 0; c++) {
                const char *entity = *c == '&' ? "&amp;" : *c == '<' ? "&lt;" : *c == '"' ? "&quot;" : NULL;

                r = entity ? bytes_append_view(b, view_string(entity)) : bytes_append_byte(b, (uint8_t) *c);
        }
        return r;
}

static int append(Bytes *b, const char *text) {
        return bytes_append_view(b, view_string(text));
}

/* URI and MimeType, as SigReference and DataObjectReference have them. */
static int append_target(Bytes *b, const char *element, const char *name, const char *media_type) {
        _cleanup_free_ char *uri = xades_uri_of_name(name);
        int r;

        if (!uri)
                return -ENOMEM;
        r = bytes_printf(b, "<asic:%s URI=\"%s\" MimeType=\"", element, uri);
        if (r >= 0)
                r = append_text(b, media_type);
        return r < 0 ? r : append(b, "\"");
}

static int append_reference(Bytes *b, const AsicFile *f, const char *digest_uri) {
        _cleanup_free_ char *value = base64_encode(digest_view(&f->digest));
        int r;

        if (!value)
                return -ENOMEM;
        r = append_target(b, "DataObjectReference", f->name, f->media_type);
        return r < 0 ? r : bytes_printf(b, "><ds:DigestMethod Algorithm=\"%s\"/><ds:DigestValue>%s</ds:DigestValue></asic:DataObjectReference>", digest_uri, value);
}

int asic_manifest_write(const char *signature, const char *media_type, const AsicFile *files, size_t n, gnutls_digest_algorithm_t algorithm, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        const char *uri = xml_digest_to_uri(algorithm);
        int r;

        if (!uri)
                return -EOPNOTSUPP;
        r = append(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:ASiCManifest xmlns:asic=\"" XML_NS_ASIC "\" xmlns:ds=\"" XML_NS_DSIG "\">");
        if (r >= 0)
                r = append_target(&b, "SigReference", signature, media_type);
        if (r >= 0)
                r = append(&b, "/>");
        for (size_t i = 0; i < n && r >= 0; i++)
                r = append_reference(&b, &files[i], uri);
        if (r >= 0)
                r = append(&b, "</asic:ASiCManifest>\n");
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}

static int append_path(Bytes *b, const char *path, const char *media_type) {
        int r;

        r = append(b, "<manifest:file-entry manifest:full-path=\"");
        if (r >= 0)
                r = append_text(b, path);
        if (r >= 0)
                r = append(b, "\" manifest:media-type=\"");
        if (r >= 0)
                r = append_text(b, media_type);
        return r < 0 ? r : append(b, "\"/>");
}

int asic_package_write(const char *media_type, const AsicFile *files, size_t n, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = append(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest:manifest xmlns:manifest=\"" PACKAGE_NAMESPACE "\" manifest:version=\"1.2\">");
        if (r >= 0)
                r = append_path(&b, "/", media_type);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = append_path(&b, files[i].name, files[i].media_type);
        if (r >= 0)
                r = append(&b, "</manifest:manifest>\n");
        if (r < 0)
                return r;
        *ret = bytes_take(&b);
        return 0;
}
