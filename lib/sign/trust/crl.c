/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading CRLs in place; see crl.h. */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/der-tag.h"
#include "crypto/key.h"
#include "der/attributes.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/trust/crl.h"

#define TAG_URI 0x86

/* Object identifiers of extensions, contents octets. */
#define CRL_NUMBER VIEW_LITERAL("\x55\x1d\x14")
#define REASON_CODE VIEW_LITERAL("\x55\x1d\x15")
#define INVALIDITY_DATE VIEW_LITERAL("\x55\x1d\x18")
#define DELTA_INDICATOR VIEW_LITERAL("\x55\x1d\x1b")
#define ISSUING_DISTRIBUTION_POINT VIEW_LITERAL("\x55\x1d\x1c")
#define AUTHORITY_KEY_IDENTIFIER VIEW_LITERAL("\x55\x1d\x23")
#define EXPIRED_CERTS_ON_CRL VIEW_LITERAL("\x55\x1d\x3c")

typedef struct Extension {
        View oid;
        bool critical;
        View value;
} Extension;

static int read_extension(View *extensions, Extension *ret) {
        View contents, critical;
        int r;

        r = der_expect(extensions, TAG_SEQUENCE, &contents);
        if (r >= 0)
                r = der_expect(&contents, TAG_OID, &ret->oid);
        if (r < 0)
                return r;
        r = der_optional(&contents, TAG_BOOLEAN, &critical);
        if (r < 0)
                return r;
        ret->critical = r > 0 && (critical.len != 1 || critical.data[0] != 0);
        r = der_expect(&contents, TAG_OCTET_STRING, &ret->value);
        return r >= 0 && contents.len > 0 ? -EBADMSG : r;
}

static bool is_time(View v) {
        return v.len > 0 && (v.data[0] == TAG_UTC_TIME || v.data[0] == TAG_GENERALIZED_TIME);
}

static int read_time(View *v, int64_t *ret) {
        View element;

        if (!is_time(*v) || der_next(v, &element, NULL) < 0)
                return -EBADMSG;
        return attribute_time_read(element, ret);
}

static int read_boolean(View *v, uint8_t tag, bool *ret) {
        View value;
        int r;

        r = der_optional(v, tag, &value);
        *ret = r > 0 && (value.len != 1 || value.data[0] != 0);
        return r < 0 ? r : 0;
}

/* §5.2.5 */
static int read_distribution_point(View value, Crl *c) {
        View contents, name, reasons;
        bool some_reasons, indirect, attributes;
        int r;

        r = der_expect(&value, TAG_SEQUENCE, &contents);
        if (r < 0 || value.len > 0)
                return -EBADMSG;
        r = der_optional(&contents, TAG_CONTEXT_0, &name);
        if (r < 0)
                return r;
        c->has_distribution_point = r > 0;
        /* nameRelativeToCRLIssuer is left empty, and so fits nothing. */
        if (r > 0 && der_optional(&name, TAG_CONTEXT_0, &c->distribution_point) < 0)
                return -EBADMSG;
        r = read_boolean(&contents, 0x81, &c->only_users);
        if (r >= 0)
                r = read_boolean(&contents, 0x82, &c->only_authorities);
        if (r >= 0)
                r = der_optional(&contents, 0x83, &reasons);
        some_reasons = r > 0;
        if (r >= 0)
                r = read_boolean(&contents, 0x84, &indirect);
        if (r >= 0)
                r = read_boolean(&contents, 0x85, &attributes);
        if (r < 0 || contents.len > 0)
                return -EBADMSG;
        return some_reasons || indirect || attributes ? CRL_E_UNSUPPORTED : 0;
}

static int read_list_extension(const Extension *e, Crl *c) {
        View value = e->value;

        if (view_equal(e->oid, DELTA_INDICATOR))
                return CRL_E_UNSUPPORTED;
        if (view_equal(e->oid, ISSUING_DISTRIBUTION_POINT))
                return read_distribution_point(value, c);
        if (view_equal(e->oid, EXPIRED_CERTS_ON_CRL))
                return read_time(&value, &c->expired_from);
        if (e->critical && !view_equal(e->oid, CRL_NUMBER) && !view_equal(e->oid, AUTHORITY_KEY_IDENTIFIER))
                return CRL_E_UNSUPPORTED;
        return 0;
}

/* crlExtensions, [0] EXPLICIT. What is malformed is told before what is not supported. */
static int read_list_extensions(View explicit, Crl *c) {
        View extensions;
        Extension e;
        int r, outcome = 0;

        r = der_expect(&explicit, TAG_SEQUENCE, &extensions);
        if (r < 0 || explicit.len > 0)
                return -EBADMSG;
        while (extensions.len > 0) {
                r = read_extension(&extensions, &e);
                if (r >= 0)
                        r = read_list_extension(&e, c);
                if (r < 0)
                        return r;
                if (r > 0)
                        outcome = r;
        }
        return outcome;
}

static int read_tbs(View tbs, View algorithm, Crl *c) {
        View version, element, contents, explicit;
        int r;

        r = der_optional(&tbs, TAG_INTEGER, &version);
        if (r < 0 || (r > 0 && (version.len != 1 || version.data[0] != 1)))
                return -EBADMSG;
        /* §5.1.1.2: the same algorithm within and without. */
        if (der_next(&tbs, &element, NULL) < 0 || !view_equal(element, algorithm))
                return -EBADMSG;
        if (der_next(&tbs, &c->issuer, NULL) < 0 || c->issuer.data[0] != TAG_SEQUENCE || read_time(&tbs, &c->this_update) < 0)
                return -EBADMSG;
        if (is_time(tbs) && read_time(&tbs, &c->next_update) < 0)
                return -EBADMSG;
        r = der_optional(&tbs, TAG_SEQUENCE, &contents);
        if (r < 0)
                return r;
        if (r > 0)
                c->entries = contents;
        r = der_optional(&tbs, TAG_CONTEXT_0, &explicit);
        if (r < 0 || tbs.len > 0)
                return -EBADMSG;
        return r > 0 ? read_list_extensions(explicit, c) : 0;
}

int crl_read(View der, Crl *ret) {
        Crl c = { .next_update = -1, .expired_from = INT64_MAX };
        View whole, tbs, contents;
        int r;

        if (der.len > CRL_SIZE_MAX)
                return -E2BIG;
        r = der_expect(&der, TAG_SEQUENCE, &whole);
        if (r < 0 || der.len > 0)
                return -EBADMSG;
        if (der_next(&whole, &c.tbs, &tbs) < 0 || c.tbs.data[0] != TAG_SEQUENCE || der_next(&whole, &c.algorithm, &contents) < 0 ||
            c.algorithm.data[0] != TAG_SEQUENCE || der_expect(&whole, TAG_BIT_STRING, &c.signature) < 0 || whole.len > 0)
                return -EBADMSG;
        r = read_tbs(tbs, c.algorithm, &c);
        if (r >= 0)
                *ret = c;
        return r;
}

/* crlEntryExtensions. removeFromCRL belongs into delta CRLs only (§5.3.1): a whole list that has it contradicts itself. */
static int read_entry_extensions(View extensions, CrlEntry *entry) {
        Extension e;
        View code;
        int64_t invalid;
        int r, outcome = 0;

        while (extensions.len > 0) {
                r = read_extension(&extensions, &e);
                if (r < 0)
                        return r;
                if (view_equal(e.oid, REASON_CODE)) {
                        r = der_expect(&e.value, TAG_ENUMERATED, &code);
                        if (r < 0 || code.len != 1 || code.data[0] == REASON_REMOVE_FROM_CRL || !certificate_reason_to_string(code.data[0]))
                                return -EBADMSG;
                        entry->reason = code.data[0];
                } else if (view_equal(e.oid, INVALIDITY_DATE)) {
                        r = read_time(&e.value, &invalid);
                        if (r < 0)
                                return r;
                        if (invalid < entry->since)
                                entry->since = invalid;
                } else if (e.critical)
                        outcome = CRL_E_UNSUPPORTED;
        }
        return outcome;
}

static View without_zeros(View v) {
        while (v.len > 1 && v.data[0] == 0)
                v = VIEW(v.data + 1, v.len - 1);
        return v;
}

/* One entry. Times are read of the one that is looked for only; what it has of extensions is looked at in each. */
static int read_entry(View *entries, View wanted, CrlEntry *ret, bool *ret_found) {
        CrlEntry entry = { .reason = REASON_UNSPECIFIED };
        View contents, serial, date, extensions = { 0 };
        int r;

        r = der_expect(entries, TAG_SEQUENCE, &contents);
        if (r >= 0)
                r = der_expect(&contents, TAG_INTEGER, &serial);
        if (r < 0 || !is_time(contents) || der_next(&contents, &date, NULL) < 0)
                return -EBADMSG;
        *ret_found = view_equal(without_zeros(serial), wanted);
        if (*ret_found && attribute_time_read(date, &entry.since) < 0)
                return -EBADMSG;
        if (contents.len > 0 && (der_expect(&contents, TAG_SEQUENCE, &extensions) < 0 || contents.len > 0))
                return -EBADMSG;
        r = read_entry_extensions(extensions, &entry);
        if (r == 0)
                *ret = entry;
        return r;
}

int crl_find(const Crl *c, View serial, CrlEntry *ret) {
        View entries = c->entries, wanted = without_zeros(serial);
        CrlEntry entry, found = { 0 };
        int r, outcome = 0;
        bool fits;

        while (entries.len > 0) {
                r = read_entry(&entries, wanted, &entry, &fits);
                if (r != 0)
                        return r;
                /* Listed twice, the worse counts. */
                if (fits && (outcome != CRL_LISTED || found.reason == REASON_CERTIFICATE_HOLD)) {
                        found = entry;
                        outcome = CRL_LISTED;
                }
        }
        if (outcome == CRL_LISTED)
                *ret = found;
        return outcome;
}

/* §6.3.3 (b)(2)(i): one name of the list's distribution point is one of the certificate's. 1, 0, -ENOMEM. */
static int shares_distribution_point(const Crl *c, gnutls_x509_crt_t certificate) {
        char name[2048];

        for (unsigned seq = 0; seq < 64; seq++) {
                View names = c->distribution_point, element, uri;
                size_t size = sizeof(name);
                int r = gnutls_x509_crt_get_crl_dist_points(certificate, seq, name, &size, NULL, NULL);

                if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
                        return 0;
                if (r == GNUTLS_E_MEMORY_ERROR)
                        return -ENOMEM;
                if (r != GNUTLS_SAN_URI)
                        continue;
                while (names.len > 0 && der_next(&names, &element, &uri) >= 0)
                        if (element.data[0] == TAG_URI && view_equal(uri, VIEW(name, size)))
                                return 1;
        }
        return 0;
}

int crl_covers(const Crl *c, gnutls_x509_crt_t certificate) {
        _cleanup_(datum_done) gnutls_datum_t issuer = { 0 };
        int authority = gnutls_x509_crt_get_ca_status(certificate, NULL), r = gnutls_x509_crt_get_raw_issuer_dn(certificate, &issuer);

        if (authority == GNUTLS_E_MEMORY_ERROR || r == GNUTLS_E_MEMORY_ERROR)
                return -ENOMEM;
        if (r < 0 || !view_equal(c->issuer, VIEW(issuer.data, issuer.size)))
                return 0;
        if ((c->only_users && authority > 0) || (c->only_authorities && authority <= 0))
                return 0;
        return !c->has_distribution_point || shares_distribution_point(c, certificate);
}

int crl_verify_signature(const Crl *c, gnutls_x509_crt_t issuer) {
        _cleanup_(datum_done) gnutls_datum_t subject = { 0 };
        unsigned usage = 0;
        int r;

        r = gnutls_x509_crt_get_raw_dn(issuer, &subject);
        if (r < 0 || !view_equal(c->issuer, VIEW(subject.data, subject.size)))
                return r == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EKEYREJECTED;
        r = gnutls_x509_crt_get_key_usage(issuer, &usage, NULL);
        if (r == GNUTLS_E_MEMORY_ERROR)
                return -ENOMEM;
        if (r >= 0 && !(usage & GNUTLS_KEY_CRL_SIGN))
                return -EKEYREJECTED;
        return cms_bit_string_verify_value(c->algorithm, issuer, c->tbs, c->signature);
}

int crl_check_algorithms(const Crl *c, gnutls_x509_crt_t issuer, int64_t now) {
        return cms_bit_string_check(c->algorithm, issuer, now);
}

int crl_verify(const Crl *c, gnutls_x509_crt_t issuer, int64_t now) {
        int r = crl_check_algorithms(c, issuer, now);

        return r < 0 ? r : crl_verify_signature(c, issuer);
}
