/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* CMS attributes; see attributes.h. The set itself is split by hand, which is linear and needs no tree; values with structure
 * are read by the ESS module. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/der-tag.h"
#include "der/attributes.h"

/* The largest signing-certificate value; a list of a few hashes. */
#define ESS_MAX (16U * 1024U)

Attributes *attributes_free(Attributes *a) {
        free(a);
        return NULL;
}

static int attribute_read(View attribute, Attribute *ret) {
        View element, values;
        size_t n;
        int r;

        r = der_next(&attribute, &element, NULL);
        if (r >= 0)
                r = der_read_oid(element, ret->type);
        if (r < 0)
                return r;
        r = der_next(&attribute, &element, &values);
        if (r < 0 || element.data[0] != TAG_SET || attribute.len > 0 || values.len == 0)
                return -EBADMSG;
        ret->values = values;
        r = der_count_elements(values, &n);
        if (r < 0)
                return r;
        return n > ATTRIBUTES_MAX ? -E2BIG : 0;
}

int attributes_read(View contents, Attributes **ret) {
        _cleanup_attributes_ Attributes *a = NULL;
        View element, attribute;
        size_t n;
        int r;

        r = der_count_elements(contents, &n);
        if (r < 0)
                return r;
        if (n > ATTRIBUTES_MAX)
                return -E2BIG;
        a = calloc(1, sizeof(*a) + n * sizeof(a->list[0]));
        if (!a)
                return -ENOMEM;
        for (; a->n < n; a->n++) {
                r = der_next(&contents, &element, &attribute);
                if (r >= 0 && element.data[0] != TAG_SEQUENCE)
                        r = -EBADMSG;
                if (r < 0)
                        return r;
                a->list[a->n].element = element;
                a->list[a->n].contents = attribute;
                r = attribute_read(attribute, &a->list[a->n]);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(a);
        return 0;
}

size_t attributes_count(const Attributes *a, const char *type) {
        size_t n = 0;

        for (size_t i = 0; i < a->n; i++)
                n += strcmp(a->list[i].type, type) == 0;
        return n;
}

bool attributes_has(const Attributes *a, const char *type) {
        return attributes_count(a, type) > 0;
}

int attributes_single(const Attributes *a, const char *type, View *ret_element) {
        const Attribute *found = NULL;
        View values, element;
        int r;

        for (size_t i = 0; i < a->n; i++)
                if (strcmp(a->list[i].type, type) == 0) {
                        if (found)
                                return -EBADMSG;
                        found = &a->list[i];
                }
        if (!found)
                return -ENOENT;
        values = found->values;
        r = der_next(&values, &element, NULL);
        if (r < 0 || values.len > 0)
                return -EBADMSG;
        *ret_element = element;
        return 0;
}

static int digits(const uint8_t **p, size_t n) {
        int v = 0;

        for (; n > 0; n--, (*p)++) {
                if (**p < '0' || **p > '9')
                        return -EBADMSG;
                v = v * 10 + (**p - '0');
        }
        return v;
}

int attribute_time_read(View element, int64_t *ret) {
        View contents, whole;
        const uint8_t *p;
        struct tm tm = { 0 }, check;
        size_t year_digits;
        int year, r;
        time_t t;

        r = der_next(&element, &whole, &contents);
        if (r < 0 || element.len > 0)
                return -EBADMSG;
        year_digits = whole.data[0] == 0x17 ? 2 : 4;
        if ((whole.data[0] != 0x17 && whole.data[0] != 0x18) || contents.len != year_digits + 11 || contents.data[contents.len - 1] != 'Z')
                return -EBADMSG;
        p = contents.data;
        year = digits(&p, year_digits);
        if (year_digits == 2)
                year += year < 50 ? 2000 : 1900;
        tm.tm_year = year - 1900;
        tm.tm_mon = digits(&p, 2) - 1;
        tm.tm_mday = digits(&p, 2);
        tm.tm_hour = digits(&p, 2);
        tm.tm_min = digits(&p, 2);
        tm.tm_sec = digits(&p, 2);
        if (year < 0 || tm.tm_mon < 0 || tm.tm_mday < 0 || tm.tm_hour < 0 || tm.tm_min < 0 || tm.tm_sec < 0)
                return -EBADMSG;
        check = tm;
        t = timegm(&check);
        /* What timegm() had to normalise, like the 31st of April, was no date. */
        if (check.tm_mon != tm.tm_mon || check.tm_mday != tm.tm_mday || check.tm_hour != tm.tm_hour || check.tm_min != tm.tm_min ||
            check.tm_sec != tm.tm_sec)
                return -EBADMSG;
        *ret = t;
        return 0;
}

/* The Name of GeneralNames that hold exactly one directoryName, [4] EXPLICIT; empty for anything else. */
static View directory_name(const Der *d) {
        View general_name, name, element;

        if (der_element(d, "certs.?1.issuerSerial.issuer.?1", &general_name) < 0 || general_name.data[0] != 0xa4)
                return (View) { 0 };
        if (der_next(&general_name, &element, &name) < 0)
                return (View) { 0 };
        return name;
}

int attribute_ess_cert_id_read(View element, bool v2, EssCertId *ret) {
        _cleanup_der_ Der *d = NULL;
        EssCertId id = { 0 };
        int r;

        if (element.len > ESS_MAX)
                return -EBADMSG;
        r = der_decode(v2 ? "ESS.SigningCertificateV2" : "ESS.SigningCertificate", element, &d);
        if (r < 0)
                return r;
        r = der_value(d, "certs.?1.certHash", &id.hash);
        if (r < 0)
                return -EBADMSG;
        strcpy(id.hash_algorithm, v2 ? OID_SHA256 : "1.3.14.3.2.26");
        if (v2 && der_has(d, "certs.?1.hashAlgorithm")) {
                r = der_oid(d, "certs.?1.hashAlgorithm.algorithm", id.hash_algorithm);
                if (r < 0)
                        return -EBADMSG;
        }
        if (der_value(d, "certs.?1.issuerSerial.serialNumber", &id.serial) >= 0)
                id.issuer = directory_name(d);
        *ret = id;
        return 0;
}
