/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Qualifying properties; see xades-properties.h. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "sign/verify-report.h"
#include "sign/xml/xades-properties.h"
#include "sign/xml/xml-algorithms.h"

#define DIGEST_TEXT_MAX 1024U
#define VALUE_TEXT_MAX (48U * 1024U * 1024U)

static const char *const versions[] = { XML_NS_XADES_132, XML_NS_XADES_122, XML_NS_XADES_111 };

void xades_properties_done(XadesProperties *p) {
        for (size_t i = 0; i < p->n_certificates; i++)
                bytes_done(&p->certificates[i].value);
        p->n_certificates = 0;
}

/* Two digits, and what must follow them. */
static bool two_digits(const char **s, int *ret, char follows) {
        const char *p = *s;

        if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9' || (follows && p[2] != follows))
                return false;
        *ret = (p[0] - '0') * 10 + p[1] - '0';
        *s = p + (follows ? 3 : 2);
        return true;
}

/* Z, an offset, or nothing, which is taken for UTC. */
static bool read_zone(const char *s, int *ret) {
        int hours, minutes, sign = *s == '-' ? -1 : 1;

        *ret = 0;
        if (strcmp(s, "Z") == 0 || *s == '\0')
                return true;
        if (*s != '+' && *s != '-')
                return false;
        s++;
        if (!two_digits(&s, &hours, ':') || !two_digits(&s, &minutes, 0) || *s || hours > 14 || minutes > 59)
                return false;
        *ret = sign * (hours * 3600 + minutes * 60);
        return true;
}

/* xs:dateTime of years with four digits; fractions are dropped. */
static int read_time(const char *s, int64_t *ret) {
        struct tm tm = { 0 }, check;
        int century, year, zone;

        s += strspn(s, " \t\r\n");
        if (!two_digits(&s, &century, 0) || !two_digits(&s, &year, '-') || !two_digits(&s, &tm.tm_mon, '-') || !two_digits(&s, &tm.tm_mday, 'T') ||
            !two_digits(&s, &tm.tm_hour, ':') || !two_digits(&s, &tm.tm_min, ':') || !two_digits(&s, &tm.tm_sec, 0))
                return -EBADMSG;
        if (*s == '.')
                s += 1 + strspn(s + 1, "0123456789");
        if (!read_zone(s, &zone))
                return -EBADMSG;
        tm.tm_year = century * 100 + year - 1900;
        tm.tm_mon--;
        check = tm;
        *ret = timegm(&check) - zone;
        return check.tm_mday == tm.tm_mday && check.tm_mon == tm.tm_mon && check.tm_hour == tm.tm_hour && check.tm_min == tm.tm_min &&
                               check.tm_sec == tm.tm_sec && *ret >= 0 ?
                0 : -EBADMSG;
}

static int read_signing_time(const xmlNode *element, XadesProperties *p) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        int r;

        r = xml_text(element, 64, &text);
        while (r >= 0 && text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
                text.data[--text.len] = '\0';
        return r < 0 ? (r == -ENOMEM ? r : -EBADMSG) : read_time((const char *) text.data, &p->signing_time);
}

static int read_cert(const xmlNode *cert, XadesProperties *p) {
        const xmlNode *digest = xml_child(cert, p->ns, "CertDigest"), *value;
        XadesCertDigest *d = &p->certificates[p->n_certificates];
        int r;

        value = digest ? xml_child(digest, XML_NS_DSIG, "DigestValue") : NULL;
        if (digest && !value) /* 1.1.1 has both in its own namespace */
                value = xml_child(digest, p->ns, "DigestValue");
        if (!value)
                return -EBADMSG;
        r = xml_base64(value, DIGEST_TEXT_MAX, &d->value);
        if (r == -ENOMEM)
                return r;
        /* What is no digest is that of no certificate. */
        d->algorithm = r < 0 ? GNUTLS_DIG_UNKNOWN : xml_digest_of(digest);
        p->n_certificates++;
        return 0;
}

static int read_certificates(const xmlNode *element, XadesProperties *p) {
        int r = 0;

        if (p->has_signing_certificate)
                return -EBADMSG;
        p->has_signing_certificate = true;
        for (const xmlNode *n = xml_first_element(element); r >= 0 && n; n = xml_next_element(n))
                r = p->n_certificates < XADES_CERT_DIGESTS_MAX && xml_is(n, p->ns, "Cert") ? read_cert(n, p) : -EBADMSG;
        return r;
}

static int read_signed(const xmlNode *signature_properties, XadesProperties *p) {
        bool has_time = false;
        int r = 0;

        for (const xmlNode *n = xml_first_element(signature_properties); r >= 0 && n; n = xml_next_element(n)) {
                if (xml_is(n, p->ns, "SigningTime")) {
                        r = has_time ? -EBADMSG : read_signing_time(n, p);
                        has_time = true;
                } else if (xml_is(n, p->ns, "SigningCertificate") || xml_is(n, p->ns, "SigningCertificateV2"))
                        r = read_certificates(n, p);
        }
        return r;
}

/* Section 4.3: each part once, where it belongs. */
static int read_parts(const xmlNode *qualifying, XadesProperties *p) {
        const xmlNode *unsigned_properties = NULL, *n;

        for (n = xml_first_element(qualifying); n; n = xml_next_element(n))
                if (xml_is(n, p->ns, "SignedProperties") && !p->signed_properties)
                        p->signed_properties = (xmlNode *) n;
                else if (xml_is(n, p->ns, "UnsignedProperties") && !unsigned_properties)
                        unsigned_properties = n;
                else
                        return -EBADMSG;
        if (unsigned_properties)
                p->unsigned_properties = xml_child(unsigned_properties, p->ns, "UnsignedSignatureProperties");
        if (!p->signed_properties)
                return 0;
        p->data_properties = xml_child(p->signed_properties, p->ns, "SignedDataObjectProperties");
        p->has_format = p->data_properties && xml_child(p->data_properties, p->ns, "DataObjectFormat");
        n = xml_child(p->signed_properties, p->ns, "SignedSignatureProperties");
        if (n && xml_next(n))
                return -EBADMSG;
        return n ? read_signed(n, p) : 0;
}

static const char *version_of(const xmlNode *element, const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(versions); i++)
                if (xml_is(element, versions[i], name))
                        return versions[i];
        return NULL;
}

/* Section 4.3.1: Target names the signature. */
static bool targets(const xmlNode *qualifying, const XmlSignature *s) {
        const char *target = xml_attribute(qualifying, "Target"), *id = xml_attribute(s->element, "Id");

        return target && (*target == '\0' || (*target == '#' && id && strcmp(target + 1, id) == 0));
}

int xades_properties_read(const XmlSignature *s, XadesProperties *ret, const char **ret_reason) {
        _cleanup_xades_properties_ XadesProperties p = { .signing_time = -1 };
        int r;

        for (xmlNode *object = s->objects; object; object = xml_next_element(object))
                for (const xmlNode *n = xml_first_element(object); n; n = xml_next_element(n)) {
                        const char *ns = version_of(n, "QualifyingProperties");

                        if (!ns)
                                continue;
                        if (p.ns) {
                                *ret_reason = N_("The signature has several sets of properties, and it is open which of them the signer meant.");
                                return 1;
                        }
                        p.ns = ns;
                        r = targets(n, s) ? read_parts(n, &p) : -EBADMSG;
                        if (r == -EBADMSG) {
                                *ret_reason = N_("The signature's properties are malformed or belong to another signature.");
                                return 1;
                        }
                        if (r < 0)
                                return r;
                }
        *ret = p;
        p.n_certificates = 0;
        return 0;
}

bool xades_names_certificate(const XadesProperties *p, gnutls_x509_crt_t crt) {
        gnutls_datum_t der = { 0 };
        Digest digest;
        bool found = false;

        if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
                return false;
        for (size_t i = 0; i < p->n_certificates && !found; i++)
                found = p->certificates[i].algorithm != GNUTLS_DIG_UNKNOWN &&
                        digest_of(p->certificates[i].algorithm, VIEW(der.data, der.size), &digest) >= 0 &&
                        view_equal(bytes_view(&p->certificates[i].value), digest_view(&digest));
        gnutls_free(der.data);
        return found;
}

static int add_revocation(RevocationPool *pool, RevocationKind kind, const xmlNode *list, const char *ns, const char *name) {
        int r = 0;

        for (const xmlNode *n = list ? xml_child(list, ns, name) : NULL; r != -ENOMEM && n; n = xml_next(n)) {
                _cleanup_bytes_ Bytes der = BYTES_NULL;

                r = xml_base64(n, VALUE_TEXT_MAX, &der);
                if (r >= 0)
                        r = revocation_pool_add(pool, kind, REVOCATION_FROM_SIGNATURE, bytes_view(&der));
        }
        return r == -ENOMEM ? r : 0;
}

/* From CertificateValues or RevocationValues. */
static int collect(const xmlNode *element, const char *ns, XmlCertificates *certificates, RevocationPool *pool) {
        const xmlNode *values = xml_is(element, ns, "CertificateValues") ? element : NULL, *revocation = xml_is(element, ns, "RevocationValues") ? element : NULL;
        int r = 0;

        for (const xmlNode *n = values && certificates ? xml_child(values, ns, "EncapsulatedX509Certificate") : NULL; r >= 0 && n; n = xml_next(n))
                r = xml_certificates_add(certificates, n);
        if (r >= 0 && revocation && pool)
                r = add_revocation(pool, REVOCATION_CRL, xml_child(revocation, ns, "CRLValues"), ns, "EncapsulatedCRLValue");
        if (r >= 0 && revocation && pool)
                r = add_revocation(pool, REVOCATION_OCSP, xml_child(revocation, ns, "OCSPValues"), ns, "EncapsulatedOCSPValue");
        return r;
}

int xades_values_collect(const XadesProperties *p, const xmlNode *before, XmlCertificates *certificates, RevocationPool *pool) {
        const xmlNode *n = p->unsigned_properties ? xml_first_element(p->unsigned_properties) : NULL;
        int r = 0;

        for (; r >= 0 && n && n != before; n = xml_next_element(n)) {
                r = collect(n, p->ns, certificates, pool);
                if (!xml_is(n, XML_NS_XADES_141, "TimeStampValidationData") && !xml_is(n, XML_NS_XADES_141, "AnyValidationData"))
                        continue;
                for (const xmlNode *inner = xml_first_element(n); r >= 0 && inner; inner = xml_next_element(inner))
                        r = collect(inner, p->ns, certificates, pool);
        }
        return r;
}

bool xades_has_unsigned(const XadesProperties *p, const char *name) {
        return p->unsigned_properties &&
               (xml_child(p->unsigned_properties, p->ns, name) || xml_child(p->unsigned_properties, XML_NS_XADES_141, name));
}
