/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parts of a certificate; see certificate-reader.h. */

#include <errno.h>

#include "daemon/certificate-reader.h"
#include "daemon/der-reader.h"

#define VERSION 0xa0 /* [0] EXPLICIT */

/* TBSCertificate ::= SEQUENCE { version, serialNumber, signature, issuer, validity, … } */
int certificate_read_parts(View certificate, CertificateParts *ret) {
        View outer, tbs, algorithm, version;
        CertificateParts p = { 0 };
        DerElement issuer;
        int r;

        r = der_expect(&certificate, DER_SEQUENCE, &outer);
        if (r >= 0)
                r = der_expect(&outer, DER_SEQUENCE, &tbs);
        if (r >= 0 && tbs.len > 0 && tbs.data[0] == VERSION)
                r = der_expect(&tbs, VERSION, &version);
        if (r >= 0)
                r = der_expect(&tbs, DER_INTEGER, &p.serial);
        if (r >= 0)
                r = der_expect(&tbs, DER_SEQUENCE, &algorithm);
        if (r >= 0)
                r = der_next(&tbs, &issuer);
        if (r >= 0)
                r = der_expect(&tbs, DER_SEQUENCE, &p.validity);
        if (r < 0 || certificate.len > 0 || issuer.tag != DER_SEQUENCE || p.serial.len == 0)
                return -EBADMSG;
        p.issuer = issuer.whole;
        *ret = p;
        return 0;
}

/* Validity ::= SEQUENCE { notBefore, notAfter } */
int certificate_read_validity(const CertificateParts *p, int64_t *ret_not_before, int64_t *ret_not_after) {
        View validity = p->validity;
        DerElement before, after;
        int64_t not_before;
        int r;

        r = der_next(&validity, &before);
        if (r >= 0)
                r = der_next(&validity, &after);
        if (r < 0 || validity.len > 0)
                return -EBADMSG;
        r = der_time(&before, &not_before);
        if (r >= 0)
                r = der_time(&after, ret_not_after);
        if (r < 0)
                return r;
        *ret_not_before = not_before;
        return 0;
}
