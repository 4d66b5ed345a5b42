/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ds:KeyInfo; see xml-key-info.h. */

#include <errno.h>
#include <string.h>

#include "sign/xml/xml-key-info.h"

#define CERTIFICATE_TEXT_MAX (128U * 1024U)
#define NUMBER_TEXT_MAX (8U * 1024U)
#define NS_DSIG11 "http://www.w3.org/2009/xmldsig11#"

void xml_certificates_done(XmlCertificates *c) {
        for (size_t i = 0; i < c->n; i++)
                gnutls_x509_crt_deinit(c->list[i]);
        c->n = 0;
}

int xml_certificates_add(XmlCertificates *c, const xmlNode *element) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        int r;

        if (c->n == XML_CERTIFICATES_MAX)
                return 0;
        r = xml_base64(element, CERTIFICATE_TEXT_MAX, &der);
        if (r == -ENOMEM || (r >= 0 && gnutls_x509_crt_init(&crt) < 0))
                return -ENOMEM;
        if (r >= 0 && gnutls_x509_crt_import(crt, &(gnutls_datum_t) { der.data, (unsigned) der.len }, GNUTLS_X509_FMT_DER) >= 0)
                c->list[c->n++] = TAKE_PTR(crt);
        return 0;
}

int xml_key_info_certificates(const xmlNode *key_info, XmlCertificates *c) {
        int r = 0;

        for (const xmlNode *data = key_info ? xml_child(key_info, XML_NS_DSIG, "X509Data") : NULL; data; data = xml_next(data))
                for (const xmlNode *n = xml_child(data, XML_NS_DSIG, "X509Certificate"); r >= 0 && n; n = xml_next(n))
                        r = xml_certificates_add(c, n);
        return r;
}

static void number_done(gnutls_datum_t *d) {
        free(d->data);
}

/* A CryptoBinary. */
static int read_number(const xmlNode *parent, const char *ns, const char *name, gnutls_datum_t *ret) {
        const xmlNode *n = xml_child(parent, ns, name);
        Bytes b = BYTES_NULL;
        int r;

        r = n ? xml_base64(n, NUMBER_TEXT_MAX, &b) : -EBADMSG;
        if (r < 0)
                return r;
        *ret = (gnutls_datum_t) { b.data, (unsigned) b.len };
        return b.len > 0 ? 0 : -EBADMSG;
}

static int read_rsa(const xmlNode *value, gnutls_pubkey_t key) {
        _cleanup_(number_done) gnutls_datum_t n = { 0 }, e = { 0 };
        int r;

        r = read_number(value, XML_NS_DSIG, "Modulus", &n);
        if (r >= 0)
                r = read_number(value, XML_NS_DSIG, "Exponent", &e);
        return r < 0 ? r : gnutls_pubkey_import_rsa_raw(key, &n, &e) < 0 ? -EBADMSG : 0;
}

static int read_dsa(const xmlNode *value, gnutls_pubkey_t key) {
        _cleanup_(number_done) gnutls_datum_t p = { 0 }, q = { 0 }, g = { 0 }, y = { 0 };
        int r;

        r = read_number(value, XML_NS_DSIG, "P", &p);
        if (r >= 0)
                r = read_number(value, XML_NS_DSIG, "Q", &q);
        if (r >= 0)
                r = read_number(value, XML_NS_DSIG, "G", &g);
        if (r >= 0)
                r = read_number(value, XML_NS_DSIG, "Y", &y);
        return r < 0 ? r : gnutls_pubkey_import_dsa_raw(key, &p, &q, &g, &y) < 0 ? -EBADMSG : 0;
}

static gnutls_ecc_curve_t curve_of(const char *uri) {
        return !uri || strncmp(uri, "urn:oid:", 8) != 0 ? GNUTLS_ECC_CURVE_INVALID : gnutls_oid_to_ecc_curve(uri + 8);
}

/* An uncompressed point: 4, x, y. */
static int read_ec(const xmlNode *value, gnutls_pubkey_t key) {
        const xmlNode *name = xml_child(value, NS_DSIG11, "NamedCurve");
        gnutls_ecc_curve_t curve = name ? curve_of(xml_attribute(name, "URI")) : GNUTLS_ECC_CURVE_INVALID;
        _cleanup_(number_done) gnutls_datum_t point = { 0 };
        unsigned half;
        int r;

        if (curve == GNUTLS_ECC_CURVE_INVALID)
                return -EOPNOTSUPP;
        r = read_number(value, NS_DSIG11, "PublicKey", &point);
        if (r < 0)
                return r;
        if (point.size < 3 || point.size % 2 == 0 || point.data[0] != 4)
                return -EBADMSG;
        half = (point.size - 1) / 2;
        return gnutls_pubkey_import_ecc_raw(key, curve, &(gnutls_datum_t) { point.data + 1, half }, &(gnutls_datum_t) { point.data + 1 + half, half }) < 0 ?
                -EBADMSG : 0;
}

int xml_key_info_key(const xmlNode *key_info, gnutls_pubkey_t *ret) {
        const xmlNode *value = key_info ? xml_child(key_info, XML_NS_DSIG, "KeyValue") : NULL, *n;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        int r;

        n = value ? xml_first_element(value) : NULL;
        if (!n)
                return -ENOENT;
        if (gnutls_pubkey_init(&key) < 0)
                return -ENOMEM;
        r = xml_is(n, XML_NS_DSIG, "RSAKeyValue") ? read_rsa(n, key) :
                xml_is(n, XML_NS_DSIG, "DSAKeyValue") ? read_dsa(n, key) :
                xml_is(n, NS_DSIG11, "ECKeyValue")    ? read_ec(n, key)
                                                      : -EOPNOTSUPP;
        if (r == 0)
                *ret = TAKE_PTR(key);
        return r;
}
