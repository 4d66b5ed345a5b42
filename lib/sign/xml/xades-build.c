/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parts of a XAdES signature; see xades-build.h. Each part has one writer for the document and for its canonical form, so that they cannot differ. */

#include <errno.h>
#include <string.h>
#include <time.h>
#include <gnutls/crypto.h>

#include "base/codec.h"
#include "der/der.h"
#include "sign/xml/xades-build.h"
#include "sign/xml/xml-algorithms.h"
#include "sign/xml/xml-names.h"

#define SIGNED_PROPERTIES "http://uri.etsi.org/01903#SignedProperties"
#define REFERENCES_MAX 65536U

/* --- What is known before ----------------------------------------------------------------------------------------- */

void xades_parts_done(XadesParts *p) {
        for (size_t i = 0; i < SIGNER_CHAIN_MAX; i++)
                bytes_done(&p->certificates[i]);
        for (size_t i = 0; i < p->n_references; i++) {
                free(p->references[i].uri);
                free(p->references[i].filter);
                free(p->references[i].media_type);
        }
        free(p->references);
        free(p->city);
        free(p->postal_code);
        free(p->country);
        free(p->role);
        bytes_done(&p->issuer_serial);
        xml_scope_done(&p->scope);
        *p = (XadesParts) { 0 };
}

/* IssuerSerial ::= SEQUENCE { GeneralNames { [4] issuer }, serialNumber } (RFC 5035 §5) */
static int issuer_serial(gnutls_x509_crt_t certificate, Bytes *ret) {
        _cleanup_(datum_done) gnutls_datum_t issuer = { 0 };
        _cleanup_bytes_ Bytes name = BYTES_NULL, fields = BYTES_NULL;
        uint8_t serial[64];
        size_t serial_len = sizeof(serial);
        int r;

        if (gnutls_x509_crt_get_raw_issuer_dn(certificate, &issuer) < 0 || gnutls_x509_crt_get_serial(certificate, serial, &serial_len) < 0)
                return -EBADMSG;
        r = der_append_element(&name, 0xa4, VIEW(issuer.data, issuer.size));
        if (r >= 0)
                r = der_append_element(&fields, 0x30, bytes_view(&name));
        if (r >= 0)
                r = der_append_element(&fields, 0x02, VIEW(serial, serial_len));
        return r < 0 ? r : der_append_element(ret, 0x30, bytes_view(&fields));
}

/* Ids are random, so that they differ within any document that the signature may come to stand in. */
static int make_id(XadesParts *p, View nonce) {
        _cleanup_free_ char *hex = NULL;
        uint8_t bytes[XADES_NONCE_SIZE];

        if (nonce.len > 0 && nonce.len != sizeof(bytes))
                return -EINVAL;
        if (nonce.len == 0 && gnutls_rnd(GNUTLS_RND_NONCE, bytes, sizeof(bytes)) < 0)
                return -EIO;
        hex = hex_encode(nonce.len > 0 ? nonce : VIEW(bytes, sizeof(bytes)));
        if (!hex)
                return -ENOMEM;
        snprintf(p->id, sizeof(p->id), "xades-%s", hex);
        return 0;
}

static const char *method_uri(XadesCanonicalization c) {
        return c == XADES_C14N_INCLUSIVE ? XML_C14N_10 : c == XADES_C14N_INCLUSIVE_11 ? XML_C14N_11 : XML_C14N_EXCLUSIVE;
}

static int copy_text(const char *s, char **ret) {
        *ret = s ? strdup(s) : NULL;
        return s && !*ret ? -ENOMEM : 0;
}

static int copy_claims(XadesParts *p, const XadesOptions *o) {
        int r;

        r = copy_text(o->city, &p->city);
        if (r >= 0)
                r = copy_text(o->postal_code, &p->postal_code);
        if (r >= 0)
                r = copy_text(o->country, &p->country);
        return r < 0 ? r : copy_text(o->role, &p->role);
}

int xades_parts_init(XadesParts *p, const Signer *signer, const XadesParams *params) {
        int r;

        *p = (XadesParts) { 0 };
        p->scheme = signer->scheme;
        p->signing_time = params->signing_time;
        p->canonicalization = method_uri(params->options.canonicalization);
        if (!xml_method_of_scheme(&p->scheme) || !xml_digest_to_uri(p->scheme.message_digest))
                return -EOPNOTSUPP;
        r = signer_copy_chain(signer, p->certificates, &p->n_certificates);
        if (r >= 0)
                r = issuer_serial(signer->chain[0], &p->issuer_serial);
        if (r >= 0)
                r = copy_claims(p, &params->options);
        return r < 0 ? r : make_id(p, params->nonce);
}

XadesReference *xades_parts_add(XadesParts *p) {
        XadesReference *larger;

        if (p->n_references >= REFERENCES_MAX)
                return NULL;
        larger = reallocarray(p->references, p->n_references + 1, sizeof(*larger));
        if (!larger)
                return NULL;
        p->references = larger;
        larger[p->n_references] = (XadesReference) { 0 };
        return &larger[p->n_references++];
}

char *xades_uri_of_name(const char *name) {
        static const char hex[] = "0123456789ABCDEF";
        char *uri = malloc(3 * strlen(name) + 1), *p = uri;

        if (!uri)
                return NULL;
        for (; *name; name++) {
                uint8_t c = (uint8_t) *name;
                bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~/", c);

                if (plain)
                        *p++ = (char) c;
                else {
                        *p++ = '%';
                        *p++ = hex[c >> 4];
                        *p++ = hex[c & 15];
                }
        }
        *p = '\0';
        return uri;
}

/* --- SignedProperties --------------------------------------------------------------------------------------------- */

static void put_id(XmlWriter *w, const char *name, const XadesParts *p, const char *of) {
        char value[sizeof(p->id) + 40];

        snprintf(value, sizeof(value), "%s-%s", p->id, of);
        xml_put_attribute(w, name, value);
}

static void put_reference_id(XmlWriter *w, const char *name, const XadesParts *p, size_t i) {
        char value[sizeof(p->id) + 40];

        snprintf(value, sizeof(value), "%s%s-reference-%zu", strcmp(name, "Id") == 0 ? "" : "#", p->id, i + 1);
        xml_put_attribute(w, name, value);
}

static void put_digest(XmlWriter *w, const XadesParts *p, View digest) {
        xml_put_algorithm(w, "ds:DigestMethod", xml_digest_to_uri(p->scheme.message_digest));
        xml_put_open(w, "ds:DigestValue");
        xml_put_base64(w, digest);
        xml_put_close(w);
}

static void put_signing_time(XmlWriter *w, int64_t when) {
        time_t t = when;
        char text[40];
        struct tm tm;

        if (!gmtime_r(&t, &tm) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
                xml_put_fail(w, -EINVAL);
        else
                xml_put_element(w, "xades:SigningTime", text);
}

/* EN 319 132-1 §5.2.2 */
static void put_signing_certificate(XmlWriter *w, const XadesParts *p) {
        Digest digest = { 0 };

        xml_put_fail(w, digest_of(p->scheme.message_digest, bytes_view(&p->certificates[0]), &digest));
        xml_put_open(w, "xades:SigningCertificateV2");
        xml_put_open(w, "xades:Cert");
        xml_put_open(w, "xades:CertDigest");
        put_digest(w, p, digest_view(&digest));
        xml_put_close(w);
        xml_put_open(w, "xades:IssuerSerialV2");
        xml_put_base64(w, bytes_view(&p->issuer_serial));
        xml_put_close(w);
        xml_put_close(w);
        xml_put_close(w);
}

/* §5.2.5 and §5.2.6 */
static void put_claims(XmlWriter *w, const XadesParts *p) {
        if (p->city || p->postal_code || p->country) {
                xml_put_open(w, "xades:SignatureProductionPlaceV2");
                xml_put_element(w, "xades:City", p->city);
                xml_put_element(w, "xades:PostalCode", p->postal_code);
                xml_put_element(w, "xades:CountryName", p->country);
                xml_put_close(w);
        }
        if (p->role) {
                xml_put_open(w, "xades:SignerRoleV2");
                xml_put_open(w, "xades:ClaimedRoles");
                xml_put_element(w, "xades:ClaimedRole", p->role);
                xml_put_close(w);
                xml_put_close(w);
        }
}

/* §5.2.4: one for each signed object */
static void put_formats(XmlWriter *w, const XadesParts *p) {
        xml_put_open(w, "xades:SignedDataObjectProperties");
        for (size_t i = 0; i < p->n_references; i++) {
                xml_put_open(w, "xades:DataObjectFormat");
                put_reference_id(w, "ObjectReference", p, i);
                xml_put_element(w, "xades:MimeType", p->references[i].media_type ?: "application/octet-stream");
                xml_put_close(w);
        }
        xml_put_close(w);
}

static void put_signed_properties(XmlWriter *w, const XadesParts *p) {
        xml_put_open(w, "xades:SignedProperties");
        put_id(w, "Id", p, "signed-properties");
        xml_put_open(w, "xades:SignedSignatureProperties");
        put_signing_time(w, p->signing_time);
        put_signing_certificate(w, p);
        put_claims(w, p);
        xml_put_close(w);
        put_formats(w, p);
        xml_put_close(w);
}

/* --- SignedInfo --------------------------------------------------------------------------------------------------- */

static void put_xpath(XmlWriter *w) {
        xml_put_open(w, "ds:Transform");
        xml_put_attribute(w, "Algorithm", XML_TRANSFORM_XPATH);
        xml_put_element(w, "ds:XPath", "not(ancestor-or-self::ds:Signature)");
        xml_put_close(w);
}

static void put_filter(XmlWriter *w, const char *xpath) {
        xml_put_open(w, "ds:Transform");
        xml_put_attribute(w, "Algorithm", XML_TRANSFORM_FILTER2);
        xml_put_open(w, "dsig-filter2:XPath");
        xml_put_attribute(w, "Filter", "intersect");
        xml_put_text(w, xpath);
        xml_put_close(w);
        xml_put_close(w);
}

static void put_transforms(XmlWriter *w, const XadesReference *r) {
        if (!r->base64 && !r->enveloped && !r->without_signatures && !r->filter && !r->canonicalization)
                return;
        xml_put_open(w, "ds:Transforms");
        if (r->base64)
                xml_put_algorithm(w, "ds:Transform", XML_TRANSFORM_BASE64);
        if (r->enveloped)
                xml_put_algorithm(w, "ds:Transform", XML_TRANSFORM_ENVELOPED);
        if (r->without_signatures)
                put_xpath(w);
        if (r->filter)
                put_filter(w, r->filter);
        if (r->canonicalization)
                xml_put_algorithm(w, "ds:Transform", r->canonicalization);
        xml_put_close(w);
}

static void put_reference(XmlWriter *w, const XadesParts *p, size_t i) {
        const XadesReference *r = &p->references[i];

        xml_put_open(w, "ds:Reference");
        put_reference_id(w, "Id", p, i);
        if (r->type)
                xml_put_attribute(w, "Type", r->type);
        xml_put_attribute(w, "URI", r->uri);
        put_transforms(w, r);
        put_digest(w, p, digest_view(&r->digest));
        xml_put_close(w);
}

static void put_properties_reference(XmlWriter *w, const XadesParts *p, const Digest *digest) {
        char uri[sizeof(p->id) + 40];

        snprintf(uri, sizeof(uri), "#%s-signed-properties", p->id);
        xml_put_open(w, "ds:Reference");
        xml_put_attribute(w, "Type", SIGNED_PROPERTIES);
        xml_put_attribute(w, "URI", uri);
        xml_put_open(w, "ds:Transforms");
        xml_put_algorithm(w, "ds:Transform", p->canonicalization);
        xml_put_close(w);
        put_digest(w, p, digest_view(digest));
        xml_put_close(w);
}

/* A writer for the canonical form of what stands inside of the ds:Signature. */
static int canonical_writer(const XadesParts *p, bool exclusive, XmlScope *scope, XmlWriter *ret) {
        int r;

        r = xml_scope_copy(&p->scope, scope);
        if (r >= 0)
                r = xml_scope_bind(scope, "ds", XML_NS_DSIG);
        if (r >= 0)
                *ret = XML_WRITER(exclusive ? XML_FORM_EXCLUSIVE : XML_FORM_INCLUSIVE, scope);
        return r;
}

static bool is_exclusive(const XadesParts *p) {
        return strcmp(p->canonicalization, XML_C14N_EXCLUSIVE) == 0;
}

static int digest_properties(const XadesParts *p, Digest *ret) {
        _cleanup_xml_scope_ XmlScope scope = { 0 };
        _cleanup_xml_writer_ XmlWriter w = { 0 };
        _cleanup_bytes_ Bytes canonical = BYTES_NULL;
        int r;

        r = canonical_writer(p, is_exclusive(p), &scope, &w);
        if (r < 0)
                return r;
        put_signed_properties(&w, p);
        r = xml_writer_finish(&w, &canonical);
        return r < 0 ? r : digest_of(p->scheme.message_digest, bytes_view(&canonical), ret);
}

static void put_signed_info(XmlWriter *w, const XadesParts *p) {
        Digest properties = { 0 };

        xml_put_fail(w, digest_properties(p, &properties));
        xml_put_open(w, "ds:SignedInfo");
        xml_put_algorithm(w, "ds:CanonicalizationMethod", p->canonicalization);
        xml_put_algorithm(w, "ds:SignatureMethod", xml_method_of_scheme(&p->scheme));
        for (size_t i = 0; i < p->n_references; i++)
                put_reference(w, p, i);
        put_properties_reference(w, p, &properties);
        xml_put_close(w);
}

int xades_signed_info(const XadesParts *p, Bytes *ret) {
        _cleanup_xml_scope_ XmlScope scope = { 0 };
        _cleanup_xml_writer_ XmlWriter w = { 0 };
        int r;

        r = canonical_writer(p, is_exclusive(p), &scope, &w);
        if (r < 0)
                return r;
        put_signed_info(&w, p);
        return xml_writer_finish(&w, ret);
}

/* --- The signature ------------------------------------------------------------------------------------------------ */

static void put_value(XmlWriter *w, const XadesParts *p, View value) {
        xml_put_open(w, "ds:SignatureValue");
        put_id(w, "Id", p, "value");
        xml_put_base64(w, value);
        xml_put_close(w);
}

int xades_signature_value(const XadesParts *p, View value, Bytes *ret) {
        _cleanup_xml_writer_ XmlWriter w = XML_WRITER(XML_FORM_EXCLUSIVE, NULL);

        put_value(&w, p, value);
        return xml_writer_finish(&w, ret);
}

static void put_certificates(XmlWriter *w, const XadesParts *p) {
        xml_put_open(w, "ds:KeyInfo");
        xml_put_open(w, "ds:X509Data");
        for (size_t i = 0; i < p->n_certificates; i++) {
                xml_put_open(w, "ds:X509Certificate");
                xml_put_base64(w, bytes_view(&p->certificates[i]));
                xml_put_close(w);
        }
        xml_put_close(w);
        xml_put_close(w);
}

void xades_put_timestamp(XmlWriter *w, View token) {
        xml_put_open(w, "xades:SignatureTimeStamp");
        xml_put_algorithm(w, "ds:CanonicalizationMethod", XML_C14N_EXCLUSIVE);
        xml_put_open(w, "xades:EncapsulatedTimeStamp");
        xml_put_base64(w, token);
        xml_put_close(w);
        xml_put_close(w);
}

static void put_properties(XmlWriter *w, const XadesParts *p, View token) {
        char target[sizeof(p->id) + 1];

        snprintf(target, sizeof(target), "#%s", p->id);
        xml_put_open(w, "ds:Object");
        xml_put_open(w, "xades:QualifyingProperties");
        xml_put_attribute(w, "Target", target);
        put_signed_properties(w, p);
        if (token.len > 0) {
                xml_put_open(w, "xades:UnsignedProperties");
                xml_put_open(w, "xades:UnsignedSignatureProperties");
                xades_put_timestamp(w, token);
                xml_put_close(w);
                xml_put_close(w);
        }
        xml_put_close(w);
        xml_put_close(w);
}

void xades_put_signature(XmlWriter *w, const XadesParts *p, View value, View token) {
        xml_put_open(w, "ds:Signature");
        xml_put_attribute(w, "Id", p->id);
        put_signed_info(w, p);
        put_value(w, p, value);
        put_certificates(w, p);
        put_properties(w, p, token);
}
